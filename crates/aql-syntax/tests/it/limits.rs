//! Deep, long and senseless texts: never a panic, never a full stack, never more than linear time.

use std::time::{Duration, Instant};

use aql_syntax::{Parsed, format, format_with_comments, parse, parse_expr};
use proptest::prelude::*;

/// Reads, writes, clones and drops, so that every recursion over the tree runs.
fn exercise(text: &str) -> Parsed {
    let parsed = parse(text);
    for diagnostic in &parsed.diagnostics {
        assert!(!diagnostic.message.is_empty());
        for label in diagnostic.primary.iter().chain(&diagnostic.labels) {
            let (start, end) = (label.span.start as usize, label.span.end as usize);
            assert!(
                start <= end && text.is_char_boundary(start) && text.is_char_boundary(end),
                "{diagnostic:?}"
            );
        }
        for edit in diagnostic.fixes.iter().flat_map(|fix| &fix.edits) {
            assert!(
                text.get(edit.span.start as usize..edit.span.end as usize).is_some(),
                "{diagnostic:?}"
            );
        }
    }
    if let Some(query) = &parsed.query {
        assert!(aql_syntax::same_tree(query, query));
        let _ = format(query);
        let _ = format_with_comments(query, text, &parsed.comments);
        let mut count = 0;
        aql_syntax::visit::walk_query(query, &mut |_| count += 1);
    }
    parsed
}

fn codes(parsed: &Parsed) -> Vec<&'static str> {
    parsed.diagnostics.iter().filter(|d| d.is_error()).map(|d| d.code.as_str()).collect()
}

fn nested(open: &str, inner: &str, close: &str, depth: usize) -> String {
    format!("SELECT a FROM events WHERE {}{inner}{}", open.repeat(depth), close.repeat(depth))
}

const SHAPES: [(&str, &str, &str); 12] = [
    ("(", "a=1", ")"),
    ("NOT ", "a=1", ""),
    ("- ", "a", ""),
    ("~", "a", ""),
    ("f(", "a", ")"),
    ("a IN (SELECT b FROM events WHERE ", "b=1", ")"),
    ("CASE WHEN ", "a=1", " THEN 1 END"),
    ("IF a THEN b ELSE ", "c", ""),
    ("IF (", "a", ") THEN 1"),
    ("a IN (", "1", ")"),
    ("a=1 AND (b=2 OR ", "c=3", ")"),
    ("a IS NULL AND NOT (EXTRACT(HOUR FROM CAST(", "c", " AS INT)))"),
];

#[test]
fn nesting_is_bounded() {
    for (open, inner, close) in SHAPES {
        let text = nested(open, inner, close, 10_000);
        assert!(codes(&exercise(&text)).contains(&"AQL024"), "{open}");
        let text = nested(open, inner, close, 20);
        let found = codes(&exercise(&text));
        assert!(!found.contains(&"AQL024"), "{open}: {found:?}");
    }
}

/// The deepest trees that are let through must leave room on a small stack, in every recursion.
#[test]
fn deepest_trees_fit_a_small_stack() {
    let run = || {
        for (open, inner, close) in SHAPES {
            for depth in [20, 30, 40, 50, 66, 67, 99, 100, 150, 198, 199, 200] {
                exercise(&nested(open, inner, close, depth));
            }
        }
        for depth in [150, 190, 199, 200, 250] {
            exercise(&format!("SELECT {}a FROM events", "SELECT (".repeat(depth)));
            exercise(&format!(
                "{}SELECT a FROM events{}",
                "SELECT a FROM (".repeat(depth),
                ")".repeat(depth)
            ));
        }
    };
    let worker = std::thread::Builder::new().stack_size(1536 << 10).spawn(run).expect("a thread");
    worker.join().expect("no overflow");
}

#[test]
fn subqueries_in_from_are_bounded() {
    let text =
        format!("{}SELECT a FROM events{}", "SELECT a FROM (".repeat(10_000), ")".repeat(10_000));
    assert_eq!(codes(&exercise(&text)), ["AQL024"]);
}

#[test]
fn flat_chains_have_no_bound() {
    for word in ["AND", "OR"] {
        let terms: Vec<String> = (0..10_000).map(|n| format!("a={n}")).collect();
        let text = format!("SELECT a FROM events WHERE {}", terms.join(&format!(" {word} ")));
        let parsed = exercise(&text);
        assert!(parsed.diagnostics.is_empty());
        crate::layout::check(&text);
    }
    let list: Vec<String> = (0..50_000).map(|n| n.to_string()).collect();
    assert!(
        exercise(&format!("SELECT a FROM events WHERE a IN ({})", list.join(",")))
            .diagnostics
            .is_empty()
    );
}

#[test]
fn long_arithmetic_is_refused_not_overflowed() {
    for operator in ["+", "-", "*", "/", "^", "&", "=", "LIKE"] {
        let text = format!(
            "SELECT a FROM events WHERE {}",
            vec!["a"; 100_000].join(&format!(" {operator} "))
        );
        assert_eq!(codes(&exercise(&text)), ["AQL024"], "{operator}");
    }
    let short = format!("SELECT {} FROM events", vec!["a"; 150].join(" + "));
    assert!(exercise(&short).diagnostics.is_empty());
    let many = format!("SELECT a FROM events WHERE b{}", " IS NULL".repeat(100_000));
    assert_eq!(codes(&exercise(&many)), ["AQL024"]);
}

#[test]
fn a_megabyte_of_conditions() {
    let text = format!(
        "SELECT a FROM events WHERE a=1 {}",
        "AND username ILIKE '%x%' ".repeat((1 << 20) / 25)
    );
    let start = Instant::now();
    assert!(exercise(&text).diagnostics.is_empty());
    assert!(start.elapsed() < Duration::from_secs(20));
}

/// Long texts, most of them hostile. What takes quadratic time would not end within the bound.
#[test]
fn long_texts_are_read_in_linear_time() {
    let big = |piece: &str| piece.repeat((1 << 18) / piece.len());
    let texts = [
        format!("SELECT a FROM events WHERE a=1 {}", big("AND username ILIKE '%x%' ")),
        format!("SELECT a FROM events WHERE a='{}'", big("it''s ")),
        format!("SELECT a FROM events WHERE a='{}'", big("it\\'s ")),
        format!("SELECT a {} FROM events", big(", b AS 'c'")),
        big("'"),
        big("\""),
        big("'''\n"),
        big("'x\\'\n"),
        big("\"\"\"\n"),
        big("\u{201c}"),
        big("\u{2018}x"),
        big("("),
        big(")"),
        big("<x "),
        big("{{x "),
        big("[x "),
        big("/*"),
        big("-- x\n"),
        big("1 "),
        big("a "),
        big("a, "),
        big("SELECT "),
        big("SELECT a FROM events; "),
        big("a.b."),
        big("fe80::"),
        big("10.0.0.1 "),
        big("'a' b "),
        format!("SELECT a FROM events {}", big("WHERE a=1 ")),
        format!("SELECT a FROM events {}", big("LAST 5 MINUTES ORDER BY b ")),
        format!("SELECT a FROM events WHERE {}", big("TEXT SEARCH 'x' AND ")),
        format!("SELECT a FROM events WHERE {}", big("a IN 'x' OR ")),
        format!("SELECT a FROM events e WHERE {}", big("e.a=1 AND ")),
        format!("SELECT {} FROM events", big("COUNT(DISTINCT a), ")),
        format!("SELECT a FROM events WHERE a {}", big("|| b ")),
        big("SELECT DISTINCT a, "),
        big("\u{a0}"),
        big("é "),
        big("CASE "),
        big("IF "),
        big("SELECT a FROM events UNION "),
    ];
    for text in texts {
        let start = Instant::now();
        let parsed = exercise(&text);
        let taken = start.elapsed();
        assert!(parsed.diagnostics.len() <= 200);
        // Linear is far below this even unoptimised on a busy machine; quadratic is far above.
        let shown: String = text.chars().take(60).collect();
        assert!(taken < Duration::from_secs(20), "{shown}: {taken:?}");
    }
}

const WORDS: [&str; 96] = [
    "SELECT",
    "FROM",
    "WHERE",
    "GROUP",
    "BY",
    "HAVING",
    "ORDER",
    "LIMIT",
    "LAST",
    "START",
    "STOP",
    "TIMES",
    "PARAMETERS",
    "INTO",
    "SESSION",
    "BEGIN",
    "END",
    "EXPLICIT",
    "TIMEOUT",
    "TIMEWINDOW",
    "AND",
    "OR",
    "NOT",
    "IN",
    "IS",
    "NULL",
    "LIKE",
    "ILIKE",
    "MATCHES",
    "BETWEEN",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "IF",
    "AS",
    "TEXT",
    "SEARCH",
    "DISTINCT",
    "JOIN",
    "LEFT",
    "ON",
    "UNION",
    "ALL",
    "WITH",
    "EXISTS",
    "OVER",
    "INTERVAL",
    "CAST",
    "EXTRACT",
    "TOP",
    "OFFSET",
    "FETCH",
    "FIRST",
    "REGEXP",
    "SIMILAR",
    "TO",
    "ESCAPE",
    "COUNT",
    "OFFENSE_TIME",
    "GLOBALVIEW",
    "REFERENCE_SET",
    "MINUTES",
    "HOUR",
    "events",
    "flows",
    "e",
    "a",
    "\"b c\"",
    "'x'",
    "'it''s'",
    "'%\\'",
    "5",
    "2.5",
    "0x1f",
    "10.0.0.1",
    "10.0.0.0/8",
    "(",
    ")",
    ",",
    ".",
    ";",
    "*",
    "+",
    "-",
    "/",
    "=",
    "<",
    ">=",
    "||",
    "&&",
    "::",
    "<ip>",
    "DESC",
    "\n",
    "-- c\n",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read(text in "\\PC{0,200}") {
        exercise(&text);
        parse_expr(&text);
    }

    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        exercise(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_soup_of_tokens_is_read(words in proptest::collection::vec(proptest::sample::select(&WORDS[..]), 0..60)) {
        let text = words.join(" ");
        exercise(&text);
        exercise(&format!("SELECT a FROM events WHERE {text}"));
        crate::layout::check(&text);
        crate::layout::check(&format!("SELECT {text} FROM events"));
        crate::layout::check(&format!("SELECT a FROM events WHERE {text}"));
    }

    #[test]
    fn any_cut_is_read(cut in 0usize..600) {
        let text = include_str!("../corpus/ok/clauses.aql");
        let cut = (0..=cut.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        exercise(&text[..cut]);
        exercise(&text[cut..]);
    }
}
