//! What the `.toml` of a rule without a query says: which findings belong together.

use std::collections::BTreeSet;

use serde::Deserialize;

/// A correlation: a rule over the findings of other rules.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correlation {
    /// How the findings belong together.
    pub kind: CorrelationKind,
    /// Names of the rules; for a sequence and an absence in the order of time.
    pub rules: Vec<String>,
    /// What the findings have in common: names of fields that the rules select, or `host`, `user`,
    /// `source_ip`, `file`. Without any, all findings belong together.
    #[serde(default)]
    pub by: Vec<String>,
    /// The longest time from the first finding to the last, in milliseconds.
    #[serde(deserialize_with = "duration")]
    pub within: i64,
    /// How many findings a count needs, or how many values of `distinct`.
    #[serde(default)]
    pub at_least: Option<usize>,
    /// A field whose different values are counted, instead of findings.
    #[serde(default)]
    pub distinct: Option<String>,
}

/// How findings belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CorrelationKind {
    /// One of each rule, in this order.
    Sequence,
    /// Many, of whichever of the rules.
    Count,
    /// One of the first rule, and then none of the others.
    Absence,
}

impl Correlation {
    /// What is wrong with it in itself.
    pub(crate) fn check(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let different: BTreeSet<&String> = self.rules.iter().collect();
        match self.kind {
            CorrelationKind::Sequence | CorrelationKind::Absence if self.rules.len() < 2 => {
                wrong.push("a sequence or an absence needs two `rules` at least".to_owned());
            }
            CorrelationKind::Count if self.rules.is_empty() => {
                wrong.push("a count needs one of `rules` at least".to_owned());
            }
            CorrelationKind::Count if different.len() < self.rules.len() => {
                wrong.push("a rule stands twice in the `rules` of a count".to_owned());
            }
            _ => {}
        }
        let counts = self.kind == CorrelationKind::Count;
        if counts && self.at_least.is_none_or(|n| n < 2) {
            wrong.push("a count needs `at_least`, and that 2 or more".to_owned());
        }
        if !counts && (self.at_least.is_some() || self.distinct.is_some()) {
            wrong.push("`at_least` and `distinct` belong to a count".to_owned());
        }
        wrong
    }
}

/// `90s`, `10m`, `6h`, `7d`.
fn duration<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let text = String::deserialize(deserializer)?;
    milliseconds(&text).ok_or_else(|| {
        serde::de::Error::custom(format!(
            "`{text}` is no span of time; write `90s`, `10m`, `6h` or `7d`"
        ))
    })
}

fn milliseconds(text: &str) -> Option<i64> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match text.get(digits.len()..)? {
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    digits.parse::<i64>().ok().filter(|n| *n > 0)?.checked_mul(unit)
}

/// Milliseconds in the largest unit that gives a whole number.
pub(crate) fn span(ms: i64) -> String {
    for (unit, size) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000)] {
        if ms % size == 0 {
            return format!("{}{unit}", ms / size);
        }
    }
    format!("{}s", ms / 1000)
}

#[cfg(test)]
mod tests {
    use super::{milliseconds, span};

    #[test]
    fn spans_of_time() {
        for (text, ms) in
            [("90s", 90_000), ("10m", 600_000), ("6h", 21_600_000), ("7d", 604_800_000)]
        {
            assert_eq!(milliseconds(text), Some(ms), "{text}");
            assert_eq!(span(ms), text);
        }
        for text in ["", "m", "10", "0m", "-1m", "10 m", "10w", "99999999999999999d"] {
            assert_eq!(milliseconds(text), None, "{text}");
        }
    }
}
