//! A time window longer than an appliance keeps events.

use aql_diag::{Diagnostic, codes};
use aql_semantic::{Moment, Window};

use crate::cx::Cx;

const DAY: i64 = 86_400_000;
/// The retention of the bucket that events go to unless a site says otherwise.
const KEPT: i64 = 30;

pub(super) fn check(cx: &Cx<'_>, out: &mut Vec<Diagnostic>) {
    let Some(time) = cx.places.and_then(|p| p.time) else { return };
    let length = match &cx.query.window {
        Window::Last(ms) => *ms,
        Window::Range { start: Moment::At(start), stop: Moment::At(stop) } => {
            stop.saturating_sub(*start)
        }
        _ => return,
    };
    if length <= KEPT * DAY {
        return;
    }
    out.push(
        Diagnostic::note_severity(codes::LONG_WINDOW, format!("a window of {} days", length / DAY))
            .at(time, format!("events are kept for {KEPT} days unless a site says otherwise"))
            .help(
                "search in parts, with `START '…' STOP '…'`, or set PARAMETERS EXECUTIONTIMELIMIT",
            ),
    );
}
