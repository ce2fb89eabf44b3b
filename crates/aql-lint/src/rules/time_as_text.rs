//! A time is compared with the text of a date.

use aql_diag::{Applicability, Diagnostic, codes};
use aql_event::Type;
use aql_semantic::{Expr, ExprKind, datetime::parse_absolute};

use crate::cx::Cx;
use crate::tests_of::text;

pub(super) fn check(cx: &Cx<'_>, out: &mut Vec<Diagnostic>) {
    let mut seen = Vec::new();
    cx.walk(&mut |expr| {
        let ExprKind::Compare { left, right, .. } = &expr.kind else { return };
        let sides: [(&Expr, &Expr); 2] = [(left, right), (right, left)];
        let Some((_, date)) = sides.into_iter().find(|(time, date)| {
            time.ty == Type::Time && text(date).is_some_and(|t| t.contains(['-', '/', ':']))
        }) else {
            return;
        };
        if seen.contains(&date.span) {
            return;
        }
        seen.push(date.span);
        let mut found =
            Diagnostic::warning(codes::TIME_AS_TEXT, "a time is compared with the text of a date")
                .at(date.span, "times are numbers: milliseconds since 1970")
                .help("a range of time belongs into `START '…' STOP '…'` at the end of the query");
        let readable = text(date).is_some_and(|t| {
            parse_absolute(t, &aql_semantic::BindOptions::default().timezone).is_some()
        });
        if readable {
            let written = format!("PARSEDATETIME({})", cx.slice(date.span));
            found = found.replace(
                format!("write `{written}`"),
                Applicability::Unsafe,
                date.span,
                written.clone(),
            );
        }
        out.push(found);
    });
}
