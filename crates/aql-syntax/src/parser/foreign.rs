//! Clauses and operators of SQL that AQL does not have.

use aql_diag::{Applicability, Diagnostic, Span, codes};

use super::expr::level;
use super::order::{Clause, ClauseLog};
use super::{Node, Parser};
use crate::ast::{ExprKind, Limit, Literal, PatternOp, Query};
use crate::token::{Keyword, TokenKind};

/// Words that begin a join.
const JOINS: [&str; 9] =
    ["JOIN", "INNER", "LEFT", "RIGHT", "FULL", "OUTER", "CROSS", "NATURAL", "LATERAL"];
/// Words that join two queries.
const SETS: [&str; 4] = ["UNION", "INTERSECT", "EXCEPT", "MINUS"];
/// Words that begin a clause of another language.
const CLAUSES: [&str; 12] = [
    "OFFSET",
    "FETCH",
    "QUALIFY",
    "WINDOW",
    "TIMESPAN",
    "TOP",
    "FOR",
    "USING",
    "PARTITION",
    "SAMPLE",
    "TIMEFRAME",
    "OPTION",
];
/// Infix operators of another language.
const OPERATORS: [&str; 9] = [
    "REGEXP",
    "RLIKE",
    "SIMILAR",
    "CONTAINS",
    "GLOB",
    "STARTSWITH",
    "ENDSWITH",
    "ISNULL",
    "NOTNULL",
];

impl Parser<'_> {
    /// Does the current word begin something that SQL has behind a list or a condition?
    pub(super) fn foreign_word(&self) -> bool {
        self.foreign_word_at(0)
    }

    pub(super) fn foreign_word_at(&self, ahead: usize) -> bool {
        if self.nth_word(ahead, &SETS) {
            let next = self.nth(ahead + 1).kind;
            return matches!(next, TokenKind::Keyword(Keyword::Select) | TokenKind::LParen)
                || self.nth_word(ahead + 1, &["ALL", "DISTINCT"]);
        }
        if self.nth_word(ahead, &JOINS) {
            return self.nth_word(ahead, &["JOIN"]) || self.nth_word(ahead + 1, &JOINS);
        }
        if self.nth_word(ahead, &["OVER"]) {
            return self.nth(ahead + 1).kind == TokenKind::LParen;
        }
        if self.nth_word(ahead, &["ON"]) {
            return matches!(
                self.nth(ahead + 1).kind,
                TokenKind::Word | TokenKind::LParen | TokenKind::Quoted(_)
            );
        }
        if self.nth_word(ahead, &["FETCH"]) {
            return self.nth_word(ahead + 1, &["FIRST", "NEXT"]);
        }
        self.nth_word(ahead, &CLAUSES)
            && matches!(
                self.nth(ahead + 1).kind,
                TokenKind::Integer | TokenKind::Word | TokenKind::LParen | TokenKind::Placeholder
            )
    }

    /// Reads a clause that AQL does not have; `false` if there is none here.
    pub(super) fn foreign_clause(
        &mut self,
        query: &mut Query,
        log: &mut ClauseLog,
        nested: bool,
    ) -> bool {
        if !self.foreign_word() {
            return false;
        }
        let word = self.span();
        let upper = self.upper(word);
        if self.at_word(&SETS) {
            self.report(
                Diagnostic::error(codes::SET_OPERATION, format!("`{upper}` is not AQL"))
                    .at(word, "AQL cannot combine two queries")
                    .note("only the first query is read on")
                    .help("run the queries one after the other, or join their conditions with OR"),
            );
            self.bump();
            self.skip_statement(nested);
        } else if self.at_word(&JOINS) || self.at_word(&["ON"]) {
            while self.at_word(&JOINS) {
                self.bump();
            }
            let span = word.to(self.previous_span());
            self.joined(span, "`JOIN` is not AQL", "a query reads one database");
            let start = self.span();
            self.bump();
            self.mark_skipped(start);
            self.skip_to_clause(nested, |clause| clause != Clause::From);
        } else if self.at_word(&["FETCH"]) {
            self.fetch_clause(query, log);
        } else {
            let mut diagnostic =
                Diagnostic::error(codes::SQL_CLAUSE, format!("AQL has no `{upper}` clause"))
                    .at(word, "not a clause of AQL");
            diagnostic = match upper.as_str() {
                "OFFSET" => diagnostic.help("pages of a result are read with the Range header of the REST API"),
                "TOP" => diagnostic.help("use `LIMIT n` behind ORDER BY"),
                "TIMESPAN" | "TIMEFRAME" => diagnostic.help("the window of the search is the time clause, `LAST n MINUTES`; a threshold per span is a rule of its own"),
                "OVER" | "PARTITION" | "WINDOW" | "QUALIFY" => diagnostic.help("group with GROUP BY"),
                _ => diagnostic,
            };
            self.report(diagnostic);
            let start = self.span();
            self.bump();
            self.mark_skipped(start);
            self.skip_to_clause(nested, |clause| !log.has(clause));
        }
        true
    }

    /// `FETCH FIRST n ROWS ONLY`.
    fn fetch_clause(&mut self, query: &mut Query, log: &mut ClauseLog) {
        let start = self.bump().span;
        self.bump();
        let number = self.nth(0);
        if number.kind == TokenKind::Integer {
            self.bump();
        }
        while self.at_word(&["ROW", "ROWS", "ONLY"]) {
            self.bump();
        }
        let span = start.to(self.previous_span());
        let mut diagnostic =
            Diagnostic::error(codes::SQL_CLAUSE, "AQL has no `FETCH` clause").at(span, "use LIMIT");
        if number.kind == TokenKind::Integer && query.limit.is_none() {
            let rows = self.integer(number.span).and_then(|n| u64::try_from(n).ok());
            if let Some(rows) = rows {
                query.limit = Some(Limit { rows, span });
                log.push(Clause::Limit, span, span);
                diagnostic = diagnostic
                    .replace(
                        format!("write `LIMIT {rows}`"),
                        Applicability::Safe,
                        span,
                        format!("LIMIT {rows}"),
                    )
                    .repaired(format!("read as `LIMIT {rows}`"));
            }
        }
        self.report(diagnostic);
    }

    /// `DISTINCT`, `ALL`, `TOP n` behind SELECT; gives the place of DISTINCT.
    pub(super) fn select_prefix(&mut self, query: &mut Query) -> Option<Span> {
        let word = self.span();
        let next = self.nth(1).kind;
        let item_follows = matches!(
            next,
            TokenKind::Word
                | TokenKind::Quoted(_)
                | TokenKind::LParen
                | TokenKind::Star
                | TokenKind::Text(_)
                | TokenKind::Keyword(Keyword::Case | Keyword::If)
        );
        if self.at_word(&["DISTINCT", "UNIQUE"]) && item_follows {
            self.bump();
            if self.at_word(&["ON"]) && self.nth(1).kind == TokenKind::LParen {
                self.bump();
                self.skip_parenthesis();
            }
            return Some(word);
        }
        if self.at_word(&["ALL"]) && item_follows && next != TokenKind::LParen {
            self.bump();
            self.report(
                Diagnostic::error(codes::SELECT_DISTINCT, "`SELECT ALL` is not AQL")
                    .at(word, "AQL has no ALL")
                    .replace("remove it", Applicability::Safe, self.removal(word), "")
                    .repaired("read without it"),
            );
        }
        if self.at_word(&["TOP"]) && matches!(next, TokenKind::Integer) {
            self.bump();
            let number = self.bump().span;
            let span = word.to(number);
            let rows = self.integer(number).and_then(|n| u64::try_from(n).ok());
            let mut diagnostic = Diagnostic::error(codes::SQL_CLAUSE, "`TOP` is not AQL")
                .at(span, "AQL has no TOP")
                .help("use `LIMIT n` behind ORDER BY");
            if let Some(rows) = rows {
                query.limit = Some(Limit { rows, span });
                diagnostic = diagnostic.repaired(format!("read as `LIMIT {rows}`"));
            }
            self.report(diagnostic);
        }
        None
    }

    /// `WITH name AS (SELECT …), …` before the SELECT; `false` if it is something else.
    pub(super) fn with_clause(&mut self) -> bool {
        let with = self.span();
        let named = matches!(self.nth(1).kind, TokenKind::Word | TokenKind::Quoted(_));
        if !(named
            && (self.nth_keyword(2, Keyword::As)
                || self.nth(2).kind == TokenKind::LParen
                || self.nth_word(1, &["RECURSIVE"])))
        {
            return false;
        }
        self.report(
            Diagnostic::error(codes::WITH, "`WITH` is not AQL")
                .at(with, "AQL has no named subqueries")
                .help("put the inner query into `FROM (SELECT …)` or `IN (SELECT …)`"),
        );
        while !matches!(
            self.kind(),
            TokenKind::End | TokenKind::Semicolon | TokenKind::Keyword(Keyword::Select)
        ) {
            if self.at(TokenKind::LParen) {
                self.skip_parenthesis();
            } else {
                self.bump();
            }
        }
        self.at_keyword(Keyword::Select)
    }

    /// `EXISTS (SELECT …)`, with the position on the parenthesis.
    pub(super) fn exists(&mut self, word: Span) -> Node {
        let open = self.bump().span;
        self.report(
            Diagnostic::error(codes::EXISTS, "`EXISTS` is not AQL")
                .at(word, "AQL has no EXISTS")
                .note("a subquery gives a list of values; it cannot look at the query around it")
                .help("test with `x IN (SELECT x FROM …)`"),
        );
        self.query(true);
        self.close_parenthesis(open, "the subquery");
        Self::error_node(word.to(self.previous_span()))
    }

    pub(super) fn at_foreign_operator(&self, ahead: usize) -> bool {
        if self.nth(ahead).kind == TokenKind::Tilde {
            return true;
        }
        if !self.nth_word(ahead, &OPERATORS) {
            return false;
        }
        let next = self.nth(ahead + 1);
        self.nth_word(ahead, &["ISNULL", "NOTNULL"]) && next.kind != TokenKind::LParen
            || self.nth_word(ahead + 1, &["TO"])
            || matches!(next.kind, TokenKind::Text(_) | TokenKind::Placeholder)
    }

    /// `x REGEXP 'p'` and the like, with the position on the operator.
    pub(super) fn foreign_operator(&mut self, left: Node, not: Option<Span>) -> Node {
        let token = self.bump();
        let word = self.upper(token.span);
        if matches!(word.as_str(), "ISNULL" | "NOTNULL") {
            let negated = word == "NOTNULL";
            let text = if negated { "IS NOT NULL" } else { "IS NULL" };
            self.mended(
                &format!("`{word}` is not AQL"),
                token.span,
                &format!("write `{text}`"),
                &format!("write `{text}`"),
                text,
            );
            let span = left.expr.span.to(token.span);
            return self.node(
                ExprKind::IsNull { negated, expr: Box::new(left.expr) },
                span,
                left.height,
            );
        }
        let mut operator = token.span;
        if word == "~" && self.at(TokenKind::Star) {
            operator = operator.to(self.bump().span);
        }
        if word == "SIMILAR" {
            operator = operator.to(self.bump().span);
        }
        let shown = self.upper(operator);
        let pattern = self.expr_at(level::BIT);
        let span = left.expr.span.to(pattern.expr.span);
        let mut diagnostic = Diagnostic::error(codes::SIMILAR_TO, format!("`{shown}` is not AQL"))
            .at(operator, "no such operator");
        let op = if shown == "~*" { PatternOp::IMatches } else { PatternOp::Matches };
        match word.as_str() {
            "REGEXP" | "RLIKE" | "~" => {
                let keyword = op.keyword();
                let blank =
                    |at: usize, c: &str| self.text.get(at..).is_some_and(|t| t.starts_with(c));
                let end = operator.end as usize;
                let gap = if blank(end, " ") { "" } else { " " };
                diagnostic = diagnostic
                    .note("MATCHES takes a regular expression, IMATCHES ignores case")
                    .replace(
                        format!("use {keyword}"),
                        Applicability::Safe,
                        operator,
                        format!("{keyword}{gap}"),
                    )
                    .repaired(format!("read as {keyword}"));
            }
            "SIMILAR" => {
                diagnostic =
                    diagnostic.help("MATCHES takes a regular expression, in the syntax of Java")
            }
            // A regular expression in some languages, equality without regard to case in others.
            "=~" | "~=" => {
                diagnostic = diagnostic.help(
                    "use `ILIKE` for texts that differ in case, `MATCHES` for a regular expression",
                )
            }
            "CONTAINS" => diagnostic = diagnostic.help("use `ILIKE '%text%'`"),
            _ => {
                diagnostic =
                    diagnostic.help("use LIKE with `%`, or MATCHES with a regular expression")
            }
        }
        self.report(diagnostic);
        let height = left.height.max(pattern.height);
        let kind = ExprKind::Pattern {
            op,
            negated: not.is_some(),
            op_span: not.map_or(operator, |not| not.to(operator)),
            expr: Box::new(left.expr),
            pattern: Box::new(pattern.expr),
        };
        self.node(kind, span, height)
    }

    /// `ESCAPE 'c'` behind a pattern.
    pub(super) fn escape_clause(&mut self) {
        if self.at_word(&["ESCAPE"]) && matches!(self.nth(1).kind, TokenKind::Text(_)) {
            let word = self.bump().span;
            let character = self.bump().span;
            self.report(
                Diagnostic::error(codes::SQL_CLAUSE, "AQL has no `ESCAPE`")
                    .at(word.to(character), "not AQL")
                    .note("LIKE has no way to quote `%` or `_`")
                    .help("use MATCHES where a literal `%` or `_` counts"),
            );
        }
    }

    /// `NULLS FIRST` behind an item of ORDER BY.
    pub(super) fn nulls_order(&mut self) {
        if self.at_word(&["NULLS"]) && self.nth_word(1, &["FIRST", "LAST"])
            || (self.at_word(&["NULLS"]) && self.nth_keyword(1, Keyword::Last))
        {
            let word = self.bump().span;
            let which = self.bump().span;
            self.report(
                Diagnostic::error(codes::SQL_CLAUSE, "AQL has no `NULLS FIRST` and `NULLS LAST`")
                    .at(word.to(which), "not AQL"),
            );
        }
    }

    /// `INTERVAL '5' MINUTE`, `INTERVAL '5 minutes'`; the word has been taken.
    pub(super) fn interval_literal(&mut self, word: Span) -> Option<Node> {
        let token = self.nth(0);
        let (number, unit) = match token.kind {
            TokenKind::Text(index) => {
                let text = self.value(index);
                let mut words = text.split_whitespace();
                (words.next().map(str::to_owned), words.next().map(str::to_owned))
            }
            TokenKind::Integer => (Some(self.slice(token.span).to_owned()), None),
            _ => return None,
        };
        self.bump();
        let mut unit = unit;
        if unit.is_none()
            && self.at(TokenKind::Word)
            && super::time::unit(self.slice(self.span())).is_some()
        {
            let word = self.bump().span;
            unit = Some(self.slice(word).to_owned());
        }
        let literal = number.and_then(|n| n.parse().ok()).map(Literal::Integer);
        let milliseconds =
            unit.as_deref().and_then(super::time::unit).and_then(|unit| unit.milliseconds());
        let span = word.to(self.previous_span());
        Some(self.interval(span, literal.as_ref(), milliseconds, "INTERVAL literal"))
    }

    /// A length of time; read as milliseconds, in which AQL counts.
    pub(super) fn interval(
        &mut self,
        span: Span,
        count: Option<&Literal>,
        unit: Option<i64>,
        what: &str,
    ) -> Node {
        let shown = self.slice(span).split_whitespace().collect::<Vec<_>>().join(" ");
        let diagnostic = Diagnostic::error(codes::INTERVAL, format!("{what} `{shown}` is not AQL"))
            .at(span, "AQL has no lengths of time")
            .note("times are numbers of milliseconds, so a length is a number too");
        let value = match (count, unit) {
            (Some(Literal::Integer(n)), Some(unit)) => n.checked_mul(unit),
            _ => None,
        };
        let Some(value) = value else {
            self.report(
                diagnostic.help(
                    "write the length in milliseconds, or bound the search with `LAST n DAYS`",
                ),
            );
            return Self::error_node(span);
        };
        self.report(
            diagnostic
                .help("to bound the search itself, use the time clause: `LAST n HOURS`")
                .replace(format!("write `{value}`"), Applicability::Safe, span, value.to_string())
                .repaired(format!("read as {value} milliseconds")),
        );
        Self::leaf(ExprKind::Literal(Literal::Integer(value)), span)
    }
}
