//! Binding SESSION BY and OFFENSE_TIME, and the names that a query cannot see: `sessionid` before
//! there are sessions, and what belongs to the query around it.

use aql_diag::{Diagnostic, Span, codes};
use aql_event::Type;
use aql_syntax::ast;

use crate::bind::{Binder, Scope};
use crate::bound::{ArithmeticOp, Expr, ExprKind, Session, SessionEdge, Value, Window, session_id};
use crate::expr::{article, null};

impl Binder<'_> {
    pub(crate) fn session(&mut self, session: &ast::Session, scope: &mut Scope) -> Session {
        let time = self.expr(&session.time, scope);
        if !time.ty.is_numeric() && time.ty != Type::Null {
            self.push(
                Diagnostic::error(codes::TYPE_MISMATCH, "SESSION BY starts with a time")
                    .at(time.span, format!("this is {}", article(time.ty)))
                    .help("write `SESSION BY starttime, …`"),
            );
        }
        let by = session.by.iter().map(|expr| self.expr(expr, scope)).collect();
        let mut edge = |edge: &Option<ast::SessionEdge>| {
            edge.as_ref().map(|edge| SessionEdge {
                explicit: edge.explicit,
                condition: self.condition(&edge.condition, scope),
            })
        };
        let (begin, end) = (edge(&session.begin), edge(&session.end));
        let timeout = session.timeout.as_ref().map(|t| self.duration(t, None, scope));
        let window = session.time_window.as_ref();
        let time_window = window.map(|t| self.duration(t, session.time_window_unit, scope));
        let bound = Session { time, by, begin, end, timeout, time_window };
        let edges = bound.begin.iter().chain(&bound.end).map(|edge| &edge.condition);
        let durations = bound.timeout.iter().chain(&bound.time_window);
        let all: Vec<&Expr> =
            std::iter::once(&bound.time).chain(&bound.by).chain(edges).chain(durations).collect();
        for expr in all {
            self.no_session_id(expr, "SESSION BY");
        }
        bound
    }

    /// A number of milliseconds.
    fn duration(
        &mut self,
        expr: &ast::Expr,
        unit: Option<ast::TimeUnit>,
        scope: &mut Scope,
    ) -> Expr {
        let bound = self.expr(expr, scope);
        let span = bound.span;
        let factor = unit.map_or(1, ast::TimeUnit::milliseconds);
        match bound.kind {
            ExprKind::Literal(Value::Integer(n)) => {
                match n.checked_mul(factor).filter(|_| n >= 0) {
                    Some(ms) => Expr { kind: ExprKind::Literal(Value::Integer(ms)), ..bound },
                    None => {
                        self.push(
                            Diagnostic::error(codes::OUT_OF_RANGE, "a duration that cannot be")
                                .at(span, "must be 0 or more, and fit into 64-bit milliseconds"),
                        );
                        null(span)
                    }
                }
            }
            _ if bound.ty.is_numeric() => {
                let ms = Expr {
                    kind: ExprKind::Literal(Value::Integer(factor)),
                    ty: Type::Integer,
                    span,
                };
                let ty = bound.ty;
                let (left, right) = (Box::new(bound), Box::new(ms));
                let kind = ExprKind::Arithmetic { op: ArithmeticOp::Mul, left, right };
                Expr { kind, ty, span }
            }
            _ => {
                self.push(
                    Diagnostic::error(codes::TYPE_MISMATCH, "a number of milliseconds is expected")
                        .at(span, format!("this is {}", article(bound.ty)))
                        .help(
                            "write `TIMEOUT 60000`, `TIMEWINDOW 60000` or `TIMEWINDOW 1 MINUTES`",
                        ),
                );
                null(span)
            }
        }
    }

    /// The window of `TIMES OFFENSE_TIME(id)`; clients put the number in quotes as well.
    pub(crate) fn offense(&mut self, id: &ast::Expr) -> Window {
        let number = match &id.kind {
            ast::ExprKind::Literal(ast::Literal::Integer(number)) => Some(*number),
            ast::ExprKind::Literal(ast::Literal::Text(text)) => text.trim().parse().ok(),
            // The parser has reported it.
            ast::ExprKind::Error => return Window::None,
            _ => None,
        };
        number.map_or_else(
            || {
                self.push(
                    Diagnostic::error(
                        codes::ARGUMENT_TYPE,
                        "OFFENSE_TIME takes the number of an offense",
                    )
                    .at(id.span, "such as `OFFENSE_TIME(13)`"),
                );
                Window::None
            },
            Window::Offense,
        )
    }

    /// Reports a use of `sessionid` where sessions have not been formed yet.
    pub(crate) fn no_session_id(&mut self, expr: &Expr, place: &str) {
        let id = ExprKind::Column(session_id());
        let mut found: Option<Span> = None;
        expr.walk(&mut |e| {
            if found.is_none() && e.kind == id {
                found = Some(e.span);
            }
        });
        if let Some(span) = found {
            self.push(
                Diagnostic::error(
                    codes::UNKNOWN_FIELD,
                    format!("`sessionid` is not known in {place}"),
                )
                .at(span, "sessions are formed from the rows that WHERE keeps")
                .help("test it in HAVING"),
            );
        }
    }

    /// `sessionid`, if the query has sessions.
    pub(crate) fn session_name(&self, name: &ast::Name, scope: &Scope) -> Option<Expr> {
        (scope.session && name.text.eq_ignore_ascii_case("sessionid")).then(|| {
            let column = session_id();
            Expr { ty: column.ty, kind: ExprKind::Column(column), span: name.span }
        })
    }

    /// Reports a name of the query around this one, which it cannot see; answers whether it is one.
    pub(crate) fn outer_name(&mut self, name: &ast::Name) -> bool {
        let known = |names: &Vec<String>| names.iter().any(|n| n.eq_ignore_ascii_case(&name.text));
        let is_outer = self.outer.iter().any(known);
        if is_outer {
            self.push(
                Diagnostic::error(
                    codes::UNKNOWN_FIELD,
                    format!("`{}` belongs to the query around this one", name.text),
                )
                .at(name.span, "an inner query runs first, on its own")
                .help("write the condition into the outer query, or run two searches"),
            );
        }
        is_outer
    }
}
