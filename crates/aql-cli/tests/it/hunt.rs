//! `aql hunt` over the bundled evidence and over recorded logs.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::{aql, root};

/// (file, record) → rules, as `examples/expected.tsv` has it.
fn expected() -> BTreeMap<(String, i64), BTreeSet<String>> {
    let text = std::fs::read_to_string(root().join("examples/expected.tsv")).expect("expected.tsv");
    text.lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            let record = cells[1].parse().expect("a record number");
            let rules = cells[3].split(',').map(str::to_string).collect();
            ((format!("examples/evidence/{}", cells[0]), record), rules)
        })
        .collect()
}

#[test]
fn the_bundled_evidence_gives_exactly_the_expected_findings() {
    let run = aql(&["hunt", "examples/evidence"]);
    assert_eq!(run.code, 1, "{}", run.err);
    let mut found: BTreeMap<(String, i64), BTreeSet<String>> = BTreeMap::new();
    let (together, single): (Vec<_>, Vec<_>) =
        run.json_lines().into_iter().partition(|finding| finding["record"].is_null());
    let together: Vec<_> = together.iter().map(|finding| finding["rule"].as_str()).collect();
    assert_eq!(together, [Some("many-stores-staged")], "the three copies of the first test");
    for finding in single {
        let file = finding["file"].as_str().expect("a file").to_string();
        let record = finding["record"].as_i64().expect("a record");
        let rule = finding["rule"].as_str().expect("a rule").to_string();
        found.entry((file, record)).or_default().insert(rule);
    }
    assert_eq!(found, expected());
}

#[test]
fn the_benign_twins_give_nothing() {
    let run = aql(&["hunt", "examples/evidence/benign"]);
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{}", run.err);
}

#[test]
fn the_table_groups_the_rules_that_found_one_event() {
    let run = aql(&["hunt", "--format", "table", "examples/evidence/test1-copy-stores"]);
    insta::assert_snapshot!("table", run.out);
}

#[test]
fn the_number_of_threads_does_not_show() {
    let one = aql(&["hunt", "--threads", "1", "examples/evidence"]);
    for threads in ["2", "7"] {
        let many = aql(&["hunt", "--threads", threads, "examples/evidence"]);
        assert_eq!(one.out, many.out);
    }
}

#[test]
fn every_finding_says_who_where_when_and_why() {
    for finding in aql(&["hunt", "examples/evidence"]).json_lines() {
        for key in ["time", "level", "rule", "rule_id", "title"] {
            assert!(!finding[key].is_null(), "no {key} in {finding}");
        }
        // A correlation lists the findings that it was made of instead.
        for key in ["file", "record", "format"] {
            let parts = finding["made_of"].as_array().is_some_and(|parts| !parts.is_empty());
            assert!(parts != !finding[key].is_null(), "{key} in {finding}");
        }
        assert!(finding["host"].is_string() || finding["user"].is_string(), "nobody in {finding}");
        assert!(!finding["why"].as_array().expect("why").is_empty(), "no reason in {finding}");
    }
}

#[test]
fn levels_rules_and_times_restrict_the_hunt() {
    let high = aql(&["hunt", "--level", "high", "examples/evidence"]).json_lines();
    assert!(!high.is_empty());
    assert!(high.iter().all(|f| f["level"] == "high" || f["level"] == "critical"));
    let one = aql(&["hunt", "--rule", "inbox-rule-forwards", "examples/evidence"]).json_lines();
    assert!(!one.is_empty());
    assert!(one.iter().all(|f| f["rule"] == "inbox-rule-forwards"));
    let day = aql(&["hunt", "--from", "2026-11-11", "--to", "2026-11-12", "examples/evidence"]);
    let day = day.json_lines();
    assert!(!day.is_empty());
    assert!(day.iter().all(|f| f["time"].as_str().is_some_and(|t| t.starts_with("2026-11-11"))));
}

#[test]
fn the_repairs_of_the_published_query_are_named() {
    let run = aql(&["hunt", "examples/evidence"]);
    let line = run.err.lines().find(|l| l.contains("published-qradar")).expect("a remark");
    for code in ["AQL004", "AQL110", "AQL111", "AQL112", "AQL114"] {
        assert!(line.contains(code), "{line}");
    }
    let strict = aql(&["hunt", "--strict", "examples/evidence"]);
    assert!(strict.err.contains("rule `published-qradar` is left out"), "{}", strict.err);
    assert_eq!(strict.code, 2, "a rule that did not run found nothing");
    assert!(strict.json_lines().iter().all(|f| f["rule"] != "published-qradar"));
}

#[test]
fn recorded_attacks_are_found_and_look_alikes_are_not() {
    let logs = root().join("../shared/corpus/logs");
    if !logs.is_dir() {
        eprintln!("skipped: the log corpus is not here ({})", logs.display());
        return;
    }
    let truth = std::fs::read_to_string(logs.join("TRUTH.tsv")).expect("TRUTH.tsv");
    let mut positive: BTreeSet<(String, i64)> = BTreeSet::new();
    for line in truth.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        if cells[5].starts_with("positive") {
            // The only record of an EVTX file is described in words.
            positive.insert((cells[0].to_string(), cells[1].parse().unwrap_or(1)));
        }
    }
    assert_eq!(positive.len(), 10);
    let run = aql(&[std::ffi::OsStr::new("hunt"), logs.as_os_str()]);
    // Rules for what prepares or covers a collection have techniques of their own.
    let (found, adjacent): (Vec<_>, Vec<_>) = run.json_lines().into_iter().partition(|finding| {
        let techniques = finding["attack"].as_array().expect("techniques");
        techniques.iter().any(|t| t["id"].as_str().is_some_and(|id| id.starts_with("T1114")))
    });
    let records = |findings: Vec<serde_json::Value>| -> BTreeSet<(String, i64)> {
        let record = |finding: &serde_json::Value| {
            let file = finding["file"].as_str().expect("a file");
            let inner = file.split("corpus/logs/").nth(1).expect("below the corpus");
            (inner.to_string(), finding["record"].as_i64().expect("a record"))
        };
        findings.iter().map(record).collect()
    };
    assert_eq!(records(found), positive);
    let adjacent: Vec<String> = records(adjacent).into_iter().map(|(file, _)| file).collect();
    assert_eq!(
        adjacent,
        [
            "o365/mail_account_delegation_full_access_permissions.json",
            "o365/set-mailbox-audit_log_age_limit_to_zero.json",
            "o365/set_mailboxauditbypassassociation.json",
            "o365/unified_auditlog_ingestion_stopped.json",
        ]
    );
}
