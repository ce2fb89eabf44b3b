//! Binding time clauses: LAST, START and STOP, and the window of a query without one.

use aql_diag::{Diagnostic, codes};
use aql_syntax::ast;

use crate::bind::Binder;
use crate::bound::{BoundQuery, Moment, Source, Window};
use crate::datetime::{parse_absolute, parse_datetime};
use crate::dialect::DefaultWindow;

impl Binder<'_> {
    pub(crate) fn window(&mut self, query: &ast::Query) -> Window {
        let Some(time) = &query.time else {
            if matches!(query.from, Some(ast::From::Database(_))) {
                let (window, here) = match self.dialect.default_window {
                    DefaultWindow::All => (Window::None, "all of the evidence is"),
                    DefaultWindow::Seconds60 => (Window::Last(60_000), "the last 60 seconds are"),
                    DefaultWindow::Minutes5 => (Window::Last(300_000), "the last 5 minutes are"),
                };
                if self.time_around > 0 {
                    return Window::None;
                }
                self.push(
                    Diagnostic::note_severity(codes::NO_TIME_CLAUSE, "the query has no time clause")
                        .at(query.span.after(), "")
                        .note(format!("the appliance would look at the last 5 minutes (screen) or 60 seconds (API); here {here} read"))
                        .help("end the query with `LAST 24 HOURS` or `START '…' STOP '…'`"),
                );
                return window;
            }
            return Window::None;
        };
        match &time.kind {
            ast::TimeKind::Last { count, unit } => {
                let ms =
                    i64::try_from(*count).ok().and_then(|n| n.checked_mul(unit.milliseconds()));
                if ms == Some(0) {
                    let fault = Diagnostic::error(codes::OUT_OF_RANGE, "the window has no length")
                        .at(time.span, "LAST counts from 1");
                    self.push_repaired(fault, "only the current minute is read");
                }
                match ms {
                    Some(ms) => Window::Last(ms),
                    None => {
                        self.push(
                            Diagnostic::error(codes::OUT_OF_RANGE, "the window is too long")
                                .at(time.span, "does not fit into 64-bit milliseconds"),
                        );
                        Window::None
                    }
                }
            }
            ast::TimeKind::Range { start, stop } => {
                let from = self.moment(start);
                let to = match stop {
                    Some(stop) => self.moment(stop),
                    None => Some(Moment::Now),
                };
                let (Some(start), Some(stop)) = (from, to) else { return Window::None };
                // Two moments that both depend on the clock keep their distance, whatever it says.
                let clock = 1_000_000_000_000;
                let fixed = |m: &Moment| matches!(m, Moment::At(_));
                if fixed(&start) == fixed(&stop) && stop.resolve(clock) < start.resolve(clock) {
                    self.push(
                        Diagnostic::error(
                            codes::WINDOW_REVERSED,
                            "the time window ends before it starts",
                        )
                        .at(time.span, "START is later than STOP"),
                    );
                }
                Window::Range { start, stop }
            }
            ast::TimeKind::Offense(id) => self.offense(id),
        }
    }

    /// START and STOP: text, epoch milliseconds, or PARSEDATETIME of a text.
    fn moment(&mut self, expr: &ast::Expr) -> Option<Moment> {
        let zone = &self.options.timezone;
        let read = match &expr.kind {
            ast::ExprKind::Literal(ast::Literal::Integer(ms)) => Some(Moment::At(*ms)),
            ast::ExprKind::Literal(ast::Literal::Text(text)) => {
                parse_absolute(text, zone).map(Moment::At)
            }
            ast::ExprKind::Call { name, args, .. } => match args.as_slice() {
                [] if name.text.eq_ignore_ascii_case("now") => Some(Moment::Now),
                [ast::Expr { kind: ast::ExprKind::Literal(ast::Literal::Text(text)), .. }]
                    if name.text.eq_ignore_ascii_case("parsedatetime") =>
                {
                    // A date does not depend on the clock.
                    parse_absolute(text, zone).map(Moment::At).or_else(|| {
                        parse_datetime(text, 0, zone)?;
                        Some(Moment::Text { text: text.as_str().into(), zone: zone.clone() })
                    })
                }
                _ => None,
            },
            _ => None,
        };
        // The parser reports text that is no time; a second voice would not help.
        let known = self.diagnostics.iter().any(|d| {
            d.code == codes::TIME_VALUE && d.primary.as_ref().is_some_and(|p| p.span == expr.span)
        });
        if read.is_none() && !known && !matches!(expr.kind, ast::ExprKind::Error) {
            self.push(
                Diagnostic::error(codes::TIME_VALUE, "this time cannot be read")
                    .at(expr.span, "")
                    .help("write `'2026-11-24 08:30'`, epoch milliseconds, or `PARSEDATETIME('1 hour ago')`"),
            );
        }
        read
    }
}

/// Gives the innermost query of a chain this window, as long as none on the way has its own.
pub(crate) fn set_window(query: &mut BoundQuery, window: &Window) {
    if query.window != Window::None {
        return;
    }
    match &mut query.source {
        Source::Query(inner) => set_window(inner, window),
        _ => query.window = window.clone(),
    }
}
