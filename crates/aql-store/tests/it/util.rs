//! What the tests share: importing, scanning, events as text.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use aql_catalog::Catalog;
use aql_event::{
    Column, ColumnKind, Encoding, EventBatch, EventTable, Needs, ScanReport, ScanStep, Type,
    provenance,
};
use aql_ingest::{Evidence, Options};
use aql_store::{ImportOptions, Imported, Store, StoreOptions};
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, Int64Type};
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

/// A folder of the repository.
pub(crate) fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

pub(crate) fn evidence(paths: &[PathBuf]) -> Evidence {
    let options = Options { now: Some(1_790_000_000_000), threads: 2, ..Options::default() };
    let (evidence, problems) = Evidence::open(paths, options);
    assert!(problems.is_empty(), "{problems:?}");
    evidence
}

/// Imports paths into a store.
pub(crate) fn import(paths: &[PathBuf], store: &Path) -> Imported {
    aql_store::import(evidence(paths), store, &ImportOptions::default())
        .unwrap_or_else(|problem| panic!("{problem:?}"))
}

pub(crate) fn open(store: &Path) -> Store {
    Store::open(store, StoreOptions { threads: 2 }).unwrap_or_else(|problem| panic!("{problem:?}"))
}

pub(crate) fn field(name: &str) -> Column {
    Column::new(ColumnKind::Field, name, Type::Text, Encoding::Plain)
}

/// Every built-in column and every property.
pub(crate) fn known_columns() -> Vec<Column> {
    let catalog = Catalog::get();
    let builtin = catalog.event_fields().iter().map(|field| field.column.clone());
    builtin.chain(catalog.properties().iter().map(|property| property.column.clone())).collect()
}

/// The batches of a scan in order, and its report.
pub(crate) fn scan(table: &dyn EventTable, needs: &Needs) -> (Vec<EventBatch>, ScanReport) {
    let batches = Mutex::new(Vec::new());
    let report = table.scan(needs, &|step| {
        if let ScanStep::Batch { part, events } = step {
            batches.lock().unwrap().push((part, events));
        }
        ControlFlow::Continue(())
    });
    let mut batches = batches.into_inner().unwrap();
    batches.sort_by_key(|(part, _)| *part);
    (batches.into_iter().map(|(_, events)| events).collect(), report)
}

/// An event as its columns that have a value.
pub(crate) type Event = BTreeMap<String, String>;

/// All events that a table gives for these needs, in an order that says nothing.
pub(crate) fn events(table: &dyn EventTable, needs: &Needs) -> Vec<Event> {
    let (batches, _) = scan(table, needs);
    let mut events = Vec::new();
    for batch in &batches {
        for row in 0..batch.num_rows() {
            let mut event = Event::new();
            for column in batch.columns().iter() {
                // The order of fields is not kept, only what is found by name.
                if &*column.name != provenance::FIELDS
                    && let Some(value) = cell(batch, column, row)
                {
                    event.insert(format!("{:?} {}", column.kind, column.name), value);
                }
            }
            events.push(event);
        }
    }
    events.sort();
    events
}

/// The text of a value; nothing for null.
pub(crate) fn cell(batch: &EventBatch, column: &Column, row: usize) -> Option<String> {
    let array = batch.column(column).unwrap_or_else(|| panic!("no column {}", column.name));
    if array.is_null(row) {
        return None;
    }
    assert_eq!(*array.data_type(), column.arrow_type(), "{}", column.name);
    Some(match array.data_type() {
        DataType::Dictionary(..) => {
            let dictionary = array.as_dictionary::<Int32Type>();
            let key = usize::try_from(dictionary.keys().value(row)).unwrap();
            dictionary.values().as_string::<i32>().value(key).to_owned()
        }
        DataType::Utf8 => array.as_string::<i32>().value(row).to_owned(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Float64 => array.as_primitive::<Float64Type>().value(row).to_string(),
        DataType::Boolean => array.as_boolean().value(row).to_string(),
        DataType::Binary => {
            format!("{:?}", String::from_utf8_lossy(array.as_binary::<i32>().value(row)))
        }
        DataType::List(_) => format!("{:?}", array.as_list::<i32>().value(row)),
        other => panic!("{other}"),
    })
}
