//! `aql import`, and every other command over a store: the answers are those of the evidence.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{Run, aql, aql_with, root};

/// Queries whose answers do not depend on the order of events.
const QUERIES: &[&str] = &[
    "SELECT qid, QIDNAME(qid), COUNT(*) AS n FROM events GROUP BY qid ORDER BY n DESC, qid",
    "SELECT \"aql.file\", \"aql.record\", \"aql.format\", UTF8(payload) FROM events",
    "SELECT * FROM events WHERE devicetype = 12",
    "SELECT \"Process Path\", \"File Path\", username, sourceip FROM events WHERE \"Process Path\" ILIKE '%outlook%'",
    "SELECT LOGSOURCENAME(logsourceid), LOGSOURCETYPENAME(devicetype), COUNT(*) FROM events GROUP BY logsourceid, devicetype",
    "SELECT \"aql.record\", \"EventCode\", \"ComputerName\", \"Image\" FROM events WHERE \"EventCode\" IN ('1', '11')",
    "SELECT \"aql.record\", \"Parameters.ForwardTo\", \"Operation\" FROM events WHERE \"ForwardTo\" IS NOT NULL",
    "SELECT MIN(starttime), MAX(starttime), COUNT(*) FROM events",
    "SELECT \"aql.record\" FROM events WHERE UTF8(payload) ILIKE '%.pst%'",
    "SELECT \"aql.record\", starttime FROM events START '2026-01-01 00:00' STOP '2030-01-01 00:00'",
];

fn sorted(run: &Run) -> Vec<&str> {
    let mut lines: Vec<&str> = run.out.lines().collect();
    lines.sort_unstable();
    lines
}

fn import(paths: &[&str], store: &Path) -> Run {
    let mut args = vec!["import".to_owned(), "-o".to_owned(), store.display().to_string()];
    args.extend(paths.iter().map(|path| (*path).to_owned()));
    aql(&args)
}

/// Hunts and queries over evidence and over a store of it; returns how many findings there were.
fn compare(paths: &[&str], hunt: &[&str]) -> usize {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("store");
    let imported = import(paths, &store);
    assert_eq!(imported.code, 0, "{}", imported.err);
    let store = store.display().to_string();
    let raw = aql(&[&["hunt"], hunt, paths].concat());
    let stored = aql(&[&["hunt"], hunt, &[store.as_str()]].concat());
    assert_eq!(sorted(&stored), sorted(&raw), "{}", stored.err);
    assert_eq!(stored.code, raw.code);
    for query in QUERIES {
        let raw = aql(&[&["query", "--all-time", "--format", "jsonl", query], paths].concat());
        let stored = aql(&["query", "--all-time", "--format", "jsonl", query, &store]);
        assert_eq!(sorted(&stored), sorted(&raw), "{query}\n{}", stored.err);
        assert_eq!(stored.code, raw.code, "{query}");
    }
    sorted(&raw).len()
}

#[test]
fn a_store_of_the_examples_gives_the_same_answers() {
    let findings = compare(&["examples/evidence"], &[]);
    assert!(findings > 10, "only {findings} findings");
}

#[test]
fn a_store_of_the_corpus_gives_the_same_answers() {
    let logs = root().join("../shared/corpus/logs");
    if !logs.exists() {
        eprintln!("skipped: {} is not there", logs.display());
        return;
    }
    let folders = ["o365", "defender", "syslog", "winlogbeat"].map(|f| logs.join(f));
    let folders: Vec<String> = folders
        .iter()
        .filter(|folder| folder.exists())
        .map(|folder| folder.display().to_string())
        .collect();
    let findings = compare(&folders.iter().map(String::as_str).collect::<Vec<_>>(), &[]);
    assert!(findings > 5, "only {findings} findings");
}

#[test]
fn stores_and_files_in_one_call() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("store").display().to_string();
    let (first, second) = ("examples/evidence/test1-copy-stores", "examples/evidence/test3-ews");
    assert_eq!(import(&[first], Path::new(&store)).code, 0);
    let (raw, mixed) = (aql(&["hunt", first, second]), aql(&["hunt", second, &store]));
    assert!(!raw.out.is_empty());
    assert_eq!(sorted(&mixed), sorted(&raw), "{}", mixed.err);
    for threads in ["1", "7"] {
        let again = aql(&["hunt", "--threads", threads, second, &store]);
        assert_eq!(again.out, mixed.out, "the number of threads does not show");
    }
}

#[test]
fn inspecting_a_store_says_the_same_of_every_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("store");
    import(&["examples/evidence"], &store);
    let of = |path: &str| -> Value {
        let run = aql(&["inspect", "--fields", "--format", "json", path]);
        serde_json::from_str(&run.out).unwrap_or_else(|e| panic!("{e}: {}", run.err))
    };
    let (raw, stored) = (of("examples/evidence"), of(&store.display().to_string()));
    let files = |of: &Value| -> BTreeMap<String, Value> {
        let all = of["files"].as_array().expect("files").iter();
        all.map(|file| {
            let mut file = file.clone();
            let path = file["file"].as_str().expect("a path").to_owned();
            let members = file.as_object_mut().expect("an object");
            // Bytes are those on the disk, and examples the first ones in another order.
            members.remove("bytes");
            for stat in members["properties"].as_array_mut().into_iter().flatten() {
                stat.as_object_mut().expect("an object").remove("examples");
            }
            // Names that differ in case are one column of a store.
            let names = members["fields"].as_array().into_iter().flatten();
            let fields: BTreeSet<String> = names
                .map(|stat| stat["name"].as_str().expect("a name").to_ascii_lowercase())
                .collect();
            members["fields"] = serde_json::json!(fields);
            (path, file)
        })
        .collect()
    };
    let (raw_files, stored_files) = (files(&raw), files(&stored));
    assert_eq!(raw_files.len(), stored_files.len());
    for (path, file) in &raw_files {
        let stored = stored_files.get(path).unwrap_or_else(|| panic!("{path} is missing"));
        for (key, value) in file.as_object().expect("an object") {
            assert_eq!(&stored[key], value, "{key} of {path}");
        }
    }
    // A store knows more of a class than a reader does: it may rule out more, and never less.
    let observable = |of: &Value| -> BTreeSet<String> {
        let rules = of["rules"].as_array().expect("rules").iter();
        rules
            .filter(|rule| rule["observable"] == true)
            .map(|rule| rule["rule"].to_string())
            .collect()
    };
    let (raw, stored) = (observable(&raw), observable(&stored));
    assert!(stored.is_subset(&raw) && !stored.is_empty(), "{stored:?} of {raw:?}");
}

#[test]
fn importing_says_what_it_did() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("store");
    let evidence = "examples/evidence/benign";
    let first = import(&[evidence], &store);
    assert_eq!((first.code, first.out.as_str()), (0, ""), "{}", first.err);
    assert!(first.err.contains(" added in "), "{}", first.err);
    let again = import(&[evidence], &store);
    assert_eq!(again.code, 0, "{}", again.err);
    assert!(again.err.contains("note[STO006]"), "{}", again.err);
    assert!(again.err.contains("0 events of 0 files added"), "{}", again.err);
    let quiet = aql(&["import", "-q", evidence, "-o", &store.display().to_string()]);
    assert_eq!((quiet.code, quiet.err.as_str()), (0, ""));
}

#[test]
fn standard_input_is_imported_and_known_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("store").display().to_string();
    let path = root().join("crates/aql-ingest/tests/data/nxlog.jsonl");
    let stdin = || std::fs::File::open(&path).expect("a file");
    let first = aql_with(&["import", "-", "-o", &store], stdin());
    assert_eq!(first.code, 0, "{}", first.err);
    assert!(first.err.contains("4 events of 1 file added"), "{}", first.err);
    let query = "SELECT \"aql.file\", \"aql.record\", \"aql.format\", UTF8(payload) FROM events";
    let args = ["query", "--all-time", "--format", "jsonl", query];
    let stored = aql(&[&args[..], &[&store]].concat());
    let raw = aql_with(&[&args[..], &["-"]].concat(), stdin());
    assert_eq!(sorted(&stored), sorted(&raw), "{}", stored.err);
    assert_eq!(stored.out.matches("<stdin>").count(), 4, "{}", stored.out);
    // The same content is known, whichever way it comes.
    let again = aql_with(&["import", "-", "-o", &store], stdin());
    assert!(again.err.contains("note[STO006]"), "{}", again.err);
    assert!(again.err.contains("0 events of 0 files added"), "{}", again.err);
    let file = import(&[&path.display().to_string()], Path::new(&store));
    assert!(file.err.contains("as `<stdin>`"), "{}", file.err);
    // Other content is added without a word about its name.
    let other = std::fs::File::open(root().join("crates/aql-ingest/tests/data/o365.jsonl"));
    let other = aql_with(&["import", "-", "-o", &store], other.expect("a file"));
    assert_eq!(other.code, 0, "{}", other.err);
    assert!(!other.err.contains("STO006"), "{}", other.err);
    assert!(other.err.contains("3 events of 1 file added"), "{}", other.err);
    let left = std::fs::read_dir(&store).expect("a folder").flatten();
    let left: Vec<_> = left.filter(|e| e.path().extension().is_some_and(|e| e == "tmp")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn what_cannot_be_imported_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("store").display().to_string();
    let missing = aql(&["import", "no/such/file", "-o", &store]);
    assert_eq!(missing.code, 2);
    assert!(missing.err.contains("ING001"), "{}", missing.err);
    let file = folder.path().join("file");
    std::fs::write(&file, "x").expect("written");
    let onto = aql(&["import", "examples/evidence", "-o", &file.display().to_string()]);
    assert_eq!(onto.code, 2);
    assert!(onto.err.contains("STO007"), "{}", onto.err);
    import(&["examples/evidence/benign"], Path::new(&store));
    let other = folder.path().join("other").display().to_string();
    let of_store = aql(&["import", &store, "-o", &other]);
    assert_eq!(of_store.code, 2);
    assert!(of_store.err.contains("is a store"), "{}", of_store.err);
}

#[test]
fn a_damaged_store_is_no_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("store");
    import(&["examples/evidence/benign"], &store);
    std::fs::remove_file(store.join("manifest.json")).expect("removed");
    let run = aql(&["hunt", &store.display().to_string()]);
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(run.err.contains("STO001"), "{}", run.err);
}

/// Other programs read the files: the script compares what DuckDB sees with what `aql` says.
#[test]
fn duckdb_reads_a_store() {
    let python = std::env::var_os("AQL_TEST_PYTHON").unwrap_or_else(|| "python3".into());
    let has = Command::new(&python)
        .args(["-c", "import duckdb"])
        .stdin(Stdio::null())
        .output()
        .is_ok_and(|output| output.status.success());
    if !has {
        eprintln!("skipped: {} has no module duckdb (pip install duckdb)", python.display());
        return;
    }
    let script: PathBuf = root().join("verify/store_with_duckdb.py");
    let output = Command::new(&python)
        .arg(script)
        .args(["--aql", env!("CARGO_BIN_EXE_aql"), "examples/evidence"])
        .current_dir(root())
        .output()
        .expect("python starts");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stdout));
}
