//! Adversary tests: published descriptions of what an attacker does, which a pack should see.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use aql_diag::{Diagnostic, codes};
use serde::Deserialize;

use super::case::Case;
use crate::load::problem;

/// A published test.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdversaryTest {
    /// Kind and number or name, such as `page:1` or `atomic:3f1b5096-…`.
    pub id: String,
    /// What the attacker does.
    pub title: String,
    /// Who published it, and where.
    pub source: String,
    /// Why it leaves nothing that AQL over events could find, if so.
    #[serde(default)]
    pub not_covered: Option<String>,
}

/// `tests.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    test: Vec<AdversaryTest>,
}

/// What stands before the colon of an id.
pub(crate) fn kind(id: &str) -> &str {
    id.split_once(':').map_or("", |(kind, _)| kind)
}

/// The tests that a pack in a folder is held against; none if there is no `tests.toml`. The cases
/// name tests of that list; kinds of which the list has none are free.
pub(super) fn load(folder: &Path, cases: &[Case]) -> Result<Vec<AdversaryTest>, Vec<Diagnostic>> {
    let path = folder.join("tests.toml");
    if !path.exists() {
        return Ok(Vec::new());
    }
    let shown = path.display().to_string();
    let text = fs::read_to_string(&path).map_err(|error| {
        vec![problem(codes::PACK_UNREADABLE, &shown, format!("cannot be read: {error}"))]
    })?;
    let file: File = toml::from_str(&text)
        .map_err(|error| vec![problem(codes::PACK_CASE, &shown, error.to_string())])?;
    let mut problems = Vec::new();
    let mut ids = BTreeSet::new();
    for test in &file.test {
        let id = &test.id;
        if kind(id).is_empty() {
            let message = format!("the id `{id}` has no kind: write it as `kind:name`");
            problems.push(problem(codes::PACK_CASE, &shown, message));
        }
        if !ids.insert(id.as_str()) {
            problems.push(problem(codes::PACK_CASE, &shown, format!("test `{id}` stands twice")));
        }
    }
    let kinds: BTreeSet<&str> = ids.iter().map(|id| kind(id)).collect();
    for case in cases {
        for id in &case.facts.tests {
            if kinds.contains(kind(id)) && !ids.contains(id.as_str()) {
                let message = format!("it names test `{id}`, which `tests.toml` does not have");
                problems.push(problem(codes::PACK_CASE, &case.path, message));
            }
        }
    }
    if problems.is_empty() { Ok(file.test) } else { Err(problems) }
}
