//! Parameters, tunings and suppressions.

use std::fs;
use std::sync::Arc;

use aql_catalog::Catalog;
use aql_diag::Diagnostic;
use aql_eval::{Context, SiteData};
use aql_ingest::{Evidence, Options};
use aql_pack::{Hunt, HuntOptions, HuntOutcome, Pack, Tuning};
use tempfile::TempDir;

use crate::support::{audit, folder, write};

const ALLOWED: &str = r#"SELECT username AS Actor, "Operation" AS Operation FROM events
WHERE NOT REFERENCESETCONTAINS('Allowed Users', username) LAST 1 HOURS"#;
const MAPPED: &str =
    "SELECT username AS Actor, REFERENCEMAP('Owner of', username) AS Owner FROM events
WHERE REFERENCEMAP('Owner of', username) IS NOT NULL LAST 1 HOURS";
const PAIRS: &str = "SELECT username AS Actor FROM events
WHERE REFERENCEMAPSETCONTAINS('Delegates', username, \"Operation\") LAST 1 HOURS";

const SET: &str = r#"
[[parameters]]
name = "UserContext"
kind = "set"
reference = "Allowed Users"
element_type = "ALNIC"
description = "Users that may"
default = ["Alice"]
"#;
const MAP: &str = r#"
[[parameters]]
name = "Owners"
kind = "map"
reference = "Owner of"
description = ""
default = { bob = "carol" }
"#;
const SETS: &str = r#"
[[parameters]]
name = "Delegates"
kind = "map_of_sets"
reference = "Delegates"
description = ""
default = { alice = ["Set-Mailbox", "Other"] }
"#;

fn pack() -> TempDir {
    let evidence = audit(&[
        ("10:00:00", "New-InboxRule", "alice", ""),
        ("10:01:00", "New-InboxRule", "bob", ""),
        ("10:02:00", "Set-Mailbox", "alice", ""),
    ]);
    folder(
        &[("allowed", ALLOWED, SET), ("mapped", MAPPED, MAP), ("pairs", PAIRS, SETS)],
        &[
            ("audit.json", &evidence),
            ("tunings/more.toml", "[[set]]\nname = \"allowed users\"\nvalues = [\"BOB\"]\n"),
        ],
    )
}

/// What is found with these tunings and this context, as `rule user`.
fn run(
    folder: &TempDir,
    tunings: Vec<Tuning>,
    context: &[(&str, &str)],
) -> Result<(Vec<String>, HuntOutcome, Vec<Diagnostic>), Vec<Diagnostic>> {
    let pack = Pack::load(folder.path()).expect("a good pack");
    let mut cx = Context::new(Catalog::get(), NOW);
    let site = tempfile::tempdir().expect("a folder");
    for (path, text) in context {
        write(site.path(), path, text);
    }
    cx.site = SiteData::load(site.path()).0;
    let options = HuntOptions { tunings, ..HuntOptions::default() };
    let hunt = Hunt::prepare(&[pack], &options, &Arc::new(cx))?;
    for rule in hunt.rules() {
        assert!(rule.diagnostics.is_empty(), "{}: {:?}", rule.name, rule.diagnostics);
    }
    let (evidence, problems) =
        Evidence::open(&[folder.path().join("audit.json")], Options::default());
    assert!(problems.is_empty(), "{problems:?}");
    let outcome = hunt.run(&evidence);
    let found = outcome
        .findings
        .iter()
        .map(|f| format!("{} {}", hunt.rules()[f.rule].name, f.user.as_deref().unwrap_or("-")))
        .collect();
    Ok((found, outcome, hunt.remarks().to_vec()))
}

/// 2026-11-24 00:00 UTC.
const NOW: i64 = 1_795_478_400_000;

fn tuning(text: &str) -> Vec<Tuning> {
    vec![Tuning::parse("site.toml", text).expect("a good tuning")]
}

fn found(tunings: Vec<Tuning>, context: &[(&str, &str)]) -> Vec<String> {
    run(&pack(), tunings, context).expect("runs").0
}

#[test]
fn defaults_of_the_pack_reach_the_functions() {
    assert_eq!(found(vec![], &[]), ["allowed bob", "mapped bob", "pairs alice"]);
}

#[test]
fn tunings_add_to_defaults_or_replace_them() {
    let add = tuning("[[set]]\nname = \"Allowed Users\"\nvalues = [\"Bob\"]\n");
    assert_eq!(found(add, &[]), ["mapped bob", "pairs alice"]);
    let replace = tuning("[[set]]\nname = \"Allowed Users\"\nvalues = [\"Bob\"]\nreplace = true\n");
    assert_eq!(
        found(replace, &[]),
        ["allowed alice", "mapped bob", "allowed alice", "pairs alice"]
    );
    let maps = tuning(
        "[[map]]\nname = \"Owner of\"\nvalues = { alice = 7 }\n[[map_of_sets]]\nname = \"Delegates\"\nvalues = { bob = [\"New-InboxRule\"] }\n",
    );
    assert_eq!(
        found(maps, &[]),
        ["mapped alice", "allowed bob", "mapped bob", "pairs bob", "mapped alice", "pairs alice"]
    );
}

#[test]
fn a_ready_tuning_is_part_of_the_pack() {
    let pack = Pack::load(pack().path()).expect("a good pack");
    let more = pack.tuning("more").expect("a tuning").clone();
    assert_eq!(found(vec![more], &[]), ["mapped bob", "pairs alice"]);
}

#[test]
fn the_context_counts_more_than_tunings() {
    let add = tuning("[[set]]\nname = \"Allowed Users\"\nvalues = [\"Bob\"]\n");
    let context = [("reference_sets/ALLOWED USERS.csv", "value\nnobody\n")];
    assert_eq!(
        found(add, &context),
        ["allowed alice", "allowed bob", "mapped bob", "allowed alice", "pairs alice"]
    );
}

#[test]
fn what_no_rule_reads_is_pointed_out() {
    let tuning = tuning("[[set]]\nname = \"Alowed Users\"\nvalues = [\"Bob\"]\n");
    let (found, _, remarks) = run(&pack(), tuning, &[]).expect("runs");
    assert_eq!(found[0], "allowed bob");
    let messages: Vec<String> =
        remarks.iter().map(|d| format!("{}: {}", d.code, d.message)).collect();
    assert_eq!(
        messages,
        ["PACK006: no rule has a parameter that reads reference set `Alowed Users`"]
    );
}

fn suppress(rule: &str, values: &str, expires: &str) -> Vec<Tuning> {
    tuning(&format!(
        "[[suppress]]\nrule = \"{rule}\"\nwhere = {{ {values} }}\nreason = \"known\"\nowner = \"me\"\nexpires = \"{expires}\"\n"
    ))
}

#[test]
fn suppressed_findings_are_set_aside_until_the_day_is_over() {
    // The last day is today.
    let today = suppress("allowed", "Actor = \"bob\", Operation = \"New-InboxRule\"", "2026-11-24");
    let (found, outcome, remarks) = run(&pack(), today, &[]).expect("runs");
    assert_eq!(found, ["mapped bob", "pairs alice"]);
    assert_eq!(outcome.suppressed.len(), 1);
    assert_eq!(outcome.suppressed[0].finding.user.as_deref(), Some("bob"));
    assert!(remarks.is_empty(), "{remarks:?}");

    let yesterday = suppress("allowed", "Actor = \"bob\"", "2026-11-23");
    let (found, outcome, remarks) = run(&pack(), yesterday, &[]).expect("runs");
    assert_eq!(found, ["allowed bob", "mapped bob", "pairs alice"]);
    assert!(outcome.suppressed.is_empty());
    assert_eq!(remarks.len(), 1);
    assert!(remarks[0].message.contains("expired on 2026-11-23"), "{remarks:?}");

    // All values have to be equal; a name that the rule does not select is in no finding.
    for values in ["Actor = \"bob\", user = \"alice\"", "Actor = \"Bob\"", "Nothing = \"\""] {
        let (found, ..) =
            run(&pack(), suppress("allowed", values, "2027-01-01"), &[]).expect("runs");
        assert_eq!(found[0], "allowed bob", "{values}");
    }
}

#[test]
fn a_tuning_that_cannot_be_used_stops_the_hunt() {
    let unknown = suppress("alowed", "user = \"bob\"", "2027-01-01");
    let problems = run(&pack(), unknown, &[]).expect_err("stops");
    assert_eq!(problems[0].message, "it suppresses findings of rule `alowed`, which no pack has");
    let typed =
        tuning("[[set]]\nname = \"Ports\"\nelement_type = \"PORT\"\nvalues = [443, \"web\"]\n");
    let problems = run(&pack(), typed, &[]).expect_err("stops");
    let errors: Vec<_> =
        problems.iter().filter(|d| d.is_error()).map(|d| d.message.clone()).collect();
    assert_eq!(errors, ["`web` of reference set `Ports` is no element of type PORT"]);
    for (text, expected) in [
        ("[[set]]\nname = \"x\"\nvalues = { a = \"b\" }\n", "have to be a list"),
        ("[[map]]\nname = \"x\"\nvalues = [\"a\"]\n", "have to be a table"),
        ("[[set]]\nnam = \"x\"\nvalues = []\n", "unknown field `nam`"),
        (
            "[[suppress]]\nrule = \"a\"\nwhere = {}\nreason = \"r\"\nowner = \"o\"\nexpires = \"2027-01-01\"\n",
            "says of no value which findings it is about",
        ),
        (
            "[[suppress]]\nrule = \"a\"\nwhere = { a = \"\" }\nreason = \" \"\nowner = \"o\"\nexpires = \"2027-01-01\"\n",
            "has an empty `reason`",
        ),
        (
            "[[suppress]]\nrule = \"a\"\nwhere = { a = \"\" }\nreason = \"r\"\nowner = \"o\"\nexpires = \"soon\"\n",
            "`soon` is no date",
        ),
    ] {
        let problems = Tuning::parse("site.toml", text).expect_err(text);
        assert!(problems[0].message.contains(expected), "{text}: {problems:?}");
    }
}

#[test]
fn rules_that_share_data_agree_about_its_default() {
    let other = SET.replace("[\"Alice\"]", "[\"Bob\"]");
    let rules = [("a", ALLOWED, SET), ("b", ALLOWED, other.as_str())];
    let problems = Pack::load(folder(&rules, &[]).path()).expect_err("contradicts");
    assert!(
        problems[0].message.contains("gives reference set `Allowed Users` another default than")
    );
    let none = SET.replace("default = [\"Alice\"]\n", "");
    let rules = [("a", ALLOWED, none.as_str()), ("b", ALLOWED, SET), ("c", ALLOWED, SET)];
    let folder = folder(&rules, &[("audit.json", &audit(&[("10:00:00", "x", "ALICE", "")]))]);
    let (found, ..) = run(&folder, vec![], &[]).expect("runs");
    assert!(found.is_empty(), "{found:?}");
    fs::remove_dir_all(folder.path()).expect("removed");
}
