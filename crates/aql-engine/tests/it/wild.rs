//! Queries that others wrote, over logs of real machines: every valid one binds and runs.
//!
//! By default over a few files of each kind, which takes seconds. `AQL_WILD_LOGS=all` takes the
//! whole corpus of logs; a path takes what lies there.
#![expect(clippy::print_stderr, reason = "a skipped test says so")]

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aql_catalog::{Catalog, Profile};
use aql_diag::{Diagnostic, SourceText, render};
use aql_engine::{Engine, RunOptions, WindowMode, WindowPolicy};
use aql_eval::Context;
use aql_ingest::{Evidence, Options};
use aql_semantic::{BindOptions, bind_text};

use crate::clients::waits_for_function;

/// 2026-11-24 00:00 UTC: later than every log.
const NOW: i64 = 1_795_478_400_000;

/// A few small files of each kind.
const SOME: [&str; 11] = [
    "evtx/exchange/omerbenamram__MSExchange_Management_wec.evtx",
    "evtx/powershell/sbousseaden__Powershell_4104_MiniDumpWriteDump_Lsass.evtx",
    "evtx/security/mdecrevoisier__ID4688-4648_Lateral_movement_with_net_use.evtx",
    "evtx/security/mdecrevoisier__ID4625-failed_login_with_denied_access_due_to_account_restriction.evtx",
    "evtx/sysmon/sbousseaden__LM_sysmon_3_12_13_1_SharpRDP.evtx",
    "evtx/sysmon/sbousseaden__privesc_spoolsv_spl_file_write_sysmon11.evtx",
    "evtx/system/mdecrevoisier__ID7045-Random_service_installation.evtx",
    "o365/disable__strong_authentication.json",
    "o365/o365spray_default.json",
    "o365/panther_exchange_forwarding_tests.jsonl",
    "syslog",
];

/// Valid queries that do not run here: the file, and the code of the error that says why. One that
/// runs must not be listed. `docs/compatibility.md` gives the reasons.
const CANNOT: [(&str, &str); 2] = [
    // GLOBALVIEW: the accumulated data of a saved search.
    ("0075.aql", "AQL109"),
    // `MATCHES '{}'`: a regular expression that Java refuses too.
    ("0282.aql", "AQL117"),
];

fn corpus() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: the corpora are not here ({})", folder.display());
    None
}

/// The valid queries, by file name.
fn queries(corpus: &Path) -> Vec<(String, String)> {
    let folder = corpus.join("aql/wild");
    let index = fs::read_to_string(folder.join("index.tsv")).expect("index.tsv");
    let valid = index.lines().skip(1).filter_map(|line| {
        let cells: Vec<&str> = line.split('\t').collect();
        (cells[2] == "valid").then(|| cells[0].to_owned())
    });
    valid
        .map(|file| {
            let text = fs::read_to_string(folder.join(&file)).expect("a query");
            (file, text)
        })
        .collect()
}

/// The logs, and the least number of queries that must find something in them.
#[expect(clippy::disallowed_methods, reason = "a test may be told to read more")]
fn evidence(corpus: &Path) -> (Evidence, u32) {
    let logs = corpus.join("logs");
    let (paths, least) = match std::env::var("AQL_WILD_LOGS") {
        Ok(all) if all == "all" => (vec![logs], 50),
        Ok(path) => (vec![PathBuf::from(path)], 0),
        Err(_) => (SOME.iter().map(|path| logs.join(path)).collect(), 40),
    };
    let options = Options { threads: 2, ..Options::default() };
    let (evidence, problems) = Evidence::open(&paths, options);
    assert!(!problems.iter().any(Diagnostic::is_error), "{problems:?}");
    (evidence, least)
}

/// Binds and runs a query; the number of its rows.
fn run(text: &str, profile: Profile, evidence: &Evidence) -> Result<u64, Vec<Diagnostic>> {
    let options = BindOptions { profile, ..BindOptions::default() };
    let bound = bind_text(text, &options, Catalog::get());
    let Some(query) = bound.query else {
        return Err(bound.diagnostics.into_iter().filter(Diagnostic::is_error).collect());
    };
    let context = Arc::new(Context::new(Catalog::get(), NOW));
    let plan = Engine::prepare(&query, &context)?;
    // Windows are other tests' business: here every query sees every event.
    let options = RunOptions::new(WindowPolicy { now: NOW, mode: WindowMode::Ignore });
    let outcome = plan.run(evidence, &options, &mut |batch| {
        assert_eq!(batch.num_columns(), plan.columns().len());
        ControlFlow::Continue(())
    });
    if outcome.is_complete() { Ok(outcome.rows) } else { Err(outcome.diagnostics) }
}

#[test]
fn every_valid_query_runs() {
    let Some(corpus) = corpus() else { return };
    let queries = queries(&corpus);
    let (evidence, least) = evidence(&corpus);
    let mut complaints = Vec::new();
    for profile in [Profile::Ibm, Profile::Raw] {
        let mut waiting: BTreeMap<String, u32> = BTreeMap::new();
        let (mut ran, mut with_rows) = (0, 0);
        for (file, text) in &queries {
            let listed = CANNOT.iter().find(|(name, _)| name == file);
            match run(text, profile, &evidence) {
                Ok(rows) => {
                    ran += 1;
                    with_rows += u32::from(rows > 0);
                    if listed.is_some() {
                        complaints.push(format!("{file} runs: take it off the list"));
                    }
                }
                Err(errors) => {
                    let (waits, other): (Vec<_>, Vec<_>) =
                        errors.into_iter().partition(waits_for_function);
                    if other.is_empty() {
                        for error in waits {
                            *waiting.entry(error.message).or_default() += 1;
                        }
                    } else if !other.iter().all(|e| listed.is_some_and(|l| e.code.as_str() == l.1))
                    {
                        let source = SourceText::new(file.clone(), text.clone());
                        let shown = other.iter().map(|e| render::text(e, Some(&source), false));
                        complaints.extend(shown);
                    }
                }
            }
        }
        eprintln!(
            "{profile:?}: {ran} of {} queries ran, {with_rows} gave rows; {waiting:?}",
            queries.len()
        );
        assert!(with_rows >= least, "the logs match too little to show anything");
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
