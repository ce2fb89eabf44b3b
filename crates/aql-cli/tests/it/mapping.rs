//! `--mapping`: files of a user's own.

use std::fs;
use std::path::Path;

use crate::support::aql;

/// The fenced block of this language in the section of the document.
fn block<'d>(section: &'d str, language: &str) -> &'d str {
    let (_, rest) = section.split_once(&format!("```{language}\n")).expect(language);
    rest.split_once("```").expect("an end").0
}

fn section() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/formats.md");
    let text = fs::read_to_string(path).expect("docs/formats.md");
    let (_, rest) = text.split_once("# Files of your own\n").expect("a section");
    rest.split_once("\n# ").expect("another section").0.to_owned()
}

/// The files of the example, written to a folder.
struct Example {
    folder: tempfile::TempDir,
    mapping: String,
    query: String,
    evidence: String,
}

fn example() -> Example {
    let section = section();
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, language: &str| {
        let path = folder.path().join(name);
        fs::write(&path, block(&section, language)).expect("a file");
        path.display().to_string()
    };
    Example {
        mapping: write("tills.toml", "toml"),
        query: write("tills.aql", "sql"),
        evidence: write("tills-2024-05-14.csv", "csv"),
        folder,
    }
}

#[test]
fn the_example_of_the_document_runs() {
    let Example { folder: _folder, mapping, query, evidence } = example();
    let section = section();
    let (command, expected) = block(&section, "console").split_once('\n').expect("a command");
    let args: Vec<&str> = command
        .split_whitespace()
        .skip(2)
        .map(|word| match word {
            "tills.toml" => mapping.as_str(),
            "tills.aql" => query.as_str(),
            "tills-2024-05-14.csv" => evidence.as_str(),
            other => other,
        })
        .collect();
    let run = aql(&args);
    assert_eq!(run.out, expected, "{}", run.err);
}

#[test]
fn inspect_and_hunt_read_with_it_too() {
    let Example { folder: _folder, mapping, evidence, .. } = example();
    let run = aql(&["inspect", "--mapping", &mapping, &evidence]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(
        run.out.contains("tills, by what its mapping file says") && run.out.contains("Filename"),
        "{}",
        run.out
    );
    let run = aql(&["hunt", "--mapping", &mapping, &evidence]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(!run.err.contains("MAP003"), "{}", run.err);
    assert!(!run.err.contains("ING012"), "no record is unparsed: {}", run.err);
}

#[test]
fn faults_are_told_with_their_place_and_nothing_is_read() {
    let Example { folder, evidence, .. } = example();
    let path = folder.path().join("bad.toml").display().to_string();
    fs::write(&path, "name = \"tills\"\ntimes = \"at\"\n\n[records]\nfiles = \"*\"\n")
        .expect("a file");
    let run = aql(&["query", "--mapping", &path, "SELECT qid FROM events", &evidence]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.contains("error[MAP002]: there is no key `times` here"), "{}", run.err);
    assert!(run.err.contains("bad.toml:2:1"), "{}", run.err);
    assert!(run.err.contains("did you mean `time`?"), "{}", run.err);
    fs::write(&path, "name = tills\n").expect("a file");
    let run = aql(&["hunt", "--quiet", "--mapping", &path, &evidence]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("error[MAP001]") && run.err.contains("bad.toml:1:8"), "{}", run.err);
}

#[test]
fn a_mapping_that_nothing_was_read_with_is_told() {
    let Example { folder, mapping, evidence, .. } = example();
    let other = folder.path().join("other.csv").display().to_string();
    fs::rename(&evidence, &other).expect("renamed");
    let query = "SELECT qid FROM events";
    let run = aql(&["query", "--mapping", &mapping, query, &other]);
    assert!(
        run.err.contains("warning[MAP003]: no record was one that the mapping `tills` is for"),
        "{}",
        run.err
    );
    let run = aql(&["query", "--mapping", &mapping, &format!("{query} LIMIT 1"), &other]);
    assert!(!run.err.contains("MAP003"), "LIMIT may end the reading before: {}", run.err);
}

/// What a mapping filled is in the store, and coalesces there as it does over the evidence.
#[test]
fn a_store_keeps_what_a_mapping_filled_and_coalesces_it() {
    let Example { folder, mapping, .. } = example();
    // Six voids by one cashier within ten seconds: three of them are kept, and a fourth for the rest.
    let rows =
        (0..6).map(|n| format!("14.05.2024 10:12:0{n},VOID,jdoe,shop7,192.0.2.9:7000,0x11,r{n}\n"));
    let evidence = folder.path().join("tills-2024-05-15.csv").display().to_string();
    let text = format!("at,what,who,shop,from,till,receipt\n{}", rows.collect::<String>());
    fs::write(&evidence, text).expect("written");
    let store = folder.path().join("store").display().to_string();
    let imported = aql(&["import", "--mapping", &mapping, "-o", &store, &evidence]);
    assert_eq!(imported.code, 0, "{}", imported.err);
    assert!(imported.err.contains("6 events of 1 file"), "{}", imported.err);
    let query =
        "SELECT eventcount, qideventid, username, \"Till Number\" FROM events ORDER BY starttime";
    let args = ["query", "--all-time", "--format", "jsonl", query];
    let raw = aql(&[&args[..], &["--mapping", &mapping, &evidence]].concat());
    let stored = aql(&[&args[..], &[&store]].concat());
    assert_eq!((stored.out.as_str(), stored.out.lines().count()), (raw.out.as_str(), 6));
    let args = [&args[..], &["--coalesce"]].concat();
    let raw = aql(&[&args[..], &["--mapping", &mapping, &evidence]].concat());
    let stored = aql(&[&args[..], &[&store]].concat());
    assert_eq!(stored.out, raw.out, "{}", stored.err);
    let counts: Vec<_> = stored.json_lines().iter().map(|row| row["eventcount"].as_u64()).collect();
    assert_eq!(counts, [Some(1), Some(1), Some(1), Some(3)]);
}
