//! `hh` in a date pattern counts hours from 1 to 12, and nothing says which half of the day.

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
        let Some(pattern) = args.iter().find(|a| text(a).is_some_and(half_day)) else { return };
        out.push(
            Diagnostic::warning(codes::HALF_DAY_HOUR, "`hh` without `a` hides the half of the day")
                .at(pattern.span, "15:00 is printed as 03:00")
                .replace(
                    "write `HH`",
                    Applicability::Safe,
                    pattern.span,
                    cx.slice(pattern.span).replace('h', "H"),
                ),
        );
    });
}

/// Hours of half a day, and no `a`? Text in quotes does not count.
fn half_day(pattern: &str) -> bool {
    let letters: String = pattern.split('\'').step_by(2).collect();
    let quoted = pattern.split('\'').skip(1).step_by(2).any(|t| t.contains('h'));
    letters.contains("hh") && !letters.contains('a') && !quoted
}
