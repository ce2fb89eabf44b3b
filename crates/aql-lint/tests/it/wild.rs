//! Queries that others wrote: how often the checker agrees with the index of the corpus. They lie
//! outside the repository; without them these tests pass with a word on stderr.
#![expect(clippy::print_stderr, reason = "a skipped test says so, and figures are shown")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use aql_catalog::Catalog;
use aql_lint::{Checked, Config, Fixes, check, fix};
use aql_semantic::BindOptions;

struct Entry {
    file: String,
    valid: bool,
    reason: String,
    text: String,
}

/// Where the project is checked out elsewhere, AQL_CORPUS says where the corpus is.
fn corpus() -> PathBuf {
    let beside = || {
        PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("../../../shared/corpus/aql")
            .into_os_string()
    };
    PathBuf::from(std::env::var_os("AQL_CORPUS").unwrap_or_else(beside))
}

fn wild() -> Vec<Entry> {
    let folder = corpus().join("wild");
    let Ok(index) = std::fs::read_to_string(folder.join("index.tsv")) else {
        eprintln!("skipped: no corpus at {}", folder.display());
        return Vec::new();
    };
    index
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            let text = std::fs::read_to_string(folder.join(cells[0])).expect("a query");
            Entry {
                file: cells[0].into(),
                valid: cells[2] == "valid",
                reason: cells[3].into(),
                text,
            }
        })
        .collect()
}

fn checked(text: &str) -> Checked {
    check(text, &BindOptions::default(), &Config::default(), Catalog::get())
}

/// The codes that name what the index gives as a reason.
fn codes(reason: &str) -> &'static [&'static str] {
    match reason {
        r if r.starts_with("clause-order") => &["AQL004", "AQL005"],
        r if r.starts_with("no-interval") => &["AQL013"],
        r if r.starts_with("count-distinct") => &["AQL007"],
        r if r.starts_with("no-join") => &["AQL008"],
        r if r.starts_with("no-select-distinct") => &["AQL006"],
        r if r.starts_with("in-without") || r.starts_with("syntax: (") => &["AQL021", "AQL035"],
        r if r.starts_with("no-window") => &["AQL012"],
        r if r.starts_with("no-exists") => &["AQL011"],
        r if r.starts_with("no-timespan") => &["AQL015"],
        r if r.starts_with("unterminated") => &["AQL002", "AQL032", "AQL038"],
        r if r.starts_with("unquoted-ip") => &["AQL019"],
        r if r.starts_with("unknown-function CAST") => &["AQL014"],
        r if r.starts_with("unknown-function EXTRACT") => &["AQL039"],
        r if r.starts_with("unknown-function") => &["AQL102", "AQL039"],
        r if r.starts_with("unknown-database") => &["AQL105", "AQL035"],
        r if r.starts_with("no such field") => &["AQL120"],
        r if r.starts_with("INCIDR") => &["AQL119"],
        r if r.starts_with("start-stop") => &["AQL023"],
        _ => &[],
    }
}

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * f64::from(u32::try_from(part).unwrap_or(0))
        / f64::from(u32::try_from(whole).unwrap_or(1))
}

#[test]
fn agreement() {
    let entries = wild();
    if entries.is_empty() {
        return;
    }
    let (mut named, mut complaints) = (0, Vec::new());
    let invalid: Vec<&Entry> = entries.iter().filter(|e| !e.valid).collect();
    for entry in &invalid {
        // The index gives every reason that its checker met, not sorted by place.
        let reasons = entry.reason.split("; ").flat_map(codes).collect::<Vec<_>>();
        let diagnostics = checked(&entry.text).diagnostics;
        let first = diagnostics.iter().find(|d| d.is_error()).map(|d| d.code.as_str());
        if first.is_some_and(|code| reasons.contains(&&code)) {
            named += 1;
        } else {
            complaints.push(format!("{}: {} gave {first:?}", entry.file, entry.reason));
        }
    }
    let valid: Vec<&Entry> = entries.iter().filter(|e| e.valid).collect();
    let mut wrong = 0;
    for entry in &valid {
        if let Some(d) = checked(&entry.text).diagnostics.iter().find(|d| d.is_error()) {
            wrong += 1;
            complaints.push(format!("{}: valid, but {} {}", entry.file, d.code, d.message));
        }
    }
    eprintln!(
        "first diagnosis right: {named} of {} ({:.1} %); false errors: {wrong} of {} ({:.1} %)\n{}",
        invalid.len(),
        percent(named, invalid.len()),
        valid.len(),
        percent(wrong, valid.len()),
        complaints.join("\n")
    );
    assert!(percent(named, invalid.len()) >= 95.0);
    assert!(percent(wrong, valid.len()) <= 1.0);
}

#[test]
fn mechanical_repairs() {
    let entries = wild();
    if entries.is_empty() {
        return;
    }
    let (mut with_fix, mut mended, mut complaints) = (0, 0, Vec::new());
    for entry in entries.iter().filter(|e| !e.valid) {
        let before = checked(&entry.text);
        let errors = || before.diagnostics.iter().filter(|d| d.is_error());
        // A mechanical repair exists where each error has one.
        if !errors().all(|d| !d.fixes.is_empty()) {
            continue;
        }
        with_fix += 1;
        let fixed = fix(
            &entry.text,
            Fixes::Safe,
            &BindOptions::default(),
            &Config::default(),
            Catalog::get(),
        );
        match fixed.left.diagnostics.iter().find(|d| d.is_error()) {
            None => mended += 1,
            Some(d) => complaints.push(format!("{}: {} {}", entry.file, d.code, d.message)),
        }
    }
    eprintln!(
        "mended: {mended} of {with_fix} ({:.1} %)\n{}",
        percent(mended, with_fix),
        complaints.join("\n")
    );
    assert!(with_fix > 60 && percent(mended, with_fix) >= 85.0);
}

/// How often each code is reported for the valid queries; for whoever tunes a lint.
#[test]
fn frequency_on_valid_queries() {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in wild().iter().filter(|e| e.valid) {
        let mut codes: Vec<_> =
            checked(&entry.text).diagnostics.iter().map(|d| d.code.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        for code in codes {
            *counts.entry(code).or_default() += 1;
        }
    }
    eprintln!("{counts:?}");
    // What is called a contradiction in queries that people run is most likely none.
    assert!(counts.get("AQL131").copied().unwrap_or(0) <= 4, "{counts:?}");
}

/// What IBM's converter makes of Sigma rules has no error, and the faults that it is known for.
#[test]
fn conversions_of_sigma_rules() {
    let file = corpus().join("sigma-qradar.jsonl");
    let Ok(text) = std::fs::read_to_string(&file) else {
        eprintln!("skipped: no corpus at {}", file.display());
        return;
    };
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut queries = 0;
    for line in text.lines() {
        let row: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let Some(query) = row["aql"].as_str().or(row["query"].as_str()) else { continue };
        queries += 1;
        let diagnostics = checked(query).diagnostics;
        let error = diagnostics.iter().find(|d| d.is_error());
        assert!(error.is_none(), "{error:?}\n{query}");
        let mut codes: Vec<_> = diagnostics.iter().map(|d| d.code.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        for code in codes {
            *counts.entry(code).or_default() += 1;
        }
    }
    eprintln!("{queries} queries: {counts:?}");
    // `CONCAT('MD5=', 'MD5 Hash', …)`: a name in single quotes.
    assert!(counts.get("AQL212").copied().unwrap_or(0) >= 38, "{counts:?}");
}
