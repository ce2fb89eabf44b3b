//! What the documents say about formats is what is read.

use std::path::Path;

use aql_event::{Needs, provenance};
use aql_ingest::Options;

use crate::util::{data, scan_paths, source, values};

#[test]
fn every_format_has_a_row() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/formats.md");
    let text = std::fs::read_to_string(path).unwrap();
    let mut listed: Vec<&str> = text
        .lines()
        .skip_while(|line| !line.starts_with("| `aql.format`"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .filter_map(|line| line.split('|').nth(1))
        .flat_map(|cell| cell.split(',').map(|name| name.trim().trim_matches('`')))
        .collect();
    let mut read: Vec<&str> = aql_ingest::formats().map(|(name, _)| name).collect();
    listed.sort_unstable();
    read.sort_unstable();
    assert_eq!(listed, read, "docs/formats.md and the list of formats differ");
}

#[test]
fn every_format_has_a_fixture() {
    let needs = Needs::new([source(provenance::FORMAT)]);
    let (batches, report) = scan_paths(&[data("")], &needs, Options::default());
    // A file may be told apart from the events that lie in it.
    let mut found = values(&batches, &source(provenance::FORMAT));
    found.extend(report.files.iter().map(|file| file.format.map(str::to_owned)));
    let missing: Vec<&str> = aql_ingest::formats()
        .map(|(name, _)| name)
        .filter(|name| !found.iter().flatten().any(|f| f == name))
        .collect();
    assert!(missing.is_empty(), "no file of tests/data is read as {missing:?}");
}

#[test]
fn every_fixture_is_listed_with_its_source() {
    let readme = std::fs::read_to_string(data("README.md")).unwrap();
    let mut missing = Vec::new();
    for entry in std::fs::read_dir(data("")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name != "README.md" && !readme.contains(&format!("`{name}`")) {
            missing.push(name);
        }
    }
    missing.sort();
    assert!(missing.is_empty(), "tests/data/README.md does not say where {missing:?} come from");
}
