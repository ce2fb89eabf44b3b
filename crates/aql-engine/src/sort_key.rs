//! Sort keys as one column of bytes that sorts as the keys do.
//!
//! DataFusion compares several keys column by column while it sorts a batch, and makes bytes of
//! them anew to merge the batches. With one key of bytes it does neither, merges fewer and longer
//! runs, and columns that only ordered the rows need not go along.

use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryArray, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::row::{RowConverter, SortField};
use futures::{StreamExt, stream};

use crate::failure::Failure;
use crate::relational::{Batches, SEQUENCE};
use crate::top::sort_options;

/// The name of the column of bytes.
pub(crate) const KEY: &str = "key";

/// The rows with the columns `keep`, and behind them the key: the columns `by` (name and whether
/// descending), then the sequence.
pub(crate) fn with_key(
    rows: Batches,
    schema: &SchemaRef,
    by: &[(String, bool)],
    keep: &[String],
) -> Result<(Batches, SchemaRef), Failure> {
    let mut places = Vec::new();
    let mut fields = Vec::new();
    let sequence = (SEQUENCE.to_owned(), false);
    for (name, descending) in by.iter().chain([&sequence]) {
        let place = schema.index_of(name)?;
        let options = sort_options(*descending);
        let data_type = schema.field(place).data_type().clone();
        places.push(place);
        fields.push(SortField::new_with_options(data_type, options));
    }
    let converter = RowConverter::new(fields)?;
    let kept = keep.iter().map(|name| schema.index_of(name)).collect::<Result<Vec<_>, _>>()?;
    let mut keyed: Vec<Field> = kept.iter().map(|place| schema.field(*place).clone()).collect();
    keyed.push(Field::new(KEY, DataType::Binary, false));
    let keyed = Arc::new(Schema::new(keyed));
    let out = Arc::clone(&keyed);
    let rows = rows.flat_map(move |batch| {
        let parts = batch.and_then(|batch| {
            let mut parts = Vec::new();
            add(&batch, &converter, &places, &kept, &out, &mut parts)?;
            Ok(parts)
        });
        match parts {
            Ok(parts) => stream::iter(parts.into_iter().map(Ok)).left_stream(),
            Err(failure) => stream::iter([Err(failure)]).right_stream(),
        }
    });
    Ok((rows.boxed(), keyed))
}

/// Adds the batch with its key to `parts`, in two halves if the keys are too long for one column.
fn add(
    batch: &RecordBatch,
    converter: &RowConverter,
    places: &[usize],
    kept: &[usize],
    schema: &SchemaRef,
    parts: &mut Vec<RecordBatch>,
) -> Result<(), Failure> {
    let columns: Vec<ArrayRef> = batch.project(places)?.columns().to_vec();
    let rows = converter.convert_columns(&columns)?;
    if i32::try_from(rows.size()).is_err() && batch.num_rows() > 1 {
        drop(rows);
        let half = batch.num_rows() / 2;
        for part in [batch.slice(0, half), batch.slice(half, batch.num_rows() - half)] {
            add(&part, converter, places, kept, schema, parts)?;
        }
        return Ok(());
    }
    let key: BinaryArray = rows.try_into_binary()?;
    let mut columns = batch.project(kept)?.columns().to_vec();
    columns.push(Arc::new(key));
    parts.push(RecordBatch::try_new(Arc::clone(schema), columns)?);
    Ok(())
}
