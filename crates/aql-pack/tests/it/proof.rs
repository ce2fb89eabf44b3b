//! Cases: those of tests, and those that are shipped.

use std::path::Path;

use aql_pack::{Case, CaseResult, Pack, Proof, ProofOptions, Tuning};
use tempfile::TempDir;

use crate::support::{audit, folder};

const RULES: &str = "SELECT username AS Actor, \"Operation\" AS Operation FROM events
WHERE \"Operation\" = 'New-InboxRule' AND NOT REFERENCESETCONTAINS('Allowed', username) LAST 1 HOURS";
const MANY: &str = "SELECT username AS Actor, COUNT(*) AS n FROM events
WHERE \"Operation\" = 'MailItemsAccessed' GROUP BY username HAVING n > 1 LAST 1 HOURS";
const PARAMETER: &str = "[[parameters]]\nname = \"a\"\nkind = \"set\"\nreference = \"Allowed\"\ndescription = \"\"\ndefault = []\n";

fn facts(kind: &str, more: &str) -> String {
    format!("title = \"t\"\nkind = \"{kind}\"\nwhy = \"w\"\norigin = \"o\"\n{more}")
}

/// A pack with one case of this kind and these further facts.
fn pack(kind: &str, more: &str) -> TempDir {
    let evidence = audit(&[
        ("10:00:00", "New-InboxRule", "alice", ""),
        ("10:01:00", "MailItemsAccessed", "bob", ""),
        ("10:02:00", "MailItemsAccessed", "bob", ""),
        ("10:03:00", "New-InboxRule", "carol", ""),
    ]);
    folder(
        &[("rule-made", RULES, PARAMETER), ("many", MANY, "level = \"high\"")],
        &[
            ("cases/one/case.toml", &facts(kind, more)),
            ("cases/one/evidence/audit.json", &evidence),
            (
                "tunings/allow-all.toml",
                "[[set]]\nname = \"Allowed\"\nvalues = [\"alice\", \"carol\"]\n",
            ),
        ],
    )
}

fn run(folder: &Path, options: &ProofOptions) -> CaseResult {
    let proof = Proof::load(folder).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let cases: Vec<&Case> = proof.cases.iter().collect();
    let mut results = proof.run(&cases, options, &mut |_, _| ()).expect("runs");
    results.remove(0)
}

/// The differences of every way, which are the same in all.
fn differences(kind: &str, more: &str) -> Vec<String> {
    let result = run(pack(kind, more).path(), &ProofOptions::default());
    let shown = |at: usize| -> Vec<String> {
        result.ways[at].differences.iter().map(ToString::to_string).collect()
    };
    for at in 1..result.ways.len() {
        assert_eq!(shown(0), shown(at), "{}", result.ways[at].way);
    }
    assert_eq!(result.passes(), shown(0).is_empty());
    shown(0)
}

const ALL: &str = "[[expect]]\nrule = \"rule-made\"\nfile = \"audit.json\"\nrecords = [1, 4]\n[[expect]]\nrule = \"many\"\nwhere = { Actor = \"bob\", n = \"2.0\" }\nlevel = \"high\"\n";

#[test]
fn a_case_passes_if_just_what_it_expects_is_found() {
    assert_eq!(differences("positive", ALL), [""; 0]);
    let result = run(pack("positive", ALL).path(), &ProofOptions::default());
    assert_eq!(result.met(), ["many", "rule-made"]);
    assert_eq!((result.ways[0].findings, result.ways[0].records), (3, 4));
}

#[test]
fn what_is_missing_and_what_is_unexpected_is_told_with_its_place() {
    let expect = "[[expect]]\nrule = \"rule-made\"\nfile = \"audit.json\"\nrecords = [1, 2]\n[[expect]]\nrule = \"many\"\nwhere = { Actor = \"alice\" }\n";
    assert_eq!(
        differences("positive", expect),
        [
            "- missing     rule-made  audit.json record 2",
            "- missing     many  Actor=alice",
            "+ unexpected  rule-made  audit.json record 4  Actor=carol Operation=New-InboxRule",
            "+ unexpected  many  group  Actor=bob n=2.0",
        ]
    );
    assert_eq!(
        differences("benign", ""),
        [
            "+ unexpected  rule-made  audit.json record 1  Actor=alice Operation=New-InboxRule",
            "+ unexpected  rule-made  audit.json record 4  Actor=carol Operation=New-InboxRule",
            "+ unexpected  many  group  Actor=bob n=2.0",
        ]
    );
}

#[test]
fn an_expectation_is_met_by_one_finding() {
    let twice = format!("{ALL}[[expect]]\nrule = \"many\"\nwhere = {{ Actor = \"bob\" }}\n");
    assert_eq!(differences("positive", &twice), ["- missing     many  Actor=bob"]);
}

#[test]
fn the_level_counts() {
    let expect = ALL.replace("\"high\"", "\"low\"");
    assert_eq!(
        differences("positive", &expect),
        ["~ level       many  Actor=bob n=2.0  high, expected low"]
    );
}

#[test]
fn tunings_of_the_case_are_applied() {
    let expect =
        "tuning = [\"allow-all\"]\n[[expect]]\nrule = \"many\"\nreason = \"bob is busy\"\n";
    assert_eq!(differences("benign", expect), [""; 0]);
}

#[test]
fn a_tuning_that_silences_a_positive_case_is_named() {
    let text = "[[set]]\nname = \"Allowed\"\nvalues = [\"carol\"]\n";
    let tunings = vec![Tuning::parse("my/site.toml", text).expect("a tuning")];
    let options = ProofOptions { tunings, now: 0 };
    let result = run(pack("positive", ALL).path(), &options);
    let shown: Vec<String> = result.ways[0].differences.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["- missing     rule-made  audit.json record 4  (silenced by my/site.toml)"]);
}

#[test]
fn silence_about_unreadable_evidence_is_no_proof() {
    for (evidence, expected) in [("{\"CreationTime\": ", "unsound"), ("", "no record was read")] {
        let folder = folder(
            &[("many", MANY, "")],
            &[
                ("cases/one/case.toml", &facts("benign", "")),
                ("cases/one/evidence/audit.json", evidence),
            ],
        );
        let result = run(folder.path(), &ProofOptions::default());
        assert!(!result.passes());
        let shown: Vec<String> =
            result.ways[0].differences.iter().map(ToString::to_string).collect();
        assert!(shown.iter().any(|d| d.contains(expected)), "{shown:?}");
    }
}

#[test]
fn a_rule_that_does_not_run_fails_the_case() {
    let folder = folder(
        &[("bad", "SELECT x FROM offenses LAST 1 HOURS", "")],
        &[
            ("cases/one/case.toml", &facts("benign", "")),
            ("cases/one/evidence/audit.json", &audit(&[("10:00:00", "x", "y", "")])),
        ],
    );
    let result = run(folder.path(), &ProofOptions::default());
    let shown: Vec<String> = result.ways[0].differences.iter().map(ToString::to_string).collect();
    assert!(shown[0].starts_with("! left out    bad  AQL"), "{shown:?}");
    // Strictly it may be left out: the appliance would refuse it too.
    let strict = result.ways.iter().find(|way| way.way.strict).expect("a strict way");
    assert!(strict.differences.is_empty(), "{:?}", strict.differences);
}

#[test]
fn what_is_wrong_with_a_case_is_told() {
    for (kind, more, expected) in [
        ("positive", "", "it is positive and expects nothing"),
        ("benign", "[[expect]]\nrule = \"many\"\n", "say the `reason`"),
        ("positive", "[[expect]]\nrule = \"mny\"\n", "rule `mny`, which the pack does not have"),
        ("benign", "twin = \"two\"\n", "its twin `two` is no case of the pack"),
        ("benign", "twin = \"one\"\n", "its twin `one` is benign, as it is itself"),
        ("benign", "tuning = [\"x\"]\n", "it applies the tuning `x`"),
        (
            "positive",
            "[[expect]]\nrule = \"many\"\nfile = \"x.json\"\nrecords = [1]\n",
            "there is no `x.json` in its evidence",
        ),
        ("positive", "[[expect]]\nrule = \"many\"\nfile = \"audit.json\"\n", "and no `records`"),
        ("positive", "[[expect]]\nrule = \"many\"\nrecords = [1]\n", "and no `file`"),
        ("positiv", "", "unknown variant `positiv`"),
    ] {
        let folder = pack(kind, more);
        let problems = Proof::load(folder.path()).err().expect(expected);
        assert!(problems.iter().any(|d| d.message.contains(expected)), "{expected}: {problems:?}");
    }
}

/// The cases of the packs of this repository.
#[test]
fn shipped_cases_pass() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
    for name in Pack::bundled_names() {
        let proof = Proof::load(&root.join(name)).unwrap_or_else(|p| panic!("{name}: {p:#?}"));
        let cases: Vec<&Case> = proof.cases.iter().collect();
        let mut failures = Vec::new();
        // A day on which no suppression of a shipped tuning has expired: their dates are for users.
        let options = ProofOptions { now: 0, ..ProofOptions::default() };
        let results = proof.run(&cases, &options, &mut |case, result| {
            for way in &result.ways {
                let lines =
                    way.differences.iter().map(|d| format!("{} ({}): {d}", case.name, way.way));
                failures.extend(lines);
            }
        });
        results.expect("runs");
        assert!(failures.is_empty(), "{name}:\n{}", failures.join("\n"));
    }
}
