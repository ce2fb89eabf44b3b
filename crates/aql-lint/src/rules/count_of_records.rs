//! COUNT(*) counts records, and a record can stand for many events.

use aql_diag::{Applicability, Diagnostic, Edit, codes};
use aql_semantic::{AggregateFunction, ExprKind};

use crate::cx::Cx;

pub(super) fn check(cx: &Cx<'_>, out: &mut Vec<Diagnostic>) {
    let Some(aggregate) = cx.query.aggregate.as_ref().filter(|_| cx.reads_events()) else { return };
    let counts = |c: &aql_semantic::AggregateCall| {
        c.function == AggregateFunction::Count && c.argument.is_none()
    };
    let Some(at) = aggregate.calls.iter().position(counts) else { return };
    let weighed = aggregate.calls.iter().any(|c| {
        let argument = c.argument.as_ref().map(|a| &a.kind);
        matches!(argument, Some(ExprKind::Column(column)) if &*column.name == "eventcount")
    });
    if weighed {
        return;
    }
    let mut places = Vec::new();
    cx.walk(&mut |expr| {
        let this = matches!(expr.kind, ExprKind::Aggregate(n) if n == at);
        if this && cx.slice(expr.span).contains('(') && !places.contains(&expr.span) {
            places.push(expr.span);
        }
    });
    places.sort_by_key(|s| s.start);
    let Some(first) = places.first() else { return };
    let edits = places.iter().map(|span| Edit { span: *span, text: "SUM(eventcount)".to_owned() });
    out.push(
        Diagnostic::note_severity(codes::COUNT_OF_RECORDS, "`COUNT(*)` counts records, not events")
            .at(*first, "where events are coalesced, one record stands for many")
            .fix("write `SUM(eventcount)`", Applicability::Unsafe, edits.collect()),
    );
}
