//! Running cases.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aql_catalog::Catalog;
use aql_diag::Diagnostic;
use aql_eval::Context;
use aql_event::EventTable;
use aql_ingest::{Evidence, Options};
use aql_semantic::Mode;
use aql_store::{Combined, ImportOptions, Store, StoreOptions};

use super::adversary::{self, AdversaryTest};
use super::case::Case;
use super::compare::{Difference, compare};
use crate::hunt::{Hunt, HuntOptions, HuntOutcome};
use crate::load::Pack;
use crate::tuning::Tuning;

/// A way to hunt: every one has to give the same findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Way {
    /// What is read.
    pub from: EventSource,
    /// Threads that read.
    pub threads: usize,
    /// Are rules refused that the appliance would refuse?
    pub strict: bool,
}

/// Where events are read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventSource {
    /// The files of the evidence.
    Files,
    /// A store that they were imported into.
    Store,
}

impl Way {
    /// All ways there are.
    pub const ALL: [Way; 6] = [
        Way { from: EventSource::Files, threads: 1, strict: false },
        Way { from: EventSource::Files, threads: 2, strict: false },
        Way { from: EventSource::Files, threads: 1, strict: true },
        Way { from: EventSource::Files, threads: 2, strict: true },
        Way { from: EventSource::Store, threads: 2, strict: false },
        Way { from: EventSource::Store, threads: 2, strict: true },
    ];
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from = match self.from {
            EventSource::Files => "files",
            EventSource::Store => "store",
        };
        let mode = if self.strict { "strict" } else { "lenient" };
        let plural = if self.threads == 1 { "" } else { "s" };
        write!(f, "{from}, {} thread{plural}, {mode}", self.threads)
    }
}

/// How cases are run.
#[derive(Clone, Debug, Default)]
pub struct ProofOptions {
    /// Tunings from outside, laid over those of the cases.
    pub tunings: Vec<Tuning>,
    /// The moment that counts as now (epoch milliseconds), for suppressions that expire.
    pub now: i64,
    /// A folder in which stores may be made; they are deleted behind each case. Without it, the ways
    /// through a store are left out.
    pub scratch: Option<PathBuf>,
}

/// A pack with its cases, ready to be proved.
pub struct Proof {
    /// The pack.
    pub pack: Pack,
    /// Its cases, by name.
    pub cases: Vec<Case>,
    /// The adversary tests that it is held against.
    pub tests: Vec<AdversaryTest>,
}

/// What came of a case.
#[derive(Clone, Debug)]
pub struct CaseResult {
    /// What came of each way.
    pub ways: Vec<WayResult>,
}

/// What came of a case in one way.
#[derive(Clone, Debug)]
pub struct WayResult {
    /// The way.
    pub way: Way,
    /// Where expected and found differ; nothing if the case passes.
    pub differences: Vec<Difference>,
    /// Rules of which something was found as expected, by name.
    pub met: Vec<String>,
    /// Findings in all.
    pub findings: usize,
    /// Records that were read.
    pub records: u64,
}

impl CaseResult {
    /// Did every way find what was expected?
    pub fn passes(&self) -> bool {
        self.ways.iter().all(|way| way.differences.is_empty())
    }

    /// Rules of which something was found as expected in every way in which they run.
    pub fn met(&self) -> Vec<&str> {
        let lenient = self.ways.iter().find(|way| !way.way.strict);
        lenient.into_iter().flat_map(|way| way.met.iter().map(String::as_str)).collect()
    }
}

impl Proof {
    /// Loads a pack, its cases and the tests that it is held against from a folder.
    ///
    /// # Errors
    /// What is wrong with either.
    pub fn load(folder: &Path) -> Result<Proof, Vec<Diagnostic>> {
        let pack = Pack::load(folder)?;
        let cases = Case::load_all(folder, &pack)?;
        let tests = adversary::load(folder, &cases)?;
        Ok(Proof { pack, cases, tests })
    }

    /// Runs cases in every way. Calls `each` after every case.
    ///
    /// # Errors
    /// A tuning from outside that cannot be used.
    pub fn run(
        &self,
        cases: &[&Case],
        options: &ProofOptions,
        each: &mut dyn FnMut(&Case, &CaseResult),
    ) -> Result<Vec<CaseResult>, Vec<Diagnostic>> {
        let mut hunts = Hunts { pack: &self.pack, options, prepared: BTreeMap::new() };
        let mut results = Vec::new();
        for (number, case) in cases.iter().enumerate() {
            let scratch = options.scratch.as_ref().map(|folder| folder.join(number.to_string()));
            let mut events = CaseEvents::new(case, scratch);
            let mut ways = Vec::new();
            for way in Way::ALL {
                if way.from == EventSource::Store && options.scratch.is_none() {
                    continue;
                }
                let mut result = hunts.run(&mut events, way, true)?;
                if !options.tunings.is_empty() && !result.differences.is_empty() {
                    let without = hunts.run(&mut events, way, false)?;
                    blame(&mut result, &without, &options.tunings);
                }
                ways.push(result);
            }
            let result = CaseResult { ways };
            each(case, &result);
            results.push(result);
        }
        Ok(results)
    }
}

/// Marks what is missing with the tunings from outside and is not missing without them.
fn blame(result: &mut WayResult, without: &WayResult, tunings: &[Tuning]) {
    let names: Vec<&str> = tunings.iter().map(|tuning| tuning.path.as_str()).collect();
    for difference in &mut result.differences {
        if without.differences.contains(difference) {
            continue;
        }
        if let Difference::Missing { silenced_by, .. } = difference {
            *silenced_by = Some(names.join(", "));
        }
    }
}

/// The evidence of a case, in whichever form a way reads it.
struct CaseEvents<'a> {
    case: &'a Case,
    /// Where its store is made.
    scratch: Option<PathBuf>,
    /// Has it been made, and what went wrong?
    imported: Option<Vec<Diagnostic>>,
}

impl<'a> CaseEvents<'a> {
    fn new(case: &'a Case, scratch: Option<PathBuf>) -> Self {
        CaseEvents { case, scratch, imported: None }
    }

    /// Opens it, with what there is to say about that.
    fn open(&mut self, way: Way) -> (Box<dyn EventTable>, Vec<Diagnostic>) {
        let options = Options { threads: way.threads, ..Options::default() };
        let paths = std::slice::from_ref(&self.case.evidence);
        let (Some(folder), EventSource::Store) = (self.scratch.clone(), way.from) else {
            let (evidence, problems) = Evidence::open(paths, options);
            return (Box::new(evidence), problems);
        };
        let mut problems = self
            .imported
            .get_or_insert_with(|| {
                let (evidence, mut problems) = Evidence::open(paths, options);
                match aql_store::import(evidence, &folder, &ImportOptions::default()) {
                    Ok(imported) => {
                        let report = imported.report;
                        let of_files = report.files.into_iter().flat_map(|f| f.diagnostics);
                        problems.extend(of_files.chain(report.diagnostics));
                    }
                    Err(problem) => problems.push(*problem),
                }
                problems
            })
            .clone();
        match Store::open(&folder, StoreOptions { threads: way.threads }) {
            Ok(store) => (Box::new(store), problems),
            Err(problem) => {
                problems.push(*problem);
                (Box::new(Combined::new(Vec::new())), problems)
            }
        }
    }
}

impl Drop for CaseEvents<'_> {
    fn drop(&mut self) {
        if let Some(folder) = self.scratch.as_ref().filter(|_| self.imported.is_some()) {
            // What is left lies in a folder for what may be deleted.
            let _ = fs::remove_dir_all(folder);
        }
    }
}

/// Hunts that are prepared, by mode and tunings.
struct Hunts<'a> {
    pack: &'a Pack,
    options: &'a ProofOptions,
    prepared: BTreeMap<(bool, bool, Vec<String>), Hunt>,
}

impl Hunts<'_> {
    /// `outside`: with the tunings from outside the case.
    fn run(
        &mut self,
        events: &mut CaseEvents<'_>,
        way: Way,
        outside: bool,
    ) -> Result<WayResult, Vec<Diagnostic>> {
        let case = events.case;
        let hunt = self.hunt(case, way.strict, outside)?;
        let (evidence, problems) = events.open(way);
        let outcome = hunt.run(evidence.as_ref());
        let (mut differences, met) = compare(case, hunt.rules(), &outcome.findings);
        if !way.strict {
            for rule in hunt.rules().iter().filter(|rule| rule.is_left_out()) {
                let error = rule.diagnostics.iter().find(|d| d.is_error());
                let message = error.map(|d| format!("{}: {}", d.code, d.message));
                let message = message.unwrap_or_default();
                differences.push(Difference::RuleLeftOut { rule: rule.name.clone(), message });
            }
        }
        differences.extend(unsound(&problems, &outcome, hunt));
        let records = outcome.report.files.iter().map(|f| f.records).sum();
        Ok(WayResult { way, differences, met, findings: outcome.findings.len(), records })
    }

    fn hunt(&mut self, case: &Case, strict: bool, outside: bool) -> Result<&Hunt, Vec<Diagnostic>> {
        let key = (strict, outside, case.facts.tuning.clone());
        if !self.prepared.contains_key(&key) {
            let own = case.facts.tuning.iter().filter_map(|name| self.pack.tuning(name)).cloned();
            let others = self.options.tunings.iter().filter(|_| outside).cloned();
            let options = HuntOptions {
                mode: if strict { Mode::Strict } else { Mode::Lenient },
                tunings: own.chain(others).collect(),
                ..HuntOptions::default()
            };
            let cx = Arc::new(Context::new(Catalog::get(), self.options.now));
            let hunt = Hunt::prepare(std::slice::from_ref(self.pack), &options, &cx)?;
            self.prepared.insert(key.clone(), hunt);
        }
        // Just put in.
        self.prepared.get(&key).ok_or_else(Vec::new)
    }
}

/// Why a run proves nothing: silence about evidence that was not read is no silence.
fn unsound(problems: &[Diagnostic], outcome: &HuntOutcome, hunt: &Hunt) -> Vec<Difference> {
    let report = &outcome.report;
    let told = problems
        .iter()
        .chain(&report.diagnostics)
        .chain(report.files.iter().flat_map(|file| &file.diagnostics))
        .chain(outcome.diagnostics.iter().filter(|d| d.is_error()));
    let mut list: Vec<Difference> = told
        .map(|d| {
            let file =
                d.input.as_ref().map(|place| format!("{}: ", place.file)).unwrap_or_default();
            Difference::Unsound { message: format!("{}: {file}{}", d.code, d.message) }
        })
        .collect();
    // Where no rule runs, nothing is read.
    let runs = hunt.rules().iter().any(|rule| !rule.is_left_out());
    if runs && report.files.iter().all(|file| file.records == 0) {
        list.push(Difference::Unsound { message: "no record was read".into() });
    }
    list
}
