//! The published query for T1114: its faults, and what the safe fixes make of it.

use aql_catalog::{Catalog, Profile};
use aql_diag::SourceText;
use aql_lint::{Config, Fixes, check, fix};
use aql_semantic::BindOptions;

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
