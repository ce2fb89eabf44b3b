//! A quick measurement: many rules over synthetic process events, one thread.
//!
//! `cargo run --release -p aql-match --example throughput [FILE [1,10,100]]`; with a file of AQL rules (one
//! JSON object with an `aql` text per line), the terms of its rules are used, and else made-up
//! ones.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a tool for developers")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use aql_catalog::Catalog;
use aql_diag::Span;
use aql_eval::Context;
use aql_event::{BatchBuilder, Column, ColumnKind, Encoding, EventBatch, Needs, Type};
use aql_match::{Matcher, RuleFilter, Scratch};
use aql_semantic::{CompareBy, CompareOp, Expr, ExprKind, NullSemantics, Value};

struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 20) as usize) % n
    }
}

fn expr(kind: ExprKind, ty: Type) -> Expr {
    Expr { kind, ty, span: Span::default() }
}

fn read(column: &Column) -> Box<Expr> {
    Box::new(expr(ExprKind::Column(column.clone()), column.ty))
}

fn ilike(column: &Column, pattern: &str) -> Expr {
    let pattern = Box::new(expr(ExprKind::Literal(Value::Text(Arc::from(pattern))), Type::Text));
    expr(ExprKind::Like { expr: read(column), pattern, ignore_case: true }, Type::Boolean)
}

fn any(terms: Vec<Expr>) -> Expr {
    if terms.len() == 1 {
        return terms.into_iter().next().unwrap();
    }
    expr(ExprKind::Or(terms), Type::Boolean)
}

/// Texts between `%` signs of the patterns in a file of rules: those that end in `.exe`, and the
/// rest.
fn terms(file: Option<String>) -> (Vec<String>, Vec<String>) {
    let Some(file) = file else {
        let images = (0..300).map(|i| format!("\\tool{i}.exe")).collect();
        return (images, (0..3000).map(|i| format!(" -option{i} ")).collect());
    };
    let text = std::fs::read_to_string(file).unwrap();
    let (mut images, mut others) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let rule: serde_json::Value = serde_json::from_str(line).unwrap();
        for part in rule["aql"].as_str().unwrap().split("LIKE '").skip(1) {
            let pattern = part.split('\'').next().unwrap();
            let term = pattern.trim_matches('%').to_owned();
            if term.contains('%') || term.split('_').all(|part| part.len() < 3) {
                continue;
            }
            if term.starts_with('\\') && term.ends_with(".exe") {
                images.push(term);
            } else if pattern.starts_with('%') && pattern.ends_with('%') {
                others.push(term);
            }
        }
    }
    for list in [&mut images, &mut others] {
        list.sort();
        list.dedup();
    }
    (images, others)
}

fn main() {
    let (images, words) = terms(std::env::args().nth(1));
    let random = &mut Random(0x1234_5678_9abc_def1);
    let column = |name, ty, encoding| Column::new(ColumnKind::Property, name, ty, encoding);
    let image = column("Image", Type::Text, Encoding::Dictionary);
    let parent = column("ParentImage", Type::Text, Encoding::Dictionary);
    let command = column("CommandLine", Type::Text, Encoding::Plain);
    let device = Column::new(ColumnKind::Builtin, "devicetype", Type::Integer, Encoding::Plain);
    let needs = Needs::new([image.clone(), parent.clone(), command.clone(), device.clone()]);

    let rules: Vec<Expr> = (0..3000)
        .map(|_| {
            let right = Box::new(expr(ExprKind::Literal(Value::Integer(12)), Type::Integer));
            let compare = ExprKind::Compare {
                op: CompareOp::Eq,
                by: CompareBy::Number,
                left: read(&device),
                right,
            };
            let mut all = vec![expr(compare, Type::Boolean)];
            if random.below(10) < 7 {
                let of = if random.below(10) < 8 { &image } else { &parent };
                let number = 1 + random.below(4);
                let terms = (0..number)
                    .map(|_| ilike(of, &format!("%{}", images[random.below(images.len())])));
                all.push(any(terms.collect()));
            }
            for _ in 0..1 + random.below(2) {
                let number = 1 + random.below(6);
                let terms = (0..number)
                    .map(|_| ilike(&command, &format!("%{}%", words[random.below(words.len())])));
                all.push(any(terms.collect()));
            }
            if random.below(10) < 2 {
                let term = ilike(&command, &format!("%{}%", words[random.below(words.len())]));
                all.push(expr(ExprKind::Not(Box::new(term)), Type::Boolean));
            }
            expr(ExprKind::And(all), Type::Boolean)
        })
        .collect();

    let paths: Vec<String> = (0..3000)
        .map(|i| match i % 3 {
            0 => format!("C:\\Windows\\System32{}", images[random.below(images.len())]),
            1 => format!("C:\\Program Files\\Vendor {i}\\app{i}.exe"),
            _ => format!("C:\\Users\\user{i}\\AppData\\Local\\Programs\\thing{i}\\Thing{i}.exe"),
        })
        .collect();
    const ARGUMENTS: [&str; 24] = [
        "--type=renderer",
        "/c",
        "-k",
        "netsvcs",
        "-p",
        "-s",
        "Schedule",
        "--field-trial-handle=",
        "C:\\Windows\\system32\\config",
        "/Processid:{AB8902B4-09CA-4BB6-B78D-A8F59079A8D5}",
        "-Embedding",
        "\"C:\\Program Files\\Common Files\\microsoft shared\\ClickToRun\"",
        "-NoProfile",
        "--lang=en-US",
        "--enable-features=NetworkService",
        "--seatbelt-client=",
        "/prefetch:8",
        "http://intranet.example.com/path/to/page",
        "-File",
        "-ExecutionPolicy",
        "0x3e7",
        "query",
        "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion",
        "--mojo-platform-channel-handle=",
    ];
    let rows = 200_000;
    let mut builder = BatchBuilder::new(&needs);
    let mut batches: Vec<EventBatch> = Vec::new();
    let at = |c: &Column| needs.index_of(c).unwrap();
    let mut bytes = 0;
    for _ in 0..rows {
        let skew = |random: &mut Random| {
            let top = 1 + random.below(3000);
            random.below(top)
        };
        let path = &paths[skew(random)];
        let mut line = format!("\"{path}\"");
        while line.len() < 90 + random.below(120) {
            line.push(' ');
            line.push_str(ARGUMENTS[random.below(ARGUMENTS.len())]);
            line.push_str(&random.below(100_000).to_string());
        }
        if random.below(50) == 0 {
            line.push(' ');
            line.push_str(&words[random.below(words.len())]);
        }
        bytes += line.len();
        builder.set_text(at(&image), path);
        builder.set_text(at(&parent), &paths[skew(random)]);
        builder.set_text(at(&command), &line);
        builder.set_integer(at(&device), 12);
        builder.end_row();
        if builder.is_full() {
            batches.push(builder.finish());
        }
    }
    batches.push(builder.finish());
    println!("{rows} rows, {} MB of command lines, {} batches", bytes >> 20, batches.len());

    let context = Arc::new(Context::new(Catalog::get(), 0));
    let numbers: Vec<usize> = match std::env::args().nth(2) {
        Some(list) => list.split(',').map(|n| n.parse().unwrap()).collect(),
        None => vec![1, 10, 100, 1000, 3000],
    };
    for number in numbers {
        let filters: Vec<RuleFilter<'_>> = rules[..number]
            .iter()
            .map(|rule| RuleFilter { filter: Some(rule), nulls: NullSemantics::TwoValued })
            .collect();
        let begin = Instant::now();
        let matcher = Matcher::compile(&filters, needs.columns(), &context).unwrap();
        let compiled = begin.elapsed();
        let mut scratch = Scratch::default();
        let mut best = Duration::MAX;
        let mut hits = 0;
        for _ in 0..5 {
            let begin = Instant::now();
            hits = 0;
            for batch in &batches {
                let found = matcher.evaluate(batch, &mut scratch);
                hits += found.rules.iter().map(|r| r.rows.count_set_bits()).sum::<usize>();
            }
            best = best.min(begin.elapsed());
        }
        println!(
            "{number:5} rules, {:5} atoms: compiled in {compiled:.1?}; {best:.1?}, {:.1} M rows/s, \
             {:.2} GB/s of command lines, {hits} hits",
            matcher.atoms(),
            rows as f64 / best.as_secs_f64() / 1e6,
            bytes as f64 / best.as_secs_f64() / 1e9,
        );
    }
}
