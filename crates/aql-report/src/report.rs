//! What a report is about, and the formats it comes in.

use std::collections::BTreeMap;
use std::io::{self, Write};

use aql_event::ScanReport;
use aql_pack::{Finding, HuntRule, ObservedRule, Pack};
use serde_json::Value;

use crate::formats::{csv, jsonl, markdown, navigator, sarif, timesketch};
use crate::html;

/// Everything that a hunt gave.
#[derive(Clone, Copy)]
pub struct Report<'a> {
    /// The packs that were hunted with.
    pub packs: &'a [Pack],
    /// The rules that took part: [`aql_pack::Hunt::rules`].
    pub rules: &'a [HuntRule],
    /// What was found, in its order.
    pub findings: &'a [Finding],
    /// What was read.
    pub scan: &'a ScanReport,
    /// Which rules could see anything, if somebody watched; rules that did not take part are left
    /// out.
    pub observed: &'a [ObservedRule],
    /// What was found and is left out because a tuning suppresses it: a line for each.
    pub suppressed: &'a [String],
    /// Version of the program.
    pub version: &'a str,
}

/// The formats of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON object per finding (`docs/findings.md`).
    Jsonl,
    /// One row per finding, for spreadsheets.
    Csv,
    /// A page for tickets and wikis.
    Markdown,
    /// One file for browsers and paper.
    Html,
    /// A layer of the ATT&CK Navigator.
    Navigator,
    /// SARIF 2.1.0.
    Sarif,
    /// JSON Lines for Timesketch.
    Timesketch,
}

/// What a format could not hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Remarks {
    /// Findings that were left out because they have no time.
    pub without_time: usize,
}

impl Report<'_> {
    /// Writes the report.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write(&self, format: Format, out: &mut dyn Write) -> io::Result<Remarks> {
        match format {
            Format::Jsonl => jsonl::write(self, out)?,
            Format::Csv => csv::write(self, out)?,
            Format::Markdown => markdown::write(self, out)?,
            Format::Html => out.write_all(html::page(self).as_bytes())?,
            Format::Navigator => document(&navigator::layer(self), out)?,
            Format::Sarif => document(&sarif::log(self), out)?,
            Format::Timesketch => return timesketch::write(self, out),
        }
        Ok(Remarks::default())
    }

    /// The findings with their rules.
    pub(crate) fn findings(&self) -> impl Iterator<Item = (&Finding, &HuntRule)> {
        self.findings.iter().filter_map(|f| Some((f, self.rules.get(f.rule)?)))
    }

    /// Findings per rule, in the order of the rules.
    pub(crate) fn count_by_rule(&self) -> Vec<usize> {
        let mut counts = vec![0; self.rules.len()];
        for finding in self.findings {
            if let Some(count) = counts.get_mut(finding.rule) {
                *count += 1;
            }
        }
        counts
    }

    /// The techniques of the rules, each with the positions of its rules.
    pub(crate) fn techniques(&self) -> BTreeMap<&str, Vec<usize>> {
        let mut techniques: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, rule) in self.rules.iter().enumerate() {
            for attack in &rule.facts.attack {
                let rules = techniques.entry(attack.id.as_str()).or_default();
                if rules.last() != Some(&at) {
                    rules.push(at);
                }
            }
        }
        techniques
    }

    /// Could the rule have seen anything in this evidence? Nothing if nobody watched.
    pub(crate) fn is_observable(&self, rule: &HuntRule) -> Option<bool> {
        let observed = self.observed.iter().find(|o| o.pack == rule.pack && o.name == rule.name);
        observed.and_then(ObservedRule::is_observable)
    }

    /// Oldest and newest time of the findings.
    pub(crate) fn span(&self) -> Option<(i64, i64)> {
        let times = || self.findings.iter().filter_map(|finding| finding.time);
        Some((times().min()?, times().max()?))
    }
}

fn document(value: &Value, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    out.write_all(b"\n")
}

/// A value of a finding as text; nothing for one that is missing.
pub(crate) fn value_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// Where a finding was read, as `file #record`.
pub(crate) fn place(finding: &Finding) -> Option<String> {
    let file = finding.file.as_ref()?;
    Some(match finding.record {
        Some(record) => format!("{file} #{record}"),
        None => file.clone(),
    })
}

/// The host; without one the address; never the stand-in for an address that is not known.
pub(crate) fn host(finding: &Finding) -> Option<&str> {
    let address = finding.source_ip.as_deref().filter(|ip| *ip != "127.0.0.1" && *ip != "0.0.0.0");
    finding.host.as_deref().or(address)
}

/// `1 event`, `2 events`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    format!("{} {what}{}", thousands(count as u64), if count == 1 { "" } else { "s" })
}

/// `23,400`
pub(crate) fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// To the second, in UTC.
pub(crate) fn second(ms: i64) -> String {
    let text = aql_pack::iso_time(ms).replace('T', " ");
    text.get(..19).map_or(text.clone(), str::to_owned)
}

/// The first characters of a text, and how many there are beyond.
pub(crate) fn cut(text: &str, characters: usize) -> (&str, usize) {
    match text.char_indices().nth(characters) {
        Some((at, _)) => {
            let (head, rest) = text.split_at(at);
            (head, rest.chars().count())
        }
        None => (text, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::{counted, cut, second, thousands};

    #[test]
    fn small_words() {
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(
            (counted(1, "event"), counted(0, "event")),
            ("1 event".into(), "0 events".into())
        );
        assert_eq!(second(1_700_000_000_123), "2023-11-14 22:13:20");
        assert_eq!(cut("äöü", 2), ("äö", 1));
        assert_eq!(cut("äöü", 3), ("äöü", 0));
    }
}
