//! `aql tune`: two hunts beside each other, before and after a tuning: which findings are gained and
//! which are lost. The hunts are run here, or were written by `aql hunt --format jsonl`.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use aql_catalog::Catalog;
use aql_eval::Context;
use aql_pack::{Hunt, HuntOptions, Pack};
use aql_store::Combined;
use serde_json::Value;

use crate::Outcome;
use crate::args::TuneArgs;
use crate::output::{Sink, one_line};
use crate::{evidence, hunt, messages, query, site, summary, tuning};

pub(crate) fn run(args: &TuneArgs) -> anyhow::Result<Outcome> {
    let mut complete = true;
    let (before, after) = if args.tuning.is_empty() {
        let [before, after] = args.paths.as_slice() else {
            bail!(
                "name two files of findings, before and after; or evidence, with a `--tuning` to hunt \
                 without and with"
            );
        };
        (read(before)?, read(after)?)
    } else {
        hunted(args, &mut complete)?
    };
    let mut sink = Sink::open(args.evidence.output.as_deref())?;
    let (lost, gained) = (less(&before, &after), less(&after, &before));
    for (mark, word, list) in [("-", "lost", &lost), ("+", "gained", &gained)] {
        for (key, count) in list {
            let times = if *count > 1 { format!("  ({count} times)") } else { String::new() };
            let Key { rule, place } = key;
            writeln!(sink.out, "{mark} {word:<6}  {}  {}{times}", one_line(rule), one_line(place))?;
        }
    }
    let mut rules: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (key, count) in &lost {
        rules.entry(&key.rule).or_default().0 += count;
    }
    for (key, count) in &gained {
        rules.entry(&key.rule).or_default().1 += count;
    }
    for (rule, (lost, gained)) in &rules {
        writeln!(sink.out, "{}: {lost} lost, {gained} gained", one_line(rule))?;
    }
    let sum = |findings: &Findings| findings.values().sum::<usize>();
    writeln!(
        sink.out,
        "{} findings before, {} after: {} lost, {} gained",
        sum(&before),
        sum(&after),
        sum(&lost),
        sum(&gained)
    )?;
    sink.finish()?;
    Ok(match (complete, rules.is_empty()) {
        (false, _) => Outcome::Failed,
        (true, true) => Outcome::Done,
        (true, false) => Outcome::Found,
    })
}

/// Hunts in evidence without and with the tunings.
fn hunted(args: &TuneArgs, complete: &mut bool) -> anyhow::Result<(Findings, Findings)> {
    if args.paths.iter().any(|path| evidence::is_stdin(path)) {
        bail!("evidence is read twice, and standard input only once: write it to a file");
    }
    let packs = hunt::load_packs(&args.pack)?;
    let mut cx = Context::new(Catalog::get(), query::wall_clock());
    cx.site = site::load(&args.evidence)?;
    let cx = Arc::new(cx);
    let base = tuning::load(&args.base, &packs)?;
    let added = tuning::load(&args.tuning, &packs)?;
    let opened = evidence::open(&args.paths, &args.evidence)?;
    *complete &= !opened.incomplete;
    let mut runs = Vec::new();
    for tunings in [base.clone(), base.into_iter().chain(added).collect()] {
        let options = HuntOptions { tunings, ..HuntOptions::default() };
        runs.push(hunt(&packs, &options, &cx, &opened.evidence, args, complete)?);
    }
    let after = runs.pop().unwrap_or_default();
    Ok((runs.pop().unwrap_or_default(), after))
}

fn hunt(
    packs: &[Pack],
    options: &HuntOptions,
    cx: &Arc<Context>,
    evidence: &Combined,
    args: &TuneArgs,
    complete: &mut bool,
) -> anyhow::Result<Findings> {
    let quiet = args.evidence.read.quiet;
    let hunt = Hunt::prepare(packs, options, cx).map_err(|problems| {
        messages::diagnostics(&problems, None, true);
        anyhow!("the hunt cannot be prepared")
    })?;
    messages::diagnostics(hunt.remarks(), None, quiet);
    let outcome = hunt.run(evidence);
    // Both hunts read the same: that is said once.
    if !options.tunings.is_empty() {
        summary::files(&outcome.report, &args.evidence.read);
    }
    messages::diagnostics(&outcome.diagnostics, None, quiet);
    if outcome.report.files.iter().all(|file| file.records == 0) {
        bail!("no record was read, so there is nothing to compare");
    }
    *complete &= !(args.evidence.read.strict_input && summary::is_incomplete(&outcome.report));
    let mut findings = Findings::new();
    for finding in &outcome.findings {
        let Some(rule) = hunt.rules().get(finding.rule) else { continue };
        let key = key(&finding.json(rule)).ok_or_else(|| anyhow!("a finding has no place"))?;
        *findings.entry(key).or_default() += 1;
    }
    Ok(findings)
}

/// What a finding is told by: its rule, and the event, or its values where it is no event.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    rule: String,
    place: String,
}

/// How often each finding is there.
type Findings = BTreeMap<Key, usize>;

fn read(path: &Path) -> anyhow::Result<Findings> {
    let text =
        fs::read_to_string(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    let mut findings = Findings::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let finding: Option<Value> = serde_json::from_str(line).ok();
        let key = finding.as_ref().and_then(key).ok_or_else(|| {
            anyhow!(
                "{}:{}: is no finding; write both runs with `aql hunt --format jsonl`",
                path.display(),
                at + 1
            )
        })?;
        *findings.entry(key).or_default() += 1;
    }
    Ok(findings)
}

fn key(finding: &Value) -> Option<Key> {
    let rule = finding.get("rule")?.as_str()?.to_owned();
    let file = finding.get("file")?.as_str();
    let place = match (file, finding.get("record")?.as_i64()) {
        (Some(file), Some(record)) => format!("{file} record {record}"),
        _ => {
            let fields = finding.get("fields")?.as_object()?;
            let text =
                |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let each = fields.iter().map(|(name, value)| format!("{name}={}", text(value)));
            each.collect::<Vec<_>>().join(" ")
        }
    };
    Some(Key { rule, place })
}

/// What is in `these` more often than in `others`, and how many times more.
fn less(these: &Findings, others: &Findings) -> Findings {
    these
        .iter()
        .filter_map(|(key, count)| {
            let more = count.saturating_sub(others.get(key).copied().unwrap_or(0));
            (more > 0).then(|| (key.clone(), more))
        })
        .collect()
}
