//! Tests of translations as a whole: what each dialect writes, and what is refused.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::fmt::Write as _;
use std::sync::Arc;

use aql_catalog::Catalog;
use aql_eval::Context;
use aql_eval::site::{ElementType, ReferenceSet};
use aql_semantic::{BindOptions, bind_text};
use aql_translate::{Loss, Options, Target, Translation, translate};

fn of(query: &str, target: &str, exact: bool) -> Translation {
    let mut cx = Context::new(Catalog::get(), 0);
    let set = ReferenceSet::new(ElementType::AlnIc, ["Alice", "corp\\bob"]);
    cx.site.insert_reference_set("Admins", set);
    let bound = bind_text(query, &BindOptions::default(), Catalog::get());
    let options = Options { name: "a query".to_owned(), cx: Arc::new(cx), all_time: false, exact };
    translate(&bound.query.unwrap(), Target::find(target).unwrap(), &options)
}

/// Every target's text and remarks.
fn everywhere(query: &str) -> String {
    let mut out = String::new();
    for target in Target::all() {
        let translation = of(query, target.name(), false);
        writeln!(out, "== {} ({:?})", target.name(), translation.loss()).unwrap();
        for remark in &translation.remarks {
            writeln!(out, "{} {}", remark.diagnostic.code, remark.diagnostic.message).unwrap();
        }
        out.push_str(translation.text.as_deref().unwrap_or("refused\n"));
    }
    out
}

#[test]
fn shapes_of_patterns_and_hostile_text() {
    insta::assert_snapshot!(everywhere(
        r#"SELECT username FROM events WHERE devicetype = 12 AND "Event ID" = 11 AND (
           "File Path" LIKE 'C:\a%' OR "File Path" ILIKE '%\o''brien "x".exe'
           OR "File Path" ILIKE '%a*b?c%' OR "File Path" LIKE 'a_c%d' OR "File Path" ILIKE '%a%b\') LAST 5 MINUTES"#
    ));
}

#[test]
fn negations_and_missing_values() {
    insta::assert_snapshot!(everywhere(
        r#"SELECT username FROM events WHERE devicetype = 12 AND "Process Path" NOT ILIKE '%x'
           AND "Parent Process Path" != 'y' AND NOT ("File Path" IS NULL OR destinationport = 443)
           AND "Script Block Text" IS NULL LAST 1 HOURS"#
    ));
}

#[test]
fn sources_networks_sets_and_kinds_of_events() {
    insta::assert_snapshot!(everywhere(
        r#"SELECT username, sourceip AS "From where" FROM events
           WHERE QIDNAME(qid) ILIKE '%Process Create%' AND INCIDR('10.0.0.0/8', sourceip)
           AND NOT REFERENCESETCONTAINS('Admins', username)
           AND "Process CommandLine" IMATCHES '(?s).*(a\.b|c).*'
           ORDER BY starttime DESC LIMIT 10 LAST 1 DAYS"#
    ));
}

#[test]
fn groups() {
    insta::assert_snapshot!(everywhere(
        r#"SELECT username, COUNT(*) AS n, UNIQUECOUNT("Object ID") AS objects FROM events
           WHERE devicetype = 397 AND "Operation" = 'FileDownloaded'
           GROUP BY username HAVING n > 100 ORDER BY n DESC LIMIT 5 LAST 1 HOURS"#
    ));
}

#[test]
fn what_no_target_has_is_refused() {
    for condition in ["INOFFENSE(5)", "magnitude IN (SELECT magnitude FROM events)"] {
        let query = format!("SELECT username FROM events WHERE {condition} LAST 5 MINUTES");
        for target in Target::all() {
            let translation = of(&query, target.name(), false);
            assert_eq!(translation.text, None, "{condition} {}", target.name());
            assert_eq!(translation.loss(), Loss::Impossible);
        }
    }
}

#[test]
fn exact_takes_regular_expressions_where_letters_fold_otherwise() {
    let query = "SELECT username FROM events WHERE username ILIKE '%svc_' LAST 5 MINUTES";
    assert_eq!(of(query, "duckdb", false).loss(), Loss::Approximate);
    let exact = of(query, "duckdb", true);
    assert_eq!(exact.loss(), Loss::Exact);
    assert!(exact.text.unwrap().contains(r#"regexp_matches("username", '(?is)svc.$')"#));
}

#[test]
fn field_maps_can_be_read() {
    let query = "SELECT username FROM events WHERE devicetype = 12 LAST 5 MINUTES";
    for target in Target::all().filter(|t| t.name() != "defender" && t.name() != "sigma") {
        assert!(of(query, target.name(), false).text.is_some(), "{}", target.name());
    }
}
