//! Sigma rules to AQL.
//!
//! [`convert`] takes Sigma files and gives one [`Converted`] for each document in them: a query
//! that binds strictly, or the reason why there is none. What a query finds more or less than its
//! rule is a diagnostic (`SIG0xx`); nothing is left out silently. `docs/sigma.md` says what
//! converts and what does not.
//!
//! Not in here: reading files, running queries (`aql-pack` hunts with them), and the way from AQL
//! to Sigma.

pub mod condition;
mod convert;
mod correlate;
pub mod correlation;
mod encode;
pub mod item;
mod names;
pub mod pattern;
mod predicate;
pub mod rule;
mod yaml;

pub use convert::{Converted, Options, Outcome, PackCorrelation, convert};
