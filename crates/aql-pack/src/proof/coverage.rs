//! Which rule sees which adversary test: filled from a run, never from what files claim.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::adversary::{AdversaryTest, kind};
use super::case::{Case, CaseKind};
use super::run::{CaseResult, Proof};

/// What a run of all cases showed.
#[derive(Clone, Debug)]
pub struct Coverage {
    /// Tests in the order of `tests.toml`, then those that only cases name, by id.
    pub tests: Vec<TestCoverage>,
    /// Rules by name, with the tests that they saw.
    pub rules: Vec<RuleCoverage>,
}

/// What became of an adversary test.
#[derive(Clone, Debug)]
pub struct TestCoverage {
    /// The test.
    pub test: AdversaryTest,
    /// Rules that found something in a positive case of it, where the case passed.
    pub found_by: BTreeSet<String>,
    /// Positive cases: passed, in all.
    pub positive: (usize, usize),
    /// Benign cases, among them the twins of positive ones: passed, in all.
    pub benign: (usize, usize),
    /// Rules that report a benign case, where that is expected.
    pub reported_by: BTreeSet<String>,
}

/// What a rule saw.
#[derive(Clone, Debug)]
pub struct RuleCoverage {
    /// Name of the rule.
    pub name: String,
    /// Tests that it found something of.
    pub tests: Vec<String>,
    /// Positive cases that it found something in, where the case passed.
    pub positive: usize,
    /// ATT&CK data components that it needs, as its facts say.
    pub data_components: Vec<String>,
}

impl Coverage {
    /// From a run of these cases.
    pub fn new(proof: &Proof, cases: &[&Case], results: &[CaseResult]) -> Coverage {
        let mut tests: Vec<TestCoverage> =
            proof.tests.iter().cloned().map(TestCoverage::new).collect();
        let listed: BTreeSet<&str> = proof.tests.iter().map(|test| test.id.as_str()).collect();
        let mut others: BTreeMap<(String, u64, String), TestCoverage> = BTreeMap::new();
        for case in cases {
            for id in case.facts.tests.iter().filter(|id| !listed.contains(id.as_str())) {
                let test = AdversaryTest {
                    id: id.clone(),
                    title: case.facts.title.clone(),
                    source: String::new(),
                    not_covered: None,
                };
                others.entry(order(id)).or_insert_with(|| TestCoverage::new(test));
            }
        }
        tests.extend(others.into_values());
        for coverage in &mut tests {
            for (case, result) in cases.iter().zip(results) {
                coverage.add(case, result, cases);
            }
        }
        let rules = proof.pack.rules.iter().map(|rule| {
            let found = |c: &TestCoverage| c.found_by.contains(&rule.name);
            let seen = tests.iter().filter(|c| found(c)).map(|c| c.test.id.clone());
            let positive = cases.iter().zip(results).filter(|(case, result)| {
                case.facts.kind == CaseKind::Positive
                    && result.passes()
                    && result.met().contains(&rule.name.as_str())
            });
            RuleCoverage {
                name: rule.name.clone(),
                tests: seen.collect(),
                positive: positive.count(),
                data_components: rule.facts.data_components.clone(),
            }
        });
        let rules = rules.collect();
        Coverage { tests, rules }
    }

    /// Tests that should be covered and are not.
    pub fn uncovered(&self) -> impl Iterator<Item = &TestCoverage> {
        self.tests.iter().filter(|c| c.is_open())
    }

    /// The three tables as Markdown: tests, rules, data components.
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "| test | what happens | found by | positive cases | benign cases |")?;
        writeln!(out, "|---|---|---|---|---|")?;
        for coverage in self.tests.iter().filter(|c| c.positive.1 > 0 || c.benign.1 == 0) {
            let found = match &coverage.test.not_covered {
                Some(reason) if coverage.found_by.is_empty() => {
                    format!("nothing: {}", cell(reason))
                }
                _ if coverage.found_by.is_empty() => "**nothing**".to_owned(),
                _ => codes(coverage.found_by.iter()),
            };
            writeln!(
                out,
                "| {} | {} | {found} | {} | {} |",
                coverage.test.id,
                cell(&coverage.test.title),
                passed(coverage.positive, "found"),
                passed(coverage.benign, "as expected"),
            )?;
        }
        let benign: Vec<_> =
            self.tests.iter().filter(|c| c.positive.1 == 0 && c.benign.1 > 0).collect();
        if !benign.is_empty() {
            writeln!(out, "\n| look-alike | what happens | reported by | cases |")?;
            writeln!(out, "|---|---|---|---|")?;
            for coverage in benign {
                let reported = match coverage.reported_by.is_empty() {
                    true => "nothing".to_owned(),
                    false => codes(coverage.reported_by.iter()),
                };
                let (id, title) = (&coverage.test.id, cell(&coverage.test.title));
                let cases = passed(coverage.benign, "as expected");
                writeln!(out, "| {id} | {title} | {reported} | {cases} |")?;
            }
        }
        writeln!(out, "\n| rule | tests it finds | positive cases |")?;
        writeln!(out, "|---|---|---|")?;
        for rule in &self.rules {
            let tests = tests_by_kind(&rule.tests);
            let positive =
                if rule.positive == 0 { "**none**".to_owned() } else { rule.positive.to_string() };
            writeln!(out, "| `{}` | {tests} | {positive} |", rule.name)?;
        }
        let mut components: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
        for rule in &self.rules {
            for component in &rule.data_components {
                components.entry(component).or_default().push(&rule.name);
            }
        }
        writeln!(out, "\n| data component | rules that need it |")?;
        writeln!(out, "|---|---|")?;
        for (component, rules) in components {
            writeln!(out, "| {} | {} |", cell(component), codes(rules.into_iter()))?;
        }
        Ok(())
    }
}

impl TestCoverage {
    fn new(test: AdversaryTest) -> Self {
        TestCoverage {
            test,
            found_by: BTreeSet::new(),
            positive: (0, 0),
            benign: (0, 0),
            reported_by: BTreeSet::new(),
        }
    }

    /// Takes a case into account if it is one of this test, or the twin of one.
    fn add(&mut self, case: &Case, result: &CaseResult, cases: &[&Case]) {
        let named = |case: &Case| case.facts.tests.contains(&self.test.id);
        let twin_named =
            cases.iter().any(|other| other.facts.twin.as_ref() == Some(&case.name) && named(other));
        let passes = usize::from(result.passes());
        match case.facts.kind {
            CaseKind::Positive if named(case) => {
                self.positive = (self.positive.0 + passes, self.positive.1 + 1);
                if result.passes() {
                    self.found_by.extend(result.met().into_iter().map(str::to_owned));
                }
            }
            CaseKind::Benign if named(case) || twin_named => {
                self.benign = (self.benign.0 + passes, self.benign.1 + 1);
                self.reported_by.extend(result.met().into_iter().map(str::to_owned));
            }
            _ => {}
        }
    }

    /// Should it be found by some rule, and is it not, or is there no silent twin?
    fn is_open(&self) -> bool {
        let look_alike = self.positive.1 == 0 && self.benign.1 > 0;
        let fails = self.positive.0 < self.positive.1 || self.benign.0 < self.benign.1;
        let missing = !look_alike && (self.found_by.is_empty() || self.benign.1 == 0);
        fails || missing && self.test.not_covered.is_none()
    }
}

/// Kinds by name, numbers by value.
pub(super) fn order(id: &str) -> (String, u64, String) {
    let name = id.split_once(':').map_or(id, |(_, name)| name);
    (kind(id).to_owned(), name.parse().unwrap_or(u64::MAX), name.to_owned())
}

/// `page 1, 2; pair 4`
fn tests_by_kind(ids: &[String]) -> String {
    let mut kinds: Vec<(&str, Vec<&str>)> = Vec::new();
    for id in ids {
        let (kind, name) = id.split_once(':').unwrap_or(("", id));
        // Of a GUID the first part is enough to find it in the first table.
        let name = name.split('-').next().unwrap_or(name);
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, names)) => names.push(name),
            None => kinds.push((kind, vec![name])),
        }
    }
    let parts: Vec<String> =
        kinds.iter().map(|(kind, names)| format!("{kind} {}", names.join(", "))).collect();
    parts.join("; ")
}

pub(super) fn codes<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn passed((passed, all): (usize, usize), what: &str) -> String {
    match (passed, all) {
        (_, 0) => "none".to_owned(),
        (passed, all) if passed == all => format!("{all} {what}"),
        (passed, all) => format!("**{passed} of {all} {what}**"),
    }
}

/// Text on one line, without what would end a cell.
pub(super) fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
