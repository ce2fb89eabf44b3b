//! Functions whose arguments or results depend on the dialect.
//!
//! The evaluator knows one reading of each; another one is an expression around the call.

use aql_event::Type;

use crate::bind::Binder;
use crate::bound::{ArithmeticOp, Expr, ExprKind, Value};
use crate::dialect::{ConcatNull, Division, ParseTimestampOrder, ParseTimestampUnit, StringBase};
use crate::expr::arithmetic;

impl Binder<'_> {
    /// Brings the arguments of a call into the form that the evaluator knows.
    pub(crate) fn reorder_arguments(&self, function: &str, args: &mut [Expr]) {
        let from_one = self.dialect.string_base == StringBase::One;
        match (function, args) {
            ("PARSETIMESTAMP", [first, second])
                if self.dialect.parsetimestamp_order == ParseTimestampOrder::Text =>
            {
                std::mem::swap(first, second);
            }
            ("STRPOS", [_, _, position]) | ("SUBSTRING", [_, position, ..]) if from_one => {
                *position = plus(position.clone(), -1);
            }
            _ => {}
        }
    }

    /// The result of a call in the form that the dialect has.
    pub(crate) fn with_result(&self, call: Expr) -> Expr {
        let ExprKind::Call { function, args } = &call.kind else { return call };
        match &**function {
            "STRPOS" if self.dialect.string_base == StringBase::One => plus(call, 1),
            "PARSETIMESTAMP" if self.dialect.parsetimestamp_unit == ParseTimestampUnit::Seconds => {
                let span = call.span;
                arithmetic(ArithmeticOp::Div, call, integer(1000, span), span, Division::Integer)
            }
            "CONCAT" if self.dialect.concat_null == ConcatNull::Null => {
                let span = call.span;
                let missing = args.iter().map(|arg| Expr {
                    kind: ExprKind::IsNull(Box::new(arg.clone())),
                    ty: Type::Boolean,
                    span,
                });
                let branches = missing.map(|missing| (missing, crate::expr::null(span))).collect();
                let kind = ExprKind::Case { branches, otherwise: Some(Box::new(call)) };
                Expr { kind, ty: Type::Text, span }
            }
            _ => call,
        }
    }
}

fn integer(n: i64, span: aql_diag::Span) -> Expr {
    Expr { kind: ExprKind::Literal(Value::Integer(n)), ty: Type::Integer, span }
}

fn plus(expr: Expr, n: i64) -> Expr {
    let span = expr.span;
    if let ExprKind::Literal(Value::Integer(m)) = expr.kind {
        return integer(m.saturating_add(n), span);
    }
    arithmetic(ArithmeticOp::Add, expr, integer(n, span), span, Division::Double)
}
