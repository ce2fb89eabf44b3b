//! Proof: the cases of a pack, run through every way in which evidence can be hunted in.
//!
//! Read [`Proof`] first. A [`Case`] is evidence with what has to be found in it and nothing else;
//! [`Proof::run`] says where the two differ. Not in here: how that is printed (`aql-cli`).

mod case;
mod compare;
mod run;

pub use case::{Case, CaseFacts, CaseKind, Expect};
pub use compare::Difference;
pub use run::{CaseResult, Proof, ProofOptions, Way, WayResult};
