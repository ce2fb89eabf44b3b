//! A small table of events in memory, read by several threads in an unfair order.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use aql_event::{BatchBuilder, EventTable, Needs, ScanReport, ScanStep};

/// Rows of text, in parts; a column of a query is found by its name, without regard to case.
#[derive(Clone, Debug, Default)]
pub(crate) struct MemoryTable {
    pub(crate) header: Vec<String>,
    pub(crate) parts: Vec<Vec<Vec<Option<String>>>>,
    pub(crate) threads: usize,
    /// Rows of a batch.
    pub(crate) batch: usize,
}

impl MemoryTable {
    /// Reads a header line, then a line per row; cells are separated by `|`, `-` is no value, a
    /// line `part` begins a new part.
    pub(crate) fn parse<'a>(lines: impl IntoIterator<Item = &'a str>) -> Self {
        let mut lines = lines.into_iter();
        let cells = |line: &'a str| line.split('|').map(str::trim).collect::<Vec<_>>();
        let header: Vec<String> =
            cells(lines.next().expect("a header")).into_iter().map(str::to_owned).collect();
        let mut parts = vec![Vec::new()];
        for line in lines {
            if line.trim() == "part" {
                parts.push(Vec::new());
                continue;
            }
            let row: Vec<_> =
                cells(line).into_iter().map(|c| (c != "-").then(|| c.to_owned())).collect();
            assert_eq!(row.len(), header.len(), "cells of row {line}");
            parts.last_mut().expect("never empty").push(row);
        }
        // Batches of two rows: groups and ties go over batch borders.
        MemoryTable { header, parts, threads: 1, batch: 2 }
    }
}

impl EventTable for MemoryTable {
    fn scan(
        &self,
        needs: &Needs,
        visit: &(dyn Fn(ScanStep) -> ControlFlow<()> + Sync),
    ) -> ScanReport {
        let position = |name: &str| self.header.iter().position(|h| h.eq_ignore_ascii_case(name));
        let cells: Vec<Option<usize>> = needs.columns().iter().map(|c| position(&c.name)).collect();
        let start_time = position("starttime");
        let report = Mutex::new(ScanReport::default());
        let next = AtomicU64::new(0);
        let over = AtomicBool::new(false);
        let work = || {
            while !over.load(Ordering::SeqCst) {
                let number = next.fetch_add(1, Ordering::SeqCst);
                let Some(part) = usize::try_from(number).ok().and_then(|n| self.parts.get(n))
                else {
                    break;
                };
                // Even parts dawdle, so that odd ones come before them.
                for _ in 0..if number.is_multiple_of(2) { 200 } else { 0 } {
                    thread::yield_now();
                }
                for rows in part.chunks(self.batch) {
                    let mut builder = BatchBuilder::new(needs);
                    for row in rows {
                        let time = start_time
                            .and_then(|at| row[at].as_ref())
                            .map(|t| t.parse::<i64>().expect("a time"));
                        if let Some(time) = time {
                            report.lock().unwrap_or_else(PoisonError::into_inner).see_time(time);
                        }
                        if let Some(range) = needs.time
                            && !time.is_some_and(|t| range.contains(t))
                        {
                            continue;
                        }
                        for (column, cell) in cells.iter().enumerate() {
                            if let Some(value) = cell.and_then(|at| row[at].as_ref()) {
                                builder.set_text(column, value);
                            }
                        }
                        builder.end_row();
                    }
                    let step = ScanStep::Batch { part: number, events: builder.finish() };
                    if visit(step).is_break() {
                        over.store(true, Ordering::SeqCst);
                        return;
                    }
                }
                if visit(ScanStep::PartDone { part: number }).is_break() {
                    over.store(true, Ordering::SeqCst);
                }
            }
        };
        thread::scope(|scope| {
            for _ in 0..self.threads.max(1) {
                scope.spawn(work);
            }
        });
        report.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}
