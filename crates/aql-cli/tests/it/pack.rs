//! `aql pack`.

use std::fs;

use crate::support::aql;

#[test]
fn a_new_pack_lacks_only_what_is_left_to_write_and_its_cases_pass() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t1098-devices");
    let path = path.display().to_string();
    let run = aql(&["pack", "new", &path, "--technique", "T1098.005"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(aql(&["pack", "new", &path]).err.contains("exists already"));

    let run = aql(&["pack", "check", &path]);
    assert_eq!(run.code, 1);
    let codes: Vec<&str> =
        run.out.lines().filter(|l| l.starts_with("warning[") || l.starts_with("error[")).collect();
    assert!(codes.len() > 10 && codes.iter().all(|line| line.contains("PACK011")), "{}", run.out);

    let run = aql(&["test", &path]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let run = aql(&["test", &path, "--coverage", "--write"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let readme = fs::read_to_string(format!("{path}/README.md")).expect("a file");
    assert!(
        readme.contains(
            "| own:1 | A rule that forwards mail is made | `first-rule` | 1 found | 1 as expected |"
        ),
        "{readme}"
    );

    // With the marks written, the pack is in order.
    for file in walk(std::path::Path::new(&path)) {
        let text = fs::read_to_string(&file).expect("a file");
        fs::write(&file, text.replace("TODO: ", "")).expect("a file");
    }
    let run = aql(&["pack", "check", &path]);
    assert_eq!(run.code, 0, "{}", run.out);
    let last = run.out.lines().last();
    assert_eq!(last, Some("t1098-devices: 1 rule, 2 cases, 0 errors, 0 warnings"), "{}", run.out);
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        if entry.path().is_dir() {
            files.extend(walk(&entry.path()));
        } else {
            files.push(entry.path());
        }
    }
    files
}

#[test]
fn check_says_what_a_pack_promises_and_does_not_hold() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mine");
    assert_eq!(aql(&["pack", "new", &path.display().to_string()]).code, 0);
    let edit = |file: &str, from: &str, to: &str| {
        let file = path.join(file);
        let text = fs::read_to_string(&file).expect("a file");
        assert!(text.contains(from), "{file:?}: {from}");
        fs::write(&file, text.replace(from, to)).expect("a file");
    };
    edit("rules/first-rule.toml", "state = \"unchecked\"", "state = \"ok\"");
    edit("rules/first-rule.toml", "mine Allowed Users", "Allowed");
    edit("cases/attack/case.toml", "twin = \"everyday-work\"\n", "");
    edit("rules/first-rule.aql", "LIMIT 1000\n", "");
    let run = aql(&["pack", "check", &path.display().to_string()]);
    assert_eq!(run.code, 1);
    for (code, expected) in [
        ("error[PACK010]", "the state of reference"),
        (
            "warning[PACK012]",
            "the query reads reference set `mine allowed users`, which is no parameter",
        ),
        (
            "warning[PACK012]",
            "reference set `allowed` is a parameter, and the query does not read it",
        ),
        ("error[PACK010]", "is `ok` here and `unchecked` in `references.toml`"),
        ("error[PACK009]", "no positive case of rule `first-rule` has a benign twin"),
        ("warning[PACK009]", "it is positive and has no benign twin"),
        ("[AQL201]", ""),
    ] {
        let is_told = |line: &str| line.contains(code) && line.contains(expected);
        assert!(run.out.lines().any(is_told), "{code} {expected}: {}", run.out);
    }
}

#[test]
fn references_resolve_in_the_list_of_the_pack() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mine");
    let name = path.display().to_string();
    assert_eq!(aql(&["pack", "new", &name]).code, 0);
    let list = path.join("references.toml");
    let entry = |url: &str, state: &str| {
        format!("[[reference]]\nurl = \"{url}\"\nstate = \"{state}\"\ntitle = \"t\"\n")
    };
    fs::write(&list, [entry("a", "dead"), entry("a", "fine")].concat()).expect("a file");
    let run = aql(&["pack", "check", &name]);
    let text = run.out.replace(&format!("{name}/"), "");
    let told: Vec<&str> = text.lines().filter(|line| line.contains("PACK010")).collect();
    assert_eq!(
        told,
        [
            "warning[PACK010]: references.toml: no rule refers to a",
            "warning[PACK010]: references.toml: reference a is dead: say in its `note` what stands in for it",
            "error[PACK010]: references.toml: the state of reference a is `fine`; it is one of current, moved, dead, unchecked",
            "error[PACK010]: references.toml: reference a stands twice",
            "warning[PACK010]: references.toml: no rule refers to a",
            "error[PACK010]: rules/first-rule.toml: reference TODO: https://… is not in the pack's `references.toml`",
        ],
        "{}",
        run.out
    );
    fs::remove_file(&list).expect("removed");
    let run = aql(&["pack", "check", &name]);
    assert!(
        run.out.contains("warning[PACK010]: references.toml: is missing: it lists what"),
        "{}",
        run.out
    );
    fs::write(&list, "[[reference]]\nurl = 1\n").expect("a file");
    let run = aql(&["pack", "check", &name]);
    assert!(run.out.contains("error[PACK002]"), "{}", run.out);
}

#[test]
fn packs_are_listed_and_shown() {
    let run = aql(&["pack", "list"]);
    assert_eq!(run.code, 0);
    let line = run.out.lines().find(|l| l.contains("t1114-email-collection")).expect("the pack");
    assert!(line.contains("T1114") && line.contains("in the binary"), "{line}");

    let run = aql(&["pack", "show", "t1114-email-collection"]);
    assert!(run.out.starts_with("T1114 EMAIL COLLECTION\n"), "{}", run.out);
    assert!(run.out.contains("- mail-store-staged (high): "), "{}", run.out);

    let show = ["pack", "show", "t1114-email-collection", "mail-store-staged"];
    let text = aql(&show);
    assert!(text.out.contains("\nBLIND SPOTS\n"), "{}", text.out);
    assert!(
        text.out
            .lines()
            .filter(|l| !l.starts_with("    "))
            .all(|l| l.chars().count() <= 100 || !l.contains(' '))
    );
    let page = aql(&[&show[..], &["--format", "markdown"]].concat());
    assert!(page.out.starts_with("# ") && page.out.contains("\n## Blind spots\n"), "{}", page.out);
    assert!(page.out.contains("\n```sql\nSELECT\n"), "{}", page.out);

    let run = aql(&["pack", "show", "t1114-email-collection", "nothing"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("there is no rule `nothing`"), "{}", run.err);
}

#[test]
fn tune_shows_what_a_tuning_gains_and_loses() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mine");
    let pack = path.display().to_string();
    assert_eq!(aql(&["pack", "new", &pack]).code, 0);
    let (before, after) = (folder.path().join("before"), folder.path().join("after"));
    let (before, after) = (before.display().to_string(), after.display().to_string());
    let site = folder.path().join("site.toml").display().to_string();
    fs::write(
        &site,
        "[[set]]\nname = \"mine Allowed Users\"\nvalues = [\"alex@contoso.example\"]\n",
    )
    .expect("a file");
    let evidence = path.join("cases/attack/evidence").display().to_string();
    let hunt = ["hunt", "--pack", &pack, &evidence, "--format", "jsonl", "-o"];
    assert_eq!(aql(&[&hunt[..], &[&before]].concat()).code, 1);
    assert_eq!(aql(&[&hunt[..], &[&after, "--tuning", &site]].concat()).code, 0);
    let run = aql(&["tune", &before, &after]);
    assert_eq!(run.code, 1, "{}", run.err);
    let lost = format!("- lost    first-rule  {evidence}/audit.json record 1\n");
    let expected = format!(
        "{lost}first-rule: 1 lost, 0 gained\n1 findings before, 0 after: 1 lost, 0 gained\n"
    );
    assert_eq!(run.out, expected);
    // Hunting here shows the same.
    let tune = ["tune", "--pack", &pack, "--tuning", &site, &evidence];
    let hunted = aql(&tune);
    assert_eq!((hunted.code, hunted.out), (1, expected), "{}", hunted.err);
    let hunted = aql(&[&tune[..], &["--base", &site]].concat());
    assert_eq!(hunted.code, 0, "{}", hunted.err);
    assert_eq!(hunted.out, "0 findings before, 0 after: 0 lost, 0 gained\n");
    let wrong = aql(&["tune", &before]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("name two files of findings"), "{}", wrong.err);
    let run = aql(&["tune", &after, &before]);
    assert!(run.out.starts_with("+ gained  first-rule  "), "{}", run.out);
    assert_eq!(aql(&["tune", &before, &before]).code, 0);
    let run = aql(&["tune", &before, &site]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("site.toml:1: is no finding"), "{}", run.err);
}
