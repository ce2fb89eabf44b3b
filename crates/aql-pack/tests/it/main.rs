//! Tests of packs.

mod bundled;
mod hunt;
mod load;
