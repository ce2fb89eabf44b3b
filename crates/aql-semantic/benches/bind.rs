//! How long it takes to bind queries that are parsed: names, types, the time window.
//!
//! `cargo bench -p aql-semantic`. The queries are those of the packs in the repository.

use std::hint::black_box;
use std::path::{Path, PathBuf};

use aql_catalog::Catalog;
use aql_semantic::{BindOptions, Mode, bind};
use aql_syntax::{Parsed, parse};
use criterion::{Criterion, criterion_group, criterion_main};

/// The queries of all packs, parsed.
fn queries() -> Vec<(String, Parsed)> {
    let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
    let mut files: Vec<PathBuf> = Vec::new();
    for pack in std::fs::read_dir(packs).expect("the packs").flatten() {
        let Ok(rules) = std::fs::read_dir(pack.path().join("rules")) else { continue };
        files.extend(rules.flatten().map(|file| file.path()));
    }
    files.retain(|file| file.extension().is_some_and(|e| e == "aql"));
    files.sort();
    assert!(!files.is_empty(), "the packs have no queries");
    let read = |file: &PathBuf| std::fs::read_to_string(file).expect("a query");
    files.iter().map(read).map(|text| (text.clone(), parse(&text))).collect()
}

fn bench(c: &mut Criterion) {
    // Reading the catalog, once a process, is measured apart.
    let catalog = Catalog::get();
    let queries = queries();
    let mut group = c.benchmark_group("bind the queries of the packs");
    group.sample_size(20);
    for mode in [Mode::Lenient, Mode::Strict] {
        let options = BindOptions { mode, ..BindOptions::default() };
        group.bench_function(format!("{mode:?}").to_lowercase(), |b| {
            b.iter(|| {
                let bound = |(text, parsed): &(String, Parsed)| {
                    bind(black_box(text), parsed, &options, catalog).query.is_some()
                };
                queries.iter().filter(|query| bound(query)).count()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
