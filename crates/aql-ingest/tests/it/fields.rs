//! All fields of a record: what is listed is what a query finds by the same name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use aql_event::{Column, ColumnKind, Encoding, EventBatch, Needs, Type, fields, provenance};
use aql_ingest::Options;
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;

use crate::util::{field, scan_bytes, scan_paths, shared, values};

/// Columns that are asked for at once.
const COLUMNS: usize = 100;

fn all_fields() -> Column {
    Column::new(ColumnKind::Provenance, provenance::FIELDS, Type::Binary, Encoding::Plain)
}

/// The format and the type of log source of every record of a file.
fn kinds(path: &Path) -> Vec<(String, i64)> {
    let format =
        Column::new(ColumnKind::Provenance, provenance::FORMAT, Type::Text, Encoding::Plain);
    let source = Column::new(ColumnKind::Builtin, "devicetype", Type::Integer, Encoding::Plain);
    let needs = Needs::new([format.clone(), source.clone()]);
    let (batches, _) = scan_paths(&[path.to_owned()], &needs, Options::default());
    let kinds = |batch: &EventBatch| {
        let formats = batch.column(&format).expect("asked for").as_string::<i32>();
        let sources = batch.column(&source).expect("asked for").as_primitive::<Int64Type>();
        let kind = |row| (formats.value(row).to_owned(), sources.value(row));
        (0..batch.num_rows()).map(kind).collect::<Vec<_>>()
    };
    batches.iter().flat_map(kinds).collect()
}

/// The listed fields of every record of a file, the first of those with the same name.
fn listed(path: &Path) -> Vec<BTreeMap<String, String>> {
    let needs = Needs::new([all_fields()]);
    let (batches, _) = scan_paths(&[path.to_owned()], &needs, Options::default());
    let mut records = Vec::new();
    for batch in &batches {
        let bytes = batch.column(&all_fields()).expect("asked for").as_binary::<i32>();
        for row in 0..batch.num_rows() {
            let mut record = BTreeMap::new();
            if bytes.is_valid(row) {
                for (name, value) in fields::iter(bytes.value(row)) {
                    record.entry(name.to_ascii_lowercase()).or_insert_with(|| value.to_owned());
                }
            }
            records.push(record);
        }
    }
    records
}

/// Compares the listed fields of a file with what is found by their names; returns how many values
/// were compared. A file may hold records of two kinds, and what is a field of one can be another
/// name of a field in the other: records are asked for the names that those of their kind list.
fn compare(path: &Path) -> usize {
    let records = listed(path);
    let kinds = kinds(path);
    let names_of = |kind: &(String, i64)| {
        let same = kinds.iter().zip(&records).filter(move |(other, _)| *other == kind);
        same.flat_map(|(_, record)| record.keys()).collect::<BTreeSet<_>>()
    };
    let mut known: BTreeMap<&(String, i64), BTreeSet<&String>> = BTreeMap::new();
    for kind in &kinds {
        known.entry(kind).or_insert_with(|| names_of(kind));
    }
    let mut names: Vec<&String> = records.iter().flat_map(BTreeMap::keys).collect();
    names.sort();
    names.dedup();
    let mut compared = 0;
    for some in names.chunks(COLUMNS) {
        let needs = Needs::new(some.iter().map(|name| field(name)));
        let (batches, _) = scan_paths(&[path.to_owned()], &needs, Options::default());
        for name in some {
            let mut row = 0;
            for batch in &batches {
                let column = batch.column(&field(name)).expect("asked for").as_string::<i32>();
                for at in 0..batch.num_rows() {
                    let found = column.is_valid(at).then(|| column.value(at));
                    let listed = records[row].get(*name).map(String::as_str);
                    if known[&kinds[row]].contains(name) {
                        assert_eq!(listed, found, "`{name}` in row {row} of {}", path.display());
                    }
                    compared += usize::from(listed.is_some());
                    row += 1;
                }
            }
            assert_eq!(row, records.len());
        }
    }
    compared
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

#[test]
fn listed_fields_are_found_by_their_names() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    files(&root.join("tests/data"), &mut paths);
    files(&root.join("../../examples/evidence"), &mut paths);
    let compared: usize = paths.iter().map(|path| compare(path)).sum();
    assert!(compared > 1000, "only {compared} values were compared");
}

#[test]
fn listed_fields_of_the_corpus_are_found_by_their_names() {
    let Some(folder) = shared("corpus/logs") else { return };
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    // Every format is among the files of moderate size.
    paths.retain(|path| std::fs::metadata(path).is_ok_and(|m| m.len() < 300_000));
    let compared: usize = paths.iter().map(|path| compare(path)).sum();
    assert!(compared > 10_000, "only {compared} values were compared");
}

#[test]
fn winlogbeat_names_the_values_of_classic_events_by_position() {
    let text = r#"{"@timestamp":"2026-11-12T16:40:05.433Z","winlog":{"channel":"MSExchange Management","event_id":"1","provider_name":"MSExchange CmdletLogs","computer_name":"EXCH-01","event_data":{"param1":"Set-Mailbox","param2":"-Identity \"a\"","param4":"S-1-5-18"}}}"#;
    let columns = [field("Data#0"), field("Data#1"), field("Data#2"), field("param4")];
    let (batches, _) =
        scan_bytes(text.as_bytes(), &Needs::new(columns.clone()), Options::default());
    let found = columns.map(|column| values(&batches, &column)[0].clone());
    let expected = [Some("Set-Mailbox"), Some("-Identity \"a\""), None, Some("S-1-5-18")];
    assert_eq!(found, expected.map(|value| value.map(str::to_owned)));
}
