//! Events as bytes: what is sorted, and put on disk where memory ends.
//!
//! A row is a key and cells. Keys compare as bytes in the order of segments: day, class, time,
//! then file and record, so that the order does not depend on threads. A cell is the number of its
//! column and its value; columns without a value have none.

use std::sync::Arc;

use aql_event::{Column, EventBatch, Type, provenance};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef};

use crate::columns::{PAYLOAD, TIME};

/// How much time the events of a partition are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    /// An hour: in stores of version 1.
    Hour,
    /// A day.
    Day,
}

impl Span {
    /// In milliseconds.
    pub(crate) fn length(self) -> i64 {
        match self {
            Span::Hour => 3_600_000,
            Span::Day => 86_400_000,
        }
    }
}

/// The partition of events without a time: after all others.
pub(crate) const UNDATED: u64 = u64::MAX;

/// Built-in columns whose values name the class of an event.
const CLASS: &[&str] = &[provenance::FORMAT, "devicetype", "qideventcategory", "qideventid", "qid"];

/// A value of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cell<'r> {
    /// Text or an address.
    Text(&'r str),
    /// An integer or a time.
    Integer(i64),
    /// A double.
    Double(f64),
    /// A boolean.
    Boolean(bool),
    /// Bytes.
    Bytes(&'r [u8]),
    /// A list of integers, eight bytes each.
    List(&'r [u8]),
}

/// Writes rows of batches that all have the same columns.
pub(crate) struct RowEncoder {
    columns: Arc<[Column]>,
    span: Span,
    time: Option<usize>,
    class: Vec<usize>,
    file: Option<usize>,
    record: Option<usize>,
}

impl RowEncoder {
    /// For batches with these columns, and partitions of so much time.
    pub(crate) fn new(columns: &Arc<[Column]>, span: Span) -> Self {
        let at = |name: &str| columns.iter().position(|column| &*column.name == name);
        RowEncoder {
            columns: Arc::clone(columns),
            span,
            time: at(TIME),
            class: CLASS.iter().filter_map(|name| at(name)).collect(),
            file: at(provenance::FILE),
            record: at(provenance::RECORD),
        }
    }

    /// Appends every row of a batch, and calls `done` with the number and the partition of each, and
    /// which columns are filled; after these, whether the payload is no UTF-8.
    pub(crate) fn encode(
        &self,
        events: &EventBatch,
        out: &mut Vec<u8>,
        mut done: impl FnMut(usize, u64, &[bool]),
    ) {
        let mut filled = vec![false; self.columns.len() + 1];
        let payload = self.columns.iter().position(|column| &*column.name == PAYLOAD);
        let arrays = events.records().columns();
        let get = |at: Option<usize>| at.and_then(|at| arrays.get(at));
        for row in 0..events.num_rows() {
            let start = out.len();
            // Lengths of key and row are filled in at the end.
            out.extend_from_slice(&[0; 8]);
            let time = get(self.time).and_then(|array| integer(array, row));
            let partition =
                time.map_or(UNDATED, |time| ordered(time.div_euclid(self.span.length())));
            out.extend_from_slice(&partition.to_be_bytes());
            for at in &self.class {
                if let Some(array) = arrays.get(*at) {
                    push_key_text(array, row, out);
                }
                out.push(1);
            }
            out.push(0);
            out.extend_from_slice(&ordered(time.unwrap_or(i64::MAX)).to_be_bytes());
            if let Some(array) = get(self.file) {
                push_key_text(array, row, out);
            }
            out.push(0);
            let record = get(self.record).and_then(|array| integer(array, row)).unwrap_or(0);
            out.extend_from_slice(&ordered(record).to_be_bytes());
            let cells = out.len();
            let columns = self.columns.iter().zip(arrays).zip(&mut filled);
            for (number, ((column, array), filled)) in columns.enumerate() {
                *filled = array.is_valid(row);
                if *filled {
                    push_varint(out, number as u64);
                    push_cell(column.ty, array, row, out);
                }
            }
            if let Some(is_odd) = filled.last_mut() {
                let array = get(payload).and_then(|array| array.as_binary_opt::<i32>());
                let bytes = array.filter(|a| a.is_valid(row)).map(|a| a.value(row));
                *is_odd = bytes.is_some_and(|bytes| std::str::from_utf8(bytes).is_err());
            }
            fill_length(out, start, cells - start - 8);
            let length = out.len() - start - 8;
            fill_length(out, start + 4, length);
            done(row, partition, &filled);
        }
    }
}

fn fill_length(out: &mut [u8], at: usize, length: usize) {
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    if let Some(place) = out.get_mut(at..at + 4) {
        place.copy_from_slice(&length.to_le_bytes());
    }
}

/// Integers in the order of their bytes, big end first.
fn ordered(n: i64) -> u64 {
    n.cast_unsigned() ^ (1 << 63)
}

/// The integer that [`ordered`] made this of.
pub(crate) fn unordered(n: u64) -> i64 {
    (n ^ (1 << 63)).cast_signed()
}

fn integer(array: &ArrayRef, row: usize) -> Option<i64> {
    let array = array.as_primitive_opt::<Int64Type>()?;
    array.is_valid(row).then(|| array.value(row))
}

/// Text of a key; it ends at the next byte below two, so these are left out.
fn push_key_text(array: &ArrayRef, row: usize, out: &mut Vec<u8>) {
    if let Some(text) = array.as_string_opt::<i32>().filter(|array| array.is_valid(row)) {
        out.extend(text.value(row).bytes().filter(|byte| *byte > 1));
    } else if let Some(number) = integer(array, row) {
        out.extend_from_slice(format!("{number:020}").as_bytes());
    }
}

fn push_varint(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    out.push((n & 0x7f) as u8);
}

fn push_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    push_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// A value; of a type that the array is not of, an empty one is written, so that rows stay whole.
fn push_cell(ty: Type, array: &ArrayRef, row: usize, out: &mut Vec<u8>) {
    match ty {
        Type::Text | Type::Host | Type::Null => {
            let text = array.as_string_opt::<i32>().map_or("", |array| array.value(row));
            push_bytes(out, text.as_bytes());
        }
        Type::Integer | Type::Time => {
            let n = integer(array, row).unwrap_or(0);
            push_varint(out, (n.cast_unsigned() << 1) ^ (n >> 63).cast_unsigned());
        }
        Type::Double => {
            let n = array.as_primitive_opt::<Float64Type>().map_or(0.0, |array| array.value(row));
            out.extend_from_slice(&n.to_le_bytes());
        }
        Type::Boolean => {
            out.push(array.as_boolean_opt().is_some_and(|array| array.value(row)).into());
        }
        Type::Binary => {
            push_bytes(out, array.as_binary_opt::<i32>().map_or(&[], |array| array.value(row)));
        }
        Type::IntegerList => {
            let items = array.as_list_opt::<i32>().map(|array| array.value(row));
            let items = items.as_ref().and_then(|items| items.as_primitive_opt::<Int64Type>());
            let bytes: Vec<u8> =
                items.into_iter().flatten().flatten().flat_map(i64::to_le_bytes).collect();
            push_bytes(out, &bytes);
        }
    }
}

/// The rows that stand one after the other.
pub(crate) fn rows_in(mut bytes: &[u8]) -> impl Iterator<Item = Row<'_>> {
    std::iter::from_fn(move || {
        let row = Row::at(bytes)?;
        bytes = bytes.get(Row::HEAD + row.bytes.len()..)?;
        Some(row)
    })
}

/// A row as its bytes: `u32` length of the key, `u32` length of key and cells, key, cells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'r> {
    bytes: &'r [u8],
    key: usize,
}

impl<'r> Row<'r> {
    /// Bytes in front of the key.
    pub(crate) const HEAD: usize = 8;

    /// Length of what follows a head.
    pub(crate) fn length(head: [u8; 8]) -> usize {
        let [.., a, b, c, d] = head;
        u32::from_le_bytes([a, b, c, d]) as usize
    }

    /// The row whose head starts here.
    pub(crate) fn at(bytes: &'r [u8]) -> Option<Self> {
        let (head, rest) = bytes.split_first_chunk::<8>()?;
        let [a, b, c, d, ..] = *head;
        let key = u32::from_le_bytes([a, b, c, d]) as usize;
        Some(Row { bytes: rest.get(..Row::length(*head))?, key })
    }

    /// What stands in front of the key.
    pub(crate) fn head(&self) -> [u8; 8] {
        let length = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes();
        let ([a, b, c, d], [e, f, g, h]) = (length(self.key), length(self.bytes.len()));
        [a, b, c, d, e, f, g, h]
    }

    /// What rows are ordered by: the key, and then everything.
    pub(crate) fn order(&self) -> &'r [u8] {
        self.bytes
    }

    /// The partition as in the key.
    pub(crate) fn partition(&self) -> u64 {
        self.bytes.first_chunk::<8>().map_or(UNDATED, |bytes| u64::from_be_bytes(*bytes))
    }

    /// Partition and class: the part of the key that rows of one class share.
    pub(crate) fn class(&self) -> &'r [u8] {
        let key = self.bytes.get(..self.key).unwrap_or_default();
        let end = key.iter().skip(8).position(|byte| *byte == 0).map_or(key.len(), |at| at + 8);
        key.get(..end).unwrap_or_default()
    }

    /// The cells: number of the column, and value.
    pub(crate) fn cells(&self, columns: &[Column]) -> impl Iterator<Item = (usize, Cell<'r>)> {
        let mut rest = self.bytes.get(self.key..).unwrap_or_default();
        std::iter::from_fn(move || {
            let number = usize::try_from(varint(&mut rest)?).ok()?;
            let cell = match columns.get(number)?.ty {
                Type::Text | Type::Host | Type::Null => {
                    Cell::Text(std::str::from_utf8(bytes(&mut rest)?).ok()?)
                }
                Type::Integer | Type::Time => {
                    let n = varint(&mut rest)?;
                    Cell::Integer((n >> 1).cast_signed() ^ -((n & 1).cast_signed()))
                }
                Type::Double => {
                    let (bytes, after) = rest.split_first_chunk::<8>()?;
                    rest = after;
                    Cell::Double(f64::from_le_bytes(*bytes))
                }
                Type::Boolean => {
                    let (first, after) = rest.split_first()?;
                    rest = after;
                    Cell::Boolean(*first != 0)
                }
                Type::Binary => Cell::Bytes(bytes(&mut rest)?),
                Type::IntegerList => Cell::List(bytes(&mut rest)?),
            };
            Some((number, cell))
        })
    }
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut n = 0;
    for shift in (0..64).step_by(7) {
        let (first, after) = rest.split_first()?;
        *rest = after;
        n |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(n);
        }
    }
    None
}

fn bytes<'r>(rest: &mut &'r [u8]) -> Option<&'r [u8]> {
    let length = usize::try_from(varint(rest)?).ok()?;
    let (bytes, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use aql_event::{BatchBuilder, Column, ColumnKind, Encoding, Needs, Type};

    use super::{Cell, Row, RowEncoder, Span, UNDATED, ordered, rows_in, unordered};

    const DAY: i64 = 86_400_000;

    fn needs() -> Needs {
        let builtin = |name: &str, ty| Column {
            encoding: Encoding::Plain,
            ..Column::new(ColumnKind::Builtin, name, ty, Encoding::Plain)
        };
        Needs::new([
            builtin("starttime", Type::Time),
            builtin("qid", Type::Integer),
            builtin("sourceip", Type::Host),
            builtin("payload", Type::Binary),
            builtin("isunparsed", Type::Boolean),
            builtin("devicegrouplist", Type::IntegerList),
        ])
    }

    #[test]
    fn rows_come_back_and_sort_by_day_class_and_time() {
        let needs = needs();
        let at = |name: &str| needs.columns().iter().position(|c| &*c.name == name).unwrap();
        let mut builder = BatchBuilder::new(&needs);
        let rows: [(Option<i64>, i64); 5] =
            [(Some(DAY + 1), 2), (None, 1), (Some(-1), 9), (Some(DAY + 2), 1), (Some(DAY + 1), 1)];
        for (time, qid) in rows {
            if let Some(time) = time {
                builder.set_integer(at("starttime"), time);
            }
            builder.set_integer(at("qid"), qid);
            builder.set_text(at("sourceip"), "192.0.2.1");
            builder.set_binary(at("payload"), b"\xff\0");
            builder.set_boolean(at("isunparsed"), true);
            builder.set_empty_list(at("devicegrouplist"));
            builder.end_row();
        }
        let batch = builder.finish();
        let (mut bytes, mut days) = (Vec::new(), Vec::new());
        RowEncoder::new(needs.columns(), Span::Day).encode(&batch, &mut bytes, |_, day, filled| {
            assert_eq!(filled[at("starttime")], day != UNDATED);
            days.push(day);
        });
        let mut sorted: Vec<Row<'_>> = rows_in(&bytes).collect();
        sorted.sort_by_key(Row::order);
        let integers: Vec<(Option<i64>, i64)> = sorted
            .iter()
            .map(|row| {
                let cells: Vec<_> = row.cells(needs.columns()).collect();
                assert!(cells.contains(&(at("payload"), Cell::Bytes(b"\xff\0"))));
                assert!(cells.contains(&(at("sourceip"), Cell::Text("192.0.2.1"))));
                assert!(cells.contains(&(at("isunparsed"), Cell::Boolean(true))));
                assert!(cells.contains(&(at("devicegrouplist"), Cell::List(b""))));
                let integer = |name: &str| {
                    cells.iter().find(|(n, _)| *n == at(name)).map(|(_, cell)| match cell {
                        Cell::Integer(n) => *n,
                        other => panic!("{other:?} is no integer"),
                    })
                };
                (integer("starttime"), integer("qid").unwrap())
            })
            .collect();
        assert_eq!(
            integers,
            [(Some(-1), 9), (Some(DAY + 1), 1), (Some(DAY + 2), 1), (Some(DAY + 1), 2), (None, 1)]
        );
        assert_eq!(days[1], UNDATED);
        assert_eq!(unordered(days[2]), -1);
        assert_eq!(unordered(ordered(i64::MIN)), i64::MIN);
        assert_eq!(sorted[1].class(), sorted[2].class());
        assert_ne!(sorted[2].class(), sorted[3].class());
    }
}
