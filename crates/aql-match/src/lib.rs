//! The one matcher: the WHERE clauses of any number of bound queries, evaluated together over
//! batches of events.
//!
//! Conditions are split into atoms (a column, a test, a constant); an atom is there once however
//! many rules use it. Everything that is asked of a column is found in one look at each of its
//! values, and at each distinct value only where the column is a dictionary. Read [`Matcher`]
//! first.
//!
//! Not in here: what a function or a regular expression means (`aql-eval`), and everything that
//! comes after the filter (`aql-engine`).

mod atom;
mod class;
mod columns;
mod compile;
mod evaluate;
mod expressions;
mod finder;
mod grams;
mod integers;
mod mask;
mod matcher;
mod node;
mod pairs;
mod pattern;
mod rows;
mod scanner;
mod scratch;

pub use matcher::{Hits, Matcher, RuleFilter, RuleHits};
pub use rows::WantedRows;
pub use scratch::Scratch;
