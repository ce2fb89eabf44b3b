//! A store gives the events of the evidence it was made of: every column, by every name.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use aql_event::{
    ClassFilter, ClassRow, Column, ColumnKind, Encoding, EventBatch, EventTable, Needs, TimeRange,
    Type, fields, provenance,
};
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;

use crate::util::{events, evidence, field, folder, import, known_columns, open, scan, shared};

/// Names that fields have besides those that a record lists: aliases, paths, places.
const OTHER_NAMES: &[&str] = &[
    "EventCode",
    "Hostname",
    "ComputerName",
    "Provider_Name",
    "SourceName",
    "RecordNumber",
    "System.Computer",
    "System/EventRecordID",
    "EventData.Image",
    "EventData/TargetFilename",
    "System.ProcessID",
    "UserData.Data",
    "Execution_ProcessID",
    "Data#0",
    "data#1",
    "Message",
    "RenderingInfo.Message",
    "Parameters",
    "Parameters.ForwardTo",
    "ForwardTo",
    "Item.Subject",
    "winlog",
    "winlog.event_data.Image",
    "event.code",
    "host",
    "properties",
    "Folders",
    "ModifiedProperties.Role",
    "AppAccessContext.AADSessionId",
    "no such field",
];

fn all_fields() -> Column {
    Column::new(ColumnKind::Provenance, provenance::FIELDS, Type::Binary, Encoding::Plain)
}

/// The names of all fields of the evidence.
fn names(table: &dyn EventTable) -> BTreeSet<String> {
    let (batches, _) = scan(table, &Needs::new([all_fields()]));
    let mut names = BTreeSet::new();
    for batch in &batches {
        let all = batch.column(&all_fields()).expect("asked for").as_binary::<i32>();
        for row in (0..batch.num_rows()).filter(|row| all.is_valid(*row)) {
            names.extend(fields::iter(all.value(row)).map(|(name, _)| name.to_ascii_lowercase()));
        }
    }
    names
}

/// Compares a file or folder with a store of it; returns how many events that were.
fn compare(path: &Path) -> usize {
    let raw = evidence(&[path.to_owned()]);
    let store = tempfile::tempdir().unwrap();
    import(&[path.to_owned()], store.path());
    let stored = open(store.path());
    let known = Needs::new(known_columns());
    let (found, expected) = (events(&stored, &known), events(&raw, &known));
    assert_eq!(found.len(), expected.len(), "{}", path.display());
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found, expected, "{}", path.display());
    }
    let names = names(&raw);
    assert_eq!(names, self::names(&stored), "{}", path.display());
    let place = known_columns()
        .into_iter()
        .filter(|column| [provenance::FILE, provenance::RECORD].contains(&&*column.name));
    let place: Vec<Column> = place.collect();
    let others = OTHER_NAMES.iter().map(|name| (*name).to_owned());
    let all: Vec<String> = names.into_iter().chain(others).collect();
    for some in all.chunks(200) {
        let needs = Needs::new(some.iter().map(|name| field(name)).chain(place.iter().cloned()));
        let (found, expected) = (events(&stored, &needs), events(&raw, &needs));
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found, expected, "{}", path.display());
        }
    }
    expected.len()
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
fn of_the_examples() {
    let events = compare(&folder("examples/evidence"));
    assert!(events > 100, "only {events} events");
}

#[test]
fn of_every_format() {
    let mut paths = Vec::new();
    files(&folder("crates/aql-ingest/tests/data"), &mut paths);
    let events: usize = paths.iter().map(|path| compare(path)).sum();
    assert!(events > 100, "only {events} events");
}

#[test]
fn of_the_corpus() {
    let Some(folder) = shared("corpus/logs") else { return };
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    // Every format is among the files of moderate size.
    paths.retain(|path| std::fs::metadata(path).is_ok_and(|m| m.len() < 100_000));
    let events: usize = paths.iter().map(|path| compare(path)).sum();
    assert!(events > 1_000, "only {events} events");
}

/// Wants classes of one kind only, and remembers which it was asked about.
struct OnlyQid(i64, Column, Mutex<Vec<Option<i64>>>);

impl OnlyQid {
    fn of(batch: &EventBatch, column: &Column, known: bool) -> Option<i64> {
        let qids = batch.column(column)?.as_primitive::<Int64Type>();
        (known && qids.is_valid(0)).then(|| qids.value(0))
    }
}

impl ClassFilter for OnlyQid {
    fn may_match(&self, class: &ClassRow<'_>) -> bool {
        let at = class.row.columns().iter().position(|column| *column == self.1).unwrap();
        let qid = OnlyQid::of(class.row, &self.1, class.known[at]);
        self.2.lock().unwrap().push(qid);
        qid.is_none_or(|qid| qid == self.0)
    }
}

#[test]
fn of_the_classes_that_are_wanted() {
    let path = folder("examples/evidence");
    let store = tempfile::tempdir().unwrap();
    import(std::slice::from_ref(&path), store.path());
    let stored = open(store.path());
    let qid = known_columns().into_iter().find(|column| &*column.name == "qid").unwrap();
    let of_qid = |event: &crate::util::Event| event["Builtin qid"].parse::<i64>().unwrap();
    let everything = events(&stored, &Needs::new(known_columns()));
    let qids: BTreeSet<i64> = everything.iter().map(of_qid).collect();
    assert!(qids.len() > 5, "{qids:?}");
    for wanted in qids {
        let filter = Arc::new(OnlyQid(wanted, qid.clone(), Mutex::default()));
        let mut needs = Needs::new(known_columns());
        needs.class_filter = Some(Arc::clone(&filter) as Arc<dyn ClassFilter>);
        let found = events(&stored, &needs);
        let expected: Vec<_> =
            everything.iter().filter(|event| of_qid(event) == wanted).cloned().collect();
        assert_eq!(found, expected, "no event more and none less");
        assert!(filter.2.lock().unwrap().iter().all(Option::is_some), "every class has one qid");
        let (_, report) = scan(&stored, &needs);
        let (records, ruled_out) =
            report.files.iter().fold((0, 0), |(a, b), file| (a + file.records, b + file.ruled_out));
        assert_eq!(records - ruled_out, expected.len() as u64);
        assert_eq!(records, everything.len() as u64);
    }
}

#[test]
fn of_a_time_range() {
    let path = folder("examples/evidence");
    let store = tempfile::tempdir().unwrap();
    import(std::slice::from_ref(&path), store.path());
    let (stored, raw) = (open(store.path()), evidence(&[path]));
    let times: Vec<i64> = events(&raw, &Needs::new(known_columns()))
        .iter()
        .filter_map(|event| event.get("Builtin starttime")?.parse().ok())
        .collect();
    let (mut compared, mut sorted) = (0, times);
    sorted.sort_unstable();
    for cut in [1, sorted.len() / 3, sorted.len() / 2, sorted.len() - 1] {
        let (start, end) = (sorted[cut / 2], sorted[cut]);
        let mut needs = Needs::new(known_columns());
        needs.time = Some(TimeRange { start, end });
        let (found, expected) = (events(&stored, &needs), events(&raw, &needs));
        assert_eq!(found, expected);
        compared += found.len();
        let span = |table: &dyn EventTable| scan(table, &needs).1.time_span;
        assert_eq!(span(&stored), span(&raw));
    }
    assert!(compared > 10);
}
