//! Building batches row by row.

use std::sync::{Arc, OnceLock};

use arrow_array::builder::{
    BinaryBuilder, BooleanBuilder, Float64Builder, Int64Builder, ListBuilder, StringBuilder,
    StringDictionaryBuilder,
};
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use arrow_schema::SchemaRef;

use crate::{Column, Encoding, EventBatch, Needs, Type, canonical_host};

/// Rows after which a batch is full.
const FULL_ROWS: usize = 8192;
/// Bytes of values after which a batch is full, so that huge payloads do not pile up.
const FULL_BYTES: usize = 16 << 20;

/// Fills the columns of a [`Needs`], row by row: set values, then [`end_row`](Self::end_row).
///
/// The first value set for a column of a row wins, so that a reader can try its sources in the
/// order of trust. Columns not set are null.
pub struct BatchBuilder {
    columns: Arc<[Column]>,
    schema: SchemaRef,
    /// Of columns that have a value in this batch: of many columns most stay empty.
    builders: Vec<Option<ColumnBuilder>>,
    set: Vec<bool>,
    /// By column: the text of an address that was set last, and its canonical text.
    hosts: Vec<(String, String)>,
    rows: usize,
    bytes: usize,
    /// Rows for which a builder of a column has room from the start.
    room: usize,
}

/// How the values of a column are kept.
#[derive(Clone, Copy)]
enum Form {
    Text,
    Dictionary,
    Integer,
    Double,
    Boolean,
    Binary,
    List,
}

enum ColumnBuilder {
    Text(StringBuilder),
    Dictionary(StringDictionaryBuilder<Int32Type>),
    Integer(Int64Builder),
    Double(Float64Builder),
    Boolean(BooleanBuilder),
    Binary(BinaryBuilder),
    List(ListBuilder<Int64Builder>),
}

impl BatchBuilder {
    /// A builder of batches in the schema of the needs.
    pub fn new(needs: &Needs) -> Self {
        BatchBuilder::with_room(needs, 1024)
    }

    /// A builder that has no room yet for more than one row: for what a class has in common.
    pub fn of_one_row(needs: &Needs) -> Self {
        BatchBuilder::with_room(needs, 1)
    }

    fn with_room(needs: &Needs, room: usize) -> Self {
        BatchBuilder {
            columns: Arc::clone(needs.columns()),
            schema: Arc::clone(needs.schema()),
            builders: needs.columns().iter().map(|_| None).collect(),
            set: vec![false; needs.columns().len()],
            hosts: Vec::new(),
            rows: 0,
            bytes: 0,
            room,
        }
    }

    /// Number of finished rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Is it time to [`finish`](Self::finish)?
    pub fn is_full(&self) -> bool {
        self.rows >= FULL_ROWS || self.bytes >= FULL_BYTES
    }

    /// Has the column a value in the current row?
    pub fn is_set(&self, column: usize) -> bool {
        self.set.get(column).copied().unwrap_or(true)
    }

    /// Lets `append` put a value into a column that has none in this row. `append` says whether it
    /// did: a builder of another type takes nothing, and the column stays unset.
    fn fill(&mut self, column: usize, append: impl FnOnce(&mut ColumnBuilder) -> bool) {
        if let (Some(set @ false), Some(builder), Some(spec)) =
            (self.set.get_mut(column), self.builders.get_mut(column), self.columns.get(column))
        {
            let (room, rows) = (self.room, self.rows);
            *set = append(builder.get_or_insert_with(|| ColumnBuilder::new(spec, room, rows)));
        }
    }

    /// Sets a value given as text, read as the column's type: numbers and addresses are parsed, and
    /// text that is none leaves the column unset.
    pub fn set_text(&mut self, column: usize, value: &str) {
        let Some(spec) = self.columns.get(column) else { return };
        match spec.ty {
            Type::Text | Type::Null => self.set_raw_text(column, value),
            Type::Host => self.set_host(column, value),
            Type::Integer | Type::Time => {
                if let Some(number) = parse_integer(value) {
                    self.set_integer(column, number);
                }
            }
            Type::Double => {
                if let Ok(number) = value.trim().parse() {
                    self.set_double(column, number);
                }
            }
            Type::Boolean => match value.trim() {
                v if v.eq_ignore_ascii_case("true") || v == "1" => self.set_boolean(column, true),
                v if v.eq_ignore_ascii_case("false") || v == "0" => self.set_boolean(column, false),
                _ => {}
            },
            Type::Binary => self.set_binary(column, value.as_bytes()),
            Type::IntegerList => {}
        }
    }

    /// Sets an address given as text. One event after the other has the same, most of all in the
    /// columns that a record does not fill.
    fn set_host(&mut self, column: usize, value: &str) {
        if self.hosts.is_empty() {
            self.hosts.resize_with(self.columns.len(), Default::default);
        }
        let Some(last) = self.hosts.get_mut(column) else { return };
        let (text, canonical) = std::mem::take(last);
        let known = if !canonical.is_empty() && text == value {
            Some((text, canonical))
        } else {
            canonical_host(value).map(|host| (value.to_owned(), host.to_string()))
        };
        let Some((text, canonical)) = known else { return };
        self.set_raw_text(column, &canonical);
        if let Some(last) = self.hosts.get_mut(column) {
            *last = (text, canonical);
        }
    }

    fn set_raw_text(&mut self, column: usize, value: &str) {
        self.fill(column, |builder| {
            match builder {
                ColumnBuilder::Text(b) => b.append_value(value),
                ColumnBuilder::Dictionary(b) => b.append_value(value),
                _ => return false,
            }
            true
        });
        self.bytes += value.len();
    }

    /// Sets an integer or a time; in a text column its decimal text.
    pub fn set_integer(&mut self, column: usize, value: i64) {
        match self.columns.get(column).map(|c| c.ty) {
            Some(Type::Integer | Type::Time) => {
                self.fill(column, |builder| match builder {
                    ColumnBuilder::Integer(b) => {
                        b.append_value(value);
                        true
                    }
                    _ => false,
                });
            }
            Some(Type::Text) => self.set_raw_text(column, &value.to_string()),
            #[expect(clippy::cast_precision_loss, reason = "a double column asked for it")]
            Some(Type::Double) => self.set_double(column, value as f64),
            _ => {}
        }
    }

    /// Sets a double.
    pub fn set_double(&mut self, column: usize, value: f64) {
        if self.columns.get(column).map(|c| c.ty) == Some(Type::Text) {
            self.set_raw_text(column, &value.to_string());
        } else {
            self.fill(column, |builder| match builder {
                ColumnBuilder::Double(b) => {
                    b.append_value(value);
                    true
                }
                _ => false,
            });
        }
    }

    /// Sets a boolean; in a text column `true` or `false`.
    pub fn set_boolean(&mut self, column: usize, value: bool) {
        if self.columns.get(column).map(|c| c.ty) == Some(Type::Text) {
            self.set_raw_text(column, if value { "true" } else { "false" });
        } else {
            self.fill(column, |builder| match builder {
                ColumnBuilder::Boolean(b) => {
                    b.append_value(value);
                    true
                }
                _ => false,
            });
        }
    }

    /// Sets bytes.
    pub fn set_binary(&mut self, column: usize, value: &[u8]) {
        self.fill(column, |builder| match builder {
            ColumnBuilder::Binary(b) => {
                b.append_value(value);
                true
            }
            _ => false,
        });
        self.bytes += value.len();
    }

    /// Sets an empty list.
    pub fn set_empty_list(&mut self, column: usize) {
        self.fill(column, |builder| match builder {
            ColumnBuilder::List(b) => {
                b.append(true);
                true
            }
            _ => false,
        });
    }

    /// Ends the row: columns not set become null.
    pub fn end_row(&mut self) {
        for (builder, set) in self.builders.iter_mut().zip(&mut self.set) {
            if !std::mem::replace(set, false)
                && let Some(builder) = builder
            {
                builder.append_null();
            }
        }
        self.rows += 1;
    }

    /// The rows so far as a batch; the builder starts anew.
    pub fn finish(&mut self) -> EventBatch {
        // A row begun but not ended would leave columns of unequal length.
        if self.set.iter().any(|&s| s) {
            self.end_row();
        }
        let columns = self.builders.iter_mut().zip(self.columns.iter());
        let arrays = columns.map(|(builder, column)| match builder.take() {
            Some(mut builder) => builder.finish(),
            None => nulls(column, self.rows),
        });
        let arrays: Vec<ArrayRef> = arrays.collect();
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        self.rows = 0;
        self.bytes = 0;
        let records = RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)
            .unwrap_or_else(|_| RecordBatch::new_empty(Arc::clone(&self.schema)));
        EventBatch::new(Arc::clone(&self.columns), records)
    }
}

impl Form {
    fn of(column: &Column) -> Self {
        match (column.ty, column.encoding) {
            (Type::Text | Type::Host, Encoding::Dictionary) => Form::Dictionary,
            (Type::Text | Type::Host | Type::Null, _) => Form::Text,
            (Type::Integer | Type::Time, _) => Form::Integer,
            (Type::Double, _) => Form::Double,
            (Type::Boolean, _) => Form::Boolean,
            (Type::Binary, _) => Form::Binary,
            (Type::IntegerList, _) => Form::List,
        }
    }
}

/// A column without a value.
fn nulls(column: &Column, rows: usize) -> ArrayRef {
    // One row each is made of every class of records, with nearly every column empty.
    static ONE: [OnceLock<ArrayRef>; 7] = [const { OnceLock::new() }; 7];
    let new = || new_null_array(column.arrow_field().data_type(), rows);
    match ONE.get(Form::of(column) as usize) {
        Some(one) if rows == 1 => Arc::clone(one.get_or_init(new)),
        _ => new(),
    }
}

impl ColumnBuilder {
    /// A builder with room for this many rows, each of a byte, that begins with so many nulls.
    fn new(column: &Column, rows: usize, nulls: usize) -> Self {
        let mut builder = match Form::of(column) {
            Form::Dictionary => ColumnBuilder::Dictionary(if rows > 1 {
                StringDictionaryBuilder::new()
            } else {
                StringDictionaryBuilder::with_capacity(rows, rows, rows)
            }),
            Form::Text => ColumnBuilder::Text(StringBuilder::with_capacity(rows, rows)),
            Form::Integer => ColumnBuilder::Integer(Int64Builder::with_capacity(rows)),
            Form::Double => ColumnBuilder::Double(Float64Builder::with_capacity(rows)),
            Form::Boolean => ColumnBuilder::Boolean(BooleanBuilder::with_capacity(rows)),
            Form::Binary => ColumnBuilder::Binary(BinaryBuilder::with_capacity(rows, rows)),
            Form::List => {
                ColumnBuilder::List(ListBuilder::with_capacity(Int64Builder::new(), rows))
            }
        };
        match &mut builder {
            ColumnBuilder::Text(b) => b.append_nulls(nulls),
            ColumnBuilder::Dictionary(b) => b.append_nulls(nulls),
            ColumnBuilder::Integer(b) => b.append_nulls(nulls),
            ColumnBuilder::Double(b) => b.append_nulls(nulls),
            ColumnBuilder::Boolean(b) => b.append_nulls(nulls),
            ColumnBuilder::Binary(b) => b.append_nulls(nulls),
            ColumnBuilder::List(b) => (0..nulls).for_each(|_| b.append(false)),
        }
        builder
    }

    fn append_null(&mut self) {
        match self {
            ColumnBuilder::Text(b) => b.append_null(),
            ColumnBuilder::Dictionary(b) => b.append_null(),
            ColumnBuilder::Integer(b) => b.append_null(),
            ColumnBuilder::Double(b) => b.append_null(),
            ColumnBuilder::Boolean(b) => b.append_null(),
            ColumnBuilder::Binary(b) => b.append_null(),
            ColumnBuilder::List(b) => b.append(false),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            ColumnBuilder::Text(b) => Arc::new(b.finish()),
            ColumnBuilder::Dictionary(b) => Arc::new(b.finish()),
            ColumnBuilder::Integer(b) => Arc::new(b.finish()),
            ColumnBuilder::Double(b) => Arc::new(b.finish()),
            ColumnBuilder::Boolean(b) => Arc::new(b.finish()),
            ColumnBuilder::Binary(b) => Arc::new(b.finish()),
            ColumnBuilder::List(b) => Arc::new(b.finish()),
        }
    }
}

/// Decimal or `0x` hexadecimal.
fn parse_integer(text: &str) -> Option<i64> {
    let text = text.trim();
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(hex, 16).ok().and_then(|n| i64::try_from(n).ok()),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::cast::AsArray;
    use arrow_array::types::Int64Type;
    use arrow_array::{Array, ArrayAccessor};

    use super::BatchBuilder;
    use crate::{Column, ColumnKind, Encoding, Needs, Type};

    #[test]
    fn first_value_wins_and_unset_is_null() {
        let port = Column::new(ColumnKind::Builtin, "sourceport", Type::Integer, Encoding::Plain);
        let user = Column::new(ColumnKind::Builtin, "username", Type::Text, Encoding::Dictionary);
        let needs = Needs::new([user.clone(), port.clone(), user.clone()]);
        assert_eq!(needs.columns().len(), 2);
        let (port_at, user_at) =
            (needs.index_of(&port).expect("asked for"), needs.index_of(&user).expect("asked for"));
        let mut builder = BatchBuilder::new(&needs);
        builder.set_text(port_at, "0x1bb");
        builder.set_integer(port_at, 1);
        builder.end_row();
        builder.set_text(port_at, "no number");
        builder.set_text(user_at, "a");
        builder.end_row();
        let batch = builder.finish();
        assert_eq!(batch.num_rows(), 2);
        let ports = batch.column(&port).expect("in batch").as_primitive::<Int64Type>();
        assert_eq!((ports.value(0), ports.is_null(1)), (443, true));
        assert!(batch.column(&user).expect("in batch").is_null(0));
    }

    #[test]
    fn columns_without_a_value_are_null_in_every_type() {
        let types = [
            (Type::Text, Encoding::Plain),
            (Type::Text, Encoding::Dictionary),
            (Type::Host, Encoding::Dictionary),
            (Type::Null, Encoding::Plain),
            (Type::Integer, Encoding::Plain),
            (Type::Time, Encoding::Plain),
            (Type::Double, Encoding::Plain),
            (Type::Boolean, Encoding::Plain),
            (Type::Binary, Encoding::Plain),
            (Type::IntegerList, Encoding::Plain),
        ];
        let columns = types.iter().enumerate().map(|(number, (ty, encoding))| {
            Column::new(ColumnKind::Property, &format!("c{number}"), *ty, *encoding)
        });
        let columns: Vec<Column> = columns.collect();
        let needs = Needs::new(columns.clone());
        for builder in [&mut BatchBuilder::new(&needs), &mut BatchBuilder::of_one_row(&needs)] {
            // The second batch of a builder is like its first.
            for rows in [1, 3, 1] {
                (0..rows).for_each(|_| builder.end_row());
                let batch = builder.finish();
                assert_eq!(batch.num_rows(), rows);
                for column in &columns {
                    let array = batch.column(column).expect("in batch");
                    assert_eq!(array.logical_null_count(), rows, "{column:?}");
                }
            }
        }
    }

    #[test]
    fn a_first_value_in_a_later_row() {
        let user = Column::new(ColumnKind::Builtin, "username", Type::Text, Encoding::Dictionary);
        let needs = Needs::new([user.clone()]);
        let mut builder = BatchBuilder::new(&needs);
        builder.end_row();
        builder.end_row();
        builder.set_text(0, "a");
        builder.end_row();
        builder.end_row();
        let batch = builder.finish();
        let users = batch.column(&user).expect("in batch");
        let nulls: Vec<bool> = (0..4).map(|row| users.is_null(row)).collect();
        assert_eq!(nulls, [true, true, false, true]);
        let keys = users.as_dictionary::<arrow_array::types::Int32Type>();
        assert_eq!(keys.downcast_dict::<arrow_array::StringArray>().expect("text").value(2), "a");
    }
}
