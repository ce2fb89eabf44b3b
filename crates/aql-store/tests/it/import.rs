//! Importing: what is added, what is not, and what is left of an import that ends early.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use aql_diag::codes;
use aql_event::Needs;
use aql_store::{ImportOptions, Store};

use crate::util::{events, evidence, folder, import, known_columns, open};

/// Every file of a folder with its content.
fn content(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(content(&path));
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}

#[test]
fn the_same_file_again_is_told_and_not_added() {
    let store = tempfile::tempdir().unwrap();
    let path = folder("examples/evidence");
    let first = import(std::slice::from_ref(&path), store.path());
    assert!(first.events > 0 && first.known == 0, "{first:?}");
    let before = content(store.path());
    let copy = tempfile::tempdir().unwrap();
    let some = evidence(std::slice::from_ref(&path)).paths().next().unwrap().to_owned();
    let copied = copy.path().join("other name");
    fs::copy(&some, &copied).unwrap();
    for (paths, count) in [(vec![path], first.added), (vec![copied], 1)] {
        let again = import(&paths, store.path());
        assert_eq!((again.events, again.added, again.known), (0, 0, count));
        assert_eq!(again.remarks.len(), count);
        assert!(again.remarks.iter().all(|remark| remark.code == codes::STORE_KNOWN));
        assert_eq!(content(store.path()), before, "nothing has changed");
    }
}

#[test]
fn more_is_added_to_what_is_there() {
    let store = tempfile::tempdir().unwrap();
    let root = folder("examples/evidence");
    let parts = ["test1-copy-stores", "test2-outlook-com", "test3-ews", "benign"];
    for part in parts {
        import(&[root.join(part)], store.path());
    }
    let needs = Needs::new(known_columns());
    let paths: Vec<PathBuf> = parts.iter().map(|part| root.join(part)).collect();
    assert_eq!(events(&open(store.path()), &needs), events(&evidence(&paths), &needs));
}

#[test]
fn little_memory_gives_the_same_files() {
    let path = folder("examples/evidence");
    let with = |memory| {
        let store = tempfile::tempdir().unwrap();
        let options = ImportOptions { memory, ..ImportOptions::default() };
        aql_store::import(evidence(std::slice::from_ref(&path)), store.path(), &options).unwrap();
        let prefix = store.path().to_owned();
        let all = content(store.path()).into_iter();
        all.map(|(path, content)| (path.strip_prefix(&prefix).unwrap().to_owned(), content))
            .collect::<BTreeMap<_, _>>()
    };
    let (much, little) = (with(128 << 20), with(1));
    assert_eq!(much.keys().collect::<Vec<_>>(), little.keys().collect::<Vec<_>>());
    assert!(much == little, "the bytes are the same");
}

#[test]
fn a_file_of_the_same_name_and_other_content_is_added_with_a_warning() {
    let store = tempfile::tempdir().unwrap();
    let logs = tempfile::tempdir().unwrap();
    let path = logs.path().join("app.jsonl");
    fs::write(&path, "{\"a\":1}\n").unwrap();
    import(std::slice::from_ref(&path), store.path());
    fs::write(&path, "{\"a\":1}\n{\"a\":2}\n").unwrap();
    let again = import(std::slice::from_ref(&path), store.path());
    assert_eq!((again.events, again.remarks.len()), (2, 1));
    assert!(again.remarks[0].message.contains("other content"), "{:?}", again.remarks);
    assert_eq!(open(store.path()).totals().events, 3);
}

#[test]
fn a_store_is_not_imported_into_itself() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.jsonl"), "{\"a\":1}\n").unwrap();
    let store = folder.path().join("store");
    import(&[folder.path().to_owned()], &store);
    let again = import(&[folder.path().to_owned()], &store);
    assert_eq!((again.events, again.known), (0, 1));
    assert!(again.remarks.len() > 2, "{:?}", again.remarks);
}

#[test]
fn two_imports_at_once_are_one_too_many() {
    let store = tempfile::tempdir().unwrap();
    let path = folder("examples/evidence/benign");
    import(std::slice::from_ref(&path), store.path());
    let lock = fs::File::options().write(true).open(store.path().join(".lock")).unwrap();
    lock.lock().unwrap();
    let problem = aql_store::import(evidence(&[path]), store.path(), &ImportOptions::default())
        .expect_err("locked");
    assert_eq!(problem.code, codes::STORE_LOCKED);
    assert!(open(store.path()).totals().events > 0, "reading goes on");
}

/// An import writes segments under another name, renames them, and writes the manifest. Whatever
/// of that has happened, the store reads as before, and the next import clears it away.
#[test]
fn an_import_that_was_killed_leaves_the_store_as_it_was() {
    let root = folder("examples/evidence");
    let store = tempfile::tempdir().unwrap();
    import(&[root.join("benign")], store.path());
    let before = content(store.path());
    let manifest = fs::read(store.path().join("manifest.json")).unwrap();
    import(&[root.join("test3-ews")], store.path());
    let after = content(store.path());
    let added: Vec<&PathBuf> = after.keys().filter(|path| !before.contains_key(*path)).collect();
    assert!(!added.is_empty());
    let needs = Needs::new(known_columns());
    let expected = events(&evidence(&[root.join("benign")]), &needs);
    // As it is before the manifest is renamed: `renamed` segments have their names.
    for renamed in 0..=added.len() {
        fs::write(store.path().join("manifest.json"), &manifest).unwrap();
        for (number, path) in added.iter().enumerate() {
            let _ = fs::remove_file(path);
            let name = format!("{}.part", path.display());
            let path = if number < renamed { (*path).clone() } else { PathBuf::from(name) };
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &after[added[number]]).unwrap();
        }
        fs::write(store.path().join(".import.tmp"), "half a ro").unwrap();
        fs::write(store.path().join("manifest.json.part"), "{").unwrap();
        assert_eq!(events(&open(store.path()), &needs), expected);
        import(&[root.join("test3-ews")], store.path());
        assert_eq!(content(store.path()).len(), after.len(), "what was left is gone");
        assert_eq!(
            events(&open(store.path()), &needs),
            events(&evidence(&[root.join("benign"), root.join("test3-ews")]), &needs)
        );
    }
}

#[test]
fn a_first_import_that_was_killed_can_be_repeated() {
    let store = tempfile::tempdir().unwrap();
    fs::write(store.path().join(".lock"), "").unwrap();
    fs::write(store.path().join("manifest.json.part"), "{").unwrap();
    let path = folder("examples/evidence/benign");
    assert!(import(&[path], store.path()).events > 0);
    assert!(Store::is_store(store.path()));
}

#[test]
fn a_folder_of_something_else_is_left_alone() {
    let other = tempfile::tempdir().unwrap();
    fs::write(other.path().join("notes.txt"), "mine").unwrap();
    let path = folder("examples/evidence/benign");
    let problem = aql_store::import(evidence(&[path]), other.path(), &ImportOptions::default())
        .expect_err("no store");
    assert_eq!(problem.code, codes::STORE_WRITE);
    assert_eq!(content(other.path()).len(), 1);
}
