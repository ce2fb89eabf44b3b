//! Values of columns as text and as JSON, prepared for all rows of a batch at once.
//!
//! JSON has a struct as an object without the members that have no value, a list as an array, a map
//! as an object; numbers and booleans as such, everything else as text. Read [`Shown`] first.

use std::borrow::Cow;
use std::fmt::Write as _;

use arrow_array::cast::AsArray;
use arrow_array::{
    Array, ArrayRef, BinaryArray, BinaryViewArray, FixedSizeBinaryArray, LargeBinaryArray,
    LargeStringArray, StringArray, StringViewArray,
};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{ArrowError, DataType, Fields};

use crate::json::quote;

/// Times in ISO 8601.
const OPTIONS: FormatOptions<'static> = FormatOptions::new();

/// A column whose values can be written.
pub(super) struct Shown<'a> {
    array: &'a dyn Array,
    form: Form<'a>,
}

enum Form<'a> {
    /// Without values.
    Nothing,
    Text(Text<'a>),
    Object(Members<'a>),
    /// The items of all rows.
    Array(Box<Shown<'a>>, Places<'a>),
    /// The keys and the values of all rows.
    Map(Box<Shown<'a>>, Box<Shown<'a>>, Places<'a>),
    /// What JSON has as such.
    Plain(ArrayFormatter<'a>),
    /// The same if it is a number in JSON, too.
    Float(ArrayFormatter<'a>),
    Quoted(ArrayFormatter<'a>),
}

/// Texts, or bytes: as text if they are UTF-8, else in hexadecimal.
enum Text<'a> {
    Utf8(&'a StringArray),
    LargeUtf8(&'a LargeStringArray),
    Utf8View(&'a StringViewArray),
    Binary(&'a BinaryArray),
    LargeBinary(&'a LargeBinaryArray),
    BinaryView(&'a BinaryViewArray),
    FixedSizeBinary(&'a FixedSizeBinaryArray),
}

/// Where the items of a row lie among those of all rows.
enum Places<'a> {
    Small(&'a [i32]),
    Large(&'a [i64]),
    /// Each row has as many.
    Fixed(usize),
}

impl Places<'_> {
    fn of(&self, row: usize) -> std::ops::Range<usize> {
        let place = |offset: Option<i64>| offset.and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
        match self {
            Places::Small(offsets) => {
                let at = |row| place(offsets.get(row).map(|n| i64::from(*n)));
                at(row)..at(row + 1)
            }
            Places::Large(offsets) => {
                place(offsets.get(row).copied())..place(offsets.get(row + 1).copied())
            }
            Places::Fixed(length) => row * length..(row + 1) * length,
        }
    }
}

impl<'a> Shown<'a> {
    /// Of a column. Nesting is that of the file's schema, which the reader bounds.
    pub(super) fn new(array: &'a dyn Array) -> Result<Self, ArrowError> {
        let boxed = |array: &'a ArrayRef| Shown::new(array.as_ref()).map(Box::new);
        let form = match array.data_type() {
            DataType::Null => Form::Nothing,
            DataType::Struct(fields) => {
                Form::Object(Members::new(fields, array.as_struct().columns())?)
            }
            DataType::List(_) => {
                let list = array.as_list::<i32>();
                Form::Array(boxed(list.values())?, Places::Small(list.value_offsets()))
            }
            DataType::LargeList(_) => {
                let list = array.as_list::<i64>();
                Form::Array(boxed(list.values())?, Places::Large(list.value_offsets()))
            }
            DataType::FixedSizeList(_, length) => {
                let length = usize::try_from(*length).unwrap_or(0);
                Form::Array(boxed(array.as_fixed_size_list().values())?, Places::Fixed(length))
            }
            DataType::Map(..) => {
                let map = array.as_map();
                let places = Places::Small(map.value_offsets());
                let keys = Shown { array: map.keys(), form: Form::scalar(map.keys())? };
                Form::Map(Box::new(keys), boxed(map.values())?, places)
            }
            DataType::Boolean
            | DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::UInt8
            | DataType::UInt16
            | DataType::UInt32
            | DataType::UInt64 => Form::Plain(ArrayFormatter::try_new(array, &OPTIONS)?),
            DataType::Float16 | DataType::Float32 | DataType::Float64 => {
                Form::Float(ArrayFormatter::try_new(array, &OPTIONS)?)
            }
            _ => Form::scalar(array)?,
        };
        Ok(Shown { array, form })
    }

    /// Has the row a value?
    pub(super) fn has(&self, row: usize) -> bool {
        self.array.is_valid(row) && !matches!(self.form, Form::Nothing)
    }

    /// Appends the value of a row as JSON.
    pub(super) fn json(&self, row: usize, out: &mut String) -> Result<(), ArrowError> {
        if !self.has(row) {
            out.push_str("null");
            return Ok(());
        }
        match &self.form {
            Form::Nothing => {}
            Form::Text(text) => quote(&text.get(row), out),
            Form::Object(members) => members.json(row, out)?,
            Form::Array(items, places) => {
                out.push('[');
                for (nth, item) in places.of(row).enumerate() {
                    if nth > 0 {
                        out.push(',');
                    }
                    items.json(item, out)?;
                }
                out.push(']');
            }
            Form::Map(keys, values, places) => {
                out.push('{');
                let mut key = String::new();
                for (nth, entry) in places.of(row).enumerate() {
                    if nth > 0 {
                        out.push(',');
                    }
                    key.clear();
                    keys.text(entry, &mut key)?;
                    quote(&key, out);
                    out.push(':');
                    values.json(entry, out)?;
                }
                out.push('}');
            }
            Form::Plain(shown) => shown.value(row).write(out)?,
            Form::Float(shown) => {
                let start = out.len();
                shown.value(row).write(out)?;
                let text = out.get(start..).unwrap_or_default();
                // JSON has no `NaN` and no `inf`.
                if !text.parse::<f64>().is_ok_and(f64::is_finite) {
                    let text = text.to_owned();
                    out.truncate(start);
                    quote(&text, out);
                }
            }
            Form::Quoted(shown) => {
                let mut text = String::new();
                shown.value(row).write(&mut text)?;
                quote(&text, out);
            }
        }
        Ok(())
    }

    /// Appends the value of a row as text: what nests as JSON, a text without quotes. Nothing if the
    /// row has no value.
    pub(super) fn text(&self, row: usize, out: &mut String) -> Result<(), ArrowError> {
        if !self.has(row) {
            return Ok(());
        }
        match &self.form {
            Form::Text(text) => out.push_str(&text.get(row)),
            Form::Plain(shown) | Form::Float(shown) | Form::Quoted(shown) => {
                shown.value(row).write(out)?;
            }
            _ => self.json(row, out)?,
        }
        Ok(())
    }
}

impl<'a> Form<'a> {
    /// Of what is shown as a text.
    fn scalar(array: &'a dyn Array) -> Result<Self, ArrowError> {
        Ok(Form::Text(match array.data_type() {
            DataType::Utf8 => Text::Utf8(array.as_string()),
            DataType::LargeUtf8 => Text::LargeUtf8(array.as_string()),
            DataType::Utf8View => Text::Utf8View(array.as_string_view()),
            DataType::Binary => Text::Binary(array.as_binary()),
            DataType::LargeBinary => Text::LargeBinary(array.as_binary()),
            DataType::BinaryView => Text::BinaryView(array.as_binary_view()),
            DataType::FixedSizeBinary(_) => Text::FixedSizeBinary(array.as_fixed_size_binary()),
            _ => return Ok(Form::Quoted(ArrayFormatter::try_new(array, &OPTIONS)?)),
        }))
    }
}

impl<'a> Text<'a> {
    fn get(&self, row: usize) -> Cow<'a, str> {
        match self {
            Text::Utf8(array) => Cow::Borrowed(array.value(row)),
            Text::LargeUtf8(array) => Cow::Borrowed(array.value(row)),
            Text::Utf8View(array) => Cow::Borrowed(array.value(row)),
            Text::Binary(array) => of_bytes(array.value(row)),
            Text::LargeBinary(array) => of_bytes(array.value(row)),
            Text::BinaryView(array) => of_bytes(array.value(row)),
            Text::FixedSizeBinary(array) => of_bytes(array.value(row)),
        }
    }
}

fn of_bytes(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => {
            let mut text = String::with_capacity(bytes.len() * 2);
            for byte in bytes {
                // Writing to a string does not fail.
                let _ = write!(text, "{byte:02x}");
            }
            Cow::Owned(text)
        }
    }
}

/// Columns beside each other: those of a file, or the members of a struct.
pub(super) struct Members<'a> {
    /// The quoted name of each, with a colon behind it.
    names: Vec<String>,
    columns: Vec<Shown<'a>>,
}

impl<'a> Members<'a> {
    /// Of columns and their names.
    pub(super) fn new(fields: &Fields, columns: &'a [ArrayRef]) -> Result<Self, ArrowError> {
        let key = |name: &str| {
            let mut key = String::new();
            quote(name, &mut key);
            key.push(':');
            key
        };
        Ok(Members {
            names: fields.iter().map(|field| key(field.name())).collect(),
            columns: columns
                .iter()
                .map(|array| Shown::new(array.as_ref()))
                .collect::<Result<_, _>>()?,
        })
    }

    /// The columns.
    pub(super) fn columns(&self) -> &[Shown<'a>] {
        &self.columns
    }

    /// Appends a row as a JSON object of the columns that have a value.
    pub(super) fn json(&self, row: usize, out: &mut String) -> Result<(), ArrowError> {
        out.push('{');
        let mut is_first = true;
        for (name, column) in self.names.iter().zip(&self.columns) {
            if !column.has(row) {
                continue;
            }
            if !std::mem::replace(&mut is_first, false) {
                out.push(',');
            }
            out.push_str(name);
            column.json(row, out)?;
        }
        out.push('}');
        Ok(())
    }
}
