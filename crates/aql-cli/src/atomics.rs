//! `aql atomics`: the tests of a checkout of Atomic Red Team beside the cases of a pack and the
//! tests that `aql emulate` knows.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use aql_emulate::{AtomicTechnique, AtomicTest, Library};
use aql_pack::{CaseKind, Proof};
use clap::{Args, ValueEnum};
use serde_json::json;

use crate::output::{Sink, list};
use crate::{Outcome, messages, test};

#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 all tests of the pack's techniques are covered, 1 some are not, \
                  2 could not run. A test is covered by a positive case that names its GUID, which \
                  `aql test` runs; nothing of the checkout is run."
)]
pub(crate) struct AtomicsArgs {
    /// A checkout of Atomic Red Team, or its folder `atomics`.
    #[arg(value_name = "PATH")]
    pub(crate) path: PathBuf,
    /// A pack: its folder, or its name below `packs`; by default this folder or all below `packs`.
    /// May be repeated.
    #[arg(long, value_name = "PACK")]
    pub(crate) pack: Vec<String>,
    /// Layout; a table on a terminal, JSONL otherwise.
    #[arg(long, value_name = "FORMAT", help_heading = "Output")]
    pub(crate) format: Option<AtomicsFormat>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AtomicsFormat {
    Table,
    Jsonl,
}

/// A test, and what has its GUID.
struct Line {
    technique: String,
    test: AtomicTest,
    /// `pack/case`.
    cases: Vec<String>,
    emulated: Vec<String>,
}

pub(crate) fn run(args: &AtomicsArgs) -> anyhow::Result<Outcome> {
    let mut wanted: BTreeSet<String> = BTreeSet::new();
    let mut cases: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for folder in test::folders(&args.pack)? {
        let proof = Proof::load(&folder).map_err(|problems| {
            messages::diagnostics(&problems, None, true);
            anyhow!("{}: the pack cannot be used", folder.display())
        })?;
        wanted.extend(proof.pack.facts.attack.iter().map(|attack| attack.id.clone()));
        for case in proof.cases.iter().filter(|case| case.facts.kind == CaseKind::Positive) {
            for guid in case.facts.tests.iter().filter_map(|test| test.strip_prefix("atomic:")) {
                let name = format!("{}/{}", proof.pack.facts.name, case.name);
                cases.entry(guid.to_ascii_lowercase()).or_default().push(name);
            }
        }
    }
    let library = Library::bundled()?;
    let mut emulated: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for test in library.tests() {
        if let Some(guid) = &test.atomic {
            emulated.entry(guid.to_ascii_lowercase()).or_default().push(test.name.clone());
        }
    }
    let mut lines = Vec::new();
    for technique in techniques(&args.path, &wanted)? {
        for test in technique.tests {
            let guid = test.guid.as_deref().unwrap_or_default().to_ascii_lowercase();
            lines.push(Line {
                technique: technique.id.clone(),
                cases: cases.get(&guid).cloned().unwrap_or_default(),
                emulated: emulated.get(&guid).cloned().unwrap_or_default(),
                test,
            });
        }
    }
    write(args, &lines)?;
    let covered = lines.iter().filter(|line| !line.cases.is_empty()).count();
    let of: Vec<&str> = wanted.iter().map(String::as_str).collect();
    messages::line(&format!("{covered} of {} tests of {} are covered", lines.len(), of.join(", ")));
    Ok(if covered == lines.len() { Outcome::Done } else { Outcome::Found })
}

/// The techniques of the checkout that are wanted, by id. A technique may have no file: Atomic Red
/// Team has none for those that it splits up.
fn techniques(path: &Path, wanted: &BTreeSet<String>) -> anyhow::Result<Vec<AtomicTechnique>> {
    let inner = path.join("atomics");
    let folder = if inner.is_dir() { inner } else { path.to_path_buf() };
    let entries =
        folder.read_dir().with_context(|| format!("{}: cannot be read", folder.display()))?;
    let mut any = false;
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.with_context(|| format!("{}: cannot be read", folder.display()))?;
        let id = entry.file_name().to_string_lossy().into_owned();
        let file = entry.path().join(format!("{id}.yaml"));
        if !id.starts_with('T') || !file.is_file() {
            continue;
        }
        any = true;
        if wanted.contains(&id) {
            let name = file.display().to_string();
            let text = std::fs::read_to_string(&file)
                .with_context(|| format!("{name}: cannot be read"))?;
            found.push(AtomicTechnique::read(&name, &text)?);
        }
    }
    if !any {
        bail!(
            "{}: this is no checkout of Atomic Red Team: there is no `atomics/T*/T*.yaml`",
            path.display()
        );
    }
    found.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(found)
}

fn write(args: &AtomicsArgs, lines: &[Line]) -> anyhow::Result<()> {
    let mut sink = Sink::open(None)?;
    let default = if sink.terminal { AtomicsFormat::Table } else { AtomicsFormat::Jsonl };
    match args.format.unwrap_or(default) {
        AtomicsFormat::Jsonl => {
            for line in lines {
                let object = json!({
                    "technique": line.technique,
                    "guid": line.test.guid,
                    "name": line.test.name,
                    "platforms": line.test.platforms,
                    "covered": !line.cases.is_empty(),
                    "cases": line.cases,
                    "emulated": line.emulated,
                });
                serde_json::to_writer(&mut sink.out, &object)?;
                sink.out.write_all(b"\n")?;
            }
        }
        AtomicsFormat::Table => {
            let or_none =
                |list: &[String]| if list.is_empty() { "–".to_owned() } else { list.join(", ") };
            let rows = lines.iter().map(|line| {
                vec![
                    line.technique.clone(),
                    line.test.name.clone(),
                    line.test.platforms.join(", "),
                    or_none(&line.cases),
                    or_none(&line.emulated),
                ]
            });
            let header = ["technique", "test", "runs on", "covered by", "emulated by"];
            writeln!(sink.out, "{}", list(&header, rows.collect(), sink.width))?;
        }
    }
    sink.finish()
}
