//! A published query beside the rules of the pack: what each finds, misses and falsely finds.
//!
//! The cases are run; labelled evidence, which may not be at hand, counts as its results were
//! written down.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use aql_catalog::Catalog;
use aql_semantic::{Mode, ProfileFile, bind_text};

use super::adversary::kind;
use super::case::{Case, CaseKind};
use super::compare::Difference;
use super::coverage::{cell, codes, order};
use super::results::Results;
use super::run::{CaseResult, Proof};
use crate::load::Rule;

/// The comparison.
#[derive(Clone, Debug)]
pub struct Beside {
    /// The rule that holds the published query.
    pub rule: String,
    /// Codes of the errors for which an appliance refuses it; none if it is accepted.
    pub refused_for: Vec<String>,
    /// The cases, then each labelled evidence.
    pub evidence: Vec<Side>,
    /// Adversary tests that positive cases stand for: all, those that the query finds, those that
    /// the pack finds; by kind.
    pub tests: BTreeMap<String, [BTreeSet<String>; 3]>,
    /// Positive cases that the query finds.
    pub finds: Vec<String>,
    /// Positive cases that it does not find.
    pub misses: Vec<String>,
    /// Benign cases that it reports.
    pub falsely_finds: Vec<String>,
    /// Positive cases that the query finds and the pack does not.
    pub only_published: Vec<String>,
    /// What the labelled evidence was measured with.
    recorded: Vec<Results>,
}

/// Numbers about one body of evidence.
#[derive(Clone, Debug, Default)]
pub struct Side {
    /// What is counted, in words.
    pub name: String,
    /// Attacks: all, found by the query, found by the pack.
    pub attacks: [u64; 3],
    /// Benign ones: all, reported by the query, reported by the pack.
    pub benign: [u64; 3],
}

impl Beside {
    /// From a run of these cases, and from the results that were written down.
    pub fn new(
        proof: &Proof,
        rule: &Rule,
        cases: &[&Case],
        results: &[CaseResult],
        recorded: &[Results],
    ) -> Beside {
        let mut beside = Beside {
            rule: rule.name.clone(),
            refused_for: refused_for(rule),
            evidence: Vec::new(),
            tests: BTreeMap::new(),
            finds: Vec::new(),
            misses: Vec::new(),
            falsely_finds: Vec::new(),
            only_published: Vec::new(),
            recorded: recorded.to_vec(),
        };
        let own: BTreeSet<&str> = proof
            .pack
            .rules
            .iter()
            .filter(|rule| rule.facts.status != "as published")
            .map(|rule| rule.name.as_str())
            .collect();
        let mut all = Side { name: "the cases of this pack".to_owned(), ..Side::default() };
        for (case, result) in cases.iter().zip(results) {
            let reported = reported(result);
            let theirs = reported.contains(rule.name.as_str());
            let ours = reported.iter().any(|name| own.contains(name));
            beside.add(&mut all, case, theirs, ours);
        }
        beside.evidence.push(all);
        for results in recorded {
            let theirs = results.rules.iter().find(|found| found.rule == rule.name);
            let theirs = theirs.map_or((0, 0), |found| (found.positives, found.findings));
            let title = &results.evidence.title;
            beside.evidence.push(Side {
                name: format!("{title} (`{}`): records", results.evidence.name),
                attacks: [results.positives.records, theirs.0, results.positives.found],
                benign: [results.evidence.benign, theirs.1, results.benign_reported],
            });
        }
        beside
    }

    fn add(&mut self, all: &mut Side, case: &Case, theirs: bool, ours: bool) {
        let positive = case.facts.kind == CaseKind::Positive;
        let side = if positive { &mut all.attacks } else { &mut all.benign };
        let counted = [true, theirs, ours];
        for (sum, counts) in side.iter_mut().zip(counted) {
            *sum += u64::from(counts);
        }
        let name = case.name.clone();
        match (positive, theirs) {
            (true, true) => self.finds.push(name),
            (true, false) => self.misses.push(name),
            (false, true) => self.falsely_finds.push(name),
            (false, false) => {}
        }
        if positive && theirs && !ours {
            self.only_published.push(case.name.clone());
        }
        for id in case.facts.tests.iter().filter(|_| positive) {
            let sets = self.tests.entry(kind(id).to_owned()).or_default();
            for (set, _) in sets.iter_mut().zip(counted).filter(|(_, counts)| *counts) {
                set.insert(id.clone());
            }
        }
    }

    /// As Markdown.
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let rule = &self.rule;
        if self.refused_for.is_empty() {
            writeln!(out, "An appliance accepts `{rule}` as it stands.\n")?;
        } else {
            writeln!(
                out,
                "As it stands an appliance refuses `{rule}` ({}), so that it finds nothing there. \
                 What follows is what it finds with aql's repairs.\n",
                self.refused_for.join(", ")
            )?;
        }
        writeln!(
            out,
            "| evidence | attacks | `{rule}` finds | misses | the pack finds | misses | benign | \
             `{rule}` falsely finds | the pack reports |"
        )?;
        writeln!(out, "|---|---|---|---|---|---|---|---|---|")?;
        for side in &self.evidence {
            let ([attacks, theirs, ours], [benign, their_false, our_false]) =
                (side.attacks, side.benign);
            writeln!(
                out,
                "| {} | {attacks} | {theirs} | {} | {ours} | {} | {benign} | {their_false} | \
                 {our_false} |",
                cell(&side.name),
                attacks.saturating_sub(theirs),
                attacks.saturating_sub(ours),
            )?;
        }
        writeln!(out, "\n| adversary tests | in all | `{rule}` finds | the pack finds |")?;
        writeln!(out, "|---|---|---|---|")?;
        for (kind, [all, theirs, ours]) in &self.tests {
            let found = |set: &BTreeSet<String>| match set.len() {
                n if n == all.len() => format!("all {n}"),
                0 => "none".to_owned(),
                n => format!("{n}: {}", numbers(set)),
            };
            writeln!(out, "| {kind} | {} | {} | {} |", all.len(), found(theirs), found(ours))?;
        }
        writeln!(out, "\n| `{rule}` | cases |")?;
        writeln!(out, "|---|---|")?;
        for (what, cases) in [
            ("finds", &self.finds),
            ("misses", &self.misses),
            ("falsely finds", &self.falsely_finds),
            ("finds, and the pack does not", &self.only_published),
        ] {
            let list = if cases.is_empty() { "none".to_owned() } else { codes(cases.iter()) };
            writeln!(out, "| {what} ({}) | {list} |", cases.len())?;
        }
        if self.recorded.is_empty() {
            return Ok(());
        }
        writeln!(out, "\nThe records were measured so:\n")?;
        writeln!(out, "| evidence | engine | files | records | SHA-256 of the files |")?;
        writeln!(out, "|---|---|---|---|---|")?;
        for Results { engine, evidence, .. } in &self.recorded {
            let (name, files, records) = (&evidence.name, evidence.files, evidence.records);
            let digest = evidence.sha256.get(..16).unwrap_or_default();
            writeln!(out, "| `{name}` | {engine} | {files} | {records} | `{digest}…` |")?;
        }
        writeln!(
            out,
            "\nRules with findings on benign records there (all others have none; a rule above what \
             it is allowed fails):\n"
        )?;
        writeln!(out, "| evidence | rule | findings | per million | allowed |")?;
        writeln!(out, "|---|---|---|---|---|")?;
        for results in &self.recorded {
            for found in results.rules.iter().filter(|rule| rule.findings > 0) {
                let allowed = found.max_per_million.map_or("-".to_owned(), |n| n.to_string());
                let (name, rate) = (&results.evidence.name, found.per_million);
                let (rule, findings) = (&found.rule, found.findings);
                writeln!(out, "| `{name}` | `{rule}` | {findings} | {rate:.1} | {allowed} |")?;
            }
        }
        Ok(())
    }
}

/// Every rule of which the case had a finding in the lenient ways, expected or not.
fn reported(result: &CaseResult) -> BTreeSet<&str> {
    let lenient = result.ways.iter().filter(|way| !way.way.strict);
    let found = lenient.flat_map(|way| {
        let unexpected = way.differences.iter().filter_map(|difference| match difference {
            Difference::Unexpected { rule, .. } | Difference::Level { rule, .. } => {
                Some(rule.as_str())
            }
            _ => None,
        });
        way.met.iter().map(String::as_str).chain(unexpected)
    });
    found.collect()
}

/// For which errors an appliance refuses the query.
fn refused_for(rule: &Rule) -> Vec<String> {
    let options = rule.bind_options(Mode::Strict, &ProfileFile::default());
    let bound = bind_text(&rule.query, &options, Catalog::get());
    let errors = bound.diagnostics.iter().filter(|d| d.is_error()).map(|d| d.code.to_string());
    let codes: BTreeSet<String> = errors.collect();
    codes.into_iter().collect()
}

/// Numbers or names of tests, in their order.
fn numbers(ids: &BTreeSet<String>) -> String {
    let mut ids: Vec<&String> = ids.iter().collect();
    ids.sort_by_key(|id| order(id));
    let names = ids.iter().map(|id| id.split_once(':').map_or(id.as_str(), |(_, name)| name));
    names.collect::<Vec<_>>().join(", ")
}
