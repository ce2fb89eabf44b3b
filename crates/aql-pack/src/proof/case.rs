//! Cases: evidence, and what has to be found in it.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use aql_diag::{Diagnostic, codes};
use serde::{Deserialize, Serialize};

use crate::facts::Level;
use crate::load::{Pack, names, problem};
use crate::parameter::Scalar;

/// A folder of `cases/`.
#[derive(Clone, Debug)]
pub struct Case {
    /// Name: that of the folder.
    pub name: String,
    /// Path of `case.toml`, as shown to the user.
    pub path: String,
    /// The folder of the evidence.
    pub evidence: PathBuf,
    /// What `case.toml` says.
    pub facts: CaseFacts,
}

/// `case.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseFacts {
    /// Title for people.
    pub title: String,
    /// Is it what a rule looks for, or what only looks like it?
    pub kind: CaseKind,
    /// Name of the case of the other kind that differs in a single fact.
    #[serde(default)]
    pub twin: Option<String>,
    /// That fact, or what else is shown.
    pub why: String,
    /// How the evidence was made or where it was recorded, with its licence.
    pub origin: String,
    /// The adversary tests whose traces these are; see `tests.toml` of the pack.
    #[serde(default)]
    pub tests: Vec<String>,
    /// Ready tunings of the pack that are applied.
    #[serde(default)]
    pub tuning: Vec<String>,
    /// What has to be found. What is not listed must not be found.
    #[serde(default)]
    pub expect: Vec<Expect>,
}

/// Kind of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CaseKind {
    /// An attack.
    Positive,
    /// Everyday work that looks like one.
    Benign,
}

impl fmt::Display for CaseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            CaseKind::Positive => "positive",
            CaseKind::Benign => "benign",
        })
    }
}

/// Findings that are expected.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// Name of the rule.
    pub rule: String,
    /// The file: its path below `evidence/`.
    #[serde(default)]
    pub file: Option<String>,
    /// The records of that file, one finding each.
    #[serde(default)]
    pub records: Vec<i64>,
    /// Values of the finding, as text. Without a file they tell one finding: a group.
    #[serde(default, rename = "where")]
    pub values: BTreeMap<String, Scalar>,
    /// The level that the finding has to have.
    #[serde(default)]
    pub level: Option<Level>,
    /// Why a benign case has a finding.
    #[serde(default)]
    pub reason: Option<String>,
}

impl Case {
    /// The cases of a pack in a folder, by name; none if there is no `cases/`.
    ///
    /// # Errors
    /// Everything that is wrong with them: a file that cannot be read, a fact that is missing or
    /// wrong, a rule, twin or tuning that the pack does not have.
    pub fn load_all(folder: &Path, pack: &Pack) -> Result<Vec<Case>, Vec<Diagnostic>> {
        let root = folder.join("cases");
        if !root.is_dir() {
            return Ok(Vec::new());
        }
        let shown = root.display().to_string();
        let names = names(&root).map_err(|error| {
            vec![problem(codes::PACK_UNREADABLE, &shown, format!("cannot be read: {error}"))]
        })?;
        let mut cases = Vec::new();
        let mut problems = Vec::new();
        for name in names.iter().filter(|name| !name.starts_with('.')) {
            let folder = root.join(name);
            if folder.is_dir() {
                match Case::load(&folder, name) {
                    Ok(case) => cases.push(case),
                    Err(wrong) => problems.push(*wrong),
                }
            }
        }
        for case in &cases {
            case.check(pack, &cases, &mut problems);
        }
        if problems.is_empty() { Ok(cases) } else { Err(problems) }
    }

    fn load(folder: &Path, name: &str) -> Result<Case, Box<Diagnostic>> {
        let file = folder.join("case.toml");
        let path = file.display().to_string();
        let wrong = |message: String| Box::new(problem(codes::PACK_CASE, &path, message));
        let text =
            fs::read_to_string(&file).map_err(|error| wrong(format!("cannot be read: {error}")))?;
        let facts = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        Ok(Case { name: name.to_owned(), path, evidence: folder.join("evidence"), facts })
    }

    fn check(&self, pack: &Pack, cases: &[Case], problems: &mut Vec<Diagnostic>) {
        let facts = &self.facts;
        let mut wrong =
            |message: String| problems.push(problem(codes::PACK_CASE, &self.path, message));
        if !names(&self.evidence).is_ok_and(|names| !names.is_empty()) {
            wrong("it has no evidence: the folder `evidence` beside it is missing or empty".into());
        }
        let twin = facts.twin.as_ref();
        match twin.map(|twin| (twin, cases.iter().find(|case| case.name == *twin))) {
            Some((twin, Some(other))) if other.facts.kind == facts.kind => {
                wrong(format!("its twin `{twin}` is {}, as it is itself", facts.kind));
            }
            Some((twin, None)) => wrong(format!("its twin `{twin}` is no case of the pack")),
            _ => {}
        }
        for name in facts.tuning.iter().filter(|name| pack.tuning(name).is_none()) {
            wrong(format!("it applies the tuning `{name}`, which the pack does not have"));
        }
        if facts.kind == CaseKind::Positive && facts.expect.is_empty() {
            wrong(
                "it is positive and expects nothing: without an `expect` it proves nothing".into(),
            );
        }
        for expect in &facts.expect {
            let rule = &expect.rule;
            if !pack.rules.iter().any(|r| r.name == *rule) {
                wrong(format!(
                    "it expects a finding of rule `{rule}`, which the pack does not have"
                ));
            }
            if facts.kind == CaseKind::Benign && expect.reason.is_none() {
                wrong(format!(
                    "it is benign and expects a finding of rule `{rule}`: say the `reason`"
                ));
            }
            match &expect.file {
                Some(_) if expect.records.is_empty() => {
                    wrong(format!("an `expect` of rule `{rule}` has a `file` and no `records`"));
                }
                Some(file) if !self.has_file(file) => {
                    wrong(format!("there is no `{file}` in its evidence"));
                }
                None if !expect.records.is_empty() => {
                    wrong(format!("an `expect` of rule `{rule}` has `records` and no `file`"));
                }
                _ => {}
            }
        }
    }

    /// Is there such a file? Members of archives are looked for when the evidence is read.
    fn has_file(&self, file: &str) -> bool {
        let outer = file.split("!/").next().unwrap_or(file);
        self.evidence.join(outer).is_file()
    }
}
