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

/// A program in the place of Python: it answers every request with these lines.
#[cfg(unix)]
fn engine(folder: &Path, lines: &str) -> String {
    use std::os::unix::fs::PermissionsExt;

    let path = folder.join("engine");
    fs::write(&path, format!("#!/bin/sh\ncat <<'END'\n{lines}\nEND\n")).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("executable");
    path.to_string_lossy().into_owned()
}

const EVIDENCE: &str = "examples/evidence/test1-copy-stores";

#[test]
fn sigma_is_proved_without_any_engine_and_what_is_not_proved_is_said() {
    let run = aql(&[
        "translate",
        PACK,
        "--to",
        "sigma,duckdb,splunk",
        "--prove",
        EVIDENCE,
        "--python",
        "no-such-python",
        "--quiet",
    ]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(run.out.contains("not proved: duckdb: `no-such-python` does not start"), "{}", run.out);
    assert!(run.out.contains("not proved: splunk: nothing at hand runs it"), "{}", run.out);
    let line = run.out.lines().find(|line| line.trim_start().starts_with("sigma "));
    let cells: Vec<&str> = line.expect("a line of Sigma").split_whitespace().collect();
    // target, aql, version, compared, translations, with hits, the same, announced, differ, fail
    assert_eq!(cells[3], "events");
    let number = |at: usize| cells[at].parse::<u32>().expect("a number");
    assert!(number(4) > 20 && number(5) > 0, "{cells:?}");
    assert_eq!((number(6) + number(7), number(8), number(9)), (number(4), 0, 0), "{cells:?}");
}

#[cfg(unix)]
#[test]
fn differences_are_listed_by_event_and_end_with_1() {
    let folder = tempfile::tempdir().expect("a folder");
    let query = "SELECT username FROM events WHERE \"Event ID\" = 11 AND \"File Path\" = 'x'";
    let prove = |lines: &str, more: &[&str]| {
        let python = engine(folder.path(), lines);
        let args = ["translate", query, "--to", "duckdb", "--prove", EVIDENCE, "--quiet"];
        aql(&[&args[..], &["--python", &python], more].concat())
    };
    let run = prove("{\"engine\":\"E 1\"}\n{\"id\":0,\"found\":[]}", &[]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(run.out.contains("duckdb  E 1"), "{}", run.out);

    let other = "{\"engine\":\"E 1\"}\n{\"id\":0,\"found\":[[\"a.evtx\",[3,4]]]}";
    let run = prove(other, &[]);
    assert_eq!(run.code, 1);
    let told = "query (duckdb, by E 1): DIFFERS: 0 events found, 2 more and 0 fewer in the translation\n  \
                + a.evtx, record 3\n  + a.evtx, record 4\n";
    assert!(run.out.starts_with(told), "{}", run.out);

    let run = prove(other, &["--format", "jsonl"]);
    assert_eq!(run.code, 1);
    let proof = &run.json_lines()[0]["proofs"][0];
    assert_eq!((&proof["verdict"], &proof["more"]), (&"differs".into(), &2.into()), "{proof}");
    assert_eq!(proof["first_more"][0], "a.evtx, record 3");

    let run = prove("{\"engine\":\"E 1\"}\n{\"id\":0,\"error\":\"no such function\"}", &[]);
    assert_eq!(run.code, 1);
    assert!(run.out.contains("(duckdb, by E 1): DOES NOT RUN: no such function"), "{}", run.out);

    // An engine that is not installed proves nothing, and says so.
    let run = prove("{\"missing\":\"duckdb\"}", &[]);
    assert_eq!(run.code, 0);
    assert!(run.out.contains("has no module `duckdb`; `pip install duckdb`"), "{}", run.out);

    // One that falls over is no proof either.
    let run = prove("what is this", &[]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("an answer of the engine cannot be read"), "{}", run.err);
}

#[cfg(unix)]
#[test]
fn groups_are_compared_by_their_rows() {
    let folder = tempfile::tempdir().expect("a folder");
    let query = "SELECT \"Event ID\", COUNT(*) AS n FROM events WHERE \"Event ID\" IN (1, 11) \
                 GROUP BY \"Event ID\" HAVING n > 0 LAST 5 MINUTES";
    let prove = |rows: &str| {
        let lines = format!(
            "{{\"engine\":\"E 1\"}}\n{{\"id\":0,\"found\":[]}}\n{{\"id\":1,\"rows\":{rows}}}"
        );
        let python = engine(folder.path(), &lines);
        let args = ["translate", query, "--to", "duckdb", "--prove", EVIDENCE, "--quiet"];
        aql(&[&args[..], &["--python", &python, "--format", "jsonl"]].concat())
    };
    let first = prove("[]");
    assert_eq!(first.code, 1);
    let proofs = &first.json_lines()[0]["proofs"];
    assert_eq!(proofs[1]["compared"], "groups");
    // What the original has is given back as the engine's answer: then they agree.
    let rows: Vec<String> = proofs[1]["first_fewer"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| {
            let (id, count) = row.as_str().expect("text").split_once(", ").expect("two cells");
            format!("[\"{id}\",{count}]")
        })
        .collect();
    assert!(!rows.is_empty());
    let again = prove(&format!("[{}]", rows.join(",")));
    assert_eq!(again.json_lines()[0]["proofs"][1]["verdict"], "same", "{}", again.out);
}

#[test]
fn sigma_rules_are_translated_to_other_platforms() {
    let folder = tempfile::tempdir().expect("a folder");
    let rule = "title: Archive\nlogsource:\n    product: windows\n    category: file_event\n\
                detection:\n    selection:\n        TargetFilename|endswith: '.pst'\n    \
                filter_main_outlook:\n        Image|endswith: '\\outlook.exe'\n    \
                condition: selection and not filter_main_outlook\n";
    fs::write(folder.path().join("archive.yml"), rule).expect("written");
    let from = folder.path().to_string_lossy().into_owned();
    let to = |target: &str| {
        let run = aql(&["translate", "--from", "sigma", &from, "--to", target, "--quiet"]);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{target}");
        run.out
    };
    assert!(to("defender").contains("DeviceFileEvents"));
    assert!(to("splunk").contains("TargetFilename"));
    let sentinel = to("sentinel");
    assert!(sentinel.contains("EventData.TargetFilename"), "{sentinel}");
    assert!(to("eql").contains("file.path like~ \"*.pst\""));
    // And back: the same fields, and the same condition.
    let sigma = to("sigma");
    for part in ["TargetFilename|endswith: '.pst'", "Image|endswith: '\\outlook.exe'"] {
        assert!(sigma.contains(part), "{sigma}");
    }

    // What converting to AQL refuses is told, and ends with 1.
    fs::write(folder.path().join("bad.yml"), rule.replace("|endswith", "|no_such"))
        .expect("written");
    let run = aql(&[
        "translate",
        "--from",
        "sigma",
        &from,
        "--to",
        "duckdb",
        "--quiet",
        "--format",
        "jsonl",
    ]);
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(run.err.contains("bad.yml"), "{}", run.err);
    let lines = run.json_lines();
    assert_eq!((lines.len(), &lines[0]["name"]), (1, &"archive".into()));
    assert_eq!(lines[0]["sigma"]["loss"], "exact");
}
