//! Getting back on the road after something that cannot be read.
//!
//! Clauses begin with reserved words, so they are the places to go on from. Prose behind a query
//! (`… ORDER BY starttime DESC This query finds …`) holds such words too: a clause counts only if
//! it looks like one and has not been seen yet.

use aql_diag::Span;

use super::Parser;
use super::order::Clause;
use crate::token::{Keyword, TokenKind};

impl Parser<'_> {
    /// The clause that begins at the token `ahead`, if one plainly does.
    pub(super) fn clause_at(&self, ahead: usize) -> Option<Clause> {
        let TokenKind::Keyword(keyword) = self.nth(ahead).kind else { return None };
        let next = self.nth(ahead + 1).kind;
        let by = next == TokenKind::Keyword(Keyword::By);
        Some(match keyword {
            Keyword::From => Clause::From,
            Keyword::Into => Clause::Into,
            Keyword::Where => Clause::Where,
            Keyword::Session if by => Clause::Session,
            Keyword::Group if by => Clause::Group,
            Keyword::Having => Clause::Having,
            Keyword::Order if by => Clause::Order,
            Keyword::Limit => Clause::Limit,
            Keyword::Last if next != TokenKind::LParen => Clause::Time,
            Keyword::Start | Keyword::Stop | Keyword::Times => Clause::Time,
            Keyword::Parameters => Clause::Parameters,
            _ => return None,
        })
    }

    /// Does the token begin a clause that cannot be a word of prose or a stray name?
    fn clearly_clause(&self, clause: Clause) -> bool {
        let next = self.nth(1).kind;
        match clause {
            Clause::Limit => next == TokenKind::Integer,
            Clause::Time if self.at_keyword(Keyword::Last) => next == TokenKind::Integer,
            Clause::Time => {
                matches!(next, TokenKind::Text(_) | TokenKind::Integer | TokenKind::Word)
            }
            Clause::Parameters => next == TokenKind::Word && self.nth(2).kind == TokenKind::Eq,
            _ => true,
        }
    }

    /// Passes over tokens up to a clause that `wanted` takes, a `)` that closes an outer
    /// parenthesis (if `nested`), a semicolon or the end.
    pub(super) fn skip_to_clause(&mut self, nested: bool, wanted: impl Fn(Clause) -> bool) {
        let start = self.span();
        let mut open = 0usize;
        loop {
            match self.kind() {
                TokenKind::End | TokenKind::Semicolon => break,
                TokenKind::LParen => open += 1,
                TokenKind::RParen if open > 0 => open -= 1,
                TokenKind::RParen if nested => break,
                TokenKind::Keyword(_) if open == 0 => {
                    if let Some(clause) = self.clause_at(0)
                        && wanted(clause)
                        && self.clearly_clause(clause)
                    {
                        break;
                    }
                }
                _ => {}
            }
            self.bump();
        }
        self.mark_skipped(start);
    }

    /// Passes over everything up to the end of the statement or of the parenthesis around it.
    pub(super) fn skip_statement(&mut self, nested: bool) {
        self.skip_to_clause(nested, |_| false);
    }

    /// With the position on `(`, passes over it and everything up to its `)`.
    pub(super) fn skip_parenthesis(&mut self) -> Span {
        let start = self.span();
        let mut open = 0usize;
        loop {
            match self.kind() {
                TokenKind::End | TokenKind::Semicolon => break,
                TokenKind::LParen => open += 1,
                TokenKind::RParen if open <= 1 => {
                    self.bump();
                    break;
                }
                TokenKind::RParen => open -= 1,
                _ => {}
            }
            self.bump();
        }
        self.mark_skipped(start);
        start.to(self.previous_span())
    }

    /// Inside a parenthesis: passes over tokens up to its `)`, or a comma if `commas`, or a clause.
    pub(super) fn skip_in_parenthesis(&mut self, commas: bool) {
        let start = self.span();
        let mut open = 0usize;
        loop {
            match self.kind() {
                TokenKind::End | TokenKind::Semicolon => break,
                TokenKind::LParen => open += 1,
                TokenKind::RParen if open > 0 => open -= 1,
                TokenKind::RParen => break,
                TokenKind::Comma if commas && open == 0 => break,
                TokenKind::Keyword(_)
                    if open == 0 && self.clause_at(0).is_some_and(|c| self.clearly_clause(c)) =>
                {
                    break;
                }
                _ => {}
            }
            self.bump();
        }
        self.mark_skipped(start);
    }

    /// In a select list: passes over tokens up to a comma or a clause.
    pub(super) fn skip_item(&mut self, nested: bool) {
        let start = self.span();
        let mut open = 0usize;
        loop {
            match self.kind() {
                TokenKind::End | TokenKind::Semicolon => break,
                TokenKind::LParen => open += 1,
                TokenKind::RParen if open > 0 => open -= 1,
                TokenKind::RParen if nested => break,
                TokenKind::Comma if open == 0 => break,
                TokenKind::Keyword(_) if open == 0 && self.clause_at(0).is_some() => break,
                _ => {}
            }
            self.bump();
        }
        self.mark_skipped(start);
    }

    /// Takes a token that the lexer has reported, so that its report is kept and no second one
    /// follows.
    pub(super) fn take_reported(&mut self) -> bool {
        let reported = matches!(self.kind(), TokenKind::Bad | TokenKind::Placeholder);
        if reported {
            self.bump();
            self.last_error = Some(self.pos);
        }
        reported
    }

    pub(super) fn mark_skipped(&mut self, start: Span) {
        let end = self.previous_span();
        if end.end > start.start {
            self.skipped.push(Span { start: start.start, end: end.end });
        }
    }
}
