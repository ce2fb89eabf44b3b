//! Single tests of a condition, and what follows from one for another.

use std::cmp::Ordering;

use aql_diag::Span;
use aql_semantic::{CompareBy, CompareOp, Expr, ExprKind, Value};

use crate::like;

/// A test of one value against constants.
#[derive(Clone, Debug)]
pub(crate) struct Test<'a> {
    /// What is tested.
    pub(crate) subject: &'a Expr,
    /// Is it the opposite that must hold?
    pub(crate) negated: bool,
    pub(crate) kind: Kind<'a>,
    /// The whole test, NOT included.
    pub(crate) span: Span,
}

/// What is asked.
#[derive(Clone, Debug)]
pub(crate) enum Kind<'a> {
    /// Equal to one of these.
    OneOf(Vec<&'a Value>, CompareBy),
    /// Below or above a bound.
    Bound(CompareOp, &'a Value),
    /// LIKE (false) or ILIKE (true) a constant.
    Like(&'a str, bool),
}

/// The test that an expression is, if it is one.
pub(crate) fn test(expr: &Expr) -> Option<Test<'_>> {
    let span = expr.span;
    match &expr.kind {
        ExprKind::Not(inner) => {
            let inner = test(inner)?;
            Some(Test { negated: !inner.negated, span, ..inner })
        }
        ExprKind::Compare { op, by, left, right } => {
            let (subject, op, value) = match (&left.kind, &right.kind) {
                (ExprKind::Literal(_), ExprKind::Literal(_)) => return None,
                (_, ExprKind::Literal(value)) => (left, *op, value),
                (ExprKind::Literal(value), _) => (right, op.swapped(), value),
                _ => return None,
            };
            let (negated, kind) = match op {
                CompareOp::Eq => (false, Kind::OneOf(vec![value], *by)),
                CompareOp::NotEq => (true, Kind::OneOf(vec![value], *by)),
                op if *by == CompareBy::Number => (false, Kind::Bound(op, value)),
                _ => return None,
            };
            Some(Test { subject, negated, kind, span })
        }
        ExprKind::In { expr, list, by } if !list.is_empty() => {
            let kind = Kind::OneOf(list.iter().collect(), *by);
            Some(Test { subject: expr, negated: false, kind, span })
        }
        ExprKind::Like { expr, pattern, ignore_case } => {
            let pattern = text(pattern)?;
            Some(Test {
                subject: expr,
                negated: false,
                kind: Kind::Like(pattern, *ignore_case),
                span,
            })
        }
        _ => None,
    }
}

/// The text of a constant.
pub(crate) fn text(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Literal(Value::Text(text)) => Some(text),
        _ => None,
    }
}

impl Test<'_> {
    /// Does everything that satisfies this kind of test satisfy the other? When in doubt, no.
    pub(crate) fn implies(&self, other: &Test<'_>) -> bool {
        match (&self.kind, &other.kind) {
            (Kind::OneOf(a, by), Kind::OneOf(b, other_by)) => {
                by == other_by && a.iter().all(|a| b.iter().any(|b| same(a, b)))
            }
            (Kind::OneOf(a, CompareBy::Text), Kind::Like(pattern, fold)) => {
                a.iter().all(|a| matches!(a, Value::Text(t) if like::matches(pattern, t, *fold)))
            }
            (Kind::OneOf(a, CompareBy::Number), Kind::Bound(op, bound)) => {
                a.iter().all(|a| order(a, bound).is_some_and(|o| op.holds(o)))
            }
            (Kind::Like(a, a_fold), Kind::Like(b, b_fold)) => {
                like::implies((a, *a_fold), (b, *b_fold))
            }
            (Kind::Bound(op, a), Kind::Bound(other, b)) => bound_implies(*op, a, *other, b),
            _ => false,
        }
    }

    /// Does every value satisfy one of the two? When in doubt, no.
    pub(crate) fn covers(&self, other: &Test<'_>) -> bool {
        let Kind::Bound(op, a) = &self.kind else { return false };
        let Kind::Bound(other, b) = &other.kind else { return false };
        let opposite = match op {
            CompareOp::Lt => CompareOp::GtEq,
            CompareOp::LtEq => CompareOp::Gt,
            CompareOp::Gt => CompareOp::LtEq,
            CompareOp::GtEq => CompareOp::Lt,
            CompareOp::Eq | CompareOp::NotEq => return false,
        };
        bound_implies(opposite, a, *other, b)
    }

    /// Can no value satisfy both? When in doubt, no.
    pub(crate) fn excludes(&self, other: &Test<'_>) -> bool {
        match (&self.kind, &other.kind) {
            (Kind::OneOf(a, by), Kind::OneOf(b, other_by)) => {
                by == other_by && a.iter().all(|a| b.iter().all(|b| differ(a, b)))
            }
            (Kind::OneOf(a, CompareBy::Text), Kind::Like(pattern, fold))
            | (Kind::Like(pattern, fold), Kind::OneOf(a, CompareBy::Text)) => {
                a.iter().all(|a| matches!(a, Value::Text(t) if !like::matches(pattern, t, *fold)))
            }
            (Kind::OneOf(a, CompareBy::Number), Kind::Bound(op, bound))
            | (Kind::Bound(op, bound), Kind::OneOf(a, CompareBy::Number)) => {
                a.iter().all(|a| order(a, bound).is_some_and(|o| !op.holds(o)))
            }
            (Kind::Like(a, a_fold), Kind::Like(b, b_fold)) => {
                like::disjoint((a, *a_fold), (b, *b_fold))
            }
            (Kind::Bound(op, a), Kind::Bound(other, b)) => bound_excludes(*op, a, *other, b),
            _ => false,
        }
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        #[expect(clippy::cast_precision_loss, reason = "only compared, and only if exact")]
        Value::Integer(n) if n.abs() < (1 << 52) => Some(*n as f64),
        Value::Double(x) => Some(*x),
        _ => None,
    }
}

fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Integer(a), Value::Integer(b)) => Some(a.cmp(b)),
        _ => number(a)?.partial_cmp(&number(b)?),
    }
}

fn same(a: &Value, b: &Value) -> bool {
    a == b || order(a, b) == Some(Ordering::Equal)
}

/// Are they different for certain?
fn differ(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => a != b,
        (Value::Host(a), Value::Host(b)) => a != b,
        (Value::Boolean(a), Value::Boolean(b)) => a != b,
        _ => order(a, b).is_some_and(Ordering::is_ne),
    }
}

fn upper(op: CompareOp) -> bool {
    matches!(op, CompareOp::Lt | CompareOp::LtEq)
}

fn bound_implies(op: CompareOp, a: &Value, other: CompareOp, b: &Value) -> bool {
    let Some(order) = order(a, b) else { return false };
    if upper(op) != upper(other) {
        return false;
    }
    let tighter = if upper(op) { Ordering::Less } else { Ordering::Greater };
    let strict = |op| matches!(op, CompareOp::Lt | CompareOp::Gt);
    order == tighter || (order.is_eq() && (strict(op) || !strict(other)))
}

fn bound_excludes(op: CompareOp, a: &Value, other: CompareOp, b: &Value) -> bool {
    let (low, low_op, high, high_op) = match (upper(op), upper(other)) {
        (false, true) => (a, op, b, other),
        (true, false) => (b, other, a, op),
        _ => return false,
    };
    match order(low, high) {
        Some(Ordering::Greater) => true,
        Some(Ordering::Equal) => low_op == CompareOp::Gt || high_op == CompareOp::Lt,
        _ => false,
    }
}
