//! Queries that others wrote: the valid ones bind leniently, the invalid ones get a diagnostic.

use std::fs;
use std::path::{Path, PathBuf};

use aql_catalog::Catalog;
use aql_semantic::{BindOptions, Mode, bind_text};

fn corpus() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/aql");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: the query corpus is not here ({})", folder.display());
    None
}

struct Entry {
    file: String,
    valid: bool,
    reason: String,
    text: String,
}

fn wild() -> Vec<Entry> {
    let Some(folder) = corpus() else { return Vec::new() };
    let index = fs::read_to_string(folder.join("wild/index.tsv")).expect("index");
    index
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            let file = cells[0].to_string();
            let text = fs::read_to_string(folder.join("wild").join(&file)).expect("a query");
            Entry { file, valid: cells[2] == "valid", reason: cells[3].to_string(), text }
        })
        .collect()
}

#[test]
fn every_invalid_query_gets_an_error_in_strict_mode() {
    let options = BindOptions { mode: Mode::Strict, ..BindOptions::default() };
    let mut silent = Vec::new();
    for entry in wild().iter().filter(|e| !e.valid) {
        if !bind_text(&entry.text, &options, Catalog::get()).has_errors() {
            silent.push(format!("{}: {}", entry.file, entry.reason));
        }
    }
    assert!(silent.is_empty(), "no error for:\n{}", silent.join("\n"));
}

/// Constructs that are valid AQL and have nothing to run on yet.
const NOT_YET: [&str; 1] = ["AQL109"];

#[test]
fn every_valid_query_binds_leniently() {
    let mut failed = Vec::new();
    for entry in wild().iter().filter(|e| e.valid) {
        let bound = bind_text(&entry.text, &BindOptions::default(), Catalog::get());
        for d in bound.diagnostics.iter().filter(|d| d.is_error()) {
            if !NOT_YET.contains(&d.code.as_str()) {
                failed.push(format!("{}: {} {}", entry.file, d.code, d.message));
            }
        }
    }
    assert!(failed.is_empty(), "errors for valid queries:\n{}", failed.join("\n"));
}

#[test]
fn the_fault_of_the_index_is_named() {
    // What the index calls a fault, and the codes that name it.
    let named = |reason: &str| -> Option<&'static [&'static str]> {
        Some(match reason {
            r if r.starts_with("clause-order") => &["AQL004", "AQL005"],
            r if r.starts_with("no-interval") => &["AQL013"],
            "count-distinct" => &["AQL007"],
            "no-join" => &["AQL008"],
            "no-select-distinct" => &["AQL006"],
            "in-without-parentheses" => &["AQL021", "AQL035"],
            "no-window-functions" => &["AQL012"],
            "no-exists" => &["AQL011"],
            "no-timespan" => &["AQL015"],
            "unterminated-quote" => &["AQL002", "AQL032"],
            "unquoted-ip-literal" => &["AQL019"],
            r if r.starts_with("unknown-function CAST") => &["AQL014", "AQL102"],
            r if r.starts_with("unknown-function EXTRACT") => &["AQL039"],
            r if r.starts_with("unknown-function") => &["AQL102"],
            r if r.starts_with("unknown-database") => &["AQL105", "AQL035"],
            r if r.starts_with("no such field") => &["AQL120", "AQL101"],
            r if r.starts_with("INCIDR") => &["AQL119"],
            r if r.starts_with("start-stop-format") => &["AQL023"],
            _ => return None,
        })
    };
    let options = BindOptions { mode: Mode::Strict, ..BindOptions::default() };
    let mut wrong = Vec::new();
    for entry in wild().iter().filter(|e| !e.valid) {
        let Some(codes) = named(&entry.reason) else { continue };
        let bound = bind_text(&entry.text, &options, Catalog::get());
        // A query can have several faults; the index gives the first that its checker met. Names
        // that a deployment must define do not count there.
        let errors: Vec<&str> =
            bound.diagnostics.iter().filter(|d| d.is_error()).map(|d| d.code.as_str()).collect();
        if !errors.iter().any(|code| codes.contains(code)) {
            wrong.push(format!("{}: {} gave {errors:?}", entry.file, entry.reason));
        }
    }
    assert!(wrong.is_empty(), "other faults named:\n{}", wrong.join("\n"));
}

#[test]
fn sigma_conversions_bind_leniently() {
    let Some(folder) = corpus() else { return };
    let text = fs::read_to_string(folder.join("sigma-qradar.jsonl")).expect("queries");
    let mut failed = Vec::new();
    for line in text.lines() {
        let rule: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let aql = rule["aql"].as_str().expect("a query");
        let bound = bind_text(aql, &BindOptions::default(), Catalog::get());
        if let Some(d) = bound.diagnostics.iter().find(|d| d.is_error()) {
            failed.push(format!("{}: {} {}", rule["title"], d.code, d.message));
        }
    }
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
}
