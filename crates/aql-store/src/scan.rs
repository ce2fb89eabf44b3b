//! Reading a store: threads take row groups.

use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aql_diag::{Diagnostic, InputPlace, codes};
use aql_event::{
    EventBatch, EventTable, FileReport, LogSource, Needs, ScanReport, ScanStep, TimeRange,
};
use arrow_array::builder::BooleanBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, TimestampMillisecondType};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_select::filter::filter_record_batch;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReaderBuilder, RowSelection};

use crate::manifest::Segment;
use crate::plan::{self, SegmentPlan, damaged};
use crate::project;
use crate::store::Store;

/// Rows that are read at once.
const BATCH_ROWS: usize = 8192;
/// More threads than this help nobody.
const MAX_THREADS: usize = 256;

/// A part of the scan: a row group of a segment.
struct Part<'s> {
    number: u64,
    segment: &'s Segment,
    path: PathBuf,
    plan: Arc<SegmentPlan>,
    group: usize,
    selection: RowSelection,
    rows: u64,
}

/// Hands out parts in order.
struct Planner<'s> {
    store: &'s Store,
    needs: &'s Needs,
    next_segment: usize,
    next_part: u64,
    open: VecDeque<Part<'s>>,
    failed: Vec<Failure>,
}

/// A segment, or a part of one, that could not be read.
struct Failure {
    path: PathBuf,
    /// Events that were not read.
    lost: u64,
    problem: Diagnostic,
}

impl<'s> Planner<'s> {
    fn next(&mut self) -> Option<Part<'s>> {
        while self.open.is_empty() {
            let segment = self.store.manifest.segments.get(self.next_segment)?;
            self.next_segment += 1;
            let span = segment.oldest.zip(segment.newest);
            if let (Some(range), Some((oldest, newest))) = (self.needs.time, span)
                && (newest < range.start || oldest >= range.end)
            {
                continue;
            }
            let path = self.store.root.join(&segment.path);
            let made =
                catch_unwind(AssertUnwindSafe(|| SegmentPlan::new(&path, segment, self.needs)));
            match made.unwrap_or_else(|_| Err(damaged(&path, "its footer cannot be decoded"))) {
                Ok(plan) => self.open(segment, path, plan),
                Err(problem) => self.failed.push(Failure { path, lost: segment.rows, problem }),
            }
        }
        self.open.pop_front()
    }

    fn open(&mut self, segment: &'s Segment, path: PathBuf, mut plan: SegmentPlan) {
        let groups = std::mem::take(&mut plan.groups);
        let plan = Arc::new(plan);
        for (group, selection, rows) in groups {
            let number = self.next_part;
            self.next_part += 1;
            let (path, plan) = (path.clone(), Arc::clone(&plan));
            self.open.push_back(Part { number, segment, path, plan, group, selection, rows });
        }
    }
}

/// What the events of one imported file came to.
#[derive(Clone, Copy, Debug, Default)]
struct Delivered {
    events: u64,
    undated: u64,
}

/// What one thread did.
#[derive(Default)]
struct Done {
    by_file: BTreeMap<String, Delivered>,
    failed: Vec<Failure>,
    bytes: u64,
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
        let planner = Mutex::new(Planner {
            store: self,
            needs,
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

/// Reads a row group; what cannot be read is told, and the part is done all the same.
fn read_part(
    part: &Part<'_>,
    needs: &Needs,
    visit: &(dyn Fn(ScanStep) -> ControlFlow<()> + Sync),
    stop: &AtomicBool,
    done: &mut Done,
) {
    let mut read = 0;
    let step = |step: ScanStep| {
        if !stop.load(Ordering::Relaxed) && visit(step).is_break() {
            stop.store(true, Ordering::Relaxed);
        }
    };
    // Decoding what is damaged may panic; that costs the part. A panic of the visitor is its own.
    let guarded = |work: &mut dyn FnMut() -> Result<Option<RecordBatch>, String>| {
        catch_unwind(AssertUnwindSafe(work))
            .unwrap_or_else(|_| Err("its data cannot be decoded".to_owned()))
    };
    let mut reader = None;
    let outcome = loop {
        if stop.load(Ordering::Relaxed) {
            break Ok(());
        }
        let next = guarded(&mut || {
            if reader.is_none() {
                reader = Some(open_part(part)?);
            }
            reader.as_mut().and_then(Iterator::next).transpose().map_err(|e| e.to_string())
        });
        let batch = match next {
            Ok(Some(batch)) => batch,
            Ok(None) => break Ok(()),
            Err(problem) => break Err(problem),
        };
        let rows = batch.num_rows() as u64;
        let made = catch_unwind(AssertUnwindSafe(|| take(part, needs, batch, done)));
        match made.unwrap_or_else(|_| Err("its data cannot be decoded".to_owned())) {
            Ok(Some(events)) => step(ScanStep::Batch { part: part.number, events }),
            Ok(None) => {}
            Err(problem) => break Err(problem),
        }
        read += rows;
    };
    let group = part.plan.metadata.metadata().row_group(part.group);
    let columns = group.columns().iter().enumerate();
    let of_mask = columns.filter(|(at, _)| part.plan.positions.contains_key(at));
    done.bytes +=
        of_mask.map(|(_, c)| u64::try_from(c.compressed_size()).unwrap_or(0)).sum::<u64>();
    if let Err(problem) = outcome {
        let problem = damaged(&part.path, format!("the file cannot be read: {problem}"));
        let lost = part.rows.saturating_sub(read);
        done.failed.push(Failure { path: part.path.clone(), lost, problem });
    }
    step(ScanStep::PartDone { part: part.number });
}

type Reader = parquet::arrow::arrow_reader::ParquetRecordBatchReader;

fn open_part(part: &Part<'_>) -> Result<Reader, String> {
    let file = plan::open(&part.path, part.segment).map_err(|problem| problem.message)?;
    let plan = &part.plan;
    ParquetRecordBatchReaderBuilder::new_with_metadata(file, plan.metadata.clone())
        .with_projection(plan.mask.clone())
        .with_row_groups(vec![part.group])
        .with_row_selection(part.selection.clone())
        .with_batch_size(BATCH_ROWS)
        .build()
        .map_err(|problem| problem.to_string())
}

/// Makes events of a batch, those of the time range; counts them.
fn take(
    part: &Part<'_>,
    needs: &Needs,
    batch: RecordBatch,
    done: &mut Done,
) -> Result<Option<EventBatch>, String> {
    let names = &part.plan.names;
    let column = |number: Option<usize>, batch: &RecordBatch| -> Option<ArrayRef> {
        batch.columns().get(*part.plan.positions.get(&number?)?).cloned()
    };
    let mut batch = batch;
    let files = column(names.file, &batch);
    if let Some(range) = needs.time {
        let times = column(names.time, &batch);
        let (mask, undated) = in_range(times.as_ref(), batch.num_rows(), range);
        for row in undated {
            let file = files.as_ref().and_then(|files| text(files, row)).unwrap_or_default();
            entry(&mut done.by_file, file).undated += 1;
        }
        batch = filter_record_batch(&batch, &mask).map_err(|e| e.to_string())?;
    }
    if batch.num_rows() == 0 {
        return Ok(None);
    }
    if let Some(files) = column(names.file, &batch) {
        let mut first = 0;
        // Mostly one file, or few, in runs.
        while first < batch.num_rows() {
            let file = text(&files, first).unwrap_or_default();
            let end = (first..batch.num_rows()).find(|row| text(&files, *row) != Some(file));
            let end = end.unwrap_or(batch.num_rows()).max(first + 1);
            entry(&mut done.by_file, file).events += (end - first) as u64;
            first = end;
        }
    }
    project::events(&part.plan, needs, &batch).map(Some).map_err(|e| e.to_string())
}

fn entry<'m>(map: &'m mut BTreeMap<String, Delivered>, file: &str) -> &'m mut Delivered {
    if !map.contains_key(file) {
        map.insert(file.to_owned(), Delivered::default());
    }
    map.entry(file.to_owned()).or_default()
}

fn text(array: &ArrayRef, row: usize) -> Option<&str> {
    if array.is_null(row) {
        return None;
    }
    match array.as_dictionary_opt::<Int32Type>() {
        Some(dictionary) => {
            let key = usize::try_from(dictionary.keys().value(row)).ok()?;
            Some(dictionary.values().as_string_opt::<i32>()?.value(key))
        }
        None => Some(array.as_string_opt::<i32>()?.value(row)),
    }
}

/// Which rows lie in the range, and which have no time.
fn in_range(
    times: Option<&ArrayRef>,
    rows: usize,
    range: TimeRange,
) -> (arrow_array::BooleanArray, Vec<usize>) {
    let times = times.and_then(|times| times.as_primitive_opt::<TimestampMillisecondType>());
    let mut mask = BooleanBuilder::with_capacity(rows);
    let mut undated = Vec::new();
    for row in 0..rows {
        match times.filter(|times| times.is_valid(row)) {
            Some(times) => mask.append_value(range.contains(times.value(row))),
            None => {
                undated.push(row);
                mask.append_value(false);
            }
        }
    }
    (mask.finish(), undated)
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
            for (file, delivered) in thread.by_file {
                let into = by_file.entry(file).or_default();
                into.events += delivered.events;
                into.undated += delivered.undated;
            }
            failed.extend(thread.failed);
            bytes += thread.bytes;
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
        failed.sort_by(|a, b| a.path.cmp(&b.path));
        for failure in failed {
            let path = failure.path.display().to_string();
            let mut entry = FileReport::new(Arc::from(path), None);
            entry.lost = failure.lost.max(1);
            entry.diagnostics.push(failure.problem);
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
