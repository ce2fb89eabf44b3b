//! `aql hunt`.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{anyhow, bail};
use aql_catalog::Catalog;
use aql_diag::{Diagnostic, SourceText, codes};
use aql_eval::Context;
use aql_event::TimeRange;
use aql_pack::{
    Finding, Hunt, HuntOptions, HuntRule, Level, Observer, Pack, Suppressed, count_by_level,
    settings,
};
use aql_report::{Format, Remarks, Report, Watched};
use aql_semantic::Mode;
use jiff::tz::TimeZone;

use crate::Outcome;
use crate::args::{HuntArgs, HuntFormat, LevelArg};
use crate::evidence::{self, ProgressGuard};
use crate::output::Sink;
use crate::{findings_table, messages, query, sigma, site, summary, tuning};

pub(crate) fn run(args: &HuntArgs) -> anyhow::Result<Outcome> {
    let started = Instant::now();
    let quiet = args.evidence.read.quiet;
    let mut packs = load_packs(&args.pack)?;
    let mut rules = args.rule.clone();
    let mut unusable = 0;
    if !args.sigma.is_empty() {
        let loaded = sigma::load(&args.sigma, quiet)?;
        unusable = loaded.refused;
        packs.push(loaded.pack);
        // Rules that stand for a correlation alone have no findings of their own.
        if rules.is_empty() && !loaded.silent.is_empty() {
            let all = packs.iter().flat_map(|pack| pack.rules.iter().map(|rule| &rule.name));
            rules = all.filter(|name| !loaded.silent.contains(name)).cloned().collect();
        }
    }
    let Some(profile) = query::read_profiles(&args.profile_file, quiet)? else {
        return Ok(Outcome::Failed);
    };
    let mut cx = Context::new(Catalog::get(), query::wall_clock());
    cx.site = site::load(&args.evidence)?;
    let cx = Arc::new(cx);
    let options = HuntOptions {
        mode: if args.strict { Mode::Strict } else { Mode::Lenient },
        rules,
        level: Some(level(args.level)),
        time: time_range(args)?,
        profile,
        keep_payload: args.format == Some(HuntFormat::Html),
        tunings: tuning::load(&args.tuning, &packs)?,
    };
    let hunt = match Hunt::prepare(&packs, &options, &cx) {
        Ok(hunt) => hunt,
        Err(problems) => {
            messages::diagnostics(&problems, None, quiet);
            return Ok(Outcome::Failed);
        }
    };
    messages::diagnostics(hunt.remarks(), None, quiet);
    let left_out = rule_remarks(hunt.rules(), args);
    if hunt.rules().len() == left_out {
        bail!("no rule is left to hunt with");
    }

    let opened = evidence::open(&args.paths, &args.evidence)?;
    // Before the work: a name that cannot be written should not cost it.
    let mut sink = Sink::open(args.evidence.output.as_deref())?;
    let progress = ProgressGuard::start(&opened, quiet);
    let observer = is_report(args.format).then(|| {
        let (site, _) = settings(&packs, &options.tunings, &cx.site);
        let cx = Arc::new(Context { site, ..Context::clone(&cx) });
        Arc::new(Observer::new(&packs, &cx))
    });
    let outcome = match &observer {
        Some(observer) => hunt.run(&Watched::new(&opened.evidence, Arc::clone(observer))),
        None => hunt.run(&opened.evidence),
    };
    drop(progress);

    let format =
        args.format.unwrap_or(if sink.terminal { HuntFormat::Table } else { HuntFormat::Jsonl });
    let suppressed = suppressed_lines(&hunt, &outcome.suppressed);
    let report = Report {
        suppressed: &suppressed,
        packs: &packs,
        rules: hunt.rules(),
        findings: &outcome.findings,
        scan: &outcome.report,
        observed: observer.as_ref().map_or(&[], |observer| observer.rules()),
        version: env!("CARGO_PKG_VERSION"),
    };
    let remarks = write_report(&mut sink, format, &report)?;
    sink.finish()?;

    if remarks.without_time > 0 {
        messages::line(&format!(
            "warning: {} findings about groups of events have no time and are not in the timeline",
            summary::thousands(remarks.without_time as u64)
        ));
    }
    summary::files(&outcome.report, &args.evidence.read);
    messages::diagnostics(&opened.mappings.unused(), None, quiet);
    messages::diagnostics(&outcome.diagnostics, None, quiet);
    if !quiet {
        messages::line(&summary::reading(&outcome.report, started.elapsed()));
        messages::line(&findings_line(&hunt, left_out, &outcome.findings));
        for line in &suppressed {
            messages::line(line);
        }
    }
    let incomplete = opened.incomplete || summary::is_incomplete(&outcome.report);
    let nothing_read = outcome.report.files.iter().all(|f| f.records == 0);
    // No evidence is not the same as no finding, and a rule that did not run found nothing.
    let failed = (incomplete && (args.evidence.read.strict_input || nothing_read))
        || left_out > 0
        || (args.strict && unusable > 0)
        || outcome.diagnostics.iter().any(Diagnostic::is_error);
    Ok(match (failed, outcome.findings.is_empty()) {
        (true, _) => Outcome::Failed,
        (false, true) => Outcome::Done,
        (false, false) => Outcome::Found,
    })
}

pub(crate) fn load_packs(names: &[String]) -> anyhow::Result<Vec<Pack>> {
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
            messages::diagnostics(&rule.diagnostics, Some(&source), args.evidence.read.quiet);
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
        } else if !rule.repairs().is_empty() && !args.diagnostics && !args.evidence.read.quiet {
            let codes: Vec<String> = rule.repairs().iter().map(ToString::to_string).collect();
            messages::line(&format!(
                "rule `{}` runs with {} repair{} ({}); `--diagnostics` shows them",
                rule.name,
                codes.len(),
                if codes.len() == 1 { "" } else { "s" },
                codes.join(" "),
            ));
        }
        if !rule.is_left_out() && !args.diagnostics && !args.evidence.read.quiet {
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

/// What was suppressed, and on whose word: it should not be forgotten.
fn suppressed_lines(hunt: &Hunt, suppressed: &[Suppressed]) -> Vec<String> {
    let each = hunt.suppressions().iter().enumerate().filter_map(|(by, suppression)| {
        let count = suppressed.iter().filter(|s| s.by == by).count();
        (count > 0).then(|| {
            format!(
                "{} of rule `{}` suppressed until {}: {} ({})",
                summary::thousands(count as u64),
                suppression.rule,
                suppression.expires,
                suppression.reason,
                suppression.owner,
            )
        })
    });
    each.collect()
}

/// Does the layout say which rules could see nothing?
fn is_report(format: Option<HuntFormat>) -> bool {
    matches!(format, Some(HuntFormat::Html | HuntFormat::Markdown | HuntFormat::Navigator))
}

fn write_report(
    sink: &mut Sink,
    format: HuntFormat,
    report: &Report<'_>,
) -> anyhow::Result<Remarks> {
    let format = match format {
        HuntFormat::Table => {
            findings_table::write(sink, report.rules, report.findings)?;
            return Ok(Remarks::default());
        }
        HuntFormat::Jsonl => Format::Jsonl,
        HuntFormat::Csv => Format::Csv,
        HuntFormat::Html => Format::Html,
        HuntFormat::Markdown => Format::Markdown,
        HuntFormat::Navigator => Format::Navigator,
        HuntFormat::Sarif => Format::Sarif,
        HuntFormat::Timesketch => Format::Timesketch,
    };
    Ok(report.write(format, &mut sink.out)?)
}
