//! Proof: the cases of a pack, run through every way in which evidence can be hunted in.
//!
//! Read [`Proof`] first. A [`Case`] is evidence with what has to be found in it and nothing else;
//! [`Proof::run`] says where the two differ. Not in here: how that is printed (`aql-cli`).

mod adversary;
mod baseline;
mod beside;
mod block;
mod case;
mod compare;
mod coverage;
mod labels;
mod results;
mod run;

pub use adversary::AdversaryTest;
pub use baseline::{Baseline, LabelledRecord, RuleBaseline};
pub use beside::Beside;
pub use block::Block;
pub use case::{Case, CaseFacts, CaseKind, Expect};
pub use compare::Difference;
pub use coverage::{Coverage, RuleCoverage, TestCoverage};
pub use labels::{LabelFacts, Labels, Positive};
pub use results::{MeasuredEvidence, Positives, Results, RuleResults};
pub use run::{CaseResult, EventSource, Proof, ProofOptions, Way, WayResult};
