//! `aql emulate`: what it writes, and what it says about what it cannot write.

use crate::support::{Run, aql};

const TIME: &str = "--time=2026-11-10 09:14";

fn emulate(args: &[&str]) -> Run {
    let mut all = vec!["emulate"];
    all.extend(args);
    aql(&all)
}

#[test]
fn tests_and_formats_are_listed() {
    let run = emulate(&["--list"]);
    assert_eq!(run.code, 0, "{}", run.err);
    for name in ["copy-stores ", "forwarding-rule-benign ", "windows-xml ", "defender-stream "] {
        assert!(run.out.lines().any(|l| l.trim_start().starts_with(name)), "{name}: {}", run.out);
    }
}

#[test]
fn a_test_is_shown_with_its_steps_and_clean_up() {
    let run = emulate(&["--show", "atomic-forwarding-rule"]);
    assert_eq!(run.code, 0, "{}", run.err);
    for part in [
        "Atomic Red Team: 3234117e-151d-4254-9150-3d0bac41e38c",
        "benign twin: forwarding-rule-benign",
        "To run it (aql runs nothing):",
        "To clean up",
        "audit: New-InboxRule",
    ] {
        assert!(run.out.contains(part), "{part}: {}", run.out);
    }
}

#[test]
fn the_scene_is_that_of_the_flags_and_the_seed_decides_the_rest() {
    let args = [
        "ews",
        "--format=o365-jsonl",
        TIME,
        "--user=lee.gu",
        "--domain=fabrikam.example",
        "--client=203.0.113.9",
        "--quiet",
    ];
    let run = emulate(&args);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let records = run.json_lines();
    assert_eq!(records.len(), 2);
    assert_eq!(records[1]["UserId"], "lee.gu@fabrikam.example");
    assert_eq!(records[1]["ClientIPAddress"], "203.0.113.9");
    assert_eq!(records[1]["CreationTime"], "2026-11-10T09:14:04");
    assert_eq!(emulate(&args).out, run.out);
    let other: Vec<&str> = args.into_iter().chain(["--seed=2"]).collect();
    assert_ne!(emulate(&other).json_lines()[1]["Id"], records[1]["Id"]);
}

#[test]
fn without_a_time_it_happened_an_hour_ago() {
    let run = emulate(&["copy-stores", "--format=windows-xml", "--quiet"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("events.xml");
    std::fs::write(&path, &run.out).expect("written");
    let query = "SELECT COUNT(*) AS n FROM events LAST 2 HOURS";
    let run = aql(&["query", "--now=wall", "--format=jsonl", query, &path.to_string_lossy()]);
    assert_eq!(run.json_lines()[0]["n"], 11.0, "{} {}", run.out, run.err);
}

#[test]
fn events_that_the_format_does_not_carry_are_named() {
    let run = emulate(&["ews", "--format=o365-json", TIME]);
    assert_eq!(run.code, 0);
    assert_eq!(
        run.err.trim(),
        "ews: 5 of 7 events are left out, which `o365-json` does not carry: 1 connection (sysmon, \
         defender), 1 file-created (sysmon, defender), 1 name-lookup (sysmon), 1 process-created \
         (sysmon, security, defender), 1 script-block (powershell)"
    );
    let run = emulate(&["copy-stores", "--format=o365-json", TIME]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(
        run.err
            .contains("copy-stores: no event can be written: `o365-json` carries records of o365"),
        "{}",
        run.err
    );
}

#[test]
fn what_does_not_exist_is_named_with_what_is_like_it() {
    for (args, message) in [
        (["copy-store", "--format=nxlog"], "there is no test `copy-store`; is it `copy-stores`?"),
        (["ews", "--format=nxlogs"], "there is no format `nxlogs`; is it `nxlog`?"),
        (["none.toml", "--format=nxlog"], "none.toml: cannot be read"),
        (["ews", "--format=nxlog --host"], "there is no format"),
    ] {
        let run = emulate(&args);
        assert_eq!(run.code, 2);
        assert!(run.err.contains(message), "{}", run.err);
    }
    let run = emulate(&["ews", "--format=nxlog", "--host=a.b"]);
    assert!(run.err.contains("host `a.b`: a computer name has"), "{}", run.err);
    let run = emulate(&["ews", "--format=nxlog", "--time=yesterday"]);
    assert!(run.err.contains("`yesterday` is not a time"), "{}", run.err);
    let run = emulate(&["ews", "--format=nxlog", "--noise=1e9"]);
    assert!(run.err.contains("noise `1000000000`: write events a minute"), "{}", run.err);
}

#[test]
fn the_truth_says_which_record_is_of_which_event() {
    let folder = tempfile::tempdir().expect("a folder");
    let (records, truth) = (folder.path().join("events.jsonl"), folder.path().join("truth.tsv"));
    let run = emulate(&[
        "forwarding-rule",
        "--format=nxlog",
        TIME,
        "--noise=5",
        "--output",
        &records.to_string_lossy(),
        "--truth",
        &truth.to_string_lossy(),
    ]);
    assert_eq!(run.code, 0, "{}", run.err);
    let lines: Vec<String> =
        std::fs::read_to_string(records).expect("records").lines().map(str::to_owned).collect();
    let truth = std::fs::read_to_string(truth).expect("truth");
    let rows: Vec<Vec<&str>> = truth.lines().skip(1).map(|l| l.split('\t').collect()).collect();
    assert_eq!(rows.len(), 4);
    assert!(lines.len() > 50, "{}", lines.len());
    for row in rows {
        let line = &lines[row[0].parse::<usize>().expect("a number") - 1];
        let process = if row[5] == "connection" { "powershell.exe" } else { "New-InboxRule" };
        assert!(line.contains(process), "{row:?}: {line}");
    }
}

#[test]
fn a_test_of_ones_own_is_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mine.toml");
    let text = "title = 'mine'\nkind = 'benign'\ndescription = ''\n[[event]]\naction = 'logon'\n";
    std::fs::write(&path, text).expect("written");
    let run = emulate(&[&path.to_string_lossy(), "--format=evtx-dump-json", TIME]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(run.json_lines()[0]["Event"]["System"]["EventID"], 4624);
    std::fs::write(&path, text.replace("logon", "teleport")).expect("written");
    let run = emulate(&[&path.to_string_lossy(), "--format=evtx-dump-json", TIME]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("mine, event 1: no source records `teleport`"), "{}", run.err);
}
