//! Events as documents of a target, in a file.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;
use aql_catalog::Catalog;
use aql_event::{Column, EventBatch, EventTable, Needs, ScanStep};
use aql_pack::cell_json;
use aql_translate::{DocumentField, DocumentSource};
use serde_json::{Map, Value, json};

use super::events::{place, place_columns};

/// Writes one JSON object per event that one of the sources holds: its place, the position of the
/// source, and the fields that have a value.
pub(super) fn write(
    path: &Path,
    sources: &[DocumentSource],
    table: &dyn EventTable,
) -> anyhow::Result<()> {
    let kind = Catalog::get().event_field("devicetype").map(|field| field.column.clone());
    let mut columns: BTreeSet<Column> = place_columns().into_iter().flatten().collect();
    columns.extend(kind.iter().cloned());
    let fields = sources.iter().flat_map(|source| &source.fields);
    columns.extend(fields.flat_map(|field| field.columns.iter().cloned()));
    let needs = Needs::new(columns);
    let cannot = || format!("{}: cannot be written", path.display());
    let file = BufWriter::new(File::create(path).with_context(cannot)?);
    let state = Mutex::new((file, Ok(())));
    table.scan(&needs, &|step| {
        let ScanStep::Batch { events, .. } = step else { return ControlFlow::Continue(()) };
        let mut text = Vec::new();
        for row in 0..events.num_rows() {
            let own = kind.as_ref().map(|kind| value(&events, kind, row));
            let own = own.as_ref().and_then(Value::as_i64).unwrap_or_default();
            let source = sources.iter().position(|source| source.types.contains(&own));
            let Some((at, source)) = source.and_then(|at| Some((at, sources.get(at)?))) else {
                continue;
            };
            let Some((file, record)) = place(&events, row) else { continue };
            let fields = fields_of(&events, &source.fields, row);
            let line = json!({ "source": at, "file": file, "record": record, "fields": fields });
            // Into memory: that does not fail.
            let _ = writeln!(text, "{line}");
        }
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let written = state.0.write_all(&text);
        match written {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                state.1 = Err(error);
                ControlFlow::Break(())
            }
        }
    });
    let (mut file, written) = state.into_inner().unwrap_or_else(PoisonError::into_inner);
    written.and_then(|()| file.flush()).with_context(cannot)
}

fn fields_of(events: &EventBatch, fields: &[DocumentField], row: usize) -> Map<String, Value> {
    let filled = fields.iter().filter_map(|field| {
        let mut values = field.columns.iter().map(|column| value(events, column, row));
        let mut value = values.find(|value| !value.is_null())?;
        // What is called a number holds numbers, all else holds text.
        match &value {
            Value::String(text) if field.number => {
                value = text.trim().parse::<i64>().map_or(value, Value::from);
            }
            Value::Number(number) if !field.number => value = Value::from(number.to_string()),
            _ => {}
        }
        Some((field.name.clone(), value))
    });
    filled.collect()
}

fn value(events: &EventBatch, column: &Column, row: usize) -> Value {
    events.column(column).map_or(Value::Null, |cells| cell_json(cells, row))
}
