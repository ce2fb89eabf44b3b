//! Evidence from standard input and by pattern, and the bounds of reading it.

use std::fs::File;

use crate::support::{aql, aql_with, root};

const LOG: &str = "examples/evidence/test1-copy-stores/WS-FIN-07-sysmon.evtx";

#[test]
fn standard_input_is_evidence() {
    let log = || File::open(root().join(LOG)).expect("evidence");
    let query = "SELECT COUNT(*) AS n, \"aql.file\" AS f FROM events GROUP BY \"aql.file\"";
    let run = aql_with(&["query", "--all-time", query, "-"], log());
    assert_eq!(run.code, 0, "{}", run.err);
    let rows = run.json_lines();
    assert_eq!(rows[0]["f"], "<stdin>");
    let file = aql(&["query", "--all-time", query, LOG]).json_lines();
    assert_eq!(rows[0]["n"], file[0]["n"]);
    let hunt = aql_with(&["hunt", "-"], log());
    assert_eq!(hunt.code, 1, "{}", hunt.err);
    // Groups and correlations have no file of their own.
    let files: Vec<_> = hunt.json_lines().iter().map(|finding| finding["file"].clone()).collect();
    assert!(files.iter().any(|file| file == "<stdin>"));
    assert!(files.iter().all(|file| file == "<stdin>" || file.is_null()), "{files:?}");
}

#[test]
fn query_and_evidence_cannot_both_be_standard_input() {
    let run = aql(&["query", "--file", "-", "-"]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.contains("standard input cannot be both"), "{}", run.err);
}

#[test]
fn evidence_that_is_needed_twice_cannot_be_standard_input() {
    // The window holds nothing, so all of the evidence would have to be read again.
    let log = File::open(root().join(LOG)).expect("evidence");
    let run = aql_with(&["query", "SELECT * FROM events LAST 5 MINUTES", "-"], log);
    assert!(run.err.contains("only once"), "{}", run.err);
    assert_eq!(run.code, 2);
}

#[test]
fn patterns_are_expanded() {
    let run = aql(&["hunt", "examples/**/WS-FIN-07-sys*.evtx"]);
    assert_eq!(run.code, 1, "{}", run.err);
    let run = aql(&["hunt", "examples/**/*.nothing"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("error[ING001]"), "{}", run.err);
    assert!(run.err.contains("no file matches"), "{}", run.err);
}

#[test]
fn bounds_can_be_set() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("long.jsonl");
    std::fs::write(&path, format!("{{\"a\":\"{}\"}}\n{{}}\n", "x".repeat(5000))).expect("write");
    let path = path.to_str().expect("UTF-8");
    let query = "SELECT COUNT(*) AS n FROM events";
    let count = |more: &[&str]| {
        let mut args = vec!["query", "--all-time"];
        args.extend(more);
        args.extend([query, path]);
        let run = aql(&args);
        (run.json_lines().first().and_then(|row| row["n"].as_f64()), run.err)
    };
    let (n, err) = count(&["--max-record", "4K"]);
    assert_eq!(n, Some(1.0), "{err}");
    assert!(err.contains("ING007"), "{err}");
    assert_eq!(count(&["--max-record", "8K"]).0, Some(2.0));
    assert_eq!(count(&["--max-file-seconds", "600"]).0, Some(2.0));
    let (n, err) = count(&["--max-file-seconds", "0.000000001"]);
    assert_eq!(n, Some(0.0), "{err}");
    assert!(err.contains("ING015"), "{err}");
    assert_eq!(aql(&["hunt", "--max-record", "0", path]).code, 2);
}

#[test]
fn like_events_are_coalesced() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("burst.log");
    let line =
        "LEEF:1.0|Vendor|Product|1|event|devTime=Mar 01 2026 10:00:00\tsrc=10.0.0.1\tusrName=ann\n";
    std::fs::write(&file, line.repeat(9)).expect("a file");
    let file = file.display().to_string();
    let query = "SELECT COUNT(*) AS records, SUM(eventcount) AS n FROM events";
    let plain = aql(&["query", "--all-time", query, &file]);
    assert_eq!(plain.out, "{\"records\":9.0,\"n\":9.0}\n", "{}", plain.err);
    let run = aql(&["query", "--all-time", "--coalesce", query, &file]);
    assert_eq!(run.out, "{\"records\":4.0,\"n\":9.0}\n", "{}", run.err);
    assert!(run.err.contains("coalescing merged 5 further events into 1 record"), "{}", run.err);
    let run = aql_with(&["query", "--coalesce", query, "-"], File::open(&file).expect("a file"));
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.contains("--coalesce reads evidence twice"), "{}", run.err);
}
