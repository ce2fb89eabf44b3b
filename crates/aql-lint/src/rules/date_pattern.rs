//! `YYYY` in a date pattern is the year that the week belongs to.

use aql_diag::{Applicability, Diagnostic, codes};
use aql_semantic::ExprKind;

use crate::cx::Cx;
use crate::tests_of::text;

pub(super) fn check(cx: &Cx<'_>, out: &mut Vec<Diagnostic>) {
    cx.walk(&mut |expr| {
        let ExprKind::Call { function, args } = &expr.kind else { return };
        if !matches!(&**function, "DATEFORMAT" | "PARSETIMESTAMP") {
            return;
        }
        let pattern =
            args.iter().find(|a| text(a).is_some_and(|t| t.contains('Y') && !t.contains('w')));
        let Some(pattern) = pattern else { return };
        out.push(
            Diagnostic::warning(codes::WEEK_YEAR, "`YYYY` is the year of the week, not of the day")
                .at(pattern.span, "wrong by a year in the days around New Year")
                .replace(
                    "write `yyyy`",
                    Applicability::Safe,
                    pattern.span,
                    cx.slice(pattern.span).replace('Y', "y"),
                ),
        );
    });
}
