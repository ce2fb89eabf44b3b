//! Expressions that do not fit on one line.

use super::Writer;
use super::flat::{
    NOT_IF, OPERAND, PREFIXED, TERM, binds, flat, function_name, operand_binds, unary,
};
use crate::ast::{Expr, ExprKind};

impl Writer<'_> {
    /// Writes an expression, on one line if it fits.
    pub(super) fn expr(&mut self, expr: &Expr, least: u8) {
        if let Some(line) = flat(expr, least, self.room(), self.text) {
            self.push(&line);
            return;
        }
        if binds(expr) < least {
            self.block(expr);
            return;
        }
        match &expr.kind {
            ExprKind::Literal(_) | ExprKind::Name(_) | ExprKind::Error => {
                let text = flat(expr, 0, usize::MAX, self.text).unwrap_or_default();
                self.push(&text);
            }
            ExprKind::And(terms) => self.indented(|w| w.chain(terms, "AND ")),
            ExprKind::Or(terms) => self.indented(|w| w.chain(terms, "OR ")),
            ExprKind::Call { name: function, args, .. } => {
                self.push(&function_name(function));
                self.push("(");
                self.items(args, expr.span.end);
                self.push(")");
            }
            ExprKind::Unary { op, expr } => {
                self.push(unary(*op));
                self.expr(expr, PREFIXED);
            }
            ExprKind::Binary { op, left, right, .. } => {
                let (l, r) = operand_binds(*op);
                self.expr(left, l);
                self.push(&format!(" {} ", op.symbol()));
                self.expr(right, r);
            }
            ExprKind::Not(inner) => {
                self.push("NOT ");
                self.expr(inner, TERM);
            }
            ExprKind::Pattern { op, negated, expr, pattern, .. } => {
                self.expr(expr, OPERAND);
                self.push(if *negated { " NOT " } else { " " });
                self.push(op.keyword());
                self.push(" ");
                self.expr(pattern, OPERAND);
            }
            ExprKind::InList { negated, expr: value, list } => {
                self.expr(value, OPERAND);
                self.push(if *negated { " NOT IN (" } else { " IN (" });
                self.items(list, expr.span.end);
                self.push(")");
            }
            ExprKind::InQuery { negated, expr: value, query } => {
                self.expr(value, OPERAND);
                self.push(if *negated { " NOT IN (" } else { " IN (" });
                self.indented(|w| {
                    w.newline(Some(query.span.start));
                    w.query(query);
                });
                self.newline(Some(expr.span.end));
                self.push(")");
            }
            ExprKind::Between { negated, expr, low, high } => {
                self.expr(expr, OPERAND);
                self.push(if *negated { " NOT BETWEEN " } else { " BETWEEN " });
                self.expr(low, OPERAND);
                self.push(" AND ");
                self.expr(high, OPERAND);
            }
            ExprKind::IsNull { negated, expr } => {
                self.expr(expr, OPERAND);
                self.push(if *negated { " IS NOT NULL" } else { " IS NULL" });
            }
            ExprKind::Case { operand, branches, otherwise } => {
                self.case(operand.as_deref(), branches, otherwise.as_deref(), expr.span.end);
            }
            ExprKind::If { condition, then, otherwise } => {
                self.push("IF ");
                self.expr(condition, NOT_IF);
                self.indented(|w| {
                    w.newline(Some(then.span.start));
                    w.push("THEN ");
                    w.expr(then, NOT_IF);
                    if let Some(otherwise) = otherwise {
                        w.newline(Some(otherwise.span.start));
                        w.push("ELSE ");
                        w.expr(otherwise, 0);
                    }
                });
            }
        }
    }

    fn indented(&mut self, write: impl FnOnce(&mut Self)) {
        self.indent += 1;
        write(self);
        self.indent -= 1;
    }

    /// Terms of AND or OR, each but the first on a line of its own.
    pub(super) fn chain(&mut self, terms: &[Expr], word: &str) {
        for (index, term) in terms.iter().enumerate() {
            if index > 0 {
                self.newline(Some(term.span.start));
                self.push(word);
            }
            self.term(term);
        }
    }

    /// A term of a condition; a chain in parentheses is spread over lines even if it is short.
    pub(super) fn term(&mut self, term: &Expr) {
        match &term.kind {
            ExprKind::And(_) | ExprKind::Or(_) => self.block(term),
            ExprKind::Not(inner) if matches!(inner.kind, ExprKind::And(_) | ExprKind::Or(_)) => {
                self.push("NOT ");
                self.block(inner);
            }
            _ => self.expr(term, TERM),
        }
    }

    /// An expression in parentheses on lines of their own.
    fn block(&mut self, expr: &Expr) {
        self.push("(");
        self.indented(|w| {
            let first = match &expr.kind {
                ExprKind::And(terms) | ExprKind::Or(terms) => {
                    terms.first().map(|term| term.span.start)
                }
                _ => None,
            };
            w.newline(first);
            match &expr.kind {
                ExprKind::And(terms) => w.chain(terms, "AND "),
                ExprKind::Or(terms) => w.chain(terms, "OR "),
                _ => w.expr(expr, 0),
            }
        });
        self.newline(Some(expr.span.end));
        self.push(")");
    }

    /// Items of a list, each on a line of its own, up to the closing parenthesis. Constants fill
    /// the lines.
    fn items(&mut self, list: &[Expr], end: u32) {
        let constants = list.iter().all(|item| matches!(item.kind, ExprKind::Literal(_)));
        self.indented(|w| {
            for (index, item) in list.iter().enumerate() {
                if index > 0 {
                    w.push(",");
                }
                // One byte for the blank, one for the comma behind.
                let room = w.room().saturating_sub(2);
                if constants
                    && index > 0
                    && let Some(text) = flat(item, 0, room, w.text)
                    && !w.comment_pending(item.span.start)
                {
                    w.push(" ");
                    w.push(&text);
                    continue;
                }
                w.newline(Some(item.span.start));
                w.expr(item, 0);
            }
        });
        self.newline(Some(end));
    }

    fn case(
        &mut self,
        operand: Option<&Expr>,
        branches: &[(Expr, Expr)],
        otherwise: Option<&Expr>,
        end: u32,
    ) {
        self.push("CASE");
        if let Some(operand) = operand {
            self.push(" ");
            self.expr(operand, NOT_IF);
        }
        self.indented(|w| {
            for (when, then) in branches {
                w.newline(Some(when.span.start));
                w.push("WHEN ");
                w.expr(when, NOT_IF);
                if flat(when, 0, w.room(), w.text).is_none() || w.room() < 20 {
                    w.newline(Some(then.span.start));
                    w.push("THEN ");
                } else {
                    w.push(" THEN ");
                }
                w.expr(then, NOT_IF);
            }
            if let Some(otherwise) = otherwise {
                w.newline(Some(otherwise.span.start));
                w.push("ELSE ");
                w.expr(otherwise, 0);
            }
        });
        self.newline(Some(end));
        self.push("END");
    }
}
