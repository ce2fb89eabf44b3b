//! Names, types and meaning: from a syntax tree to a query that can run.
//!
//! [`bind_text`] takes AQL and [`BindOptions`] and gives a [`BoundQuery`] with diagnostics. In
//! strict mode it refuses what the appliance refuses; in lenient mode it repairs what has one
//! sensible reading, and says so. Read [`BoundQuery`] first: everything behind this crate
//! (matcher, engine, linter, translators) sees only that.
//!
//! Not in here: how a function computes its result (`aql-eval`), where a column comes from
//! (`aql-ingest`).

mod bind;
pub mod bound;
mod call;
mod copies;
pub mod datetime;
pub mod dialect;
mod expr;
mod functions;
mod lift;
mod names;
mod options;
mod order;
mod parameters;
mod predicate;
pub mod profile;
mod select;
mod session;
mod source;
mod text_search;
mod time_clause;

pub use bind::{Bound, Places, bind, bind_text};
pub use bound::*;
pub use call::parse_network;
pub use dialect::Settings as DialectSettings;
pub use options::{BindOptions, Mode};
pub use predicate::{IN_QUERY_LIMIT, names_directory, parse_number, whole_path_of};
pub use profile::ProfileFile;
