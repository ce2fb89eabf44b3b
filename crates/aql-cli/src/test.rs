//! `aql test`: the cases of packs.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, anyhow, bail};
use aql_pack::{Beside, Block, Case, CaseResult, Coverage, Pack, Proof, ProofOptions, Results};
use serde_json::json;

use crate::args::{TestArgs, TestFormat};
use crate::output::{Sink, one_line};
use crate::{Outcome, baseline, junit, messages, query, tuning};

pub(crate) fn run(args: &TestArgs) -> anyhow::Result<Outcome> {
    if !args.baseline.is_empty() {
        return baseline::run(args);
    }
    let mut passed = true;
    let mut suites = Vec::new();
    let mut sink = Sink::open(args.output.as_deref())?;
    let scratch = tempfile::tempdir().context("there is no folder for stores of the cases")?;
    for folder in folders(&args.packs)? {
        let started = Instant::now();
        let proof = Proof::load(&folder).map_err(|problems| {
            messages::diagnostics(&problems, None, true);
            anyhow!("{}: the pack cannot be tested", folder.display())
        })?;
        if proof.cases.is_empty() {
            bail!("{}: the pack has no cases, so nothing can be proved", folder.display());
        }
        let cases = chosen(&proof, &args.case)?;
        let options = ProofOptions {
            tunings: tuning::load(&args.tuning, std::slice::from_ref(&proof.pack))?,
            now: query::wall_clock(),
            scratch: Some(scratch.path().to_owned()),
        };
        let mut written = Ok(());
        let results = proof.run(&cases, &options, &mut |case, result| {
            if written.is_ok() && !args.coverage && args.beside.is_none() {
                written = write_case(&mut sink, args, &proof.pack, case, result);
            }
        });
        written?;
        let results = results.map_err(|problems| {
            messages::diagnostics(&problems, None, true);
            anyhow!("{}: the cases cannot be run", folder.display())
        })?;
        let failed = results.iter().filter(|result| !result.passes()).count();
        passed &= failed == 0;
        if args.coverage {
            coverage(&mut sink, args, &folder, &Coverage::new(&proof, &cases, &results))?;
        } else if let Some(rule) = &args.beside {
            beside(&mut sink, args, &folder, rule, (&proof, &cases, &results))?;
        } else if args.format == TestFormat::Text {
            summary(&mut sink, &proof.pack, &cases, &results)?;
        }
        suites.push(junit::suite(&proof.pack, &cases, &results, started.elapsed()));
    }
    sink.finish()?;
    if let Some(path) = &args.junit {
        std::fs::write(path, junit::document(&suites)?)
            .with_context(|| format!("{}: cannot be written", path.display()))?;
    }
    Ok(if passed { Outcome::Done } else { Outcome::Found })
}

/// The folders of the packs: those that are named; otherwise this folder if it is one, or all in
/// `packs`. Cases are evidence, which is not in the binary.
pub(crate) fn folders(names: &[String]) -> anyhow::Result<Vec<PathBuf>> {
    let is_pack = |path: &Path| path.join("pack.toml").is_file();
    let packs = Path::new("packs");
    if names.is_empty() {
        if is_pack(Path::new(".")) {
            return Ok(vec![PathBuf::from(".")]);
        }
        let mut found: Vec<PathBuf> = packs
            .read_dir()
            .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
            .unwrap_or_default();
        found.retain(|path| is_pack(path));
        found.sort();
        if found.is_empty() {
            bail!("there is no pack here: name the folder of one, or a folder with `packs` in it");
        }
        return Ok(found);
    }
    names
        .iter()
        .map(|name| {
            let path = PathBuf::from(name);
            let here = packs.join(name);
            if path.is_dir() {
                Ok(path)
            } else if is_pack(&here) {
                Ok(here)
            } else if Pack::bundled(name).is_some() {
                Err(anyhow!(
                    "pack `{name}` is in the binary, but the evidence of its cases is not: \
                     run this in a checkout of the project, or name the folder of the pack"
                ))
            } else {
                Err(anyhow!("there is no folder `{name}`"))
            }
        })
        .collect()
}

/// The cases of these names; all if there is none.
fn chosen<'a>(proof: &'a Proof, names: &[String]) -> anyhow::Result<Vec<&'a Case>> {
    for name in names {
        if !proof.cases.iter().any(|case| case.name == *name) {
            bail!("there is no case `{name}` in pack `{}`", proof.pack.facts.name);
        }
    }
    let is_chosen = |case: &&Case| names.is_empty() || names.contains(&case.name);
    Ok(proof.cases.iter().filter(is_chosen).collect())
}

fn write_case(
    sink: &mut Sink,
    args: &TestArgs,
    pack: &Pack,
    case: &Case,
    result: &CaseResult,
) -> anyhow::Result<()> {
    match args.format {
        TestFormat::Text => {
            if result.passes() {
                if !args.quiet {
                    let findings = result.ways.first().map_or(0, |way| way.findings);
                    let plural = if findings == 1 { "" } else { "s" };
                    writeln!(sink.out, "ok    {}  ({findings} finding{plural})", case.name)?;
                    sink.out.flush()?;
                }
                return Ok(());
            }
            writeln!(sink.out, "FAIL  {}: {}", case.name, one_line(&case.facts.title))?;
            let first = result.ways.first().map(|way| &way.differences);
            let alike = result.ways.iter().all(|way| Some(&way.differences) == first);
            for way in result.ways.iter().take(if alike { 1 } else { usize::MAX }) {
                if alike {
                    writeln!(sink.out, "      in every way:")?;
                } else if way.differences.is_empty() {
                    writeln!(sink.out, "      {}: as expected", way.way)?;
                } else {
                    writeln!(sink.out, "      {}:", way.way)?;
                }
                for difference in &way.differences {
                    writeln!(sink.out, "        {}", one_line_kept(&difference.to_string()))?;
                }
            }
        }
        TestFormat::Jsonl => {
            for way in &result.ways {
                let differences: Vec<_> = way.differences.iter().map(|d| d.json()).collect();
                let line = json!({
                    "pack": pack.facts.name,
                    "case": case.name,
                    "title": case.facts.title,
                    "kind": case.facts.kind,
                    "tests": case.facts.tests,
                    "way": way.way.to_string(),
                    "passed": way.differences.is_empty(),
                    "findings": way.findings,
                    "records": way.records,
                    "found_by": way.met,
                    "differences": differences,
                });
                serde_json::to_writer(&mut sink.out, &line)?;
                sink.out.write_all(b"\n")?;
            }
        }
    }
    Ok(())
}

/// The tables, to standard output or into the README of the pack.
fn coverage(
    sink: &mut Sink,
    args: &TestArgs,
    folder: &Path,
    coverage: &Coverage,
) -> anyhow::Result<()> {
    let open: Vec<&str> = coverage.uncovered().map(|c| c.test.id.as_str()).collect();
    if !open.is_empty() {
        messages::line(&format!("not covered, or without a silent twin: {}", open.join(", ")));
    }
    tables(sink, args, folder, Block::COVERAGE, &coverage.markdown())
}

/// A published query beside the other rules.
fn beside(
    sink: &mut Sink,
    args: &TestArgs,
    folder: &Path,
    rule: &str,
    (proof, cases, results): (&Proof, &[&Case], &[CaseResult]),
) -> anyhow::Result<()> {
    let Some(rule) = proof.pack.rules.iter().find(|other| other.name == rule) else {
        bail!("there is no rule `{rule}` in pack `{}`", proof.pack.facts.name);
    };
    let recorded = Results::load_all(folder).map_err(|problems| {
        messages::diagnostics(&problems, None, true);
        anyhow!("{}: its results cannot be used", folder.display())
    })?;
    for old in recorded.iter().filter(|results| results.is_old(&proof.pack)) {
        let name = &old.evidence.name;
        messages::line(&format!(
            "warning: the results of `{name}` are of other rules than the pack has now; measure \
             again with `aql test --baseline DIR --labels {name} --write`"
        ));
    }
    let beside = Beside::new(proof, rule, cases, results, &recorded);
    tables(sink, args, folder, Block::BESIDE, &beside.markdown())
}

/// Tables, to standard output or into the README of the pack.
fn tables(
    sink: &mut Sink,
    args: &TestArgs,
    folder: &Path,
    block: Block,
    text: &str,
) -> anyhow::Result<()> {
    if !args.write {
        sink.out.write_all(text.as_bytes())?;
        return Ok(());
    }
    let path = folder.join("README.md");
    let cannot = || format!("{}: cannot be read or written", path.display());
    let document = std::fs::read_to_string(&path).with_context(cannot)?;
    let document = block.put(&document, text).ok_or_else(|| {
        anyhow!("{}: there are no marks for the tables; docs/packs.md shows them", path.display())
    })?;
    std::fs::write(&path, document).with_context(cannot)
}

/// Without what drives a terminal, and without touching the columns.
fn one_line_kept(text: &str) -> String {
    crate::output::printable(text).replace('\n', " ")
}

fn summary(
    sink: &mut Sink,
    pack: &Pack,
    cases: &[&Case],
    results: &[CaseResult],
) -> anyhow::Result<()> {
    let failed = results.iter().filter(|result| !result.passes()).count();
    let records: u64 = results.iter().filter_map(|r| r.ways.first()).map(|way| way.records).sum();
    let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    writeln!(
        sink.out,
        "{}: {}, {} passed, {failed} failed; {} each, {}",
        pack.facts.name,
        count(cases.len(), "case"),
        results.len() - failed,
        count(results.first().map_or(0, |r| r.ways.len()), "way"),
        count(usize::try_from(records).unwrap_or(usize::MAX), "record"),
    )?;
    Ok(())
}
