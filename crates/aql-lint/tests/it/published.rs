//! The published query for T1114: its faults, and what the fixes make of it.

use aql_catalog::{Catalog, Profile};
use aql_diag::{Severity, SourceText};
use aql_lint::{Config, Fixes, check, fix};
use aql_semantic::{BindOptions, Mode, bind_text};

const QUERY: &str =
    include_str!("../../../../packs/t1114-email-collection/rules/published-qradar.aql");

#[test]
fn faults_and_places() {
    let checked = check(QUERY, &BindOptions::default(), &Config::default(), Catalog::get());
    let source = SourceText::new("published-qradar.aql", QUERY);
    let lines: Vec<String> = checked
        .diagnostics
        .iter()
        .map(|d| {
            let span = d.primary.as_ref().map(|p| p.span).unwrap_or_default();
            let line = source.line_column(span.start).line;
            let place = span.slice(QUERY).lines().next().unwrap_or_default();
            format!("{line:>2} {} {}: {} `{place}`", d.code, d.severity, d.message)
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn safe_fixes_leave_a_query_that_parses() {
    for profile in [Profile::Ibm, Profile::Raw] {
        let options = BindOptions { profile, ..BindOptions::default() };
        let fixed = fix(QUERY, Fixes::Safe, &options, &Config::default(), Catalog::get());
        assert!(!aql_syntax::parse(&fixed.text).has_errors(), "{}", fixed.text);
        assert!(fixed.left.diagnostics.iter().all(|d| !d.is_error()));
        insta::assert_snapshot!(format!("fixed_{profile:?}"), fixed.text);
    }
}

#[test]
fn all_fixes_leave_a_query_that_binds_strictly() {
    for profile in [Profile::Ibm, Profile::Raw] {
        let options = BindOptions { profile, ..BindOptions::default() };
        let fixed = fix(QUERY, Fixes::Unsafe, &options, &Config::default(), Catalog::get());
        let strict = BindOptions { mode: Mode::Strict, ..options };
        let bound = bind_text(&fixed.text, &strict, Catalog::get());
        assert!(bound.query.is_some(), "{}\n{:?}", fixed.text, bound.diagnostics);
        let warnings: Vec<_> =
            fixed.left.diagnostics.iter().filter(|d| d.severity > Severity::Note).collect();
        assert!(warnings.is_empty(), "{warnings:?}");
        insta::assert_snapshot!(format!("all_fixed_{profile:?}"), fixed.text);
    }
}
