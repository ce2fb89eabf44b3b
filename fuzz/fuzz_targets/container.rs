//! Bytes as something compressed or an archive, by the first byte.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| aql_fuzz::reader::container(bytes));
