//! A wildcard that its operator does not know: `%` with `=` or IN, `*` with LIKE.

use aql_diag::{Applicability, Diagnostic, Span, codes};
use aql_semantic::{CompareBy, CompareOp, ExprKind, Value};

use crate::cx::Cx;
use crate::tests_of::text;

pub(super) fn check(cx: &Cx<'_>, out: &mut Vec<Diagnostic>) {
    let mut seen: Vec<Span> = Vec::new();
    cx.walk(&mut |expr| {
        if seen.contains(&expr.span) {
            return;
        }
        match &expr.kind {
            ExprKind::Compare { op, by: CompareBy::Text, left, right } => {
                let word = match op {
                    CompareOp::Eq => "ILIKE",
                    CompareOp::NotEq => "NOT ILIKE",
                    _ => return,
                };
                let Some(written) = text(right).filter(|t| percent(t)) else { return };
                seen.push(expr.span);
                let between = Span { start: left.span.end, end: right.span.start };
                let symbol = cx.slice(between).trim();
                out.push(
                    Diagnostic::warning(
                        codes::UNKNOWN_WILDCARD,
                        format!("`%` is no wildcard with `{symbol}`"),
                    )
                    .at(right.span, format!("only the text `{written}` itself equals this"))
                    .replace(
                        format!("write `{word}`"),
                        Applicability::Unsafe,
                        between,
                        format!(" {word} "),
                    ),
                );
            }
            ExprKind::In { list, by: CompareBy::Text, .. } => {
                let found = list.iter().find_map(|v| match v {
                    Value::Text(t) if percent(t) => Some(t.clone()),
                    _ => None,
                });
                let Some(written) = found else { return };
                seen.push(expr.span);
                out.push(
                    Diagnostic::warning(codes::UNKNOWN_WILDCARD, "`%` is no wildcard with IN")
                        .at(expr.span, format!("only the text `{written}` itself is in this list"))
                        .help("write one `ILIKE` for each pattern, joined by OR"),
                );
            }
            ExprKind::Like { pattern, ignore_case, .. } => {
                let star = |t: &&str| t.len() > 1 && (t.starts_with('*') || t.ends_with('*'));
                let Some(written) = text(pattern).filter(star).filter(|t| !t.contains('%')) else {
                    return;
                };
                seen.push(expr.span);
                let wanted = written.replace('*', "%");
                let word = if *ignore_case { "ILIKE" } else { "LIKE" };
                let message = format!("`*` is no wildcard with {word}");
                out.push(
                    Diagnostic::warning(codes::UNKNOWN_WILDCARD, message)
                        .at(pattern.span, "asks for an asterisk in the value")
                        .replace(
                            format!("write `'{wanted}'`"),
                            Applicability::Unsafe,
                            pattern.span,
                            format!("'{}'", wanted.replace('\'', "''")),
                        ),
                );
            }
            _ => {}
        }
    });
}

fn percent(text: &str) -> bool {
    text.len() > 1 && (text.starts_with('%') || text.ends_with('%')) && !text.starts_with("%2")
}
