//! The values of columns, whatever their layout in Arrow.

use aql_eval::{Rows, TextColumn};
use aql_event::{Column, EventBatch, Type};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BinaryArray};
use arrow_schema::DataType;

/// Some rows of a batch.
pub(crate) struct SomeRows<'a> {
    pub(crate) rows: usize,
    pub(crate) columns: Vec<(&'a Column, ArrayRef)>,
}

impl Rows for SomeRows<'_> {
    fn len(&self) -> usize {
        self.rows
    }

    fn column(&self, column: &Column) -> Option<&ArrayRef> {
        self.columns.iter().find(|(of, _)| *of == column).map(|(_, array)| array)
    }
}

/// The bytes of a column of text.
pub(crate) enum Texts<'a> {
    Plain(TextColumn<'a>),
    Dictionary { text: TextColumn<'a>, values: &'a ArrayRef },
    Bytes(&'a BinaryArray),
}

impl<'a> Texts<'a> {
    pub(crate) fn new(array: &'a ArrayRef) -> Option<Self> {
        if let Some(bytes) = array.as_binary_opt::<i32>() {
            return Some(Texts::Bytes(bytes));
        }
        let text = TextColumn::new(array.as_ref())?;
        Some(match array.as_any_dictionary_opt() {
            Some(dictionary) => Texts::Dictionary { text, values: dictionary.values() },
            None => Texts::Plain(text),
        })
    }

    #[inline]
    pub(crate) fn value(&self, row: usize) -> Option<&'a [u8]> {
        match self {
            Texts::Plain(text) | Texts::Dictionary { text, .. } => {
                text.value(row).map(str::as_bytes)
            }
            Texts::Bytes(bytes) => {
                (row < bytes.len() && bytes.is_valid(row)).then(|| bytes.value(row))
            }
        }
    }
}

/// The values of a column in the layout of its type; nothing if there are none that can be read.
pub(crate) fn values(batch: &EventBatch, column: &Column) -> Option<ArrayRef> {
    let array = batch.column(column)?;
    let fits = match column.ty {
        Type::Text | Type::Host => TextColumn::new(array.as_ref()).is_some(),
        Type::Binary => array.data_type() == &DataType::Binary,
        Type::Integer | Type::Time => array.data_type() == &DataType::Int64,
        Type::Double | Type::Boolean | Type::IntegerList | Type::Null => true,
    };
    if fits {
        return Some(std::sync::Arc::clone(array));
    }
    arrow_cast::cast(array, &column.arrow_type()).ok()
}
