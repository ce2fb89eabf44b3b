//! The name of a property in single quotes, where a value is wanted: a constant.

use aql_catalog::Found;
use aql_diag::{Applicability, Diagnostic, Span, codes};
use aql_semantic::{Expr, ExprKind};

use crate::cx::Cx;
use crate::tests_of::text;

pub(super) fn check(cx: &Cx<'_>, out: &mut Vec<Diagnostic>) {
    let mut seen: Vec<Span> = Vec::new();
    cx.walk(&mut |expr| {
        let mut suspects: Vec<&Expr> = Vec::new();
        match &expr.kind {
            ExprKind::Like { expr, .. }
            | ExprKind::Matches { expr, .. }
            | ExprKind::In { expr, .. } => suspects.push(expr),
            ExprKind::Compare { left, right, .. }
                if text(left).is_some() && text(right).is_some() =>
            {
                suspects.push(left);
            }
            ExprKind::IsNull(inner) => suspects.push(inner),
            // A word of a sentence may be the name of a property too; with a blank it hardly is.
            ExprKind::Call { args, .. } => suspects
                .extend(args.iter().filter(|a| text(a).is_some_and(|t| t.trim().contains(' ')))),
            _ => {}
        }
        for suspect in suspects {
            let Some(name) = text(suspect).map(str::trim) else { continue };
            if seen.contains(&suspect.span) || !known(cx, name) {
                continue;
            }
            seen.push(suspect.span);
            out.push(
                Diagnostic::warning(
                    codes::QUOTED_PROPERTY,
                    format!("`'{name}'` in single quotes is a text, not the property"),
                )
                .at(suspect.span, "the same for every event")
                .replace(
                    format!("write `\"{name}\"`"),
                    Applicability::Unsafe,
                    suspect.span,
                    format!("\"{name}\""),
                ),
            );
        }
    });
}

fn known(cx: &Cx<'_>, name: &str) -> bool {
    let property = cx.catalog.property(name, cx.profile);
    cx.catalog.event_field(name).is_some()
        || property.is_some_and(|(_, found)| matches!(found, Found::Exact | Found::Alias))
}
