//! Runs bound queries over tables of events.
//!
//! [`Engine::prepare`] compiles a [`BoundQuery`](aql_semantic::bound::BoundQuery) into a [`Plan`];
//! [`Plan::run`] reads a table and hands out rows. Conditions are evaluated by `aql-match`,
//! expressions by `aql-eval`, and DataFusion groups and sorts the columns that they give.
//!
//! Not in here: reading evidence (`aql-ingest`), many rules in one pass (`aql-pack` with
//! `aql-match`), printing (`aql-cli`), the clock (handed in).

mod address;
mod aggregates;
mod failure;
mod in_query;
mod options;
mod plan;
mod projection;
mod relational;
mod reorder;
mod run;
mod scan;
mod session;
mod top;
mod window;

pub use options::{RunOptions, RunOutcome, WindowMode, WindowPolicy};
pub use plan::{Engine, Plan};
