//! Tests of the store: the same events as the evidence, whatever happens to it.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on fails, and says so when it is skipped"
)]

mod bad_input;
mod import;
mod row_filter;
mod same_events;
mod util;
