//! LOWER(x) is compared with a text that has capital letters, or UPPER(x) with small ones.

use aql_diag::{Applicability, Diagnostic, Span, codes};
use aql_semantic::{CompareOp, Expr, ExprKind};

use crate::cx::Cx;
use crate::tests_of::text;

pub(super) fn check(cx: &Cx<'_>, out: &mut Vec<Diagnostic>) {
    let mut seen: Vec<Span> = Vec::new();
    cx.walk(&mut |expr| {
        let (value, constant): (&Expr, &Expr) = match &expr.kind {
            ExprKind::Like { expr, pattern, ignore_case: false } => (expr, pattern),
            ExprKind::Compare { op: CompareOp::Eq, left, right, .. } => (left, right),
            _ => return,
        };
        let (ExprKind::Call { function, .. }, Some(constant_text)) = (&value.kind, text(constant))
        else {
            return;
        };
        let (wanted, kind) = match &**function {
            "LOWER" => (constant_text.to_lowercase(), "lower"),
            "UPPER" => (constant_text.to_uppercase(), "upper"),
            _ => return,
        };
        if wanted == constant_text || seen.contains(&constant.span) {
            return;
        }
        seen.push(constant.span);
        out.push(
            Diagnostic::warning(
                codes::CASE_NEVER_MATCHES,
                format!("{function}(…) never equals a text that is not in {kind} case"),
            )
            .at(constant.span, "no value passes this test")
            .replace(
                format!("write the text in {kind} case"),
                Applicability::Safe,
                constant.span,
                format!("'{}'", wanted.replace('\'', "''")),
            ),
        );
    });
}
