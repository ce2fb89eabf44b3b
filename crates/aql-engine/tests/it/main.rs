//! Tests of the engine. Most are data: `tests/slt/*.slt`.

mod clients;
mod runs;
mod slt;
mod table;
mod wild;
