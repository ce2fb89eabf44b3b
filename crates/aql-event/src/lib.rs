//! The event model: what an event is between a reader and a verdict.
//!
//! An event is one row of an [`EventBatch`], an Arrow record batch whose columns are exactly those
//! that somebody asked for in a [`Needs`]. Readers build batches with a [`BatchBuilder`]; the
//! matcher, the expression evaluator and the engine read them. Read [`Column`] first.
//!
//! Not in here: which raw key fills which column (that is `aql-ingest` with the tables of
//! `aql-catalog`), what a column means in a query (`aql-semantic`).

mod batch;
mod builder;
mod column;
mod date_pattern;
pub mod fields;
mod needs;
mod sources;
mod table;

pub use batch::EventBatch;
pub use builder::BatchBuilder;
pub use column::{Column, ColumnKind, Encoding, Type, canonical_host};
pub use date_pattern::{DatePattern, PatternError};
pub use needs::{ClassFilter, ClassRow, Needs, Occurrences, RowFilter, TimeRange, Wanted};
pub use sources::{LogSource, LogSources};
pub use table::{EventTable, FileReport, ScanReport, ScanStep};

/// Names of the provenance columns: they say where an event was read from.
pub mod provenance {
    /// Path of the file as the user gave it; members of archives as `archive.zip!/member`.
    pub const FILE: &str = "aql.file";
    /// Number of the record in its file: the record number of an EVTX record, else the position
    /// among the records of the file, from 1.
    pub const RECORD: &str = "aql.record";
    /// Name of the format, such as `evtx`.
    pub const FORMAT: &str = "aql.format";
    /// All fields of the raw record in one binary value (see [`fields`](crate::fields)): for who
    /// cannot say beforehand which fields there are. Queries cannot name it.
    pub const FIELDS: &str = "aql.fields";
}
