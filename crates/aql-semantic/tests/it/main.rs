//! Tests of binding.
#![expect(clippy::print_stderr, reason = "a test that is skipped says so")]

mod cases;
mod corpus;
mod published;
