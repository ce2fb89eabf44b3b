//! What is wrong with a query, and what is only unwise: the checker behind `aql check`.
//!
//! [`check()`] parses, binds and lints one text and gives every finding; [`fix()`] applies the fixes
//! and checks again. A lint is a file in `rules` and a line in [`rules::RULES`]; it sees the bound
//! query, the catalog and the text, never the syntax tree. Faults that parsing and binding report
//! themselves are not repeated here.
//!
//! Not in here: files, output formats, exit codes (`aql-cli`); what a code means (`aql-diag`, whose
//! registry has a page for each).

mod allow;
pub mod baseline;
mod check;
mod class;
pub mod config;
mod cx;
mod fix;
mod like;
mod mends;
pub mod rules;
mod tests_of;

pub use check::{Checked, check};
pub use config::{Config, Level};
pub use cx::Cx;
pub use fix::{Fixed, Fixes, fix};
