//! AQL text to a syntax tree, and back.
//!
//! Read [`parse`] first, then [`ast::Query`]. Parsing never fails: any text gives a tree (or none)
//! and a list of diagnostics. What AQL does not have (`JOIN`, `COUNT(DISTINCT x)`, a clause behind
//! the time clause, …) is recognised, reported under its own code, and where a sensible reading
//! exists that reading is in the tree.
//!
//! Not in here: whether a field, function or database exists, and what types things have. Those
//! questions belong to the semantic stage.

pub mod ast;
pub mod compare;
pub mod format;
pub mod lexemes;
mod lexer;
mod parser;
pub mod time_text;
mod token;
pub mod visit;

pub use compare::{same_expr, same_tree, strip_spans};
pub use format::{format, format_expr, format_with_comments};
pub use parser::{MAX_DEPTH, Parsed, ParsedExpr, parse, parse_expr};
