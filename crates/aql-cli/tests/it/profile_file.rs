//! `--profile-file` of `aql query` and `aql hunt`.

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

/// Properties that are declared over the payload, each over evidence of the kind it is for.
#[test]
fn declared_properties_read_the_payload() {
    let folder = tempfile::tempdir().expect("a folder");
    let site = file(
        &folder,
        "site.toml",
        r#"
[properties."Agent Version"]
json = '/"agent"/"version"'

[properties."App Name"]
json = '/"AppId"'
log_source_types = [397]

[properties."Script Block"]
xml = "/Event/EventData/Data[@Name='ScriptBlockId']"
log_source_types = [12]

[properties."Operation Word"]
regex = '"Operation":\s*"(\w+?)[A-Z]\w*"'
"#,
    );
    let distinct = |property: &str, evidence: &str| -> Vec<String> {
        let query = format!(
            "SELECT \"{property}\" AS v FROM events WHERE \"{property}\" IS NOT NULL GROUP BY v ORDER BY v"
        );
        let run =
            aql(&["query", "--strict", "--all-time", "--profile-file", &site, &query, evidence]);
        assert_eq!(run.code, 0, "{}", run.err);
        run.json_lines()
            .iter()
            .map(|row| row["v"].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    // JSON: every Winlogbeat event carries the version of its agent; other evidence has none.
    assert_eq!(distinct("Agent Version", "examples/evidence/test2-outlook-com"), ["8.15.3"]);
    assert_eq!(
        distinct("Agent Version", "examples/evidence/test3-ews/unified-audit.json"),
        [""; 0]
    );
    // XML: an attribute chooses among siblings.
    let powershell = "examples/evidence/test1-copy-stores/WS-FIN-07-powershell.xml";
    let blocks = distinct("Script Block", powershell);
    assert!(blocks.contains(&"0c64a5e2-5d6e-4c89-a41c-7e17a2f3c611".to_owned()), "{blocks:?}");
    // Regex: `UserLoggedIn` begins with `User`.
    let words = distinct("Operation Word", "examples/evidence/test3-ews/unified-audit.json");
    assert!(words.contains(&"User".to_owned()), "{words:?}");
    // The types of log sources are kept apart: Windows events are of type 12.
    assert_eq!(distinct("App Name", powershell), [""; 0]);
}

#[test]
fn a_hunt_reads_profile_files() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("rules")).expect("a folder");
    file(
        &folder,
        "pack.toml",
        "format = 1\nid = \"x\"\nname = \"test\"\ntitle = \"\"\nversion = \"1\"\ndescription = \"\"\nlicense = \"MIT\"\nauthor = \"\"\nrequires = \"0.1.0\"\nattack = []\n",
    );
    file(
        &folder,
        "rules/a.toml",
        "id = \"a\"\ntitle = \"\"\ndescription = \"\"\nlevel = \"low\"\nstatus = \"test\"\nauthor = \"\"\nattack = []\nprofile_file = \"names.toml\"\n",
    );
    file(&folder, "names.toml", "[aliases]\nProg = \"Process Path\"\n");
    file(
        &folder,
        "rules/a.aql",
        "SELECT Prog FROM events WHERE Prog MATCHES 'powershell' LAST 1 HOURS",
    );
    let pack = folder.path().display().to_string();
    let hunt = |more: &[&str]| {
        let mut args = vec!["hunt", "--strict", "--pack", &pack, EVIDENCE];
        args.extend(more);
        aql(&args)
    };
    // The rule's own file names `Prog`.
    let own = hunt(&[]);
    assert_eq!(own.code, 1, "{}", own.err);
    assert!(
        own.json_lines()[0]["fields"]["Prog"].as_str().is_some_and(|p| p.contains("powershell"))
    );
    // The site's file is laid over it: the expression must now cover the whole path.
    let full = file(&folder, "full.toml", "[dialect]\nmatches = \"full\"\n");
    let covered = hunt(&["--profile-file", &full]);
    assert_eq!((covered.code, covered.out.as_str()), (0, ""), "{}", covered.err);
    let bad = file(&folder, "bad.toml", "[dialect]\nmatchs = \"full\"\n");
    let refused = hunt(&["--profile-file", &bad]);
    assert_eq!((refused.code, refused.out.as_str()), (2, ""));
    assert!(refused.err.contains("error[PROF002]"), "{}", refused.err);
}
