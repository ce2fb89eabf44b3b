//! What the tests share: scans of paths and of bytes, events as text.

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use aql_catalog::{Catalog, Profile};
use aql_event::{
    Column, ColumnKind, Encoding, EventBatch, EventTable, Needs, ScanReport, ScanStep, Type,
    provenance,
};
use aql_ingest::{Evidence, Options};
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_schema::DataType;

/// The folder of shared test data, if it is there.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(path);
    if !root.exists() {
        eprintln!("skipped: {} is not there", root.display());
        return None;
    }
    Some(root)
}

/// A file of `tests/data`.
pub(crate) fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

pub(crate) fn builtin(name: &str) -> Column {
    let found = Catalog::get().event_field(name).unwrap_or_else(|| panic!("no field {name}"));
    found.column.clone()
}

pub(crate) fn property(name: &str) -> Column {
    let found = Catalog::get().property(name, Profile::Ibm);
    found.unwrap_or_else(|| panic!("no property {name}")).0
}

pub(crate) fn field(name: &str) -> Column {
    Column::new(ColumnKind::Field, name, Type::Text, Encoding::Plain)
}

pub(crate) fn source(name: &str) -> Column {
    let ty = if name == provenance::RECORD { Type::Integer } else { Type::Text };
    Column::new(ColumnKind::Provenance, name, ty, Encoding::Dictionary)
}

/// The batches of a scan in evidence order, and its report.
pub(crate) fn scan(evidence: &Evidence, needs: &Needs) -> (Vec<EventBatch>, ScanReport) {
    let batches = Mutex::new(Vec::new());
    let report = evidence.scan(needs, &|step| {
        if let ScanStep::Batch { part, events } = step {
            batches.lock().unwrap().push((part, events));
        }
        ControlFlow::Continue(())
    });
    let mut batches = batches.into_inner().unwrap();
    batches.sort_by_key(|(part, _)| *part);
    (batches.into_iter().map(|(_, events)| events).collect(), report)
}

/// Scans paths with these options.
pub(crate) fn scan_paths(
    paths: &[PathBuf],
    needs: &Needs,
    options: Options,
) -> (Vec<EventBatch>, ScanReport) {
    let (evidence, diagnostics) = Evidence::open(paths, options);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    scan(&evidence, needs)
}

/// Scans bytes as a file of this name.
pub(crate) fn scan_bytes(
    bytes: &[u8],
    needs: &Needs,
    options: Options,
) -> (Vec<EventBatch>, ScanReport) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("input");
    std::fs::write(&path, bytes).unwrap();
    let (batches, mut report) = scan_paths(&[path], needs, options);
    let prefix = format!("{}/", folder.path().display());
    for file in &mut report.files {
        file.path = file.path.replace(&prefix, "").into();
        for place in file.diagnostics.iter_mut().filter_map(|d| d.input.as_mut()) {
            place.file = place.file.replace(&prefix, "");
        }
    }
    (batches, report)
}

/// The text of a value; nothing for null.
pub(crate) fn cell(batch: &EventBatch, column: &Column, row: usize) -> Option<String> {
    let array = batch.column(column).unwrap_or_else(|| panic!("no column {}", column.name));
    if array.is_null(row) {
        return None;
    }
    Some(match array.data_type() {
        DataType::Dictionary(..) => {
            let dictionary = array.as_dictionary::<Int32Type>();
            let key = dictionary.keys().value(row);
            dictionary.values().as_string::<i32>().value(usize::try_from(key).unwrap()).to_owned()
        }
        DataType::Utf8 => array.as_string::<i32>().value(row).to_owned(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Boolean => array.as_boolean().value(row).to_string(),
        DataType::Binary => {
            String::from_utf8_lossy(array.as_binary::<i32>().value(row)).into_owned()
        }
        DataType::List(_) => format!("{:?}", array.as_list::<i32>().value(row)),
        other => panic!("unexpected type {other}"),
    })
}

/// All values of a column, batch after batch.
pub(crate) fn values(batches: &[EventBatch], column: &Column) -> Vec<Option<String>> {
    let rows = batches.iter().flat_map(|b| (0..b.num_rows()).map(move |row| (b, row)));
    rows.map(|(batch, row)| cell(batch, column, row)).collect()
}

/// Every event as a block of `column: value` lines, nulls left out.
pub(crate) fn render(batches: &[EventBatch]) -> String {
    let mut out = String::new();
    for batch in batches {
        for row in 0..batch.num_rows() {
            out.push_str("-- event\n");
            for column in batch.columns().iter() {
                if let Some(value) = cell(batch, column, row) {
                    let value = value.replace('\r', "\\r").replace('\n', "\\n");
                    writeln!(out, "{}: {value}", column.arrow_name()).unwrap();
                }
            }
        }
    }
    out
}

/// A report as text: one line per file, its diagnostics below.
pub(crate) fn render_report(report: &ScanReport) -> String {
    let mut out = String::new();
    for file in &report.files {
        let path = file.path.rsplit_once('/').map_or(&*file.path, |(_, name)| name);
        writeln!(
            out,
            "{path}: {} {} records, {} ruled out, {} unparsed, {} lost",
            file.format.unwrap_or("-"),
            file.records,
            file.ruled_out,
            file.unparsed,
            file.lost
        )
        .unwrap();
        for diagnostic in &file.diagnostics {
            let place = diagnostic.input.as_ref().unwrap();
            writeln!(
                out,
                "  {} {}: {} [offset {:?}, record {:?}] {:?}",
                diagnostic.severity,
                diagnostic.code,
                diagnostic.message,
                place.offset,
                place.record,
                diagnostic.notes
            )
            .unwrap();
        }
    }
    out
}
