//! How long it takes to compile many rules into one matcher, and to match them.
//!
//! `cargo bench -p aql-match`. Rules and events are made from a seed: rules as Sigma has them for new
//! processes (a few images, 3 to 10 words of the command line, some exclusions), events of which one
//! in fifty has such a word. One thread.

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;

use aql_catalog::Catalog;
use aql_eval::Context;
use aql_event::{BatchBuilder, Column, EventBatch, Needs};
use aql_match::{Matcher, RuleFilter, Scratch};
use aql_semantic::{BindOptions, BoundQuery, bind_text};
use aql_testkit::Random;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// Rules in all.
const RULES: usize = 3000;
/// Events in all.
const EVENTS: usize = 20_000;

fn word(random: &mut Random) -> String {
    let letters = 5 + random.below(8);
    (0..letters).map(|_| *random.pick(b"abcdefghijklmnopqrstuvwxyz") as char).collect()
}

fn image(random: &mut Random) -> String {
    format!("tool{}.exe", random.below(600))
}

fn rule(random: &mut Random, words: &[String]) -> BoundQuery {
    let mut text = String::from("SELECT \"Image\", \"CommandLine\" FROM events WHERE (");
    for n in 0..1 + random.below(4) {
        let or = if n == 0 { "" } else { " OR " };
        let _ = write!(text, "{or}\"Image\" ILIKE '%\\{}'", image(random));
    }
    text.push_str(") AND (");
    for n in 0..3 + random.below(8) {
        let or = if n == 0 { "" } else { " OR " };
        let _ = write!(text, "{or}\"CommandLine\" ILIKE '%-{}%'", random.pick(words));
    }
    text.push(')');
    if random.chance(20) {
        let _ = write!(text, " AND NOT \"CommandLine\" ILIKE '%{}%'", random.pick(words));
    }
    bind_text(&text, &BindOptions::default(), Catalog::get()).query.expect("a query without faults")
}

fn events(random: &mut Random, needs: &Needs, words: &[String]) -> Vec<EventBatch> {
    let at = |name: &str| {
        let named = |column: &Column| column.name.eq_ignore_ascii_case(name);
        let found = needs.columns().iter().position(named);
        found.unwrap_or_else(|| panic!("{name} is not among {:?}", needs.columns()))
    };
    let (path, command) = (at("Process Path"), at("Process CommandLine"));
    let mut builder = BatchBuilder::new(needs);
    let mut batches = Vec::new();
    for _ in 0..EVENTS {
        let name = image(random);
        let mut line = format!("\"C:\\Program Files\\Vendor\\{name}\"");
        while line.len() < 160 {
            let _ = write!(line, " --type=renderer --job {:x}", random.next());
        }
        if random.chance(2) {
            let _ = write!(line, " -{}", random.pick(words).to_uppercase());
        }
        builder.set_text(path, &format!("C:\\Program Files\\Vendor\\{name}"));
        builder.set_text(command, &line);
        builder.end_row();
        if builder.is_full() {
            batches.push(builder.finish());
        }
    }
    batches.push(builder.finish());
    batches
}

fn bench(c: &mut Criterion) {
    let random = &mut Random::new(1);
    let words: Vec<String> = (0..4000).map(|_| word(random)).collect();
    let rules: Vec<BoundQuery> = (0..RULES).map(|_| rule(random, &words)).collect();
    let filters: Vec<RuleFilter<'_>> = rules
        .iter()
        .map(|rule| RuleFilter { filter: rule.filter.as_ref(), nulls: rule.nulls })
        .collect();
    let needs = Needs::new(rules.iter().flat_map(BoundQuery::columns));
    let batches = events(random, &needs, &words);
    let context = Arc::new(Context::new(Catalog::get(), 0));
    let compile = |filters: &[RuleFilter<'_>]| {
        Matcher::compile(filters, needs.columns(), &context).expect("they compile")
    };
    let mut group = c.benchmark_group("compile");
    group.sample_size(10);
    for number in [10, 1000, RULES] {
        group.bench_function(format!("{number} rules"), |b| {
            b.iter_with_large_drop(|| compile(black_box(&filters[..number])));
        });
    }
    group.finish();
    let mut group = c.benchmark_group("match");
    group.sample_size(10).throughput(Throughput::Elements(EVENTS as u64));
    for number in [10, 1000, RULES] {
        let matcher = compile(&filters[..number]);
        let mut scratch = Scratch::default();
        group.bench_function(format!("{number} rules"), |b| {
            b.iter(|| {
                let found = |batch| matcher.evaluate(batch, &mut scratch).rules.len();
                batches.iter().map(found).sum::<usize>()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
