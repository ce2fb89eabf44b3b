//! Bytes behind the magic of an event log file.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| aql_fuzz::reader::with_head(b"ElfFile\0", bytes));
