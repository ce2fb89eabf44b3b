//! The queries that QRadar's clients send, unchanged, over the bundled evidence: `tests/clients`.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aql_catalog::Catalog;
use aql_diag::Diagnostic;
use aql_engine::{Engine, RunOptions, WindowMode, WindowPolicy};
use aql_eval::functions::NOT_YET;
use aql_eval::{Context, SiteData};
use aql_event::Type;
use aql_ingest::{Evidence, Options};
use aql_semantic::{BindOptions, bind_text};

/// 2026-11-13 00:00 UTC, shortly after the newest event.
const NOW: i64 = 1_794_528_000_000;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients")
}

/// Is a function missing that is known to be missing?
pub(crate) fn waits_for_function(error: &Diagnostic) -> bool {
    let what = error.message.strip_suffix(" is not implemented yet");
    let what = what.map(|what| what.trim_start_matches("TIMES "));
    error.code.as_str() == "AQL109" && what.is_some_and(|what| NOT_YET.contains(&what))
}

struct Expected {
    file: String,
    rows: u64,
    columns: Vec<String>,
}

fn expected() -> Vec<Expected> {
    let table = fs::read_to_string(folder().join("expected.tsv")).expect("expected.tsv");
    let read = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        Expected {
            file: cells[0].to_owned(),
            rows: cells[1].parse().expect("a number"),
            columns: cells[2].split(',').map(str::to_owned).collect(),
        }
    };
    table.lines().skip(1).map(read).collect()
}

/// What came of a query.
struct Ran {
    columns: Vec<(String, Type)>,
    /// How many; nothing if the query waits for a function.
    rows: Option<u64>,
}

fn run(text: &str, evidence: &Evidence) -> Result<Ran, Vec<Diagnostic>> {
    let bound = bind_text(text, &BindOptions::default(), Catalog::get());
    let Some(query) = bound.query else {
        let errors = bound.diagnostics.into_iter().filter(Diagnostic::is_error);
        return waits_or_fails(Vec::new(), errors.collect());
    };
    let columns = query.output.iter().map(|o| (o.name.clone(), o.expr.ty)).collect();
    // The offense that IBM's connector asks for happened long before the evidence.
    let (site, problems) = SiteData::load(&folder().with_file_name("clients_context"));
    assert_eq!(problems, []);
    let mut context = Context::new(Catalog::get(), NOW);
    context.site = site;
    let context = Arc::new(context);
    let plan = match Engine::prepare(&query, &context) {
        Ok(plan) => plan,
        Err(errors) => return waits_or_fails(columns, errors),
    };
    let options = RunOptions::new(WindowPolicy { now: NOW, mode: WindowMode::Auto });
    let outcome = plan.run(evidence, &options, &mut |_| ControlFlow::Continue(()));
    if outcome.is_complete() {
        Ok(Ran { columns, rows: Some(outcome.rows) })
    } else {
        Err(outcome.diagnostics)
    }
}

fn waits_or_fails(
    columns: Vec<(String, Type)>,
    errors: Vec<Diagnostic>,
) -> Result<Ran, Vec<Diagnostic>> {
    if errors.iter().all(waits_for_function) {
        Ok(Ran { columns, rows: None })
    } else {
        Err(errors)
    }
}

fn evidence() -> Evidence {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/evidence");
    let (evidence, problems) = Evidence::open(&[path], Options::default());
    assert_eq!(problems, []);
    evidence
}

#[test]
fn rows_and_columns() {
    let evidence = evidence();
    let mut complaints = Vec::new();
    let mut waiting = 0;
    for Expected { file, rows, columns } in expected() {
        let text = fs::read_to_string(folder().join(&file)).expect("a query");
        let ran = match run(&text, &evidence) {
            Ok(ran) => ran,
            Err(errors) => {
                complaints.push(format!("{file}: {errors:?}"));
                continue;
            }
        };
        match ran.rows {
            Some(found) if found == rows => {}
            Some(found) => complaints.push(format!("{file}: {found} rows, not {rows}")),
            None => waiting += 1,
        }
        if ran.columns.is_empty() {
            continue;
        }
        for column in columns {
            if !ran.columns.iter().any(|(name, _)| *name == column) {
                complaints.push(format!("{file}: no column `{column}` in {:?}", ran.columns));
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    assert_eq!(waiting, 0, "queries wait for functions that are not there yet");
}

/// The select lists of stix-shifter without the functions that are not there yet, so that they are
/// tested whatever is missing.
#[test]
fn select_lists_of_stix_shifter() {
    let evidence = evidence();
    let read = |name: &str| {
        let text = fs::read_to_string(folder().join("stix-shifter").join(name)).expect("a query");
        text.replace("rulename(creeventlist)", "creeventlist")
            .replace("APPLICATIONNAME(applicationid)", "applicationid")
    };
    let mut tried = 0;
    for Expected { file, rows, .. } in expected() {
        let Some(name) = file.strip_prefix("stix-shifter/") else { continue };
        let text = read(name);
        if text.contains("INOFFENSE") {
            continue;
        }
        let Ran { columns, rows: found } = run(&text, &evidence).expect("it runs");
        assert_eq!(found, Some(rows), "{name}");
        let width = if text.contains("FROM flows") { 72 } else { 65 };
        assert_eq!(columns.len(), width, "{name}");
        tried += 1;
    }
    assert!(tried > 40, "{tried}");
    // Two columns of one name: the number, and its text. Clients take the last.
    let Ran { columns, .. } = run(&read("file_name_flows.aql"), &evidence).expect("it runs");
    let types: Vec<Type> =
        columns.iter().filter(|(name, _)| name == "flowtype").map(|(_, ty)| *ty).collect();
    assert_eq!(types, [Type::Integer, Type::Text]);
}

#[test]
fn every_query_is_expected() {
    let listed: Vec<String> = expected().into_iter().map(|e| e.file).collect();
    let mut found = Vec::new();
    for client in fs::read_dir(folder()).expect("tests/clients") {
        let client = client.expect("an entry").path();
        if !client.is_dir() {
            continue;
        }
        for file in fs::read_dir(&client).expect("a folder") {
            let file = file.expect("an entry").path();
            let file = file.strip_prefix(folder()).expect("inside");
            found.push(file.display().to_string());
        }
    }
    let missing: Vec<_> = found.iter().filter(|file| !listed.contains(file)).collect();
    assert_eq!(missing, Vec::<&String>::new(), "not in expected.tsv");
    assert_eq!(found.len(), listed.len(), "a query is listed but not there");
}
