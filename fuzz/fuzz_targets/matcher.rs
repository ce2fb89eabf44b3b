//! Conditions and rows made of the bytes: the matcher beside an evaluator too plain to be wrong.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| aql_fuzz::matcher::check(bytes));
