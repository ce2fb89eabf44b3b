//! `==` for `=`.

use aql_diag::{Applicability, Diagnostic, Span, codes};
use aql_semantic::{CompareOp, ExprKind};

use crate::cx::Cx;

pub(super) fn check(cx: &Cx<'_>, out: &mut Vec<Diagnostic>) {
    let mut seen = Vec::new();
    cx.walk(&mut |expr| {
        let ExprKind::Compare { op: CompareOp::Eq, left, right, .. } = &expr.kind else { return };
        let between = Span { start: left.span.end, end: right.span.start };
        let Some(at) = cx.text.get(between.start as usize..between.end as usize).and_then(|t| {
            let at = t.find("==")?;
            t.replacen("==", "", 1)
                .trim_matches([' ', '\n', '\t', '\r', ')', '('])
                .is_empty()
                .then_some(at)
        }) else {
            return;
        };
        let place = Span::new(between.start as usize + at, between.start as usize + at + 2);
        if seen.contains(&place) {
            return;
        }
        seen.push(place);
        out.push(
            Diagnostic::note_severity(
                codes::DOUBLE_EQUALS,
                "`==` is not in AQL's list of operators",
            )
            .at(place, "IBM uses it in one example only")
            .replace("write `=`", Applicability::Safe, place, "="),
        );
    });
}
