//! Integration tests of the evidence readers.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on fails, and says so when it is skipped"
)]

mod coalesce;
mod columns;
mod containers;
mod corpus;
mod csv_ranges;
mod documents;
mod elastic;
mod evtx;
mod evtx_emulated;
mod fields;
mod formats;
mod hostile;
mod levels;
mod looks;
mod mappings;
mod open;
mod panics;
mod parquet;
mod ranges;
mod robust;
mod shapes;
mod undated;
mod util;
mod wrappers;
