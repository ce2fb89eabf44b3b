//! How to run a plan, and what came of it.

use std::path::PathBuf;

use aql_diag::Diagnostic;
use aql_event::{ScanReport, TimeRange};

/// What the time clause of a query means for a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowPolicy {
    /// The moment that `LAST` and `NOW()` count from, epoch milliseconds.
    pub now: i64,
    /// Whether the clause counts at all.
    pub mode: WindowMode,
}

/// Whether the time clause counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum WindowMode {
    /// Read everything, whatever the clause says.
    Ignore,
    /// Read what lies in the window; everything if there is no time clause.
    Honour,
    /// As `Honour`; but if a window that depends on the clock holds no event while the evidence
    /// does have events, all of the evidence is read instead, with a warning. Evidence is nearly
    /// always older than the `LAST 24 HOURS` of a detection.
    #[default]
    Auto,
    /// A window that depends on the clock ends at the newest event instead of now.
    Newest,
}

/// How to run a plan.
#[derive(Clone)]
pub struct RunOptions<'a> {
    /// What the time clauses mean.
    pub window: WindowPolicy,
    /// With [`WindowMode::Ignore`]: the range to read instead of everything.
    pub time: Option<TimeRange>,
    /// Bytes that grouping and sorting may take; without it as many as there are.
    pub memory_limit: Option<usize>,
    /// A folder for what does not fit into the memory limit; without it the run ends there.
    pub spill: Option<PathBuf>,
    /// Answers whether the time is up. Asked often, from several threads. The engine knows no
    /// clock: [`Plan::time_limit`](crate::Plan::time_limit) says what the query asks for.
    pub deadline: Option<&'a (dyn Fn() -> bool + Sync)>,
}

impl RunOptions<'_> {
    /// Without limits.
    pub fn new(window: WindowPolicy) -> Self {
        RunOptions { window, time: None, memory_limit: None, spill: None, deadline: None }
    }
}

/// What came of a run.
#[derive(Clone, Debug, Default)]
pub struct RunOutcome {
    /// What was read for the query itself; inner queries of `IN` read the same evidence before.
    pub report: ScanReport,
    /// Rows handed out.
    pub rows: u64,
    /// The range of `starttime` that was read; nothing if there was no restriction.
    pub window: Option<TimeRange>,
    /// What the run has to say: an error if it could not be finished.
    pub diagnostics: Vec<Diagnostic>,
}

impl RunOutcome {
    /// Did the run get to its end?
    pub fn is_complete(&self) -> bool {
        !self.diagnostics.iter().any(Diagnostic::is_error)
    }
}
