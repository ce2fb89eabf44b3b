//! From a syntax tree to a [`BoundQuery`]: clauses.
//!
//! Expressions are bound in `expr`, predicates in `predicate`, calls in `call`. Nothing here runs
//! anything or reads a clock.

use std::collections::HashSet;

use aql_catalog::Catalog;
use aql_diag::{Applicability, Diagnostic, Edit, Severity, Span, codes};
use aql_event::Type;
use aql_syntax::{Parsed, ast};

use crate::bound::{
    Aggregate, AggregateCall, AggregateFunction, BoundQuery, Expr, ExprKind, Moment, Order, Output,
    Source, Value, Window, session_id,
};
use crate::datetime::{parse_absolute, parse_datetime};
use crate::dialect::{
    Comments, DatabaseCase, DefaultWindow, Dialect, LikeBackslash, NullOrder, Parameters,
    QuotedAlias, Terminator, TimeUnits,
};
use crate::names::column_name;
use crate::options::{BindOptions, Mode};

/// What came of binding.
#[derive(Clone, Debug)]
pub struct Bound {
    /// The query, unless something stands in its way.
    pub query: Option<BoundQuery>,
    /// Everything there is to say, in the order of the text. With an error among them there is no
    /// query.
    pub diagnostics: Vec<Diagnostic>,
    /// Where its clauses stand.
    pub places: Places,
}

/// Where the clauses of the outermost query stand that a fix may have to set or to go by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// The whole query.
    pub query: Span,
    /// LIMIT and its number.
    pub limit: Option<Span>,
    /// The time clause.
    pub time: Option<Span>,
    /// PARAMETERS, from the first parameter's name on.
    pub parameters: Option<Span>,
}

impl Places {
    fn of(query: &ast::Query) -> Self {
        Places {
            query: query.span,
            limit: query.limit.as_ref().map(|l| l.span),
            time: query.time.as_ref().map(|t| t.span),
            parameters: query.parameters.first().map(|p| p.name.span),
        }
    }
}

impl Bound {
    /// Is there an error among the diagnostics?
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Parses and binds the text of one query.
pub fn bind_text(text: &str, options: &BindOptions, catalog: &'static Catalog) -> Bound {
    bind(text, &aql_syntax::parse(text), options, catalog)
}

/// Binds a parsed query. `text` is the text it was parsed from.
///
/// In lenient mode, syntax errors that the parser could read past (`repaired`) become warnings.
pub fn bind(
    text: &str,
    parsed: &Parsed,
    options: &BindOptions,
    catalog: &'static Catalog,
) -> Bound {
    let mut binder = Binder {
        text,
        options,
        dialect: options.dialect.resolve(options.mode),
        catalog,
        diagnostics: Vec::new(),
        backslashes: Vec::new(),
        named: HashSet::new(),
        sysmon_type: false,
        time_around: 0,
        outer: Vec::new(),
        copied: 0,
    };
    for diagnostic in &parsed.diagnostics {
        let mut diagnostic = diagnostic.clone();
        if binder.accepts(&diagnostic) {
            continue;
        }
        match options.mode {
            Mode::Lenient if diagnostic.repaired.is_some() && diagnostic.is_error() => {
                diagnostic.severity = Severity::Warning;
            }
            Mode::Lenient => {}
            Mode::Strict => diagnostic.repaired = None,
        }
        if binder.rejects(&diagnostic) {
            diagnostic.severity = Severity::Error;
            diagnostic.repaired = None;
        }
        binder.diagnostics.push(diagnostic);
    }
    let query = parsed.query.as_ref().map(|query| binder.query(query));
    binder.report_backslashes();
    let mut diagnostics = binder.diagnostics;
    diagnostics.sort_by_key(|d| d.primary.as_ref().map_or(u32::MAX, |p| p.span.start));
    let failed = diagnostics.iter().any(Diagnostic::is_error);
    let places = parsed.query.as_ref().map(Places::of).unwrap_or_default();
    Bound { query: query.filter(|_| !failed), diagnostics, places }
}

pub(crate) struct Binder<'a> {
    pub(crate) text: &'a str,
    pub(crate) options: &'a BindOptions,
    pub(crate) dialect: Dialect,
    pub(crate) catalog: &'static Catalog,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Patterns with doubled backslashes, reported together at the end.
    pub(crate) backslashes: Vec<Edit>,
    /// Names that have been remarked on; one remark per name is enough.
    pub(crate) named: HashSet<String>,
    /// Does the query compare a log source type name with something about Sysmon?
    pub(crate) sysmon_type: bool,
    /// How many of the queries around this one have a time clause?
    pub(crate) time_around: usize,
    /// The names that the queries around an inner query of IN have made, outermost first.
    pub(crate) outer: Vec<Vec<String>>,
    /// How many nodes have been copied to where they are used again.
    pub(crate) copied: usize,
}

/// What names mean at one place of one query.
pub(crate) struct Scope {
    pub(crate) rows: Rows,
    /// Aliases and generated column names, bound.
    pub(crate) aliases: Vec<(String, Expr)>,
    pub(crate) outputs: Vec<(String, Expr)>,
    pub(crate) calls: Vec<AggregateCall>,
    /// Why no aggregate may stand here; nothing where one may.
    pub(crate) no_aggregate: Option<&'static str>,
    /// Are aliases visible?
    pub(crate) see_aliases: bool,
    /// Does the query form sessions?
    pub(crate) session: bool,
}

/// The rows that plain names read.
#[derive(Clone, Debug)]
pub(crate) enum Rows {
    Events,
    Flows,
    Simarc,
    Inner(Vec<(String, Type)>),
}

impl Binder<'_> {
    pub(crate) fn lenient(&self) -> bool {
        self.options.mode == Mode::Lenient
    }

    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Does the dialect have what the parser reports as a fault?
    fn accepts(&self, diagnostic: &Diagnostic) -> bool {
        const SINGULAR: [&str; 3] = ["minute", "hour", "day"];
        let unit = diagnostic.primary.as_ref().map(|p| p.span.slice(self.text));
        diagnostic.code == codes::TIME_UNIT
            && self.dialect.time_units == TimeUnits::Singular
            && unit.is_some_and(|unit| SINGULAR.iter().any(|s| unit.eq_ignore_ascii_case(s)))
    }

    /// Does the dialect not have what the parser passes over?
    fn rejects(&self, diagnostic: &Diagnostic) -> bool {
        match diagnostic.code {
            codes::COMMENT => self.dialect.comments == Comments::Reject,
            codes::TERMINATOR => self.dialect.terminator == Terminator::Reject,
            _ => false,
        }
    }

    /// A fault that lenient mode repairs (a warning then) and strict mode refuses.
    pub(crate) fn push_repaired(&mut self, diagnostic: Diagnostic, repair: &str) {
        self.push_repaired_if(self.lenient(), diagnostic, repair);
    }

    /// A fault that is repaired (a warning then) or refused.
    pub(crate) fn push_repaired_if(&mut self, mend: bool, diagnostic: Diagnostic, repair: &str) {
        let diagnostic = if mend {
            Diagnostic { severity: Severity::Warning, ..diagnostic }.repaired(repair)
        } else {
            diagnostic
        };
        self.push(diagnostic);
    }

    pub(crate) fn query(&mut self, query: &ast::Query) -> BoundQuery {
        let (source, rows) = self.source(query);
        // Each query says for itself what it compares the name of a type with.
        let around =
            std::mem::replace(&mut self.sysmon_type, crate::call::names_sysmon_type(query));
        let mut scope = Scope {
            rows,
            aliases: Vec::new(),
            outputs: Vec::new(),
            calls: Vec::new(),
            no_aggregate: None,
            see_aliases: false,
            session: query.session.is_some(),
        };
        let mut output = self.select_list(query, &mut scope);
        scope.see_aliases = true;

        scope.no_aggregate = Some("WHERE");
        let mut filter = Vec::new();
        if let Some(search) = &query.text_search {
            filter.extend(self.text_search(search));
        }
        if let Some(condition) = &query.condition {
            filter.push(self.condition(condition, &mut scope));
        }
        let filter = join_and(filter);
        if let Some(filter) = &filter {
            self.no_session_id(filter, "WHERE");
        }
        scope.no_aggregate = Some("SESSION BY");
        let session = query.session.as_ref().map(|session| self.session(session, &mut scope));
        scope.no_aggregate = Some("GROUP BY");
        let keys: Vec<Expr> = query
            .group_by
            .iter()
            .map(|key| match self.quoted_alias(key, &scope) {
                Some(expr) => expr,
                None => self.expr(key, &mut scope),
            })
            .collect();
        scope.no_aggregate = None;
        let having = query.having.as_ref().map(|having| self.condition(having, &mut scope));
        let mut order_by: Vec<Order> = query
            .order_by
            .iter()
            .flat_map(|item| {
                let expr = match self.quoted_alias(&item.expr, &scope) {
                    Some(expr) => expr,
                    None => self.expr(&item.expr, &mut scope),
                };
                if let Some(collate) = &item.collate {
                    self.push(
                        Diagnostic::warning(
                            codes::NOT_IMPLEMENTED,
                            "COLLATE is not implemented yet",
                        )
                        .at(collate.span, "ordered by code points instead"),
                    );
                }
                self.with_nulls_placed(Order { expr, descending: item.descending.unwrap_or(false) })
            })
            .collect();
        let mut having = having;
        let aggregate = if keys.is_empty() && scope.calls.is_empty() {
            None
        } else {
            let mut lift = Lift { keys: &keys, calls: std::mem::take(&mut scope.calls) };
            for item in &mut output {
                if !item.aliased && lift.is_bare(item) {
                    item.output.name = format!("FIRST_{}", item.output.name);
                }
                if item.declared {
                    lift.first(&mut item.output.expr);
                } else {
                    lift.lift(&mut item.output.expr);
                }
            }
            if let Some(having) = &mut having {
                lift.lift(having);
            }
            for order in &mut order_by {
                lift.lift(&mut order.expr);
            }
            Some(Aggregate { calls: lift.calls, keys })
        };
        let (window, time_limit) = (self.window(query), self.parameters(query));
        self.sysmon_type = around;
        BoundQuery {
            source,
            filter,
            session,
            aggregate,
            having,
            output: output.into_iter().map(|o| o.output).collect(),
            order_by,
            limit: query.limit.map(|l| l.rows),
            window,
            into: query.into.as_ref().map(|n| n.text.clone()),
            time_limit,
            nulls: self.dialect.nulls,
        }
    }

    fn source(&mut self, query: &ast::Query) -> (Source, Rows) {
        match &query.from {
            Some(ast::From::Database(name)) => match self.database(name).as_str() {
                "events" => (Source::Events, Rows::Events),
                "flows" => (Source::Flows, Rows::Flows),
                "simarc" => (Source::Simarc, Rows::Simarc),
                _ => {
                    self.unknown_database(name);
                    (Source::Events, Rows::Events)
                }
            },
            Some(ast::From::Subquery { query: inner, .. }) => {
                // Rows have no time of their own outside the innermost query: a time clause around
                // one without any is its time clause (docs/compatibility.md, T30).
                self.time_around += usize::from(query.time.is_some());
                let mut inner = self.query(inner);
                self.time_around -= usize::from(query.time.is_some());
                if query.time.is_some() && inner.window == Window::None {
                    let window = self.window(query);
                    set_window(&mut inner, &window);
                }
                let columns = inner.output.iter().map(|o| (o.name.clone(), o.expr.ty)).collect();
                (Source::Query(Box::new(inner)), Rows::Inner(columns))
            }
            Some(ast::From::GlobalView { span, .. }) => {
                self.push(
                    Diagnostic::error(
                        codes::NOT_IMPLEMENTED,
                        "GLOBALVIEW is not available outside the appliance",
                    )
                    .at(*span, "")
                    .note("it reads the accumulated data of a saved search, which evidence does not have")
                    .help("query `events` with the conditions of the saved search"),
                );
                (Source::Events, Rows::Events)
            }
            // The parser has said what is missing.
            None => (Source::Events, Rows::Events),
        }
    }

    /// The name of a database as it is looked up.
    fn database(&self, name: &ast::Name) -> String {
        match self.dialect.database_case {
            DatabaseCase::Ignore => name.text.to_ascii_lowercase(),
            DatabaseCase::Lower => name.text.clone(),
        }
    }

    fn unknown_database(&mut self, name: &ast::Name) {
        let mut diagnostic = Diagnostic::error(
            codes::UNKNOWN_DATABASE,
            format!("there is no database `{}`", name.text),
        )
        .at(name.span, "only `events`, `flows` and `simarc` can be queried");
        let lower = name.text.to_ascii_lowercase();
        let advice = match lower.as_str() {
            "offenses" | "offense" => Some(
                "offenses are read through the REST API (`/siem/offenses`); `INOFFENSE(id)` selects the events of one",
            ),
            "assets" | "asset" => Some(
                "assets are read through the REST API; `ASSETHOSTNAME`, `ASSETPROPERTY` and `ASSETUSER` look one up",
            ),
            "events" | "flows" | "simarc" => Some("write its name in lower case"),
            _ if lower.starts_with("reference") || lower.starts_with("ref_") => Some(
                "reference data is looked up with `REFERENCESETCONTAINS`, `REFERENCEMAP` or `REFERENCETABLE`",
            ),
            _ => None,
        };
        if let Some(advice) = advice {
            diagnostic = diagnostic.help(advice);
        }
        self.push(diagnostic);
    }

    fn select_list(&mut self, query: &ast::Query, scope: &mut Scope) -> Vec<Selected> {
        let mut output: Vec<Selected> = Vec::new();
        for item in &query.select {
            match item {
                ast::SelectItem::Star(span) => self.star(*span, scope, &mut output),
                ast::SelectItem::Expr { expr, alias } => {
                    let bound = self.expr(expr, scope);
                    let name = match alias {
                        Some(alias) => alias.text.clone(),
                        None => column_name(self.text, expr, |name| {
                            self.catalog.function(name).is_some_and(|f| f.aggregate)
                        }),
                    };
                    if let Some(alias) = alias {
                        let twice =
                            scope.aliases.iter().any(|(n, _)| n.eq_ignore_ascii_case(&alias.text));
                        if twice {
                            self.push(
                                Diagnostic::warning(
                                    codes::DUPLICATE_ALIAS,
                                    format!("the alias `{}` is used twice", alias.text),
                                )
                                .at(alias.span, "elsewhere in the query the first one is meant"),
                            );
                        }
                        scope.aliases.push((alias.text.clone(), bound.clone()));
                    } else {
                        scope.outputs.push((name.clone(), bound.clone()));
                    }
                    output.push(Selected {
                        aliased: alias.is_some(),
                        declared: self.names_declared(expr),
                        output: Output { name, expr: bound.clone() },
                        expr: bound,
                    });
                }
            }
        }
        output
    }

    fn star(&mut self, span: Span, scope: &Scope, output: &mut Vec<Selected>) {
        let mut add = |name: &str, kind: ExprKind, ty: Type| {
            let expr = Expr { kind, ty, span };
            output.push(Selected {
                aliased: false,
                declared: false,
                output: Output { name: name.to_string(), expr: expr.clone() },
                expr,
            });
        };
        match &scope.rows {
            Rows::Inner(columns) => {
                for (i, (name, ty)) in columns.iter().enumerate() {
                    add(name, ExprKind::Input(i), *ty);
                }
            }
            rows => {
                for field in self.default_columns(rows) {
                    add(
                        &field.column.name,
                        ExprKind::Column(field.column.clone()),
                        field.column.ty,
                    );
                }
            }
        }
        if scope.session {
            let id = session_id();
            add("sessionid", ExprKind::Column(id), Type::Integer);
        }
    }

    fn default_columns(&self, rows: &Rows) -> Vec<aql_catalog::FieldInfo> {
        match rows {
            Rows::Events => self.catalog.default_columns().to_vec(),
            Rows::Flows => self.catalog.default_flow_columns().to_vec(),
            Rows::Simarc => self.catalog.simarc_fields().to_vec(),
            Rows::Inner(_) => Vec::new(),
        }
    }

    /// A sort key that puts nulls where the dialect has them. By itself a key has them below every
    /// other value; where they belong elsewhere, whether the value is null is sorted by before.
    fn with_nulls_placed(&self, order: Order) -> Vec<Order> {
        let below = !order.descending;
        let first = match self.dialect.null_order {
            NullOrder::Low => below,
            NullOrder::High => !below,
            NullOrder::First => true,
            NullOrder::Last => false,
        };
        if first == below {
            return vec![order];
        }
        let span = order.expr.span;
        let number =
            |n| Expr { kind: ExprKind::Literal(Value::Integer(n)), ty: Type::Integer, span };
        let is_null = ExprKind::IsNull(Box::new(order.expr.clone()));
        let is_null = Expr { kind: is_null, ty: Type::Boolean, span };
        let kind = ExprKind::Case {
            branches: vec![(is_null, number(1))],
            otherwise: Some(Box::new(number(0))),
        };
        let nulls = Expr { kind, ty: Type::Integer, span };
        vec![Order { expr: nulls, descending: first }, order]
    }

    /// In GROUP BY and ORDER BY, text in single quotes is an alias if there is one of that name:
    /// IBM's pages disagree, and shipped dashboards rely on it.
    fn quoted_alias(&mut self, expr: &ast::Expr, scope: &Scope) -> Option<Expr> {
        let ast::ExprKind::Literal(ast::Literal::Text(text)) = &expr.kind else { return None };
        if self.dialect.quoted_alias == QuotedAlias::Constant {
            return None;
        }
        let found = scope.aliases.iter().chain(&scope.outputs);
        let (_, bound) = found.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(text))?;
        let bound = bound.clone();
        let name = ast::Name { text: text.clone(), quote: ast::Quote::Single, span: expr.span };
        // An aggregate is refused where its alias in double quotes would be.
        let bound = self.alias(&name, &bound, scope);
        self.push(
            Diagnostic::note_severity(
                codes::QUOTED_ALIAS,
                format!("`'{text}'` is read as the column of that name"),
            )
            .at(expr.span, "single quotes make a constant elsewhere")
            .replace(
                "write the name in double quotes",
                Applicability::Safe,
                expr.span,
                format!("\"{text}\""),
            ),
        );
        Some(bound)
    }

    fn text_search(&mut self, search: &ast::Text) -> Option<Expr> {
        let Some(words) = crate::text_search::parse(&search.value) else {
            self.push(
                Diagnostic::error(codes::TEXT_SEARCH_PLACE, "TEXT SEARCH without a term")
                    .at(search.span, "nothing to look for"),
            );
            return None;
        };
        let column = self.catalog.event_field("payload")?.column.clone();
        let payload = Expr { kind: ExprKind::Column(column), ty: Type::Binary, span: search.span };
        let text = utf8(payload);
        Some(words_expr(&words, &text))
    }

    fn window(&mut self, query: &ast::Query) -> Window {
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

    fn parameters(&mut self, query: &ast::Query) -> Option<u64> {
        const KNOWN: [&str; 5] = [
            "REMOTESERVERS",
            "EXCLUDESERVERS",
            "EXECUTIONTIMELIMIT",
            "PROGRESSDETAILSRESOLUTION",
            "SNAPSHOTSIZE",
        ];
        let mut limit = None;
        for parameter in &query.parameters {
            let name = parameter.name.text.to_ascii_uppercase();
            match (&parameter.value.kind, name.as_str()) {
                (value, "EXECUTIONTIMELIMIT") => match milliseconds(value) {
                    Some(ms) => limit = Some(ms),
                    None => self.push(
                        Diagnostic::warning(
                            codes::OUT_OF_RANGE,
                            "EXECUTIONTIMELIMIT is no number of milliseconds",
                        )
                        .at(parameter.value.span, "ignored"),
                    ),
                },
                (_, known) if KNOWN.contains(&known) => {}
                _ => {
                    let (severity, label) = match self.dialect.parameters {
                        Parameters::Ignore => (Severity::Warning, "ignored"),
                        Parameters::Reject => (Severity::Error, ""),
                    };
                    let message = format!("unknown parameter `{}`", parameter.name.text);
                    self.push(
                        Diagnostic::new(codes::UNKNOWN_PARAMETER, severity, message)
                            .at(parameter.name.span, label),
                    );
                }
            }
        }
        limit
    }

    fn report_backslashes(&mut self) {
        let edits = std::mem::take(&mut self.backslashes);
        let Some(first) = edits.first() else { return };
        let count = edits.len();
        let (are, s) = if count == 1 { ("is", "") } else { ("are", "s") };
        let mut diagnostic = Diagnostic::warning(
            codes::DOUBLED_BACKSLASH,
            format!("the backslash is doubled in {count} LIKE pattern{s}"),
        )
        .at(first.span, "asks for two backslashes in a row, which no path has");
        for edit in edits.iter().skip(1).take(2) {
            diagnostic = diagnostic.label(edit.span, "and here");
        }
        diagnostic = diagnostic
            .note("a backslash is an ordinary character in AQL strings and in LIKE patterns");
        if self.dialect.like_backslash == LikeBackslash::Repair {
            diagnostic = diagnostic.repaired(format!(
                "{are} read as one backslash",
                are = if count == 1 { "it is" } else { "each pair is" }
            ));
        } else {
            diagnostic =
                diagnostic.note(format!("as written, the pattern{s} {are} taken literally"));
        }
        let diagnostic = diagnostic.fix("write one backslash", Applicability::Safe, edits);
        self.push(diagnostic);
    }
}

/// `30000` or `'30000'`.
fn milliseconds(value: &ast::ExprKind) -> Option<u64> {
    match value {
        ast::ExprKind::Literal(ast::Literal::Integer(ms)) => u64::try_from(*ms).ok(),
        ast::ExprKind::Literal(ast::Literal::Text(text)) => text.trim().parse().ok(),
        _ => None,
    }
}

struct Selected {
    output: Output,
    aliased: bool,
    /// Is it the name of a property that a profile file declares?
    declared: bool,
    /// The expression before it is lifted over the aggregate.
    expr: Expr,
}

/// Rewrites expressions over rows into expressions over groups.
struct Lift<'k> {
    keys: &'k [Expr],
    calls: Vec<AggregateCall>,
}

impl Lift<'_> {
    /// A plain field that is neither grouped nor aggregated.
    fn is_bare(&self, item: &Selected) -> bool {
        let field = matches!(item.expr.kind, ExprKind::Column(_) | ExprKind::Input(_));
        (field || item.declared) && !self.keys.contains(&item.expr)
    }

    /// IBM AQL guide: the first value of a field that is not grouped.
    fn first(&mut self, expr: &mut Expr) {
        if self.keys.contains(expr) {
            return self.lift(expr);
        }
        let call = AggregateCall {
            function: AggregateFunction::First,
            argument: Some(expr.clone()),
            ty: expr.ty,
        };
        expr.kind = ExprKind::Aggregate(intern(&mut self.calls, call));
    }

    fn lift(&mut self, expr: &mut Expr) {
        if let Some(key) = self.keys.iter().position(|key| key == expr) {
            expr.kind = ExprKind::Key(key);
            return;
        }
        match &mut expr.kind {
            ExprKind::Literal(_) | ExprKind::Key(_) | ExprKind::Aggregate(_) => {}
            ExprKind::Column(_) | ExprKind::Input(_) => self.first(expr),
            kind => for_each_child(kind, &mut |child| self.lift(child)),
        }
    }
}

/// Gives the innermost query of a chain this window, as long as none on the way has its own.
fn set_window(query: &mut BoundQuery, window: &Window) {
    if query.window != Window::None {
        return;
    }
    match &mut query.source {
        Source::Query(inner) => set_window(inner, window),
        _ => query.window = window.clone(),
    }
}

/// Position of a call in the list, which grows if it is new.
pub(crate) fn intern(calls: &mut Vec<AggregateCall>, call: AggregateCall) -> usize {
    match calls.iter().position(|known| *known == call) {
        Some(at) => at,
        None => {
            calls.push(call);
            calls.len() - 1
        }
    }
}

pub(crate) fn for_each_child(kind: &mut ExprKind, f: &mut dyn FnMut(&mut Expr)) {
    match kind {
        ExprKind::Literal(_)
        | ExprKind::Column(_)
        | ExprKind::Input(_)
        | ExprKind::Key(_)
        | ExprKind::Aggregate(_) => {}
        ExprKind::Compare { left, right, .. } | ExprKind::Arithmetic { left, right, .. } => {
            f(left);
            f(right);
        }
        ExprKind::Like { expr, pattern, .. } | ExprKind::Matches { expr, pattern, .. } => {
            f(expr);
            f(pattern);
        }
        ExprKind::In { expr, .. } | ExprKind::InQuery { expr, .. } => f(expr),
        ExprKind::IsNull(e) | ExprKind::Not(e) | ExprKind::Negate(e) | ExprKind::BitNot(e) => f(e),
        ExprKind::And(list) | ExprKind::Or(list) => list.iter_mut().for_each(f),
        ExprKind::Call { args, .. } => args.iter_mut().for_each(f),
        ExprKind::Case { branches, otherwise } => {
            for (condition, value) in branches {
                f(condition);
                f(value);
            }
            if let Some(otherwise) = otherwise {
                f(otherwise);
            }
        }
    }
}

pub(crate) fn join_and(mut list: Vec<Expr>) -> Option<Expr> {
    if list.len() > 1 {
        let span = list.iter().skip(1).fold(list[0].span, |span, e| span.to(e.span));
        Some(Expr { kind: ExprKind::And(list), ty: Type::Boolean, span })
    } else {
        list.pop()
    }
}

/// `UTF8(bytes)`.
pub(crate) fn utf8(expr: Expr) -> Expr {
    let span = expr.span;
    Expr {
        kind: ExprKind::Call { function: "UTF8".into(), args: vec![expr] },
        ty: Type::Text,
        span,
    }
}

fn words_expr(words: &crate::text_search::Words, text: &Expr) -> Expr {
    use crate::text_search::Words;
    let span = text.span;
    let kind = match words {
        Words::Pattern(pattern) => ExprKind::Like {
            expr: Box::new(text.clone()),
            pattern: Box::new(Expr {
                kind: ExprKind::Literal(Value::Text(pattern.as_str().into())),
                ty: Type::Text,
                span,
            }),
            ignore_case: true,
        },
        Words::And(list) => ExprKind::And(list.iter().map(|w| words_expr(w, text)).collect()),
        Words::Or(list) => ExprKind::Or(list.iter().map(|w| words_expr(w, text)).collect()),
        Words::Not(inner) => ExprKind::Not(Box::new(words_expr(inner, text))),
    };
    Expr { kind, ty: Type::Boolean, span }
}
