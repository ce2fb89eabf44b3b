//! Operands: constants, names, CASE, IF, parentheses.

use aql_diag::{Applicability, Diagnostic, Edit, Span, codes};

use super::expr::level;
use super::{Node, Parser, weight};
use crate::ast::{Expr, ExprKind, Literal, Name};
use crate::token::{Keyword, Token, TokenKind};

impl Parser<'_> {
    pub(super) fn primary(&mut self) -> Node {
        let token = self.nth(0);
        match token.kind {
            TokenKind::Word | TokenKind::Quoted(_) => self.name_or_call(),
            TokenKind::Text(index) => {
                self.bump();
                Self::leaf(ExprKind::Literal(Literal::Text(self.value(index))), token.span)
            }
            TokenKind::Integer | TokenKind::Decimal => self.number(token),
            TokenKind::Address => {
                self.bump();
                Self::leaf(
                    ExprKind::Literal(Literal::Text(self.slice(token.span).to_owned())),
                    token.span,
                )
            }
            TokenKind::LParen => self.parenthesis(),
            TokenKind::Placeholder | TokenKind::Bad => {
                self.bump();
                self.last_error = Some(self.pos);
                Self::error_node(token.span)
            }
            TokenKind::Keyword(keyword) => self.keyword_operand(keyword, token),
            _ => self.no_operand(),
        }
    }

    /// Reads a construct that takes more of the stack than others.
    pub(super) fn weighted(&mut self, weight: u32, read: impl FnOnce(&mut Self) -> Node) -> Node {
        if !self.enter(weight) {
            return Self::error_node(self.span());
        }
        let node = read(self);
        self.leave(weight);
        node
    }

    fn keyword_operand(&mut self, keyword: Keyword, token: Token) -> Node {
        match keyword {
            Keyword::Null => {
                self.bump();
                Self::leaf(ExprKind::Literal(Literal::Null), token.span)
            }
            Keyword::Case => self.weighted(weight::CASE, Self::case),
            Keyword::If => self.weighted(weight::CASE, Self::if_expr),
            Keyword::Last if self.nth(1).kind == TokenKind::LParen => {
                self.bump();
                let text = self.slice(token.span).to_owned();
                self.call(Name { text, quote: crate::ast::Quote::None, span: token.span })
            }
            Keyword::Text if self.nth_keyword(1, Keyword::Search) => self.misplaced_search(),
            Keyword::Select => {
                self.report(
                    Diagnostic::error(
                        codes::SCALAR_SUBQUERY,
                        "subquery without parentheses inside an expression",
                    )
                    .at(token.span, "AQL has no subqueries here")
                    .note("a subquery may stand after FROM and after IN, in parentheses"),
                );
                let (query, _) = self.query(true);
                Self::error_node(query.span)
            }
            Keyword::Like
            | Keyword::ILike
            | Keyword::Matches
            | Keyword::IMatches
            | Keyword::In
            | Keyword::Between
            | Keyword::Is => {
                self.report_here(
                    Diagnostic::error(
                        codes::SYNTAX,
                        format!("nothing before `{}`", keyword.text()),
                    )
                    .at(token.span, "expected a field or a value before this"),
                );
                Self::error_node(Span { start: token.span.start, end: token.span.start })
            }
            _ if self.reserved_as_name(keyword) => {
                self.bump();
                let text = self.slice(token.span).to_owned();
                self.report(
                    Diagnostic::error(
                        codes::SYNTAX,
                        format!("reserved word `{}` used as a name", keyword.text()),
                    )
                    .at(token.span, "needs double quotes")
                    .replace("quote it", Applicability::Safe, token.span, format!("\"{text}\""))
                    .repaired("read as a name"),
                );
                let name = Name { text, quote: crate::ast::Quote::Double, span: token.span };
                Self::leaf(ExprKind::Name(name), token.span)
            }
            _ => self.no_operand(),
        }
    }

    /// Is a reserved word in the place of an operand meant as a name? Yes if it does not begin
    /// a clause and what follows could follow a name.
    fn reserved_as_name(&self, keyword: Keyword) -> bool {
        let structural = matches!(
            keyword,
            Keyword::And
                | Keyword::Or
                | Keyword::Then
                | Keyword::When
                | Keyword::Else
                | Keyword::As
                | Keyword::Where
                | Keyword::From
                | Keyword::Having
                | Keyword::By
                | Keyword::Asc
                | Keyword::Desc
        );
        let next = self.nth(1).kind;
        let follows = matches!(
            next,
            TokenKind::Eq
                | TokenKind::NotEq
                | TokenKind::Lt
                | TokenKind::LtEq
                | TokenKind::Gt
                | TokenKind::GtEq
                | TokenKind::Comma
                | TokenKind::RParen
                | TokenKind::End
                | TokenKind::Plus
                | TokenKind::Slash
                | TokenKind::Keyword(
                    Keyword::Like
                        | Keyword::ILike
                        | Keyword::Matches
                        | Keyword::IMatches
                        | Keyword::In
                        | Keyword::Is
                        | Keyword::Not
                        | Keyword::Between
                        | Keyword::As
                        | Keyword::From
                        | Keyword::And
                        | Keyword::Or
                        | Keyword::Asc
                        | Keyword::Desc
                )
        );
        let closes = keyword == Keyword::End && self.end_owners > 0;
        !structural && follows && !closes
    }

    /// Nothing here can begin an operand.
    fn no_operand(&mut self) -> Node {
        let place = self.place();
        let found = self.found();
        let before = self.previous_span();
        let mut diagnostic =
            Diagnostic::error(codes::SYNTAX, format!("expected an expression, found {found}"))
                .at(place, "a field, a value or a function belongs here");
        if self.pos > 0 && !self.slice(before).is_empty() {
            diagnostic = diagnostic
                .label(before, format!("after this {}", describe(self.tokens.get(self.pos - 1))));
        }
        self.report_here(diagnostic);
        let stays = matches!(
            self.kind(),
            TokenKind::End
                | TokenKind::RParen
                | TokenKind::Comma
                | TokenKind::Semicolon
                | TokenKind::Keyword(_)
        );
        if stays {
            return Self::error_node(Span { start: place.start, end: place.start });
        }
        self.bump();
        Self::error_node(place)
    }

    /// A number, and the unit of time that SQL would allow behind it.
    fn number(&mut self, token: Token) -> Node {
        self.bump();
        let literal = if token.kind == TokenKind::Integer {
            self.integer(token.span).map(Literal::Integer)
        } else {
            self.decimal(token.span).map(Literal::Double)
        };
        if self.at(TokenKind::Word) {
            let word = self.span();
            let adjacent = word.start == token.span.end;
            if let Some(unit) = super::time::unit(self.slice(word))
                && (adjacent || word.end - word.start > 2)
            {
                self.bump();
                return self.interval(
                    token.span.to(word),
                    literal.as_ref(),
                    unit.milliseconds(),
                    "interval arithmetic",
                );
            }
            if adjacent {
                let both = token.span.to(word);
                let text = self.slice(both).to_owned();
                self.bump();
                self.report(
                    Diagnostic::error(
                        codes::SYNTAX,
                        format!("`{text}` is neither a number nor a name"),
                    )
                    .at(both, "a name begins with a letter, a number is made of digits")
                    .help(format!(
                        "quote it: `\"{text}\"` if it is a name, `'{text}'` if it is a value"
                    )),
                );
                return Self::error_node(both);
            }
        }
        let kind = literal.map_or(ExprKind::Error, ExprKind::Literal);
        let node = Self::leaf(kind, token.span);
        self.cast_suffix(node)
    }

    /// The value of an integer token; reports one that does not fit into 64 bits.
    pub(super) fn integer(&mut self, span: Span) -> Option<i64> {
        let text = self.slice(span);
        let parsed = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            Some(hex) => i64::from_str_radix(hex, 16),
            None => text.parse(),
        };
        if parsed.is_err() {
            self.report(
                Diagnostic::error(codes::OUT_OF_RANGE, "number beyond 64 bits")
                    .at(span, format!("the largest number is {}", i64::MAX)),
            );
        }
        parsed.ok()
    }

    fn decimal(&mut self, span: Span) -> Option<f64> {
        let value: Option<f64> = self.slice(span).parse().ok().filter(|v: &f64| v.is_finite());
        if value.is_none() {
            self.report(Diagnostic::error(codes::OUT_OF_RANGE, "number too large").at(span, ""));
        }
        value
    }

    fn parenthesis(&mut self) -> Node {
        let open = self.bump().span;
        if self.at_keyword(Keyword::Select) {
            return self.scalar_subquery(open);
        }
        let inner = self.expr();
        self.parenthesised(open, inner)
    }

    /// What follows the expression inside a parenthesis.
    fn parenthesised(&mut self, open: Span, inner: Node) -> Node {
        if self.at(TokenKind::Comma) {
            let comma = self.span();
            self.report(
                Diagnostic::error(codes::SYNTAX, "list of values outside IN and a function call")
                    .at(comma, "AQL has no tuples")
                    .label(open, "the parenthesis holds one expression"),
            );
            self.skip_in_parenthesis(false);
            self.close_parenthesis(open, "the list");
            return Self::error_node(open.to(self.previous_span()));
        }
        self.close_parenthesis(open, "the expression");
        let span = open.to(self.previous_span());
        let node = Node {
            expr: Expr { kind: inner.expr.kind, span: span.to(inner.expr.span) },
            height: inner.height,
        };
        self.cast_suffix(node)
    }

    pub(super) fn scalar_subquery(&mut self, open: Span) -> Node {
        let slot = self.diagnostics.len();
        let (_, _) = self.query(true);
        self.close_parenthesis(open, "the subquery");
        let span = open.to(self.previous_span());
        let diagnostic = Diagnostic::error(codes::SCALAR_SUBQUERY, "subquery outside FROM and IN")
            .at(span, "AQL has no subqueries here")
            .note("a subquery may stand after FROM, and after IN where it gives a list of values")
            .help(
                "run the inner query first and put its result here, or test with `IN (SELECT …)`",
            );
        if !self.aborted && slot <= self.diagnostics.len() {
            self.diagnostics.insert(slot, diagnostic);
            for search in &mut self.scope.searches {
                search.diagnostic += usize::from(search.diagnostic >= slot);
            }
        }
        Self::error_node(span)
    }

    fn case(&mut self) -> Node {
        let start = self.bump().span;
        self.end_owners += 1;
        let mut height = 1;
        let mut operand = None;
        if !self.at_keyword(Keyword::When) {
            let node = self.expr();
            height = height.max(node.height);
            operand = Some(Box::new(node.expr));
        }
        let mut branches = Vec::new();
        while self.at_keyword(Keyword::When) {
            self.bump();
            let when = self.expr();
            let then = if self.expect(TokenKind::Keyword(Keyword::Then), "`THEN`") {
                self.expr()
            } else {
                Self::error_node(self.previous_span().after())
            };
            height = height.max(when.height).max(then.height);
            branches.push((when.expr, then.expr));
        }
        if branches.is_empty() {
            self.expected("`WHEN`");
        }
        let mut otherwise = None;
        if self.eat_keyword(Keyword::Else) {
            let node = self.expr();
            height = height.max(node.height);
            otherwise = Some(Box::new(node.expr));
        }
        self.end_owners = self.end_owners.saturating_sub(1);
        if !self.eat_keyword(Keyword::End) {
            let message = format!("`CASE` without `END`, found {}", self.found());
            let place = self.place();
            self.report_here(
                Diagnostic::error(codes::SYNTAX, message)
                    .at(place, "`END` belongs before this")
                    .label(start, "the CASE begins here"),
            );
        }
        let span = start.to(self.previous_span());
        self.node(ExprKind::Case { operand, branches, otherwise }, span, height)
    }

    /// `IF c THEN a [ELSE b]`, or `IF(c, a, b)` which is not AQL.
    fn if_expr(&mut self) -> Node {
        let start = self.bump().span;
        let condition = if self.at(TokenKind::LParen) && !self.nth_keyword(1, Keyword::Select) {
            let open = self.bump().span;
            let first = self.expr();
            if self.at(TokenKind::Comma) {
                return self.if_call(start, open, first);
            }
            let left = self.parenthesised(open, first);
            self.continue_expr(left, level::OR)
        } else {
            self.expr()
        };
        let mut height = condition.height;
        let then = if self.expect(TokenKind::Keyword(Keyword::Then), "`THEN`") {
            self.expr()
        } else {
            Self::error_node(self.previous_span().after())
        };
        height = height.max(then.height);
        let mut otherwise = None;
        if self.eat_keyword(Keyword::Else) {
            let node = self.expr();
            height = height.max(node.height);
            otherwise = Some(Box::new(node.expr));
        }
        let span = start.to(self.previous_span());
        if self.end_owners == 0 && self.at_keyword(Keyword::End) {
            let end = self.bump().span;
            self.mended("`END` behind IF", end, "IF has no END, only CASE has", "remove it", "");
        }
        let kind = ExprKind::If {
            condition: Box::new(condition.expr),
            then: Box::new(then.expr),
            otherwise,
        };
        self.node(kind, span, height)
    }

    /// With the position on the first comma of `IF(c, a, b)`.
    fn if_call(&mut self, start: Span, open: Span, condition: Node) -> Node {
        let first_comma = self.bump().span;
        let then = self.expr();
        let mut height = condition.height.max(then.height);
        let mut edits = vec![
            Edit { span: start.to(open), text: "(IF ".into() },
            Edit { span: self.with_blanks_before(first_comma), text: " THEN".into() },
        ];
        let mut otherwise = None;
        if self.at(TokenKind::Comma) {
            let comma = self.bump().span;
            edits.push(Edit { span: self.with_blanks_before(comma), text: " ELSE".into() });
            let node = self.expr();
            height = height.max(node.height);
            otherwise = Some(Box::new(node.expr));
        }
        let surplus = self.at(TokenKind::Comma);
        if surplus {
            self.skip_in_parenthesis(false);
        }
        self.close_parenthesis(open, "IF");
        let span = start.to(self.previous_span());
        let mut diagnostic = Diagnostic::error(codes::IF_CALL, "IF called as a function")
            .at(start.to(open), "AQL writes `IF condition THEN a ELSE b`");
        if !surplus {
            diagnostic = diagnostic
                .fix("write IF … THEN … ELSE", Applicability::Safe, edits)
                .repaired("read as IF … THEN … ELSE");
        }
        self.report(diagnostic);
        let kind = ExprKind::If {
            condition: Box::new(condition.expr),
            then: Box::new(then.expr),
            otherwise,
        };
        self.node(kind, span, height)
    }

    fn with_blanks_before(&self, span: Span) -> Span {
        let before = self.text.get(..span.start as usize).unwrap_or_default();
        Span { start: Span::new(before.trim_end_matches(' ').len(), 0).start, end: span.end }
    }
}

/// A token in a word or two, for a label.
fn describe(token: Option<&Token>) -> &'static str {
    match token.map(|token| token.kind) {
        Some(TokenKind::Keyword(_)) => "word",
        Some(TokenKind::Comma) => "comma",
        Some(TokenKind::LParen) => "parenthesis",
        _ => "operator",
    }
}
