//! Conditions in messages.

use aql_semantic::{Expr, ExprKind};

use crate::expr;

/// The smallest condition within a wrong one that is wrong on its own.
pub fn smallest(condition: &Expr, is_wrong: &dyn Fn(&Expr) -> bool) -> Expr {
    let below: Vec<&Expr> = match &condition.kind {
        ExprKind::And(terms) | ExprKind::Or(terms) => terms.iter().collect(),
        ExprKind::Not(inner) => vec![inner],
        _ => Vec::new(),
    };
    for term in below {
        let negated = expr(ExprKind::Not(Box::new(term.clone())), condition.ty);
        for term in [term, &negated] {
            if matches!((&condition.kind, &term.kind), (ExprKind::Not(_), ExprKind::Not(_))) {
                continue;
            }
            if is_wrong(term) {
                return smallest(term, is_wrong);
            }
        }
    }
    condition.clone()
}

/// A condition in few words.
pub fn show(expr: &Expr) -> String {
    let list = |list: &[Expr]| list.iter().map(show).collect::<Vec<_>>().join(", ");
    match &expr.kind {
        ExprKind::Literal(value) => format!("{value:?}"),
        ExprKind::Column(column) => format!("{:?}", column.name),
        ExprKind::Compare { op, by, left, right } => {
            format!("({} {op:?} {} by {by:?})", show(left), show(right))
        }
        ExprKind::Like { expr, pattern, ignore_case } => {
            let i = if *ignore_case { "I" } else { "" };
            format!("({} {i}LIKE {})", show(expr), show(pattern))
        }
        ExprKind::Matches { expr, pattern, full, .. } => {
            format!("({} MATCHES {} full {full})", show(expr), show(pattern))
        }
        ExprKind::In { expr, list, by } => format!("({} IN {list:?} by {by:?})", show(expr)),
        ExprKind::IsNull(inner) => format!("({} IS NULL)", show(inner)),
        ExprKind::And(terms) => format!("AND({})", list(terms)),
        ExprKind::Or(terms) => format!("OR({})", list(terms)),
        ExprKind::Not(inner) => format!("NOT {}", show(inner)),
        ExprKind::Call { function, args } => format!("{function}({})", list(args)),
        ExprKind::Arithmetic { op, left, right } => {
            format!("({} {op:?} {})", show(left), show(right))
        }
        ExprKind::Case { branches, otherwise } => {
            let branches: Vec<_> = branches
                .iter()
                .map(|(c, v)| format!("WHEN {} THEN {}", show(c), show(v)))
                .collect();
            let otherwise = otherwise.as_ref().map(|e| show(e));
            format!("CASE {} ELSE {otherwise:?} END", branches.join(" "))
        }
        other => format!("{other:?}"),
    }
}
