//! The time window of a scan, and what to say when it holds nothing.

use aql_diag::{Diagnostic, codes};
use aql_event::TimeRange;
use aql_semantic::bound::{Moment, Window};
use jiff::Timestamp;

use crate::options::{WindowMode, WindowPolicy};

/// The range to read.
pub(crate) fn range(window: Window, policy: WindowPolicy) -> Option<TimeRange> {
    match policy.mode {
        WindowMode::Ignore => None,
        WindowMode::Honour | WindowMode::Auto => window.resolve(policy.now),
    }
}

/// A window that was found empty.
pub(crate) struct Empty {
    /// The range to read instead, if the window may move.
    pub(crate) instead: Option<TimeRange>,
    /// What to tell.
    pub(crate) diagnostic: Diagnostic,
}

/// Decides what to do when a range was read that held no event: nothing if the evidence lies on
/// both sides of it or is empty.
pub(crate) fn empty(
    window: Window,
    policy: WindowPolicy,
    range: TimeRange,
    evidence: Option<(i64, i64)>,
) -> Option<Empty> {
    let (oldest, newest) = evidence?;
    if oldest < range.end && newest >= range.start {
        return None;
    }
    let moves = depends_on_clock(window);
    // One past the newest event: the end of a range is exclusive, and an event on the full minute
    // is in no range that ends with that minute.
    let anchor = newest.saturating_add(1);
    let instead = (moves && policy.mode == WindowMode::Auto)
        .then(|| window.resolve(anchor))
        .flatten()
        .filter(|moved| newest >= moved.start && oldest < moved.end);
    let mut diagnostic =
        Diagnostic::warning(codes::EMPTY_WINDOW, "the time window holds none of the evidence")
            .note(format!("the window is {}", interval(range.start, range.end)))
            .note(format!("the evidence is from {}", interval(oldest, newest)));
    if let Some(moved) = instead {
        diagnostic = diagnostic.repaired(format!(
            "the window was moved to the newest event: {}",
            interval(moved.start, moved.end)
        ));
    }
    diagnostic = if moves {
        diagnostic.help(format!("type `--now {}` to let the window end there", moment(anchor)))
    } else {
        diagnostic.help("write a START and STOP that hold the evidence, or leave them out")
    };
    Some(Empty { instead, diagnostic })
}

fn depends_on_clock(window: Window) -> bool {
    match window {
        Window::None => false,
        Window::Last(_) => true,
        Window::Range { start, stop } => {
            [start, stop].iter().any(|m| matches!(m, Moment::BeforeNow(_)))
        }
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
