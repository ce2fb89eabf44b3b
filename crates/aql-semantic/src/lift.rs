//! From expressions over rows to expressions over groups.

use crate::bound::{AggregateCall, AggregateFunction, Expr, ExprKind};
use crate::select::Selected;

/// Rewrites expressions over rows into expressions over groups.
pub(crate) struct Lift<'k> {
    pub(crate) keys: &'k [Expr],
    pub(crate) calls: Vec<AggregateCall>,
}

impl Lift<'_> {
    /// A plain field that is neither grouped nor aggregated.
    pub(crate) fn is_bare(&self, item: &Selected) -> bool {
        let field = matches!(item.expr.kind, ExprKind::Column(_) | ExprKind::Input(_));
        (field || item.declared) && !self.keys.contains(&item.expr)
    }

    /// IBM AQL guide: the first value of a field that is not grouped.
    pub(crate) fn first(&mut self, expr: &mut Expr) {
        if self.keys.contains(expr) {
            return self.lift(expr);
        }
        let call = AggregateCall {
            function: AggregateFunction::First,
            argument: Some(expr.clone()),
            ty: expr.ty,
        };
        expr.kind = ExprKind::Aggregate(intern(&mut self.calls, call));
    }

    pub(crate) fn lift(&mut self, expr: &mut Expr) {
        if let Some(key) = self.keys.iter().position(|key| key == expr) {
            expr.kind = ExprKind::Key(key);
            return;
        }
        match &mut expr.kind {
            ExprKind::Literal(_) | ExprKind::Key(_) | ExprKind::Aggregate(_) => {}
            ExprKind::Column(_) | ExprKind::Input(_) => self.first(expr),
            kind => for_each_child(kind, &mut |child| self.lift(child)),
        }
    }
}

/// Position of a call in the list, which grows if it is new.
pub(crate) fn intern(calls: &mut Vec<AggregateCall>, call: AggregateCall) -> usize {
    match calls.iter().position(|known| *known == call) {
        Some(at) => at,
        None => {
            calls.push(call);
            calls.len() - 1
        }
    }
}

pub(crate) fn for_each_child(kind: &mut ExprKind, f: &mut dyn FnMut(&mut Expr)) {
    match kind {
        ExprKind::Literal(_)
        | ExprKind::Column(_)
        | ExprKind::Input(_)
        | ExprKind::Key(_)
        | ExprKind::Aggregate(_) => {}
        ExprKind::Compare { left, right, .. } | ExprKind::Arithmetic { left, right, .. } => {
            f(left);
            f(right);
        }
        ExprKind::Like { expr, pattern, .. } | ExprKind::Matches { expr, pattern, .. } => {
            f(expr);
            f(pattern);
        }
        ExprKind::In { expr, .. } | ExprKind::InQuery { expr, .. } => f(expr),
        ExprKind::IsNull(e) | ExprKind::Not(e) | ExprKind::Negate(e) | ExprKind::BitNot(e) => f(e),
        ExprKind::And(list) | ExprKind::Or(list) => list.iter_mut().for_each(f),
        ExprKind::Call { args, .. } => args.iter_mut().for_each(f),
        ExprKind::Case { branches, otherwise } => {
            for (condition, value) in branches {
                f(condition);
                f(value);
            }
            if let Some(otherwise) = otherwise {
                f(otherwise);
            }
        }
    }
}
