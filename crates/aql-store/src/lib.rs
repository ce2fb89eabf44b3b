//! Events kept as Parquet files: importing evidence, and reading it again.
//!
//! A store is a folder: Parquet files by day and import, in Hive's layout (`day=2026-01-31/…`), what
//! says which texts occur in them, and a manifest that names them. [`import`] reads evidence and adds
//! it; a [`Store`] is an event table like the evidence itself, and gives the same events.
//!
//! ```text
//! evidence ── rows (sorted by day, class, time; on disk where memory ends) ── segments ── manifest
//! store ── manifest: which days ── footer: which classes ── columns of the filter: which events
//!       ── the other columns of these ──► EventBatch
//! ```
//!
//! What is in a file can be read by anything that reads Parquet; `docs/store.md` describes it. The
//! manifest is written last and under another name first, so that a run that ends early leaves the
//! store as it was.
//!
//! Not in here: reading raw evidence and plain Parquet files of others (`aql-ingest`), when to
//! import what (`aql-cli`).

mod classes;
mod columns;
mod combined;
mod file_columns;
mod files;
mod import;
mod known;
mod manifest;
mod more;
mod names;
mod plan;
mod project;
mod read;
mod row;
mod runs;
mod scan;
mod segment;
mod segment_file;
mod store;
mod texts;

pub use combined::Combined;
pub use import::{ImportOptions, Imported, import, import_with};
pub use store::{Store, StoreOptions, Totals};
