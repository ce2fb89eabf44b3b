//! One value of a result as JSON or text.

use aql_eval::{TextColumn, text_of_double};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef};
use serde_json::Value;

/// The value as JSON: text, number, boolean or null; bytes as text, with invalid UTF-8 replaced.
pub fn cell_json(array: &ArrayRef, row: usize) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    if let Some(text) = TextColumn::new(array) {
        return text.value(row).map_or(Value::Null, Value::from);
    }
    if let Some(numbers) = array.as_primitive_opt::<Int64Type>() {
        return Value::from(numbers.value(row));
    }
    if let Some(numbers) = array.as_primitive_opt::<Float64Type>() {
        return serde_json::Number::from_f64(numbers.value(row)).map_or(Value::Null, Value::Number);
    }
    if let Some(booleans) = array.as_boolean_opt() {
        return Value::from(booleans.value(row));
    }
    if let Some(bytes) = array.as_binary_opt::<i32>() {
        return Value::from(String::from_utf8_lossy(bytes.value(row)));
    }
    if let Some(list) = array.as_list_opt::<i32>() {
        let items = list.value(row);
        return Value::Array((0..items.len()).map(|i| cell_json(&items, i)).collect());
    }
    Value::Null
}

/// The value as text, as the appliance prints it: doubles always with a decimal point; nothing for
/// null.
pub fn cell_text(array: &ArrayRef, row: usize) -> String {
    if array.is_null(row) {
        return String::new();
    }
    if let Some(numbers) = array.as_primitive_opt::<Float64Type>() {
        return text_of_double(numbers.value(row));
    }
    value_text(&cell_json(array, row))
}

/// The same of a value that is JSON already.
pub(crate) fn value_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => {
            number.as_f64().map_or_else(String::new, text_of_double)
        }
        other => other.to_string(),
    }
}
