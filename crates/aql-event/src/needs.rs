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
    /// Leaves out single events, from some of the columns. A table that can read these columns
    /// first need not read the others of events that are left out; one that cannot may ignore it,
    /// so that whoever sets it has to look at the events that come all the same.
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

    /// Does it depend on which texts occur in this column whether records can match?
    fn looks_for_texts(&self, _column: &Column) -> bool {
        false
    }

    /// May one of some records of this class match, of which it is known which texts may occur in
    /// their values? `true` when in doubt.
    fn may_match_among(&self, class: &ClassRow<'_>, _texts: &dyn Occurrences) -> bool {
        self.may_match(class)
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

/// What is known of the texts in some records.
pub trait Occurrences {
    /// May this text occur in the column of one of the records, be it in other letters by case?
    /// `true` when in doubt.
    ///
    /// "In other letters" means whatever simple case folding, or a change to upper or to lower
    /// case, makes the same.
    fn may_occur(&self, column: &Column, text: &str) -> bool;
}

/// Decides from some columns which events of a batch are wanted.
pub trait RowFilter: Send + Sync {
    /// The columns that it reads.
    fn columns(&self) -> &[Column];

    /// Which events of a batch are wanted, one bit each; `true` when in doubt. A column that the
    /// batch does not have counts as one without values.
    fn wanted(&self, events: &EventBatch) -> BooleanBuffer;
}

/// The facts of a class: a batch of one row, in which only the `known` columns mean anything.
pub struct ClassRow<'a> {
    /// One row in the schema of the needs.
    pub row: &'a EventBatch,
    /// Per column: is its value the same for all records of the class?
    pub known: &'a [bool],
}
