//! Reads evidence for the needs of a small set of rules and says how fast.
//!
//! `cargo run --release -p aql-ingest --example throughput -- [-t THREADS] [-n TIMES] [--all] [-f FIELD]… [-s BYTES] PATH…`
//!
//! With `--all` every built-in column and the payload are filled for every record, with `-f` only the
//! fields of these names. `-s` says how large the parts of a file are.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example talks")]

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use aql_catalog::Catalog;
use aql_event::{Column, ColumnKind, Encoding, EventTable, Needs, ScanStep, Type, provenance};
use aql_ingest::{Evidence, Options};

fn main() {
    let mut threads = 1;
    let mut times = 5;
    let mut all = false;
    let mut fields = Vec::new();
    let mut split = Options::default().split;
    let mut paths = Vec::new();
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "-t" => threads = args.next().and_then(|n| n.parse().ok()).unwrap_or(1),
            "-n" => times = args.next().and_then(|n| n.parse().ok()).unwrap_or(1),
            "--all" => all = true,
            "-s" => split = args.next().and_then(|n| n.parse().ok()).unwrap_or(split),
            "-f" => fields.extend(args.next()),
            _ => paths.push(PathBuf::from(arg)),
        }
    }
    let text = |kind, name| Column::new(kind, name, Type::Text, Encoding::Dictionary);
    let mut columns = vec![
        text(ColumnKind::Provenance, provenance::FILE),
        Column::new(ColumnKind::Provenance, provenance::RECORD, Type::Integer, Encoding::Plain),
        text(ColumnKind::Builtin, "username"),
        text(ColumnKind::Builtin, "qideventcategory"),
        Column::new(ColumnKind::Builtin, "starttime", Type::Time, Encoding::Plain),
        text(ColumnKind::Property, "Process Path"),
        text(ColumnKind::Property, "Event ID"),
        Column::new(ColumnKind::Property, "Process CommandLine", Type::Text, Encoding::Plain),
        Column::new(ColumnKind::Property, "File Path", Type::Text, Encoding::Plain),
    ];
    if !fields.is_empty() {
        let field =
            |name: &String| Column::new(ColumnKind::Field, name, Type::Text, Encoding::Plain);
        columns = fields.iter().map(field).collect();
    }
    if all {
        columns.extend(Catalog::get().default_columns().iter().map(|f| f.column.clone()));
        columns.push(Column::new(ColumnKind::Builtin, "payload", Type::Binary, Encoding::Plain));
    }
    let options = Options { threads, split, ..Options::default() };
    let (evidence, diagnostics) = Evidence::open(&paths, options);
    for diagnostic in diagnostics {
        eprintln!("{}", diagnostic.message);
    }
    for _ in 0..times {
        let needs = Needs::new(columns.clone());
        let rows = AtomicU64::new(0);
        let begin = Instant::now();
        let report = evidence.scan(&needs, &|step| {
            if let ScanStep::Batch { events, .. } = step {
                rows.fetch_add(events.num_rows() as u64, Ordering::Relaxed);
            }
            ControlFlow::Continue(())
        });
        let seconds = begin.elapsed().as_secs_f64();
        let bytes: u64 = report.files.iter().map(|f| f.bytes).sum();
        let records: u64 = report.files.iter().map(|f| f.records).sum();
        println!(
            "{} files, {records} records, {} rows, {:.1} MB in {seconds:.3} s: {:.0} MB/s, {:.0} records/s",
            report.files.len(),
            rows.load(Ordering::Relaxed),
            bytes as f64 / 1e6,
            bytes as f64 / 1e6 / seconds,
            records as f64 / seconds,
        );
    }
}
