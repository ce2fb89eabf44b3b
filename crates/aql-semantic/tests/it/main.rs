//! Tests of binding.

mod cases;
mod corpus;
mod published;
