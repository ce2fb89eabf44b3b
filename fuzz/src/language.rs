//! From text to rows without the engine: parse, format, bind, compile, evaluate, match.

use std::sync::Arc;

use aql_catalog::{Catalog, Profile};
use aql_diag::{Diagnostic, SourceText, apply_edits, render};
use aql_eval::{Context, Program};
use aql_event::Needs;
use aql_match::{Matcher, RuleFilter, Scratch};
use aql_semantic::{BindOptions, BoundQuery, DialectSettings, Expr, Mode, Source, bind};
use aql_syntax::{Parsed, format, format_with_comments, parse, same_tree};

use crate::table::{NOW, events};

/// The context in which queries run.
pub fn context() -> Arc<Context> {
    Arc::new(Context::new(Catalog::get(), NOW))
}

/// The ways in which a text is bound.
fn options() -> [BindOptions; 4] {
    let plain = BindOptions::default();
    let mut other = DialectSettings::default();
    for (name, value) in [("nulls", "sql"), ("matches", "full")] {
        assert_eq!(other.set(name, value), Ok(()));
    }
    [
        plain.clone(),
        BindOptions { mode: Mode::Strict, ..plain.clone() },
        BindOptions { profile: Profile::Raw, ..plain.clone() },
        BindOptions { dialect: other, ..plain },
    ]
}

/// Parses a text, and binds it in every way; checks what must hold for any text.
pub fn check(text: &str) -> Vec<BoundQuery> {
    let parsed = parse(text);
    check_layout(text, &parsed);
    check_diagnostics(text, &parsed.diagnostics);
    let mut queries = Vec::new();
    for options in options() {
        let bound = bind(text, &parsed, &options, Catalog::get());
        check_diagnostics(text, &bound.diagnostics);
        assert_eq!(bound.query.is_some(), !bound.has_errors() && parsed.query.is_some());
        if let Some(query) = bound.query {
            check_rows(&query);
            queries.push(query);
        }
    }
    queries
}

/// What the formatter writes reads as the same tree, and writing it again changes nothing.
fn check_layout(text: &str, parsed: &Parsed) {
    let Some(query) = parsed.query.as_ref().filter(|_| !parsed.has_errors()) else { return };
    let once = format(query);
    let again = parse(&once);
    assert!(!again.has_errors(), "formatted text has faults:\n{once}\n{:#?}", again.diagnostics);
    let same = again.query.expect("formatted text is a query");
    assert!(same_tree(query, &same), "formatted text reads otherwise:\n{once}");
    assert_eq!(once, format(&same), "formatting again changes the text");
    let noted = format_with_comments(query, text, &parsed.comments);
    let again = parse(&noted);
    assert!(!again.has_errors(), "formatted text has faults:\n{noted}\n{:#?}", again.diagnostics);
    let same = again.query.expect("formatted text is a query");
    assert!(same_tree(query, &same), "formatted text reads otherwise:\n{noted}");
    assert_eq!(again.comments.len(), parsed.comments.len(), "comments got lost:\n{noted}");
}

/// Diagnostics can be shown, and their fixes made.
fn check_diagnostics(text: &str, diagnostics: &[Diagnostic]) {
    let source = SourceText::new("query", text);
    for diagnostic in diagnostics {
        let shown = render::text(diagnostic, Some(&source), false);
        assert!(shown.contains(diagnostic.code.as_str()));
        render::json(diagnostic, Some(&source));
        for label in diagnostic.primary.iter().chain(&diagnostic.labels) {
            assert!(text.get(label.span.start as usize..label.span.end as usize).is_some());
        }
        for fix in &diagnostic.fixes {
            apply_edits(text, &fix.edits);
        }
    }
}

/// Expressions can be computed over rows, and the matcher selects the rows that they select.
fn check_rows(query: &BoundQuery) {
    if let Source::Query(inner) = &query.source {
        // Positions of an inner query's columns mean nothing without its rows: the engine's part.
        return check_rows(inner);
    }
    let context = context();
    let needs = Needs::new(query.columns());
    let batch = events(&needs, 0);
    let run = |expr: &Expr| {
        if let Ok(program) = Program::compile(expr, query.nulls, &context) {
            assert_eq!(program.evaluate(&batch).len(), batch.num_rows());
        }
    };
    if let Some(aggregate) = &query.aggregate {
        aggregate.keys.iter().for_each(run);
        aggregate.calls.iter().filter_map(|call| call.argument.as_ref()).for_each(run);
    } else {
        query.output.iter().map(|output| &output.expr).for_each(run);
        query.order_by.iter().map(|order| &order.expr).for_each(run);
    }
    let Some(filter) = &query.filter else { return };
    let rule = RuleFilter { filter: Some(filter), nulls: query.nulls };
    let matcher = Matcher::compile(&[rule], needs.columns(), &context);
    let program = Program::compile(filter, query.nulls, &context);
    let (Ok(matcher), Ok(program)) = (&matcher, &program) else {
        assert_eq!(matcher.is_err(), program.is_err(), "only one of two can run the filter");
        return;
    };
    let expected: Vec<usize> = program.evaluate_condition(&batch).truth.set_indices().collect();
    let hits = matcher.evaluate(&batch, &mut Scratch::default());
    let found: Vec<usize> = hits.of(0).map_or_else(Vec::new, |rows| rows.set_indices().collect());
    assert_eq!(found, expected, "matcher and evaluator select different rows");
}
