//! The time window of a scan, and what to say when it holds nothing.

use aql_diag::{Diagnostic, codes};
use aql_event::TimeRange;
use aql_semantic::bound::{Moment, Window};
use jiff::Timestamp;

use crate::options::{WindowMode, WindowPolicy};

/// The range to read.
pub(crate) fn range(window: &Window, policy: WindowPolicy) -> Option<TimeRange> {
    match policy.mode {
        WindowMode::Ignore => None,
        WindowMode::Honour | WindowMode::Auto => window.resolve(policy.now),
        // Nothing lies at the end of time: the first pass tells when the newest event was.
        WindowMode::Newest if depends_on_clock(window) => {
            Some(TimeRange { start: i64::MAX, end: i64::MAX })
        }
        WindowMode::Newest => window.resolve(policy.now),
    }
}

/// A window that was found empty.
pub(crate) struct Empty {
    /// What to read instead.
    pub(crate) instead: Instead,
    /// What to tell, if anything.
    pub(crate) diagnostic: Option<Diagnostic>,
}

/// What to read instead of an empty window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Instead {
    /// Nothing: the window counts.
    Nothing,
    /// All of the evidence.
    All,
    /// This range.
    Range(TimeRange),
}

/// Decides what to do when a range was read that held no event: nothing if the evidence lies on
/// both sides of it or is empty.
pub(crate) fn empty(
    window: &Window,
    policy: WindowPolicy,
    range: TimeRange,
    evidence: Option<(i64, i64)>,
) -> Option<Empty> {
    let (oldest, newest) = evidence?;
    if oldest < range.end && newest >= range.start {
        return None;
    }
    let depends = depends_on_clock(window);
    // One past the newest event: the end of a range is exclusive, and an event on the full minute
    // is in no range that ends with that minute.
    let anchor = newest.saturating_add(1);
    if depends && policy.mode == WindowMode::Newest {
        let instead = window.resolve(anchor).map_or(Instead::All, Instead::Range);
        return Some(Empty { instead, diagnostic: None });
    }
    let mut diagnostic =
        Diagnostic::warning(codes::EMPTY_WINDOW, "the time window holds none of the evidence")
            .note(format!("the window is {}", interval(range.start, range.end)))
            .note(format!("the evidence is from {}", interval(oldest, newest)));
    let mut instead = Instead::Nothing;
    if depends && policy.mode == WindowMode::Auto {
        instead = Instead::All;
        diagnostic = diagnostic
            .repaired("all of the evidence was read")
            .help("type `--now newest` to let the window end at the newest event, `--now TIME` for another moment, `--now wall` for the clock");
    } else if depends {
        diagnostic =
            diagnostic.help(format!("type `--now {}` to let the window end there", moment(anchor)));
    } else {
        diagnostic =
            diagnostic.help("write a START and STOP that hold the evidence, or leave them out");
    }
    Some(Empty { instead, diagnostic: Some(diagnostic) })
}

fn depends_on_clock(window: &Window) -> bool {
    match window {
        Window::None => false,
        Window::Last(_) => true,
        Window::Range { start, stop } => [start, stop].iter().any(|m| !matches!(m, Moment::At(_))),
    }
}

fn interval(start: i64, end: i64) -> String {
    format!("{} to {}", moment(start), moment(end))
}

/// ISO 8601, UTC, to the millisecond.
fn moment(time: i64) -> String {
    match Timestamp::from_millisecond(time) {
        Ok(timestamp) => timestamp.to_string(),
        Err(_) => time.to_string(),
    }
}
