//! Bytes as rows under the header of an audit export.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| aql_fuzz::reader::with_head(b"CreationDate,UserIds,Operations,AuditData\n", bytes));
