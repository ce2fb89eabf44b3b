//! FROM: what is read, and what other languages allow there.

use aql_diag::{Applicability, Diagnostic, Edit, Span, codes};

use super::{Parser, Qualifier};
use crate::ast::{From, Name, Query, Text};
use crate::token::{Keyword, TokenKind};

/// More places than this are not shown one by one.
const SHOWN: usize = 3;

impl Parser<'_> {
    pub(super) fn read_from(&mut self, query: &mut Query) {
        self.bump();
        query.from = self.source();
        if query.from.is_some() {
            self.table_alias(query);
        }
        if self.at(TokenKind::Comma) {
            self.joined(self.span(), "several tables in FROM", "a query reads one database");
            self.skip_to_clause(true, |_| true);
        }
    }

    fn source(&mut self) -> Option<From> {
        let token = self.nth(0);
        match token.kind {
            TokenKind::LParen if self.nth_keyword(1, Keyword::Select) => {
                self.bump();
                let (inner, height) = self.query(true);
                self.scope.height = self.scope.height.max(height);
                self.close_parenthesis(token.span, "the inner query");
                let span = token.span.to(self.previous_span());
                Some(From::Subquery { query: Box::new(inner), alias: None, span })
            }
            TokenKind::LParen => {
                self.bump();
                self.expected("a SELECT in the parentheses");
                self.pos -= 1;
                self.skip_parenthesis();
                None
            }
            TokenKind::Word
                if self.at_word(&["GLOBALVIEW"]) && self.nth(1).kind == TokenKind::LParen =>
            {
                self.global_view()
            }
            TokenKind::Text(_) => {
                let text = self.text_of(token)?;
                self.bump();
                self.mended(
                    "database name in single quotes",
                    token.span,
                    "single quotes make a string",
                    "remove the quotes",
                    &text.value.clone(),
                );
                Some(From::Database(Name {
                    text: text.value,
                    quote: crate::ast::Quote::None,
                    span: token.span,
                }))
            }
            TokenKind::Placeholder | TokenKind::Bad => {
                self.bump();
                None
            }
            TokenKind::Word | TokenKind::Quoted(_) => self.database(),
            _ => {
                self.expected("`events`, `flows` or a subquery after `FROM`");
                None
            }
        }
    }

    fn database(&mut self) -> Option<From> {
        let first = self.bump();
        let mut name = self.name_of(first)?;
        let mut qualifier = String::new();
        while self.at(TokenKind::Dot) {
            let Some(next) = self.name_of(self.nth(1)) else { break };
            self.bump();
            self.bump();
            qualifier.push_str(&name.text);
            name = next;
        }
        let span = first.span.to(self.previous_span());
        let whole = self.slice(span);
        let lower = whole.to_ascii_lowercase().replace(['"', '_'], "");
        if lower.starts_with("referenceset")
            || lower.starts_with("referencedata")
            || lower.starts_with("referencemap")
            || lower.starts_with("referencetable")
        {
            let whole = whole.to_owned();
            if self.at(TokenKind::LParen) {
                self.skip_parenthesis();
            }
            self.report(
                Diagnostic::error(
                    codes::REFERENCE_SET_TABLE,
                    format!(
                        "`{whole}` is not a database: reference data cannot be read with SELECT"
                    ),
                )
                .at(span, "only `events`, `flows` and `simarc` can be read")
                .note("reference data is asked by key, with a function")
                .help("test membership with `REFERENCESETCONTAINS('set', value)`"),
            );
            return None;
        }
        if !qualifier.is_empty() {
            self.report(
                Diagnostic::error(codes::TABLE_ALIAS, format!("qualified database name `{whole}`"))
                    .at(span, "AQL has no schemas")
                    .note(
                        "a query reads `events`, `flows` or `simarc`, each known by that one word",
                    ),
            );
        }
        if self.at(TokenKind::LParen) {
            let message = format!("`{}(…)` cannot be read", name.text);
            self.report_here(
                Diagnostic::error(codes::SYNTAX, message).at(span, "not a source of rows").help(
                    "FROM takes `events`, `flows`, a subquery in parentheses or `GLOBALVIEW(…)`",
                ),
            );
            self.skip_parenthesis();
            return None;
        }
        Some(From::Database(name))
    }

    fn global_view(&mut self) -> Option<From> {
        let start = self.bump().span;
        let open = self.bump().span;
        let search = self.string_argument();
        let mut interval = None;
        if search.is_some() && self.expect(TokenKind::Comma, "`,` and the interval") {
            interval = self.string_argument();
        }
        if !self.at(TokenKind::RParen) {
            self.skip_in_parenthesis(false);
        }
        self.close_parenthesis(open, "GLOBALVIEW");
        let span = start.to(self.previous_span());
        Some(From::GlobalView { search: search?, interval: interval?, span })
    }

    fn string_argument(&mut self) -> Option<Text> {
        let text = self.text_of(self.nth(0));
        if text.is_some() {
            self.bump();
        } else {
            self.expected("a string");
        }
        text
    }

    /// A name behind the source. AQL documents none; behind a subquery one is let pass.
    fn table_alias(&mut self, query: &mut Query) {
        let has_as = self.at_keyword(Keyword::As);
        let token = self.nth(usize::from(has_as));
        let Some(name) = self.alias_of(token) else {
            if has_as {
                self.bump();
                self.expected("a name after `AS`");
            }
            return;
        };
        if !has_as && self.foreign_word() {
            return;
        }
        // One word of prose behind `FROM events` is no alias either way; more than one is junk.
        if !has_as && matches!(self.nth(1).kind, TokenKind::Word) && !self.foreign_word_at(1) {
            return;
        }
        let start = self.span();
        if has_as {
            self.bump();
        }
        self.bump();
        let span = start.to(name.span);
        match query.from.as_mut() {
            Some(From::Subquery { alias, .. }) => {
                *alias = Some(name);
                self.report(
                    Diagnostic::note_severity(
                        codes::TABLE_ALIAS,
                        "alias of a subquery, which is undocumented",
                    )
                    .at(span, "")
                    .note("there is nothing to tell apart: a query reads one source"),
                );
            }
            _ => {
                self.scope.qualifiers.insert(0, Qualifier { text: format!(" {}", name.text), span })
            }
        }
    }

    /// Remembers a qualifier; `span` covers it with its dot.
    pub(super) fn qualifier(&mut self, text: String, span: Span) {
        self.scope.qualifiers.push(Qualifier { text, span });
    }

    pub(super) fn joined(&mut self, span: Span, message: &str, label: &str) {
        if !self.scope.joined {
            self.scope.joined = true;
            self.report(
                Diagnostic::error(codes::JOIN, message)
                    .at(span, label)
                    .note("AQL reads one database per query and has no join")
                    .help("filter by the result of another query with `x IN (SELECT x FROM …)`, follow a sequence with `SESSION BY`, or run two searches"),
            );
        }
    }

    /// One diagnostic for the table alias of a query and all qualified names in it.
    pub(super) fn check_qualifiers(&mut self, query: &Query) {
        let all = std::mem::take(&mut self.scope.qualifiers);
        // With a join the qualifiers are its consequence, and the join has been reported.
        let (Some(first), false) = (all.first(), self.scope.joined) else { return };
        let known = |name: &str| {
            let alias = all.iter().find_map(|q| q.text.strip_prefix(' '));
            let source = match &query.from {
                Some(From::Database(database)) => Some(database.text.as_str()),
                Some(From::Subquery { alias: Some(alias), .. }) => Some(alias.text.as_str()),
                _ => None,
            };
            [alias, source].into_iter().flatten().any(|k| k.eq_ignore_ascii_case(name))
        };
        let names: Vec<&Qualifier> = all.iter().filter(|q| !q.text.starts_with(' ')).collect();
        let foreign = names.iter().find(|q| !known(&q.text));
        let mut diagnostic = if let Some(alias) = first.text.strip_prefix(' ') {
            Diagnostic::error(codes::TABLE_ALIAS, format!("table alias `{alias}`"))
                .at(first.span, "AQL has no table aliases")
        } else {
            let place = Span { start: first.span.start, end: first.span.end };
            Diagnostic::error(codes::TABLE_ALIAS, format!("qualified name `{}.…`", first.text))
                .at(place, "AQL has no qualified names")
        };
        for qualifier in names.iter().filter(|q| q.span != first.span).take(SHOWN) {
            diagnostic = diagnostic.label(qualifier.span, "");
        }
        diagnostic = diagnostic.note("a query reads one source, so its fields need no qualifier");
        if let Some(foreign) = foreign {
            diagnostic = diagnostic.help(format!(
                "`{}` names nothing that this query reads; a subquery cannot look at the query around it",
                foreign.text
            ));
        } else {
            let edits = all
                .iter()
                .map(|q| {
                    let alias = q.text.starts_with(' ');
                    let blank = alias
                        && self.text.get(..q.span.start as usize).is_some_and(|t| t.ends_with(' '));
                    let start = q.span.start - u32::from(blank);
                    Edit { span: Span { start, end: q.span.end }, text: String::new() }
                })
                .collect();
            diagnostic = diagnostic
                .fix("use the plain names", Applicability::Safe, edits)
                .repaired("read without the alias");
        }
        self.report(diagnostic);
    }

    /// Takes `)`; if it is missing, says where the parenthesis was opened.
    pub(super) fn close_parenthesis(&mut self, open: Span, what: &str) {
        if self.eat(TokenKind::RParen) {
            return;
        }
        if matches!(self.kind(), TokenKind::End | TokenKind::Semicolon)
            || self.clause_at(0).is_some()
        {
            let place = self.place();
            self.report_here(
                Diagnostic::error(codes::SYNTAX, "parenthesis that is never closed")
                    .at(open, format!("opens {what}"))
                    .label(place, "`)` is missing before this"),
            );
            return;
        }
        self.take_reported();
        let message = format!("expected `)`, found {}", self.found());
        let place = self.place();
        self.report_here(
            Diagnostic::error(codes::SYNTAX, message)
                .at(place, "expected `)`")
                .label(open, format!("to close {what}")),
        );
        self.skip_in_parenthesis(false);
        self.eat(TokenKind::RParen);
    }
}
