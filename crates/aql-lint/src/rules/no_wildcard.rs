//! LIKE without a wildcard over a value that is always longer than the pattern.

use aql_diag::{Applicability, Diagnostic, codes};
use aql_semantic::{Expr, ExprKind};

use crate::cx::Cx;
use crate::tests_of::text;

pub(super) fn check(cx: &Cx<'_>, out: &mut Vec<Diagnostic>) {
    let mut seen = Vec::new();
    cx.walk(&mut |expr| {
        let ExprKind::Like { expr: value, pattern, ignore_case } = &expr.kind else { return };
        let Some(written) = text(pattern).filter(|t| !t.is_empty() && !t.contains(['%', '_', '*']))
        else {
            return;
        };
        let Some((what, wanted)) = longer(value, written) else { return };
        if seen.contains(&pattern.span) {
            return;
        }
        seen.push(pattern.span);
        let word = if *ignore_case { "ILIKE" } else { "LIKE" };
        out.push(
            Diagnostic::warning(
                codes::NO_WILDCARD,
                format!("{word} without `%` asks for exactly this text"),
            )
            .at(pattern.span, what)
            .replace(
                format!("write `'{wanted}'`"),
                Applicability::Unsafe,
                pattern.span,
                format!("'{}'", wanted.replace('\'', "''")),
            ),
        );
    });
}

/// Why the value is never just this text, and the pattern that was meant.
fn longer(value: &Expr, written: &str) -> Option<(&'static str, String)> {
    match &value.kind {
        ExprKind::Call { function, args } => match &**function {
            "UTF8" => Some(("no payload is just this", format!("%{written}%"))),
            "LOWER" | "UPPER" => longer(args.first()?, written),
            _ => None,
        },
        ExprKind::Column(column) => {
            let path = column.name.ends_with(" Path") || &*column.name == "LoadedImage";
            if path && !written.contains(['\\', '/']) {
                Some(("a whole path has folders in front", format!("%\\{written}")))
            } else if path && !written.contains(':') && !written.starts_with(['\\', '/']) {
                Some(("a whole path begins with a volume", format!("%\\{written}")))
            } else {
                None
            }
        }
        _ => None,
    }
}
