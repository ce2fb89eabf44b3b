//! Rules over the findings of other rules.

use std::path::Path;
use std::sync::Arc;

use aql_catalog::Catalog;
use aql_eval::Context;
use aql_ingest::{Evidence, Options};
use aql_pack::{Hunt, HuntOptions, HuntOutcome, Level, Pack, Tuning, iso_time};

use crate::support::{audit, folder};

/// Finds every record of an operation.
fn query(operation: &str) -> String {
    format!(
        "SELECT username AS Actor, \"Operation\" AS Operation, \"Object ID\" AS Target FROM events WHERE \"Operation\" = '{operation}' LAST 1 HOURS"
    )
}

fn correlation(text: &str) -> String {
    format!("level = \"high\"\n[correlation]\n{text}\n")
}

type Record<'a> = (&'a str, &'a str, &'a str, &'a str);

fn run_with(
    text: &str,
    records: &[Record<'_>],
    options: &HuntOptions,
    threads: usize,
) -> (Hunt, HuntOutcome) {
    let (a, b) = (query("A"), query("B"));
    let many = "SELECT username AS Actor, MIN(starttime) AS FirstTime, MAX(starttime) AS LastTime FROM events WHERE \"Operation\" = 'C' GROUP BY username LAST 1 HOURS";
    let rules = [
        ("a", a.as_str(), ""),
        ("b", b.as_str(), ""),
        ("groups", many, ""),
        ("both", "", &correlation(text)),
    ];
    let folder = folder(&rules, &[("audit.json", &audit(records))]);
    let pack = Pack::load(folder.path()).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let cx = Arc::new(Context::new(Catalog::get(), 0));
    let hunt = Hunt::prepare(&[pack], options, &cx).expect("prepared");
    let options = Options { threads, ..Options::default() };
    let (evidence, problems) = Evidence::open(&[folder.path().join("audit.json")], options);
    assert!(problems.is_empty(), "{problems:?}");
    let outcome = hunt.run(&evidence);
    (hunt, outcome)
}

/// What the correlation finds, as `time of day: records that it was made of`.
fn found(text: &str, records: &[Record<'_>]) -> Vec<String> {
    let options = HuntOptions { rules: vec!["both".into()], ..HuntOptions::default() };
    let (hunt, outcome) = run_with(text, records, &options, 1);
    for rule in hunt.rules() {
        assert!(rule.diagnostics.is_empty(), "{}: {:?}", rule.name, rule.diagnostics);
    }
    let shown = outcome.findings.iter().map(|finding| {
        assert_eq!(hunt.rules()[finding.rule].name, "both");
        assert_eq!((&finding.file, finding.record), (&None, None));
        let parts: Vec<String> = finding
            .made_of
            .iter()
            .map(|p| match p.finding.record {
                Some(record) => format!("{}{record}", p.rule),
                None => p.rule.clone(),
            })
            .collect();
        let time = iso_time(finding.time.expect("a time"));
        format!("{}: {}", &time[11..19], parts.join(" "))
    });
    shown.collect()
}

const SEQUENCE: &str =
    "kind = \"sequence\"\nrules = [\"a\", \"b\"]\nby = [\"Actor\"]\nwithin = \"10m\"";

#[test]
fn a_sequence_is_in_order_in_time_and_of_one_key() {
    let records = [
        ("10:00:00", "A", "alice", ""),
        ("10:01:00", "B", "bob", ""),
        ("10:10:00", "B", "alice", ""),
    ];
    assert_eq!(found(SEQUENCE, &records), ["10:10:00: a1 b3"]);
    // A second too late; the wrong order; another user.
    for records in [
        [("10:00:00", "A", "alice", ""), ("10:10:01", "B", "alice", "")],
        [("10:00:00", "B", "alice", ""), ("10:00:01", "A", "alice", "")],
        [("10:00:00", "A", "alice", ""), ("10:00:01", "B", "bob", "")],
    ] {
        assert_eq!(found(SEQUENCE, &records), [""; 0], "{records:?}");
    }
    // Logs of one second's resolution: both at once are in order.
    let at_once = [("10:00:00", "B", "alice", ""), ("10:00:00", "A", "alice", "")];
    assert_eq!(found(SEQUENCE, &at_once), ["10:00:00: a2 b1"]);
}

#[test]
fn a_sequence_takes_the_latest_beginning_and_each_finding_once() {
    let records = [
        ("10:00:00", "A", "alice", ""),
        ("10:08:00", "A", "alice", ""),
        ("10:15:00", "B", "alice", ""),
        ("10:16:00", "B", "alice", ""),
        ("10:17:00", "A", "alice", ""),
        ("10:18:00", "B", "alice", ""),
    ];
    assert_eq!(found(SEQUENCE, &records), ["10:15:00: a2 b3", "10:18:00: a5 b6"]);
}

#[test]
fn three_stages_span_the_window_together() {
    let text = SEQUENCE.replace("[\"a\", \"b\"]", "[\"a\", \"b\", \"a\"]");
    let records = |last| {
        [("10:00:00", "A", "alice", ""), ("10:05:00", "B", "alice", ""), (last, "A", "alice", "")]
    };
    assert_eq!(found(&text, &records("10:10:00")), ["10:10:00: a1 b2 a3"]);
    assert_eq!(found(&text, &records("10:10:01")), [""; 0]);
}

#[test]
fn a_count_is_of_findings_or_of_values() {
    let count = "kind = \"count\"\nrules = [\"a\", \"b\"]\nby = [\"Actor\"]\nwithin = \"10m\"\nat_least = 3";
    let target = |name: &str| format!("\"ObjectId\":\"{name}\"");
    let (x, y, z) = (target("x"), target("y"), target("z"));
    let records = [
        ("10:00:00", "A", "alice", x.as_str()),
        ("10:09:00", "B", "alice", &x),
        ("10:10:30", "A", "alice", &y),
        ("10:12:00", "A", "alice", &z),
        ("10:18:59", "A", "alice", &y),
        ("10:40:00", "A", "alice", &z),
        ("10:10:00", "A", "bob", &x),
    ];
    // The first window of ten minutes has two, that of the second finding four.
    assert_eq!(found(count, &records), ["10:18:59: b2 a3 a4 a5"]);
    let distinct = format!("{count}\ndistinct = \"Target\"");
    assert_eq!(found(&distinct, &records), ["10:18:59: b2 a3 a4 a5"]);
    let four = distinct.replace("at_least = 3", "at_least = 4");
    assert_eq!(found(&four, &records), [""; 0]);
    // Without a key all belong together.
    let all = count.replace("by = [\"Actor\"]\n", "").replace("at_least = 3", "at_least = 5");
    assert_eq!(found(&all, &records), ["10:18:59: b2 a7 a3 a4 a5"]);
}

#[test]
fn an_absence_is_known_only_as_far_as_the_evidence_goes() {
    let text = SEQUENCE.replace("sequence", "absence");
    let last = |time, operation| {
        [
            ("10:00:00", "A", "alice", ""),
            ("10:05:00", "B", "bob", ""),
            (time, operation, "alice", ""),
        ]
    };
    assert_eq!(found(&text, &last("10:10:00", "X")), ["10:00:00: a1"]);
    assert_eq!(found(&text, &last("10:09:59", "X")), [""; 0]);
    assert_eq!(found(&text, &last("10:10:00", "B")), [""; 0]);
    assert_eq!(found(&text, &last("10:10:01", "B")), ["10:00:00: a1"]);
}

#[test]
fn groups_take_part_with_their_times() {
    let text = SEQUENCE.replace("[\"a\", \"b\"]", "[\"a\", \"groups\"]");
    let records = [
        ("10:00:00", "A", "alice", ""),
        ("10:01:00", "C", "alice", ""),
        ("10:09:00", "C", "alice", ""),
    ];
    assert_eq!(found(&text, &records), ["10:09:00: a1 groups"]);
    let mut late = records;
    late[2].0 = "10:11:00";
    assert_eq!(found(&text, &late), [""; 0]);
}

#[test]
fn rules_that_were_not_chosen_work_silently() {
    let records = [("10:00:00", "A", "alice", ""), ("10:01:00", "B", "alice", "")];
    let options = HuntOptions { level: Some(Level::High), ..HuntOptions::default() };
    let (hunt, outcome) = run_with(SEQUENCE, &records, &options, 1);
    let names: Vec<&str> =
        outcome.findings.iter().map(|f| hunt.rules()[f.rule].name.as_str()).collect();
    assert_eq!(names, ["both"]);
    let (hunt, outcome) = run_with(SEQUENCE, &records, &HuntOptions::default(), 1);
    let names: Vec<&str> =
        outcome.findings.iter().map(|f| hunt.rules()[f.rule].name.as_str()).collect();
    assert_eq!(names, ["a", "b", "both"]);
    let finding = &outcome.findings[2];
    assert_eq!(finding.user.as_deref(), Some("alice"));
    assert_eq!(finding.json(&hunt.rules()[finding.rule])["made_of"][1]["rule"], "b");
    assert_eq!(
        finding.why,
        ["a then b within 10m, from 2026-11-11T10:00:00.000Z to 2026-11-11T10:01:00.000Z"]
    );
}

#[test]
fn what_is_suppressed_takes_no_part() {
    let records = [("10:00:00", "A", "alice", ""), ("10:01:00", "B", "alice", "")];
    let suppress = |rule: &str| {
        let text = format!(
            "[[suppress]]\nrule = \"{rule}\"\nwhere = {{ Actor = \"alice\" }}\nreason = \"r\"\nowner = \"o\"\nexpires = \"2999-01-01\"\n"
        );
        let tunings = vec![Tuning::parse("site.toml", &text).expect("a tuning")];
        let (_, outcome) =
            run_with(SEQUENCE, &records, &HuntOptions { tunings, ..HuntOptions::default() }, 1);
        (outcome.findings.len(), outcome.suppressed.len())
    };
    assert_eq!(suppress("a"), (1, 1));
    assert_eq!(suppress("both"), (2, 1));
}

#[test]
fn the_number_of_threads_makes_no_difference() {
    let times: Vec<String> =
        (0..600).map(|i| format!("10:{:02}:{:02}", i / 60 % 60, i % 60)).collect();
    let records: Vec<Record<'_>> = times
        .iter()
        .enumerate()
        .map(|(i, time)| {
            let (operation, user) = (["A", "B", "C"][i % 3], ["alice", "bob"][i % 2]);
            (time.as_str(), operation, user, "")
        })
        .collect();
    let shown = |threads| -> Vec<_> {
        let (_, outcome) = run_with(SEQUENCE, &records, &HuntOptions::default(), threads);
        let each = outcome.findings.into_iter();
        each.map(|f| (f.rule, f.time, f.record, f.fields, f.made_of.len())).collect()
    };
    let one = shown(1);
    assert!(one.len() > 400);
    assert_eq!(one, shown(4));
}

#[test]
fn a_correlation_that_cannot_work_is_left_out_with_the_reason() {
    let text = SEQUENCE.replace("\"Actor\"", "\"Host\"");
    let (hunt, _) = run_with(&text, &[("10:00:00", "A", "alice", "")], &HuntOptions::default(), 1);
    let rule = hunt.rules().iter().find(|rule| rule.name == "both").expect("the rule");
    assert!(rule.is_left_out());
    let messages: Vec<&str> = rule.diagnostics.iter().map(|d| d.message.as_str()).collect();
    assert_eq!(messages, ["rule `a` selects no `Host`", "rule `b` selects no `Host`"]);

    // A group has no user, and this one no times.
    let groups = "SELECT username AS Actor FROM events GROUP BY username LAST 1 HOURS";
    let rules = [
        ("groups", groups, ""),
        ("broken", "SELECT x FROM offenses LAST 1 HOURS", ""),
        (
            "both",
            "",
            &*correlation(
                "kind = \"sequence\"\nrules = [\"groups\", \"broken\"]\nby = [\"user\"]\nwithin = \"1m\"",
            ),
        ),
    ];
    let pack = Pack::load(folder(&rules, &[]).path()).expect("a good pack");
    let cx = Arc::new(Context::new(Catalog::get(), 0));
    let hunt = Hunt::prepare(&[pack], &HuntOptions::default(), &cx).expect("prepared");
    let rule = hunt.rules().iter().find(|rule| rule.name == "both").expect("the rule");
    let messages: Vec<&str> = rule.diagnostics.iter().map(|d| d.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "rule `groups` selects no `user`",
            "rule `groups` groups events and selects no `FirstTime` and `LastTime`, so its findings have no time",
            "it reads rule `broken`, which is left out",
        ]
    );
}

#[test]
fn what_is_wrong_with_a_correlation_is_told() {
    let a = query("A");
    let load = |text: &str| {
        let rules = [("a", a.as_str(), ""), ("both", "", &correlation(text))];
        let folder = folder(&rules, &[]);
        Pack::load(folder.path()).map(|_| ()).map_err(|p| p[0].message.clone())
    };
    for (text, expected) in [
        ("kind = \"sequence\"\nrules = [\"a\"]\nwithin = \"1m\"", "needs two `rules`"),
        (
            "kind = \"sequence\"\nrules = [\"a\", \"x\"]\nwithin = \"1m\"",
            "rule `x`, which the pack does not have",
        ),
        (
            "kind = \"sequence\"\nrules = [\"a\", \"both\"]\nwithin = \"1m\"",
            "which is a correlation itself",
        ),
        ("kind = \"sequence\"\nrules = [\"a\", \"a\"]\nwithin = \"1w\"", "`1w` is no span of time"),
        ("kind = \"count\"\nrules = [\"a\"]\nwithin = \"1m\"", "a count needs `at_least`"),
        (
            "kind = \"count\"\nrules = [\"a\"]\nwithin = \"1m\"\nat_least = 1",
            "a count needs `at_least`",
        ),
        (
            "kind = \"absence\"\nrules = [\"a\", \"a\"]\nwithin = \"1m\"\nat_least = 2",
            "belong to a count",
        ),
    ] {
        let message = load(text).expect_err(expected);
        assert!(message.contains(expected), "{expected}: {message}");
    }
    let rules = [
        (
            "a",
            a.as_str(),
            &*correlation("kind = \"count\"\nrules = [\"b\"]\nwithin = \"1m\"\nat_least = 2"),
        ),
        ("b", a.as_str(), ""),
    ];
    let problems = Pack::load(Path::new(folder(&rules, &[]).path())).expect_err("two halves");
    assert!(problems[0].message.contains("one is too many"), "{problems:?}");
}
