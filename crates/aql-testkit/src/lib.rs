//! What tests of several crates share: random conditions, random rows, and an evaluator that is
//! too plain to be wrong.
//!
//! [`condition`] and [`rows`] make a case from a seed, [`batch`] gives the rows their Arrow
//! layouts, and [`Naive`] says which rows a condition keeps. Everything under test is left out: this
//! crate knows neither `aql-eval` nor `aql-match` nor the engine.
//!
//! Only ever a dev-dependency. What it cannot do it says by a panic, as tests do.

mod conditions;
mod naive;
mod random;
mod rows;
mod show;
mod words;

pub use conditions::{condition, condition_that, expr};
pub use naive::Naive;
pub use random::Random;
pub use rows::{Cell, Row, batch, columns, rows};
pub use show::{show, smallest};
