//! Reports: findings in the formats that people and other programs read, and why a rule matched an
//! event or did not.
//!
//! Read [`Report`] for the first and [`why::Explainer`] for the second.
//!
//! Not in here: finding anything (`aql-pack`), evaluating a condition (`aql-eval`), what a terminal
//! shows (`aql-cli`). Nothing in here reads the clock: the same findings give the same bytes.

mod escape;
mod formats;
mod html;
mod report;
mod watch;
pub mod why;

pub use report::{Format, Remarks, Report};
pub use watch::Watched;
