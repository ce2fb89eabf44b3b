//! Events of unknown time, and time ranges.

use aql_diag::codes;
use aql_event::{Needs, TimeRange};
use aql_ingest::Options;

use crate::util::{builtin, scan_bytes};

#[test]
fn events_without_a_time_are_told_if_a_range_leaves_them_out() {
    let line = "{\"a\":1}\n{\"time\":\"2024-03-05T10:15:30Z\"}\n";
    let mut needs = Needs::new([builtin("payload")]);
    let undated = |needs: &Needs, times: usize| {
        let options = Options { split: 1 << 16, ..Options::default() };
        let (batches, report) = scan_bytes(line.repeat(times).as_bytes(), needs, options);
        let rows: usize = batches.iter().map(|batch| batch.num_rows()).sum();
        let told = report.files[0].diagnostics.iter().filter(|d| d.code == codes::UNDATED);
        (rows, told.map(|d| d.message.clone()).collect::<Vec<_>>())
    };
    assert_eq!(undated(&needs, 1), (2, vec![]));
    needs.time = Some(TimeRange { start: 0, end: i64::MAX });
    assert_eq!(
        undated(&needs, 1),
        (1, vec!["1 event has no time and lies in no time range".into()])
    );
    // Once per file, also for a file in parts.
    let many = "9000 events have no time and lie in no time range";
    assert_eq!(undated(&needs, 9000), (9000, vec![many.into()]));
}
