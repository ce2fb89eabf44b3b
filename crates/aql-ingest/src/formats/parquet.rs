//! Parquet files of any columns: exports of Spark, DuckDB, a data lake.
//!
//! A row is read as the JSON object of its columns: a struct is an object, a list an array, a
//! column without a value is left out, times are written in ISO 8601. What other formats know by
//! its keys or columns is read as such; other rows are unparsed events. The object is the payload.
//!
//! Parquet is read from its end. A file on disk is read where it lies; one inside of something else
//! is held in memory.

use std::panic::{AssertUnwindSafe, catch_unwind};

use aql_diag::{Diagnostic, codes};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{ArrowError, DataType};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::file::reader::ChunkReader;

use super::{FORMATS, Format, JsonRecord, Layout, csv, json};
use crate::cells::{Cells, Header};
use crate::json::{Json, parse_whole, quote};
use crate::normalise::generic::NamedFields;
use crate::out::{At, Out};
use crate::patience::Watch;

/// Parquet of no known columns.
pub(crate) const FORMAT: Format = Format {
    name: "parquet",
    about: "Parquet of no known columns, each row kept as an unparsed event",
    by: "`PAR1` at the start",
    layout: Layout::Parquet,
};

/// The first bytes of a file, and its last.
pub(crate) const MAGIC: &[u8] = b"PAR1";

/// What the footer of a file of our own store has.
const STORE_KEY: &str = "aquiline.segment";
/// Rows that are decoded at once.
const BATCH_ROWS: usize = 1024;

/// Reads the rows of a file.
pub(crate) fn read<R: ChunkReader + 'static>(input: R, watch: &Watch, out: &mut Out<'_>) {
    let bytes = input.len();
    out.report().bytes += bytes;
    let is_whole =
        bytes >= 12 && input.get_bytes(bytes - 4, 4).is_ok_and(|end| end.as_ref() == MAGIC);
    if !is_whole {
        let message = "the file ends without the footer that every Parquet file has";
        let diagnostic = Diagnostic::error(codes::TRUNCATED, message)
            .note("without it nothing in the file can be read")
            .help("copy the file again, when nobody writes to it any more");
        return out.lost(diagnostic, None);
    }
    let opened =
        guarded(|| ParquetRecordBatchReaderBuilder::try_new(input).map_err(|e| e.to_string()));
    let builder = match opened {
        Ok(builder) => builder,
        Err(problem) => {
            let message = format!("the footer of the Parquet file cannot be read: {problem}");
            return out.lost(Diagnostic::error(codes::DAMAGED, message), None);
        }
    };
    let file = builder.metadata().file_metadata();
    let pairs = file.key_value_metadata();
    if pairs.is_some_and(|pairs| pairs.iter().any(|pair| pair.key == STORE_KEY)) {
        let message = "the file belongs to a store, and is no evidence by itself";
        let diagnostic = Diagnostic::error(codes::UNKNOWN_FORMAT, message)
            .help("name the folder of the store, the one with `manifest.json`, instead");
        return out.lost(diagnostic, None);
    }
    let total = u64::try_from(file.num_rows()).unwrap_or(0);
    let names: Vec<String> = builder.schema().fields().iter().map(|f| f.name().clone()).collect();
    let mut rows = Rows::new(names);
    let mut record = 0;
    let outcome =
        guarded(|| builder.with_batch_size(BATCH_ROWS).build().map_err(|e| e.to_string()));
    let problem = match outcome {
        Ok(mut reader) => rows.read(&mut reader, &mut record, watch, out),
        Err(problem) => Some(problem),
    };
    if let Some(problem) = problem {
        let at = At { record: record + 1, offset: 0 };
        let left = total.saturating_sub(record);
        let diagnostic = if watch.check().is_err() {
            let message = format!("reading was given up: {problem}");
            Diagnostic::error(codes::TOO_SLOW, message)
        } else {
            let message = format!("row {} of {total} cannot be read: {problem}", at.record);
            Diagnostic::error(codes::DAMAGED, message)
        };
        let diagnostic = diagnostic.note(format!("the {left} rows from here on were not read"));
        out.report().lost += left.max(1) - 1;
        out.lost(diagnostic, Some(at));
    }
}

/// Decoding what is damaged may panic.
fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err("its data cannot be decoded".to_owned()))
}

/// Makes records of rows.
struct Rows {
    names: Header,
    /// The CSV format that knows these columns.
    table: Option<&'static Format>,
}

impl Rows {
    fn new(names: Vec<String>) -> Self {
        let table = FORMATS.iter().find(|format| match format.layout {
            Layout::Csv { is, .. } => format.name != csv::FORMAT.name && is(&names),
            _ => false,
        });
        Rows { names: Header::new(names), table }
    }

    /// Reads on to the end; gives what stopped it before.
    fn read(
        &mut self,
        reader: &mut ParquetRecordBatchReader,
        record: &mut u64,
        watch: &Watch,
        out: &mut Out<'_>,
    ) -> Option<String> {
        loop {
            if let Err(error) = watch.check() {
                return Some(error.to_string());
            }
            let next = guarded(|| reader.next().transpose().map_err(|e| e.to_string()));
            let batch = match next {
                Ok(Some(batch)) => batch,
                Ok(None) => return None,
                Err(problem) => return Some(problem),
            };
            for row in 0..batch.num_rows() {
                // A value that cannot be shown ends the file like one that cannot be decoded.
                let text = match guarded(|| object(&batch, row).map_err(|e| e.to_string())) {
                    Ok(text) => text,
                    Err(problem) => return Some(problem),
                };
                *record += 1;
                self.give(&batch, row, &text, At { record: *record, offset: 0 }, out);
                if out.stopped() {
                    return None;
                }
            }
        }
    }

    fn give(&self, batch: &RecordBatch, row: usize, text: &str, at: At, out: &mut Out<'_>) {
        let mut nodes = std::mem::take(&mut out.nodes);
        let parsed = parse_whole(text, &mut nodes, out.options.max_depth);
        let json = parsed.ok().and_then(|()| Json::root(text, &nodes));
        let payload = text.as_bytes();
        match json.map(|json| (json, json::format_of(json))) {
            Some((json, format)) if format.name != json::FORMAT.name => {
                json::give(format, JsonRecord { json, payload, at }, out);
            }
            known => match self.table.map(|format| (format.name, &format.layout)) {
                Some((name, Layout::Csv { take, .. })) => {
                    let cells = cells(batch, row);
                    let cells = Cells::Texts(&cells);
                    take(name, csv::Row { header: &self.names, cells, payload, at }, out);
                }
                _ => {
                    let fields =
                        known.map_or(NamedFields::None, |(json, _)| NamedFields::Json(json));
                    out.unparsed(FORMAT.name, payload, fields, at.record);
                }
            },
        }
        out.nodes = nodes;
    }
}

/// The cells of a row as CSV would have them.
fn cells(batch: &RecordBatch, row: usize) -> Vec<String> {
    let cell = |array: &ArrayRef| {
        let mut text = String::new();
        if array.is_valid(row) && value(array, row, &mut text).is_ok() {
            // A text is itself, without the quotes.
            return scalar_text(array, row).unwrap_or(text);
        }
        String::new()
    };
    batch.columns().iter().map(cell).collect()
}

/// A row as a JSON object.
fn object(batch: &RecordBatch, row: usize) -> Result<String, ArrowError> {
    let schema = batch.schema();
    let names = schema.fields().iter().map(|field| field.name().as_str());
    let mut out = String::new();
    members(names.zip(batch.columns()), row, &mut out)?;
    Ok(out)
}

fn members<'a>(
    columns: impl Iterator<Item = (&'a str, &'a ArrayRef)>,
    row: usize,
    out: &mut String,
) -> Result<(), ArrowError> {
    out.push('{');
    let mut is_first = true;
    for (name, array) in columns {
        if array.is_null(row) || array.data_type() == &DataType::Null {
            continue;
        }
        if !std::mem::replace(&mut is_first, false) {
            out.push(',');
        }
        quote(name, out);
        out.push(':');
        value(array, row, out)?;
    }
    out.push('}');
    Ok(())
}

fn items(array: &ArrayRef, out: &mut String) -> Result<(), ArrowError> {
    out.push('[');
    for item in 0..array.len() {
        if item > 0 {
            out.push(',');
        }
        value(array, item, out)?;
    }
    out.push(']');
    Ok(())
}

/// A value as JSON. Nesting is that of the file's schema, which the reader bounds.
fn value(array: &ArrayRef, row: usize, out: &mut String) -> Result<(), ArrowError> {
    if array.is_null(row) {
        out.push_str("null");
        return Ok(());
    }
    match array.data_type() {
        DataType::Null => out.push_str("null"),
        DataType::Struct(fields) => {
            let names = fields.iter().map(|field| field.name().as_str());
            members(names.zip(array.as_struct().columns()), row, out)?;
        }
        DataType::List(_) => items(&array.as_list::<i32>().value(row), out)?,
        DataType::LargeList(_) => items(&array.as_list::<i64>().value(row), out)?,
        DataType::FixedSizeList(..) => items(&array.as_fixed_size_list().value(row), out)?,
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            let (Some(keys), Some(values)) = (entries.columns().first(), entries.columns().get(1))
            else {
                return Ok(());
            };
            out.push('{');
            for entry in 0..entries.len() {
                if entry > 0 {
                    out.push(',');
                }
                quote(&shown(keys, entry)?, out);
                out.push(':');
                value(values, entry, out)?;
            }
            out.push('}');
        }
        DataType::Boolean
        | DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::UInt64 => out.push_str(&shown(array, row)?),
        DataType::Float16 | DataType::Float32 | DataType::Float64 => {
            // JSON has no `NaN` and no `inf`.
            let text = shown(array, row)?;
            if text.parse::<f64>().is_ok_and(f64::is_finite) {
                out.push_str(&text);
            } else {
                quote(&text, out);
            }
        }
        _ => match scalar_text(array, row) {
            Some(text) => quote(&text, out),
            None => quote(&shown(array, row)?, out),
        },
    }
    Ok(())
}

/// A text, or bytes: as text if they are UTF-8, else in hexadecimal.
fn scalar_text(array: &ArrayRef, row: usize) -> Option<String> {
    let bytes = match array.data_type() {
        DataType::Utf8 => return Some(array.as_string::<i32>().value(row).to_owned()),
        DataType::LargeUtf8 => return Some(array.as_string::<i64>().value(row).to_owned()),
        DataType::Utf8View => return Some(array.as_string_view().value(row).to_owned()),
        DataType::Binary => array.as_binary::<i32>().value(row),
        DataType::LargeBinary => array.as_binary::<i64>().value(row),
        DataType::BinaryView => array.as_binary_view().value(row),
        DataType::FixedSizeBinary(_) => array.as_fixed_size_binary().value(row),
        _ => return None,
    };
    Some(match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    })
}

/// Numbers, times and the like as Arrow shows them: ISO 8601 for times.
fn shown(array: &ArrayRef, row: usize) -> Result<String, ArrowError> {
    if let Some(text) = scalar_text(array, row) {
        return Ok(text);
    }
    let options = FormatOptions::new();
    let formatter = ArrayFormatter::try_new(array.as_ref(), &options)?;
    formatter.value(row).try_to_string()
}
