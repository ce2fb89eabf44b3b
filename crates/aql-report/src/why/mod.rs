//! Why a rule matches an event, or does not.
//!
//! An [`Explainer`] takes the WHERE clause of a bound query apart along AND, OR and NOT. Every leaf
//! is a [`Program`](aql_eval::Program), as in the matcher, and the outcomes of groups are put
//! together with the evaluator's own [`Condition`](aql_eval::Condition): there is no second way to
//! evaluate in here. [`Explainer::explain`] shows one event, [`Explainer::count`] adds up where the
//! events of a run went.
//!
//! Not in here: grouping and HAVING (a rule with GROUP BY is explained up to its WHERE), layout for
//! a terminal (`aql-cli`).

mod describe;
mod explanation;
mod funnel;
mod locate;
mod tree;

pub use explanation::{Explanation, NodeOutcome, OperandValue};
pub use funnel::{Funnel, NodeCount};
pub use locate::{Located, Wanted, locate};
pub use tree::{Explainer, Kind, Node};
