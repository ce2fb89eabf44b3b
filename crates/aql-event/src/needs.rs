//! What a query or a pack needs from the evidence.

use std::fmt;
use std::sync::Arc;

use arrow_buffer::BooleanBuffer;
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
    /// Rules out single records by some of their columns; without it no record is ruled out so. A
    /// reader may ask it, and spare the other columns of the records that it rules out.
    pub row_filter: Option<Arc<dyn RowFilter>>,
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
            .field("row_filter", &self.row_filter.is_some())
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
            row_filter: None,
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

    /// What is wanted of the records of this class. Who filters for several rules says here which
    /// columns matter to those that may match. A reader may leave others empty that differ from
    /// record to record; those of which the class knows the value it fills.
    fn wanted(&self, class: &ClassRow<'_>) -> Wanted {
        if self.may_match(class) { Wanted::All } else { Wanted::Nothing }
    }
}

/// What is wanted of the records of a class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// No record can match.
    Nothing,
    /// Every column of the needs.
    All,
    /// The columns at these positions of the class's row, sorted.
    Columns(Vec<usize>),
}

impl Wanted {
    /// Is the column at this position of the class's row wanted?
    pub fn column(&self, index: usize) -> bool {
        match self {
            Wanted::Nothing => false,
            Wanted::All => true,
            Wanted::Columns(columns) => columns.binary_search(&index).is_ok(),
        }
    }
}

/// Decides from the columns that conditions are about whether a record can match, before the others
/// are decoded.
pub trait RowFilter: Send + Sync {
    /// The columns that it looks at. All of them are among those of the needs.
    fn columns(&self) -> &[Column];

    /// The rows that may match, one bit each, in a batch with exactly these columns (as
    /// [`Needs::new`] sorts them).
    fn may_match(&self, events: &EventBatch) -> BooleanBuffer;
}

/// The facts of a class: a batch of one row, in which only the `known` columns mean anything.
pub struct ClassRow<'a> {
    /// One row in the schema of the needs.
    pub row: &'a EventBatch,
    /// Per column: is its value the same for all records of the class?
    pub known: &'a [bool],
}
