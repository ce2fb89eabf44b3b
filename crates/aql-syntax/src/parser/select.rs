//! The select list: columns, their aliases, and DISTINCT, which AQL does not have.

use aql_diag::{Applicability, Diagnostic, Edit, Span, codes};

use super::Parser;
use super::order::{Clause, ClauseLog};
use crate::ast::{Expr, ExprKind, Name, Query, Quote, SelectItem};
use crate::token::{Keyword, TokenKind};

impl Parser<'_> {
    pub(super) fn select_list(&mut self, query: &mut Query, nested: bool) {
        loop {
            let before = self.pos;
            if self.clause_at(0).is_some()
                || matches!(self.kind(), TokenKind::End | TokenKind::Semicolon)
            {
                self.missing_item(query);
                return;
            }
            if let Some(item) = self.select_item() {
                query.select.push(item);
            }
            match self.kind() {
                TokenKind::Comma => {}
                TokenKind::End | TokenKind::Semicolon => return,
                TokenKind::RParen if nested => return,
                _ if self.clause_at(0).is_some() || self.foreign_word() => return,
                TokenKind::Keyword(Keyword::Select) => return,
                _ => self.item_junk(nested),
            }
            if !self.eat(TokenKind::Comma) {
                return;
            }
            debug_assert!(self.pos > before);
        }
    }

    pub(super) fn missing_item(&mut self, query: &Query) {
        let comma = self.previous_span();
        if self.slice(comma) == "," && !query.select.is_empty() {
            let found = self.found();
            let message = format!("comma before {found}");
            self.report_here(
                Diagnostic::error(codes::SYNTAX, message)
                    .at(comma, "another column belongs behind it")
                    .replace("remove the comma", Applicability::Safe, comma, "")
                    .repaired("read without the comma"),
            );
        } else {
            self.expected("a column or `*`");
        }
    }

    /// Behind an item stands neither a comma nor a clause.
    pub(super) fn item_junk(&mut self, nested: bool) {
        self.take_reported();
        if self.at(TokenKind::RParen) {
            let span = self.span();
            self.report_here(
                Diagnostic::error(codes::SYNTAX, "closing parenthesis without an opening one")
                    .at(span, ""),
            );
            self.bump();
            if self.at(TokenKind::Comma) || self.clause_at(0).is_some() {
                return;
            }
        }
        let message = format!("expected `,` or `FROM`, found {}", self.found());
        let mut diagnostic = Diagnostic::error(codes::SYNTAX, message).at(self.place(), "");
        if matches!(self.kind(), TokenKind::Word) {
            diagnostic =
                diagnostic.help("an alias of several words needs quotes: `AS 'Event Time'`");
        }
        self.report_here(diagnostic);
        self.skip_item(nested);
    }

    pub(super) fn select_item(&mut self) -> Option<SelectItem> {
        let start = self.span();
        if self.eat(TokenKind::Star) {
            return Some(SelectItem::Star(start));
        }
        let qualified = matches!(self.kind(), TokenKind::Word | TokenKind::Quoted(_))
            && self.nth(1).kind == TokenKind::Dot
            && self.nth(2).kind == TokenKind::Star;
        if qualified {
            let token = self.bump();
            self.bump();
            let star = self.bump().span;
            let text = self.name_of(token).map(|name| name.text).unwrap_or_default();
            self.qualifier(text, Span { start: start.start, end: star.start });
            return Some(SelectItem::Star(start.to(star)));
        }
        let node = self.expr();
        let expr = self.top(node);
        let alias = self.alias(expr.span);
        if matches!(expr.kind, ExprKind::Error)
            && alias.is_none()
            && self.previous_span().end <= start.start
        {
            // Nothing was taken; the caller decides how to go on.
            if !matches!(self.kind(), TokenKind::Comma) {
                self.bump();
            }
            return None;
        }
        Some(SelectItem::Expr { expr, alias })
    }

    /// `AS name`, or a name that lacks its AS.
    pub(super) fn alias(&mut self, expr: Span) -> Option<Name> {
        if self.eat_keyword(Keyword::As) {
            let token = self.nth(0);
            if let Some(name) = self.alias_of(token) {
                self.bump();
                return Some(name);
            }
            // After AS a reserved word can only be meant as a name, unless a clause begins there.
            if let TokenKind::Keyword(_) = token.kind
                && (self.clause_at(0).is_none()
                    || matches!(
                        self.nth(1).kind,
                        TokenKind::Comma | TokenKind::Keyword(Keyword::From)
                    ))
            {
                self.bump();
                return Some(Name {
                    text: self.slice(token.span).to_owned(),
                    quote: Quote::None,
                    span: token.span,
                });
            }
            if matches!(token.kind, TokenKind::Bad | TokenKind::Placeholder) {
                self.bump();
                return None;
            }
            self.expected("a name after `AS`");
            return None;
        }
        let token = self.nth(0);
        if self.foreign_word() {
            return None;
        }
        // `MAX(starttime) last FROM …`: a reserved word in the place of an alias.
        let reserved = matches!(token.kind, TokenKind::Keyword(k) if k != Keyword::From)
            && matches!(self.nth(1).kind, TokenKind::Comma | TokenKind::Keyword(Keyword::From));
        let name = if reserved {
            Name { text: self.slice(token.span).to_owned(), quote: Quote::None, span: token.span }
        } else {
            self.alias_of(token)?
        };
        self.bump();
        self.missing_as(expr, &name);
        Some(name)
    }

    pub(super) fn alias_of(&self, token: crate::token::Token) -> Option<Name> {
        self.name_of(token).or_else(|| {
            let text = self.text_of(token)?;
            Some(Name { text: text.value, quote: Quote::Single, span: text.span })
        })
    }

    pub(super) fn missing_as(&mut self, expr: Span, name: &Name) {
        let between = self.slice(Span { start: expr.end, end: name.span.start });
        let shown = self.slice(name.span).to_owned();
        let mut diagnostic =
            Diagnostic::error(codes::MISSING_AS, format!("alias `{shown}` without AS"))
                .at(name.span, "`AS` is missing before it")
                .note("AQL documents `expression AS alias` only");
        if between.contains('\n') {
            // On a line of its own it may just as well be a column that lost its comma.
            diagnostic = diagnostic.help(format!("write `AS {shown}` if it is a name for the column before it, or put a comma there if it is a column"));
        } else {
            diagnostic = diagnostic
                .replace(
                    "insert `AS`",
                    Applicability::Safe,
                    Span { start: name.span.start, end: name.span.start },
                    "AS ",
                )
                .repaired("read as an alias");
        }
        self.report(diagnostic);
    }

    /// SELECT DISTINCT: read as GROUP BY of all columns where that says the same.
    pub(super) fn select_distinct(
        &mut self,
        query: &mut Query,
        log: &ClauseLog,
        span: Span,
        nested: bool,
    ) {
        let mut diagnostic =
            Diagnostic::error(codes::SELECT_DISTINCT, "`SELECT DISTINCT` is not AQL")
                .at(span, "AQL has no DISTINCT");
        let mut columns = Vec::new();
        let groupable = query.group_by.is_empty()
            && !log.has(Clause::Group)
            && query.select.iter().all(|item| match item {
                SelectItem::Expr { expr, .. } if is_groupable(expr) => {
                    columns.push(expr.clone());
                    true
                }
                _ => false,
            });
        if groupable && !columns.is_empty() {
            let texts: Vec<&str> = columns.iter().map(|c| self.slice(c.span)).collect();
            let group = format!("GROUP BY {}", texts.join(", "));
            diagnostic = diagnostic
                .note("distinct rows are the groups of all selected columns")
                .repaired(format!("read as `{group}`"));
            if let Some(end) = log.end_before(Clause::Having) {
                diagnostic = diagnostic.fix(
                    format!("write `{group}`"),
                    Applicability::Safe,
                    vec![
                        Edit { span: self.removal(span), text: String::new() },
                        Edit { span: end.after(), text: format!(" {group}") },
                    ],
                );
            }
            query.group_by = columns;
        } else if nested && query.select.len() == 1 {
            diagnostic = diagnostic.help(
                "a list of values needs no DISTINCT, and `UNIQUECOUNT(x)` counts distinct values",
            );
        } else {
            diagnostic = diagnostic.help("group by the columns: `GROUP BY a, b`");
        }
        self.report(diagnostic);
    }
}

/// Names and calls of names can be grouped by; aggregates cannot, and subqueries are not copied.
pub(super) fn is_groupable(expr: &Expr) -> bool {
    const AGGREGATES: [&str; 12] = [
        "AVG",
        "COUNT",
        "FIRST",
        "LAST",
        "MIN",
        "MAX",
        "SUM",
        "STDEV",
        "STDEVP",
        "UNIQUECOUNT",
        "DISTINCTCOUNT",
        "DISTINCTCOUNTCOUNT",
    ];
    match &expr.kind {
        ExprKind::Name(_) | ExprKind::Literal(_) => true,
        ExprKind::Call { name, args, star } => {
            !star
                && !AGGREGATES.iter().any(|a| name.text.eq_ignore_ascii_case(a))
                && args.iter().all(is_groupable)
        }
        _ => false,
    }
}
