//! Any text: parsed, formatted, bound, computed and matched.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    aql_fuzz::language::check(&aql_fuzz::text(bytes));
});
