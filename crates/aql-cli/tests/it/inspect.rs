//! `aql inspect`.

use serde_json::Value;

use crate::support::aql;

fn document(args: &[&str]) -> Value {
    let mut all = vec!["inspect", "--format", "json", "--quiet"];
    all.extend(args);
    let run = aql(&all);
    assert_eq!(run.code, 0, "{}", run.err);
    serde_json::from_str(&run.out).unwrap_or_else(|e| panic!("{e}: {}", run.out))
}

fn list<'v>(value: &'v Value, key: &str) -> &'v Vec<Value> {
    value.get(key).and_then(Value::as_array).expect("a list")
}

/// What is said of a file agrees with what a query over it counts.
#[test]
fn counts_agree_with_a_query() {
    let document = document(&["examples/evidence"]);
    let run = aql(&[
        "query",
        "--all-time",
        "--format",
        "jsonl",
        "SELECT \"aql.file\" AS f, COUNT(*) AS n, MIN(starttime) AS a FROM events GROUP BY \"aql.file\"",
        "examples/evidence",
    ]);
    let rows = run.json_lines();
    let files = list(&document, "files");
    assert_eq!(files.len(), rows.len());
    for row in rows {
        let file = files.iter().find(|f| f["file"] == row["f"]).expect("the file is listed");
        assert_eq!(file["records"].as_f64(), row["n"].as_f64(), "{}", row["f"]);
        let kinds: u64 = list(file, "kinds").iter().filter_map(|k| k["events"].as_u64()).sum();
        assert_eq!(Some(kinds), file["records"].as_u64());
    }
}

/// A rule is observable exactly where the kind of event it selects was met.
#[test]
fn rules_are_observable_where_their_events_are() {
    let all = document(&["examples/evidence"]);
    let observable = |document: &Value, name: &str| {
        let rules = list(document, "rules");
        rules.iter().find(|r| r["rule"] == name).map(|r| r["observable"].clone())
    };
    assert_eq!(observable(&all, "inbox-rule-forwards"), Some(Value::Bool(true)));
    let office = document(&["crates/aql-ingest/tests/data/o365.jsonl"]);
    assert_eq!(observable(&office, "inbox-rule-forwards"), Some(Value::Bool(true)));
    assert_eq!(observable(&office, "mapi-library-loaded"), Some(Value::Bool(false)));
    let text = aql(&["inspect", "crates/aql-ingest/tests/data/o365.jsonl"]);
    assert!(
        text.out.contains("not observable: this evidence has none of: Windows"),
        "{}",
        text.out
    );
}

/// The number of threads changes nothing.
#[test]
fn threads_change_nothing() {
    let one = aql(&["inspect", "--format", "json", "--threads", "1", "examples/evidence"]);
    let four = aql(&["inspect", "--format", "json", "--threads", "4", "examples/evidence"]);
    assert_eq!(one.out, four.out);
}
