//! The columns of a store: which ones an import asks the readers for, and what they are called in
//! the Parquet files.
//!
//! Built-in columns and properties of the catalog are asked for by name. The fields of the records
//! come all together in [`provenance::FIELDS`], and those that have a value become columns named
//! `field:Name`.

use aql_catalog::Catalog;
use aql_event::{Column, ColumnKind, Encoding, Needs, Type, provenance};
use arrow_schema::{DataType, Field, TimeUnit};
use std::sync::Arc;

/// In front of the names of raw fields.
pub(crate) const FIELD_PREFIX: &str = "field:";
/// Fields for which there is no column, as a JSON object.
pub(crate) const MORE: &str = "aql.more";
/// The raw record, if it is UTF-8.
pub(crate) const PAYLOAD: &str = "payload";
/// The raw record, if it is not.
pub(crate) const PAYLOAD_BYTES: &str = "payload_bytes";
/// The time by which events are put into hours.
pub(crate) const TIME: &str = "starttime";

/// The column of all fields of a record.
pub(crate) fn all_fields() -> Column {
    Column::new(ColumnKind::Provenance, provenance::FIELDS, Type::Binary, Encoding::Plain)
}

/// What an import asks the readers for: every built-in column, every property, where the event was
/// read, and all fields of the record.
pub(crate) fn needs() -> Needs {
    let catalog = Catalog::get();
    let builtin = catalog.event_fields().iter().map(|field| field.column.clone());
    let properties = catalog.properties().iter().map(|property| property.column.clone());
    let all = builtin.chain(properties).chain([all_fields()]);
    // In the files it is Parquet that keeps distinct values once.
    Needs::new(all.map(|column| Column { encoding: Encoding::Plain, ..column }))
}

/// The Arrow field of a column as it is written: plain types that any reader of Parquet knows.
pub(crate) fn written_as(name: &str, ty: Type) -> Field {
    let data_type = match ty {
        Type::Time => DataType::Timestamp(TimeUnit::Millisecond, Some(Arc::from("UTC"))),
        Type::Integer => DataType::Int64,
        Type::Double => DataType::Float64,
        Type::Boolean => DataType::Boolean,
        Type::Binary => DataType::Binary,
        Type::IntegerList => DataType::List(Arc::new(Field::new("item", DataType::Int64, true))),
        Type::Text | Type::Host | Type::Null => DataType::Utf8,
    };
    Field::new(name, data_type, true)
}
