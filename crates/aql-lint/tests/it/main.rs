//! Tests of the checker.

mod pages;
