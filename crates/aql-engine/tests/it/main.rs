//! Tests of the engine. Most are data: `tests/slt/*.slt`.

mod clients;
mod dialect;
mod differential;
mod large;
mod native;
mod order;
mod runs;
mod slt;
mod table;
mod two_searches;
mod wild;
