//! Tests of the conversion.

mod cases;
mod hostile;
