//! How often rules fire where nothing is wrong.

use aql_event::EventTable;

use crate::hunt::{Hunt, HuntOutcome};

/// Findings on benign evidence.
#[derive(Debug)]
pub struct Baseline {
    /// Records that were read.
    pub records: u64,
    /// Per rule that ran.
    pub rules: Vec<RuleBaseline>,
    /// What the hunt had to say: what was read, and what went wrong.
    pub outcome: HuntOutcome,
}

/// Findings of a rule on benign evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleBaseline {
    /// Name of the rule.
    pub name: String,
    /// Findings; those that a tuning suppresses do not count.
    pub findings: u64,
    /// Findings per million records.
    pub per_million: f64,
    /// What the rule's facts allow; nothing if they do not say.
    pub limit: Option<f64>,
}

impl RuleBaseline {
    /// Does the rule fire more often than its facts allow?
    pub fn is_above(&self) -> bool {
        self.limit.is_some_and(|limit| self.per_million > limit)
    }
}

impl Baseline {
    /// Hunts in benign evidence.
    pub fn measure(hunt: &Hunt, evidence: &dyn EventTable) -> Baseline {
        let outcome = hunt.run(evidence);
        let records: u64 = outcome.report.files.iter().map(|file| file.records).sum();
        let rules = hunt.rules().iter().enumerate().filter(|(_, rule)| !rule.is_left_out());
        let rules = rules.map(|(at, rule)| {
            let findings = outcome.findings.iter().filter(|f| f.rule == at).count() as u64;
            #[expect(clippy::cast_precision_loss, reason = "a rate")]
            let per_million =
                if records == 0 { 0.0 } else { findings as f64 * 1e6 / records as f64 };
            let limit = rule.facts.max_per_million;
            RuleBaseline { name: rule.name.clone(), findings, per_million, limit }
        });
        Baseline { records, rules: rules.collect(), outcome }
    }
}
