//! The time window of a scan, and what to say when it holds nothing.

use aql_diag::{Diagnostic, codes};
use aql_eval::Context;
use aql_event::TimeRange;
use aql_semantic::bound::{Moment, Window};
use jiff::Timestamp;

use crate::failure::Failure;
use crate::options::{WindowMode, WindowPolicy};

/// The clause with everything looked up that is known only when a query runs. Refuses a window that
/// the clock has turned around, and the time of an offense that nobody knows.
pub(crate) fn settle(
    window: &Window,
    policy: WindowPolicy,
    context: &Context,
) -> Result<Window, Failure> {
    if policy.mode == WindowMode::Ignore {
        return Ok(Window::None);
    }
    let window = match window {
        Window::Offense(id) => {
            let (start, stop) = offense_time(context, *id).ok_or_else(|| unknown_offense(*id))?;
            Window::Range { start: Moment::At(start), stop: Moment::At(stop) }
        }
        other => other.clone(),
    };
    if let Window::Range { start, stop } = &window
        && !(policy.mode == WindowMode::Newest && depends_on_clock(&window))
    {
        let (start, stop) = (start.resolve(policy.now), stop.resolve(policy.now));
        if stop < start {
            return Err(reversed(start, stop).into());
        }
    }
    Ok(window)
}

/// First and last moment of an offense.
fn offense_time(context: &Context, id: i64) -> Option<(i64, i64)> {
    context.site.offense(id).map(|offense| (offense.start, offense.stop))
}

fn unknown_offense(id: i64) -> Failure {
    Diagnostic::error(codes::UNKNOWN_OFFENSE, format!("offense {id} is not known"))
        .note("offenses come with the data of a site (`--context`); evidence holds none")
        .help("write the time as `START '…' STOP '…'`")
        .into()
}

fn reversed(start: i64, stop: i64) -> Diagnostic {
    Diagnostic::error(codes::WINDOW_REVERSED, "the time window ends before it starts")
        .note(format!("it starts at {} and ends at {}", moment(start), moment(stop)))
        .help("type `--now TIME` for another moment that counts as now, or write both times down")
}

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
/// both sides of it or is empty. `records` says whether there was anything to read; `evidence` is
/// the time that it spans, if any of it has a time.
pub(crate) fn empty(
    window: &Window,
    policy: WindowPolicy,
    range: TimeRange,
    records: bool,
    evidence: Option<(i64, i64)>,
) -> Option<Empty> {
    let Some((oldest, newest)) = evidence else { return records.then(|| undated(window, policy)) };
    if oldest < range.end && newest >= range.start {
        return None;
    }
    let depends = depends_on_clock(window);
    // One past the newest event: the end of a range is exclusive, and an event on the full minute
    // is in no range that ends with that minute.
    let anchor = newest.saturating_add(1);
    if depends && policy.mode == WindowMode::Newest {
        if let Window::Range { start, stop } = window
            && stop.resolve(anchor) < start.resolve(anchor)
        {
            let diagnostic = Some(reversed(start.resolve(anchor), stop.resolve(anchor)));
            return Some(Empty { instead: Instead::Nothing, diagnostic });
        }
        let instead = window.resolve(anchor).map_or(Instead::All, Instead::Range);
        return Some(Empty { instead, diagnostic: None });
    }
    let mut diagnostic =
        Diagnostic::warning(codes::EMPTY_WINDOW, "the time window holds none of the evidence")
            .note(format!("the window is {}", interval(range.start, range.end)))
            .note(format!("the evidence is from {}", interval(oldest, newest)));
    let mut instead = Instead::Nothing;
    // A bound that was written down counts, whatever the clock says.
    let written = match window {
        Window::Range { start, stop } => {
            let bound = if newest < range.start { start } else { stop };
            matches!(bound, Moment::At(_))
        }
        _ => false,
    };
    if depends && !written && policy.mode == WindowMode::Auto {
        instead = Instead::All;
        diagnostic = diagnostic
            .repaired("all of the evidence was read")
            .help("type `--now newest` to let the window end at the newest event, `--now TIME` for another moment, `--now wall` for the clock");
    } else if depends && !written {
        diagnostic =
            diagnostic.help(format!("type `--now {}` to let the window end there", moment(anchor)));
    } else {
        diagnostic =
            diagnostic.help("write a START and STOP that hold the evidence, or leave them out");
    }
    Some(Empty { instead, diagnostic: Some(diagnostic) })
}

/// What to do about evidence of which no event has a time: it is in no window.
fn undated(window: &Window, policy: WindowPolicy) -> Empty {
    let mut diagnostic =
        Diagnostic::warning(codes::EMPTY_WINDOW, "the time window holds none of the evidence")
            .note("no event of the evidence has a time");
    let mut instead = Instead::Nothing;
    if depends_on_clock(window) && matches!(policy.mode, WindowMode::Auto | WindowMode::Newest) {
        instead = Instead::All;
        diagnostic = diagnostic.repaired("all of the evidence was read");
    } else {
        diagnostic = diagnostic.help("leave the time clause out, or type `--all-time`");
    }
    Empty { instead, diagnostic: Some(diagnostic) }
}

fn depends_on_clock(window: &Window) -> bool {
    match window {
        Window::None | Window::Offense(_) => false,
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
