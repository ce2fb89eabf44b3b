//! What is said about a pack that is not in order.

use std::fs;
use std::path::Path;

use aql_pack::Pack;

const PACK: &str = r#"
format = 1
id = "4d4ef22c-4a4e-4d5e-8a31-0f6a2a3c7a11"
name = "test"
title = "Test"
version = "0.1.0"
description = "A test"
license = "MIT"
author = "somebody"
requires = "0.1.0"
attack = []
"#;

const RULE: &str = r#"
id = "8f1d9f5e-9a43-4a3c-9d0e-2a4b7f1c5d22"
title = "A rule"
description = "Finds something"
level = "low"
status = "test"
author = "somebody"
attack = []
"#;

const QUERY: &str = "SELECT username FROM events WHERE \"Event ID\" = 1 LAST 1 HOURS";

fn write(folder: &Path, files: &[(&str, &str)]) {
    fs::create_dir_all(folder.join("rules")).expect("a folder");
    fs::create_dir_all(folder.join("profiles")).expect("a folder");
    for (name, text) in files {
        fs::write(folder.join(name), text).expect("a file");
    }
}

/// The messages about a pack of these files.
fn problems(files: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), files);
    match Pack::load(folder.path()) {
        Ok(_) => Vec::new(),
        Err(problems) => problems
            .iter()
            .map(|d| {
                let place = d.input.as_ref().expect("a place");
                let file = place.file.rsplit('/').next().unwrap_or_default().to_string();
                format!("{}: {file}: {}", d.code, d.message)
            })
            .collect(),
    }
}

#[test]
fn a_good_pack_loads() {
    let good = [("pack.toml", PACK), ("rules/a.toml", RULE), ("rules/a.aql", QUERY)];
    assert_eq!(problems(&good), Vec::<String>::new());
}

#[test]
fn a_missing_half_is_named() {
    let files = [("pack.toml", PACK), ("rules/a.toml", RULE)];
    assert_eq!(problems(&files), ["PACK002: a.toml: has no query: `a.aql` is missing beside it"]);
    let files = [("pack.toml", PACK), ("rules/a.aql", QUERY)];
    assert_eq!(problems(&files), ["PACK002: a.aql: has no facts: `a.toml` is missing beside it"]);
}

#[test]
fn a_misspelt_key_is_an_error_with_its_line() {
    let rule = RULE.replace("title", "titel");
    let files = [("pack.toml", PACK), ("rules/a.toml", rule.as_str()), ("rules/a.aql", QUERY)];
    let problems = problems(&files);
    assert_eq!(problems.len(), 1);
    assert!(problems[0].contains("titel"), "{problems:?}");
    assert!(problems[0].contains("line 3"), "{problems:?}");
}

#[test]
fn an_id_used_twice_is_an_error() {
    let files = [
        ("pack.toml", PACK),
        ("rules/a.toml", RULE),
        ("rules/a.aql", QUERY),
        ("rules/b.toml", RULE),
        ("rules/b.aql", QUERY),
    ];
    assert_eq!(problems(&files), ["PACK004: b.toml: has the id of rule `a`"]);
}

#[test]
fn an_unknown_format_or_level_is_an_error() {
    let pack = PACK.replace("format = 1", "format = 7");
    let rule = RULE.replace("\"low\"", "\"lowish\"");
    let files =
        [("pack.toml", pack.as_str()), ("rules/a.toml", rule.as_str()), ("rules/a.aql", QUERY)];
    let problems = problems(&files);
    assert!(problems[0].contains("pack format 7 is not known"), "{problems:?}");
    assert!(problems[1].contains("lowish"), "{problems:?}");
}

#[test]
fn a_pack_for_a_newer_version_is_refused() {
    let pack = PACK.replace("requires = \"0.1.0\"", "requires = \"99.0.0\"");
    let files = [("pack.toml", pack.as_str())];
    assert!(problems(&files)[0].contains("the pack needs Aquiline 99.0.0"));
}

#[test]
fn a_folder_that_is_no_pack_says_what_is_missing() {
    let folder = tempfile::tempdir().expect("a folder");
    let problems = Pack::load(folder.path()).expect_err("no pack");
    let messages: Vec<_> = problems.iter().map(|d| d.message.clone()).collect();
    assert!(messages.iter().all(|m| m.starts_with("cannot be read")), "{messages:?}");
}

#[test]
fn a_profile_file_is_part_of_the_pack() {
    let rule = |path: &str| format!("{RULE}profile_file = \"{path}\"\n");
    let with = |path: &str, text: &str| {
        let rule = rule(path);
        problems(&[
            ("pack.toml", PACK),
            ("rules/a.toml", &rule),
            ("rules/a.aql", QUERY),
            ("profiles/site.toml", text),
        ])
    };
    assert_eq!(with("profiles/site.toml", "[dialect]\nmatches = \"full\"\n"), [""; 0]);
    assert_eq!(
        with("profiles/site.toml", "[dialect]\nmatchs = \"full\"\n"),
        ["PROF002: site.toml: there is no dialect option `matchs`"]
    );
    let missing = with("profiles/other.toml", "");
    assert_eq!(missing.len(), 1, "{missing:?}");
    assert!(
        missing[0]
            .starts_with("PACK001: a.toml: its profile file `profiles/other.toml` cannot be read"),
        "{missing:?}"
    );
    for outside in ["../site.toml", "/etc/site.toml"] {
        assert_eq!(
            with(outside, ""),
            [format!("PACK002: a.toml: its profile file `{outside}` lies outside the pack")]
        );
    }
}
