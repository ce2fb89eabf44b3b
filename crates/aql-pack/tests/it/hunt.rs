//! Hunting with packs that are written for the test.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aql_catalog::Catalog;
use aql_eval::Context;
use aql_ingest::{Evidence, Options};
use aql_pack::{Finding, Hunt, HuntOptions, Level, Pack};

fn evidence(inner: &str) -> Evidence {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/evidence").join(inner);
    let (evidence, problems) = Evidence::open(&[path], Options::default());
    assert!(problems.is_empty(), "{problems:?}");
    evidence
}

fn pack(rules: &[(&str, &str)]) -> Pack {
    let folder = tempfile::tempdir().expect("a folder");
    let path: PathBuf = folder.path().to_path_buf();
    std::fs::create_dir(path.join("rules")).expect("a folder");
    let pack = "format = 1\nid = \"x\"\nname = \"test\"\ntitle = \"\"\nversion = \"1\"\ndescription = \"\"\nlicense = \"MIT\"\nauthor = \"\"\nrequires = \"0.1.0\"\nattack = []\n";
    std::fs::write(path.join("pack.toml"), pack).expect("a file");
    for (name, query) in rules {
        let facts = format!(
            "id = \"{name}\"\ntitle = \"\"\ndescription = \"\"\nlevel = \"low\"\nstatus = \"test\"\nauthor = \"\"\nattack = []\n"
        );
        std::fs::write(path.join(format!("rules/{name}.toml")), facts).expect("a file");
        std::fs::write(path.join(format!("rules/{name}.aql")), query).expect("a file");
    }
    Pack::load(&path).expect("a good pack")
}

fn hunt(rules: &[(&str, &str)], inner: &str) -> (Hunt, Vec<Finding>) {
    let cx = Arc::new(Context::new(Catalog::get(), 0));
    let hunt = Hunt::prepare(&[pack(rules)], &HuntOptions::default(), &cx).expect("prepared");
    let outcome = hunt.run(&evidence(inner));
    assert!(outcome.diagnostics.is_empty(), "{:?}", outcome.diagnostics);
    (hunt, outcome.findings)
}

#[test]
fn a_rule_with_groups_gives_a_finding_per_group() {
    let rules = [(
        "many",
        "SELECT username AS who, COUNT(*) AS n FROM events WHERE \"Event ID\" = 11 GROUP BY username HAVING n > 2 LAST 1 HOURS",
    )];
    let (_, findings) = hunt(&rules, "test1-copy-stores/WS-FIN-07-sysmon.evtx");
    assert!(!findings.is_empty());
    for finding in findings {
        assert_eq!((finding.time, finding.record, finding.file), (None, None, None));
        let n = finding.fields.iter().find(|(name, _)| name == "n").expect("a count");
        assert!(n.1.as_f64().expect("a number") > 2.0);
    }
}

/// Behind rules that look at events, those with groups read the evidence again only if an event
/// passes their WHERE; whether they do must not show.
#[test]
fn groups_are_found_beside_other_rules() {
    let grouped = "SELECT username AS who, COUNT(*) AS n FROM events WHERE \"Event ID\" = 11 GROUP BY username LAST 1 HOURS";
    let none = "SELECT username AS who, COUNT(*) AS n FROM events WHERE \"Event ID\" = 999 GROUP BY username LAST 1 HOURS";
    let total = "SELECT COUNT(*) AS n FROM events WHERE \"Event ID\" = 999 LAST 1 HOURS";
    let single = "SELECT username FROM events WHERE \"Event ID\" = 1 LAST 1 HOURS";
    let evidence = "test1-copy-stores/WS-FIN-07-sysmon.evtx";
    let alone = |name: &str, query: &str| {
        let (_, findings) = hunt(&[(name, query)], evidence);
        findings.into_iter().map(|f| f.fields).collect::<Vec<_>>()
    };
    let rules = [("a", grouped), ("b", none), ("c", total), ("d", single)];
    let (hunt, findings) = hunt(&rules, evidence);
    for (name, query) in rules {
        let of_rule = findings.iter().filter(|f| hunt.rules()[f.rule].name == name);
        let together: Vec<_> = of_rule.map(|f| f.fields.clone()).collect();
        assert_eq!(together, alone(name, query), "{name}");
        assert_eq!(together.is_empty(), name == "b", "{name}");
    }
}

#[test]
fn limits_and_time_clauses_of_rules_do_not_count() {
    let all = [("all", "SELECT username FROM events LIMIT 2 LAST 1 MINUTES")];
    let (_, findings) = hunt(&all, "test1-copy-stores/WS-FIN-07-sysmon.evtx");
    assert_eq!(findings.len(), 13);
}

#[test]
fn a_rule_with_an_error_is_left_out_and_the_others_run() {
    let rules = [
        ("bad", "SELECT username FROM offenses LAST 1 HOURS"),
        ("good", "SELECT username FROM events WHERE \"Event ID\" = 1 LAST 1 HOURS"),
    ];
    let (hunt, findings) = hunt(&rules, "test1-copy-stores/WS-FIN-07-sysmon.evtx");
    assert!(hunt.rules()[0].is_left_out());
    assert!(!findings.is_empty());
    assert!(findings.iter().all(|f| hunt.rules()[f.rule].name == "good"));
}

#[test]
fn reasons_are_the_conditions_that_hold() {
    let rules = [(
        "why",
        "SELECT username FROM events WHERE \"Event ID\" = 11 AND (\"File Path\" ILIKE '%.ost' OR \"File Path\" ILIKE '%.pst') AND \"Process Path\" NOT ILIKE '%\\outlook.exe' LAST 1 HOURS",
    )];
    let (_, findings) = hunt(&rules, "test1-copy-stores/WS-FIN-07-sysmon.evtx");
    assert_eq!(findings.len(), 3);
    for finding in findings {
        assert_eq!(finding.why.len(), 1, "{:?}", finding.why);
        assert!(finding.why[0].starts_with("\"File Path\" ILIKE '%."), "{:?}", finding.why);
    }
}

#[test]
fn unknown_rule_names_are_an_error_and_levels_choose() {
    let cx = Arc::new(Context::new(Catalog::get(), 0));
    let packs = [pack(&[("a", "SELECT username FROM events LAST 1 HOURS")])];
    let options = HuntOptions { rules: vec!["b".into()], ..HuntOptions::default() };
    let problems = Hunt::prepare(&packs, &options, &cx).err().expect("an error");
    assert!(problems[0].message.contains("there is no rule `b`"));
    let options = HuntOptions { level: Some(Level::High), ..HuntOptions::default() };
    assert!(Hunt::prepare(&packs, &options, &cx).expect("prepared").rules().is_empty());
}
