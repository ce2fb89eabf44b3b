//! How long it takes to cut queries into tokens, to parse them, and to lay them out.
//!
//! `cargo bench -p aql-syntax`. The queries are those of the packs in the repository, and one with a
//! list of a thousand patterns.

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::{Path, PathBuf};

use aql_syntax::{format, lexemes, parse};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// The queries of all packs.
fn queries() -> Vec<String> {
    let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
    let mut files: Vec<PathBuf> = Vec::new();
    for pack in std::fs::read_dir(packs).expect("the packs").flatten() {
        let Ok(rules) = std::fs::read_dir(pack.path().join("rules")) else { continue };
        files.extend(rules.flatten().map(|file| file.path()));
    }
    files.retain(|file| file.extension().is_some_and(|e| e == "aql"));
    files.sort();
    assert!(!files.is_empty(), "the packs have no queries");
    files.iter().map(|file| std::fs::read_to_string(file).expect("a query")).collect()
}

fn long_query() -> String {
    let mut text = String::from("SELECT \"Process Path\", Command FROM events WHERE qid > 0");
    for n in 0..1000 {
        let _ = write!(text, " AND (Command NOT ILIKE '%--quiet {n}%' OR LOWER(URL) LIKE '{n}%')");
    }
    text + " LAST 24 HOURS"
}

fn bench(c: &mut Criterion) {
    let inputs = [("queries of the packs", queries()), ("a thousand patterns", vec![long_query()])];
    for (name, queries) in &inputs {
        let mut group = c.benchmark_group(*name);
        group.sample_size(20);
        group.throughput(Throughput::Bytes(queries.iter().map(|q| q.len() as u64).sum()));
        group.bench_function("tokens", |b| {
            b.iter(|| queries.iter().map(|q| lexemes::lexemes(black_box(q)).len()).sum::<usize>());
        });
        group.bench_function("parse", |b| {
            b.iter(|| queries.iter().filter(|q| parse(black_box(q)).query.is_some()).count());
        });
        let trees: Vec<_> = queries.iter().filter_map(|q| parse(q).query).collect();
        assert_eq!(trees.len(), queries.len(), "all can be parsed");
        group.bench_function("format", |b| {
            b.iter(|| trees.iter().map(|tree| format(black_box(tree)).len()).sum::<usize>());
        });
        group.finish();
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
