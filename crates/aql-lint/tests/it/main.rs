//! Tests of the checker.

mod bad_messages;
mod cases;
mod pages;
mod published;
mod wild;
