//! Packs of detection rules: loading them and hunting with them.
//!
//! [`Pack`] is a folder of rules, each a plain AQL file with facts in TOML beside it. [`Hunt`]
//! binds the rules of packs and runs them over an event table in one pass.
//!
//! Not in here: how events are read (`aql-ingest`), how a condition is evaluated (`aql-match`),
//! how findings are laid out on a terminal (`aql-cli`).

mod cell;
mod check;
mod correlate;
mod facts;
mod finding;
mod hunt;
mod load;
mod observe;
mod page;
mod parameter;
mod proof;
mod reason;
mod settings;
mod suppress;
mod tuning;

pub use cell::{cell_json, cell_text};
pub use check::{PackRemark, TODO, check_pack};
pub use correlate::{Correlation, CorrelationKind, MOST_PARTS};
pub use facts::{Attack, Level, ListedReference, PackFacts, Reference, ReferenceList, RuleFacts};
pub use finding::{Finding, FindingPart, iso_time};
pub use hunt::{Hunt, HuntOptions, HuntOutcome, HuntRule, Suppressed, count_by_level};
pub use load::{Pack, Rule};
pub use observe::{ObservedRule, Observer};
pub use page::{pack_page, rule_page};
pub use parameter::{Parameter, ReferenceKind, Scalar, Values};
pub use proof::{
    AdversaryTest, Baseline, Beside, Block, Case, CaseFacts, CaseKind, CaseResult, Coverage,
    Difference, EventSource, Expect, LabelFacts, LabelledRecord, Labels, MeasuredEvidence,
    Positive, Positives, Proof, ProofOptions, Results, RuleBaseline, RuleCoverage, RuleResults,
    TestCoverage, Way, WayResult,
};
pub use settings::settings;
pub use tuning::{Suppression, TunedReference, Tuning, TuningFacts};
