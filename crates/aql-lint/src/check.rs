//! From a text to its findings.

use aql_catalog::Catalog;
use aql_diag::{Diagnostic, Severity, codes};
use aql_semantic::{BindOptions, BoundQuery, Expr, ExprKind, Mode, Places, Source, bind};

use crate::allow::Allowed;
use crate::config::{Config, Level};
use crate::cx::Cx;
use crate::mends;
use crate::rules;

/// What is to be said about a text.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Everything in the order of the text, what is no AQL first. An error is what the appliance refuses.
    pub diagnostics: Vec<Diagnostic>,
    /// The query, read leniently, if it can be read.
    pub query: Option<BoundQuery>,
}

/// Checks the text of one query. The mode of `options` does not count: a query is read leniently,
/// so that as much as possible can be said, and what the appliance refuses is an error all the same.
pub fn check(
    text: &str,
    options: &BindOptions,
    config: &Config,
    catalog: &'static Catalog,
) -> Checked {
    let parsed = aql_syntax::parse(text);
    let options = BindOptions { mode: Mode::Lenient, ..options.clone() };
    let bound = bind(text, &parsed, &options, catalog);
    let mut diagnostics = bound.diagnostics;
    if bound.query.is_none() {
        // What a query lacks is of interest once it can be read.
        diagnostics.retain(|d| d.code != codes::NO_TIME_CLAUSE);
    }
    for diagnostic in &mut diagnostics {
        // What only Aquiline cannot do is no fault of the query.
        if diagnostic.code == codes::NOT_IMPLEMENTED {
            diagnostic.severity = Severity::Note;
        }
        if diagnostic.repaired.is_some() && refused(diagnostic, text) {
            diagnostic.severity = Severity::Error;
            // The words are for whoever runs the query in spite of it.
            if let Some(repair) = diagnostic.repaired.take() {
                diagnostic.notes.push(format!("where Aquiline runs it, {repair}"));
            }
        }
    }
    if let Some(query) = &bound.query {
        let cx = Cx::new(text, query, Some(bound.places), catalog, options.profile);
        mends::mend(&cx, &mut diagnostics);
        lint(&cx, config, &mut diagnostics);
        inner_queries(query, &mut |inner| {
            let cx = Cx::new(text, inner, None, catalog, options.profile);
            mends::mend(&cx, &mut diagnostics);
            lint(&cx, config, &mut diagnostics);
        });
    }
    let start = parsed.query.as_ref().map_or(u32::MAX, |q| q.span.start);
    let allowed = Allowed::read(text, &parsed.comments, start);
    let mut kept: Vec<Diagnostic> = diagnostics
        .into_iter()
        .filter_map(|d| leveled(d, config))
        .filter(|d| !allowed.holds(d))
        .collect();
    supersede(&mut kept);
    // What is no AQL anywhere comes before names that a deployment may have defined.
    let syntax = |d: &Diagnostic| {
        let fixed = matches!(d.code, codes::UNKNOWN_FUNCTION | codes::UNKNOWN_DATABASE);
        d.is_error() && (fixed || d.code.as_str().starts_with("AQL0"))
    };
    kept.sort_by_key(|d| {
        (!syntax(d), d.primary.as_ref().map_or(u32::MAX, |p| p.span.start), d.code)
    });
    kept.dedup();
    Checked { diagnostics: kept, query: bound.query }
}

/// Would the appliance refuse a query for this fault, which lenient binding repairs? Names that a
/// deployment may have defined are not held against it.
fn refused(diagnostic: &Diagnostic, text: &str) -> bool {
    // A label of the screen in double quotes may be the name of a property.
    let quoted = diagnostic.primary.as_ref().is_some_and(|p| p.span.slice(text).starts_with('"'));
    if diagnostic.code == codes::SCREEN_NAME && quoted {
        return false;
    }
    !matches!(
        diagnostic.code,
        codes::UNKNOWN_FIELD
            | codes::LOOSE_NAME
            | codes::RAW_PROPERTY_NAME
            | codes::TYPENAME_OF_LOGSOURCE
            | codes::SYSMON_TYPE_NAME
            | codes::DOUBLED_BACKSLASH
            | codes::QIDNAME_SPELLING
            | codes::TYPE_MISMATCH
            | codes::TERMINATOR
            | codes::COMMENT
    )
}

fn lint(cx: &Cx<'_>, config: &Config, diagnostics: &mut Vec<Diagnostic>) {
    for rule in rules::RULES {
        let level = config.level(rule.code).unwrap_or(rule.level);
        if level != Level::Off {
            (rule.check)(cx, diagnostics);
        }
    }
}

/// The finding at the level that the configuration gives its code.
fn leveled(mut diagnostic: Diagnostic, config: &Config) -> Option<Diagnostic> {
    if let Some(level) = config.level(diagnostic.code) {
        diagnostic.severity = level.severity()?;
    }
    Some(diagnostic)
}

/// What is said of a place once is not said again in other words: a condition that is always true or
/// false adds nothing, an exclusion that adds nothing excludes nothing, and a date is no number.
fn supersede(diagnostics: &mut Vec<Diagnostic>) {
    let span = |d: &Diagnostic| d.primary.as_ref().map(|p| p.span);
    let constant: Vec<_> =
        diagnostics.iter().filter(|d| d.code == codes::ALWAYS_CONSTANT).map(span).collect();
    diagnostics.retain(|d| d.code != codes::SUBSUMED_CONDITION || !constant.contains(&span(d)));
    let spare: Vec<_> =
        diagnostics.iter().filter(|d| d.code == codes::SUBSUMED_CONDITION).map(span).collect();
    diagnostics.retain(|d| d.code != codes::EXCLUDES_NOTHING || !spare.contains(&span(d)));
    let dates: Vec<_> =
        diagnostics.iter().filter(|d| d.code == codes::TIME_AS_TEXT).map(span).collect();
    diagnostics.retain(|d| d.code != codes::TYPE_MISMATCH || !dates.contains(&span(d)));
}

/// Queries inside a query: after FROM, after IN.
fn inner_queries<'a>(query: &'a BoundQuery, f: &mut dyn FnMut(&'a BoundQuery)) {
    if let Source::Query(inner) = &query.source {
        f(inner);
        inner_queries(inner, f);
    }
    for expr in query.expressions() {
        inner_of(expr, f);
    }
}

fn inner_of<'a>(expr: &'a Expr, f: &mut dyn FnMut(&'a BoundQuery)) {
    let mut found = Vec::new();
    expr.walk(&mut |e| {
        if let ExprKind::InQuery { query, .. } = &e.kind {
            found.push(&**query);
        }
    });
    for query in found {
        f(query);
        inner_queries(query, f);
    }
}

/// Where a clause can be put in: before the time clause, else before PARAMETERS, else at the end.
pub(crate) fn before_time(places: &Places) -> (u32, bool) {
    match places.time {
        Some(time) => (time.start, true),
        None => (places.query.end, false),
    }
}
