//! `aql query`.

use crate::support::aql;

const PUBLISHED: &str = "packs/t1114-email-collection/rules/published-qradar.aql";

#[test]
fn the_published_query_finds_the_files_of_test_1() {
    for profile in ["ibm", "raw"] {
        let run = aql(&["query", "--profile", profile, "--file", PUBLISHED, "examples/evidence"]);
        assert_eq!(run.code, 0, "{}", run.err);
        let rows = run.json_lines();
        assert_eq!(rows.len(), 3, "{profile}: {}", run.out);
        for row in &rows {
            let file = row["TargetFile"].as_str().expect("a file");
            assert!(file.to_lowercase().ends_with("st"), "{file}");
            assert!(row["ProcessImage"].as_str().expect("a process").ends_with("powershell.exe"));
        }
        // Newest first.
        assert!(rows[0]["EventTime"].as_str() >= rows[2]["EventTime"].as_str());
        for code in ["AQL004", "AQL110", "AQL111", "AQL112", "AQL114"] {
            assert!(run.err.contains(code), "{code} is missing: {}", run.err);
        }
        // The log's own names are those of profile raw.
        assert_eq!(run.err.contains("AQL113"), profile == "ibm", "{}", run.err);
    }
}

#[test]
fn strict_refuses_the_published_query_at_order_by() {
    let run = aql(&["query", "--strict", "--file", PUBLISHED, "examples/evidence"]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.contains("error[AQL004]"), "{}", run.err);
    assert!(run.err.contains(":52:1"), "{}", run.err);
}

#[test]
fn layouts() {
    let query = "SELECT username AS who, COUNT(*) AS n FROM events GROUP BY username ORDER BY n DESC, who LIMIT 2";
    let jsonl = aql(&["query", "--format", "jsonl", query, "examples/evidence/benign"]);
    let csv = aql(&["query", "--format", "csv", query, "examples/evidence/benign"]);
    let json = aql(&["query", "--format", "json", query, "examples/evidence/benign"]);
    let table = aql(&["query", "--format", "table", query, "examples/evidence/benign"]);
    assert_eq!(jsonl.out.lines().count(), 2, "{}", jsonl.err);
    assert_eq!(csv.out.lines().next(), Some("who,n"));
    assert_eq!(csv.out.lines().count(), 3);
    let whole: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!(whole["events"].as_array().map(Vec::len), Some(2));
    // Aggregates are doubles, as on the appliance.
    assert!(whole["events"][0]["n"].is_f64());
    assert!(table.out.contains("who"));
}

#[test]
fn a_window_without_events_reads_everything_unless_told() {
    let query = "SELECT COUNT(*) AS n FROM events LAST 24 HOURS";
    let paths = "examples/evidence/test1-copy-stores";
    let now = "2020-01-01 00:00";
    let told = aql(&["query", "--now", now, query, paths]);
    assert_eq!(told.json_lines()[0]["n"], 0.0);
    assert!(told.err.contains("AQL127"), "{}", told.err);
    let auto = aql(&["query", query, paths]);
    assert_eq!(auto.json_lines()[0]["n"], 21.0);
    assert!(auto.err.contains("all of the evidence was read"), "{}", auto.err);
    let newest = aql(&["query", "--now", "newest", query, paths]);
    assert_eq!(newest.json_lines()[0]["n"], 21.0, "{}", newest.err);
    let all = aql(&["query", "--all-time", query, paths]);
    assert_eq!(all.json_lines()[0]["n"], 21.0);
}

#[test]
fn provenance_can_be_selected() {
    let query = "SELECT \"aql.file\", \"aql.record\", \"aql.format\", \"File Path\" FROM events WHERE \"File Path\" ILIKE '%\\email_staging\\%' ORDER BY starttime";
    let run = aql(&["query", query, "examples/evidence"]);
    let rows = run.json_lines();
    assert!(!rows.is_empty(), "{}", run.err);
    assert_eq!(rows[0]["aql.format"], "evtx");
    assert!(rows[0]["aql.file"].as_str().expect("a file").ends_with("WS-FIN-07-sysmon.evtx"));
}

#[test]
fn a_query_that_cannot_run_says_why() {
    let run = aql(&["query", "SELECT a FROM offenses LAST 1 HOURS", "examples/evidence"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("error[AQL105]: there is no database `offenses`"), "{}", run.err);
    let deep = format!("SELECT {}1 FROM events", "(".repeat(10_000));
    let run = aql(&["query", &deep, "examples/evidence"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("AQL024"), "{}", run.err);
}

#[test]
fn output_goes_to_a_file_that_appears_when_it_is_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("rows.jsonl");
    std::fs::write(&out, "a line of an earlier run\n").expect("a file");
    let query = "SELECT UTF8(payload) AS line FROM events LAST 1 DAYS";
    let place = folder.path().to_str().expect("UTF-8");
    let target = out.to_str().expect("UTF-8");
    // The old file is evidence; the new one takes its place in the end.
    let run = aql(&["query", "-o", target, query, place]);
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{}", run.err);
    let text = std::fs::read_to_string(&out).expect("rows");
    assert_eq!(text, "{\"line\":\"a line of an earlier run\"}\n");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
}

#[test]
fn explain_has_a_page_for_every_code() {
    let list = aql(&["explain"]);
    for line in list.out.lines() {
        let code = line.split_whitespace().next().expect("a code");
        let page = aql(&["explain", code]);
        assert_eq!(page.code, 0);
        assert!(page.out.starts_with(&format!("# {code}: ")), "{}", page.out);
    }
    assert_eq!(aql(&["explain", "AQL999"]).code, 2);
}

#[test]
fn the_execution_time_limit_ends_a_query() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("events.jsonl");
    let line = |i: usize| {
        format!(
            "{{\"EventID\":{},\"Channel\":\"Security\",\"SourceName\":\"x\",\"EventTime\":\"2026-11-01 08:00:00\"}}\n",
            4624 + i % 7
        )
    };
    std::fs::write(&path, (0..20_000).map(line).collect::<String>()).expect("evidence");
    let path = path.to_str().expect("UTF-8");
    let queries = [
        "SELECT qideventid FROM events",
        "SELECT COUNT(*) AS n FROM events GROUP BY qideventid",
        "SELECT COUNT(*) AS n FROM events WHERE qideventid IN (SELECT qideventid FROM events)",
        "SELECT sessionid FROM events SESSION BY starttime qideventid",
    ];
    for query in queries {
        // One millisecond is over before the first record is read.
        let limited = format!("{query} PARAMETERS EXECUTIONTIMELIMIT=1");
        let run = aql(&["query", "--all-time", "--format", "jsonl", &limited, path]);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{query}: {}", run.err);
        assert!(run.err.contains("error[RUN001]"), "{query}: {}", run.err);
        assert!(run.err.contains("limit of 1 ms"), "{query}: {}", run.err);
    }
    let generous = "SELECT COUNT(*) AS n FROM events PARAMETERS EXECUTIONTIMELIMIT=3600000";
    let run = aql(&["query", "--all-time", "--format", "jsonl", generous, path]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(run.json_lines()[0]["n"], 20_000.0);
    let wrong = "SELECT COUNT(*) AS n FROM events PARAMETERS EXECUTIONTIMELIMIT='soon'";
    let run = aql(&["query", "--all-time", "--format", "jsonl", wrong, path]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("AQL129"), "{}", run.err);
}

#[test]
fn a_megabyte_of_query_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("long.aql");
    let terms: Vec<String> = (0..12_000)
        .map(|i| format!("\"Process Path\" ILIKE '%\\a-folder-of-no-one\\number-{i:07}\\tool.exe'"))
        .collect();
    let text =
        format!("SELECT COUNT(*) AS n FROM events WHERE {} LAST 24 HOURS", terms.join(" OR "));
    assert!(text.len() > 1 << 19);
    std::fs::write(&file, text).expect("a query");
    let file = file.to_str().expect("UTF-8");
    let run = aql(&[
        "query",
        "--all-time",
        "--format",
        "jsonl",
        "--file",
        file,
        "examples/evidence/benign",
    ]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(run.json_lines()[0]["n"], 0.0);
}

/// An empty database still answers with its columns, and says why it is empty.
#[test]
fn flows_have_columns_and_no_rows() {
    let run = aql(&[
        "query",
        "--format",
        "csv",
        "--all-time",
        "SELECT * FROM flows",
        "examples/evidence/test1-copy-stores",
    ]);
    assert_eq!(
        run.out,
        "applicationid,category,destinationbytes,destinationflags,destinationip,\
         destinationpackets,destinationport,firstpackettime,flowtype,lastpackettime,protocolid,\
         qid,sourcebytes,sourceflags,sourceip,sourcepackets,sourceport\n"
    );
    assert!(run.err.contains("[RUN005]"), "{}", run.err);
}
