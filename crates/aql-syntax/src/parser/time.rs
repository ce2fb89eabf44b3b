//! The time clause: `LAST`, `START … STOP …`, `TIMES OFFENSE_TIME(…)`.

use aql_diag::{Applicability, Diagnostic, Edit, Span, codes};

use super::Parser;
use crate::ast::{Expr, ExprKind, Literal, Name, Quote, TimeClause, TimeKind, TimeUnit};
use crate::time_text::{self, TimeText};
use crate::token::{Keyword, TokenKind};

/// A unit as someone wrote it.
pub(super) enum Unit {
    /// One of the three that LAST knows, as it should be written.
    Known(TimeUnit),
    /// The same, in the singular or abbreviated.
    Misspelt(TimeUnit),
    /// Weeks: seven days each.
    Weeks,
    Seconds,
    /// Months and years have no fixed length.
    Vague,
}

/// Reads a unit of time.
pub(super) fn unit(word: &str) -> Option<Unit> {
    Some(match word.to_ascii_uppercase().as_str() {
        "MINUTES" => Unit::Known(TimeUnit::Minutes),
        "HOURS" => Unit::Known(TimeUnit::Hours),
        "DAYS" => Unit::Known(TimeUnit::Days),
        "MINUTE" | "MINS" | "MIN" | "M" => Unit::Misspelt(TimeUnit::Minutes),
        "HOUR" | "HRS" | "HR" | "H" => Unit::Misspelt(TimeUnit::Hours),
        "DAY" | "D" => Unit::Misspelt(TimeUnit::Days),
        "WEEKS" | "WEEK" | "W" => Unit::Weeks,
        "SECONDS" | "SECOND" | "SECS" | "SEC" | "S" => Unit::Seconds,
        "MONTHS" | "MONTH" | "QUARTERS" | "QUARTER" | "YEARS" | "YEAR" | "Y" => Unit::Vague,
        _ => return None,
    })
}

impl Unit {
    /// Length in milliseconds, if it is fixed.
    pub(super) fn milliseconds(&self) -> Option<i64> {
        match self {
            Unit::Known(unit) | Unit::Misspelt(unit) => Some(unit.milliseconds()),
            Unit::Weeks => Some(7 * TimeUnit::Days.milliseconds()),
            Unit::Seconds => Some(1_000),
            Unit::Vague => None,
        }
    }
}

impl Parser<'_> {
    pub(super) fn time_clause(&mut self) -> Option<TimeClause> {
        let start = self.span();
        let kind = if self.at_keyword(Keyword::Last) {
            self.last_clause()
        } else if self.at_keyword(Keyword::Start) {
            self.range_clause()
        } else if self.at_keyword(Keyword::Times) {
            self.offense_clause()
        } else {
            self.stop_alone();
            None
        };
        let span = start.to(self.previous_span());
        kind.map(|kind| TimeClause { span, kind })
    }

    fn last_clause(&mut self) -> Option<TimeKind> {
        let last = self.bump().span;
        let token = self.nth(0);
        let mut count_text = token.span;
        match token.kind {
            TokenKind::Integer => {
                self.bump();
            }
            TokenKind::Placeholder | TokenKind::Bad => {
                self.bump();
                if self.at(TokenKind::Word) {
                    self.bump();
                }
                return None;
            }
            TokenKind::Text(index)
                if self.value(index).bytes().all(|b| b.is_ascii_digit())
                    && !self.value(index).is_empty() =>
            {
                let digits = self.value(index);
                count_text = Span { start: token.span.start + 1, end: token.span.end - 1 };
                self.bump();
                self.report(
                    Diagnostic::error(codes::TIME_VALUE, "number of LAST in quotes")
                        .at(token.span, "must be a plain number")
                        .replace("remove the quotes", Applicability::Safe, token.span, &digits)
                        .repaired(format!("read as {digits}")),
                );
            }
            _ => {
                self.last_without_number(last);
                return None;
            }
        }
        let count = self.integer(count_text).and_then(|n| u64::try_from(n).ok());
        let unit_token = self.nth(0);
        let word = self.slice(unit_token.span);
        let Some(found) = (unit_token.kind == TokenKind::Word).then(|| unit(word)).flatten() else {
            self.unknown_unit(last.to(token.span));
            return None;
        };
        self.bump();
        let (count, unit) = self.last_unit(&found, count?, token.span, unit_token.span)?;
        if self.at_word(&["AGO"]) {
            let ago = self.bump().span;
            self.mended(
                "`AGO` behind the time clause",
                ago,
                "LAST counts back from now already",
                "remove it",
                "",
            );
        }
        Some(TimeKind::Last { count, unit })
    }

    fn last_without_number(&mut self, last: Span) {
        let message = format!("`LAST` without a number, found {}", self.found());
        let word = self.nth(0);
        let known = (word.kind == TokenKind::Word).then(|| unit(self.slice(word.span))).flatten();
        let mut diagnostic = Diagnostic::error(codes::TIME_VALUE, message)
            .at(self.place(), "a whole number belongs here")
            .label(last, "the time clause")
            .note("the clause reads `LAST n MINUTES`, `LAST n HOURS` or `LAST n DAYS`");
        if let Some(Unit::Known(unit) | Unit::Misspelt(unit)) = known {
            let text = format!("1 {}", unit.keyword());
            diagnostic = diagnostic.replace("say how many", Applicability::Unsafe, word.span, text);
        }
        self.report_here(diagnostic);
        match word.kind {
            TokenKind::Word => {
                self.bump();
                if self.nth(0).kind == TokenKind::Word && unit(self.slice(self.span())).is_some() {
                    self.bump();
                }
            }
            TokenKind::Decimal => {
                self.bump();
                if self.at(TokenKind::Word) {
                    self.bump();
                }
            }
            _ => {}
        }
    }

    fn unknown_unit(&mut self, place: Span) {
        let message = if self.at(TokenKind::Word) {
            format!("unknown time unit {}", self.found())
        } else {
            "`LAST` without a time unit".to_owned()
        };
        let at = if self.at(TokenKind::Word) { self.span() } else { place };
        self.report_here(
            Diagnostic::error(codes::TIME_UNIT, message)
                .at(at, "expected MINUTES, HOURS or DAYS")
                .note("LAST knows MINUTES, HOURS and DAYS (IBM AQL guide, time criteria)"),
        );
        if self.at(TokenKind::Word) {
            self.bump();
        }
    }

    fn last_unit(
        &mut self,
        unit: &Unit,
        count: u64,
        number: Span,
        word: Span,
    ) -> Option<(u64, TimeUnit)> {
        const NOTE: &str = "LAST knows MINUTES, HOURS and DAYS, in the plural even for one (IBM AQL guide, time criteria)";
        let shown = self.upper(word);
        match unit {
            Unit::Known(unit) => Some((count, *unit)),
            Unit::Misspelt(unit) => {
                let keyword = unit.keyword();
                let space = if number.end == word.start { " " } else { "" };
                self.report(
                    Diagnostic::error(codes::TIME_UNIT, format!("time unit `{shown}` is not AQL"))
                        .at(word, format!("must be `{keyword}`"))
                        .note(NOTE)
                        .replace(
                            format!("write `{keyword}`"),
                            Applicability::Safe,
                            word,
                            format!("{space}{keyword}"),
                        )
                        .repaired(format!("read as `{count} {keyword}`")),
                );
                Some((count, *unit))
            }
            Unit::Weeks => {
                let days = count.saturating_mul(7);
                self.report(
                    Diagnostic::error(codes::TIME_UNIT, format!("time unit `{shown}` is not AQL"))
                        .at(word, "no such unit")
                        .note(NOTE)
                        .replace(
                            "count in days",
                            Applicability::Safe,
                            number.to(word),
                            format!("{days} DAYS"),
                        )
                        .repaired(format!("read as `{days} DAYS`")),
                );
                Some((days, TimeUnit::Days))
            }
            Unit::Seconds => {
                let minutes = count.div_ceil(60).max(1);
                let exact = count > 0 && count.is_multiple_of(60);
                let mut diagnostic =
                    Diagnostic::error(codes::TIME_UNIT, format!("time unit `{shown}` is not AQL"))
                        .at(word, "no such unit")
                        .note(NOTE)
                        .note("windows are cut at full minutes anyway");
                let applicability = if exact { Applicability::Safe } else { Applicability::Unsafe };
                diagnostic = diagnostic.replace(
                    "count in minutes",
                    applicability,
                    number.to(word),
                    format!("{minutes} MINUTES"),
                );
                if exact {
                    diagnostic = diagnostic.repaired(format!("read as `{minutes} MINUTES`"));
                }
                self.report(diagnostic);
                Some((minutes, TimeUnit::Minutes))
            }
            Unit::Vague => {
                self.report(
                    Diagnostic::error(codes::TIME_UNIT, format!("time unit `{shown}` is not AQL"))
                        .at(word, "no such unit")
                        .note(NOTE)
                        .help("count in days"),
                );
                None
            }
        }
    }

    fn range_clause(&mut self) -> Option<TimeKind> {
        self.bump();
        let start = self.time_value("START");
        let stop =
            if self.eat_keyword(Keyword::Stop) { Some(self.time_value("STOP")) } else { None };
        let start = start?;
        match stop {
            None => Some(TimeKind::Range { start, stop: None }),
            Some(stop) => Some(TimeKind::Range { start, stop: Some(stop?) }),
        }
    }

    /// A string in one of the time formats, a number of milliseconds or a function call.
    fn time_value(&mut self, which: &str) -> Option<Expr> {
        let token = self.nth(0);
        match token.kind {
            TokenKind::Placeholder | TokenKind::Bad => {
                self.bump();
                return None;
            }
            TokenKind::End
            | TokenKind::RParen
            | TokenKind::Semicolon
            | TokenKind::Keyword(Keyword::Stop) => {
                let message = format!("`{which}` without a time, found {}", self.found());
                self.report_here(
                    Diagnostic::error(codes::TIME_VALUE, message)
                        .at(self.place(), "a time in quotes belongs here")
                        .help(format!("for example `{which} '2024-06-12 08:00'`")),
                );
                return None;
            }
            _ => {}
        }
        let node = self.operand();
        let expr = self.top(node);
        match &expr.kind {
            ExprKind::Literal(Literal::Text(value)) => {
                let value = value.clone();
                Some(self.time_string(which, &value, expr))
            }
            ExprKind::Literal(Literal::Integer(_)) | ExprKind::Call { .. } => Some(expr),
            ExprKind::Error => None,
            _ => {
                self.report(
                    Diagnostic::error(codes::TIME_VALUE, format!("`{which}` with a computed time"))
                        .at(expr.span, "must be a string, a number or one function call")
                        .help("use `PARSEDATETIME('1 hour ago')` for a time relative to now")
                        .repaired("read as written"),
                );
                Some(expr)
            }
        }
    }

    fn time_string(&mut self, which: &str, value: &str, expr: Expr) -> Expr {
        let span = expr.span;
        let base = |message: String| {
            Diagnostic::error(codes::TIME_VALUE, message).at(span, "not one of the time formats")
        };
        match time_text::classify(value) {
            TimeText::Civil(_) => expr,
            TimeText::Normalised(text) => {
                self.report(
                    base(format!("{which} time `{value}` is not in a format of AQL"))
                        .note(time_text::FORMATS)
                        .replace(
                            "use a format of AQL",
                            Applicability::Safe,
                            span,
                            format!("'{text}'"),
                        )
                        .repaired(format!("read as `{text}`")),
                );
                Expr { kind: ExprKind::Literal(Literal::Text(text)), span }
            }
            TimeText::Relative => {
                self.report(
                    base(format!("{which} takes no relative time such as `{value}`"))
                        .note(time_text::FORMATS)
                        .fix(
                            "parse it with PARSEDATETIME",
                            Applicability::Safe,
                            vec![
                                Edit {
                                    span: Span { start: span.start, end: span.start },
                                    text: "PARSEDATETIME(".into(),
                                },
                                Edit { span: span.after(), text: ")".into() },
                            ],
                        )
                        .repaired(format!("read as `PARSEDATETIME('{value}')`")),
                );
                let name = Name { text: "PARSEDATETIME".to_owned(), quote: Quote::None, span };
                Expr { kind: ExprKind::Call { name, args: vec![expr], star: false }, span }
            }
            TimeText::Unknown => {
                self.report(
                    base(format!("{which} time `{value}` cannot be read"))
                        .note(time_text::FORMATS)
                        .help("for a relative time use `PARSEDATETIME('1 hour ago')`"),
                );
                expr
            }
        }
    }

    fn offense_clause(&mut self) -> Option<TimeKind> {
        self.bump();
        if !(self.at_word(&["OFFENSE_TIME"]) && self.nth(1).kind == TokenKind::LParen) {
            self.expected("`OFFENSE_TIME(id)` after `TIMES`");
            return None;
        }
        self.bump();
        let open = self.bump().span;
        let node = self.expr();
        let id = self.top(node);
        self.close_parenthesis(open, "OFFENSE_TIME");
        Some(TimeKind::Offense(id))
    }

    fn stop_alone(&mut self) {
        let stop = self.bump().span;
        self.report(
            Diagnostic::error(codes::STOP_WITHOUT_START, "`STOP` without `START`")
                .at(stop, "the window has an end but no beginning")
                .note("STOP alone is not described; START alone is, and then runs until now")
                .help("put `START '…'` before it"),
        );
        if self.clause_at(0).is_some_and(|c| c != super::order::Clause::Time)
            || matches!(self.kind(), TokenKind::End | TokenKind::RParen | TokenKind::Semicolon)
        {
            return;
        }
        if self.at_keyword(Keyword::Start) {
            return;
        }
        let _ = self.time_value("STOP");
    }
}
