//! The whole payload of every event is searched for a text.

use aql_diag::{Diagnostic, codes};
use aql_semantic::{Expr, ExprKind};

use crate::cx::Cx;
use crate::tests_of::text;

pub(super) fn check(cx: &Cx<'_>, out: &mut Vec<Diagnostic>) {
    if cx.has_text_search() {
        return;
    }
    let mut places = Vec::new();
    cx.walk(&mut |expr| {
        let (value, scans) = match &expr.kind {
            ExprKind::Like { expr, pattern, .. } => {
                (expr, text(pattern).is_some_and(|t| t.starts_with('%')))
            }
            ExprKind::Matches { expr, .. } => (expr, true),
            _ => return,
        };
        if scans && is_payload(value) && !places.contains(&expr.span) {
            places.push(expr.span);
        }
    });
    let Some(first) = places.first() else { return };
    let mut found = Diagnostic::note_severity(
        codes::PAYLOAD_SCAN,
        "the payload of every event is searched from end to end",
    )
    .at(*first, "no index serves this");
    for span in places.iter().skip(1).take(2) {
        found = found.label(*span, "and here");
    }
    out.push(found.help(
        "`WHERE TEXT SEARCH '…' AND …` uses the index of payloads; a property is cheaper than both",
    ));
}

/// The payload as text, perhaps folded.
pub(super) fn is_payload(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Call { function, args } if matches!(&**function, "UTF8" | "LOWER" | "UPPER") => {
            args.first().is_some_and(is_payload)
        }
        ExprKind::Column(column) => &*column.name == "payload",
        _ => false,
    }
}
