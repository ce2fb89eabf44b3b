//! Cases: those of tests, and those that are shipped.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use aql_catalog::Catalog;
use aql_eval::Context;
use aql_ingest::{Evidence, Options};
use aql_pack::{
    Baseline, Beside, Block, Case, CaseResult, Coverage, Hunt, HuntOptions, Labels, Pack, Proof,
    ProofOptions, Results, Tuning,
};
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
    let options = ProofOptions { tunings, ..ProofOptions::default() };
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

/// A pack with an attack, its twin, a look-alike, and three tests of which one has no case.
fn covered() -> TempDir {
    let made = audit(&[("10:00:00", "New-InboxRule", "alice", "")]);
    let other = audit(&[("10:00:00", "Get-InboxRule", "alice", "")]);
    let expect = "[[expect]]\nrule = \"rule-made\"\nfile = \"audit.json\"\nrecords = [1]\n";
    let positive = facts("positive", &format!("twin = \"two\"\ntests = [\"page:1\"]\n{expect}"));
    let tests = "[[test]]\nid = \"page:1\"\ntitle = \"A | rule\"\nsource = \"s\"\n[[test]]\nid = \"page:2\"\ntitle = \"b\"\nsource = \"s\"\n[[test]]\nid = \"page:3\"\ntitle = \"c\"\nsource = \"s\"\nnot_covered = \"leaves no event\"\n";
    let components = format!("data_components = [\"DC0038 Application Log Content\"]\n{PARAMETER}");
    folder(
        &[("rule-made", RULES, &components), ("many", MANY, "")],
        &[
            ("cases/one/case.toml", &positive),
            ("cases/one/evidence/audit.json", &made),
            ("cases/two/case.toml", &facts("benign", "twin = \"one\"\n")),
            ("cases/two/evidence/audit.json", &other),
            ("cases/three/case.toml", &facts("benign", "tests = [\"lookalike:1\"]\n")),
            ("cases/three/evidence/audit.json", &other),
            ("tests.toml", tests),
            (
                "README.md",
                "# x\n<!-- coverage: written by `aql test --coverage --write` -->\nold\n<!-- end of coverage -->\nend\n",
            ),
        ],
    )
}

fn coverage(folder: &Path) -> Coverage {
    let proof = Proof::load(folder).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let cases: Vec<&Case> = proof.cases.iter().collect();
    let results = proof.run(&cases, &ProofOptions::default(), &mut |_, _| ()).expect("runs");
    Coverage::new(&proof, &cases, &results)
}

#[test]
fn coverage_is_what_a_run_showed() {
    let folder = covered();
    let coverage = coverage(folder.path());
    assert_eq!(
        coverage.markdown(),
        "\
| test | what happens | found by | positive cases | benign cases |
|---|---|---|---|---|
| page:1 | A \\| rule | `rule-made` | 1 found | 1 as expected |
| page:2 | b | **nothing** | none | none |
| page:3 | c | nothing: leaves no event | none | none |

| look-alike | what happens | reported by | cases |
|---|---|---|---|
| lookalike:1 | t | nothing | 1 as expected |

| rule | tests it finds | positive cases |
|---|---|---|
| `many` |  | **none** |
| `rule-made` | page 1 | 1 |

| data component | rules that need it |
|---|---|
| DC0038 Application Log Content | `rule-made` |
"
    );
    let open: Vec<&str> = coverage.uncovered().map(|c| c.test.id.as_str()).collect();
    assert_eq!(open, ["page:2"]);
}

#[test]
fn a_case_that_fails_covers_nothing() {
    let folder = covered();
    let evidence = folder.path().join("cases/one/evidence/audit.json");
    fs::write(evidence, audit(&[("10:00:00", "Get-InboxRule", "alice", "")])).expect("a file");
    let coverage = coverage(folder.path());
    assert!(coverage.tests[0].found_by.is_empty());
    assert!(coverage.markdown().contains("| **nothing** | **0 of 1 found** |"));
    assert_eq!(coverage.uncovered().count(), 2);
}

#[test]
fn a_test_that_is_not_in_the_list_is_an_error() {
    let folder = covered();
    let text = facts("benign", "tests = [\"page:4\", \"other:1\"]\n");
    fs::write(folder.path().join("cases/three/case.toml"), text).expect("a file");
    let problems = Proof::load(folder.path()).err().expect("an error");
    let messages: Vec<&str> = problems.iter().map(|d| d.message.as_str()).collect();
    assert_eq!(messages, ["it names test `page:4`, which `tests.toml` does not have"]);
}

#[test]
fn the_block_of_a_document_is_replaced_between_its_marks() {
    let folder = covered();
    let text = fs::read_to_string(folder.path().join("README.md")).expect("a file");
    assert_eq!(Block::COVERAGE.text(&text), Some("old"));
    let new = Block::COVERAGE.put(&text, "\nnew\n").expect("marks");
    assert_eq!(Block::COVERAGE.text(&new), Some("new"));
    assert!(new.starts_with("# x\n") && new.ends_with("-->\nend\n"), "{new}");
    assert_eq!(Block::COVERAGE.put("# x\n", "new"), None);
}

#[test]
fn a_rule_that_fires_too_often_on_benign_evidence_is_above_its_limit() {
    let records: Vec<_> =
        (0..10).map(|i| ("10:00:00", if i < 2 { "New-InboxRule" } else { "x" }, "a", "")).collect();
    let limit = |limit: &str| format!("max_per_million = {limit}\n{PARAMETER}");
    for (allowed, above) in [("200000", false), ("199999.5", true)] {
        let more = limit(allowed);
        let folder = folder(
            &[("rule-made", RULES, &more), ("many", MANY, "")],
            &[("audit.json", &audit(&records))],
        );
        let pack = Pack::load(folder.path()).expect("a good pack");
        let cx = Arc::new(Context::new(Catalog::get(), 0));
        let hunt = Hunt::prepare(&[pack], &HuntOptions::default(), &cx).expect("prepared");
        let (evidence, _) = Evidence::open(&[folder.path().join("audit.json")], Options::default());
        let baseline = Baseline::measure(&hunt, &evidence, folder.path(), None);
        assert_eq!(baseline.records, 10);
        let rule = &baseline.rules[1];
        assert_eq!(
            (rule.name.as_str(), rule.findings, rule.per_million),
            ("rule-made", 2, 200_000.0)
        );
        assert_eq!(rule.is_above(), above, "{allowed}");
        assert_eq!((baseline.rules[0].findings, baseline.rules[0].is_above()), (0, false));
    }
}

/// The cases of the packs of this repository; and where a README shows the coverage, it is that of
/// this run.
#[test]
fn shipped_cases_pass() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
    for name in Pack::bundled_names() {
        let proof = Proof::load(&root.join(name)).unwrap_or_else(|p| panic!("{name}: {p:#?}"));
        let cases: Vec<&Case> = proof.cases.iter().collect();
        let mut failures = Vec::new();
        // A day on which no suppression of a shipped tuning has expired: their dates are for users.
        let scratch = tempfile::tempdir().expect("a folder");
        let options = ProofOptions {
            now: 0,
            scratch: Some(scratch.path().to_owned()),
            ..ProofOptions::default()
        };
        let results = proof.run(&cases, &options, &mut |case, result| {
            for way in &result.ways {
                let lines =
                    way.differences.iter().map(|d| format!("{} ({}): {d}", case.name, way.way));
                failures.extend(lines);
            }
        });
        let results = results.expect("runs");
        let readme = fs::read_to_string(root.join(name).join("README.md")).unwrap_or_default();
        if let Some(block) = Block::COVERAGE.text(&readme) {
            let coverage = Coverage::new(&proof, &cases, &results).markdown();
            assert!(
                block == coverage.trim_matches('\n'),
                "{name}: the README's coverage is old: `aql test {name} --coverage --write`"
            );
        }
        let published = proof.pack.rules.iter().find(|rule| rule.facts.status == "as published");
        if let (Some(block), Some(rule)) = (Block::BESIDE.text(&readme), published) {
            let recorded = Results::load_all(&root.join(name)).expect("results");
            let beside = Beside::new(&proof, rule, &cases, &results, &recorded).markdown();
            assert!(
                block == beside.trim_matches('\n'),
                "{name}: the README's comparison is old: `aql test {name} --beside {} --write`",
                rule.name
            );
        }
        assert!(failures.is_empty(), "{name}:\n{}", failures.join("\n"));
    }
}

/// What `results/` of the packs says is what a run measures; the evidence of some is not everywhere.
#[test]
fn recorded_results_are_those_of_a_run() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let places = [("examples", "examples/evidence"), ("public-logs", "../shared/corpus/logs")];
    for name in Pack::bundled_names() {
        let folder = top.join("packs").join(name);
        let pack = Pack::load(&folder).expect("a good pack");
        let recorded = Results::load_all(&folder).expect("results");
        let labels: Vec<Labels> = Labels::files(&folder)
            .expect("labels")
            .iter()
            .map(|file| Labels::load(file).unwrap_or_else(|p| panic!("{p:#?}")))
            .collect();
        assert_eq!(
            recorded.iter().map(|r| &r.evidence.name).collect::<Vec<_>>(),
            labels.iter().map(|l| &l.name).collect::<Vec<_>>(),
            "{name}: each labels file has results"
        );
        for (labels, recorded) in labels.iter().zip(&recorded) {
            let how = format!(
                "`aql test {name} --baseline DIR --labels {} --write`, then `aql test {name} \
                 --beside RULE --write`",
                labels.name
            );
            assert!(!recorded.is_old(&pack), "{name}: the results are of other rules: {how}");
            assert_eq!(recorded.positives.missed, [""; 0], "{name}");
            let (_, place) = places.iter().find(|(n, _)| *n == labels.name).expect("a place");
            let root = top.join(place);
            if !root.is_dir() {
                eprintln!("skipped: the evidence of `{}` is not here ({place})", labels.name);
                continue;
            }
            let cx = Arc::new(Context::new(Catalog::get(), 0));
            let hunt = Hunt::prepare(std::slice::from_ref(&pack), &HuntOptions::default(), &cx)
                .expect("prepared");
            let options = Options { threads: 2, ..Options::default() };
            let (evidence, _) = Evidence::open(std::slice::from_ref(&root), options);
            let baseline = Baseline::measure(&hunt, &evidence, &root, Some(labels));
            let above: Vec<&str> =
                baseline.rules.iter().filter(|r| r.is_above()).map(|r| r.name.as_str()).collect();
            assert_eq!(above, [""; 0], "{name}: more findings than the facts allow");
            let measured = Results::new(&pack, labels, &baseline, &root).expect("results");
            assert!(
                measured == *recorded,
                "{name}: the results are old: {how}\n{}",
                measured.json()
            );
        }
    }
}
