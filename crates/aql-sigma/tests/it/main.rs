//! Tests of the conversion.

mod cases;
