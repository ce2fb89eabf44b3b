//! Bytes as Windows event XML.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| aql_fuzz::reader::with_head(b"<Event ", bytes));
