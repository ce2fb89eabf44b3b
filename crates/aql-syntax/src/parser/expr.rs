//! Operators: a Pratt loop over the levels of precedence.
//!
//! AND and OR chains become one node with many terms, so that ten thousand of them are no deeper
//! than two. Other operators build a tree to the left; its height is bounded like all nesting.

use aql_diag::{Applicability, Diagnostic, Edit, Span, codes};

use super::{Node, Parser, weight};
use crate::ast::{BinaryOp, ExprKind, Literal, Name, PatternOp, Quote, UnaryOp};
use crate::token::{Keyword, TokenKind};

/// Levels of precedence, the loosest first.
pub(super) mod level {
    pub(in crate::parser) const OR: u8 = 1;
    pub(in crate::parser) const AND: u8 = 2;
    pub(in crate::parser) const NOT: u8 = 3;
    pub(in crate::parser) const PREDICATE: u8 = 4;
    pub(in crate::parser) const BIT: u8 = 5;
    pub(in crate::parser) const ADD: u8 = 6;
    pub(in crate::parser) const MUL: u8 = 7;
    pub(in crate::parser) const POW: u8 = 8;
    pub(in crate::parser) const UNARY: u8 = 9;
}

/// What stands between two operands.
enum Infix {
    Or,
    And,
    Binary(BinaryOp),
    Concat,
    Pattern(PatternOp),
    In,
    Between,
    Is,
    Not,
    Foreign,
}

impl Parser<'_> {
    /// A whole expression.
    pub(super) fn expr(&mut self) -> Node {
        self.expr_at(level::OR)
    }

    /// An expression without logical operators and comparisons.
    pub(super) fn operand(&mut self) -> Node {
        self.expr_at(level::BIT)
    }

    pub(super) fn expr_at(&mut self, least: u8) -> Node {
        if !self.enter(weight::EXPR) {
            return Self::error_node(self.span());
        }
        let left = self.prefix(least);
        let node = self.continue_expr(left, least);
        self.leave(weight::EXPR);
        node
    }

    /// Goes on behind a left operand with operators of at least the level `least`.
    pub(super) fn continue_expr(&mut self, mut left: Node, least: u8) -> Node {
        while let Some((infix, binds)) = self.infix() {
            if binds < least {
                break;
            }
            left = match infix {
                Infix::Or => self.chain(left, level::OR),
                Infix::And => self.chain(left, level::AND),
                Infix::Binary(op) => self.binary(left, op, binds),
                Infix::Concat => self.concat(left),
                Infix::Pattern(op) => self.pattern(left, op, None),
                Infix::In => self.in_predicate(left, None),
                Infix::Between => self.between(left, None),
                Infix::Is => self.is_null(left),
                Infix::Not => self.infix_not(left),
                Infix::Foreign => self.foreign_operator(left, None),
            };
        }
        left
    }

    fn infix(&self) -> Option<(Infix, u8)> {
        use BinaryOp as B;
        use TokenKind as T;
        Some(match self.kind() {
            T::Keyword(keyword) => match keyword {
                Keyword::Or => (Infix::Or, level::OR),
                Keyword::And => (Infix::And, level::AND),
                Keyword::Like => (Infix::Pattern(PatternOp::Like), level::PREDICATE),
                Keyword::ILike => (Infix::Pattern(PatternOp::ILike), level::PREDICATE),
                Keyword::Matches => (Infix::Pattern(PatternOp::Matches), level::PREDICATE),
                Keyword::IMatches => (Infix::Pattern(PatternOp::IMatches), level::PREDICATE),
                Keyword::In => (Infix::In, level::PREDICATE),
                Keyword::Between => (Infix::Between, level::PREDICATE),
                Keyword::Is => (Infix::Is, level::PREDICATE),
                Keyword::Not => (Infix::Not, level::PREDICATE),
                _ => return None,
            },
            T::AmpAmp => (Infix::And, level::AND),
            T::Eq => (Infix::Binary(B::Eq), level::PREDICATE),
            T::NotEq => (Infix::Binary(B::NotEq), level::PREDICATE),
            T::Lt => (Infix::Binary(B::Lt), level::PREDICATE),
            T::LtEq => (Infix::Binary(B::LtEq), level::PREDICATE),
            T::Gt => (Infix::Binary(B::Gt), level::PREDICATE),
            T::GtEq => (Infix::Binary(B::GtEq), level::PREDICATE),
            T::Amp => (Infix::Binary(B::BitAnd), level::BIT),
            T::Pipe => (Infix::Binary(B::BitOr), level::BIT),
            T::Hash => (Infix::Binary(B::BitXor), level::BIT),
            T::Plus => (Infix::Binary(B::Add), level::ADD),
            T::Minus => (Infix::Binary(B::Sub), level::ADD),
            T::PipePipe => (Infix::Concat, level::ADD),
            T::Star => (Infix::Binary(B::Mul), level::MUL),
            T::Slash => (Infix::Binary(B::Div), level::MUL),
            T::Percent => (Infix::Binary(B::Rem), level::MUL),
            T::Caret => (Infix::Binary(B::Pow), level::POW),
            T::Tilde => (Infix::Foreign, level::PREDICATE),
            T::Word if self.at_foreign_operator(0) => (Infix::Foreign, level::PREDICATE),
            _ => return None,
        })
    }

    /// `a AND b AND …` or `a OR b OR …`, with the position on the first operator.
    fn chain(&mut self, first: Node, binds: u8) -> Node {
        let start = first.expr.span;
        let mut height = first.height;
        let mut terms = vec![first.expr];
        loop {
            let matches = if binds == level::OR {
                self.at_keyword(Keyword::Or)
            } else {
                self.at_keyword(Keyword::And) || self.at(TokenKind::AmpAmp)
            };
            if !matches {
                break;
            }
            let operator = self.bump();
            if operator.kind == TokenKind::AmpAmp {
                self.mended("`&&` is not AQL", operator.span, "write `AND`", "write `AND`", "AND");
            }
            if self.doubled_connective(operator.span) {
                continue;
            }
            let term = self.expr_at(binds + 1);
            height = height.max(term.height);
            terms.push(term.expr);
        }
        let end = terms.last().map_or(start, |term| term.span);
        if terms.len() == 1 {
            // Only after a connective without an operand, which has been reported.
            if let Some(expr) = terms.pop() {
                return Node { expr, height };
            }
        }
        let kind = if binds == level::OR { ExprKind::Or(terms) } else { ExprKind::And(terms) };
        self.node(kind, start.to(end), height)
    }

    /// `AND AND`, `AND OR`: reports the second; the chain goes on with it.
    fn doubled_connective(&mut self, first: Span) -> bool {
        if !(self.at_keyword(Keyword::And) || self.at_keyword(Keyword::Or)) {
            return false;
        }
        let (one, two) = (self.upper(first), self.upper(self.span()));
        let diagnostic =
            Diagnostic::error(codes::SYNTAX, format!("nothing between `{one}` and `{two}`"))
                .at(self.span(), "expected a condition before this")
                .label(first, "");
        self.report_here(diagnostic);
        true
    }

    fn binary(&mut self, left: Node, op: BinaryOp, binds: u8) -> Node {
        let op_span = self.bump().span;
        let right = self.expr_at(binds + 1);
        let span = left.expr.span.to(right.expr.span);
        let height = left.height.max(right.height);
        let kind = ExprKind::Binary {
            op,
            op_span,
            left: Box::new(left.expr),
            right: Box::new(right.expr),
        };
        self.node(kind, span, height)
    }

    /// `a || b || …`, read as one CONCAT.
    fn concat(&mut self, first: Node) -> Node {
        let start = first.expr.span;
        let mut height = first.height;
        let mut args = vec![first.expr];
        let mut edits = vec![Edit {
            span: Span { start: start.start, end: start.start },
            text: "CONCAT(".into(),
        }];
        let operator = self.span();
        while self.at(TokenKind::PipePipe) {
            let span = self.bump().span;
            let before = self.text.get(..span.start as usize).unwrap_or_default();
            let blank = before.len() - before.trim_end().len();
            edits.push(Edit {
                span: Span::new(span.start as usize - blank, span.end as usize),
                text: ",".into(),
            });
            let next = self.expr_at(level::MUL);
            height = height.max(next.height);
            args.push(next.expr);
        }
        let span = start.to(args.last().map_or(start, |arg| arg.span));
        edits.push(Edit { span: span.after(), text: ")".into() });
        self.report(
            Diagnostic::error(codes::CONCAT_OPERATOR, "`||` is not AQL")
                .at(operator, "AQL has no operator that joins texts")
                .note("CONCAT takes any number of arguments")
                .fix("use CONCAT", Applicability::Safe, edits)
                .repaired("read as CONCAT"),
        );
        let name = Name { text: "CONCAT".to_owned(), quote: Quote::None, span: operator };
        self.node(ExprKind::Call { name, args, star: false }, span, height)
    }

    /// An operand with its prefix operators.
    fn prefix(&mut self, least: u8) -> Node {
        let start = self.span();
        let op = match self.kind() {
            TokenKind::Keyword(Keyword::Not) => return self.prefix_not(least),
            TokenKind::Minus => UnaryOp::Minus,
            TokenKind::Plus => UnaryOp::Plus,
            TokenKind::Tilde => UnaryOp::BitNot,
            _ => return self.primary(),
        };
        self.bump();
        if op == UnaryOp::Minus && self.at_least_integer() {
            // Without its sign the number does not fit into 64 bits.
            let span = start.to(self.bump().span);
            return Self::leaf(ExprKind::Literal(Literal::Integer(i64::MIN)), span);
        }
        let operand = self.expr_at(level::UNARY);
        let span = start.to(operand.expr.span);
        self.node(ExprKind::Unary { op, expr: Box::new(operand.expr) }, span, operand.height)
    }

    /// Are these the digits of the smallest integer, and no time such as `… DAYS`?
    fn at_least_integer(&self) -> bool {
        let number = self.nth(0);
        number.kind == TokenKind::Integer
            && self.slice(number.span).trim_start_matches('0') == "9223372036854775808"
            && self.nth(1).kind != TokenKind::Word
    }

    fn prefix_not(&mut self, least: u8) -> Node {
        let start = self.bump().span;
        if least > level::NOT {
            self.report(
                Diagnostic::error(codes::SYNTAX, "`NOT` as an operand")
                    .at(start, "NOT binds more loosely than the operator before it")
                    .help("put parentheses around `NOT …`"),
            );
        }
        let operand = self.expr_at(least.max(level::NOT));
        let span = start.to(operand.expr.span);
        self.node(ExprKind::Not(Box::new(operand.expr)), span, operand.height)
    }
}
