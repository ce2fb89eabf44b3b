//! The layouts of `aql inspect`.

use std::collections::BTreeMap;
use std::io::Write as _;

use aql_catalog::Catalog;
use aql_event::FileReport;
use aql_pack::{ObservedRule, iso_time};
use serde_json::{Value, json};

use crate::args::InspectFormat;
use crate::inspect::{Counts, FieldStat, FileCounts, Inspection, Kind};
use crate::output::{Sink, list, one_line};
use crate::summary::thousands;

/// Values of a kind that a line of text shows.
const SHOWN: usize = 8;
/// What stands before the lines about a file.
const INDENT: &str = "  ";
/// Kinds of events that a table of text shows.
const ROWS: usize = 40;

pub(crate) fn write(
    inspection: &Inspection<'_>,
    format: InspectFormat,
    sink: &mut Sink,
) -> anyhow::Result<()> {
    match format {
        InspectFormat::Text => text(inspection, sink),
        InspectFormat::Json => {
            serde_json::to_writer_pretty(&mut sink.out, &document(inspection))?;
            writeln!(sink.out)?;
            Ok(())
        }
    }
}

fn qid_name(qid: i64) -> Option<&'static str> {
    Catalog::get().qid(qid).map(|qid| qid.name.as_str())
}

#[expect(clippy::cast_precision_loss, reason = "shown in whole percent")]
fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 }
}

fn text(inspection: &Inspection<'_>, sink: &mut Sink) -> anyhow::Result<()> {
    let none = FileCounts::default();
    for file in &inspection.report.files {
        let counts = inspection.files.get(&*file.path).unwrap_or(&none);
        writeln!(sink.out, "{}", one_line(&file.path))?;
        for (label, value) in facts(file, counts) {
            writeln!(sink.out, "  {label:<9} {}", one_line(&value))?;
        }
        for defect in &file.diagnostics {
            let place = defect.input.as_ref().map(|p| format!(" ({p})")).unwrap_or_default();
            let line = format!("{}[{}]: {}", defect.severity, defect.code, defect.message);
            writeln!(sink.out, "  defect    {}", one_line(&format!("{line}{place}")))?;
        }
        kinds(counts, sink)?;
        stats("property", &counts.properties, counts.events, sink)?;
        if inspection.with_fields {
            stats("field", &counts.fields, counts.events, sink)?;
            if counts.more_fields {
                writeln!(sink.out, "  there are more fields; the first ones met are shown")?;
            }
        }
        writeln!(sink.out)?;
    }
    rules(inspection, sink)
}

fn facts(file: &FileReport, counts: &FileCounts) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    lines.push(match file.format {
        Some(format) => ("format", format!("{format}, by {}", aql_ingest::recognised_by(format))),
        None => ("format", "not recognised".to_owned()),
    });
    let mut records = thousands(file.records);
    for (count, what) in [
        (file.unparsed, "of no known kind"),
        (file.lost, "lost"),
        (counts.undated, "without a time"),
    ] {
        if count > 0 {
            records.push_str(&format!(", {} {what}", thousands(count)));
        }
    }
    lines.push(("records", records));
    if let Some((oldest, newest)) = counts.span {
        lines.push(("time", format!("{} to {}", iso_time(oldest), iso_time(newest))));
    }
    if !counts.hosts.by_value.is_empty() {
        lines.push(("hosts", some(&counts.hosts)));
    }
    let mut channels: Counts<String> = Counts::default();
    for ((_, channel, _), count) in &counts.kinds.by_value {
        if !channel.is_empty() {
            *channels.by_value.entry(channel.clone()).or_default() += count;
        }
    }
    if !channels.by_value.is_empty() {
        lines.push(("channels", some(&channels)));
    }
    lines
}

/// `DC01 (1,200), WS07 (30) and 12 more`
fn some(counts: &Counts<String>) -> String {
    let all = counts.by_frequency();
    let shown = all.iter().take(SHOWN);
    let shown: Vec<_> = shown.map(|(value, n)| format!("{value} ({})", thousands(*n))).collect();
    let mut line = shown.join(", ");
    let more = all.len().saturating_sub(SHOWN);
    if counts.others > 0 {
        line.push_str(&format!(" and more than {more} more"));
    } else if more > 0 {
        line.push_str(&format!(" and {more} more"));
    }
    line
}

fn kinds(counts: &FileCounts, sink: &mut Sink) -> anyhow::Result<()> {
    let all = counts.kinds.by_frequency();
    if all.is_empty() {
        return Ok(());
    }
    let rows = all.iter().take(ROWS).map(|((qid, channel, id), n)| {
        let name = qid_name(*qid).unwrap_or_default().to_owned();
        vec![thousands(*n), id.clone(), one_line(channel), name]
    });
    let header = ["events", "event id", "channel", "QID name"];
    indent(&list(&header, rows.collect(), width(sink)), sink)?;
    let more = all.len().saturating_sub(ROWS);
    if more > 0 || counts.kinds.others > 0 {
        let others = thousands(counts.kinds.others);
        match counts.kinds.others {
            0 => writeln!(sink.out, "{INDENT}{more} more kinds of events")?,
            _ => writeln!(
                sink.out,
                "{INDENT}{more} more kinds of events, and {others} events of kinds beyond these"
            )?,
        }
    }
    Ok(())
}

fn stats(
    what: &str,
    stats: &BTreeMap<String, FieldStat>,
    events: u64,
    sink: &mut Sink,
) -> anyhow::Result<()> {
    if stats.is_empty() {
        return Ok(());
    }
    let mut all: Vec<_> = stats.iter().collect();
    all.sort_by_key(|(_, stat)| std::cmp::Reverse(stat.filled));
    let rows = all.iter().map(|(name, stat)| {
        let examples: Vec<_> = stat.examples.iter().map(|e| one_line(e)).collect();
        let share = format!("{:.0} %", percent(stat.filled, events));
        vec![one_line(name), share, examples.join(" · ")]
    });
    indent(&list(&[what, "filled", "examples"], rows.collect(), width(sink)), sink)
}

/// Columns of the terminal that an indented table may take.
fn width(sink: &Sink) -> Option<usize> {
    sink.width.filter(|_| sink.terminal).map(|width| width.saturating_sub(INDENT.len()).max(40))
}

fn indent(text: &str, sink: &mut Sink) -> anyhow::Result<()> {
    for line in text.lines() {
        writeln!(sink.out, "{INDENT}{}", line.trim_end())?;
    }
    Ok(())
}

fn rules(inspection: &Inspection<'_>, sink: &mut Sink) -> anyhow::Result<()> {
    let rules = inspection.observer.rules();
    let seeing = rules.iter().filter(|r| r.is_observable() == Some(true)).count();
    writeln!(sink.out, "{seeing} of {} rules can see something in this evidence", rules.len())?;
    for rule in rules {
        match rule.is_observable() {
            Some(true) => writeln!(sink.out, "  {:<40} observable", rule.name)?,
            Some(false) => {
                let needed = why_not(rule);
                writeln!(sink.out, "  {:<40} not observable: {needed}", rule.name)?;
            }
            None => writeln!(sink.out, "  {:<40} left out: its query has an error", rule.name)?,
        }
    }
    Ok(())
}

fn why_not(rule: &ObservedRule) -> String {
    if rule.log_sources.is_empty() {
        return "no event here is of a kind that it selects".to_owned();
    }
    format!("this evidence has none of: {}", one_line(&rule.log_sources.join("; ")))
}

fn document(inspection: &Inspection<'_>) -> Value {
    let none = FileCounts::default();
    let files: Vec<Value> = inspection
        .report
        .files
        .iter()
        .map(|file| {
            let counts = inspection.files.get(&*file.path).unwrap_or(&none);
            let kinds = counts.kinds.by_frequency().into_iter();
            let kinds = kinds.map(|((qid, channel, id), n): (&Kind, u64)| {
                json!({"qid": qid, "name": qid_name(*qid), "channel": channel, "event_id": id,
                       "events": n})
            });
            let hosts = counts.hosts.by_frequency().into_iter();
            json!({
                "file": &*file.path,
                "format": file.format,
                "recognised_by": file.format.map(aql_ingest::recognised_by),
                "bytes": file.bytes,
                "records": file.records,
                "unparsed": file.unparsed,
                "lost": file.lost,
                "undated": counts.undated,
                "oldest": counts.span.map(|(oldest, _)| iso_time(oldest)),
                "newest": counts.span.map(|(_, newest)| iso_time(newest)),
                "hosts": hosts.map(|(host, n)| json!({"host": host, "events": n}))
                    .collect::<Vec<_>>(),
                "hosts_beyond": counts.hosts.others,
                "kinds": kinds.collect::<Vec<_>>(),
                "kinds_beyond": counts.kinds.others,
                "properties": stats_json(&counts.properties, counts.events),
                "fields": stats_json(&counts.fields, counts.events),
                "more_fields": counts.more_fields,
                "defects": file.diagnostics.iter().map(|d| json!({
                    "code": d.code.to_string(),
                    "severity": d.severity.to_string(),
                    "message": d.message,
                    "offset": d.input.as_ref().and_then(|p| p.offset),
                    "record": d.input.as_ref().and_then(|p| p.record),
                })).collect::<Vec<_>>(),
            })
        })
        .collect();
    let rules: Vec<Value> = inspection
        .observer
        .rules()
        .iter()
        .map(|rule| {
            json!({
                "pack": rule.pack,
                "rule": rule.name,
                "level": rule.level.name(),
                "observable": rule.is_observable(),
                "log_sources": rule.log_sources,
            })
        })
        .collect();
    json!({ "files": files, "rules": rules })
}

fn stats_json(stats: &BTreeMap<String, FieldStat>, events: u64) -> Vec<Value> {
    let share = |stat: &FieldStat| (percent(stat.filled, events) * 10.0).round() / 10.0;
    stats
        .iter()
        .map(|(name, stat)| {
            json!({"name": name, "filled": stat.filled, "percent": share(stat),
                   "examples": stat.examples})
        })
        .collect()
}
