//! How long it takes to read evidence: fixtures of the tests, repeated to some megabytes.
//!
//! `cargo bench -p aql-ingest`. Each is read from memory as one stream, on one thread, once for the
//! columns that queries show by default and once for a single property.

use std::hint::black_box;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aql_catalog::{Catalog, Profile};
use aql_event::{Column, EventTable, Needs, ScanStep};
use aql_ingest::{Evidence, Options};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// How large the inputs are, about.
const BYTES: usize = 4 << 20;
/// In front of the chunks of an event log, and the size of a chunk.
const HEADER: usize = 4096;

/// What is repeated of a fixture: all that stands behind its head.
struct Fixture {
    name: &'static str,
    file: &'static str,
    head: Head,
}

enum Head {
    None,
    FirstLine,
    Bytes(usize),
}

const FIXTURES: [Fixture; 6] = [
    Fixture { name: "EVTX", file: "emulated.evtx", head: Head::Bytes(HEADER) },
    Fixture { name: "Winlogbeat NDJSON", file: "winlogbeat-7.jsonl", head: Head::None },
    Fixture { name: "Office 365 JSONL", file: "o365.jsonl", head: Head::None },
    Fixture { name: "Defender CSV", file: "defender.csv", head: Head::FirstLine },
    Fixture { name: "LEEF", file: "leef-windows.log", head: Head::None },
    Fixture { name: "syslog", file: "syslog.log", head: Head::None },
];

impl Fixture {
    fn repeated(&self) -> Bytes {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(self.file);
        let whole = std::fs::read(path).expect("a fixture");
        let head = match self.head {
            Head::None => 0,
            Head::FirstLine => 1 + whole.iter().position(|&b| b == b'\n').expect("a header"),
            Head::Bytes(bytes) => bytes,
        };
        let (head, rest) = whole.split_at(head);
        let mut bytes = head.to_vec();
        while bytes.len() < BYTES {
            bytes.extend_from_slice(rest);
        }
        Bytes(bytes.into())
    }
}

/// Bytes that many readers share.
#[derive(Clone)]
struct Bytes(Arc<[u8]>);

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Reads everything; gives the number of events.
fn read(bytes: &Bytes, needs: &Needs) -> usize {
    let options = Options { threads: 1, ..Options::default() };
    let evidence = Evidence::from_reader("input", Cursor::new(bytes.clone()), options);
    let events = AtomicUsize::new(0);
    evidence.scan(needs, &|step| {
        if let ScanStep::Batch { events: batch, .. } = step {
            events.fetch_add(black_box(&batch).num_rows(), Ordering::Relaxed);
        }
        ControlFlow::Continue(())
    });
    events.into_inner()
}

fn bench(c: &mut Criterion) {
    let catalog = Catalog::get();
    let shown = catalog.default_columns().iter().map(|field| field.column.clone());
    let property = |name| catalog.property(name, Profile::Ibm).map(|(column, _)| column);
    let columns: Vec<Column> = property("Process CommandLine").into_iter().collect();
    assert!(!columns.is_empty(), "the property has another name");
    let wanted = [("default columns", Needs::new(shown)), ("a property", Needs::new(columns))];
    for fixture in FIXTURES {
        let bytes = fixture.repeated();
        let mut group = c.benchmark_group(fixture.name);
        group.sample_size(10).throughput(Throughput::Bytes(bytes.0.len() as u64));
        for (what, needs) in &wanted {
            assert!(read(&bytes, needs) > 1000, "{}: hardly an event", fixture.name);
            group.bench_function(*what, |b| b.iter(|| read(&bytes, needs)));
        }
        group.finish();
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
