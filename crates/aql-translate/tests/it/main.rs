//! Tests of translations as a whole.
