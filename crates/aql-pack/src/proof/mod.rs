//! Proof: the cases of a pack, run through every way in which evidence can be hunted in.
//!
//! Read [`Proof`] first. A [`Case`] is evidence with what has to be found in it and nothing else;
//! [`Proof::run`] says where the two differ. Not in here: how that is printed (`aql-cli`).

mod adversary;
mod baseline;
mod case;
mod compare;
mod coverage;
mod run;

pub use adversary::AdversaryTest;
pub use baseline::{Baseline, RuleBaseline};
pub use case::{Case, CaseFacts, CaseKind, Expect};
pub use compare::Difference;
pub use coverage::{Coverage, RuleCoverage, TestCoverage, coverage_block, with_coverage_block};
pub use run::{CaseResult, Proof, ProofOptions, Way, WayResult};
