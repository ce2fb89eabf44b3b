//! Tests of the matcher as others use it.

mod corpus;
mod differential;
