//! Results: what a measurement showed, written down with what it was made with.
//!
//! Read [`Results`] first. They stand in `results/` of a pack, one file for each labels file, and are
//! written by a run alone.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use aql_diag::{Diagnostic, codes};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::baseline::Baseline;
use super::labels::{Labels, inner_path};
use crate::load::{Pack, names, problem};

/// The only format of results that exists so far.
const FORMAT: u32 = 1;

/// What a hunt found in labelled evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Results {
    /// Format of the file; 1.
    pub format: u32,
    /// What ran, with its version.
    pub engine: String,
    /// Name of the pack.
    pub pack: String,
    /// Its version.
    pub pack_version: String,
    /// SHA-256 of names, queries, correlations, parameters and limits of its rules.
    pub rules_sha256: String,
    /// The evidence.
    pub evidence: MeasuredEvidence,
    /// What became of the records that are attacks.
    pub positives: Positives,
    /// Benign records that a rule of the pack's own reports.
    pub benign_reported: u64,
    /// Every rule that ran.
    pub rules: Vec<RuleResults>,
}

/// The evidence of a measurement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasuredEvidence {
    /// Name of its labels.
    pub name: String,
    /// Title of its labels.
    pub title: String,
    /// Files in it.
    pub files: u64,
    /// Records in them.
    pub records: u64,
    /// Records that are no attack; rates refer to them.
    pub benign: u64,
    /// SHA-256 of what `sha256sum` prints of the files, in the order of their paths.
    pub sha256: String,
}

/// Records that are attacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Positives {
    /// How many there are.
    pub records: u64,
    /// Found by a rule of the pack's own.
    pub found: u64,
    /// Not found, for a reason that the labels give.
    pub blind_spots: u64,
    /// The others, as `file record`.
    pub missed: Vec<String>,
}

/// What a rule found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleResults {
    /// Name of the rule.
    pub rule: String,
    /// Attack records that it finds.
    pub positives: u64,
    /// Findings on benign records.
    pub findings: u64,
    /// Of these, per million benign records, to one decimal.
    pub per_million: f64,
    /// What the rule's facts allow.
    pub max_per_million: Option<f64>,
}

impl Results {
    /// What was measured in evidence that was opened from `root`.
    ///
    /// # Errors
    /// A file of the evidence that cannot be read a second time, for its digest.
    pub fn new(
        pack: &Pack,
        labels: &Labels,
        baseline: &Baseline,
        root: &Path,
    ) -> Result<Results, Vec<Diagnostic>> {
        let found = baseline.positives.iter().filter(|p| p.is_found).count();
        let missed = baseline.missed().map(|p| format!("{} {}", p.file, p.record));
        let missed: Vec<String> = missed.collect();
        let positives = baseline.positives.len();
        Ok(Results {
            format: FORMAT,
            engine: concat!("aquiline ", env!("CARGO_PKG_VERSION")).to_owned(),
            pack: pack.facts.name.clone(),
            pack_version: pack.facts.version.clone(),
            rules_sha256: rules_digest(pack),
            evidence: MeasuredEvidence {
                name: labels.name.clone(),
                title: labels.facts.title.clone(),
                files: baseline.files.len() as u64,
                records: baseline.records,
                benign: baseline.benign,
                sha256: files_digest(&baseline.files, root)?,
            },
            positives: Positives {
                records: positives as u64,
                found: found as u64,
                blind_spots: (positives - found - missed.len()) as u64,
                missed,
            },
            benign_reported: baseline.reported,
            rules: baseline
                .rules
                .iter()
                .map(|rule| RuleResults {
                    rule: rule.name.clone(),
                    positives: rule.positives,
                    findings: rule.findings,
                    per_million: (rule.per_million * 10.0).round() / 10.0,
                    max_per_million: rule.limit,
                })
                .collect(),
        })
    }

    /// As the text of a file of `results/`.
    pub fn json(&self) -> String {
        // Numbers and texts alone: that cannot fail.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// The results of a pack in a folder, by name; none if there is no `results/`.
    ///
    /// # Errors
    /// A file that cannot be read, or is none of results.
    pub fn load_all(folder: &Path) -> Result<Vec<Results>, Vec<Diagnostic>> {
        let root = folder.join("results");
        if !root.is_dir() {
            return Ok(Vec::new());
        }
        let wrong = |path: &Path, message: String| {
            vec![problem(codes::PACK_UNREADABLE, &path.display().to_string(), message)]
        };
        let names =
            names(&root).map_err(|error| wrong(&root, format!("cannot be read: {error}")))?;
        let mut all = Vec::new();
        for name in names.iter().filter(|name| name.ends_with(".json")) {
            let path = root.join(name);
            let text = fs::read_to_string(&path)
                .map_err(|error| wrong(&path, format!("cannot be read: {error}")))?;
            let results = serde_json::from_str(&text)
                .map_err(|error| wrong(&path, format!("is no file of results: {error}")))?;
            all.push(results);
        }
        Ok(all)
    }

    /// Are they of other rules than the pack has now?
    pub fn is_old(&self, pack: &Pack) -> bool {
        self.rules_sha256 != rules_digest(pack)
    }
}

/// Of what decides about findings. Words for people do not count.
fn rules_digest(pack: &Pack) -> String {
    let mut digest = Sha256::new();
    for rule in &pack.rules {
        let facts = &rule.facts;
        let rest = (&facts.correlation, &facts.parameters, facts.max_per_million);
        digest.update(format!("{:?}\n", (&rule.name, &rule.query, rest)));
    }
    hex(&digest.finalize())
}

/// Of the lines that `sha256sum` prints of the files, with their paths below `root`.
fn files_digest(files: &BTreeSet<String>, root: &Path) -> Result<String, Vec<Diagnostic>> {
    let mut lines = Vec::new();
    for file in files {
        let digest = file_digest(Path::new(file)).map_err(|error| {
            vec![problem(codes::PACK_UNREADABLE, file, format!("cannot be read: {error}"))]
        })?;
        lines.push((inner_path(root, file), digest));
    }
    lines.sort();
    let mut all = Sha256::new();
    for (path, digest) in lines {
        all.update(format!("{digest}  {path}\n"));
    }
    Ok(hex(&all.finalize()))
}

fn file_digest(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(&digest.finalize())),
            n => digest.update(buffer.get(..n).unwrap_or_default()),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
