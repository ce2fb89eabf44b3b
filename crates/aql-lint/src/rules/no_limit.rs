//! A query that returns events has no LIMIT.

use aql_diag::{Applicability, Diagnostic, Edit, Span, codes};

use crate::check::before_time;
use crate::cx::Cx;

pub(super) fn check(cx: &Cx<'_>, out: &mut Vec<Diagnostic>) {
    let Some(places) = cx.places.filter(|_| cx.query.aggregate.is_none()) else { return };
    if cx.query.limit.is_some() {
        return;
    }
    let (at, line) = before_time(&places);
    let text = if line { "LIMIT 1000\n" } else { "\nLIMIT 1000" };
    out.push(
        Diagnostic::note_severity(codes::NO_LIMIT, "the query has no LIMIT")
            .at(places.query.after(), "")
            .note("QRadar's search page may refuse a query that returns events without end")
            .fix(
                "add `LIMIT 1000` before the time clause",
                Applicability::Unsafe,
                vec![Edit { span: Span { start: at, end: at }, text: text.to_owned() }],
            ),
    );
}
