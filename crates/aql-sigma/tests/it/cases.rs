//! `tests/cases/*.md`: a Sigma file in a `yaml` block, and behind it what comes of it: a block
//! `aql ibm` and a block `aql raw`, or only `aql` where both are the same, and a block `text` with
//! what is said. `AQL_WRITE_CASES=1` writes the blocks anew.

use std::fmt::Write as _;
use std::path::Path;

use aql_catalog::{Catalog, Profile};
use aql_diag::SourceText;
use aql_sigma::{Converted, Options, convert};

fn run(yaml: &str, profile: Profile) -> Vec<Converted> {
    let files = [SourceText { name: "rule.yml".into(), text: yaml.into() }];
    convert(&files, &Options { profile, ..Options::default() }, Catalog::get())
}

fn queries(converted: &[Converted]) -> String {
    let mut out = String::new();
    for one in converted {
        if let Some(query) = &one.query {
            writeln!(out, "{}", query.trim_end()).expect("text");
        }
        if let Some(correlation) = &one.correlation {
            writeln!(out, "-- {correlation:?}").expect("text");
        }
        for (name, field) in &one.declares {
            writeln!(out, "-- site: {name} = {field}").expect("text");
        }
    }
    out
}

fn said(yaml: &str, converted: &[Converted]) -> String {
    let mut out = String::new();
    for one in converted {
        for d in &one.diagnostics {
            let at = d.primary.as_ref().map(|label| {
                let before = yaml.get(..label.span.start as usize).unwrap_or_default();
                format!(" (line {})", before.matches('\n').count() + 1)
            });
            writeln!(out, "{}[{}]: {}{}", d.severity, d.code, d.message, at.unwrap_or_default())
                .expect("text");
        }
    }
    out
}

fn answer(yaml: &str) -> String {
    let (ibm, raw) = (run(yaml, Profile::Ibm), run(yaml, Profile::Raw));
    let mut out = String::new();
    let mut block = |kind: &str, text: &str| {
        if !text.is_empty() {
            write!(out, "```{kind}\n{text}```\n\n").expect("text");
        }
    };
    let (ibm_queries, raw_queries) = (queries(&ibm), queries(&raw));
    if ibm_queries == raw_queries {
        block("aql", &ibm_queries);
    } else {
        block("aql ibm", &ibm_queries);
        block("aql raw", &raw_queries);
    }
    let (ibm_said, raw_said) = (said(yaml, &ibm), said(yaml, &raw));
    if ibm_said == raw_said {
        block("text", &ibm_said);
    } else {
        block("text ibm", &ibm_said);
        block("text raw", &raw_said);
    }
    out
}

/// The file with every answer written anew, and the number of its cases.
fn rewritten(text: &str) -> (String, usize) {
    let mut out = String::new();
    let mut cases = 0;
    let mut yaml: Option<String> = None;
    let mut skipping = false;
    for line in text.lines() {
        if let Some(block) = &mut yaml {
            writeln!(out, "{line}").expect("text");
            if line == "```" {
                write!(out, "\n{}", answer(block)).expect("text");
                yaml = None;
                cases += 1;
                skipping = true;
            } else {
                writeln!(block, "{line}").expect("text");
            }
            continue;
        }
        if line.starts_with('#') {
            skipping = false;
        }
        if line == "```yaml" {
            yaml = Some(String::new());
            skipping = false;
        }
        if !skipping {
            writeln!(out, "{line}").expect("text");
        }
    }
    (format!("{}\n", out.trim_end()), cases)
}

#[test]
fn cases_convert_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut cases = 0;
    let mut wrong = String::new();
    let mut paths: Vec<_> = std::fs::read_dir(&folder)
        .expect("the folder of cases")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a file of cases");
        let (new, count) = rewritten(&text);
        cases += count;
        if new == text {
            continue;
        }
        if std::env::var_os("AQL_WRITE_CASES").is_some() {
            std::fs::write(&path, new).expect("the file is written");
            continue;
        }
        let differs = text.lines().zip(new.lines()).find(|(a, b)| a != b);
        writeln!(wrong, "{}: {differs:#?}", path.display()).expect("text");
    }
    assert!(wrong.is_empty(), "{wrong}\nAQL_WRITE_CASES=1 writes them anew");
    assert!(cases > 40, "{cases} cases");
}
