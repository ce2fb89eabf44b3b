//! `aql catalog`.

use std::collections::HashSet;

use crate::support::aql;

#[test]
fn every_list_is_json_lines_when_piped() {
    let lists = [
        ("functions", "name"),
        ("fields", "name"),
        ("properties", "name"),
        ("types", "id"),
        ("qids", "qid"),
        ("categories", "id"),
        ("dialect", "name"),
    ];
    for (list, key) in lists {
        let run = aql(&["catalog", list]);
        assert_eq!(run.code, 0, "{}", run.err);
        let entries = run.json_lines();
        assert!(entries.len() > 20, "{list}");
        for entry in &entries {
            assert!(!entry[key].is_null(), "{entry}");
            assert!(entry["doc"] != "", "{entry}");
        }
        let table = aql(&["catalog", list, "--format", "table"]);
        let head = table.out.lines().find(|l| l.contains(key)).unwrap_or_default().to_owned();
        assert!(!head.is_empty(), "{list}: {}", table.out);
    }
}

#[test]
fn functions_have_signature_doc_and_example() {
    let run = aql(&["catalog", "functions"]);
    let mut names = HashSet::new();
    for function in run.json_lines() {
        for key in ["name", "signature", "doc", "example", "example_result", "source"] {
            assert!(function[key].as_str().is_some_and(|t| !t.is_empty()), "{key}: {function}");
        }
        assert!(names.insert(function["name"].to_string()));
    }
    // What repairs write is not for people.
    assert!(!run.out.contains("QIDNAME_ALTERNATE"));
}

#[test]
fn a_name_is_found_whole_or_in_part() {
    let one = aql(&["catalog", "functions", "strpos"]).json_lines();
    assert_eq!(one.len(), 1);
    assert_eq!(one[0]["signature"], "STRPOS(text, part: text [, from: integer]) -> integer");
    // An alias is a name.
    let path = aql(&["catalog", "properties", "image"]).json_lines();
    assert_eq!(path.len(), 1);
    assert_eq!(path[0]["name"], "Process Path");
    let types = aql(&["catalog", "types", "12"]).json_lines();
    assert_eq!(types.len(), 1);
    assert_eq!(types[0]["name"], "Microsoft Windows Security Event Log");
    let part = aql(&["catalog", "fields", "sourcei"]).json_lines();
    assert!(part.iter().any(|f| f["name"] == "sourceip" && f["database"] == "events"));
    assert!(part.iter().all(|f| f["name"].as_str().is_some_and(|n| n.contains("sourcei"))));
}

#[test]
fn a_name_that_is_not_there_is_an_error() {
    let run = aql(&["catalog", "functions", "strposs"]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.contains("there is no function `strposs`; is it `STRPOS`?"), "{}", run.err);
}
