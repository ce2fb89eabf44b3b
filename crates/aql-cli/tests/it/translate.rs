//! `aql translate`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::support::{aql, root};

const PACK: &str = "packs/t1114-email-collection";

/// Files below a folder, by path relative to it.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("below").to_string_lossy();
                all.insert(name.replace('\\', "/"), fs::read_to_string(&path).expect("text"));
            }
        }
    }
    all
}

/// `AQL_WRITE_TRANSLATIONS=1 cargo test --workspace --test it -- translations_of_the_pack` writes
/// them.
#[test]
fn translations_of_the_pack_are_fresh() {
    let committed = root().join(PACK).join("translations");
    let made = tempfile::tempdir().expect("a folder");
    let to = made.path().to_string_lossy().into_owned();
    let run = aql(&["translate", PACK, "--to", "all", "--quiet", "--output", &to]);
    assert_eq!(run.code, 1, "some rules have no counterpart somewhere: {}", run.err);
    if std::env::var_os("AQL_WRITE_TRANSLATIONS").is_some() {
        let _ = fs::remove_dir_all(&committed);
        for (name, text) in files(made.path()) {
            let path = committed.join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, text).expect("written");
        }
    }
    let (made, committed) = (files(made.path()), files(&committed));
    let names = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&made), names(&committed), "made by AQL_WRITE_TRANSLATIONS=1");
    for (name, text) in &made {
        assert_eq!(Some(text), committed.get(name), "{name}: AQL_WRITE_TRANSLATIONS=1 writes it");
    }
}

#[test]
fn targets_are_listed_with_what_checks_them() {
    let run = aql(&["translate", "--to", "list"]);
    assert_eq!(run.code, 0);
    for word in [
        "duckdb",
        "run by chdb",
        "run by pyspark",
        "sentinel",
        "by no parser: preview",
        "parsed by sqlglot: preview",
        "secops",
        "sigma",
    ] {
        assert!(run.out.contains(word), "{word}: {}", run.out);
    }
}

#[test]
fn a_query_a_rule_and_what_is_neither() {
    let query = "SELECT username FROM events WHERE username = 'a' LAST 5 MINUTES";
    let run = aql(&["translate", query, "--to", "duckdb"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert!(run.out.contains(r#"("username" = 'a')"#), "{}", run.out);

    let run = aql(&["translate", "published-qradar", "--to", "sigma,eql", "--quiet"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(
        run.out.contains("# published-qradar (sigma)\ntitle: 'published-qradar'"),
        "{}",
        run.out
    );

    let run = aql(&["translate", "nonsense", "--to", "duckdb"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("`nonsense` is no query, no file, no pack"), "{}", run.err);

    let run = aql(&["translate", query, "--to", "qradar"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("there is no target `qradar`; there are duckdb,"), "{}", run.err);
}

#[test]
fn what_is_lost_is_told_and_refused_if_it_is_too_much() {
    let query =
        "SELECT username FROM events WHERE devicetype = 12 AND username ILIKE '%a' LAST 5 MINUTES";
    let args = ["translate", query, "--to", "sentinel", "--format", "jsonl", "--quiet"];
    let run = aql(&args);
    assert_eq!(run.code, 0, "{}", run.err);
    let lines = run.json_lines();
    assert_eq!(lines[0]["loss"], "approximate");
    assert_eq!(lines[0]["remarks"][0]["code"], "AQL302");
    assert_eq!(lines[0]["remarks"][0]["finds"], "either");

    let run = aql(&[&args[..], &["--max-loss", "exact"]].concat());
    assert_eq!(run.code, 1);
    assert!(run.json_lines()[0]["text"].is_null());

    let run = aql(&[
        "translate",
        "SELECT username FROM events WHERE INOFFENSE(1) LAST 5 MINUTES",
        "--to",
        "duckdb",
    ]);
    assert_eq!((run.code, run.out.as_str()), (1, ""));
    assert!(run.err.contains("error[AQL303]: INOFFENSE has no counterpart"), "{}", run.err);
    assert!(run.err.contains("not to be said in DuckDB SQL: refused"), "{}", run.err);
}
