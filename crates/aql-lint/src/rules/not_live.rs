//! What a rule that tests each event as it arrives cannot have.

use aql_diag::{Diagnostic, Span, codes};
use aql_semantic::ExprKind;

use crate::cx::Cx;

pub(super) fn check(cx: &Cx<'_>, out: &mut Vec<Diagnostic>) {
    // An inner query is what is reported, not looked into.
    if cx.places.is_none() {
        return;
    }
    let mut told = |at: Span, what: &str| {
        out.push(
            Diagnostic::note_severity(codes::NOT_LIVE, format!("{what} cannot be tested event by event"))
                .at(at, "a rule sees one event at a time")
                .help("keep the condition for the rule, and count in the rule's own tests or in a scheduled search"),
        );
    };
    if let Some(session) = &cx.query.session {
        told(session.time.span, "a session");
    } else if let Some(aggregate) = &cx.query.aggregate {
        let at = aggregate.keys.first().or_else(|| cx.query.output.first().map(|o| &o.expr));
        if let Some(at) = at {
            told(at.span, "a group of events");
        }
    }
    cx.walk(&mut |expr| match &expr.kind {
        ExprKind::InQuery { .. } => told(expr.span, "a query inside the query"),
        ExprKind::Call { function, .. } if &**function == "INOFFENSE" => {
            told(expr.span, "membership of an offense");
        }
        _ => {}
    });
}
