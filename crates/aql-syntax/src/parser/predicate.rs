//! `LIKE` and its relatives, `IN`, `BETWEEN`, `IS NULL`, and their negations.

use aql_diag::{Applicability, Diagnostic, Edit, Span, codes};

use super::expr::level;
use super::{Node, Parser};
use crate::ast::{BinaryOp, Expr, ExprKind, Literal, Name, PatternOp, Quote};
use crate::token::{Keyword, TokenKind};

/// Names with which authors ask for a reference set in a list.
const REFERENCE_SETS: [&str; 6] =
    ["REFERENCE_SET", "REFERENCESET", "REFERENCE_DATA", "REFSET", "REF_SET", "REFERENCE_SETS"];

impl Parser<'_> {
    /// `x LIKE y`; `not` is the place of a NOT already taken.
    pub(super) fn pattern(&mut self, left: Node, op: PatternOp, not: Option<Span>) -> Node {
        let operator = self.bump().span;
        let op_span = not.map_or(operator, |not| not.to(operator));
        if self.at_word(&["ANY", "ALL", "SOME"]) && self.nth(1).kind == TokenKind::LParen {
            let word = self.bump().span;
            let text = format!("`{} {}` is not AQL", op.keyword(), self.upper(word));
            self.report(
                Diagnostic::error(codes::SYNTAX, text)
                    .at(word, "a pattern operator takes one pattern")
                    .help("join several with OR, or use MATCHES with `a|b`"),
            );
            let list = self.skip_parenthesis();
            return Self::error_node(left.expr.span.to(list));
        }
        let pattern = self.expr_at(level::BIT);
        let span = left.expr.span.to(pattern.expr.span);
        let height = left.height.max(pattern.height);
        let kind = ExprKind::Pattern {
            op,
            negated: not.is_some(),
            op_span,
            expr: Box::new(left.expr),
            pattern: Box::new(pattern.expr),
        };
        let node = self.node(kind, span, height);
        self.escape_clause();
        node
    }

    /// `NOT` behind an operand.
    pub(super) fn infix_not(&mut self, left: Node) -> Node {
        let not = self.bump().span;
        match self.kind() {
            TokenKind::Keyword(Keyword::Like) => self.pattern(left, PatternOp::Like, Some(not)),
            TokenKind::Keyword(Keyword::ILike) => self.pattern(left, PatternOp::ILike, Some(not)),
            TokenKind::Keyword(Keyword::Matches) => {
                self.pattern(left, PatternOp::Matches, Some(not))
            }
            TokenKind::Keyword(Keyword::IMatches) => {
                self.pattern(left, PatternOp::IMatches, Some(not))
            }
            TokenKind::Keyword(Keyword::In) => self.in_predicate(left, Some(not)),
            TokenKind::Keyword(Keyword::Between) => self.between(left, Some(not)),
            TokenKind::Keyword(Keyword::Null) => {
                let null = self.bump().span;
                self.mended(
                    "`NOT NULL` without `IS`",
                    not.to(null),
                    "write `IS NOT NULL`",
                    "write `IS NOT NULL`",
                    "IS NOT NULL",
                );
                let span = left.expr.span.to(null);
                self.node(
                    ExprKind::IsNull { negated: true, expr: Box::new(left.expr) },
                    span,
                    left.height,
                )
            }
            TokenKind::Word | TokenKind::Tilde if self.at_foreign_operator(0) => {
                self.foreign_operator(left, Some(not))
            }
            TokenKind::Eq => {
                let eq = self.bump().span;
                self.mended("`NOT` before `=`", not.to(eq), "write `!=`", "write `!=`", "!=");
                let right = self.expr_at(level::BIT);
                let span = left.expr.span.to(right.expr.span);
                let height = left.height.max(right.height);
                let kind = ExprKind::Binary {
                    op: BinaryOp::NotEq,
                    op_span: not.to(eq),
                    left: Box::new(left.expr),
                    right: Box::new(right.expr),
                };
                self.node(kind, span, height)
            }
            _ => {
                let message = format!("unexpected `NOT` before {}", self.found());
                self.report_here(
                    Diagnostic::error(codes::SYNTAX, message)
                        .at(not, "behind an operand NOT goes with LIKE, ILIKE, MATCHES, IMATCHES, IN or BETWEEN")
                        .help("is `AND` or `OR` missing before it?"),
                );
                left
            }
        }
    }

    pub(super) fn between(&mut self, left: Node, not: Option<Span>) -> Node {
        self.bump();
        let low = self.expr_at(level::BIT);
        let mut height = left.height.max(low.height);
        let high = if self
            .expect(TokenKind::Keyword(Keyword::And), "`AND` and the upper bound of BETWEEN")
        {
            self.expr_at(level::BIT)
        } else {
            Self::error_node(self.previous_span().after())
        };
        height = height.max(high.height);
        let span = left.expr.span.to(high.expr.span);
        let kind = ExprKind::Between {
            negated: not.is_some(),
            expr: Box::new(left.expr),
            low: Box::new(low.expr),
            high: Box::new(high.expr),
        };
        self.node(kind, span, height)
    }

    pub(super) fn is_null(&mut self, left: Node) -> Node {
        let is = self.bump().span;
        let negated = self.eat_keyword(Keyword::Not);
        if self.eat_keyword(Keyword::Null) {
            let span = left.expr.span.to(self.previous_span());
            return self.node(
                ExprKind::IsNull { negated, expr: Box::new(left.expr) },
                span,
                left.height,
            );
        }
        let operator = is.to(self.previous_span());
        let (op, symbol) = if negated { (BinaryOp::NotEq, "!=") } else { (BinaryOp::Eq, "=") };
        let written = if negated { "IS NOT" } else { "IS" };
        if self.clause_at(0).is_some() || matches!(self.kind(), TokenKind::End | TokenKind::RParen)
        {
            self.expected(&format!("`NULL` after `{written}`"));
            return left;
        }
        let right = self.expr_at(level::BIT);
        let mut diagnostic =
            Diagnostic::error(codes::SYNTAX, format!("`{written}` with something other than NULL"))
                .at(operator, "only `IS NULL` and `IS NOT NULL` exist");
        if matches!(right.expr.kind, ExprKind::Literal(_)) {
            diagnostic = diagnostic
                .replace(format!("compare with `{symbol}`"), Applicability::Safe, operator, symbol)
                .repaired(format!("read as `{symbol}`"));
        }
        self.report(diagnostic);
        let span = left.expr.span.to(right.expr.span);
        let height = left.height.max(right.height);
        let kind = ExprKind::Binary {
            op,
            op_span: operator,
            left: Box::new(left.expr),
            right: Box::new(right.expr),
        };
        self.node(kind, span, height)
    }

    /// `x IN …`; `not` is the place of a NOT already taken.
    pub(super) fn in_predicate(&mut self, left: Node, not: Option<Span>) -> Node {
        let operator = self.bump().span;
        let negated = not.is_some();
        let whole = not.map_or(operator, |not| not.to(operator));
        if self.at_word(&REFERENCE_SETS) && self.nth(1).kind == TokenKind::LParen {
            return self.in_reference_set(left, whole, negated, true);
        }
        if !self.at(TokenKind::LParen) {
            return self.in_without_parentheses(left, operator, negated);
        }
        let open = self.span();
        if self.nth_keyword(1, Keyword::Select) {
            self.bump();
            let (query, below) = self.query(true);
            self.close_parenthesis(open, "the subquery");
            let span = left.expr.span.to(self.previous_span());
            let height = left.height.max(below);
            let kind =
                ExprKind::InQuery { negated, expr: Box::new(left.expr), query: Box::new(query) };
            return self.node(kind, span, height);
        }
        if self.nth_word(1, &REFERENCE_SETS) && self.nth(2).kind == TokenKind::LParen {
            self.bump();
            let node = self.in_reference_set(left, whole, negated, false);
            self.close_parenthesis(open, "the list");
            return node;
        }
        self.bump();
        let (list, below) = self.list_items(open);
        let span = left.expr.span.to(self.previous_span());
        let height = left.height.max(below);
        self.node(ExprKind::InList { negated, expr: Box::new(left.expr), list }, span, height)
    }

    /// The items of a list up to its `)`.
    fn list_items(&mut self, open: Span) -> (Vec<Expr>, u32) {
        let mut list = Vec::new();
        let mut height = 1;
        if self.at(TokenKind::RParen) {
            let close = self.bump().span;
            self.report(
                Diagnostic::error(codes::SYNTAX, "empty list after `IN`")
                    .at(open.to(close), "expected at least one value"),
            );
            return (list, height);
        }
        loop {
            if self.at(TokenKind::RParen) {
                let comma = self.previous_span();
                self.mended(
                    "comma before the end of the list",
                    comma,
                    "another value belongs behind it",
                    "remove the comma",
                    "",
                );
                break;
            }
            let item = self.expr();
            height = height.max(item.height);
            list.push(item.expr);
            if !self.eat(TokenKind::Comma) {
                break;
            }
        }
        self.close_parenthesis(open, "the list");
        (list, height)
    }

    fn in_without_parentheses(&mut self, left: Node, operator: Span, negated: bool) -> Node {
        let start = self.span();
        if matches!(self.kind(), TokenKind::Placeholder | TokenKind::Bad) {
            self.bump();
            return Self::error_node(left.expr.span.to(start));
        }
        if self.at_keyword(Keyword::Select) {
            self.report(
                Diagnostic::error(codes::IN_PARENTHESES, "`IN` without parentheses")
                    .at(start, "the subquery needs parentheses")
                    .help("write `IN (SELECT …)`"),
            );
            let (query, below) = self.query(true);
            let span = left.expr.span.to(self.previous_span());
            let height = left.height.max(below);
            let kind =
                ExprKind::InQuery { negated, expr: Box::new(left.expr), query: Box::new(query) };
            return self.node(kind, span, height);
        }
        if self.clause_at(0).is_some() || matches!(self.kind(), TokenKind::End | TokenKind::RParen)
        {
            self.expected("a list in parentheses after `IN`");
            return left;
        }
        let first = self.operand();
        let mut height = left.height.max(first.height);
        let literal = matches!(first.expr.kind, ExprKind::Literal(_));
        let mut list = vec![first.expr];
        // Only constants are collected: a comma may as well separate arguments or columns.
        while literal
            && self.at(TokenKind::Comma)
            && matches!(
                self.nth(1).kind,
                TokenKind::Text(_) | TokenKind::Integer | TokenKind::Decimal
            )
        {
            self.bump();
            let next = self.operand();
            height = height.max(next.height);
            list.push(next.expr);
        }
        let values = start.to(self.previous_span());
        let mut diagnostic = Diagnostic::error(codes::IN_PARENTHESES, "`IN` without parentheses")
            .at(values, "the list needs parentheses, even for one value")
            .label(operator, "");
        let network = self.slice(start).contains('/');
        diagnostic = diagnostic
            .fix(
                "put the list in parentheses",
                Applicability::Safe,
                vec![
                    Edit {
                        span: Span { start: values.start, end: values.start },
                        text: "(".into(),
                    },
                    Edit { span: values.after(), text: ")".into() },
                ],
            )
            .repaired("read as a list");
        if network {
            diagnostic = diagnostic
                .help("membership in a network is tested with `INCIDR('network', field)`");
        }
        self.report(diagnostic);
        let span = left.expr.span.to(values);
        self.node(ExprKind::InList { negated, expr: Box::new(left.expr), list }, span, height)
    }

    /// `x IN REFERENCE_SET('s')`, with the position on the name; read as REFERENCESETCONTAINS.
    fn in_reference_set(&mut self, left: Node, operator: Span, negated: bool, bare: bool) -> Node {
        let name = self.bump().span;
        let open = self.bump().span;
        let (args, below) = self.list_items(open);
        let call = name.to(self.previous_span());
        let whole = left.expr.span.to(call);
        let message = if bare {
            "`IN` without parentheses before a reference set, which is not a list"
        } else {
            "reference set used as a list"
        };
        let mut diagnostic = Diagnostic::error(codes::REFERENCE_SET_TABLE, message)
            .at(operator.to(call), "not AQL")
            .note(
                "membership in a reference set is a function: `REFERENCESETCONTAINS('set', value)`",
            );
        let height = left.height.max(below);
        let set = match args.first().map(|arg| &arg.kind) {
            Some(ExprKind::Literal(Literal::Text(_))) if args.len() == 1 => args.into_iter().next(),
            _ => None,
        };
        let Some(set) = set else {
            self.report(diagnostic);
            return Self::error_node(whole);
        };
        let not = if negated { "NOT " } else { "" };
        let text = format!(
            "{not}REFERENCESETCONTAINS({}, {})",
            self.slice(set.span),
            self.slice(left.expr.span)
        );
        // In `(x IN REFERENCE_SET(…))` the text replaced is that between the parentheses.
        let end = if bare {
            call
        } else {
            call.to(Span {
                start: call.end,
                end: call.end
                    + u32::from(self.at(TokenKind::RParen) && self.span().start == call.end),
            })
        };
        diagnostic = diagnostic
            .replace("use REFERENCESETCONTAINS", Applicability::Safe, whole.to(end), &text)
            .repaired(format!("read as `{text}`"));
        self.report(diagnostic);
        let name = Name { text: "REFERENCESETCONTAINS".to_owned(), quote: Quote::None, span: name };
        let call = self.node(
            ExprKind::Call { name, args: vec![set, left.expr], star: false },
            whole,
            height,
        );
        if negated {
            let height = call.height;
            return self.node(ExprKind::Not(Box::new(call.expr)), whole, height);
        }
        call
    }
}
