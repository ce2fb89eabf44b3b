//! Tests of packs.

mod bundled;
mod correlate;
mod hunt;
mod load;
mod proof;
mod schemas;
mod sigma;
mod support;
mod tuning;
