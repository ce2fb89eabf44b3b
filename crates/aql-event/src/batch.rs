//! A batch of events.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};

use crate::Column;

/// Events as rows of an Arrow record batch; its columns are those of the needs it was read for.
#[derive(Clone, Debug)]
pub struct EventBatch {
    columns: Arc<[Column]>,
    records: RecordBatch,
}

impl EventBatch {
    /// Puts columns and record batch together; they must agree in number and order, which holds
    /// for every batch made with the schema of the needs.
    pub fn new(columns: Arc<[Column]>, records: RecordBatch) -> Self {
        debug_assert_eq!(columns.len(), records.num_columns());
        EventBatch { columns, records }
    }

    /// The columns, in order.
    pub fn columns(&self) -> &Arc<[Column]> {
        &self.columns
    }

    /// The Arrow batch.
    pub fn records(&self) -> &RecordBatch {
        &self.records
    }

    /// Number of events.
    pub fn num_rows(&self) -> usize {
        self.records.num_rows()
    }

    /// The values of a column, if the batch has it.
    pub fn column(&self, column: &Column) -> Option<&ArrayRef> {
        let index = self.columns.binary_search(column).ok()?;
        self.records.columns().get(index)
    }
}
