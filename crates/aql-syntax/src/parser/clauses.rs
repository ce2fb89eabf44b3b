//! The clauses that are more than a keyword and an expression.

use aql_diag::{Diagnostic, codes};

use super::Parser;
use super::search::is_bare_or;
use crate::ast::{
    Expr, ExprKind, Limit, Literal, OrderItem, Parameter, Query, Session, SessionEdge, TimeUnit,
};
use crate::token::{Keyword, TokenKind};

impl Parser<'_> {
    pub(super) fn read_into(&mut self, query: &mut Query) {
        self.bump();
        let token = self.nth(0);
        match self.alias_of(token) {
            Some(name) => {
                self.bump();
                query.into = Some(name);
            }
            None => self.expected("a name after `INTO`"),
        }
    }

    pub(super) fn where_clause(&mut self, query: &mut Query) {
        self.bump();
        if self.at_keyword(Keyword::Text) && self.nth_keyword(1, Keyword::Search) {
            let start = self.span();
            query.text_search = self.text_search();
            let place = start.to(self.previous_span());
            if self.eat_keyword(Keyword::And) {
                let node = self.expr();
                let expr = self.top(node);
                if is_bare_or(&expr) {
                    self.search_with_or(place);
                }
                query.condition = Some(expr);
            } else if self.at_keyword(Keyword::Or) {
                self.search_with_or(place);
                self.bump();
                let node = self.expr();
                query.condition = Some(self.top(node));
            }
            return;
        }
        let node = self.expr();
        query.condition = Some(self.top(node));
    }

    pub(super) fn session_clause(&mut self) -> Option<Session> {
        let start = self.span();
        self.bump();
        self.bump();
        self.end_owners += 1;
        let node = self.expr();
        let time = self.top(node);
        self.eat(TokenKind::Comma);
        let at_part = |p: &Self| {
            p.clause_at(0).is_some()
                || matches!(p.kind(), TokenKind::End | TokenKind::Semicolon | TokenKind::RParen)
                || matches!(
                    p.kind(),
                    TokenKind::Keyword(
                        Keyword::Begin
                            | Keyword::End
                            | Keyword::Explicit
                            | Keyword::Timeout
                            | Keyword::TimeWindow
                    )
                )
        };
        let by = if at_part(self) { Vec::new() } else { self.expr_list() };
        let mut session = Session {
            span: start,
            time,
            by,
            begin: None,
            end: None,
            timeout: None,
            time_window: None,
            time_window_unit: None,
        };
        loop {
            let explicit = self.eat_keyword(Keyword::Explicit);
            let part = self.nth(0).span;
            let repeated;
            if self.eat_keyword(Keyword::Begin) {
                repeated = session.begin.is_some();
                let node = self.expr();
                session.begin = Some(SessionEdge { explicit, condition: self.top(node) });
            } else if self.eat_keyword(Keyword::End) {
                repeated = session.end.is_some();
                let node = self.expr();
                session.end = Some(SessionEdge { explicit, condition: self.top(node) });
            } else if explicit {
                self.expected("`BEGIN` or `END` after `EXPLICIT`");
                break;
            } else if self.eat_keyword(Keyword::Timeout) {
                repeated = session.timeout.is_some();
                let node = self.expr();
                session.timeout = Some(self.top(node));
            } else if self.eat_keyword(Keyword::TimeWindow) {
                repeated = session.time_window.is_some();
                let (length, unit) = self.time_window();
                session.time_window = Some(length);
                session.time_window_unit = unit;
            } else {
                break;
            }
            if repeated {
                let word = self.slice(part).to_ascii_uppercase();
                self.report(
                    Diagnostic::error(
                        codes::CLAUSE_ORDER,
                        format!("a second `{word}` in SESSION BY"),
                    )
                    .at(part, "each part may stand once")
                    .help("join the conditions with `OR`"),
                );
            }
        }
        self.end_owners = self.end_owners.saturating_sub(1);
        session.span = start.to(self.previous_span());
        Some(session)
    }

    /// The length of TIMEWINDOW: a number with a unit (IBM AQL guide, transactional query
    /// refinements), or an expression in milliseconds.
    fn time_window(&mut self) -> (Expr, Option<TimeUnit>) {
        use TimeUnit::{Days, Hours, Minutes, Seconds};
        let number = self.nth(0);
        let unit = [Seconds, Minutes, Hours, Days]
            .into_iter()
            .find(|unit| self.nth_word(1, &[unit.keyword()]))
            .filter(|_| number.kind == TokenKind::Integer);
        if unit.is_none() {
            let node = self.expr();
            return (self.top(node), None);
        }
        self.bump();
        self.bump();
        let kind = match self.integer(number.span) {
            Some(n) => ExprKind::Literal(Literal::Integer(n)),
            None => ExprKind::Error,
        };
        (Expr { kind, span: number.span }, unit)
    }

    /// Expressions separated by commas.
    pub(super) fn expr_list(&mut self) -> Vec<Expr> {
        let mut list = Vec::new();
        loop {
            let node = self.expr();
            list.push(self.top(node));
            if !self.eat(TokenKind::Comma) {
                return list;
            }
        }
    }

    pub(super) fn order_list(&mut self) -> Vec<OrderItem> {
        let mut list = Vec::new();
        loop {
            let node = self.expr();
            let expr = self.top(node);
            let descending = if self.eat_keyword(Keyword::Desc) {
                Some(true)
            } else if self.eat_keyword(Keyword::Asc) {
                Some(false)
            } else {
                None
            };
            let mut collate = None;
            if self.eat_keyword(Keyword::Collate) {
                collate = self.text_of(self.nth(0));
                if collate.is_some() {
                    self.bump();
                } else {
                    self.expected("a language tag in single quotes after `COLLATE`");
                }
            }
            self.nulls_order();
            list.push(OrderItem { expr, descending, collate });
            if !self.eat(TokenKind::Comma) {
                return list;
            }
        }
    }

    pub(super) fn limit_clause(&mut self) -> Option<Limit> {
        let start = self.bump().span;
        let token = self.nth(0);
        if token.kind != TokenKind::Integer {
            if matches!(token.kind, TokenKind::Placeholder | TokenKind::Bad) {
                self.bump();
                return None;
            }
            let message = format!("`LIMIT` without a number, found {}", self.found());
            self.report_here(
                Diagnostic::error(codes::SYNTAX, message)
                    .at(self.place(), "expected a whole number")
                    .help("for all rows leave the clause out"),
            );
            let clause = self.clause_at(0).is_some();
            let ends =
                matches!(token.kind, TokenKind::End | TokenKind::RParen | TokenKind::Semicolon);
            if !clause && !ends {
                self.expr();
            }
            return None;
        }
        self.bump();
        let rows = self.integer(token.span).and_then(|n| u64::try_from(n).ok());
        let span = start.to(token.span);
        if self.at(TokenKind::Comma) && self.nth(1).kind == TokenKind::Integer {
            let comma = self.bump().span;
            let second = self.bump().span;
            self.report(
                Diagnostic::error(codes::SQL_CLAUSE, "`LIMIT` with two numbers")
                    .at(comma.to(second), "AQL has no offset")
                    .note("LIMIT takes the number of rows and nothing else; pages are read with the Range header of the REST API"),
            );
        }
        rows.map(|rows| Limit { rows, span })
    }

    pub(super) fn parameters(&mut self) -> Vec<Parameter> {
        self.bump();
        let mut list = Vec::new();
        loop {
            let token = self.nth(0);
            let Some(name) = self.name_of(token) else {
                self.expected("the name of a parameter");
                return list;
            };
            self.bump();
            if !self.expect(TokenKind::Eq, "`=`") {
                return list;
            }
            let node = self.expr();
            let value = self.top(node);
            list.push(Parameter { name, value });
            if !self.eat(TokenKind::Comma) {
                return list;
            }
        }
    }
}
