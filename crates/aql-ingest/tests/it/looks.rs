//! Records that are looked at before they are taken whole come out as those that are not.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aql_event::{Column, EventBatch, Needs, RowFilter, provenance};
use aql_ingest::Options;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_buffer::BooleanBuffer;

use crate::robust::needs;
use crate::util::{data, render, render_report, scan_paths, shared, source};

/// Lets every so-manieth record pass.
struct Every {
    one_in: i64,
    columns: Vec<Column>,
    seen: AtomicU64,
}

impl RowFilter for Every {
    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn wanted(&self, events: &EventBatch) -> BooleanBuffer {
        let rows = events.num_rows();
        self.seen.fetch_add(rows as u64, Ordering::Relaxed);
        let records = events.column(&self.columns[0]).unwrap().as_primitive::<Int64Type>();
        BooleanBuffer::collect_bool(rows, |row| records.value(row) % self.one_in == 0)
    }
}

fn passing(filter: &Every, batches: &[EventBatch]) -> String {
    let of = |batch: &EventBatch| {
        let mut out = String::new();
        let all = render(std::slice::from_ref(batch));
        let record = batch.column(&filter.columns[0]).unwrap().as_primitive::<Int64Type>();
        let events = all.split("-- event\n").skip(1);
        for (event, record) in events.zip(record.values()) {
            if record % filter.one_in == 0 {
                out.push_str(event);
            }
        }
        out
    };
    batches.iter().map(of).collect()
}

#[test]
fn looking_first_changes_nothing() {
    let mut paths: Vec<PathBuf> = vec![data("")];
    for folder in ["evtx", "o365", "winlogbeat", "syslog", "mordor"] {
        paths.extend(shared(&format!("corpus/logs/{folder}")));
    }
    let needs = needs();
    let columns = needs.columns().iter().cloned();
    let plain = Needs::new(columns.chain([source(provenance::RECORD)]));
    for (one_in, split) in [(1, u64::MAX), (3, 1 << 16), (17, u64::MAX), (1 << 40, 1 << 18)] {
        let filter = Arc::new(Every {
            one_in,
            columns: vec![source(provenance::RECORD)],
            seen: AtomicU64::new(0),
        });
        let mut looking = plain.clone();
        looking.row_filter = Some(Arc::clone(&filter) as _);
        let options = || Options { threads: 2, split, ..Options::default() };
        let (all, all_report) = scan_paths(&paths, &plain, options());
        let (some, report) = scan_paths(&paths, &looking, options());
        let (expected, found) = (passing(&filter, &all), passing(&filter, &some));
        let differ = expected.lines().zip(found.lines()).find(|(a, b)| a != b);
        assert_eq!(differ, None, "one in {one_in}");
        assert_eq!(expected.len(), found.len(), "one in {one_in}");
        assert_eq!(render_report(&all_report), render_report(&report), "one in {one_in}");
        assert_eq!(all_report.time_span, report.time_span);
        assert!(filter.seen.load(Ordering::Relaxed) > 50, "nothing was looked at");
    }
}
