//! Queries written by others, judged by a checker. They lie outside the repository; without them
//! these tests pass with a word on stderr.
#![expect(clippy::print_stderr, reason = "a skipped test says so")]

use std::path::PathBuf;

use aql_diag::SourceText;
use aql_syntax::parse;

/// The corpus directory, if it is there.
fn corpus() -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/aql");
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: no corpus at {}", path.display());
    None
}

struct Judged {
    file: String,
    valid: bool,
    reason: String,
    text: String,
}

fn judged() -> Vec<Judged> {
    let Some(corpus) = corpus() else { return Vec::new() };
    let wild = corpus.join("wild");
    let index = std::fs::read_to_string(wild.join("index.tsv")).expect("index.tsv");
    index
        .lines()
        .skip(1)
        .map(|line| {
            let mut fields = line.split('\t');
            let file = fields.next().unwrap_or_default().to_owned();
            let valid = fields.nth(1) == Some("valid");
            let reason = fields.next().unwrap_or_default().to_owned();
            let text = std::fs::read_to_string(wild.join(&file)).expect("query file");
            Judged { file, valid, reason, text }
        })
        .collect()
}

/// A word of the first sentence that shows that it names the fault of `reason`; `None` where the
/// fault is one of names and meaning, not of syntax.
fn expected_word(reason: &str) -> Option<&'static str> {
    let rules = [
        ("clause-order", "stands after"),
        ("start-stop-format", "START"),
        ("no-interval-literal", "INTERVAL literal"),
        ("no-interval-arithmetic", "interval arithmetic"),
        ("unknown-function EXTRACT", "EXTRACT"),
        ("unknown-function CAST", "CAST"),
        ("unknown-function STRING_AGG", "STRING_AGG"),
        ("unknown-function GROUP_CONCAT", "GROUP_CONCAT"),
        ("no-timespan", "TIMESPAN"),
        ("in-without-parentheses", "`IN` without parentheses"),
        ("syntax: ( near", "`IN` without parentheses"),
        ("unterminated-quote", "closing quote"),
        ("no-join", "JOIN"),
        ("no-window", "window function"),
        ("count-distinct", "COUNT(DISTINCT"),
        ("no-select-distinct", "SELECT DISTINCT"),
        ("no-exists", "EXISTS"),
        ("unquoted-ip", "without quotes"),
        ("unknown-database reference", "reference"),
    ];
    rules.iter().find(|(prefix, _)| reason.starts_with(prefix)).map(|(_, word)| *word)
}

#[test]
fn judgement() {
    let mut complaints = Vec::new();
    for query in judged() {
        let parsed = parse(&query.text);
        let source = SourceText::new(query.file.clone(), query.text.clone());
        let first = parsed.diagnostics.iter().find(|d| d.is_error());
        let shown = first.map(|d| aql_diag::render::text(d, Some(&source), false));
        if query.valid {
            if let Some(shown) = shown {
                complaints.push(format!("valid, but:\n{shown}"));
            }
        } else if let Some(word) = expected_word(&query.reason)
            && !first.is_some_and(|d| d.message.contains(word))
        {
            complaints.push(format!(
                "{}: {}\n{}",
                query.file,
                query.reason,
                shown.unwrap_or_default()
            ));
        }
    }
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

#[test]
fn sigma_conversions() {
    let Some(corpus) = corpus() else { return };
    let lines =
        std::fs::read_to_string(corpus.join("sigma-qradar.jsonl")).expect("sigma-qradar.jsonl");
    let mut count = 0;
    for line in lines.lines() {
        let rule: serde_json::Value = serde_json::from_str(line).expect("a JSON line");
        let aql = rule["aql"].as_str().expect("aql");
        let parsed = parse(aql);
        let source = SourceText::new(rule["id"].as_str().unwrap_or_default(), aql);
        let errors: Vec<_> = parsed.diagnostics.iter().filter(|d| d.is_error()).collect();
        assert!(errors.is_empty(), "{}", aql_diag::render::text(errors[0], Some(&source), false));
        count += 1;
    }
    assert_eq!(count, 2_338);
}

#[test]
fn fragments() {
    let Some(corpus) = corpus() else { return };
    for entry in std::fs::read_dir(corpus.join("wild-fragments")).expect("wild-fragments") {
        let path = entry.expect("entry").path();
        if path.extension().is_some_and(|e| e == "aql") {
            let text = std::fs::read_to_string(&path).expect("fragment");
            let parsed = parse(&text);
            let query = parsed.query.expect("a query");
            assert!(!query.select.is_empty(), "{}", path.display());
            if text.contains("FROM") {
                assert!(query.from.is_some() && query.condition.is_some(), "{}", path.display());
            }
            let errors = parsed.diagnostics.iter().filter(|d| d.is_error()).count();
            assert!(errors <= 1, "{}: {:#?}", path.display(), parsed.diagnostics);
        }
    }
}

#[test]
fn published_query() {
    for query in judged().iter().filter(|q| q.file == "0001.aql") {
        let parsed = parse(&query.text);
        assert_eq!(parsed.diagnostics.len(), 1);
        let only = &parsed.diagnostics[0];
        assert_eq!(only.code.as_str(), "AQL004");
        assert_eq!(only.primary.as_ref().map(|l| l.span.slice(&query.text)), Some("ORDER BY"));
        assert!(only.repaired.is_some());
        let (mended, _) =
            aql_diag::apply_edits(&query.text, only.fixes.iter().flat_map(|f| &f.edits));
        assert!(mended.trim_end().ends_with("ORDER BY starttime DESC\nLAST 24 HOURS"), "{mended}");
        let again = parse(&mended);
        assert!(again.diagnostics.is_empty());
        let (before, after) = (parsed.query.expect("a query"), again.query.expect("a query"));
        assert!(aql_syntax::same_tree(&before, &after));
    }
}

#[test]
fn round_trips() {
    for query in judged() {
        crate::layout::check(&query.text);
    }
    let Some(corpus) = corpus() else { return };
    let lines =
        std::fs::read_to_string(corpus.join("sigma-qradar.jsonl")).expect("sigma-qradar.jsonl");
    for line in lines.lines() {
        let rule: serde_json::Value = serde_json::from_str(line).expect("a JSON line");
        crate::layout::check(rule["aql"].as_str().expect("aql"));
    }
}

/// A safe fix must leave a text that reads as the repaired tree did.
#[test]
fn fixes_say_what_was_read() {
    let mut complaints = Vec::new();
    for query in judged() {
        let parsed = parse(&query.text);
        if !parsed.has_errors() || parsed.has_fatal_errors() {
            continue;
        }
        let mut text = query.text.clone();
        for _ in 0..5 {
            let found = parse(&text).diagnostics;
            let fixes = found.iter().filter(|d| d.is_error()).filter_map(|d| d.fixes.first());
            text = aql_diag::apply_edits(&text, fixes.flat_map(|f| &f.edits)).0;
        }
        let again = parse(&text);
        let (Some(a), Some(b)) = (&parsed.query, &again.query) else { continue };
        if again.has_errors() || !aql_syntax::same_tree(a, b) {
            complaints.push(format!("{}:\n{text}\n{:?}", query.file, again.diagnostics.first()));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
