//! Any bytes, read as evidence.

use std::io::Cursor;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

use aql_catalog::Catalog;
use aql_event::{Column, ColumnKind, Encoding, EventTable, Needs, ScanStep, Type, provenance};
use aql_ingest::{Evidence, Inflation, Options};

/// What is asked of every event: all built-in columns, the payload, some properties and raw fields.
fn needs() -> Needs {
    let text = |kind, name: &str| Column::new(kind, name, Type::Text, Encoding::Plain);
    let mut columns: Vec<Column> =
        Catalog::get().default_columns().iter().map(|field| field.column.clone()).collect();
    columns.push(Column::new(ColumnKind::Builtin, "payload", Type::Binary, Encoding::Plain));
    columns.push(Column::new(
        ColumnKind::Provenance,
        provenance::RECORD,
        Type::Integer,
        Encoding::Plain,
    ));
    for name in ["Event ID", "File Path", "Process CommandLine", "Operation"] {
        columns.push(text(ColumnKind::Property, name));
    }
    for name in ["CommandLine", "Parameters.ForwardTo", "Data#0", "a"] {
        columns.push(text(ColumnKind::Field, name));
    }
    Needs::new(columns)
}

/// Reads the bytes; every record that the report counts has to have come out.
pub fn check(bytes: &[u8]) {
    let options = Options {
        // Small, so that inputs of a fuzzer reach the limits.
        max_record: 4 << 10,
        max_nested_archive: 64 << 10,
        inflation: Inflation { max_bytes: 1 << 20, max_ratio: 400 },
        ..Options::default()
    };
    let evidence = Evidence::from_reader("input", Cursor::new(bytes.to_vec()), options);
    let rows = AtomicU64::new(0);
    let report = evidence.scan(&needs(), &|step| {
        if let ScanStep::Batch { events, .. } = step {
            rows.fetch_add(events.num_rows() as u64, Ordering::Relaxed);
        }
        ControlFlow::Continue(())
    });
    let counted: u64 = report.files.iter().map(|file| file.records - file.ruled_out).sum();
    assert_eq!(rows.into_inner(), counted);
    for file in &report.files {
        // A panic of a reader is caught, and told in these words.
        let defect = file.diagnostics.iter().find(|d| d.message.starts_with("internal error"));
        assert!(defect.is_none(), "{defect:?}");
        // Nothing is lost without a word.
        assert!(file.lost == 0 || !file.diagnostics.is_empty(), "{file:?}");
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
