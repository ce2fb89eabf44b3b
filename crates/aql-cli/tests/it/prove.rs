//! `aql check --prove`.

use crate::support::aql;

const PUBLISHED: &str = "packs/t1114-email-collection/rules/published-qradar.aql";
const EVIDENCE: &str = "examples/evidence/test1-copy-stores";

/// The part of the output that is the proof.
fn proof(out: &str) -> String {
    let from = out.find("proof: ").unwrap_or_else(|| panic!("no proof: {out}"));
    out[from..].split("\n\n").next().unwrap_or_default().to_owned()
}

#[test]
fn the_published_query_gains_what_an_appliance_would_not_find() {
    let before = std::fs::read_to_string(crate::support::root().join(PUBLISHED)).expect("a file");
    let run = aql(&["check", "--unsafe-fixes", "--diff", "--prove", EVIDENCE, PUBLISHED]);
    insta::assert_snapshot!(proof(&run.out));
    let after = std::fs::read_to_string(crate::support::root().join(PUBLISHED)).expect("a file");
    assert_eq!(before, after, "--diff rewrites nothing");
    // The exit code is that of the findings: what is left after all fixes is notes.
    assert_eq!(run.code, 0, "{}", run.err);
}

#[test]
fn rows_that_are_lost_are_shown_and_nothing_is_rewritten() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.aql");
    let text = "SELECT \"Filename\" FROM events WHERE \"Event ID\" = 11 AND \"Filename\" ILIKE '%.pst'\n\
        AND LOGSOURCETYPENAME(logsourceid) NOT ILIKE '%Windows%' LAST 1 HOURS\n";
    std::fs::write(&file, text).expect("a file");
    let path = file.to_str().expect("UTF-8");
    let run = aql(&["check", "--prove", EVIDENCE, path]);
    let proof = proof(&run.out);
    assert!(
        proof.contains("as an appliance reads it: before 2 rows, after 0 rows; 0 gained, 2 lost"),
        "{proof}"
    );
    assert!(
        proof.contains("- examples/evidence/test1-copy-stores/WS-FIN-07-sysmon.evtx, record "),
        "{proof}"
    );
    assert!(proof.contains("Filename="), "{proof}");
    assert_eq!(std::fs::read_to_string(&file).expect("a file"), text);
}

#[test]
fn groups_are_compared_by_their_values() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.aql");
    let text = "SELECT \"Event ID\", COUNT(*) AS n FROM events WHERE \"Event ID\" = 11 GROUP BY \"Event ID\"\n\
        LAST 1 HOURS ORDER BY n\n";
    std::fs::write(&file, text).expect("a file");
    let run =
        aql(&["check", "--format", "json", "--prove", EVIDENCE, file.to_str().expect("UTF-8")]);
    let lines = run.json_lines();
    let proof = lines.iter().find(|l| l.get("proof").is_some()).expect("a proof");
    let strict = &proof["readings"][0];
    assert_eq!((&strict["before"], &strict["after"]), (&serde_json::Value::Null, &1.into()));
    assert_eq!(strict["gained"], 1);
    assert!(
        strict["first_gained"][0].as_str().is_some_and(|row| row.contains("Event ID=11, n=")),
        "{proof}"
    );
    let lenient = &proof["readings"][1];
    assert_eq!((&lenient["gained"], &lenient["lost"]), (&0.into(), &0.into()));
}

#[test]
fn a_query_without_fixes_has_no_proof_and_evidence_must_be_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.aql");
    std::fs::write(&file, "SELECT sourceip FROM events LIMIT 5 LAST 1 HOURS\n").expect("a file");
    let path = file.to_str().expect("UTF-8");
    let run = aql(&["check", "--prove", EVIDENCE, path]);
    assert_eq!((run.code, run.out.as_str()), (0, ""));
    assert_eq!(aql(&["check", "--prove", "no/such/evidence", path]).code, 2);
}
