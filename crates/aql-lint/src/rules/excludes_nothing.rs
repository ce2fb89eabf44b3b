//! A log source type is excluded that the other conditions do not let through anyway; exclusions are
//! joined by OR.

use aql_catalog::{LogSourceType, SYSMON_TYPE_NAME};
use aql_diag::{Applicability, Diagnostic, codes};
use aql_semantic::{CompareOp, Expr, ExprKind};

use crate::class;
use crate::cx::Cx;
use crate::tests_of::{Kind, Test, test};

pub(super) fn check(cx: &Cx<'_>, out: &mut Vec<Diagnostic>) {
    let sysmon = LogSourceType { id: 12, short: String::new(), name: SYSMON_TYPE_NAME.to_owned() };
    let types: Vec<&LogSourceType> =
        cx.catalog.log_source_types().iter().chain(std::iter::once(&sysmon)).collect();
    cx.walk(&mut |expr| {
        if let ExprKind::Or(branches) = &expr.kind {
            joined_by_or(cx, branches, out);
        }
        let ExprKind::And(terms) = &expr.kind else { return };
        let wanted: Vec<&Expr> =
            terms.iter().filter(|t| !excludes(t) && subject(t).is_some()).collect();
        let Some(first) = wanted.first() else { return };
        let left: Vec<&LogSourceType> = types
            .iter()
            .copied()
            .filter(|ty| wanted.iter().all(|t| holds(t, ty) == Some(true)))
            .collect();
        if left.is_empty() || left.len() == types.len() {
            return;
        }
        for (at, term) in terms.iter().enumerate() {
            let idle = excludes(term) && left.iter().all(|ty| holds(term, ty) == Some(true));
            if !idle {
                continue;
            }
            let mut found = Diagnostic::note_severity(
                codes::EXCLUDES_NOTHING,
                "an exclusion that excludes nothing",
            )
            .at(term.span, "true for every log source type that is left")
            .label(first.span, "only these types pass here");
            let edit = at.checked_sub(1).and_then(|before| cx.without(&terms[before], term));
            if let Some(edit) = edit {
                found = found.fix("leave it out", Applicability::Unsafe, vec![edit]);
            }
            out.push(found);
        }
    });
}

/// `x NOT LIKE 'a%' OR x NOT LIKE 'b%'`: only what fits both patterns is excluded, hence next to
/// nothing.
fn joined_by_or(cx: &Cx<'_>, branches: &[Expr], out: &mut Vec<Diagnostic>) {
    let excluded = |branch: &Expr| {
        matches!(test(branch), Some(Test { negated: true, kind: Kind::Like(..), .. }))
    };
    for (first, second) in branches.iter().zip(branches.iter().skip(1)) {
        let (Some(a), Some(b)) = (test(first), test(second)) else { continue };
        let both = excluded(first) && excluded(second) && a.subject == b.subject;
        // Where no value fits both, or one pattern covers the other, it is said elsewhere.
        if !both || a.span == b.span || a.excludes(&b) || a.implies(&b) || b.implies(&a) {
            continue;
        }
        let name = cx.slice(a.subject.span);
        out.push(
            Diagnostic::note_severity(
                codes::EXCLUDES_NOTHING,
                "exclusions that are joined by OR exclude only what fits all of them",
            )
            .at(b.span, format!("whatever `{name}` is, mostly one of the two holds"))
            .label(a.span, "the other")
            .help("if neither is wanted, join them by AND"),
        );
        return;
    }
}

/// Is it the opposite of a test that must hold?
fn excludes(term: &Expr) -> bool {
    match &term.kind {
        ExprKind::Not(_) => true,
        ExprKind::Compare { op, .. } => *op == CompareOp::NotEq,
        _ => false,
    }
}

/// What is tested, if it is the type of the log source.
fn subject(term: &Expr) -> Option<bool> {
    let value = match &term.kind {
        ExprKind::Not(inner) => return subject(inner),
        ExprKind::Like { expr, .. } | ExprKind::In { expr, .. } => expr,
        ExprKind::Compare { left, right, .. } if matches!(right.kind, ExprKind::Literal(_)) => left,
        _ => return None,
    };
    match &value.kind {
        ExprKind::Column(column) if &*column.name == "devicetype" => Some(true),
        ExprKind::Call { function, .. } => {
            let name = ["LOGSOURCETYPENAME", "LOGSOURCE_TYPENAME", "SYSMON_TYPENAME"];
            name.contains(&&**function).then_some(false)
        }
        _ => None,
    }
}

fn holds(term: &Expr, ty: &LogSourceType) -> Option<bool> {
    if let ExprKind::Not(inner) = &term.kind {
        return holds(inner, ty).map(|b| !b);
    }
    match subject(term)? {
        true => class::accepts(term, &ty.id.to_string()),
        false => class::accepts(term, &ty.name),
    }
}
