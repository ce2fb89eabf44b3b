//! What a query or a pack needs from the evidence.

use std::fmt;
use std::sync::Arc;

use arrow_schema::{Schema, SchemaRef};

use crate::{Column, EventBatch, LogSources};

/// What to read: the columns to fill, and which records can be left out unread.
///
/// Column `i` of every batch that a reader yields is `columns()[i]`.
#[derive(Clone)]
pub struct Needs {
    columns: Arc<[Column]>,
    schema: SchemaRef,
    /// Rules out whole classes of records; without it every record is wanted.
    pub class_filter: Option<Arc<dyn ClassFilter>>,
    /// Only events whose `starttime` lies in here are wanted; without it all.
    pub time: Option<TimeRange>,
    /// The log sources met so far: readers add, name look-ups read.
    pub log_sources: Arc<LogSources>,
}

impl fmt::Debug for Needs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Needs")
            .field("columns", &self.columns)
            .field("class_filter", &self.class_filter.is_some())
            .field("time", &self.time)
            .finish_non_exhaustive()
    }
}

impl Needs {
    /// Needs of these columns, duplicates dropped, in a fixed order.
    pub fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        let mut columns: Vec<Column> = columns.into_iter().collect();
        columns.sort();
        columns.dedup();
        let fields: Vec<_> = columns.iter().map(Column::arrow_field).collect();
        Needs {
            schema: Arc::new(Schema::new(fields)),
            columns: columns.into(),
            class_filter: None,
            time: None,
            log_sources: Arc::new(LogSources::default()),
        }
    }

    /// The columns, in batch order.
    pub fn columns(&self) -> &Arc<[Column]> {
        &self.columns
    }

    /// The Arrow schema of every batch.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Position of a column.
    pub fn index_of(&self, column: &Column) -> Option<usize> {
        self.columns.binary_search(column).ok()
    }
}

/// A range of epoch milliseconds, start inclusive, end exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeRange {
    /// First millisecond.
    pub start: i64,
    /// One past the last millisecond.
    pub end: i64,
}

impl TimeRange {
    /// Does the range hold this moment?
    pub fn contains(self, time: i64) -> bool {
        (self.start..self.end).contains(&time)
    }
}

/// Decides from what a class of records has in common whether any record of the class can match.
///
/// A class is all records that share the facts known before their values are decoded: format,
/// channel, provider and event id of a Windows event; workload and operation of an audit record.
/// A reader asks once per class and skips the records of a class that cannot match.
pub trait ClassFilter: Send + Sync {
    /// May a record of this class match? `true` when in doubt.
    fn may_match(&self, class: &ClassRow<'_>) -> bool;
}

/// The facts of a class: a batch of one row, in which only the `known` columns mean anything.
pub struct ClassRow<'a> {
    /// One row in the schema of the needs.
    pub row: &'a EventBatch,
    /// Per column: is its value the same for all records of the class?
    pub known: &'a [bool],
}
