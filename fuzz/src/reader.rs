//! Any bytes, read as evidence.

use std::collections::HashSet;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use aql_catalog::Catalog;
use aql_event::{
    Column, ColumnKind, Encoding, EventBatch, EventTable, Needs, RowFilter, ScanReport, ScanStep,
    Type, provenance,
};
use aql_ingest::{Evidence, Inflation, Options};
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_buffer::BooleanBuffer;
use arrow_cast::display::{ArrayFormatter, FormatOptions};

fn record() -> Column {
    let kind = ColumnKind::Provenance;
    Column::new(kind, provenance::RECORD, Type::Integer, Encoding::Plain)
}

/// What is asked of every event: all built-in columns, the payload, some properties and raw fields.
fn needs() -> Needs {
    let text = |kind, name: &str| Column::new(kind, name, Type::Text, Encoding::Plain);
    let mut columns: Vec<Column> =
        Catalog::get().default_columns().iter().map(|field| field.column.clone()).collect();
    columns.push(Column::new(ColumnKind::Builtin, "payload", Type::Binary, Encoding::Plain));
    columns.push(record());
    for name in ["Event ID", "File Path", "Process CommandLine", "Operation"] {
        columns.push(text(ColumnKind::Property, name));
    }
    for name in ["CommandLine", "Parameters.ForwardTo", "Data#0", "a"] {
        columns.push(text(ColumnKind::Field, name));
    }
    Needs::new(columns)
}

/// Reads the bytes; every record that the report counts has to have come out, and looking at some
/// columns first must change nothing.
pub fn check(bytes: &[u8]) {
    let needs = needs();
    let (rows, report) = scan(bytes, &needs);
    let counted: u64 = report.files.iter().map(|file| file.records - file.ruled_out).sum();
    assert_eq!(rows.len() as u64, counted);
    for file in &report.files {
        // A panic of a reader is caught, and told in these words.
        let defect = file.diagnostics.iter().find(|d| d.message.starts_with("internal error"));
        assert!(defect.is_none(), "{defect:?}");
        // Nothing is lost without a word.
        assert!(file.lost == 0 || !file.diagnostics.is_empty(), "{file:?}");
    }
    check_looks(bytes, &needs, &rows, &report);
}

fn scan(bytes: &[u8], needs: &Needs) -> (Vec<Event>, ScanReport) {
    let options = Options {
        // Small, so that inputs of a fuzzer reach the limits.
        max_record: 4 << 10,
        max_nested_archive: 64 << 10,
        inflation: Inflation { max_bytes: 1 << 20, max_ratio: 400 },
        ..Options::default()
    };
    let evidence = Evidence::from_reader("input", Cursor::new(bytes.to_vec()), options);
    let rows = Mutex::new(Vec::new());
    let report = evidence.scan(needs, &|step| {
        if let ScanStep::Batch { events, .. } = step {
            rows.lock().expect("no other scan").extend(shown(&events));
        }
        ControlFlow::Continue(())
    });
    (rows.into_inner().expect("no other scan"), report)
}

/// An event: its record number, and its values as text.
type Event = (i64, Vec<String>);

fn shown(events: &EventBatch) -> Vec<Event> {
    let options = FormatOptions::default().with_null("(none)");
    let columns: Vec<ArrayFormatter<'_>> = (events.records().columns().iter())
        .map(|array| ArrayFormatter::try_new(array, &options).expect("types that can be shown"))
        .collect();
    let numbers = events.column(&record()).expect("asked for").as_primitive::<Int64Type>();
    let row = |row| columns.iter().map(|column| column.value(row).to_string()).collect();
    (0..events.num_rows()).map(|at| (numbers.value(at), row(at))).collect()
}

/// Lets some records pass, and remembers what it was shown.
struct Sieve {
    one_in: i64,
    columns: Arc<[Column]>,
    looked_at: Mutex<Vec<Event>>,
}

impl RowFilter for Sieve {
    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn wanted(&self, events: &EventBatch) -> BooleanBuffer {
        let events = shown(events);
        let wanted = events.iter().map(|(record, _)| record % self.one_in == 0).collect();
        self.looked_at.lock().expect("no other scan").extend(events);
        wanted
    }
}

/// Records that are looked at before they are taken whole come out as those that are not.
fn check_looks(bytes: &[u8], needs: &Needs, rows: &[Event], report: &ScanReport) {
    let looks = Needs::new(needs.columns().iter().enumerate().filter_map(|(at, column)| {
        // Every third column, another choice for another input, and the record's number.
        let is_looked_at = at % 3 == bytes.len() % 3 || *column == record();
        is_looked_at.then(|| column.clone())
    }));
    let filter = Arc::new(Sieve {
        one_in: 1 + (bytes.len() % 4) as i64,
        columns: Arc::clone(looks.columns()),
        looked_at: Mutex::default(),
    });
    let mut looking = needs.clone();
    looking.log_sources = Arc::default();
    looking.row_filter = Some(Arc::clone(&filter) as _);
    let (found, again) = scan(bytes, &looking);
    assert_eq!(format!("{report:?}"), format!("{again:?}"));
    // Others than those that pass may come as well.
    let passing = |events: &[Event]| -> Vec<Event> {
        events.iter().filter(|(record, _)| record % filter.one_in == 0).cloned().collect()
    };
    assert_eq!(passing(&found), passing(rows));
    // What was looked at is what stands there.
    let places: Vec<usize> =
        looks.columns().iter().filter_map(|column| needs.index_of(column)).collect();
    let known: HashSet<Event> = rows
        .iter()
        .map(|(record, row)| (*record, places.iter().map(|&at| row[at].clone()).collect()))
        .collect();
    for event in filter.looked_at.lock().expect("the scan is over").iter() {
        assert!(known.contains(event), "{event:?} is not among {known:?}");
    }
}

/// Reads a head that says what it is, then the bytes. Bytes that have the head already stay.
pub fn with_head(head: &[u8], bytes: &[u8]) {
    if bytes.starts_with(head) { check(bytes) } else { check(&[head, bytes].concat()) }
}

/// Reads bytes behind the magic of a compression or an archive, which the first byte chooses.
pub fn container(bytes: &[u8]) {
    const MAGIC: [&[u8]; 5] = [
        b"\x1f\x8b\x08",
        b"\x28\xb5\x2f\xfd",
        b"BZh91AY&SY",
        b"\xfd7zXZ\0",
        b"PK\x03\x04",
    ];
    let Some((choice, rest)) = bytes.split_first() else { return };
    match MAGIC.get(usize::from(*choice)) {
        Some(magic) => with_head(magic, rest),
        // Whole files of a corpus.
        None => check(bytes),
    }
}
