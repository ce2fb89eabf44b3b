//! `aql hunt`.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{anyhow, bail};
use aql_catalog::Catalog;
use aql_diag::{Diagnostic, SourceText, codes};
use aql_eval::Context;
use aql_event::TimeRange;
use aql_pack::{Finding, Hunt, HuntOptions, HuntRule, Level, Pack, count_by_level, iso_time};
use aql_semantic::Mode;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::Outcome;
use crate::args::{HuntArgs, HuntFormat, LevelArg};
use crate::evidence::{self, ProgressGuard};
use crate::output::{Sink, table};
use crate::{messages, query, site, summary};

pub(crate) fn run(args: &HuntArgs) -> anyhow::Result<Outcome> {
    let started = Instant::now();
    let quiet = args.evidence.quiet;
    let packs = load_packs(&args.pack)?;
    let mut cx = Context::new(Catalog::get(), query::wall_clock());
    cx.site = site::load(&args.evidence)?;
    let cx = Arc::new(cx);
    let options = HuntOptions {
        mode: if args.strict { Mode::Strict } else { Mode::Lenient },
        rules: args.rule.clone(),
        level: Some(level(args.level)),
        time: time_range(args)?,
    };
    let hunt = match Hunt::prepare(&packs, &options, &cx) {
        Ok(hunt) => hunt,
        Err(problems) => {
            messages::diagnostics(&problems, None, quiet);
            return Ok(Outcome::Failed);
        }
    };
    let left_out = rule_remarks(hunt.rules(), args);
    if hunt.rules().len() == left_out {
        bail!("no rule is left to hunt with");
    }

    let opened = evidence::open(&args.paths, &args.evidence);
    let progress = ProgressGuard::start(&opened, quiet);
    let outcome = hunt.run(&opened.evidence);
    drop(progress);

    let mut sink = Sink::open(args.evidence.output.as_deref())?;
    let format =
        args.format.unwrap_or(if sink.terminal { HuntFormat::Table } else { HuntFormat::Jsonl });
    write_findings(&mut sink, format, hunt.rules(), &outcome.findings)?;
    sink.out.flush()?;

    summary::files(&outcome.report, quiet);
    messages::diagnostics(&outcome.diagnostics, None, quiet);
    if !quiet {
        messages::line(&summary::reading(&outcome.report, started.elapsed()));
        messages::line(&findings_line(&hunt, left_out, &outcome.findings));
    }
    let incomplete = opened.incomplete || summary::is_incomplete(&outcome.report);
    let nothing_read = outcome.report.files.iter().all(|f| f.records == 0);
    Ok(if args.evidence.strict_input && incomplete {
        Outcome::Failed
    } else if outcome.findings.is_empty() {
        // No evidence is not the same as no finding.
        if opened.incomplete && nothing_read { Outcome::Failed } else { Outcome::Done }
    } else {
        Outcome::Found
    })
}

fn load_packs(names: &[String]) -> anyhow::Result<Vec<Pack>> {
    let mut packs = Vec::new();
    for name in names {
        let path = Path::new(name);
        let loaded = match Pack::bundled(name) {
            Some(loaded) => loaded,
            None if path.is_dir() => Pack::load(path),
            None => bail!(
                "there is no pack `{name}`: neither in the binary ({}) nor as a folder",
                Pack::bundled_names().join(", ")
            ),
        };
        packs.push(loaded.map_err(|problems| {
            messages::diagnostics(&problems, None, true);
            anyhow!("pack `{name}` cannot be used")
        })?);
    }
    Ok(packs)
}

fn level(arg: LevelArg) -> Level {
    match arg {
        LevelArg::Informational => Level::Informational,
        LevelArg::Low => Level::Low,
        LevelArg::Medium => Level::Medium,
        LevelArg::High => Level::High,
        LevelArg::Critical => Level::Critical,
    }
}

fn time_range(args: &HuntArgs) -> anyhow::Result<Option<TimeRange>> {
    let read = |text: &Option<String>, otherwise: i64| -> anyhow::Result<i64> {
        let Some(text) = text else { return Ok(otherwise) };
        aql_semantic::datetime::parse_absolute(text, &TimeZone::UTC).ok_or_else(|| {
            anyhow!("`{text}` is not a time; write `2026-11-10` or `2026-11-10 08:30`")
        })
    };
    if args.from.is_none() && args.to.is_none() {
        return Ok(None);
    }
    let range = TimeRange { start: read(&args.from, i64::MIN)?, end: read(&args.to, i64::MAX)? };
    if range.end <= range.start {
        bail!("--to lies before --from");
    }
    Ok(Some(range))
}

/// Says which rules were repaired and which are left out; gives the number of the latter.
fn rule_remarks(rules: &[HuntRule], args: &HuntArgs) -> usize {
    let mut left_out = 0;
    for rule in rules {
        let source = SourceText::new(rule.path.clone(), rule.query.clone());
        if args.diagnostics {
            messages::diagnostics(&rule.diagnostics, Some(&source), args.evidence.quiet);
        }
        if rule.is_left_out() {
            left_out += 1;
            if !args.diagnostics {
                messages::diagnostics(&rule.diagnostics, Some(&source), true);
            }
            messages::line(&format!(
                "error[PACK003]: rule `{}` is left out: its query has an error",
                rule.name
            ));
        } else if !rule.repairs().is_empty() && !args.diagnostics && !args.evidence.quiet {
            let codes: Vec<String> = rule.repairs().iter().map(ToString::to_string).collect();
            messages::line(&format!(
                "rule `{}` runs with {} repair{} ({}); `--diagnostics` shows them",
                rule.name,
                codes.len(),
                if codes.len() == 1 { "" } else { "s" },
                codes.join(" "),
            ));
        }
        if !rule.is_left_out() && !args.diagnostics && !args.evidence.quiet {
            for missing in rule.diagnostics.iter().filter(|d| is_about_the_site(d)) {
                let (code, message) = (missing.code, &missing.message);
                messages::line(&format!("warning[{code}]: rule `{}`: {message}", rule.name));
            }
        }
    }
    left_out
}

/// Does it say that the rule asks for site data that is not there?
fn is_about_the_site(diagnostic: &Diagnostic) -> bool {
    [codes::NO_SITE_DATA, codes::NO_DATA_SOURCE].contains(&diagnostic.code)
}

fn findings_line(hunt: &Hunt, left_out: usize, findings: &[Finding]) -> String {
    let rules = hunt.rules().len() - left_out;
    let levels: Vec<String> = count_by_level(hunt.rules(), findings)
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(level, count)| format!("{count} {level}"))
        .collect();
    let detail = if levels.is_empty() { String::new() } else { format!(": {}", levels.join(", ")) };
    format!(
        "{rules} rule{}, {} finding{}{detail}",
        if rules == 1 { "" } else { "s" },
        summary::thousands(findings.len() as u64),
        if findings.len() == 1 { "" } else { "s" },
    )
}

fn write_findings(
    sink: &mut Sink,
    format: HuntFormat,
    rules: &[HuntRule],
    findings: &[Finding],
) -> anyhow::Result<()> {
    match format {
        HuntFormat::Table => {
            if findings.is_empty() {
                return Ok(());
            }
            let header =
                ["Time (UTC)", "Level", "Rule", "Who and where", "What", "Why", "Read from"];
            let rows = findings.iter().map(|f| table_row(f, &rules[f.rule])).collect();
            writeln!(sink.out, "{}", table(&header, rows, sink.terminal))?;
        }
        HuntFormat::Jsonl => {
            for finding in findings {
                serde_json::to_writer(&mut sink.out, &finding.json(&rules[finding.rule]))?;
                sink.out.write_all(b"\n")?;
            }
        }
        HuntFormat::Csv => {
            let mut writer = csv::Writer::from_writer(&mut sink.out);
            writer.write_record([
                "time",
                "level",
                "rule",
                "title",
                "attack",
                "host",
                "user",
                "source_ip",
                "file",
                "record",
                "format",
                "fields",
                "why",
            ])?;
            for finding in findings {
                let json = finding.json(&rules[finding.rule]);
                let text = |key: &str| match &json[key] {
                    Value::Null => String::new(),
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                let attack: Vec<_> =
                    rules[finding.rule].facts.attack.iter().map(|a| a.id.as_str()).collect();
                writer.write_record([
                    text("time"),
                    text("level"),
                    text("rule"),
                    text("title"),
                    attack.join(" "),
                    text("host"),
                    text("user"),
                    text("source_ip"),
                    text("file"),
                    text("record"),
                    text("format"),
                    text("fields"),
                    finding.why.join("; "),
                ])?;
            }
            writer.flush()?;
        }
    }
    Ok(())
}

/// Longest text of one selected column in the table; the other layouts have it whole.
const CELL: usize = 160;

fn table_row(finding: &Finding, rule: &HuntRule) -> Vec<String> {
    let mut who = Vec::new();
    who.extend(finding.user.clone());
    who.extend(finding.host.clone());
    if let Some(ip) = finding.source_ip.as_ref().filter(|ip| *ip != "127.0.0.1") {
        who.push(ip.clone());
    }
    let shown_elsewhere = [&finding.user, &finding.host, &finding.source_ip];
    let what: Vec<String> = finding
        .fields
        .iter()
        .filter_map(|(name, value)| {
            let text = match value {
                Value::Null => return None,
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let repeated = shown_elsewhere.iter().any(|s| s.as_deref() == Some(&text))
                || name.to_ascii_lowercase().contains("time");
            (!repeated && !text.is_empty()).then(|| format!("{name}: {}", shorten(&text, CELL)))
        })
        .collect();
    vec![
        finding
            .time
            .map(|t| iso_time(t).replace('T', " ").replace(".000Z", "").replace('Z', ""))
            .unwrap_or_default(),
        rule.facts.level.to_string(),
        rule.name.clone(),
        who.join("\n"),
        what.join("\n"),
        finding.why.join("\n"),
        match (&finding.file, finding.record) {
            (Some(file), Some(record)) => format!("{file} #{record}"),
            (Some(file), None) => file.clone(),
            _ => "(group)".into(),
        },
    ]
}

/// The first `most` characters, on one line.
fn shorten(text: &str, most: usize) -> String {
    let flat: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match flat.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &flat[..at]),
        None => flat,
    }
}
