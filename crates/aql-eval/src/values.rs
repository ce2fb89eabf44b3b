//! Evaluated operands: constants stay constants, the rest are Arrow arrays.

use std::borrow::Cow;
use std::sync::Arc;

use aql_event::Type;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float32Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Float64Array, Int64Array, ListArray, StringArray,
};
use arrow_schema::DataType;

use crate::output::Output;
use crate::text::dictionary_of;
use crate::{Datum, TextColumn};

/// What came of an expression for all rows of a batch.
pub(crate) enum Evaluated<'a> {
    /// The same value in every row.
    Constant(Datum<'a>),
    /// A value per row.
    Array {
        array: ArrayRef,
        /// Text or address, where the layout does not tell.
        host: bool,
    },
}

/// Access to single values.
pub(crate) enum View<'a> {
    Constant(&'a Datum<'a>),
    Text(TextColumn<'a>),
    Host(TextColumn<'a>),
    Integer(&'a Int64Array),
    Double(&'a Float64Array),
    Boolean(&'a BooleanArray),
    Binary(&'a BinaryArray),
    List(&'a ListArray),
    Null,
}

impl<'a> Evaluated<'a> {
    pub(crate) fn array(array: ArrayRef, ty: Type) -> Self {
        Evaluated::Array { array, host: ty == Type::Host }
    }

    pub(crate) fn constant(&self) -> Option<&Datum<'a>> {
        match self {
            Evaluated::Constant(value) => Some(value),
            Evaluated::Array { .. } => None,
        }
    }

    pub(crate) fn view(&self) -> View<'_> {
        let (array, host) = match self {
            Evaluated::Constant(value) => return View::Constant(value),
            Evaluated::Array { array, host } => (array.as_ref(), *host),
        };
        if let Some(text) = TextColumn::new(array) {
            return if host { View::Host(text) } else { View::Text(text) };
        }
        match array.data_type() {
            DataType::Int64 => View::Integer(array.as_primitive()),
            DataType::Float64 => View::Double(array.as_primitive()),
            DataType::Boolean => View::Boolean(array.as_boolean()),
            DataType::Binary => View::Binary(array.as_binary()),
            DataType::List(item) if item.data_type() == &DataType::Int64 => {
                View::List(array.as_list())
            }
            _ => View::Null,
        }
    }

    /// The view as a dictionary, if it is one with no more values than rows.
    pub(crate) fn dictionary(&self) -> Option<TextColumn<'_>> {
        match self.view() {
            View::Text(text) | View::Host(text)
                if text.dictionary().is_some_and(|values| values.len() <= text.len()) =>
            {
                Some(text)
            }
            _ => None,
        }
    }

    /// As an array of so many rows.
    pub(crate) fn into_array(self, ty: Type, rows: usize) -> ArrayRef {
        let value = match self {
            Evaluated::Array { array, .. } => return array,
            Evaluated::Constant(value) => value,
        };
        if matches!(ty, Type::Text | Type::Host | Type::Null) {
            let mut distinct = Output::new(ty, 1);
            distinct.push(&value);
            let distinct = distinct.finish();
            let key = distinct.is_valid(0).then_some(0);
            return dictionary_of(std::iter::repeat_n(key, rows).collect(), distinct);
        }
        let mut out = Output::new(ty, rows);
        for _ in 0..rows {
            out.push(&value);
        }
        out.finish()
    }
}

impl<'a> View<'a> {
    #[inline]
    pub(crate) fn get(&self, row: usize) -> Datum<'a> {
        match self {
            View::Constant(value) => value.lend(),
            View::Text(text) => text.value(row).map_or(Datum::Null, |t| Datum::Text(t.into())),
            View::Host(text) => text.value(row).map_or(Datum::Null, |t| Datum::Host(t.into())),
            View::Integer(a) if a.is_valid(row) => Datum::Integer(a.value(row)),
            View::Double(a) if a.is_valid(row) => Datum::Double(a.value(row)),
            View::Boolean(a) if a.is_valid(row) => Datum::Boolean(a.value(row)),
            View::Binary(a) if a.is_valid(row) => Datum::Bytes(Cow::Borrowed(a.value(row))),
            View::List(a) if a.is_valid(row) => {
                let items = a.value(row);
                let items = items.as_primitive::<Int64Type>();
                Datum::List(Cow::Owned(items.iter().flatten().collect()))
            }
            _ => Datum::Null,
        }
    }
}

/// An array in one of the layouts that [`View`] reads; nothing if its values cannot be read.
pub(crate) fn normalise(array: &ArrayRef) -> Option<ArrayRef> {
    macro_rules! integers {
        ($ty:ty) => {
            Arc::new(
                array
                    .as_primitive::<$ty>()
                    .iter()
                    .map(|v| v.and_then(|v| i64::try_from(v).ok()))
                    .collect::<Int64Array>(),
            )
        };
    }
    Some(match array.data_type() {
        DataType::Utf8
        | DataType::Int64
        | DataType::Float64
        | DataType::Boolean
        | DataType::Binary => Arc::clone(array),
        DataType::List(item) if item.data_type() == &DataType::Int64 => Arc::clone(array),
        DataType::Dictionary(..) if TextColumn::new(array.as_ref()).is_some() => Arc::clone(array),
        DataType::LargeUtf8 => Arc::new(array.as_string::<i64>().iter().collect::<StringArray>()),
        DataType::Utf8View => Arc::new(array.as_string_view().iter().collect::<StringArray>()),
        DataType::BinaryView => Arc::new(array.as_binary_view().iter().collect::<BinaryArray>()),
        DataType::LargeBinary => Arc::new(array.as_binary::<i64>().iter().collect::<BinaryArray>()),
        DataType::Int8 => integers!(Int8Type),
        DataType::Int16 => integers!(Int16Type),
        DataType::Int32 => integers!(Int32Type),
        DataType::UInt8 => integers!(UInt8Type),
        DataType::UInt16 => integers!(UInt16Type),
        DataType::UInt32 => integers!(UInt32Type),
        DataType::UInt64 => integers!(UInt64Type),
        DataType::Float32 => Arc::new(
            array
                .as_primitive::<Float32Type>()
                .iter()
                .map(|v| v.map(f64::from))
                .collect::<Float64Array>(),
        ),
        _ => return None,
    })
}
