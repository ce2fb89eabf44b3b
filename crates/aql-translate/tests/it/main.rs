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
    written(query, &Target::all().map(Target::name).collect::<Vec<_>>())
}

/// Text and remarks of these targets.
fn written(query: &str, targets: &[&str]) -> String {
    let mut out = String::new();
    for target in targets.iter().filter_map(|name| Target::find(name)) {
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

/// Where the kind of event is the table, and where only the name of a file is known.
#[test]
fn sensors_that_know_kinds_of_events() {
    insta::assert_snapshot!(written(
        r#"SELECT "Process Name" AS process, destinationip FROM events WHERE devicetype = 12
           AND qideventcategory = 'Microsoft-Windows-Sysmon/Operational' AND "Event ID" IN (1, 3)
           AND "Process Path" ILIKE '%\python%.exe' AND NOT INCIDR('10.16.0.0/13', destinationip)
           ORDER BY starttime LAST 1 DAYS"#,
        &["defender", "logscale", "secops"]
    ));
}

#[test]
fn folders_are_refused_where_only_names_are_known() {
    let query = |pattern| {
        format!(
            r#"SELECT username FROM events WHERE devicetype = 12 AND "Event ID" = 11
               AND qideventcategory = 'Microsoft-Windows-Sysmon/Operational'
               AND "Process Path" ILIKE '{pattern}' LAST 5 MINUTES"#
        )
    };
    let name = of(&query(r"%\cmd.exe"), "logscale", false);
    assert!(name.text.unwrap().contains(r"(ContextBaseFileName = /^cmd\.exe$/i)"));
    let folder = of(&query(r"%\Temp\cmd.exe"), "logscale", false);
    assert_eq!(
        (folder.text, folder.remarks.last().map(|r| r.loss)),
        (None, Some(Loss::Impossible))
    );
}

#[test]
fn counts_of_values() {
    insta::assert_snapshot!(written(
        r#"SELECT username, UNIQUECOUNT(sourceip) AS addresses, MIN(starttime) AS first_time,
           FIRST(sourceip) AS first_address FROM events
           WHERE devicetype = 397 AND "Operation" IN ('UserLoggedIn', 'it''s "a"') GROUP BY username
           HAVING addresses >= 5 LAST 2 HOURS"#,
        &["spark", "snowflake", "ppl", "logscale", "sumo", "secops", "sigma"]
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

#[test]
fn spark_spells_letters_out_and_snowflake_cannot() {
    let query = "SELECT username FROM events WHERE username ILIKE '%svc_' LAST 5 MINUTES";
    let spark = of(query, "spark", true);
    assert_eq!(spark.loss(), Loss::Exact);
    assert!(spark.text.unwrap().contains("(?s)\\\\A.*[sS\u{17f}][vV][cC].\\\\z"));
    assert_eq!(of(query, "snowflake", true).loss(), Loss::Approximate);
    let regex = "SELECT username FROM events WHERE username MATCHES '(?i)a.*' LAST 5 MINUTES";
    assert_eq!(of(regex, "spark", true).loss(), Loss::Approximate);
}

#[test]
fn clickhouse_is_told_what_a_name_stands_for() {
    let query = "SELECT starttime, DATEFORMAT(starttime, 'yyyy') AS username FROM events
                 WHERE username = 'a' ORDER BY starttime DESC LAST 5 MINUTES";
    let setting = "SETTINGS prefer_column_name_to_alias = 1\n";
    let text = of(query, "clickhouse", false).text.unwrap();
    assert!(text.ends_with(setting), "{text}");
    assert!(text.contains(r#"ORDER BY toUnixTimestamp64Milli("starttime") DESC"#), "{text}");
    let plain = "SELECT username FROM events WHERE username = 'a' LAST 5 MINUTES";
    assert!(!of(plain, "clickhouse", false).text.unwrap().contains("SETTINGS"));
}
