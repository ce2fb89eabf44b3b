//! Records that are built like one before come out as those that are read alone.

use std::path::{Path, PathBuf};

use aql_event::{Needs, provenance};
use aql_ingest::Options;

use crate::util::{builtin, data, field, property, render, scan_bytes, shared, source};

/// Lines of a file that are read alone: each is a scan of its own.
const LINES: usize = 100;

fn needs() -> Needs {
    Needs::new([
        builtin("starttime"),
        builtin("devicetime"),
        builtin("username"),
        builtin("sourceip"),
        builtin("qideventid"),
        builtin("qid"),
        builtin("logsourceid"),
        builtin("payload"),
        builtin("isunparsed"),
        property("Event ID"),
        property("Image"),
        property("File Path"),
        property("Process CommandLine"),
        property("Operation"),
        field("CommandLine"),
        field("User"),
        field("TargetFilename"),
        field("SubjectUserName"),
        field("param1"),
        field("Data"),
        field("message"),
        field("host.name"),
        source(provenance::FORMAT),
        source(provenance::FIELDS),
    ])
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|e| e == "jsonl" || e == "ndjson" || e == "json") {
            found.push(path);
        }
    }
}

#[test]
fn a_record_does_not_depend_on_those_before_it() {
    let mut paths = Vec::new();
    files(&data(""), &mut paths);
    for folder in ["winlogbeat", "mordor", "o365", "defender"] {
        shared(&format!("corpus/logs/{folder}")).iter().for_each(|f| files(f, &mut paths));
    }
    paths.sort();
    let needs = needs();
    let mut compared = 0;
    for path in paths {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        // One object in each line.
        if !lines.iter().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()) {
            continue;
        }
        let lines = lines.get(..LINES).unwrap_or(&lines);
        let read = |text: &str| {
            let options = Options { threads: 1, ..Options::default() };
            render(&scan_bytes(text.as_bytes(), &needs, options).0)
        };
        let alone: String = lines.iter().map(|line| read(line)).collect();
        // The second time every one of them is built like one before.
        let twice = read(&format!("{0}\n{0}", lines.join("\n")));
        assert_eq!(twice, format!("{alone}{alone}"), "{}", path.display());
        compared += lines.len();
    }
    assert!(compared > 40, "nearly nothing was compared");
}
