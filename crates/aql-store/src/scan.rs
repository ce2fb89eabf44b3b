//! Reading a store: threads take parts of row groups.

use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aql_diag::{Diagnostic, InputPlace, codes};
use aql_event::{EventTable, FileReport, LogSource, Needs, ScanReport, ScanStep};

use crate::manifest::Segment;
use crate::plan::{GroupPlan, SegmentPlan, damaged};
use crate::read::{Counts, Delivered, read};
use crate::store::Store;

/// More threads than this help nobody.
const MAX_THREADS: usize = 256;

/// Rows of all segments up to which row groups are read in parts.
const FEW_ROWS: u64 = 1 << 20;

/// Is no event of a segment inside of the time range?
fn is_outside(segment: &Segment, needs: &Needs) -> bool {
    let span = needs.time.zip(segment.oldest.zip(segment.newest));
    span.is_some_and(|(range, (oldest, newest))| newest < range.start || oldest >= range.end)
}

/// A part of the scan: some rows of a row group of a segment.
struct Part {
    number: u64,
    path: PathBuf,
    plan: Arc<SegmentPlan>,
    group: GroupPlan,
}

/// Hands out parts in order.
struct Planner<'s> {
    store: &'s Store,
    needs: &'s Needs,
    /// Is there so little to read that row groups are cut?
    in_parts: bool,
    next_segment: usize,
    next_part: u64,
    open: VecDeque<Part>,
    failed: Vec<Failure>,
}

/// A segment, or a part of one, that could not be read.
struct Failure {
    path: PathBuf,
    /// Events that were not read.
    lost: u64,
    problem: Diagnostic,
}

impl Planner<'_> {
    fn next(&mut self) -> Option<Part> {
        while self.open.is_empty() {
            let segment = self.store.manifest.segments.get(self.next_segment)?;
            self.next_segment += 1;
            if is_outside(segment, self.needs) {
                continue;
            }
            let path = self.store.root.join(&segment.path);
            let in_parts = self.in_parts;
            let made = catch_unwind(AssertUnwindSafe(|| {
                SegmentPlan::new(&path, segment, self.needs, in_parts)
            }));
            match made
                .unwrap_or_else(|_| Err(Box::new(damaged(&path, "its footer cannot be decoded"))))
            {
                Ok(plan) => self.open(path, plan),
                Err(problem) => {
                    self.failed.push(Failure { path, lost: segment.rows, problem: *problem });
                }
            }
        }
        self.open.pop_front()
    }

    fn open(&mut self, path: PathBuf, mut plan: SegmentPlan) {
        let groups = std::mem::take(&mut plan.groups);
        let plan = Arc::new(plan);
        for group in groups {
            let number = self.next_part;
            self.next_part += 1;
            let (path, plan) = (path.clone(), Arc::clone(&plan));
            self.open.push_back(Part { number, path, plan, group });
        }
    }
}

/// What one thread did.
#[derive(Default)]
struct Done {
    counts: Counts,
    failed: Vec<Failure>,
}

impl EventTable for Store {
    fn scan(
        &self,
        needs: &Needs,
        visit: &(dyn Fn(ScanStep) -> ControlFlow<()> + Sync),
    ) -> ScanReport {
        for source in &self.manifest.log_sources {
            let (id, type_id, name) = (source.id, source.type_id, source.name.clone());
            needs.log_sources.add(LogSource { id, type_id, name });
        }
        let segments = self.manifest.segments.iter();
        let rows: u64 = segments.filter(|s| !is_outside(s, needs)).map(|s| s.rows).sum();
        let planner = Mutex::new(Planner {
            store: self,
            needs,
            in_parts: rows <= FEW_ROWS,
            next_segment: 0,
            next_part: 0,
            open: VecDeque::new(),
            failed: Vec::new(),
        });
        let stop = AtomicBool::new(false);
        let work = || {
            let mut done = Done::default();
            while !stop.load(Ordering::Relaxed) {
                let part = planner.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some(part) = part else { break };
                read_part(&part, needs, visit, &stop, &mut done);
            }
            done
        };
        let wanted = self.options.threads.min(MAX_THREADS);
        let done: Vec<Done> = if wanted <= 1 {
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
                    .map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
                    .collect()
            })
        };
        let failed = planner.into_inner().unwrap_or_else(PoisonError::into_inner).failed;
        self.report(needs, done, failed, stop.load(Ordering::Relaxed))
    }
}

/// Reads some rows of a row group; what cannot be read is told, and the part is done all the same.
fn read_part(
    part: &Part,
    needs: &Needs,
    visit: &(dyn Fn(ScanStep) -> ControlFlow<()> + Sync),
    stop: &AtomicBool,
    done: &mut Done,
) {
    let step = |step: ScanStep| {
        if !stop.load(Ordering::Relaxed) && visit(step).is_break() {
            stop.store(true, Ordering::Relaxed);
        }
        match stop.load(Ordering::Relaxed) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    };
    let number = part.number;
    let outcome = read(&part.plan, &part.group, needs, &mut done.counts, &mut |events| {
        step(ScanStep::Batch { part: number, events })
    });
    if let Err(unread) = outcome {
        let problem = damaged(&part.path, format!("the file cannot be read: {}", unread.problem));
        done.failed.push(Failure { path: part.path.clone(), lost: unread.rows, problem });
    }
    let _ = step(ScanStep::PartDone { part: number });
}

impl Store {
    /// The report: one entry per file that was imported, as if it had been read now.
    fn report(
        &self,
        needs: &Needs,
        done: Vec<Done>,
        mut failed: Vec<Failure>,
        stopped: bool,
    ) -> ScanReport {
        let mut report = ScanReport::default();
        let mut by_file: BTreeMap<String, Delivered> = BTreeMap::new();
        let mut bytes = 0;
        for thread in done {
            for (file, delivered) in thread.counts.by_file {
                let into = by_file.entry(file).or_default();
                into.events += delivered.events;
                into.undated += delivered.undated;
            }
            failed.extend(thread.failed);
            bytes += thread.counts.bytes;
        }
        if let Some((oldest, newest)) = self.totals().span {
            report.see_time(oldest);
            report.see_time(newest);
        }
        let all = self.manifest.rows().max(1);
        for file in &self.manifest.files {
            let known = file.format.as_deref().and_then(|format| {
                aql_ingest::formats().map(|(name, _)| name).find(|name| *name == format)
            });
            let mut entry = FileReport::new(Arc::from(file.path.as_str()), known);
            let delivered = by_file.remove(&file.path).unwrap_or_default();
            // Of a file that was imported twice, in two states, the events go to the first.
            let complete = !stopped && failed.is_empty();
            entry.records = if complete { file.records } else { delivered.events };
            entry.ruled_out = entry.records.saturating_sub(delivered.events);
            entry.unparsed = file.unparsed;
            entry.lost = file.lost;
            // Nobody knows whose bytes they were.
            entry.bytes =
                u64::try_from(u128::from(bytes) * u128::from(file.records) / u128::from(all))
                    .unwrap_or(bytes);
            entry.diagnostics = remarks(file, delivered.undated, needs.time.is_some());
            report.files.push(entry);
        }
        failed.sort_by(|a, b| (&a.path, &a.problem.message).cmp(&(&b.path, &b.problem.message)));
        // Several parts of a file may have failed for the same reason.
        for of_file in failed.chunk_by(|a, b| a.path == b.path) {
            let Some(first) = of_file.first() else { continue };
            let mut entry = FileReport::new(Arc::from(first.path.display().to_string()), None);
            for same in of_file.chunk_by(|a, b| a.problem.message == b.problem.message) {
                entry.lost += same.iter().map(|failure| failure.lost).sum::<u64>().max(1);
                entry.diagnostics.extend(same.first().map(|failure| failure.problem.clone()));
            }
            report.files.push(entry);
        }
        report
    }
}

fn remarks(file: &crate::manifest::ReadFile, undated: u64, has_range: bool) -> Vec<Diagnostic> {
    let mut remarks = Vec::new();
    let mut tell = |diagnostic: Diagnostic| {
        let place = InputPlace { file: file.path.clone(), offset: None, record: None };
        remarks.push(diagnostic.input(place));
    };
    if file.lost > 0 || !file.problems.is_empty() {
        let message = match file.lost {
            0 => "something was said about this file when it was imported".to_owned(),
            1 => "a record or part of this file was lost when it was imported".to_owned(),
            n => format!("{n} records or parts of this file were lost when it was imported"),
        };
        let message = match file.problems.first() {
            Some(first) => format!("{message}: {first}"),
            None => message,
        };
        let mut diagnostic = Diagnostic::warning(codes::STORE_LOST, message);
        for problem in file.problems.iter().skip(1) {
            diagnostic = diagnostic.note(problem.clone());
        }
        tell(diagnostic);
    }
    if has_range && undated > 0 {
        let (events, lie) =
            if undated == 1 { ("event has", "lies") } else { ("events have", "lie") };
        let message = format!("{undated} {events} no time and {lie} in no time range");
        tell(
            Diagnostic::warning(codes::UNDATED, message)
                .help("search without a time range to see them"),
        );
    }
    remarks
}
