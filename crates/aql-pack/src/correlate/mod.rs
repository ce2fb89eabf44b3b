//! Correlations: rules over the findings of other rules.
//!
//! [`correlate`] runs behind the hunt, over the findings that it has and no tuning suppresses. What
//! it needs besides them is a few numbers for each finding that takes part, and what it keeps while
//! it goes through the findings of one key is one chain per stage of a sequence, or the findings of
//! one window. A finding that it makes lists at most [`MOST_PARTS`] of those it was made of. The
//! outcome depends on times and on the order of the findings only, which is the same for any number
//! of threads.

mod facts;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

pub(crate) use facts::span;
pub use facts::{Correlation, CorrelationKind};

use crate::finding::{Finding, FindingPart, iso_time};
use crate::suppress::finding_text;

/// How many of the findings that it was made of a finding lists: the first ones.
pub const MOST_PARTS: usize = 1000;

/// Names under which a group selects when its events began and ended, in epoch milliseconds.
pub(crate) const GROUP_TIMES: [&str; 2] = ["FirstTime", "LastTime"];

/// A finding that takes part.
#[derive(Clone, Copy)]
struct Part {
    /// Position among the findings.
    at: usize,
    /// Rule of the finding.
    rule: usize,
    start: i64,
    end: i64,
}

/// The findings of a correlation over these findings.
///
/// `rule` and `parts` are positions of the correlation and of the rules that it names, in their
/// order. `last_event` is the time of the newest event that was read: an absence beyond it is not
/// known.
pub(crate) fn correlate(
    correlation: &Correlation,
    rule: usize,
    parts: &[usize],
    findings: &[Finding],
    last_event: Option<i64>,
) -> Vec<Finding> {
    let mut by_key: BTreeMap<Vec<String>, Vec<Part>> = BTreeMap::new();
    for (at, finding) in findings.iter().enumerate() {
        if !parts.contains(&finding.rule) {
            continue;
        }
        let Some((start, end)) = times(finding) else { continue };
        let key: Option<Vec<String>> = correlation
            .by
            .iter()
            .map(|name| finding_text(finding, name).filter(|text| !text.is_empty()))
            .collect();
        let Some(key) = key else { continue };
        by_key.entry(key).or_default().push(Part { at, rule: finding.rule, start, end });
    }
    let mut found: Vec<(Vec<Part>, Vec<String>)> = Vec::new();
    for (key, mut list) in by_key {
        // What several rules find at one moment has the order of the rules.
        let order = |part: &Part| parts.iter().position(|rule| *rule == part.rule);
        list.sort_by_key(|part| (part.start, order(part), part.at));
        let groups = match correlation.kind {
            CorrelationKind::Sequence => sequences(correlation, parts, &list, findings),
            CorrelationKind::Count => bursts(correlation, &list, findings),
            CorrelationKind::Absence => absences(correlation, parts, &list, last_event),
        };
        found.extend(groups.into_iter().map(|group| (group, key.clone())));
    }
    found.sort_by_key(|(group, _)| {
        (group.last().map(|part| part.end), group.iter().map(|part| part.at).collect::<Vec<_>>())
    });
    let names = |part: &Part| {
        let at = parts.iter().position(|rule| *rule == part.rule)?;
        correlation.rules.get(at).cloned()
    };
    let made_of = |group: &[Part]| {
        let members = group.iter().take(MOST_PARTS);
        members
            .map(|part| FindingPart {
                rule: names(part).unwrap_or_default(),
                finding: findings[part.at].clone(),
            })
            .collect()
    };
    found
        .iter()
        .map(|(group, key)| Finding {
            made_of: made_of(group),
            ..finding(correlation, rule, group, key, findings)
        })
        .collect()
}

/// One chain for each stage, with the latest beginning there is: if any chain ends in time, that
/// one does. A sequence is told when it is complete, and what it was made of makes no other.
fn sequences(
    correlation: &Correlation,
    parts: &[usize],
    list: &[Part],
    findings: &[Finding],
) -> Vec<Vec<Part>> {
    let mut found = Vec::new();
    let mut chains: Vec<Option<Vec<Part>>> = vec![None; parts.len()];
    for part in list {
        // From the last stage to the first, so that a finding is in one stage of a chain only.
        for stage in (0..parts.len()).rev().filter(|stage| parts[*stage] == part.rule) {
            let Some(before) = stage.checked_sub(1) else {
                chains[0] = Some(vec![*part]);
                continue;
            };
            let Some(chain) = chains[before].as_ref().filter(|chain| {
                let begins = chain.first().map_or(i64::MAX, |first| first.start);
                let same = |other: &Part| findings[other.at].is_same_event(&findings[part.at]);
                part.end.saturating_sub(begins) <= correlation.within
                    && chain.last().is_some_and(|last| part.start >= last.end)
                    && !chain.iter().any(same)
            }) else {
                continue;
            };
            let mut chain = chain.clone();
            chain.push(*part);
            if stage + 1 == parts.len() {
                found.push(chain);
                chains.fill(None);
                break;
            }
            chains[stage] = Some(chain);
        }
    }
    found
}

/// Windows with enough findings. A window begins with the first finding from which on there are
/// enough; all that begin in it belong to it and to no other.
fn bursts(correlation: &Correlation, list: &[Part], findings: &[Finding]) -> Vec<Vec<Part>> {
    let at_least = correlation.at_least.unwrap_or(usize::MAX);
    let value = |part: &Part| {
        let text = finding_text(&findings[part.at], correlation.distinct.as_deref()?)?;
        (!text.is_empty()).then_some(text)
    };
    // What counts: each finding, or each value of the field.
    let values: Vec<Option<String>> = list.iter().map(value).collect();
    let mut inside: BTreeMap<&str, usize> = BTreeMap::new();
    let mut found = Vec::new();
    let (mut from, mut to) = (0, 0);
    while let Some(first) = list.get(from) {
        let ends = first.start.saturating_add(correlation.within);
        while list.get(to).is_some_and(|part| part.start <= ends) {
            if let Some(value) = &values[to] {
                *inside.entry(value).or_default() += 1;
            }
            to += 1;
        }
        let count = if correlation.distinct.is_some() { inside.len() } else { to - from };
        if count >= at_least {
            found.push(list[from..to].to_vec());
            inside.clear();
            from = to;
            continue;
        }
        if let Some(value) = values[from].as_deref()
            && let Some(count) = inside.get_mut(value)
        {
            *count -= 1;
            if *count == 0 {
                inside.remove(value);
            }
        }
        from += 1;
    }
    found
}

/// Different values of a field; a finding without one has none.
fn distinct(name: &str, window: &[Part], findings: &[Finding]) -> usize {
    let texts = window.iter().filter_map(|part| finding_text(&findings[part.at], name));
    texts.filter(|text| !text.is_empty()).collect::<BTreeSet<_>>().len()
}

/// Findings of the first rule that none of the others follows in time, where the evidence goes on
/// for that long.
fn absences(
    correlation: &Correlation,
    parts: &[usize],
    list: &[Part],
    last_event: Option<i64>,
) -> Vec<Vec<Part>> {
    let Some(first) = parts.first() else { return Vec::new() };
    let is_first = |part: &&Part| part.rule == *first;
    let others: Vec<i64> = list.iter().filter(|p| !is_first(p)).map(|p| p.start).collect();
    let alone = list.iter().filter(is_first).filter(|part| {
        let ends = part.end.saturating_add(correlation.within);
        let next = others.get(others.partition_point(|start| *start < part.end));
        last_event.is_some_and(|last| last >= ends) && next.is_none_or(|start| *start > ends)
    });
    alone.map(|part| vec![*part]).collect()
}

/// When a finding happened: of a group, what it selects as `FirstTime` and `LastTime`.
fn times(finding: &Finding) -> Option<(i64, i64)> {
    if let Some(time) = finding.time {
        return Some((time, time));
    }
    let [first, last] = GROUP_TIMES.map(|name| {
        let (_, value) = finding.fields.iter().find(|(field, _)| field == name)?;
        #[expect(clippy::cast_possible_truncation, reason = "a time in milliseconds")]
        value.as_i64().or_else(|| value.as_f64().map(|ms| ms as i64))
    });
    let last = last.or(first)?;
    Some((first.unwrap_or(last).min(last), last))
}

fn finding(
    correlation: &Correlation,
    rule: usize,
    group: &[Part],
    key: &[String],
    findings: &[Finding],
) -> Finding {
    let members: Vec<&Finding> = group.iter().map(|part| &findings[part.at]).collect();
    let start = group.iter().map(|part| part.start).min();
    let end = group.iter().map(|part| part.end).max();
    let mut fields: Vec<(String, Value)> = Vec::new();
    let keys = correlation.by.iter().zip(key);
    fields.extend(keys.map(|(name, text)| (name.clone(), Value::from(text.as_str()))));
    fields.push(("Findings".to_owned(), json!(group.len())));
    if let Some(name) = &correlation.distinct {
        fields.push(("Distinct".to_owned(), json!(distinct(name, group, findings))));
    }
    let ends = [start, end];
    fields.extend(GROUP_TIMES.iter().zip(ends).map(|(name, ms)| ((*name).to_owned(), json!(ms))));
    Finding {
        rule,
        time: end,
        host: common(&members, |f| f.host.as_deref()),
        user: common(&members, |f| f.user.as_deref()),
        source_ip: common(&members, |f| f.source_ip.as_deref()),
        file: None,
        record: None,
        format: None,
        fields,
        why: vec![why(correlation, group, start, end)],
        made_of: Vec::new(),
    }
}

/// The value that all findings have.
fn common(members: &[&Finding], of: fn(&Finding) -> Option<&str>) -> Option<String> {
    let first = of(members.first()?)?;
    members.iter().all(|f| of(f) == Some(first)).then(|| first.to_owned())
}

fn why(correlation: &Correlation, group: &[Part], start: Option<i64>, end: Option<i64>) -> String {
    let within = span(correlation.within);
    let rules = &correlation.rules;
    let time = |ms: Option<i64>| ms.map(iso_time).unwrap_or_default();
    match correlation.kind {
        CorrelationKind::Sequence => {
            format!(
                "{} within {within}, from {} to {}",
                rules.join(" then "),
                time(start),
                time(end)
            )
        }
        CorrelationKind::Count => format!(
            "{} findings of {} within {within}, from {} to {}",
            group.len(),
            rules.join(" or "),
            time(start),
            time(end)
        ),
        CorrelationKind::Absence => format!(
            "{} at {}, and no {} within {within}",
            rules.first().map_or("", String::as_str),
            time(end),
            rules.get(1..).unwrap_or_default().join(" or "),
        ),
    }
}
