//! Several event tables as one: stores and files of evidence in one run.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use aql_event::{EventTable, Needs, ScanReport, ScanStep};

/// Event tables that are read one after the other.
#[derive(Default)]
pub struct Combined {
    tables: Vec<Box<dyn EventTable>>,
}

impl Combined {
    /// Of these tables, in this order.
    pub fn new(tables: Vec<Box<dyn EventTable>>) -> Self {
        Combined { tables }
    }
}

impl EventTable for Combined {
    fn scan(
        &self,
        needs: &Needs,
        visit: &(dyn Fn(ScanStep) -> ControlFlow<()> + Sync),
    ) -> ScanReport {
        let mut all = ScanReport::default();
        let stopped = AtomicBool::new(false);
        let mut first = 0;
        for table in &self.tables {
            // Parts are numbered on from table to table.
            let next = AtomicU64::new(first);
            let report = table.scan(needs, &|step| {
                let step = match step {
                    ScanStep::Batch { part, events } => {
                        ScanStep::Batch { part: part + first, events }
                    }
                    ScanStep::PartDone { part } => {
                        next.fetch_max(part + first + 1, Ordering::Relaxed);
                        ScanStep::PartDone { part: part + first }
                    }
                };
                let flow = visit(step);
                if flow.is_break() {
                    stopped.store(true, Ordering::Relaxed);
                }
                flow
            });
            first = next.into_inner();
            all.files.extend(report.files);
            all.diagnostics.extend(report.diagnostics);
            if let Some((oldest, newest)) = report.time_span {
                all.see_time(oldest);
                all.see_time(newest);
            }
            if stopped.load(Ordering::Relaxed) {
                break;
            }
        }
        all
    }
}
