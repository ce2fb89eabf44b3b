//! One view over the layouts of text.

use std::sync::Arc;

use aql_event::Type;
use arrow_array::builder::StringDictionaryBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, DictionaryArray, StringArray};
use arrow_schema::DataType;
use arrow_select::take::take;

use crate::Datum;
use crate::output::Output;

/// A text column, plain or as a dictionary.
#[derive(Clone, Copy, Debug)]
pub enum TextColumn<'a> {
    /// One value per row.
    Plain(&'a StringArray),
    /// Distinct values and a key per row. The values may repeat, and may be null: the result of a
    /// function over a dictionary is not made distinct again.
    Dictionary {
        /// The keys.
        keys: &'a arrow_array::Int32Array,
        /// The values.
        values: &'a StringArray,
    },
}

/// The view of an array as text; nothing if it is neither `Utf8` nor `Dictionary(Int32, Utf8)`.
pub fn text(array: &ArrayRef) -> Option<TextColumn<'_>> {
    TextColumn::new(array.as_ref())
}

impl<'a> TextColumn<'a> {
    /// See [`text`].
    pub fn new(array: &'a dyn Array) -> Option<Self> {
        if let Some(plain) = array.as_string_opt::<i32>() {
            return Some(TextColumn::Plain(plain));
        }
        let dictionary = array.as_dictionary_opt::<Int32Type>()?;
        let values = dictionary.values().as_string_opt::<i32>()?;
        Some(TextColumn::Dictionary { keys: dictionary.keys(), values })
    }

    /// Number of rows.
    pub fn len(self) -> usize {
        match self {
            TextColumn::Plain(array) => array.len(),
            TextColumn::Dictionary { keys, .. } => keys.len(),
        }
    }

    /// Has it no rows?
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The text of a row; nothing where it is null or out of range.
    #[inline]
    pub fn value(self, row: usize) -> Option<&'a str> {
        match self {
            TextColumn::Plain(array) => {
                (row < array.len() && array.is_valid(row)).then(|| array.value(row))
            }
            TextColumn::Dictionary { values, .. } => {
                let key = self.key(row)?;
                (key < values.len() && values.is_valid(key)).then(|| values.value(key))
            }
        }
    }

    /// The key of a row in a dictionary; nothing where the row is null, or without a dictionary.
    #[inline]
    pub fn key(self, row: usize) -> Option<usize> {
        match self {
            TextColumn::Plain(_) => None,
            TextColumn::Dictionary { keys, .. } => (row < keys.len() && keys.is_valid(row))
                .then(|| usize::try_from(keys.value(row)).ok())
                .flatten(),
        }
    }

    /// The values of the dictionary, if it is one.
    pub fn dictionary(self) -> Option<&'a StringArray> {
        match self {
            TextColumn::Plain(_) => None,
            TextColumn::Dictionary { values, .. } => Some(values),
        }
    }

    /// The texts of all rows.
    pub fn iter(self) -> impl Iterator<Item = Option<&'a str>> {
        (0..self.len()).map(move |row| self.value(row))
    }
}

/// The array with text as `Utf8`; arrays of other types stay as they are.
///
/// Whether [`Program::evaluate`](crate::Program::evaluate) gives text plain or as a dictionary
/// depends on the batch; who needs one schema for all batches asks for this.
pub fn to_plain(array: &ArrayRef) -> ArrayRef {
    match text(array) {
        Some(view @ TextColumn::Dictionary { keys, values }) => {
            // Text that a column cannot hold all of is cut off value by value.
            take(values, keys, None).unwrap_or_else(|_| {
                let mut out = Output::new(Type::Text, view.len());
                view.iter().for_each(|value| out.push(&Datum::text_or_null(value)));
                out.finish()
            })
        }
        _ => Arc::clone(array),
    }
}

/// The array with text as `Dictionary(Int32, Utf8)` of distinct values; arrays of other types stay
/// as they are.
pub fn to_dictionary(array: &ArrayRef) -> ArrayRef {
    match text(array) {
        Some(view) => {
            let mut builder = StringDictionaryBuilder::<Int32Type>::new();
            for value in view.iter() {
                builder.append_option(value);
            }
            Arc::new(builder.finish())
        }
        None => Arc::clone(array),
    }
}

/// The Arrow type of a text dictionary.
pub(crate) fn dictionary_type() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// A dictionary array from a key per row (nothing for null); keys must lie within the values.
pub(crate) fn dictionary_of(keys: arrow_array::Int32Array, values: ArrayRef) -> ArrayRef {
    let rows = keys.len();
    match DictionaryArray::<Int32Type>::try_new(keys, values) {
        Ok(array) => Arc::new(array),
        // Only keys out of range can bring us here, and they are made from the values' length.
        Err(_) => arrow_array::new_null_array(&dictionary_type(), rows),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_agree_for_both_layouts() {
        let plain: ArrayRef =
            Arc::new(StringArray::from(vec![Some("a"), None, Some("b"), Some("a")]));
        let dictionary = to_dictionary(&plain);
        assert_eq!(dictionary.data_type(), &dictionary_type());
        let (p, d) = (text(&plain).unwrap(), text(&dictionary).unwrap());
        assert_eq!(p.iter().collect::<Vec<_>>(), d.iter().collect::<Vec<_>>());
        assert_eq!(d.dictionary().map(|v| v.len()), Some(2));
        assert_eq!(&to_plain(&dictionary), &plain);
        assert_eq!((p.value(9), d.value(9)), (None, None));
    }
}
