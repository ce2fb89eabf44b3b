//! Bad evidence: never a panic, never silently dropped, one clear line, and the rest goes on.

use std::fs;
use std::path::Path;

use crate::support::{aql, root};

fn hunt(path: &Path, more: &[&str]) -> crate::support::Run {
    let mut args = vec![std::ffi::OsString::from("hunt"), path.as_os_str().to_owned()];
    args.extend(more.iter().map(std::ffi::OsString::from));
    aql(&args)
}

#[test]
fn a_missing_path_is_an_error() {
    let run = aql(&["hunt", "no/such/path"]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.contains("error[ING001]"), "{}", run.err);
}

#[test]
fn a_missing_path_beside_good_ones_does_not_stop_the_hunt() {
    let run = aql(&["hunt", "no/such/path", "examples/evidence/test1-copy-stores"]);
    assert_eq!(run.code, 1);
    assert!(run.err.contains("ING001"));
    let strict =
        aql(&["hunt", "--strict-input", "no/such/path", "examples/evidence/test1-copy-stores"]);
    assert_eq!(strict.code, 2);
    assert!(!strict.out.is_empty(), "the findings are shown all the same");
}

#[test]
fn each_bad_file_gets_its_line_and_the_good_one_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = root().join("examples/evidence/test1-copy-stores/WS-FIN-07-sysmon.evtx");
    let whole = fs::read(&good).expect("evidence");
    fs::write(folder.path().join("good.evtx"), &whole).expect("write");
    fs::write(folder.path().join("cut.evtx"), &whole[..whole.len() / 3]).expect("write");
    fs::write(folder.path().join("empty.evtx"), b"").expect("write");
    fs::write(folder.path().join("picture.bin"), [0u8, 159, 146, 150, 0, 1, 2, 3].repeat(100))
        .expect("write");
    fs::write(
        folder.path().join("broken.jsonl"),
        "{\"EventID\":1,\"Channel\":\"x\",\"SourceName\":\"y\"}\n{\"EventID\":\n{\"EventID\":2,\"Channel\":\"x\",\"SourceName\":\"y\"}\n",
    )
    .expect("write");
    fs::write(folder.path().join("deep.json"), "[".repeat(100_000)).expect("write");
    let run = hunt(folder.path(), &[]);
    assert_eq!(run.code, 1, "{}", run.err);
    for name in ["cut.evtx", "empty.evtx", "picture.bin", "broken.jsonl", "deep.json"] {
        assert!(run.err.contains(name), "no word about {name}:\n{}", run.err);
    }
    let files: Vec<String> = run
        .json_lines()
        .iter()
        .map(|f| f["file"].as_str().unwrap_or_default().to_string())
        .collect();
    assert!(files.iter().any(|f| f.ends_with("good.evtx")));
    assert_eq!(hunt(folder.path(), &["--strict-input"]).code, 2);
}

#[test]
fn an_empty_folder_is_said_to_be_empty() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = hunt(folder.path(), &[]);
    assert_eq!(run.out, "");
    assert!(run.err.contains("ING011"), "{}", run.err);
}

#[test]
fn damaged_logs_of_the_corpus_are_reported() {
    let logs = root().join("../shared/corpus/logs/evtx/malformed");
    if !logs.is_dir() {
        eprintln!("skipped: the log corpus is not here ({})", logs.display());
        return;
    }
    let run = hunt(&logs, &[]);
    assert!(run.code == 0 || run.code == 1, "{}", run.err);
    assert!(run.err.contains("ING004") || run.err.contains("ING006"), "{}", run.err);
    assert_eq!(hunt(&logs, &["--strict-input"]).code, 2);
}
