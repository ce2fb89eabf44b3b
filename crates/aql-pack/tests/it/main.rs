//! Tests of packs.

mod bundled;
mod correlate;
mod hunt;
mod load;
mod proof;
mod schemas;
mod support;
mod tuning;
