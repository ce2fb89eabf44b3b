//! Rows of Parquet as JSON objects, one value after the other: what the reader is compared with.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::DataType;

/// A row as a JSON object.
pub(crate) fn object(batch: &RecordBatch, row: usize) -> String {
    let schema = batch.schema();
    let names = schema.fields().iter().map(|field| field.name().as_str());
    let mut out = String::new();
    members(names.zip(batch.columns()), row, &mut out);
    out
}

fn members<'a>(
    columns: impl Iterator<Item = (&'a str, &'a ArrayRef)>,
    row: usize,
    out: &mut String,
) {
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
        value(array, row, out);
    }
    out.push('}');
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
}

fn value(array: &ArrayRef, row: usize, out: &mut String) {
    if array.is_null(row) {
        return out.push_str("null");
    }
    match array.data_type() {
        DataType::Null => out.push_str("null"),
        DataType::Struct(fields) => {
            let names = fields.iter().map(|field| field.name().as_str());
            members(names.zip(array.as_struct().columns()), row, out);
        }
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            out.push('[');
            for item in 0..items.len() {
                if item > 0 {
                    out.push(',');
                }
                value(&items, item, out);
            }
            out.push(']');
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            out.push('{');
            for entry in 0..entries.len() {
                if entry > 0 {
                    out.push(',');
                }
                quote(&shown(entries.column(0), entry), out);
                out.push(':');
                value(entries.column(1), entry, out);
            }
            out.push('}');
        }
        DataType::Boolean | DataType::Int32 | DataType::Int64 | DataType::UInt64 => {
            out.push_str(&shown(array, row));
        }
        DataType::Float32 | DataType::Float64 => {
            let text = shown(array, row);
            if text.parse::<f64>().is_ok_and(f64::is_finite) {
                out.push_str(&text);
            } else {
                quote(&text, out);
            }
        }
        _ => quote(&shown(array, row), out),
    }
}

fn shown(array: &ArrayRef, row: usize) -> String {
    let bytes = match array.data_type() {
        DataType::Binary => array.as_binary::<i32>().value(row),
        DataType::BinaryView => array.as_binary_view().value(row),
        DataType::FixedSizeBinary(_) => array.as_fixed_size_binary().value(row),
        _ => {
            let options = FormatOptions::new();
            let formatter = ArrayFormatter::try_new(array.as_ref(), &options).unwrap();
            return formatter.value(row).try_to_string().unwrap();
        }
    };
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}
