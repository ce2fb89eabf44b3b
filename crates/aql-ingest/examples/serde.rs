//! Parses every line of a file with `serde_json` and does nothing else: what reading is held against.
//!
//! `cargo run --release -p aql-ingest --example serde -- FILE [TIMES]`
#![expect(clippy::print_stdout, clippy::expect_used, reason = "an example talks")]

use std::time::Instant;

fn main() {
    let mut args = std::env::args().skip(1);
    let file = args.next().expect("a file of JSON, a value per line");
    let times = args.next().and_then(|n| n.parse().ok()).unwrap_or(3);
    let text = std::fs::read(file).expect("a file that can be read");
    for _ in 0..times {
        let begin = Instant::now();
        let is_json = |line: &&[u8]| serde_json::from_slice::<serde_json::Value>(line).is_ok();
        let count = text.split(|b| *b == b'\n').filter(is_json).count();
        let seconds = begin.elapsed().as_secs_f64();
        println!(
            "{count} values, {:.1} MB in {seconds:.3} s: {:.0} MB/s, {:.0} values/s",
            text.len() as f64 / 1e6,
            text.len() as f64 / 1e6 / seconds,
            count as f64 / seconds,
        );
    }
}
