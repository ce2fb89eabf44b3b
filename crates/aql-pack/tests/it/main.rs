//! Tests of packs.

mod bundled;
mod correlate;
mod hunt;
mod load;
mod proof;
mod support;
mod tuning;
