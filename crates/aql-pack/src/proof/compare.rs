//! What was expected beside what was found.

use std::fmt;

use serde_json::{Value, json};

use super::case::{Case, Expect};
use super::labels::inner_path;
use crate::cell::value_text;
use crate::facts::Level;
use crate::finding::{Finding, iso_time};
use crate::hunt::HuntRule;
use crate::suppress::finding_text;

/// One difference between what a case expects and what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Expected and not found.
    Missing {
        /// The rule.
        rule: String,
        /// Where it was expected, in words.
        place: String,
        /// The tunings from outside the case without which it is found.
        silenced_by: Option<String>,
    },
    /// Found and not expected.
    Unexpected {
        /// The rule.
        rule: String,
        /// Where it was found, in words.
        place: String,
        /// The values of the finding.
        values: String,
    },
    /// Found, with another level than expected.
    Level {
        /// The rule.
        rule: String,
        /// Where it was found, in words.
        place: String,
        /// The level that was expected.
        expected: Level,
        /// The level that it has.
        found: Level,
    },
    /// A rule of the pack did not run.
    RuleLeftOut {
        /// The rule.
        rule: String,
        /// The error of its query.
        message: String,
    },
    /// The run is no proof: evidence that could not be read, a rule that broke off.
    Unsound {
        /// What went wrong.
        message: String,
    },
}

impl Difference {
    /// As JSON, for reports.
    pub fn json(&self) -> Value {
        match self {
            Difference::Missing { rule, place, silenced_by } => {
                json!({ "difference": "missing", "rule": rule, "place": place, "silenced_by": silenced_by })
            }
            Difference::Unexpected { rule, place, values } => {
                json!({ "difference": "unexpected", "rule": rule, "place": place, "values": values })
            }
            Difference::Level { rule, place, expected, found } => {
                json!({ "difference": "level", "rule": rule, "place": place, "expected": expected, "found": found })
            }
            Difference::RuleLeftOut { rule, message } => {
                json!({ "difference": "rule left out", "rule": rule, "message": message })
            }
            Difference::Unsound { message } => {
                json!({ "difference": "unsound", "message": message })
            }
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Difference::Missing { rule, place, silenced_by } => {
                write!(f, "- missing     {rule}  {place}")?;
                match silenced_by {
                    Some(tunings) => write!(f, "  (silenced by {tunings})"),
                    None => Ok(()),
                }
            }
            Difference::Unexpected { rule, place, values } => {
                write!(f, "+ unexpected  {rule}  {place}  {values}")
            }
            Difference::Level { rule, place, expected, found } => {
                write!(f, "~ level       {rule}  {place}  {found}, expected {expected}")
            }
            Difference::RuleLeftOut { rule, message } => {
                write!(f, "! left out    {rule}  {message}")
            }
            Difference::Unsound { message } => write!(f, "! unsound     {message}"),
        }
    }
}

/// One finding that is expected.
pub(super) struct Expected<'a> {
    expect: &'a Expect,
    record: Option<i64>,
}

impl<'a> Expected<'a> {
    /// Everything that a case expects. Those with a place come first, so that they are not taken by
    /// one that says less.
    pub(super) fn all(case: &'a Case) -> Vec<Expected<'a>> {
        let mut all: Vec<Expected<'a>> = Vec::new();
        for expect in &case.facts.expect {
            if expect.records.is_empty() {
                all.push(Expected { expect, record: None });
            }
            all.extend(expect.records.iter().map(|r| Expected { expect, record: Some(*r) }));
        }
        all.sort_by_key(|e| (e.record.is_none(), std::cmp::Reverse(e.expect.values.len())));
        all
    }

    pub(super) fn rule(&self) -> &str {
        &self.expect.rule
    }

    fn is_met_by(&self, rule: &HuntRule, finding: &Finding, file: Option<&str>) -> bool {
        self.expect.rule == rule.name
            && self.expect.file.as_deref().is_none_or(|expected| Some(expected) == file)
            && (self.record.is_none() || self.record == finding.record)
            && self.expect.values.iter().all(|(name, text)| {
                finding_text(finding, name).is_some_and(|found| found == text.0)
            })
    }

    fn place(&self) -> String {
        let mut parts = Vec::new();
        if let (Some(file), Some(record)) = (&self.expect.file, self.record) {
            parts.push(format!("{file} record {record}"));
        }
        parts.extend(self.expect.values.iter().map(|(name, text)| format!("{name}={}", text.0)));
        parts.join(" ")
    }
}

/// Holds findings against what is expected of the rules that ran. Gives the differences, and the
/// rules of which something was found as expected.
pub(super) fn compare(
    case: &Case,
    rules: &[HuntRule],
    findings: &[Finding],
) -> (Vec<Difference>, Vec<String>) {
    let mut differences = Vec::new();
    let mut met = Vec::new();
    let below = |f: &Finding| Some(inner_path(&case.evidence, f.file.as_deref()?));
    let mut free: Vec<(&Finding, &HuntRule, Option<String>)> =
        findings.iter().filter_map(|f| Some((f, rules.get(f.rule)?, below(f)))).collect();
    for expected in Expected::all(case) {
        let ran = rules.iter().any(|r| r.name == expected.rule() && !r.is_left_out());
        if !ran {
            continue;
        }
        let rule = expected.rule().to_owned();
        let at = free.iter().position(|(f, r, file)| expected.is_met_by(r, f, file.as_deref()));
        let Some(at) = at else {
            let place = expected.place();
            differences.push(Difference::Missing { rule, place, silenced_by: None });
            continue;
        };
        let (_, found, _) = free.remove(at);
        let found = found.facts.level;
        if let Some(expected_level) = expected.expect.level.filter(|level| *level != found) {
            let place = expected.place();
            differences.push(Difference::Level { rule, place, expected: expected_level, found });
        } else {
            met.push(rule);
        }
    }
    for (finding, rule, file) in free {
        let place = match (file, finding.record) {
            (Some(file), Some(record)) => format!("{file} record {record}"),
            (Some(file), None) => file,
            (None, _) => finding.time.map_or_else(|| "group".into(), iso_time),
        };
        let values: Vec<String> = finding
            .fields
            .iter()
            .map(|(name, value)| format!("{name}={}", shorten(&value_text(value))))
            .collect();
        let values = values.join(" ");
        differences.push(Difference::Unexpected { rule: rule.name.clone(), place, values });
    }
    met.sort();
    met.dedup();
    (differences, met)
}

/// Long texts of findings are cut: the place says where to look.
fn shorten(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    text.chars().take(MOST - 1).chain(['…']).collect()
}
