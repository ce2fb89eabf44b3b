//! Tests of the store: the same events as the evidence, whatever happens to it.

mod bad_input;
mod import;
mod same_events;
mod util;
