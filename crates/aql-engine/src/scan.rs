//! Reading events: filter and first projection in the threads of the table, rows in evidence order
//! at the other end.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aql_diag::Diagnostic;
use aql_event::{EventBatch, EventTable, ScanReport, ScanStep, TimeRange};
use aql_match::Scratch;
use aql_semantic::bound::Window;
use arrow_array::{BooleanArray, RecordBatch, RecordBatchOptions};
use arrow_select::filter::{FilterBuilder, filter_record_batch};

use crate::failure::Failure;
use crate::options::{RunOptions, WindowMode};
use crate::plan::{EventStage, Stages};
use crate::reorder::Reorder;
use crate::top::Top;
use crate::window::{self, Instead};

/// What a worker hands on.
pub(crate) type Item = Result<RecordBatch, Failure>;

/// What came of a scan.
#[derive(Default)]
pub(crate) struct Scanned {
    pub(crate) report: ScanReport,
    pub(crate) window: Option<TimeRange>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// Reads the events of a query and puts the rows of its first projection into `output`.
///
/// Reads a second time, and only then, if the first time found that no event lies in the window
/// and another range is to be read then.
pub(crate) fn scan(
    table: &dyn EventTable,
    stages: &Stages,
    clause: &Window,
    options: &RunOptions<'_>,
    time_limit: Option<u64>,
    output: &Reorder<Item>,
) -> Scanned {
    let Some(events) = &stages.events else {
        output.finish();
        return Scanned::default();
    };
    let worker = Worker {
        events,
        stages,
        options,
        time_limit,
        output,
        scratch: Mutex::new(Vec::new()),
        any: AtomicBool::new(false),
        top: Top::new(stages),
    };
    let range = match options.window.mode {
        WindowMode::Ignore => options.time,
        _ => window::range(clause, options.window),
    };
    let mut scanned =
        Scanned { report: worker.read(table, range), window: range, ..Scanned::default() };
    if options.window.mode != WindowMode::Ignore
        && let Some(range) = range
        && !worker.any.load(Ordering::Relaxed)
        && !output.is_stopped()
        && let Some(empty) = window::empty(
            clause,
            options.window,
            range,
            scanned.report.files.iter().any(|f| f.records > 0),
            scanned.report.time_span,
        )
    {
        scanned.diagnostics.extend(empty.diagnostic);
        let again = match empty.instead {
            Instead::Nothing => None,
            Instead::All => Some(None),
            Instead::Range(moved) => Some(Some(moved)),
        };
        if let Some(range) = again {
            output.restart();
            scanned.window = range;
            scanned.report = worker.read(table, range);
        }
    }
    output.finish();
    scanned
}

struct Worker<'a> {
    events: &'a EventStage,
    stages: &'a Stages,
    options: &'a RunOptions<'a>,
    time_limit: Option<u64>,
    output: &'a Reorder<Item>,
    /// Working memory of the matcher, one per thread that is at work.
    scratch: Mutex<Vec<Scratch>>,
    /// Has any event come?
    any: AtomicBool,
    /// Leaves out rows that others keep out of the result.
    top: Option<Top>,
}

impl Worker<'_> {
    fn read(&self, table: &dyn EventTable, time: Option<TimeRange>) -> ScanReport {
        let mut needs = self.events.needs.clone();
        needs.time = time;
        table.scan(&needs, &|step| self.visit(step))
    }

    fn visit(&self, step: ScanStep) -> ControlFlow<()> {
        if self.output.is_stopped() {
            return ControlFlow::Break(());
        }
        let _guard = StopOnPanic(self.output);
        if self.options.deadline.is_some_and(|is_over| is_over()) {
            self.output.abort(Err(Failure::time_limit(self.time_limit)));
            return ControlFlow::Break(());
        }
        match step {
            ScanStep::PartDone { part } => self.output.part_done(part),
            ScanStep::Batch { part, events } => {
                if events.num_rows() == 0 {
                    return ControlFlow::Continue(());
                }
                self.any.store(true, Ordering::Relaxed);
                match self.rows(&events) {
                    Ok(rows) if rows.num_rows() == 0 => ControlFlow::Continue(()),
                    Ok(rows) => {
                        let bytes = rows.get_array_memory_size();
                        self.output.push(part, Ok(rows), bytes)
                    }
                    // In its place among the rows: the reader stops there, and what it has read
                    // till then does not depend on who was fast.
                    Err(failure) => self.output.push(part, Err(failure), 0),
                }
            }
        }
    }

    fn rows(&self, events: &EventBatch) -> Result<RecordBatch, Failure> {
        let mut scratch = self.lock_scratch().pop().unwrap_or_default();
        let hits = self.events.matcher.evaluate(events, &mut scratch);
        self.lock_scratch().push(scratch);
        match hits.of(0) {
            Some(rows) => {
                let mut kept = self.keep(events, &BooleanArray::new(rows.clone(), None))?;
                if let Some(top) = &self.top {
                    let names = self.stages.order.iter().map(|(name, _)| name.as_str());
                    let keys = self.stages.first.compute_only(names, &kept)?;
                    if let Some(mask) = top.candidates(&keys)? {
                        let records = filter_record_batch(kept.records(), &mask)?;
                        kept = EventBatch::new(Arc::clone(kept.columns()), records);
                    }
                }
                self.stages.first.compute(&kept)
            }
            None => Ok(RecordBatch::new_empty(Arc::clone(self.stages.first.schema()))),
        }
    }

    /// The events that the mask keeps, with the columns that are still needed.
    fn keep(&self, events: &EventBatch, mask: &BooleanArray) -> Result<EventBatch, Failure> {
        let records = events.records().project(&self.events.kept)?;
        if mask.true_count() == mask.len() {
            return Ok(EventBatch::new(Arc::clone(&self.events.kept_columns), records));
        }
        let filter = FilterBuilder::new(mask).optimize().build();
        let columns = records
            .columns()
            .iter()
            .map(|column| filter.filter(column))
            .collect::<Result<Vec<_>, _>>()?;
        let row_count = RecordBatchOptions::new().with_row_count(Some(filter.count()));
        let records = RecordBatch::try_new_with_options(records.schema(), columns, &row_count)?;
        Ok(EventBatch::new(Arc::clone(&self.events.kept_columns), records))
    }

    fn lock_scratch(&self) -> MutexGuard<'_, Vec<Scratch>> {
        self.scratch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Frees the other workers if this one panics, since they may wait for its part.
struct StopOnPanic<'a>(&'a Reorder<Item>);

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop();
        }
    }
}
