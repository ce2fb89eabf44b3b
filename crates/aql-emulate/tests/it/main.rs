//! The built-in tests and records, and what is written of them.

mod library;
