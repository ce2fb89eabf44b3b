//! Damaged stores: what is whole is read, and the rest is told.

use std::fs;
use std::path::{Path, PathBuf};

use aql_diag::codes;
use aql_event::{EventTable, Needs};
use aql_store::{ImportOptions, Store, StoreOptions};

use crate::util::{evidence, folder, import, known_columns, open, scan};

fn segments(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            segments(&path, found);
        } else if path.extension().is_some_and(|e| e == "parquet") {
            found.push(path);
        }
    }
    found.sort();
}

/// Events read, events lost, and the codes of what was told.
fn read(store: &Store) -> (u64, u64, Vec<String>) {
    let (batches, report) = scan(store as &dyn EventTable, &Needs::new(known_columns()));
    let events = batches.iter().map(|batch| batch.num_rows() as u64).sum();
    let lost = report.files.iter().map(|file| file.lost).sum();
    let told = report.files.iter().flat_map(|file| &file.diagnostics);
    (events, lost, told.map(|d| d.code.to_string()).collect())
}

#[test]
fn segments_that_are_cut_changed_or_gone() {
    let path = folder("examples/evidence/test1-copy-stores");
    let folder = tempfile::tempdir().unwrap();
    import(&[path], folder.path());
    let store = open(folder.path());
    let total = store.totals().events;
    assert_eq!(read(&store), (total, 0, Vec::new()));
    let mut all = Vec::new();
    segments(folder.path(), &mut all);
    let victim = all.first().unwrap();
    let whole = fs::read(victim).unwrap();
    let check = |what: &str, content: Option<&[u8]>| {
        match content {
            Some(content) => fs::write(victim, content).unwrap(),
            None => fs::remove_file(victim).unwrap(),
        }
        let (events, lost, told) = read(&store);
        assert_eq!(told, ["STO005"], "{what}");
        assert!(lost > 0 && events + lost == total, "{what}: {events} + {lost} of {total}");
        fs::write(victim, &whole).unwrap();
    };
    check("gone", None);
    check("empty", Some(b""));
    check("cut", Some(&whole[..whole.len() / 2]));
    let mut footer = whole.clone();
    let end = footer.len();
    footer[end - 8..end - 4].copy_from_slice(&u32::MAX.to_le_bytes());
    check("length of the footer", Some(&footer));
    let mut zeros = whole.clone();
    zeros[4..end - 8].fill(0);
    check("zeros", Some(&zeros));
    assert_eq!(read(&store).0, total, "put back");
}

/// Bits that flip in the middle of the file: an error or other values, never a panic, and never a
/// number of events that does not add up.
#[test]
fn flipped_bits() {
    let path = folder("examples/evidence/test4-forwarding-rule");
    let folder = tempfile::tempdir().unwrap();
    import(&[path], folder.path());
    let store = open(folder.path());
    let total = store.totals().events;
    let mut all = Vec::new();
    segments(folder.path(), &mut all);
    let victim = all.first().unwrap();
    let whole = fs::read(victim).unwrap();
    for at in (0..whole.len()).step_by(whole.len() / 200 + 1) {
        let mut flipped = whole.clone();
        flipped[at] ^= 0x55;
        fs::write(victim, &flipped).unwrap();
        let (events, lost, told) = read(&store);
        assert!(events <= total, "byte {at}");
        assert_eq!(events == total, told.is_empty(), "byte {at}: {events}, {lost} lost, {told:?}");
    }
}

#[test]
fn a_manifest_that_is_gone_edited_or_newer() {
    let path = folder("examples/evidence/benign");
    let folder = tempfile::tempdir().unwrap();
    import(std::slice::from_ref(&path), folder.path());
    let manifest = folder.path().join("manifest.json");
    let whole = fs::read_to_string(&manifest).unwrap();
    let code = || Store::open(folder.path(), StoreOptions::default()).expect_err("damaged").code;
    let rows = whole.find("\"rows\": ").unwrap() + 8;
    let edited = format!("{}9{}", &whole[..rows], &whole[rows..]);
    for (text, expected) in [
        (whole[..whole.len() / 2].to_owned(), codes::STORE_MANIFEST),
        (edited, codes::STORE_MANIFEST),
        (whole.replace("\"version\": 2", "\"version\": 7"), codes::STORE_NEWER),
    ] {
        fs::write(&manifest, text).unwrap();
        assert!(Store::is_store(folder.path()));
        assert_eq!(code(), expected);
        // Nor is anything added to what is not understood.
        let before = fs::read(&manifest).unwrap();
        let evidence = evidence(std::slice::from_ref(&path));
        let problem = aql_store::import(evidence, folder.path(), &ImportOptions::default());
        assert_eq!(problem.expect_err("damaged").code, expected);
        assert_eq!(fs::read(&manifest).unwrap(), before);
    }
    fs::remove_file(&manifest).unwrap();
    assert!(Store::is_store(folder.path()), "its segments tell");
    assert_eq!(code(), codes::STORE_NO_MANIFEST);
}

/// What could not be read at import is told whenever the store is read.
#[test]
fn losses_of_the_import_are_remembered() {
    let logs = tempfile::tempdir().unwrap();
    let path = logs.path().join("app.jsonl");
    fs::write(&path, "{\"a\":1}\n{\"a\":\n{\"a\":3}\n").unwrap();
    let store = tempfile::tempdir().unwrap();
    let imported = import(&[path], store.path());
    assert_eq!(imported.events, 2);
    let (events, lost, told) = read(&open(store.path()));
    assert_eq!((events, lost, told), (2, 1, vec!["STO008".to_owned()]));
}
