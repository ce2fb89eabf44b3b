//! Coalescing: which records stand for others, and for how many.

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::sync::Mutex;

use aql_event::{EventTable, Needs, ScanReport, ScanStep, provenance};
use aql_ingest::{Coalesced, Evidence, Options};
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;

use crate::util::{builtin, source};

/// Lines of LEEF: second, user, and how many events the line itself counts.
fn leef(events: &[(u32, &str)]) -> String {
    events.iter().fold(String::new(), |mut text, (second, user)| {
        let _ = writeln!(
            text,
            "LEEF:1.0|Vendor|Product|1|event|devTime=2026-03-01 10:{:02}:{:02}\tdevTimeFormat=yyyy-MM-dd HH:mm:ss\tsrc=10.0.0.1\tdst=10.0.0.2\tdstPort=443\tusrName={user}",
            second / 60,
            second % 60,
        );
        text
    })
}

/// Record number and count of every event that is left, in evidence order.
fn left(files: &[&str], threads: usize, count: bool) -> (Vec<(i64, i64)>, ScanReport) {
    let folder = tempfile::tempdir().unwrap();
    let mut paths = Vec::new();
    for (number, text) in files.iter().enumerate() {
        let path = folder.path().join(format!("{number}.log"));
        std::fs::write(&path, text).unwrap();
        paths.push(path);
    }
    let options = Options { threads, ..Options::default() };
    let (evidence, problems) = Evidence::open(&paths, options);
    assert!(problems.is_empty());
    let table = Coalesced::new(evidence);
    let mut columns = vec![source(provenance::RECORD)];
    if count {
        columns.push(builtin("eventcount"));
    }
    let needs = Needs::new(columns);
    let batches = Mutex::new(Vec::new());
    let report = table.scan(&needs, &|step| {
        if let ScanStep::Batch { part, events } = step {
            assert_eq!(events.columns(), needs.columns());
            batches.lock().unwrap().push((part, events));
        }
        ControlFlow::Continue(())
    });
    let mut batches = batches.into_inner().unwrap();
    batches.sort_by_key(|(part, _)| *part);
    let mut rows = Vec::new();
    for (_, events) in batches {
        let column = |column| events.column(&column).map(|a| a.as_primitive::<Int64Type>().clone());
        let records = column(source(provenance::RECORD)).unwrap();
        let counts = column(builtin("eventcount"));
        for row in 0..events.num_rows() {
            rows.push((records.value(row), counts.as_ref().map_or(0, |c| c.value(row))));
        }
    }
    (rows, report)
}

#[test]
fn ibm_s_example() {
    // 1,005 equal events in ten seconds: three records of one, one of 1,002.
    let events: Vec<(u32, &str)> = (0..1005).map(|n| (n / 110, "ann")).collect();
    let (rows, report) = left(&[&leef(&events)], 1, true);
    assert_eq!(rows, [(1, 1), (2, 1), (3, 1), (4, 1002)]);
    let told: Vec<String> = report.diagnostics.iter().map(|d| d.message.to_string()).collect();
    assert_eq!(told, ["coalescing merged 1001 further events into 1 record"]);
    // Who does not ask for the count gets the same records.
    let (rows, _) = left(&[&leef(&events)], 4, false);
    assert_eq!(rows, [(1, 0), (2, 0), (3, 0), (4, 0)]);
}

#[test]
fn keys_and_windows_are_apart() {
    let mut events = vec![(0, "ann"); 6];
    events.extend([(3, "bob"); 3]);
    // The tenth second is the next window; four events there are four records.
    events.extend([(10, "ann"); 4]);
    events.push((9, "bob"));
    let expected = [
        (1, 1),
        (2, 1),
        (3, 1),
        (4, 3),
        (7, 1),
        (8, 1),
        (9, 1),
        (10, 1),
        (11, 1),
        (12, 1),
        (13, 1),
        (14, 1),
    ];
    for threads in [1, 4] {
        let (rows, report) = left(&[&leef(&events)], threads, true);
        assert_eq!(rows, expected);
        assert_eq!(report.files[0].records, 14);
    }
}

#[test]
fn files_are_one_stream_in_evidence_order() {
    let one = leef(&[(0, "ann"), (1, "ann")]);
    let two = leef(&[(2, "ann"), (3, "ann"), (4, "ann")]);
    for threads in [1, 4] {
        let (rows, _) = left(&[&one, &two], threads, true);
        assert_eq!(rows, [(1, 1), (2, 1), (1, 1), (2, 2)]);
    }
}

#[test]
fn nothing_to_merge_is_nothing_said() {
    let (rows, report) = left(&[&leef(&[(0, "ann"), (1, "bob")])], 1, true);
    assert_eq!(rows, [(1, 1), (2, 1)]);
    assert!(report.diagnostics.is_empty());
}
