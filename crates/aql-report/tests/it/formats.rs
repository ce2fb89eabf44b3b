//! Every format: what it looks like, and that it is what others will accept.

use std::collections::BTreeSet;

use aql_pack::Finding;
use aql_report::{Format, Report};
use serde_json::Value;

use crate::support::{Hunted, write};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(json).collect()
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[test]
fn the_formats_as_they_are() {
    let hunted = Hunted::examples("test4-forwarding-rule");
    insta::assert_snapshot!("csv", hunted.text(Format::Csv));
    insta::assert_snapshot!("markdown", hunted.text(Format::Markdown));
    insta::assert_snapshot!("navigator", hunted.text(Format::Navigator));
    insta::assert_snapshot!("sarif", hunted.text(Format::Sarif));
    insta::assert_snapshot!("timesketch", hunted.text(Format::Timesketch));
}

#[test]
fn a_finding_as_json_has_always_the_keys_of_its_schema() {
    let hunted = Hunted::bundled();
    let findings = lines(&hunted.text(Format::Jsonl));
    assert_eq!(findings.len(), hunted.outcome.findings.len());
    assert!(findings.len() > 20);
    for finding in &findings {
        assert_eq!(
            keys(finding),
            [
                "time",
                "level",
                "rule",
                "rule_id",
                "title",
                "attack",
                "host",
                "user",
                "source_ip",
                "file",
                "record",
                "format",
                "fields",
                "why",
                "made_of"
            ]
        );
        for key in ["level", "rule", "rule_id", "title"] {
            assert!(finding[key].is_string(), "{key} of {finding}");
        }
        for key in ["time", "host", "user", "source_ip", "file", "format"] {
            assert!(finding[key].is_string() || finding[key].is_null(), "{key} of {finding}");
        }
        assert!(finding["record"].is_i64() || finding["record"].is_null());
        assert!(finding["fields"].is_object());
        assert!(finding["why"].as_array().expect("why").iter().all(Value::is_string));
        let attack = finding["attack"].as_array().expect("attack");
        assert!(!attack.is_empty() && attack.iter().all(|a| keys(a) == ["id", "version"]));
    }
    let documented = include_str!("../../../../docs/findings.md");
    for key in keys(&findings[0]) {
        assert!(documented.contains(&format!("`{key}`")), "docs/findings.md does not say `{key}`");
    }
}

#[test]
fn csv_has_a_row_per_finding_and_no_cell_that_is_a_formula() {
    let mut hunted = Hunted::examples("test4-forwarding-rule");
    let first = hunted.outcome.findings.first_mut().expect("a finding");
    first.user = Some("=HYPERLINK(\"http://e\")".into());
    first.host = Some("a,b\n\"c\"".into());
    let text = hunted.text(Format::Csv);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(|r| r.expect("a row")).collect();
    assert_eq!(rows.len(), hunted.outcome.findings.len());
    assert_eq!(&rows[0][7], "'=HYPERLINK(\"http://e\")");
    assert_eq!(&rows[0][6], "a,b\n\"c\"");
    let formula = |cell: &str| cell.trim_start().starts_with(['=', '+', '-', '@']);
    assert!(!rows.iter().flatten().any(formula));
}

#[test]
fn timesketch_gets_what_it_asks_for() {
    let mut hunted = Hunted::examples("");
    let group = Finding { time: None, ..hunted.outcome.findings[0].clone() };
    hunted.outcome.findings.push(group);
    let (text, remarks) = write(&hunted.report(), Format::Timesketch);
    assert_eq!(remarks.without_time, 1, "a group has no place in a timeline, and that is said");
    let events = lines(&text);
    assert_eq!(events.len(), hunted.outcome.findings.len() - 1);
    for event in &events {
        assert!(event["message"].as_str().is_some_and(|m| !m.is_empty()));
        assert!(event["timestamp_desc"].is_string());
        let datetime: jiff::Timestamp =
            event["datetime"].as_str().expect("a time").parse().expect("ISO 8601");
        assert_eq!(event["timestamp"], datetime.as_microsecond());
        assert!(event["tag"].as_array().is_some_and(|t| t.iter().all(Value::is_string)));
    }
}

#[test]
fn a_layer_has_the_keys_that_the_navigator_requires() {
    let hunted = Hunted::examples("");
    let layer = json(&hunted.text(Format::Navigator));
    // Layer format 4.5: required are name, versions.layer and domain; of a technique its id.
    assert!(layer["name"].is_string());
    assert_eq!(layer["domain"], "enterprise-attack");
    assert_eq!(layer["versions"]["layer"], "4.5");
    assert_eq!(layer["versions"]["attack"], "18", "as the pack says");
    let techniques = layer["techniques"].as_array().expect("techniques");
    let ids: BTreeSet<&str> = techniques.iter().filter_map(|t| t["techniqueID"].as_str()).collect();
    assert_eq!(ids.len(), techniques.len(), "each technique once");
    for id in ["T1114.001", "T1114.002", "T1114.003"] {
        assert!(ids.contains(id), "{ids:?}");
    }
    let highest = layer["gradient"]["maxValue"].as_i64().expect("a number");
    assert!(
        techniques.iter().all(|t| (0..=highest).contains(&t["score"].as_i64().expect("score")))
    );
    let scored: BTreeSet<_> = hunted
        .outcome
        .findings
        .iter()
        .flat_map(|f| &hunted.hunt.rules()[f.rule].facts.attack)
        .map(|a| a.id.as_str())
        .collect();
    for technique in techniques {
        let id = technique["techniqueID"].as_str().expect("an id");
        assert_eq!(technique["score"].as_i64() > Some(0), scored.contains(id), "{id}");
    }
    assert!(
        techniques
            .iter()
            .flat_map(|t| t["metadata"].as_array().expect("metadata"))
            .all(|m| m["name"].is_string() && m["value"].is_string())
    );
}

/// The rules of the SARIF 2.1.0 schema and standard that matter to who reads the log.
fn check_sarif(log: &Value) {
    assert_eq!(log["version"], "2.1.0");
    assert!(log["$schema"].as_str().is_some_and(|s| s.ends_with("sarif-2.1.0.json")));
    let run = &log["runs"][0];
    let driver = &run["tool"]["driver"];
    assert!(driver["name"].is_string(), "3.18.8 / 3.19.8");
    let rules = driver["rules"].as_array().expect("rules");
    let ids: BTreeSet<&str> = rules.iter().map(|r| r["id"].as_str().expect("3.49.3")).collect();
    assert_eq!(ids.len(), rules.len(), "rule ids are unique");
    let is_guid = |v: &Value| {
        v.as_str()
            .is_some_and(|s| s.len() == 36 && s.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-'))
    };
    let taxa = run["taxonomies"][0]["taxa"].as_array().expect("taxa");
    for rule in rules {
        assert!(is_guid(&rule["guid"]), "{rule}");
        for text in ["shortDescription", "fullDescription", "help"] {
            assert!(rule[text]["text"].is_string(), "3.12.3: {rule}");
        }
        check_level(&rule["defaultConfiguration"]["level"]);
        for relationship in rule["relationships"].as_array().expect("relationships") {
            let target = &relationship["target"];
            let index = usize::try_from(target["index"].as_u64().expect("index")).expect("fits");
            assert_eq!(taxa[index]["id"], target["id"], "3.52.5");
        }
    }
    let artifacts = run["artifacts"].as_array().expect("artifacts");
    for result in run["results"].as_array().expect("results") {
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("index")).expect("fits");
        assert_eq!(rules[index]["id"], result["ruleId"], "3.27.6");
        check_level(&result["level"]);
        assert_eq!(result["kind"], "fail", "3.27.9: with a level other than none");
        assert!(result["message"]["text"].as_str().is_some_and(|t| !t.is_empty()), "3.11.8");
        for location in result["locations"].as_array().into_iter().flatten() {
            let artifact = &location["physicalLocation"]["artifactLocation"];
            let uri = artifact["uri"].as_str().expect("a uri");
            assert!(!uri.contains(' ') && !uri.contains('\\') && uri.is_ascii(), "{uri}");
            if let Some(index) = artifact["index"].as_u64() {
                let index = usize::try_from(index).expect("fits");
                assert_eq!(artifacts[index]["location"]["uri"], uri, "3.4.5");
            }
        }
        let hash = result["partialFingerprints"]["findingHash/v1"].as_str().expect("a hash");
        assert_eq!(hash.len(), 64);
    }
    for invocation in run["invocations"].as_array().expect("invocations") {
        assert!(invocation["executionSuccessful"].is_boolean(), "3.20.14");
        for kind in ["toolExecutionNotifications", "toolConfigurationNotifications"] {
            for notification in invocation[kind].as_array().expect("a list") {
                assert!(notification["message"]["text"].is_string(), "3.58.5");
                check_level(&notification["level"]);
            }
        }
    }
}

fn check_level(level: &Value) {
    assert!(
        ["none", "note", "warning", "error"].contains(&level.as_str().unwrap_or("")),
        "{level}"
    );
}

#[test]
fn the_sarif_log_follows_the_standard() {
    let hunted = Hunted::bundled();
    let log = json(&hunted.text(Format::Sarif));
    check_sarif(&log);
    let results = log["runs"][0]["results"].as_array().expect("results");
    assert_eq!(results.len(), hunted.outcome.findings.len());
    let hashes: BTreeSet<&str> = results
        .iter()
        .map(|r| r["partialFingerprints"]["findingHash/v1"].as_str().expect("a hash"))
        .collect();
    assert_eq!(hashes.len(), results.len(), "two findings are never taken for one");
    let none = Report { findings: &[], ..hunted.report() };
    check_sarif(&json(&write(&none, Format::Sarif).0));
}

#[test]
fn what_is_found_cannot_become_markdown() {
    let mut hunted = Hunted::examples("test4-forwarding-rule");
    let first = hunted.outcome.findings.first_mut().expect("a finding");
    first.user = Some("a | b\n# not a heading\n<img src=x> `x` [y](http://e)".into());
    let page = hunted.text(Format::Markdown);
    assert!(page.contains("| user | ``a \\| b # not a heading <img src=x> `x` [y](http://e)`` |"));
    assert!(!page.lines().any(|line| line.starts_with("# not")));
    let rows = page.lines().filter(|line| line.starts_with('|'));
    for row in rows {
        assert!(row.ends_with('|'), "{row}");
    }
}

#[test]
fn nothing_found_is_a_report_too() {
    let hunted = Hunted::examples("benign/test2-outlook-com");
    assert!(hunted.outcome.findings.is_empty());
    assert_eq!(hunted.text(Format::Jsonl), "");
    assert_eq!(hunted.text(Format::Csv).lines().count(), 1, "the header");
    assert!(hunted.text(Format::Markdown).contains("Nothing was found."));
    let layer = json(&hunted.text(Format::Navigator));
    assert!(layer["techniques"].as_array().expect("a list").iter().all(|t| t["score"] == 0));
    let page = hunted.text(Format::Html);
    assert!(page.contains("Nothing was found by"));
}
