//! The statement and its clauses.

use aql_diag::{Applicability, Diagnostic, Span, codes};

use super::order::{Clause, ClauseLog};
use super::{Node, Parser, weight};
use crate::ast::{Query, SelectItem};
use crate::token::{Keyword, TokenKind};

impl Parser<'_> {
    /// The whole text: one SELECT and perhaps a semicolon.
    pub(super) fn statement(&mut self) -> Option<Query> {
        let opened = self.statement_start()?;
        let (query, _) = self.query(opened > 0);
        for _ in 0..opened {
            self.expect(TokenKind::RParen, "`)`");
        }
        self.statement_end();
        Some(query)
    }

    /// Finds the SELECT; says how many parentheses stand around the statement.
    fn statement_start(&mut self) -> Option<usize> {
        if self.at_keyword(Keyword::Select) {
            return Some(0);
        }
        if self.at(TokenKind::End) {
            self.report(
                Diagnostic::error(
                    codes::NOT_A_QUERY,
                    if self.comments.is_empty() {
                        "no query: the text is empty"
                    } else {
                        "no query: the text holds only comments"
                    },
                )
                .at(self.span(), "")
                .help("a query begins with `SELECT`"),
            );
            return None;
        }
        let parentheses = (0..).take_while(|&n| self.nth(n).kind == TokenKind::LParen).count();
        if parentheses > 0 && self.nth_keyword(parentheses, Keyword::Select) {
            let start = self.span();
            self.pos += parentheses;
            let last = self.previous_span();
            self.report(
                Diagnostic::error(codes::SYNTAX, "parentheses around the statement")
                    .at(start.to(last), "a query begins with `SELECT`")
                    .help("remove them")
                    .repaired("read without them"),
            );
            return Some(parentheses);
        }
        if self.at_word(&["WITH"]) && self.with_clause() {
            return Some(0);
        }
        let start = self.span();
        let found = self.found();
        let ahead =
            self.tokens.iter().position(|token| token.kind == TokenKind::Keyword(Keyword::Select));
        let mut diagnostic = Diagnostic::error(
            codes::NOT_A_QUERY,
            format!("not a SELECT statement: the text begins with {found}"),
        )
        .at(start, "expected `SELECT`")
        .note("the search API takes a single SELECT, nothing else");
        if let Some(at) = ahead {
            let select = self.tokens.get(at).map_or(start, |token| token.span);
            diagnostic = diagnostic.label(select, "the query seems to begin here");
            self.report(diagnostic);
            self.pos = at;
            self.skipped.push(Span { start: 0, end: select.start });
            return Some(0);
        }
        self.report(diagnostic);
        self.skip_statement(false);
        self.skipped.push(Span::new(0, self.text.len()));
        None
    }

    /// Behind the query: nothing, or one semicolon.
    fn statement_end(&mut self) {
        let semicolon = self.span();
        if self.eat(TokenKind::Semicolon) {
            while self.eat(TokenKind::Semicolon) {}
            if self.at(TokenKind::End) {
                self.report(
                    Diagnostic::note_severity(
                        codes::TERMINATOR,
                        "semicolon at the end of the query",
                    )
                    .at(semicolon, "")
                    .note("no terminator is documented; it is ignored here")
                    .replace("remove it", Applicability::Safe, semicolon, ""),
                );
                return;
            }
        } else if self.at(TokenKind::End) {
            return;
        }
        let rest = self.span();
        if self.at_keyword(Keyword::Select) || self.at_word(&["WITH"]) {
            self.several_statements(semicolon);
        } else {
            let message = format!("unexpected {} after the query", self.found());
            self.report_here(
                Diagnostic::error(codes::SYNTAX, message).at(rest, "the query ended before this"),
            );
        }
        self.pos = self.tokens.len().saturating_sub(1);
        self.skipped.push(Span { start: rest.start, end: self.span().end });
    }

    pub(super) fn several_statements(&mut self, first_end: Span) {
        let mut diagnostic =
            Diagnostic::error(codes::SEVERAL_STATEMENTS, "more than one statement")
                .at(self.span(), "a second statement begins here")
                .note("one search runs one SELECT");
        if self.slice(first_end) == ";" {
            diagnostic = diagnostic.label(first_end, "the first one ends here");
        }
        self.report(diagnostic.help("run them one after the other"));
    }

    /// One SELECT with its clauses; `nested` if a `)` ends it. Gives the query and its height.
    pub(super) fn query(&mut self, nested: bool) -> (Query, u32) {
        let start = self.span();
        let mut query = empty_query(start);
        if !self.enter(weight::QUERY) {
            return (query, 1);
        }
        let outer = std::mem::take(&mut self.scope);
        let outer_ends = std::mem::take(&mut self.end_owners);
        self.expect(TokenKind::Keyword(Keyword::Select), "`SELECT`");
        let distinct = self.select_prefix(&mut query);
        self.select_list(&mut query, nested);
        let mut log = ClauseLog::default();
        self.clauses(&mut query, &mut log, nested);
        query.span = start.to(self.previous_span());
        self.check_order(&log);
        // Where the text breaks off inside the select list, that is the fault.
        let broken_off = self.at(TokenKind::End)
            && (self.last_error == Some(self.pos)
                || self.lexical.iter().any(|d| d.code == codes::UNTERMINATED));
        if query.from.is_none() && !log.has(Clause::From) && !broken_off {
            self.no_from(start, &query);
        }
        if let Some(span) = distinct {
            self.select_distinct(&mut query, &log, span, nested);
        }
        self.settle_text_search(&mut query);
        self.check_qualifiers(&query);
        self.end_owners = outer_ends;
        let scope = std::mem::replace(&mut self.scope, outer);
        self.leave(weight::QUERY);
        (query, scope.height + 1)
    }

    fn no_from(&mut self, start: Span, query: &Query) {
        let after = query.select.last().map_or(start, |item| match item {
            SelectItem::Star(span) => *span,
            SelectItem::Expr { expr, alias } => alias.as_ref().map_or(expr.span, |name| name.span),
        });
        let mut diagnostic = Diagnostic::error(codes::NO_FROM, "SELECT without FROM")
            .at(start, "nothing says what to read")
            .help("add `FROM events` or `FROM flows`");
        if !after.slice(self.text).is_empty() {
            diagnostic = diagnostic.label(after.after(), "`FROM` belongs here");
        }
        self.report(diagnostic);
    }

    fn clauses(&mut self, query: &mut Query, log: &mut ClauseLog, nested: bool) {
        loop {
            if let Some(clause) = self.clause_at(0) {
                let first = self.span();
                let by = self.nth(1);
                let keyword = if by.kind == TokenKind::Keyword(Keyword::By) {
                    first.to(by.span)
                } else {
                    first
                };
                self.clause(clause, query, log);
                log.push(clause, keyword, first.to(self.previous_span()));
                continue;
            }
            match self.kind() {
                TokenKind::End | TokenKind::Semicolon => return,
                TokenKind::RParen if nested => return,
                TokenKind::RParen => self.stray_parenthesis(query, log),
                TokenKind::Keyword(Keyword::Select) => {
                    let place = self.span();
                    self.several_statements(place);
                    self.skip_statement(nested);
                }
                _ => {
                    if !self.missing_by(query, log) && !self.foreign_clause(query, log, nested) {
                        self.junk(log, nested);
                    }
                }
            }
        }
    }

    /// A `)` too many; a condition goes on behind it.
    fn stray_parenthesis(&mut self, query: &mut Query, log: &mut ClauseLog) {
        let span = self.span();
        self.report_here(
            Diagnostic::error(codes::SYNTAX, "closing parenthesis without an opening one")
                .at(span, "")
                .replace("remove it", Applicability::Unsafe, span, ""),
        );
        self.bump();
        let slot = match log.last() {
            Some(Clause::Where) => &mut query.condition,
            Some(Clause::Having) => &mut query.having,
            _ => return,
        };
        if let Some(expr) = slot.take() {
            let height = self.scope.height;
            let node = self.continue_expr(Node { expr, height }, 1);
            *slot = Some(self.top(node));
            log.stretch(self.previous_span());
        }
    }

    /// `GROUP a` and `ORDER a`, read with the BY that is missing.
    fn missing_by(&mut self, query: &mut Query, log: &mut ClauseLog) -> bool {
        let (keyword, clause) = match self.kind() {
            TokenKind::Keyword(Keyword::Group) => ("GROUP BY", Clause::Group),
            TokenKind::Keyword(Keyword::Order) => ("ORDER BY", Clause::Order),
            _ => return false,
        };
        if log.has(clause) || !matches!(self.nth(1).kind, TokenKind::Word | TokenKind::Quoted(_)) {
            return false;
        }
        let span = self.bump().span;
        let message = format!("`{}` without `BY`", keyword.trim_end_matches(" BY"));
        self.mended(&message, span, "`BY` is missing behind it", "insert `BY`", keyword);
        if clause == Clause::Group {
            query.group_by = self.expr_list();
        } else {
            query.order_by = self.order_list();
        }
        log.push(clause, span, span.to(self.previous_span()));
        true
    }

    /// Something that is no clause: reports it and passes over it.
    fn junk(&mut self, log: &ClauseLog, nested: bool) {
        if self.take_reported() {
            self.skip_to_clause(nested, |clause| log.may_follow(clause));
            return;
        }
        let found = self.found();
        let (message, label) = match log.last() {
            None => (
                format!("expected `,` or `FROM`, found {found}"),
                "the select list ended before this",
            ),
            Some(Clause::Where | Clause::Having) => (
                format!("expected `AND`, `OR` or the next clause, found {found}"),
                "the condition ended before this",
            ),
            Some(Clause::Order | Clause::Limit | Clause::Time | Clause::Parameters) => {
                (format!("unexpected {found} after the query"), "the query ended before this")
            }
            Some(_) => {
                (format!("expected the next clause, found {found}"), "the clause ended before this")
            }
        };
        let mut diagnostic = Diagnostic::error(codes::SYNTAX, message).at(self.span(), label);
        if self.at(TokenKind::Hash) {
            diagnostic = diagnostic.help("a comment begins with `--`");
        }
        self.report_here(diagnostic);
        // Take the token even if it looks like a clause, so that this always moves.
        let start = self.span();
        self.bump();
        self.mark_skipped(start);
        self.skip_to_clause(nested, |clause| log.may_follow(clause));
    }

    fn clause(&mut self, clause: Clause, query: &mut Query, log: &ClauseLog) {
        // Of a repeated clause the first counts; the second is read into the void.
        let mut void = None;
        let repeated = log.has(clause);
        if repeated {
            void = Some(empty_query(query.span));
        }
        let query = void.as_mut().unwrap_or(query);
        match clause {
            Clause::Time => {
                let time = self.time_clause();
                query.time = time;
            }
            Clause::From => self.read_from(query),
            Clause::Into => self.read_into(query),
            Clause::Where => self.where_clause(query),
            Clause::Session => query.session = self.session_clause(),
            Clause::Group => {
                self.bump();
                self.bump();
                query.group_by = self.expr_list();
            }
            Clause::Having => {
                self.bump();
                let node = self.expr();
                query.having = Some(self.top(node));
            }
            Clause::Order => {
                self.bump();
                self.bump();
                query.order_by = self.order_list();
            }
            Clause::Limit => query.limit = self.limit_clause(),
            Clause::Parameters => query.parameters = self.parameters(),
        }
    }
}

/// A query with nothing in it.
fn empty_query(span: Span) -> Query {
    Query {
        span,
        select: Vec::new(),
        from: None,
        into: None,
        text_search: None,
        condition: None,
        session: None,
        group_by: Vec::new(),
        having: None,
        order_by: Vec::new(),
        limit: None,
        time: None,
        parameters: Vec::new(),
    }
}
