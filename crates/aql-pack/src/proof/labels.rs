//! Labels: which records of a body of evidence are attacks.
//!
//! Not in here: what a hunt finds of them ([`Baseline`](super::Baseline)).

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use aql_diag::{Diagnostic, codes};
use serde::Deserialize;

use crate::load::{names, problem};

/// A file of `labels/`.
#[derive(Clone, Debug)]
pub struct Labels {
    /// Name: that of the file without its ending.
    pub name: String,
    /// What the file says.
    pub facts: LabelFacts,
}

/// What a labels file says. Records that it does not name are benign.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelFacts {
    /// Title for people.
    pub title: String,
    /// Where the evidence comes from, and what it is good for.
    pub description: String,
    /// Files that are about the evidence and none of it: they do not count.
    #[serde(default)]
    pub not_evidence: Vec<String>,
    /// The records that are attacks.
    #[serde(default)]
    pub positive: Vec<Positive>,
}

/// Records that are attacks.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Positive {
    /// The file: its path below the folder of the evidence; members as `archive.zip!/member`.
    pub file: String,
    /// Positions of the records in that file, as findings have them.
    pub records: Vec<i64>,
    /// What they are.
    pub why: String,
    /// Why no rule can find them, if so.
    #[serde(default)]
    pub blind_spot: Option<String>,
}

impl Labels {
    /// Reads a labels file.
    ///
    /// # Errors
    /// The file and what is wrong with it.
    pub fn load(path: &Path) -> Result<Labels, Vec<Diagnostic>> {
        let shown = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|error| {
            vec![problem(codes::PACK_LABELS, &shown, format!("cannot be read: {error}"))]
        })?;
        let facts: LabelFacts = toml::from_str(&text)
            .map_err(|error| vec![problem(codes::PACK_LABELS, &shown, error.to_string())])?;
        let mut problems = Vec::new();
        let mut seen = BTreeSet::new();
        for positive in &facts.positive {
            let file = &positive.file;
            if positive.records.is_empty() {
                let message = format!("`{file}` is named without `records`");
                problems.push(problem(codes::PACK_LABELS, &shown, message));
            }
            for record in positive.records.iter().filter(|r| !seen.insert((file, **r))) {
                let message = format!("record {record} of `{file}` stands twice");
                problems.push(problem(codes::PACK_LABELS, &shown, message));
            }
        }
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if problems.is_empty() { Ok(Labels { name, facts }) } else { Err(problems) }
    }

    /// The labels files of a pack in a folder, by name; none if there is no `labels/`.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn files(folder: &Path) -> Result<Vec<PathBuf>, Vec<Diagnostic>> {
        let root = folder.join("labels");
        if !root.is_dir() {
            return Ok(Vec::new());
        }
        let shown = root.display().to_string();
        let names = names(&root).map_err(|error| {
            vec![problem(codes::PACK_UNREADABLE, &shown, format!("cannot be read: {error}"))]
        })?;
        Ok(names.iter().filter(|n| n.ends_with(".toml")).map(|n| root.join(n)).collect())
    }
}

/// A file of evidence as its path below the folder that was read.
pub(super) fn inner_path(root: &Path, file: &str) -> String {
    let root = root.display().to_string();
    let inner = file.strip_prefix(&root).map(|rest| rest.trim_start_matches(['/', '\\']));
    inner.unwrap_or(file).replace('\\', "/")
}
