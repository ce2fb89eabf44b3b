//! The published query for T1114, verbatim: what is said about it, and how it is bound.

use aql_catalog::{Catalog, Profile};
use aql_diag::{SourceText, codes, render};
use aql_semantic::{BindOptions, Bound, Mode, Window, bind_text};

const QUERY: &str =
    include_str!("../../../../packs/t1114-email-collection/rules/published-qradar.aql");

fn bind(mode: Mode, profile: Profile) -> Bound {
    let options = BindOptions { mode, profile, ..BindOptions::default() };
    bind_text(QUERY, &options, Catalog::get())
}

fn rendered(bound: &Bound) -> String {
    let source = SourceText::new("published-qradar.aql", QUERY);
    let texts: Vec<String> =
        bound.diagnostics.iter().map(|d| render::text(d, Some(&source), false)).collect();
    texts.join("\n\n")
}

#[test]
fn lenient_binding_repairs_and_says_so() {
    let bound = bind(Mode::Lenient, Profile::Ibm);
    let query = bound.query.as_ref().expect("the query runs");
    assert_eq!(query.window, Window::Last(24 * 3_600_000));
    assert!(query.order_by[0].descending);
    insta::assert_snapshot!("published_lenient", rendered(&bound));
}

#[test]
fn strict_binding_refuses_at_order_by() {
    let bound = bind(Mode::Strict, Profile::Ibm);
    assert!(bound.query.is_none());
    let first = bound.diagnostics.iter().find(|d| d.is_error()).expect("an error");
    assert_eq!(first.code, codes::CLAUSE_AFTER_TIME);
    let place = first.primary.as_ref().expect("a place").span;
    assert!(place.slice(QUERY).starts_with("ORDER BY"));
    insta::assert_snapshot!("published_strict", rendered(&bound));
}

#[test]
fn the_raw_profile_has_whole_paths() {
    let bound = bind(Mode::Lenient, Profile::Raw);
    assert!(bound.diagnostics.iter().all(|d| d.code != codes::BASENAME_PROPERTY));
}
