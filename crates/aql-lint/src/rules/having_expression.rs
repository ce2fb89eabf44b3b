//! HAVING repeats an aggregate instead of naming its column.

use aql_diag::{Applicability, Diagnostic, codes};
use aql_semantic::ExprKind;

use crate::cx::Cx;

pub(super) fn check(cx: &Cx<'_>, out: &mut Vec<Diagnostic>) {
    let Some(having) = &cx.query.having else { return };
    let mut seen = Vec::new();
    having.walk(&mut |expr| {
        let call = matches!(expr.kind, ExprKind::Aggregate(_)) && cx.slice(expr.span).contains('(');
        if !call || seen.contains(&expr.span) {
            return;
        }
        seen.push(expr.span);
        let written = cx.slice(expr.span);
        // Only a name that the query gives: generated names are not documented.
        let named = cx.query.output.iter().find(|o| {
            let behind = cx.text.get(o.expr.span.end as usize..).unwrap_or_default().trim_start();
            let aliased = behind.get(..2).is_some_and(|word| word.eq_ignore_ascii_case("as"));
            aliased && o.expr == *expr
        });
        let message = format!("HAVING repeats `{written}`");
        let mut found = Diagnostic::note_severity(codes::HAVING_EXPRESSION, message)
            .at(expr.span, "IBM's guide has names of result columns here");
        match named {
            Some(output) => {
                let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
                let name = match output.name.chars().all(plain) {
                    true => output.name.clone(),
                    false => format!("\"{}\"", output.name),
                };
                found = found.replace(
                    format!("write `{name}`"),
                    Applicability::Safe,
                    expr.span,
                    name.clone(),
                );
            }
            None => found = found.help(format!("select `{written} AS name` and test `name`")),
        }
        out.push(found);
    });
}
