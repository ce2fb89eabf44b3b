//! `aql tune`: two runs of `aql hunt --format jsonl` beside each other, say before and after a
//! tuning: which findings are gained and which are lost.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use serde_json::Value;

use crate::Outcome;
use crate::args::TuneArgs;
use crate::output::{Sink, one_line};

pub(crate) fn run(args: &TuneArgs) -> anyhow::Result<Outcome> {
    let (before, after) = (read(&args.before)?, read(&args.after)?);
    let mut sink = Sink::open(args.output.as_deref())?;
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
    Ok(if rules.is_empty() { Outcome::Done } else { Outcome::Found })
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
