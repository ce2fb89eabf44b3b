//! Tests of packs.

mod bundled;
mod hunt;
mod load;
mod proof;
mod support;
mod tuning;
