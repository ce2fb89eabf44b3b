//! `aql query --profile-file`.

use crate::support::aql;

const EVIDENCE: &str = "examples/evidence/test1-copy-stores";

fn file(folder: &tempfile::TempDir, name: &str, text: &str) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, text).expect("a file");
    path.display().to_string()
}

#[test]
fn a_profile_file_changes_how_a_query_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let site = file(
        &folder,
        "site.toml",
        "[dialect]\nmatches = \"full\"\n[aliases]\nProg = \"Process Path\"\n[properties.Target]\nfield = \"TargetFilename\"\n",
    );
    let query = "SELECT Prog, Target FROM events WHERE Prog MATCHES 'C:.*powershell.exe' AND Target IS NOT NULL LIMIT 1";
    let run = aql(&["query", "--strict", "--profile-file", &site, "--all-time", query, EVIDENCE]);
    let rows = run.json_lines();
    assert_eq!(rows.len(), 1, "{}", run.err);
    assert!(rows[0]["Prog"].as_str().is_some_and(|p| p.ends_with("powershell.exe")));
    assert!(rows[0]["Target"].as_str().is_some_and(|t| t.contains('\\')), "{}", rows[0]);
    // A later file counts.
    let find = file(&folder, "find.toml", "[dialect]\nmatches = \"find\"\n");
    let count = "SELECT COUNT(*) AS n FROM events WHERE Prog MATCHES 'powershell'";
    let n = |files: &[&str]| {
        let mut args = vec!["query", "--all-time", count, EVIDENCE];
        for file in files {
            args.extend(["--profile-file", *file]);
        }
        aql(&args).json_lines()[0]["n"].as_f64()
    };
    assert_eq!(n(&[&site]), Some(0.0));
    assert!(n(&[&site, &find]) > Some(0.0));
}

#[test]
fn the_flag_overrides_the_base_of_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let raw = file(&folder, "raw.toml", "base = \"raw\"\n");
    let query = "SELECT Filename FROM events WHERE \"Event ID\" = 11 LIMIT 1";
    let name = |flags: &[&str]| {
        let mut args = vec!["query", "--all-time", query, EVIDENCE, "--profile-file", &raw];
        args.extend(flags);
        aql(&args).json_lines()[0]["Filename"].to_string()
    };
    assert!(name(&[]).contains('\\'));
    assert!(!name(&["--profile", "ibm"]).contains('\\'));
}

#[test]
fn a_profile_file_with_a_fault_runs_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let bad = file(&folder, "bad.toml", "base = \"ibm\"\n\n[dialect]\nmatchs = \"full\"\n");
    let run = aql(&["query", "--profile-file", &bad, "SELECT qid FROM events", EVIDENCE]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.contains("error[PROF002]: there is no dialect option `matchs`"), "{}", run.err);
    assert!(run.err.contains("bad.toml:4:1"), "{}", run.err);
    assert!(run.err.contains("did you mean `matches`"), "{}", run.err);
    let run = aql(&["query", "--profile-file", "no/such.toml", "SELECT qid FROM events", EVIDENCE]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("no/such.toml: cannot be read"), "{}", run.err);
}
