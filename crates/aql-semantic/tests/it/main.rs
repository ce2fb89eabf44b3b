//! Tests of binding.
#![expect(clippy::print_stderr, reason = "a test that is skipped says so")]

mod cases;
mod compatibility;
mod corpus;
mod profile;
mod published;
