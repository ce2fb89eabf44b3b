//! A panic while reading costs a part, not the run; and no number of threads is too large.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use aql_diag::codes;
use aql_event::{ClassFilter, ClassRow, EventTable as _, Needs, ScanStep};
use aql_ingest::{Evidence, Options};

use crate::util::{builtin, cell, data, scan, scan_paths};

/// Called in the middle of reading; panics at audit records.
struct Panics;

impl ClassFilter for Panics {
    fn may_match(&self, class: &ClassRow<'_>) -> bool {
        let id = cell(class.row, &builtin("qideventid"), 0);
        assert!(id.as_deref() != Some("Set-Mailbox"), "no such mailbox");
        true
    }
}

#[test]
fn a_panic_of_a_reader_costs_its_part() {
    let paths = ["nxlog.jsonl", "o365.jsonl", "evtx_dump.jsonl"].map(data);
    let mut needs = Needs::new([builtin("qideventid")]);
    let (whole, _) = scan_paths(&paths, &needs, Options::default());
    let whole: usize = whole.iter().map(|batch| batch.num_rows()).sum();
    needs.class_filter = Some(Arc::new(Panics));
    for threads in [1, 3] {
        let options = Options { threads, ..Options::default() };
        let (evidence, _) = Evidence::open(&paths, options);
        let done = Mutex::new(BTreeSet::new());
        let report = evidence.scan(&needs, &|step| {
            if let ScanStep::PartDone { part } = step {
                done.lock().unwrap().insert(part);
            }
            ControlFlow::Continue(())
        });
        assert_eq!(done.into_inner().unwrap(), BTreeSet::from([0, 1, 2]), "every part is done");
        let lost: Vec<_> = report.files.iter().map(|file| file.lost > 0).collect();
        assert_eq!(lost, [false, true, false]);
        let told = &report.files[1].diagnostics[0];
        assert_eq!(told.code, codes::DAMAGED);
        assert_eq!(told.message, "internal error while reading: no such mailbox");
        let (batches, report) = scan(&evidence, &needs);
        let rows: usize = batches.iter().map(|batch| batch.num_rows()).sum();
        assert_eq!(rows as u64, report.files.iter().map(|file| file.records).sum::<u64>());
        assert!((whole - 3..whole).contains(&rows), "{rows} of {whole}");
    }
}

#[test]
fn a_panic_of_the_visitor_is_passed_on() {
    for threads in [1, 3] {
        let options = Options { threads, ..Options::default() };
        let (evidence, _) = Evidence::open(&[data("")], options);
        let needs = Needs::new([builtin("qideventid")]);
        let visit = |_: ScanStep| -> ControlFlow<()> { panic!("the visitor's own") };
        let panic = catch_unwind(AssertUnwindSafe(|| evidence.scan(&needs, &visit))).unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"the visitor's own"));
    }
}

#[test]
fn any_number_of_threads_may_be_asked_for() {
    let options = Options { threads: usize::MAX, ..Options::default() };
    let (batches, _) =
        scan_paths(&[data("nxlog.jsonl")], &Needs::new([builtin("qideventid")]), options);
    assert_eq!(batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), 4);
}
