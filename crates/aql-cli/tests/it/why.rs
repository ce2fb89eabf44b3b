//! `aql why`.

use std::fs::File;

use serde_json::Value;

use crate::support::{Run, aql, aql_with, root};

const SYSMON: &str = "examples/evidence/test1-copy-stores/WS-FIN-07-sysmon.evtx";

fn why(rule: &str, event: &str) -> Run {
    aql(&["why", "--rule", rule, "--event", event])
}

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.out).unwrap_or_else(|e| panic!("{e}: {}{}", run.out, run.err))
}

#[test]
fn what_a_hunt_finds_is_explained_as_a_match() {
    // One of each rule: that this holds for every event is tested in `aql-report`.
    let mut findings = aql(&["hunt", "examples/evidence"]).json_lines();
    findings.retain(|finding| !finding["file"].is_null());
    findings.sort_by_key(|finding| finding["rule"].to_string());
    findings.dedup_by_key(|finding| finding["rule"].to_string());
    assert!(findings.len() > 10);
    for finding in findings {
        let rule = finding["rule"].as_str().expect("a rule");
        let (file, record) = (finding["file"].as_str().expect("a file"), &finding["record"]);
        let run = aql(&[
            "why",
            "--rule",
            rule,
            "--event",
            &format!("{file}:{record}"),
            "--format",
            "json",
        ]);
        assert_eq!(run.code, 1, "{}", run.err);
        let document = json(&run);
        assert_eq!(document["matches"], true, "{document:#}");
        assert_eq!(document["event"]["ruled_out_by_kind"], false, "{document:#}");
        assert_eq!(document["event"]["time"], finding["time"]);
    }
}

/// A pack that stays as it is.
const PACK: &str = "crates/aql-report/tests/data/pack";

#[test]
fn the_tree_of_an_event() {
    let why = |event: &str, format: &str| {
        let rule = ["--pack", PACK, "--rule", "store-created"];
        aql(&[&["why", "--event", event, "--format", format], &rule[..]].concat())
    };
    let run = why(&format!("{SYSMON}:9"), "text");
    assert_eq!(run.code, 1, "{}", run.err);
    insta::assert_snapshot!("match", run.out);
    let benign = "examples/evidence/benign/test1-copy-stores/WS-HR-02-sysmon.evtx:1";
    let run = why(benign, "text");
    assert_eq!(run.code, 0, "{}", run.err);
    insta::assert_snapshot!("no_match", run.out);
    insta::assert_snapshot!("no_match_json", why(benign, "json").out);
    let staged = ["why", "--pack", PACK, "--rule", "store-staged", "--event", benign];
    insta::assert_snapshot!("repaired", aql(&staged).out);
}

#[test]
fn the_funnel_of_a_run() {
    let rule = ["--pack", PACK, "--rule", "store-created"];
    let why = |more: &[&str]| aql(&[&["why"], &rule[..], more].concat());
    let run = why(&["examples/evidence"]);
    assert_eq!(run.code, 1, "{}", run.err);
    insta::assert_snapshot!("funnel", run.out);
    let hits = aql(&[&["hunt", "examples/evidence"], &rule[..]].concat()).json_lines();
    assert_eq!(json(&why(&["--format", "json", "examples/evidence"]))["matches"], hits.len());
    let run = why(&["examples/evidence/benign"]);
    assert_eq!(run.code, 0, "{}", run.err);
    insta::assert_snapshot!("funnel_of_nothing", run.out);
}

#[test]
fn the_number_of_threads_does_not_show_in_the_funnel() {
    let of = |threads| {
        aql(&["why", "--rule", "published-qradar", "--threads", threads, "examples/evidence"]).out
    };
    assert_eq!(of("1"), of("5"));
}

#[test]
fn a_query_is_explained_like_a_rule() {
    let query = "SELECT * FROM events WHERE \"Event ID\" = 11 AND username = 'nobody' LAST 1 DAYS";
    let run = aql(&["why", "--query", query, "--format", "json", SYSMON]);
    assert_eq!(run.code, 0, "{}", run.err);
    let document = json(&run);
    assert_eq!(document["tree"]["terms"][1]["died_here"], true, "{document:#}");
    let rule = "packs/t1114-email-collection/rules/mail-store-created.aql";
    let run = aql(&["why", "--query", rule, "examples/evidence"]);
    assert_eq!(run.code, 1, "{}", run.err);
}

#[test]
fn an_event_comes_from_standard_input() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("event.json");
    std::fs::write(&path, r##"{"Event":{"System":{"Provider":{"#attributes":{"Name":"Microsoft-Windows-Sysmon"}},"EventID":11,"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"PC","EventRecordID":7,"TimeCreated":{"#attributes":{"SystemTime":"2026-11-10T09:00:00.000Z"}}},"EventData":{"Image":"C:\\Windows\\System32\\cmd.exe","TargetFilename":"C:\\Temp\\a.pst"}}}"##)
        .expect("written");
    let open = || File::open(&path).expect("is there");
    let args = ["why", "--rule", "mail-store-created", "--event", "-"];
    let run = aql_with(&args, open());
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert!(run.out.contains(r"C:\Temp\a.pst"), "{}", run.out);
    let run = aql_with(&["why", "--rule", "mail-store-created", "--event", "-:9"], open());
    assert_eq!(run.code, 2, "{}", run.out);
}

#[test]
fn a_record_that_a_hunt_leaves_unread_is_named_so() {
    let run = why("ews-request-script-block", &format!("{SYSMON}:1"));
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("leaves this record out unread"), "{}", run.out);
}

#[test]
fn what_cannot_be_explained_is_said() {
    let fails = |run: Run, words: &[&str]| {
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{}", run.err);
        for word in words {
            assert!(run.err.contains(word), "no {word} in {}", run.err);
        }
    };
    fails(
        why("mail-store-create", &format!("{SYSMON}:1")),
        &[
            "there is no rule `mail-store-create` in t1114-email-collection",
            "did you mean `mail-store-created`",
        ],
    );
    fails(
        why("mail-store-created", &format!("{SYSMON}:9999")),
        &["there is no record 9999", "records 1 to"],
    );
    fails(why("mail-store-created", SYSMON), &["events; name one by its record", ".evtx:1`"]);
    fails(why("mail-store-created", "no/such.evtx:1"), &["`no/such.evtx` does not exist"]);
    let zip = "examples/evidence/benign/test4-forwarding-rule/case-export.zip";
    fails(
        why("mail-store-created", &format!("{zip}!/nothing.json:1")),
        &["did you mean `", "case-export.zip!/"],
    );
    assert!(root().join(zip).is_file());
    assert_eq!(aql(&["why", "--rule", "x"]).code, 2, "neither event nor evidence");
    assert_eq!(aql(&["why", SYSMON]).code, 2, "neither rule nor query");
}
