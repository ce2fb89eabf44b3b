//! Names and function calls, with the syntax that SQL has inside a call and AQL has not.

use aql_diag::{Applicability, Diagnostic, Edit, Span, codes};

use super::{Node, Parser, weight};
use crate::ast::{ExprKind, Literal, Name, Quote};
use crate::token::{Keyword, TokenKind};

/// Aggregates of other dialects that join texts; none exists in AQL.
const TEXT_AGGREGATES: [&str; 6] =
    ["STRING_AGG", "GROUP_CONCAT", "LISTAGG", "ARRAY_AGG", "COLLECT_LIST", "COLLECT_SET"];

impl Parser<'_> {
    pub(super) fn name_or_call(&mut self) -> Node {
        let first = self.bump();
        let Some(mut name) = self.name_of(first) else { return Self::error_node(first.span) };
        if name.quote == Quote::None
            && let Some(node) = self.special_word(&name)
        {
            return node;
        }
        while self.at(TokenKind::Dot) {
            let Some(next) = self.part_behind_dot(1) else { break };
            let dot = self.bump().span;
            self.bump();
            self.qualifier(name.text, name.span.to(dot));
            name = next;
        }
        while self.at(TokenKind::ColonColon) {
            let Some(next) = self.name_of(self.nth(1)) else { break };
            if self.nth(2).kind != TokenKind::LParen && self.nth(2).kind != TokenKind::ColonColon {
                break;
            }
            self.bump();
            self.bump();
            name = Name {
                text: format!("{}::{}", name.text, next.text),
                quote: if name.quote == Quote::Double { Quote::Double } else { next.quote },
                span: name.span.to(next.span),
            };
        }
        if self.at(TokenKind::LParen) {
            return self.call(name);
        }
        if name.quote == Quote::None
            && let Some((field, type_name)) = name.text.rsplit_once("::")
        {
            let end = name.span.start as usize + field.len();
            let span = Span::new(name.span.start as usize, end);
            let field = Name { text: field.to_owned(), quote: Quote::None, span };
            let (type_name, whole) = (type_name.to_owned(), name.span);
            let node = Self::leaf(ExprKind::Name(field), span);
            return self.cast_to(node, &type_name, whole);
        }
        let span = name.span;
        let node = Self::leaf(ExprKind::Name(name), span);
        self.cast_suffix(node)
    }

    /// Behind a dot even a reserved word is a name.
    fn part_behind_dot(&self, ahead: usize) -> Option<Name> {
        let token = self.nth(ahead);
        self.name_of(token).or_else(|| match token.kind {
            TokenKind::Keyword(_) => Some(Name {
                text: self.slice(token.span).to_owned(),
                quote: Quote::Double,
                span: token.span,
            }),
            _ => None,
        })
    }

    /// Words that are constants, or begin a construct of another language; the word has been taken.
    fn special_word(&mut self, name: &Name) -> Option<Node> {
        let call = self.at(TokenKind::LParen);
        let word = name.text.to_ascii_uppercase();
        match word.as_str() {
            "TRUE" | "FALSE" if !call => {
                Some(Self::leaf(ExprKind::Literal(Literal::Boolean(word == "TRUE")), name.span))
            }
            "EXISTS" if call && self.nth_keyword(1, Keyword::Select) => {
                Some(self.exists(name.span))
            }
            "INTERVAL" => self.interval_literal(name.span),
            "CAST" | "TRY_CAST" | "SAFE_CAST" if call => {
                Some(self.weighted(weight::CASE, |p| p.cast_call(name)))
            }
            "EXTRACT"
                if call
                    && self.nth(1).kind == TokenKind::Word
                    && self.nth_keyword(2, Keyword::From) =>
            {
                Some(self.weighted(weight::CASE, |p| p.extract_call(name)))
            }
            "ANY" | "ALL" | "SOME" if call && self.nth_keyword(1, Keyword::Select) => {
                let open = self.bump().span;
                Some(self.scalar_subquery(open))
            }
            _ => None,
        }
    }

    /// `f( … )`, with the position on the parenthesis.
    pub(super) fn call(&mut self, name: Name) -> Node {
        self.weighted(weight::CALL, |p| p.call_unguarded(name))
    }

    fn call_unguarded(&mut self, mut name: Name) -> Node {
        let open = self.bump().span;
        let start = name.span;
        let mut args = Vec::new();
        let mut star = false;
        let mut height = 1;
        if self.at(TokenKind::Star) && self.nth(1).kind == TokenKind::RParen {
            self.bump();
            star = true;
        } else if self.at_word(&["DISTINCT"])
            && !matches!(self.nth(1).kind, TokenKind::RParen | TokenKind::Comma)
        {
            self.distinct_argument(&mut name, &mut args, &mut height);
        } else if self.at_keyword(Keyword::Select) {
            let node = self.scalar_subquery(open);
            let span = start.to(node.expr.span);
            return self.node(ExprKind::Call { name, args: vec![node.expr], star: false }, span, 1);
        } else if !self.at(TokenKind::RParen) {
            self.arguments(&name, &mut args, &mut height);
        }
        self.close_parenthesis(open, "the call");
        let span = start.to(self.previous_span());
        let node = self.node(ExprKind::Call { name, args, star }, span, height);
        self.call_suffix(&node);
        self.cast_suffix(node)
    }

    fn arguments(&mut self, name: &Name, args: &mut Vec<crate::ast::Expr>, height: &mut u32) {
        loop {
            if self.at(TokenKind::RParen) {
                let comma = self.previous_span();
                if self.slice(comma) == "," {
                    self.mended(
                        "comma before the end of the arguments",
                        comma,
                        "another argument belongs behind it",
                        "remove the comma",
                        "",
                    );
                }
                return;
            }
            let node = self.expr();
            *height = (*height).max(node.height);
            args.push(node.expr);
            if self.at_sql_argument(name) {
                self.sql_argument(name);
                return;
            }
            if !self.eat(TokenKind::Comma) {
                return;
            }
        }
    }

    /// Does a word stand here that SQL allows between arguments? FROM and ORDER do so only in
    /// certain functions; elsewhere a parenthesis is missing.
    fn at_sql_argument(&self, name: &Name) -> bool {
        let is = |names: &[&str]| names.iter().any(|n| name.text.eq_ignore_ascii_case(n));
        self.at_word(&["FOR", "USING", "SEPARATOR"])
            || self.at_keyword(Keyword::From)
                && is(&["SUBSTRING", "SUBSTR", "TRIM", "OVERLAY", "EXTRACT"])
            || self.at_keyword(Keyword::Order) && is(&TEXT_AGGREGATES)
    }

    /// `SUBSTRING(x FROM 1 FOR 2)`, `GROUP_CONCAT(x SEPARATOR ',')`.
    fn sql_argument(&mut self, name: &Name) {
        let word = self.span();
        let shown = self.upper(word);
        let message = match self.missing_aggregate(name) {
            Some(message) => message,
            None => format!("`{shown}` inside a call"),
        };
        self.report(
            Diagnostic::error(codes::SQL_CALL, message)
                .at(word, "arguments are separated by commas")
                .note("AQL has no words between the arguments of a function"),
        );
        // The clause words in here are no clauses.
        let mut open = 0usize;
        let start = self.span();
        loop {
            match self.kind() {
                TokenKind::End | TokenKind::Semicolon => break,
                TokenKind::LParen => open += 1,
                TokenKind::RParen if open == 0 => break,
                TokenKind::RParen => open -= 1,
                _ => {}
            }
            self.bump();
        }
        self.mark_skipped(start);
    }

    fn missing_aggregate(&self, name: &Name) -> Option<String> {
        let upper = name.text.to_ascii_uppercase();
        TEXT_AGGREGATES.contains(&upper.as_str()).then(|| format!("AQL has no `{upper}` function"))
    }

    /// `COUNT(DISTINCT x)`, with the position on DISTINCT.
    fn distinct_argument(
        &mut self,
        name: &mut Name,
        args: &mut Vec<crate::ast::Expr>,
        height: &mut u32,
    ) {
        let distinct = self.bump().span;
        self.arguments(name, args, height);
        let place = name.span.to(distinct);
        if name.text.eq_ignore_ascii_case("COUNT") {
            let mut diagnostic =
                Diagnostic::error(codes::COUNT_DISTINCT, "`COUNT(DISTINCT …)` is not AQL")
                    .at(place, "AQL has no DISTINCT")
                    .note(
                        "UNIQUECOUNT counts distinct values (IBM AQL guide, aggregate functions)",
                    );
            if args.len() == 1 {
                diagnostic = diagnostic
                    .fix(
                        "use UNIQUECOUNT",
                        Applicability::Safe,
                        vec![
                            Edit { span: name.span, text: "UNIQUECOUNT".into() },
                            Edit { span: self.removal(distinct), text: String::new() },
                        ],
                    )
                    .repaired("read as UNIQUECOUNT");
                name.text = "UNIQUECOUNT".to_owned();
                name.quote = Quote::None;
            } else {
                diagnostic =
                    diagnostic.help("count combinations with `UNIQUECOUNT(CONCAT(a, '|', b))`");
            }
            self.report(diagnostic);
            return;
        }
        let upper = name.text.to_ascii_uppercase();
        let extremum = matches!(upper.as_str(), "MIN" | "MAX" | "UNIQUECOUNT" | "DISTINCTCOUNT");
        let message = match self.missing_aggregate(name) {
            Some(missing) => format!("{missing}, and no DISTINCT inside a call"),
            None => format!("DISTINCT inside `{upper}(…)`"),
        };
        let mut diagnostic =
            Diagnostic::error(codes::COUNT_DISTINCT, message).at(place, "AQL has no DISTINCT");
        if extremum {
            diagnostic = diagnostic
                .replace("remove DISTINCT", Applicability::Safe, self.removal(distinct), "")
                .repaired("read without DISTINCT, which changes nothing here");
        }
        self.report(diagnostic);
    }

    /// `OVER (…)`, `FILTER (…)`, `WITHIN GROUP (…)` behind a call.
    fn call_suffix(&mut self, call: &Node) {
        let word = self.span();
        if self.at_word(&["OVER"])
            && matches!(self.nth(1).kind, TokenKind::LParen | TokenKind::Word)
        {
            self.bump();
            if self.at(TokenKind::LParen) {
                self.skip_parenthesis();
            } else {
                self.bump();
            }
            self.report(
                Diagnostic::error(codes::WINDOW_FUNCTION, "window function (`OVER`)")
                    .at(word.to(self.previous_span()), "AQL has no window functions")
                    .label(call.expr.span, "")
                    .note("an aggregate is computed per group of GROUP BY, one row per group")
                    .help("group by the partition columns, or follow a sequence with `SESSION BY`"),
            );
        } else if self.at_word(&["FILTER"]) && self.nth(1).kind == TokenKind::LParen {
            self.bump();
            self.skip_parenthesis();
            self.report(
                Diagnostic::error(codes::SQL_CALL, "FILTER behind an aggregate")
                    .at(word.to(self.previous_span()), "AQL has no FILTER")
                    .help("count conditionally with `SUM(CASE WHEN … THEN 1 ELSE 0 END)`"),
            );
        } else if self.at_word(&["WITHIN"]) && self.nth_keyword(1, Keyword::Group) {
            self.bump();
            self.bump();
            if self.at(TokenKind::LParen) {
                self.skip_parenthesis();
            }
            self.report(
                Diagnostic::error(codes::SQL_CALL, "WITHIN GROUP behind an aggregate")
                    .at(word.to(self.previous_span()), "AQL has no ordered aggregates"),
            );
        }
    }

    /// `CAST(x AS type)`, with the position on the parenthesis.
    fn cast_call(&mut self, name: &Name) -> Node {
        let open = self.bump().span;
        let node = self.expr();
        if !self.at_keyword(Keyword::As) {
            // Perhaps a function of an extension; the semantic stage knows.
            let mut args = vec![node.expr];
            let mut height = node.height;
            if self.eat(TokenKind::Comma) {
                self.arguments(name, &mut args, &mut height);
            }
            self.close_parenthesis(open, "the call");
            let span = name.span.to(self.previous_span());
            return self.node(
                ExprKind::Call { name: name.clone(), args, star: false },
                span,
                height,
            );
        }
        let blank = node.expr.span.after();
        self.bump();
        let type_name = self.upper(self.span());
        self.bump();
        while self.at(TokenKind::Word) {
            self.bump();
        }
        if self.at(TokenKind::LParen) {
            self.skip_parenthesis();
        }
        let end = self.previous_span();
        self.close_parenthesis(open, "CAST");
        let span = name.span.to(self.previous_span());
        let function = cast_function(&type_name);
        let mut diagnostic = Diagnostic::error(codes::CAST, "`CAST` is not AQL")
            .at(name.span, "AQL converts with functions")
            .note("LONG(x) and DOUBLE(x) make numbers, STR(x) makes text");
        let Some(function) = function else {
            self.report(
                diagnostic.help(format!("there is no function for the type `{type_name}`")),
            );
            return Node {
                expr: crate::ast::Expr { kind: node.expr.kind, span },
                height: node.height,
            };
        };
        diagnostic = diagnostic
            .fix(
                format!("use {function}"),
                Applicability::Safe,
                vec![
                    Edit { span: name.span, text: function.into() },
                    Edit { span: blank.to(end), text: String::new() },
                ],
            )
            .repaired(format!("read as {function}"));
        self.report(diagnostic);
        let name = Name { text: function.to_owned(), quote: Quote::None, span: name.span };
        self.node(ExprKind::Call { name, args: vec![node.expr], star: false }, span, node.height)
    }

    /// `x::type` behind an operand.
    pub(super) fn cast_suffix(&mut self, node: Node) -> Node {
        if !(self.at(TokenKind::ColonColon) && self.nth(1).kind == TokenKind::Word) {
            return node;
        }
        self.bump();
        let type_span = self.bump().span;
        let whole = node.expr.span.to(type_span);
        let type_name = self.slice(type_span).to_owned();
        self.cast_to(node, &type_name, whole)
    }

    fn cast_to(&mut self, node: Node, type_name: &str, whole: Span) -> Node {
        let mut diagnostic = Diagnostic::error(codes::CAST, "`::` cast is not AQL")
            .at(whole, "AQL converts with functions")
            .note("LONG(x) and DOUBLE(x) make numbers, STR(x) makes text");
        let Some(function) = cast_function(&type_name.to_ascii_uppercase()) else {
            self.report(diagnostic);
            return node;
        };
        let text = format!("{function}({})", self.slice(node.expr.span));
        diagnostic = diagnostic
            .replace(format!("use {function}"), Applicability::Safe, whole, text)
            .repaired(format!("read as {function}"));
        self.report(diagnostic);
        let name = Name { text: function.to_owned(), quote: Quote::None, span: whole };
        self.node(ExprKind::Call { name, args: vec![node.expr], star: false }, whole, node.height)
    }

    /// `EXTRACT(HOUR FROM t)`, with the position on the parenthesis.
    fn extract_call(&mut self, name: &Name) -> Node {
        let open = self.bump().span;
        let part = self.bump().span;
        self.bump();
        let node = self.expr();
        self.close_parenthesis(open, "EXTRACT");
        let span = name.span.to(self.previous_span());
        let pattern = match self.upper(part).as_str() {
            "YEAR" => Some("yyyy"),
            "MONTH" => Some("MM"),
            "DAY" => Some("dd"),
            "HOUR" => Some("HH"),
            "MINUTE" => Some("mm"),
            "SECOND" => Some("ss"),
            "ISODOW" => Some("u"),
            _ => None,
        };
        let mut diagnostic =
            Diagnostic::error(codes::SQL_CALL, "AQL has no `EXTRACT` function").at(span, "");
        let Some(pattern) = pattern else {
            self.report(diagnostic.help("DATEFORMAT gives the parts of a time"));
            return Self::error_node(span);
        };
        let text = format!("LONG(DATEFORMAT({}, '{pattern}'))", self.slice(node.expr.span));
        diagnostic = diagnostic
            .note("DATEFORMAT gives the parts of a time, as text")
            .replace(format!("use `{text}`"), Applicability::Safe, span, &text)
            .repaired(format!("read as `{text}`"));
        self.report(diagnostic);
        let format = crate::ast::Expr {
            kind: ExprKind::Literal(Literal::Text(pattern.to_owned())),
            span: part,
        };
        let inner = Name { text: "DATEFORMAT".to_owned(), quote: Quote::None, span: name.span };
        let inner = self.node(
            ExprKind::Call { name: inner, args: vec![node.expr, format], star: false },
            span,
            node.height,
        );
        let outer = Name { text: "LONG".to_owned(), quote: Quote::None, span: name.span };
        let height = inner.height;
        self.node(ExprKind::Call { name: outer, args: vec![inner.expr], star: false }, span, height)
    }
}

/// The function that converts to a type of SQL.
fn cast_function(type_name: &str) -> Option<&'static str> {
    Some(match type_name {
        "INT" | "INTEGER" | "BIGINT" | "LONG" | "SMALLINT" | "TINYINT" | "NUMBER" | "INT4"
        | "INT8" | "SIGNED" | "UNSIGNED" => "LONG",
        "FLOAT" | "DOUBLE" | "DECIMAL" | "NUMERIC" | "REAL" => "DOUBLE",
        "VARCHAR" | "NVARCHAR" | "CHAR" | "TEXT" | "STRING" => "STR",
        _ => return None,
    })
}
