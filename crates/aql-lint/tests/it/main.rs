//! Tests of the checker.

mod pages;
mod published;
mod wild;
