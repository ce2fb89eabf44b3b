//! How often rules fire where nothing is wrong, and whether they fire where something is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use aql_event::EventTable;

use super::labels::{Labels, inner_path};
use crate::finding::Finding;
use crate::hunt::{Hunt, HuntOutcome, HuntRule};

/// Findings on evidence that is benign, but for the records that labels name.
#[derive(Debug)]
pub struct Baseline {
    /// Files that were read, without members of archives.
    pub files: BTreeSet<String>,
    /// Records that were read of them.
    pub records: u64,
    /// Of these, the benign ones: rates refer to them.
    pub benign: u64,
    /// Per rule that ran.
    pub rules: Vec<RuleBaseline>,
    /// The records that labels name, with what was found of them.
    pub positives: Vec<LabelledRecord>,
    /// Benign records that a rule of the pack's own reports; what is kept as it was published does
    /// not count.
    pub reported: u64,
    /// What the hunt had to say: what was read, and what went wrong.
    pub outcome: HuntOutcome,
}

/// Findings of a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleBaseline {
    /// Name of the rule.
    pub name: String,
    /// Findings on benign records; those that a tuning suppresses do not count.
    pub findings: u64,
    /// Findings per million benign records.
    pub per_million: f64,
    /// What the rule's facts allow; nothing if they do not say.
    pub limit: Option<f64>,
    /// Records that labels name and the rule finds.
    pub positives: u64,
}

/// A record that labels name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelledRecord {
    /// Its file, below the folder of the evidence.
    pub file: String,
    /// Its position.
    pub record: i64,
    /// Rules that found it.
    pub found_by: BTreeSet<String>,
    /// Did one of the pack's own rules find it?
    pub is_found: bool,
    /// Why no rule can find it, if so.
    pub blind_spot: Option<String>,
}

impl RuleBaseline {
    /// Does the rule fire more often than its facts allow?
    pub fn is_above(&self) -> bool {
        self.limit.is_some_and(|limit| self.per_million > limit)
    }
}

/// Is it a rule of the pack's own, and not one that is kept as it was published?
pub(super) fn is_own(rule: &HuntRule) -> bool {
    rule.facts.status != "as published"
}

impl Baseline {
    /// Hunts in evidence that was opened from `root`. A finding of which every event is labelled is
    /// none on benign evidence. What a group was made of is not known: it always counts.
    pub fn measure(
        hunt: &Hunt,
        evidence: &dyn EventTable,
        root: &Path,
        labels: Option<&Labels>,
    ) -> Baseline {
        let outcome = hunt.run(evidence);
        let left_out: BTreeSet<&str> = labels
            .iter()
            .flat_map(|labels| labels.facts.not_evidence.iter().map(String::as_str))
            .collect();
        let mut files = BTreeSet::new();
        let mut records = 0;
        for file in &outcome.report.files {
            let outer = file.path.split("!/").next().unwrap_or(&file.path);
            if !left_out.contains(inner_path(root, outer).as_str()) {
                files.insert(outer.to_owned());
                records += file.records;
            }
        }
        let mut labelled: BTreeMap<(String, i64), LabelledRecord> = BTreeMap::new();
        for positive in labels.iter().flat_map(|labels| &labels.facts.positive) {
            for record in &positive.records {
                let found = LabelledRecord {
                    file: positive.file.clone(),
                    record: *record,
                    found_by: BTreeSet::new(),
                    is_found: false,
                    blind_spot: positive.blind_spot.clone(),
                };
                labelled.insert((positive.file.clone(), *record), found);
            }
        }
        let mut findings = vec![0_u64; hunt.rules().len()];
        let mut reported = BTreeSet::new();
        for finding in &outcome.findings {
            let Some(rule) = hunt.rules().get(finding.rule) else { continue };
            let places = places(finding, root);
            if !places.is_empty() && places.iter().all(|(f, _)| left_out.contains(f.as_str())) {
                continue;
            }
            for place in &places {
                if let Some(found) = labelled.get_mut(place) {
                    found.found_by.insert(rule.name.clone());
                    found.is_found |= is_own(rule);
                }
            }
            if places.is_empty() || places.iter().any(|place| !labelled.contains_key(place)) {
                if let Some(count) = findings.get_mut(finding.rule) {
                    *count += 1;
                }
                if is_own(rule) {
                    reported.extend(places.into_iter().filter(|p| !labelled.contains_key(p)));
                }
            }
        }
        let benign = records.saturating_sub(labelled.len() as u64);
        let rules = hunt.rules().iter().zip(findings).filter(|(rule, _)| !rule.is_left_out());
        let rules = rules.map(|(rule, findings)| {
            #[expect(clippy::cast_precision_loss, reason = "a rate")]
            let per_million = if benign == 0 { 0.0 } else { findings as f64 * 1e6 / benign as f64 };
            let positives = labelled.values().filter(|l| l.found_by.contains(&rule.name)).count();
            RuleBaseline {
                name: rule.name.clone(),
                findings,
                per_million,
                limit: rule.facts.max_per_million,
                positives: positives as u64,
            }
        });
        let rules = rules.collect();
        let positives = labelled.into_values().collect();
        let reported = reported.len() as u64;
        Baseline { files, records, benign, rules, positives, reported, outcome }
    }

    /// Labelled records that no rule of the pack's own found, although one should.
    pub fn missed(&self) -> impl Iterator<Item = &LabelledRecord> {
        self.positives.iter().filter(|record| !record.is_found && record.blind_spot.is_none())
    }
}

/// The events of a finding as (file, record); none for a group.
fn places(finding: &Finding, root: &Path) -> Vec<(String, i64)> {
    let parts = finding.made_of.iter().map(|part| &part.finding);
    std::iter::once(finding)
        .chain(parts)
        .filter_map(|f| Some((inner_path(root, f.file.as_deref()?), f.record?)))
        .collect()
}
