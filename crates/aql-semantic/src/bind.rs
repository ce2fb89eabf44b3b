//! From a syntax tree to a [`BoundQuery`]: the order in which clauses are bound, and what binding
//! keeps in mind.
//!
//! FROM is bound in `source`, the select list in `select`, the time in `time_clause`, expressions in
//! `expr`, predicates in `predicate`, calls in `call`. Nothing here runs
//! anything or reads a clock.

use std::collections::HashSet;

use aql_catalog::Catalog;
use aql_diag::{Diagnostic, Edit, Severity, Span, codes};
use aql_event::Type;
use aql_syntax::{Parsed, ast};

use crate::bound::{Aggregate, AggregateCall, BoundQuery, Expr, ExprKind, Order};
use crate::dialect::{Comments, Dialect, Terminator, TimeUnits};
use crate::lift::Lift;
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
                let expr = match &item.collate {
                    Some(collate) => self.collated(expr, collate),
                    None => expr,
                };
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
}

pub(crate) fn join_and(mut list: Vec<Expr>) -> Option<Expr> {
    if list.len() > 1 {
        let span = list.iter().skip(1).fold(list[0].span, |span, e| span.to(e.span));
        Some(Expr { kind: ExprKind::And(list), ty: Type::Boolean, span })
    } else {
        list.pop()
    }
}
