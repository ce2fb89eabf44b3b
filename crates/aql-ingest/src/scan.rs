//! The driver: threads take parts, and their reports come together.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use aql_event::{EventTable, Needs, ScanReport, ScanStep};

use crate::evidence::Evidence;
use crate::out::Out;
use crate::plan::{Key, Planner};
use crate::report::PartReport;
use crate::worker::{Reports, Worker};

/// More threads than this help nobody.
const MAX_THREADS: usize = 256;

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
                let (key, number) = (part.key.clone(), part.number);
                // What panics in a reader costs its part. A panic of the visitor is its own.
                let done = catch_unwind(AssertUnwindSafe(|| worker.run(part)));
                if let Err(panic) = done {
                    if worker.out.is_visiting() {
                        stop.store(true, Ordering::Relaxed);
                        resume_unwind(panic);
                    }
                    worker.give_up(&key, number, &*panic);
                }
            }
            (worker.reports, worker.out.time_span())
        };
        let wanted = self.options.threads.min(MAX_THREADS);
        let results = if wanted <= 1 {
            vec![work()]
        } else {
            std::thread::scope(|scope| {
                let spawn = |_| std::thread::Builder::new().spawn_scoped(scope, work).ok();
                // As many as the system grants; without any, this one reads.
                let threads: Vec<_> = (0..wanted).map_while(spawn).collect();
                if threads.is_empty() {
                    return vec![work()];
                }
                threads
                    .into_iter()
                    .map(|thread| match thread.join() {
                        Ok(result) => result,
                        Err(panic) => resume_unwind(panic),
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
