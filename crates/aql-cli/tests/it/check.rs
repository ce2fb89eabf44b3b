//! `aql check` and `aql fmt`.

use crate::support::aql;

const PUBLISHED: &str = "packs/t1114-email-collection/rules/published-qradar.aql";

#[test]
fn the_exit_code_does_not_depend_on_the_format() {
    for format in ["text", "json", "sarif", "github"] {
        let run = aql(&["check", "--format", format, PUBLISHED]);
        assert_eq!(run.code, 1, "{format}: {}", run.err);
    }
    assert_eq!(aql(&["check", "no/such/file.aql"]).code, 2);
}

#[test]
fn sarif_names_rule_and_place() {
    let run = aql(&["check", "--format", "sarif", PUBLISHED]);
    let log: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
    let first = &log["runs"][0]["results"][0];
    assert_eq!(first["ruleId"], "AQL004");
    assert_eq!(first["locations"][0]["physicalLocation"]["region"]["startLine"], 52);
    let rule = first["ruleIndex"].as_u64().and_then(|i| usize::try_from(i).ok()).expect("an index");
    assert_eq!(log["runs"][0]["tool"]["driver"]["rules"][rule]["id"], "AQL004");
}

/// The edits of a result, made as SARIF describes them, are those of the fix.
#[test]
fn sarif_carries_the_fixes() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.aql");
    let text = "SELECT 'é', LOGSOURCETYPENAME(logsourceid)\nFROM events LIMIT 1 LAST 1 HOURS\n";
    std::fs::write(&file, text).expect("a file");
    let run = aql(&["check", "--format", "sarif", file.to_str().expect("UTF-8")]);
    let log: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
    let result = &log["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "AQL110");
    let fix = &result["fixes"][0];
    assert_eq!(fix["description"]["text"], "write `devicetype`");
    let change = &fix["artifactChanges"][0];
    assert_eq!(
        change["artifactLocation"],
        result["locations"][0]["physicalLocation"]["artifactLocation"]
    );
    let replacement = &change["replacements"][0];
    assert_eq!(replacement["insertedContent"]["text"], "devicetype");
    let region = &replacement["deletedRegion"];
    // Columns count characters, as `columnKind` says.
    let places = ["startLine", "startColumn", "endLine", "endColumn"].map(|k| region[k].as_u64());
    assert_eq!(places, [Some(1), Some(31), Some(1), Some(42)]);
}

#[test]
fn github_annotations() {
    let run = aql(&["check", "--format", "github", PUBLISHED]);
    let first = run.out.lines().next().expect("a line");
    assert!(first.starts_with(&format!("::error file={PUBLISHED},line=52,")), "{first}");
}

#[test]
fn fixed_it_finds_test_1_with_both_profiles() {
    let folder = tempfile::tempdir().expect("a folder");
    for profile in ["ibm", "raw"] {
        let file = folder.path().join(format!("{profile}.aql"));
        std::fs::copy(crate::support::root().join(PUBLISHED), &file).expect("a copy");
        let path = file.to_str().expect("UTF-8");
        aql(&["check", "--fix", "--profile", profile, path]);
        let text = std::fs::read_to_string(&file).expect("the query");
        assert!(text.trim_end().ends_with("LAST 24 HOURS"), "{text}");
        let args = ["query", "--all-time", "--quiet", "--profile", profile, "--file", path];
        let run = aql(&[&args[..], &["examples/evidence/test1-copy-stores"]].concat());
        assert_eq!(run.json_lines().len(), 3, "{profile}: {}{}", run.out, run.err);
    }
}

/// Read as an appliance reads it, the published query is refused; with all fixes it runs, and
/// finds the copies of test 1.
#[test]
fn with_all_fixes_it_needs_no_repair() {
    let folder = tempfile::tempdir().expect("a folder");
    for profile in ["ibm", "raw"] {
        let file = folder.path().join(format!("{profile}.aql"));
        std::fs::copy(crate::support::root().join(PUBLISHED), &file).expect("a copy");
        let path = file.to_str().expect("UTF-8");
        let strict = ["query", "--strict", "--all-time", "--quiet", "--profile", profile, "--file"];
        let evidence = |folder: &str| format!("examples/evidence/{folder}");
        let run = |folder: &str| {
            let folder = evidence(folder);
            aql(&[&strict[..], &[path, folder.as_str()]].concat())
        };
        assert_eq!(run("test1-copy-stores").code, 2, "{profile}: as published");
        aql(&["check", "--unsafe-fixes", "--profile", profile, path]);
        let found = run("test1-copy-stores");
        let names: Vec<String> = found
            .json_lines()
            .iter()
            .map(|row| row["TargetFile"].as_str().unwrap_or_default().to_lowercase())
            .collect();
        assert_eq!(names.len(), 3, "{profile}: {names:?} {}", found.err);
        assert!(names.iter().all(|n| n.ends_with(".pst") || n.ends_with(".ost")), "{names:?}");
    }
}

#[test]
fn a_baseline_accepts_what_was_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let baseline = folder.path().join("baseline.json");
    let baseline = baseline.to_str().expect("UTF-8");
    let written = aql(&["check", "--baseline", baseline, "--write-baseline", PUBLISHED]);
    assert_eq!(written.code, 0, "{}", written.err);
    let run = aql(&["check", "--format", "json", "--baseline", baseline, PUBLISHED]);
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{}", run.err);
}

#[test]
fn formatting_twice_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.aql");
    std::fs::write(&file, "-- why\nselect sourceip from events last 1 days").expect("a file");
    let path = file.to_str().expect("UTF-8");
    assert_eq!(aql(&["fmt", "--check", path]).code, 1);
    assert_eq!(aql(&["fmt", path]).code, 0);
    assert_eq!(aql(&["fmt", "--check", path]).code, 0);
    let text = std::fs::read_to_string(&file).expect("a file");
    assert_eq!(text, "-- why\nSELECT sourceip\nFROM events\nLAST 1 DAYS\n");
}
