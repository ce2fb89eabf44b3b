//! Random rows, and the batches that hold them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use aql_event::{Column, ColumnKind, Encoding, EventBatch, Needs, Type};
use arrow_array::builder::{
    BinaryBuilder, BooleanBuilder, Float64Builder, Int64Builder, StringBuilder,
};
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray, Int32Array, RecordBatch, StringArray};

use crate::Random;
use crate::words::{HOSTS, host, number_text, text};

/// A value of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// No value.
    Null,
    /// Text.
    Text(String),
    /// Integer or time.
    Integer(i64),
    /// Double.
    Double(f64),
    /// Boolean.
    Boolean(bool),
    /// Address.
    Host(IpAddr),
    /// Bytes, mostly UTF-8.
    Bytes(Vec<u8>),
}

/// A row: column name to value.
pub type Row = HashMap<String, Cell>;

/// The columns of all generated conditions; some come as dictionaries.
pub fn columns() -> Vec<Column> {
    use ColumnKind::{Builtin, Field, Property};
    use Encoding::{Dictionary, Plain};
    vec![
        Column::new(Property, "Image", Type::Text, Dictionary),
        Column::new(Property, "Parent", Type::Text, Dictionary),
        Column::new(Property, "Command", Type::Text, Plain),
        Column::new(Field, "Target", Type::Text, Plain),
        Column::new(Property, "Event ID", Type::Text, Dictionary),
        Column::new(Builtin, "sourceip", Type::Host, Plain),
        Column::new(Builtin, "qid", Type::Integer, Plain),
        Column::new(Builtin, "starttime", Type::Time, Plain),
        Column::new(Builtin, "magnitude", Type::Double, Plain),
        Column::new(Builtin, "hasoffense", Type::Boolean, Plain),
        Column::new(Builtin, "payload", Type::Binary, Plain),
    ]
}

pub(crate) fn column(name: &str) -> Column {
    columns().into_iter().find(|c| &*c.name == name).expect("one of ours")
}

/// A value for a column.
fn cell(random: &mut Random, column: &Column) -> Cell {
    if random.chance(12) {
        return Cell::Null;
    }
    match column.ty {
        Type::Text if &*column.name == "Event ID" => Cell::Text(number_text(random)),
        Type::Text if &*column.name == "Parent" && random.chance(30) => {
            Cell::Text((*random.pick(&HOSTS)).to_owned())
        }
        Type::Text => Cell::Text(text(random)),
        Type::Host => Cell::Host(host(random)),
        Type::Integer => Cell::Integer(match random.below(12) {
            0 => 443,
            1 => 11,
            n => n as i64 - 4,
        }),
        Type::Time => Cell::Integer(random.below(10) as i64),
        Type::Double => Cell::Double(random.below(16) as f64 / 2.0 - 2.0),
        Type::Boolean => Cell::Boolean(random.chance(50)),
        Type::Binary => {
            let mut bytes = text(random).into_bytes();
            if random.chance(15) {
                bytes.push(0xff);
            }
            Cell::Bytes(bytes)
        }
        Type::IntegerList | Type::Null => Cell::Null,
    }
}

/// Random rows; dictionary columns repeat their values.
pub fn rows(random: &mut Random, number: usize) -> Vec<Row> {
    let columns = columns();
    let pools: Vec<Vec<Cell>> =
        columns.iter().map(|c| (0..20).map(|_| cell(random, c)).collect()).collect();
    (0..number)
        .map(|_| {
            columns
                .iter()
                .zip(&pools)
                .map(|(column, pool)| {
                    let cell = match column.encoding {
                        Encoding::Dictionary => random.pick(pool).clone(),
                        Encoding::Plain => cell(random, column),
                    };
                    (column.name.to_string(), cell)
                })
                .collect()
        })
        .collect()
}

/// The rows as a batch; text may come in the other layout than announced, dictionaries may hold
/// nulls, duplicates and values that do not occur, and the arrays may begin in the middle.
pub fn batch(random: &mut Random, rows: &[Row]) -> EventBatch {
    let needs = Needs::new(columns());
    let lead = random.below(3);
    let lead_row = Row::new();
    let padded: Vec<&Row> =
        std::iter::repeat_n(&lead_row, lead).chain(rows).chain([&lead_row]).collect();
    let arrays: Vec<ArrayRef> =
        needs.columns().iter().map(|column| array(random, column, &padded)).collect();
    let fields: Vec<_> = needs
        .columns()
        .iter()
        .zip(&arrays)
        .map(|(c, a)| arrow_schema::Field::new(c.arrow_name(), a.data_type().clone(), true))
        .collect();
    let schema = Arc::new(arrow_schema::Schema::new(fields));
    let records = RecordBatch::try_new(schema, arrays).expect("arrays of one length");
    EventBatch::new(Arc::clone(needs.columns()), records.slice(lead, rows.len()))
}

fn array(random: &mut Random, column: &Column, rows: &[&Row]) -> ArrayRef {
    let cells = || rows.iter().map(|row| row.get(&*column.name).unwrap_or(&Cell::Null));
    match column.ty {
        Type::Text | Type::Host => {
            let text = |cell: &Cell| match cell {
                Cell::Text(t) => Some(t.clone()),
                Cell::Host(h) => Some(h.to_string()),
                _ => None,
            };
            let dictionary = (column.encoding == Encoding::Dictionary) != random.chance(10);
            if !dictionary {
                let mut builder = StringBuilder::new();
                cells().for_each(|cell| builder.append_option(text(cell)));
                return Arc::new(builder.finish());
            }
            // A value that never occurs, and a null value.
            let mut values = vec![Some("never".to_owned()), None];
            let mut keys = Vec::new();
            for cell in cells() {
                let value = text(cell);
                let known = values.iter().position(|v| *v == value);
                keys.push(match (value, known) {
                    (None, _) => random.chance(50).then_some(1),
                    (Some(_), Some(at)) if random.chance(90) => Some(at as i32),
                    (value, _) => {
                        values.push(value);
                        Some(values.len() as i32 - 1)
                    }
                });
            }
            let values: ArrayRef = Arc::new(values.into_iter().collect::<StringArray>());
            let keys: Int32Array = keys.into_iter().collect();
            Arc::new(DictionaryArray::<Int32Type>::try_new(keys, values).expect("keys in range"))
        }
        Type::Integer | Type::Time => {
            let mut builder = Int64Builder::new();
            cells().for_each(|cell| match cell {
                Cell::Integer(v) => builder.append_value(*v),
                _ => builder.append_null(),
            });
            Arc::new(builder.finish())
        }
        Type::Double => {
            let mut builder = Float64Builder::new();
            cells().for_each(|cell| match cell {
                Cell::Double(v) => builder.append_value(*v),
                _ => builder.append_null(),
            });
            Arc::new(builder.finish())
        }
        Type::Boolean => {
            let mut builder = BooleanBuilder::new();
            cells().for_each(|cell| match cell {
                Cell::Boolean(v) => builder.append_value(*v),
                _ => builder.append_null(),
            });
            Arc::new(builder.finish())
        }
        Type::Binary => {
            let mut builder = BinaryBuilder::new();
            cells().for_each(|cell| match cell {
                Cell::Bytes(v) => builder.append_value(v),
                _ => builder.append_null(),
            });
            Arc::new(builder.finish())
        }
        Type::IntegerList | Type::Null => panic!("not generated"),
    }
}
