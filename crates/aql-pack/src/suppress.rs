//! Holding findings against the suppressions of tunings.

use std::collections::BTreeMap;

use aql_diag::{Diagnostic, codes};
use serde_json::Value;

use crate::cell::value_text;
use crate::finding::Finding;
use crate::hunt::HuntRule;
use crate::load::{Pack, place, problem};
use crate::tuning::{Suppression, Tuning};

/// The suppressions that count in a hunt.
#[derive(Debug, Default)]
pub(crate) struct Suppressions {
    list: Vec<Suppression>,
    /// Positions in the list, by name of the rule.
    by_rule: BTreeMap<String, Vec<usize>>,
}

impl Suppressions {
    /// Those of the tunings that have not expired at this moment (epoch milliseconds). The others,
    /// and those of rules that do not exist, are told.
    pub(crate) fn new(tunings: &[Tuning], packs: &[Pack], now: i64) -> (Self, Vec<Diagnostic>) {
        let mut suppressions = Suppressions::default();
        let mut said = Vec::new();
        for tuning in tunings {
            for suppression in &tuning.facts.suppressions {
                let rule = &suppression.rule;
                if !packs.iter().any(|p| p.rules.iter().any(|r| r.name == *rule)) {
                    let message =
                        format!("it suppresses findings of rule `{rule}`, which no pack has");
                    said.push(problem(codes::PACK_TUNING, &tuning.path, message));
                } else if suppression.is_expired(now) {
                    let message = format!(
                        "the suppression of rule `{rule}` expired on {}: it is not applied",
                        suppression.expires
                    );
                    said.push(
                        Diagnostic::warning(codes::PACK_SUPPRESSION_EXPIRED, message)
                            .input(place(&tuning.path))
                            .note(format!("reason: {}", suppression.reason))
                            .note(format!("owner: {}", suppression.owner)),
                    );
                } else {
                    let at = suppressions.list.len();
                    suppressions.list.push(suppression.clone());
                    suppressions.by_rule.entry(rule.clone()).or_default().push(at);
                }
            }
        }
        (suppressions, said)
    }

    pub(crate) fn list(&self) -> &[Suppression] {
        &self.list
    }

    /// The first suppression that a finding meets.
    pub(crate) fn of(&self, rule: &HuntRule, finding: &Finding) -> Option<usize> {
        let candidates = self.by_rule.get(&rule.name)?;
        candidates
            .iter()
            .copied()
            .find(|at| self.list.get(*at).is_some_and(|s| has_values(finding, &s.values)))
    }
}

/// Does the finding have all of these values, as text?
pub(crate) fn has_values(finding: &Finding, values: &BTreeMap<String, String>) -> bool {
    values.iter().all(|(name, text)| finding_text(finding, name).is_some_and(|t| t == *text))
}

/// The value of a finding under a name, as text: of a field that the rule selects, or of `host`,
/// `user`, `source_ip`, `file`. An empty text for null; nothing if there is no such name.
pub(crate) fn finding_text(finding: &Finding, name: &str) -> Option<String> {
    if let Some((_, value)) = finding.fields.iter().find(|(field, _)| field == name) {
        return Some(value_text(value));
    }
    let common = match name {
        "host" => &finding.host,
        "user" => &finding.user,
        "source_ip" => &finding.source_ip,
        "file" => &finding.file,
        _ => return None,
    };
    Some(value_text(&common.as_deref().map_or(Value::Null, Value::from)))
}
