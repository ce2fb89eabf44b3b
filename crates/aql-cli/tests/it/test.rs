//! `aql test`, and tunings of `aql hunt`.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::support::aql;

const PACK: &str = "format = 1\nid = \"x\"\nname = \"mine\"\ntitle = \"\"\nversion = \"1\"\ndescription = \"\"\nlicense = \"MIT\"\nauthor = \"\"\nrequires = \"0.1.0\"\nattack = []\n";
const RULE: &str = "id = \"y\"\ntitle = \"A rule was made\"\ndescription = \"\"\nlevel = \"low\"\nstatus = \"test\"\nauthor = \"\"\nattack = []\n[[parameters]]\nname = \"UserContext\"\nkind = \"set\"\nreference = \"Allowed Users\"\ndescription = \"\"\ndefault = []\n";
const QUERY: &str = "SELECT username AS Actor FROM events WHERE \"Operation\" = 'New-InboxRule' AND NOT REFERENCESETCONTAINS('Allowed Users', username) LAST 1 HOURS";
const EVENT: &str = r#"{"CreationTime":"2026-11-11T10:00:00","Id":"1","Operation":"New-InboxRule","OrganizationId":"2","RecordType":1,"UserKey":"alice","UserType":0,"Version":1,"Workload":"Exchange","UserId":"alice"}"#;

fn pack(expect: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let case = format!(
        "title = \"alice <makes> a rule\"\nkind = \"positive\"\nwhy = \"w\"\norigin = \"o\"\n{expect}"
    );
    for (path, text) in [
        ("pack.toml", PACK),
        ("rules/made.toml", RULE),
        ("rules/made.aql", QUERY),
        ("tunings/alice.toml", "[[set]]\nname = \"Allowed Users\"\nvalues = [\"alice\"]\n"),
        ("cases/one/case.toml", &case),
        ("cases/one/evidence/audit.json", EVENT),
    ] {
        write(folder.path(), path, text);
    }
    folder
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    fs::write(path, text).expect("a file");
}

const GOOD: &str = "[[expect]]\nrule = \"made\"\nfile = \"audit.json\"\nrecords = [1]\n";
const BAD: &str = "[[expect]]\nrule = \"made\"\nfile = \"audit.json\"\nrecords = [2]\n";

#[test]
fn a_case_passes_or_says_what_differs() {
    let good = pack(GOOD);
    let run = aql(&["test", &good.path().display().to_string()]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert_eq!(
        run.out,
        "ok    one  (1 finding)\nmine: 1 case, 1 passed, 0 failed; 6 ways each, 1 record\n"
    );
    let bad = pack(BAD);
    let run = aql(&["test", &bad.path().display().to_string()]);
    assert_eq!(run.code, 1);
    assert_eq!(
        run.out,
        "FAIL  one: alice <makes> a rule\n      in every way:\n        - missing     made  audit.json record 2\n        + unexpected  made  audit.json record 1  Actor=alice\nmine: 1 case, 0 passed, 1 failed; 6 ways each, 1 record\n"
    );
}

#[test]
fn machines_get_json_lines_and_junit() {
    let bad = pack(BAD);
    let junit = bad.path().join("junit.xml");
    let folder = bad.path().display().to_string();
    let run = aql(&["test", &folder, "--format", "jsonl", "--junit", &junit.display().to_string()]);
    assert_eq!(run.code, 1);
    let lines = run.json_lines();
    assert_eq!(lines.len(), 6);
    assert_eq!(lines[0]["way"], "files, 1 thread, lenient");
    assert_eq!(lines[3]["way"], "files, 2 threads, strict");
    assert_eq!(lines[5]["way"], "store, 2 threads, strict");
    assert_eq!(lines[0]["differences"][0]["difference"], "missing");
    assert_eq!(lines[0]["differences"][1]["difference"], "unexpected");
    let xml = fs::read_to_string(junit).expect("a file");
    assert!(xml.contains("<testsuite name=\"mine\" tests=\"1\" failures=\"1\""), "{xml}");
    assert!(xml.contains("message=\"alice &lt;makes&gt; a rule\""), "{xml}");
    assert!(xml.contains("- missing     made  audit.json record 2"), "{xml}");
}

#[test]
fn tunings_are_files_or_names_of_the_pack() {
    let good = pack(GOOD);
    let folder = good.path().display().to_string();
    let run = aql(&["test", &folder, "--tuning", "alice"]);
    assert_eq!(run.code, 1);
    assert!(run.out.contains("record 1  (silenced by "), "{}", run.out);
    let evidence = good.path().join("cases/one/evidence").display().to_string();
    assert_eq!(aql(&["hunt", "--pack", &folder, &evidence]).code, 1);
    assert_eq!(aql(&["hunt", "--pack", &folder, "--tuning", "alice", &evidence]).code, 0);
    let site = good.path().join("site.toml");
    fs::write(
        &site,
        "[[suppress]]\nrule = \"made\"\nwhere = { Actor = \"alice\" }\nreason = \"leaver\"\nowner = \"desk\"\nexpires = \"2999-01-01\"\n",
    )
    .expect("a file");
    let site = site.display().to_string();
    let run = aql(&["hunt", "--pack", &folder, "--tuning", &site, &evidence]);
    assert_eq!((run.code, run.out.as_str()), (0, ""));
    let told = "1 of rule `made` suppressed until 2999-01-01: leaver (desk)";
    assert!(run.err.contains(told), "{}", run.err);
    let run = aql(&["hunt", "--pack", &folder, "--tuning", "nobody", &evidence]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("there is no tuning `nobody`"), "{}", run.err);
}

#[test]
fn what_cannot_be_tested_is_no_success() {
    let run = aql(&["test", "nowhere"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("there is no folder `nowhere`"), "{}", run.err);
    let none = pack(GOOD);
    fs::remove_dir_all(none.path().join("cases")).expect("removed");
    let run = aql(&["test", &none.path().display().to_string()]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("the pack has no cases"), "{}", run.err);
}
