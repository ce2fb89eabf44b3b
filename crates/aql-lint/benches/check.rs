//! How long checking takes: a corpus as a whole, and one key pressed in a long query.
//!
//! `cargo bench -p aql-lint`. The corpus is not part of the repository: `AQL_CORPUS` names the
//! folder with `sigma-qradar.jsonl`; without it that benchmark is skipped, with a message. Everything
//! runs on one thread.
#![expect(clippy::print_stderr, reason = "a skipped benchmark says so")]
#![expect(missing_docs, reason = "the macros of criterion make public functions")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::PathBuf;

use aql_catalog::Catalog;
use aql_lint::{Config, check};
use aql_semantic::BindOptions;
use criterion::{Criterion, criterion_group, criterion_main};

fn checked(text: &str, options: &BindOptions, config: &Config) -> usize {
    check(text, options, config, Catalog::get()).diagnostics.len()
}

fn corpus(c: &mut Criterion) {
    let beside = || {
        PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("../../../shared/corpus/aql")
            .into_os_string()
    };
    let folder = PathBuf::from(std::env::var_os("AQL_CORPUS").unwrap_or_else(beside));
    let Ok(text) = std::fs::read_to_string(folder.join("sigma-qradar.jsonl")) else {
        eprintln!("skipped: no corpus at {}", folder.display());
        return;
    };
    let queries: Vec<String> = text
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|row| row["aql"].as_str().map(str::to_owned))
        .collect();
    let (options, config) = (BindOptions::default(), Config::default());
    let mut group = c.benchmark_group("corpus");
    group.sample_size(10);
    group.bench_function(format!("check {} conversions of Sigma rules", queries.len()), |b| {
        b.iter(|| queries.iter().map(|q| checked(q, &options, &config)).sum::<usize>());
    });
    group.finish();
}

/// A query of 200 lines, as they are written: columns, lists of patterns with faults among them,
/// exclusions, groups.
fn long_query() -> String {
    let mut text = String::from("SELECT\n");
    for n in 0..20 {
        let _ = writeln!(text, "    \"Process Path\" AS column_{n},");
    }
    text.push_str("    LOGSOURCETYPENAME(logsourceid) AS type\nFROM events\nWHERE\n");
    text.push_str("    LOGSOURCETYPENAME(devicetype) ILIKE '%Sysmon%'\n");
    text.push_str("    AND QIDNAME(qid) ILIKE '%File Create%'\n    AND (\n");
    for n in 0..60 {
        let or = if n == 0 { "" } else { "OR " };
        let _ = writeln!(text, "        {or}\"Image\" ILIKE '%\\\\tool{n}.exe'");
    }
    text.push_str("    )\n    AND (\n");
    for n in 0..60 {
        let or = if n == 0 { "" } else { "OR " };
        let _ = writeln!(text, "        {or}\"Filename\" ILIKE '%.ext{n}'");
    }
    text.push_str("    )\n");
    for n in 0..40 {
        let _ = writeln!(text, "    AND \"CommandLine\" NOT ILIKE '%--quiet {n}%'");
    }
    text.push_str("ORDER BY starttime DESC\nLIMIT 1000\nLAST 24 HOURS\n");
    while text.lines().count() < 200 {
        text.insert_str(0, "-- one more line\n");
    }
    text
}

fn keystroke(c: &mut Criterion) {
    let (options, config) = (BindOptions::default(), Config::default());
    let text = long_query();
    assert_eq!(text.lines().count(), 200);
    // In the middle of a pattern, and where it leaves the query broken.
    let at = text.find("tool30").unwrap_or(0);
    let mut letter = text.clone();
    letter.insert(at, 'x');
    let mut quote = text.clone();
    quote.insert(at, '\'');
    c.bench_function("200 lines, a letter more", |b| {
        b.iter(|| checked(black_box(&letter), &options, &config));
    });
    c.bench_function("200 lines, an open quote", |b| {
        b.iter(|| checked(black_box(&quote), &options, &config));
    });
    c.bench_function("200 lines, parsed only", |b| {
        b.iter(|| aql_syntax::parse(black_box(&letter)).diagnostics.len());
    });
}

criterion_group!(benches, corpus, keystroke);
criterion_main!(benches);
