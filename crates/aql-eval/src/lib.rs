//! Scalar expressions of bound queries, evaluated over Arrow columns, and every scalar function.
//!
//! Read [`Program`] first: it is compiled once from an [`Expr`](aql_semantic::Expr) and evaluated
//! batch by batch over anything that is [`Rows`]. Then [`functions`] for how a function is added,
//! [`like`] and [`regex`] for the two pattern languages.
//!
//! Not in here: names, types and the number of arguments (checked in `aql-semantic`), aggregates
//! and inner queries (`aql-engine`), the evaluation of many conditions in one pass (`aql-match`,
//! which uses this crate for whatever is no plain test of a column).

pub mod condition;
mod context;
mod datum;
mod evaluate;
pub mod functions;
mod lanes;
pub mod like;
mod network;
mod output;
mod program;
pub mod regex;
mod rows;
pub mod site;
mod text;
mod values;

pub use condition::Condition;
pub use context::Context;
pub use datum::{Datum, compare_as, number_of_text, text_of_double};
pub use program::Program;
pub use rows::{Rows, ValueRows};
pub use site::SiteData;
pub use text::{TextColumn, text, to_dictionary, to_plain};
