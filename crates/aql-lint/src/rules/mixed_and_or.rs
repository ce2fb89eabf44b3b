//! AND and OR stand side by side without parentheses.

use aql_diag::{Applicability, Diagnostic, Edit, Span, codes};
use aql_semantic::ExprKind;

use crate::cx::Cx;

pub(super) fn check(cx: &Cx<'_>, out: &mut Vec<Diagnostic>) {
    cx.walk(&mut |expr| {
        let ExprKind::Or(terms) = &expr.kind else { return };
        let bare: Vec<Span> = terms
            .iter()
            .filter(
                |t| matches!(&t.kind, ExprKind::And(list) if list.iter().all(|e| e.span != t.span)),
            )
            .map(|t| t.span)
            .filter(|span| !enclosed(cx.text, *span))
            .collect();
        let Some(first) = bare.first() else { return };
        let edit =
            |at, text: &str| Edit { span: Span { start: at, end: at }, text: text.to_owned() };
        let edits = bare.iter().flat_map(|s| [edit(s.start, "("), edit(s.end, ")")]).collect();
        out.push(
            Diagnostic::warning(codes::MIXED_AND_OR, "AND and OR are mixed without parentheses")
                .at(*first, "AND binds first: these belong together")
                .fix("write the parentheses that AQL reads", Applicability::Safe, edits),
        );
    });
}

/// Do parentheses stand around the range?
fn enclosed(text: &str, span: Span) -> bool {
    let before = text.get(..span.start as usize).unwrap_or_default().trim_end();
    let after = text.get(span.end as usize..).unwrap_or_default().trim_start();
    span.slice(text).starts_with('(') && span.slice(text).ends_with(')')
        || before.ends_with('(') && after.starts_with(')')
}
