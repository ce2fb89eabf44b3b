//! Any bytes as a file; its kind is recognised.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| aql_fuzz::reader::check(bytes));
