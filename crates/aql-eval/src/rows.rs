//! Rows that expressions read.

use aql_event::{Column, EventBatch};
use arrow_array::ArrayRef;

/// A number of rows with columns. A column that is not there reads as null.
///
/// Text and addresses come as `Utf8` or `Dictionary(Int32, Utf8)`, integers and times as `Int64`,
/// the rest as [`Column::arrow_type`] says. Arrays of the other text and integer layouts of Arrow
/// are accepted and converted.
pub trait Rows {
    /// Number of rows.
    fn len(&self) -> usize;

    /// Are there none?
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The values of a column of the event.
    fn column(&self, column: &Column) -> Option<&ArrayRef> {
        let _ = column;
        None
    }

    /// The values of an output column of the inner query.
    fn input(&self, index: usize) -> Option<&ArrayRef> {
        let _ = index;
        None
    }

    /// The values of a group key.
    fn key(&self, index: usize) -> Option<&ArrayRef> {
        let _ = index;
        None
    }

    /// The values of an aggregate call.
    fn aggregate(&self, index: usize) -> Option<&ArrayRef> {
        let _ = index;
        None
    }
}

impl Rows for EventBatch {
    fn len(&self) -> usize {
        self.num_rows()
    }

    fn column(&self, column: &Column) -> Option<&ArrayRef> {
        EventBatch::column(self, column)
    }
}

/// Rows that are no events: those of an inner query, or groups with their keys and aggregates.
#[derive(Clone, Debug, Default)]
pub struct ValueRows {
    /// Number of rows.
    pub rows: usize,
    /// Output columns of the inner query.
    pub inputs: Vec<ArrayRef>,
    /// Group keys.
    pub keys: Vec<ArrayRef>,
    /// Aggregate calls.
    pub aggregates: Vec<ArrayRef>,
}

impl Rows for ValueRows {
    fn len(&self) -> usize {
        self.rows
    }

    fn input(&self, index: usize) -> Option<&ArrayRef> {
        self.inputs.get(index)
    }

    fn key(&self, index: usize) -> Option<&ArrayRef> {
        self.keys.get(index)
    }

    fn aggregate(&self, index: usize) -> Option<&ArrayRef> {
        self.aggregates.get(index)
    }
}
