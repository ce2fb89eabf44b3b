//! Binding what GROUP BY and ORDER BY have of their own: aliases in single quotes, the place of
//! nulls.

use aql_diag::{Applicability, Diagnostic, codes};
use aql_event::Type;
use aql_syntax::ast;

use crate::bind::{Binder, Scope};
use crate::bound::{Expr, ExprKind, Order, Value};
use crate::dialect::{NullOrder, QuotedAlias};

impl Binder<'_> {
    /// A sort key that puts nulls where the dialect has them. By itself a key has them below every
    /// other value; where they belong elsewhere, whether the value is null is sorted by before.
    pub(crate) fn with_nulls_placed(&self, order: Order) -> Vec<Order> {
        let below = !order.descending;
        let first = match self.dialect.null_order {
            NullOrder::Low => below,
            NullOrder::High => !below,
            NullOrder::First => true,
            NullOrder::Last => false,
        };
        if first == below {
            return vec![order];
        }
        let span = order.expr.span;
        let number =
            |n| Expr { kind: ExprKind::Literal(Value::Integer(n)), ty: Type::Integer, span };
        let is_null = ExprKind::IsNull(Box::new(order.expr.clone()));
        let is_null = Expr { kind: is_null, ty: Type::Boolean, span };
        let kind = ExprKind::Case {
            branches: vec![(is_null, number(1))],
            otherwise: Some(Box::new(number(0))),
        };
        let nulls = Expr { kind, ty: Type::Integer, span };
        vec![Order { expr: nulls, descending: first }, order]
    }

    /// A sort key by the rules of a language. Only text has one: other values keep their order.
    pub(crate) fn collated(&mut self, expr: Expr, language: &ast::Text) -> Expr {
        let span = language.span;
        if expr.ty != Type::Text {
            self.push(
                Diagnostic::warning(codes::ARGUMENT_TYPE, "COLLATE orders text, and this is none")
                    .at(expr.span, format!("{}", expr.ty))
                    .label(span, "has no effect"),
            );
            return expr;
        }
        let tag = ExprKind::Literal(Value::Text(language.value.as_str().into()));
        let tag = Expr { kind: tag, ty: Type::Text, span };
        let whole = expr.span.to(span);
        let kind = ExprKind::Call { function: "COLLATION_KEY".into(), args: vec![expr, tag] };
        Expr { kind, ty: Type::Binary, span: whole }
    }

    /// In GROUP BY and ORDER BY, text in single quotes is an alias if there is one of that name:
    /// IBM's pages disagree, and shipped dashboards rely on it.
    pub(crate) fn quoted_alias(&mut self, expr: &ast::Expr, scope: &Scope) -> Option<Expr> {
        let ast::ExprKind::Literal(ast::Literal::Text(text)) = &expr.kind else { return None };
        if self.dialect.quoted_alias == QuotedAlias::Constant {
            return None;
        }
        let found = scope.aliases.iter().chain(&scope.outputs);
        let (_, bound) = found.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(text))?;
        let bound = bound.clone();
        let name = ast::Name { text: text.clone(), quote: ast::Quote::Single, span: expr.span };
        // An aggregate is refused where its alias in double quotes would be.
        let bound = self.alias(&name, &bound, scope);
        self.push(
            Diagnostic::note_severity(
                codes::QUOTED_ALIAS,
                format!("`'{text}'` is read as the column of that name"),
            )
            .at(expr.span, "single quotes make a constant elsewhere")
            .replace(
                "write the name in double quotes",
                Applicability::Safe,
                expr.span,
                format!("\"{text}\""),
            ),
        );
        Some(bound)
    }
}
