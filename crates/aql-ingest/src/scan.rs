//! The driver: threads take parts, and their reports come together.

use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

use aql_event::{EventTable, Needs, ScanReport, ScanStep};

use crate::evidence::Evidence;
use crate::out::Out;
use crate::plan::{Key, Planner};
use crate::report::PartReport;
use crate::worker::{Reports, Worker};

impl EventTable for Evidence {
    fn scan(
        &self,
        needs: &Needs,
        visit: &(dyn Fn(ScanStep) -> ControlFlow<()> + Sync),
    ) -> ScanReport {
        let planner = Mutex::new(Planner::new(self));
        let stop = AtomicBool::new(false);
        let work = || {
            let out = Out::new(needs, &self.options, visit, &stop);
            let mut worker = Worker::new(out, self.options.progress.as_deref());
            while !worker.out.stopped() {
                let part = planner.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some(part) = part else { break };
                worker.run(part);
            }
            (worker.reports, worker.out.time_span())
        };
        let results = if self.options.threads <= 1 {
            vec![work()]
        } else {
            std::thread::scope(|scope| {
                let threads: Vec<_> =
                    (0..self.options.threads).map(|_| scope.spawn(work)).collect();
                threads
                    .into_iter()
                    .map(|thread| match thread.join() {
                        Ok(result) => result,
                        Err(panic) => std::panic::resume_unwind(panic),
                    })
                    .collect()
            })
        };
        merge(results)
    }
}

fn merge(results: Vec<(Reports, Option<(i64, i64)>)>) -> ScanReport {
    let mut scan = ScanReport::default();
    let mut all = Vec::new();
    for (reports, time_span) in results {
        all.extend(reports);
        if let Some((oldest, newest)) = time_span {
            scan.see_time(oldest);
            scan.see_time(newest);
        }
    }
    all.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    let mut joined: Vec<(Key, PartReport)> = Vec::new();
    for (key, _, report) in all {
        match joined.last_mut() {
            Some((last, so_far)) if *last == key => so_far.join(report),
            _ => joined.push((key, report)),
        }
    }
    // An archive has nothing to say beside its members unless something is wrong with it.
    let speaks = |report: &PartReport| !report.is_container || report.has_findings();
    let spoken = joined.into_iter().filter(|(_, report)| speaks(report));
    scan.files = spoken.map(|(_, report)| report.finish()).collect();
    scan
}
