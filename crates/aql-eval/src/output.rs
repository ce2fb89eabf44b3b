//! Building result columns value by value.

use std::sync::Arc;

use aql_event::Type;
use arrow_array::builder::{
    BinaryBuilder, BooleanBuilder, Float64Builder, Int64Builder, ListBuilder, StringBuilder,
};
use arrow_array::{ArrayRef, Int32Array};

use crate::Datum;
use crate::text::dictionary_of;

/// Bytes of text in one column of a batch after which values are null: an Arrow column cannot hold
/// more than twice as much, and no batch of real events comes near.
const MAX_BYTES: usize = 1 << 30;

/// A column under construction, in the plain layout of its type.
pub(crate) enum Output {
    Text(StringBuilder),
    Host(StringBuilder),
    Integer(Int64Builder),
    Double(Float64Builder),
    Boolean(BooleanBuilder),
    Binary(BinaryBuilder),
    List(ListBuilder<Int64Builder>),
}

impl Output {
    pub(crate) fn new(ty: Type, rows: usize) -> Self {
        match ty {
            Type::Text | Type::Null => Output::Text(StringBuilder::with_capacity(rows, rows * 8)),
            Type::Host => Output::Host(StringBuilder::with_capacity(rows, rows * 12)),
            Type::Integer | Type::Time => Output::Integer(Int64Builder::with_capacity(rows)),
            Type::Double => Output::Double(Float64Builder::with_capacity(rows)),
            Type::Boolean => Output::Boolean(BooleanBuilder::with_capacity(rows)),
            Type::Binary => Output::Binary(BinaryBuilder::with_capacity(rows, rows * 64)),
            Type::IntegerList => {
                Output::List(ListBuilder::with_capacity(Int64Builder::new(), rows))
            }
        }
    }

    /// Appends a value, converted to the type of the column; null where that cannot be.
    pub(crate) fn push(&mut self, value: &Datum<'_>) {
        match self {
            Output::Text(b) => {
                let used = b.values_slice().len();
                b.append_option(value.text().filter(|text| used + text.len() <= MAX_BYTES));
            }
            Output::Host(b) => match value {
                Datum::Host(text) => b.append_value(text),
                other => b.append_option(other.host().map(|h| h.to_string())),
            },
            Output::Integer(b) => b.append_option(value.integer()),
            Output::Double(b) => b.append_option(value.double()),
            Output::Boolean(b) => b.append_option(value.boolean()),
            Output::Binary(b) => {
                let used = b.values_slice().len();
                b.append_option(value.bytes().filter(|bytes| used + bytes.len() <= MAX_BYTES));
            }
            Output::List(b) => match value {
                Datum::List(list) => {
                    b.values().append_slice(list);
                    b.append(true);
                }
                _ => b.append(false),
            },
        }
    }

    pub(crate) fn finish(self) -> ArrayRef {
        match self {
            Output::Text(mut b) | Output::Host(mut b) => Arc::new(b.finish()),
            Output::Integer(mut b) => Arc::new(b.finish()),
            Output::Double(mut b) => Arc::new(b.finish()),
            Output::Boolean(mut b) => Arc::new(b.finish()),
            Output::Binary(mut b) => Arc::new(b.finish()),
            Output::List(mut b) => Arc::new(b.finish()),
        }
    }
}

/// The rows of a column of few distinct values: `index` says for each row which value it has. Text
/// becomes a dictionary without null values; the rest is spread out.
pub(crate) fn spread(ty: Type, distinct: &ArrayRef, index: Vec<i32>) -> ArrayRef {
    if matches!(ty, Type::Text | Type::Host | Type::Null) {
        let keys: Int32Array = index
            .into_iter()
            .map(|i| usize::try_from(i).is_ok_and(|at| distinct.is_valid(at)).then_some(i))
            .collect();
        return dictionary_of(keys, Arc::clone(distinct));
    }
    let rows = index.len();
    arrow_select::take::take(distinct, &Int32Array::from(index), None)
        .unwrap_or_else(|_| arrow_array::new_null_array(distinct.data_type(), rows))
}
