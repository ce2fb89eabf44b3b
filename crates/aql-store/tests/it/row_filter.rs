//! What a filter of rows leaves out, and what it does not.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use aql_event::{
    ClassFilter, ClassRow, Column, EventBatch, Needs, Occurrences, RowFilter, TimeRange,
};
use arrow_buffer::BooleanBuffer;

use crate::util::{
    Event, cell, events, evidence, field, folder, import, known_columns, open, scan,
};

/// Wants the events that have one of these values in a column.
struct OneOf {
    columns: Vec<Column>,
    values: BTreeSet<String>,
}

impl RowFilter for OneOf {
    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn wanted(&self, events: &EventBatch) -> BooleanBuffer {
        let value = |row| cell(events, &self.columns[0], row);
        (0..events.num_rows())
            .map(|row| value(row).is_some_and(|value| self.values.contains(&value)))
            .collect()
    }
}

fn known(name: &str) -> Column {
    known_columns().into_iter().find(|column| &*column.name == name).unwrap()
}

/// The events of a store, with a filter of rows and without, that have one of these values.
fn with_and_without(
    store: &Path,
    columns: Vec<Column>,
    column: &Column,
    values: &[String],
    time: Option<TimeRange>,
) -> (Vec<Event>, Vec<Event>) {
    let values: BTreeSet<String> = values.iter().cloned().collect();
    let mut needs = Needs::new(columns.into_iter().chain([column.clone()]));
    needs.time = time;
    let stored = open(store);
    let key = format!("{:?} {}", column.kind, column.name);
    let mut all = events(&stored, &needs);
    let is_wanted = |event: &Event| event.get(&key).is_some_and(|value| values.contains(value));
    all.retain(is_wanted);
    needs.row_filter =
        Some(Arc::new(OneOf { columns: vec![column.clone()], values: values.clone() }));
    let mut found = events(&stored, &needs);
    // A table may give more than what is wanted.
    found.retain(is_wanted);
    (found, all)
}

#[test]
fn of_every_value_of_some_columns() {
    let path = folder("examples/evidence");
    let store = tempfile::tempdir().unwrap();
    import(std::slice::from_ref(&path), store.path());
    let raw = evidence(&[path]);
    let columns = ["qid", "starttime", "username", "aql.record", "Process Path"].map(known);
    // One that events list, one by another name, and one that no event has.
    let fields = ["Image", "EventCode", "System.Computer", "no such field"].map(field);
    let mut compared = 0;
    for column in columns.iter().chain(&fields) {
        let (batches, _) = scan(&raw, &Needs::new([column.clone()]));
        let values = batches
            .iter()
            .flat_map(|batch| (0..batch.num_rows()).filter_map(|row| cell(batch, column, row)));
        let values: Vec<String> = values.collect::<BTreeSet<_>>().into_iter().collect();
        for some in values.chunks(values.len().div_ceil(8).max(1)) {
            let (found, expected) =
                with_and_without(store.path(), known_columns(), column, some, None);
            assert_eq!(found, expected, "{} in {some:?}", column.name);
            compared += found.len();
        }
        let (found, expected) = with_and_without(store.path(), known_columns(), column, &[], None);
        assert_eq!(found, expected);
    }
    assert!(compared > 500, "only {compared} events");
}

/// Many events, so that batches, pages and row groups end among them.
fn many(folder: &Path, count: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for n in 0..count {
        let (minute, second) = (n / 60 % 60, n % 60);
        let user = n * 7919 % 1009;
        lines.push(format!(
            "{{\"timestamp\":\"2026-03-0{}T{:02}:{minute:02}:{second:02}Z\",\"user\":\"u{user}\",\"n\":\"{n}\"}}",
            1 + n / 15_000,
            n / 3600 % 24,
        ));
    }
    std::fs::write(folder.join("app.jsonl"), lines.join("\n")).unwrap();
    lines
}

#[test]
fn of_many_events() {
    let logs = tempfile::tempdir().unwrap();
    many(logs.path(), 20_000);
    let store = tempfile::tempdir().unwrap();
    import(&[logs.path().to_owned()], store.path());
    let starttime = known("starttime");
    let (batches, _) = scan(&open(store.path()), &Needs::new([starttime.clone()]));
    let mut times: Vec<i64> = batches
        .iter()
        .flat_map(|b| (0..b.num_rows()).filter_map(|row| cell(b, &starttime, row)?.parse().ok()))
        .collect();
    times.sort_unstable();
    assert_eq!(times.len(), 20_000);
    let (start, end) = (times[5_555], times[16_666]);
    for time in [None, Some(TimeRange { start, end }), Some(TimeRange { start: end, end })] {
        // One in a thousand, one in ten, half of them.
        for share in [1, 100, 500] {
            let users: Vec<String> = (0..share).map(|n| format!("u{n}")).collect();
            let columns = ["starttime", "qid", "payload", "aql.record"].map(known).to_vec();
            let (found, expected) =
                with_and_without(store.path(), columns, &field("user"), &users, time);
            assert_eq!(found, expected, "{share} {time:?}");
        }
    }
}

/// Looks for a text in raw records.
struct Looks(String);

impl ClassFilter for Looks {
    fn may_match(&self, _: &ClassRow<'_>) -> bool {
        true
    }

    fn looks_for_texts(&self, column: &Column) -> bool {
        &*column.name == "payload"
    }

    fn may_match_among(&self, _: &ClassRow<'_>, texts: &dyn Occurrences) -> bool {
        texts.may_occur(&known("payload"), &self.0)
    }
}

#[test]
fn of_records_that_hold_a_text() {
    let logs = tempfile::tempdir().unwrap();
    let lines = many(logs.path(), 5_000);
    let store = tempfile::tempdir().unwrap();
    import(&[logs.path().to_owned()], store.path());
    let payload = known("payload");
    let count = |needle: &str| {
        let mut needs = Needs::new([payload.clone()]);
        needs.class_filter = Some(Arc::new(Looks(needle.to_owned())));
        let (batches, _) = scan(&open(store.path()), &needs);
        let read: usize = batches.iter().map(EventBatch::num_rows).sum();
        let holds = |batch: &EventBatch, row| {
            cell(batch, &payload, row)
                .is_some_and(|text| text.contains(&needle.replace('"', "\\\"")))
        };
        let found: usize = batches
            .iter()
            .map(|batch| (0..batch.num_rows()).filter(|row| holds(batch, *row)).count())
            .sum();
        (found, read)
    };
    for needle in ["\"n\":\"4321\"", "\"user\":\"u17\"", "T01:02:03Z", "timestamp", "u1"] {
        let expected = lines.iter().filter(|line| line.contains(needle)).count();
        assert_eq!(count(needle).0, expected, "{needle}");
    }
    assert_eq!(count("nobody ever wrote this").1, 0, "nothing is read in vain");
    assert!(count("\"n\":\"4321\"").1 < 2_000);
    // Without what says where texts are, or with a damaged one, everything is read.
    for entry in walk(store.path()) {
        if entry.extension().is_some_and(|extension| extension == "texts") {
            let mut content = std::fs::read(&entry).unwrap();
            content[40] ^= 0x55;
            std::fs::write(&entry, &content).unwrap();
            assert_eq!(count("\"n\":\"4321\"").0, 1);
            std::fs::remove_file(&entry).unwrap();
        }
    }
    assert_eq!(count("nobody ever wrote this"), (0, 5_000));
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

/// A store that was begun with a folder for each hour goes on so, and is read like any other.
#[test]
fn of_a_store_of_the_first_version() {
    let path = folder("examples/evidence");
    let store = tempfile::tempdir().unwrap();
    let manifest = r#"{"format":"aquiline-store","version":1,"written_by":"","imports":0,
        "sources":[],"files":[],"segments":[],"log_sources":[]}"#;
    std::fs::write(store.path().join("manifest.json"), manifest).unwrap();
    import(std::slice::from_ref(&path), store.path());
    let hours = walk(store.path()).iter().filter(|p| p.to_string_lossy().contains("hour=")).count();
    assert!(hours > 5);
    let needs = Needs::new(known_columns());
    assert_eq!(events(&open(store.path()), &needs), events(&evidence(&[path]), &needs));
}
