//! Reading the parts of a file.
//!
//! Where events are made of columns, only those of the file are read that are needed. If a row filter
//! looks at few of them, these come first, and the others only for the rows that may match. What is
//! damaged in the columns that are read is told with its row, and the next part is read.

use std::ops::Range;
use std::rc::Rc;

use aql_diag::{Diagnostic, codes};
use aql_event::{EventBatch, Needs};
use arrow_array::{Array, BooleanArray, Int64Array, RecordBatch};
use arrow_buffer::BooleanBuffer;
use arrow_select::filter::{filter, filter_record_batch};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowSelection,
};
use parquet::file::reader::ChunkReader;

use super::columns::{Maker, times};
use super::names::are_plain;
use super::parts::Part;
use super::rows::Rows;
use super::{FORMAT, guarded};
use crate::normalise::generic::Field;
use crate::normalise::{Plan, Which};
use crate::out::{At, Out, Tally};
use crate::patience::Watch;

/// Rows that are decoded at once, and as many where something is damaged or rows are records.
const BATCH_ROWS: usize = 4096;
const FEW_ROWS: usize = 1024;
/// Bytes that are decoded at once, as far as the footer of the file tells.
const BATCH_BYTES: usize = 8 << 20;
/// If more than one row in so many may match, looking first costs more than it spares.
const WORTH: usize = 8;
/// Bytes of events that wait for the rest of their part to be read.
const KEPT_BYTES: usize = 32 << 20;

/// A file that is being read.
pub(super) struct Reading<'w, R> {
    input: R,
    metadata: ArrowReaderMetadata,
    watch: &'w Watch,
    rows: Rows,
}

/// What makes events of columns.
struct Makers {
    plan: Rc<Plan<Field>>,
    /// All columns that are needed.
    all: Maker,
    /// Those that the row filter looks at, if these are fewer.
    looked_at: Option<Maker>,
}

impl<'w, R: ChunkReader + Clone + 'static> Reading<'w, R> {
    /// Of a file whose footer has been read.
    pub(super) fn new(input: R, metadata: ArrowReaderMetadata, watch: &'w Watch) -> Self {
        let rows = Rows::new(metadata.schema().fields());
        Reading { input, metadata, watch, rows }
    }

    /// Reads these parts; those that come after what is damaged, too.
    pub(super) fn read(&self, parts: &[Part], out: &mut Out<'_>) {
        let makers = self.makers(out);
        let end = parts.last().map_or(0, |part| part.before.saturating_add(part.rows.len() as u64));
        for part in parts {
            let mut done = 0;
            let outcome = match &makers {
                Some(makers) => self.columns(part, makers, &mut done, out),
                None => self.records(part, &mut done, out),
            };
            if out.stopped() {
                return;
            }
            let Err(problem) = outcome else { continue };
            let at = At { record: part.number(done), offset: 0 };
            let is_late = self.watch.check().is_err();
            let last =
                if is_late { end } else { part.before.saturating_add(part.rows.len() as u64) };
            let diagnostic = if is_late {
                Diagnostic::error(codes::TOO_SLOW, format!("reading was given up: {problem}"))
            } else {
                let message = format!("row {} cannot be read: {problem}", at.record);
                Diagnostic::error(codes::DAMAGED, message)
            };
            let left = last.saturating_add(1).saturating_sub(at.record).max(1);
            let note = format!("the {left} rows from here to row {last} were not read");
            out.report().lost += left - 1;
            out.lost(diagnostic.note(note), Some(at));
            if is_late {
                return;
            }
        }
    }

    /// What makes events of columns, if no row can be a record of a format or for a mapping.
    fn makers(&self, out: &mut Out<'_>) -> Option<Makers> {
        let fields = self.metadata.schema().fields();
        let depth = out.options.max_depth.saturating_sub(1);
        if self.rows.may_be_known() || out.has_mappings() || !are_plain(fields, depth) {
            return None;
        }
        let plan = out.unparsed_plan(FORMAT.name);
        let needs = out.needs();
        let all = Maker::new(&self.metadata, &plan, Which::All, needs, out)?;
        let looked_at = needs.row_filter.as_ref().and_then(|filter| {
            let needs = Needs::new(filter.columns().iter().cloned());
            let maker = Maker::new(&self.metadata, &plan, Which::LookedAt, &needs, out)?;
            (maker.reads() < all.reads()).then_some(maker)
        });
        Some(Makers { plan, all, looked_at })
    }

    /// Reads rows of a group, as the group counts them.
    fn open(
        &self,
        group: usize,
        rows: Vec<Range<usize>>,
        mask: &ProjectionMask,
        batch: usize,
    ) -> Result<ParquetRecordBatchReader, String> {
        guarded(|| {
            let about = self.metadata.metadata().row_groups().get(group);
            let total = about.and_then(|about| usize::try_from(about.num_rows()).ok()).unwrap_or(0);
            let selection = RowSelection::from_consecutive_ranges(rows.into_iter(), total);
            let (input, metadata) = (self.input.clone(), self.metadata.clone());
            ParquetRecordBatchReaderBuilder::new_with_metadata(input, metadata)
                .with_row_groups(vec![group])
                .with_projection(mask.clone())
                .with_row_selection(selection)
                .with_batch_size(batch)
                .build()
                .map_err(|problem| problem.to_string())
        })
    }

    fn next(&self, reader: &mut ParquetRecordBatchReader) -> Result<Option<RecordBatch>, String> {
        self.watch.check().map_err(|problem| problem.to_string())?;
        guarded(|| reader.next().transpose().map_err(|problem| problem.to_string()))
    }

    /// How many rows of these columns are decoded at once.
    fn batch_rows(&self, part: &Part, mask: &ProjectionMask) -> usize {
        let Some(group) = self.metadata.metadata().row_groups().get(part.group) else {
            return FEW_ROWS;
        };
        let columns = group.columns().iter().enumerate();
        let read = columns.filter(|(at, _)| mask.leaf_included(*at));
        let bytes = read.fold(0_usize, |sum, (_, column)| {
            sum.saturating_add(usize::try_from(column.uncompressed_size()).unwrap_or(usize::MAX))
        });
        let rows = usize::try_from(group.num_rows()).unwrap_or(0);
        let per_row = bytes / rows.max(1) + 1;
        (BATCH_BYTES / per_row).clamp(FEW_ROWS / 16, BATCH_ROWS)
    }

    /// Reads the rows of a part as records. `done` is how many were read.
    fn records(&self, part: &Part, done: &mut usize, out: &mut Out<'_>) -> Result<(), String> {
        let mask = ProjectionMask::all();
        let size = self.batch_rows(part, &mask).min(FEW_ROWS);
        let mut reader = self.open(part.group, vec![part.rows.clone()], &mask, size)?;
        while let Some(batch) = self.next(&mut reader)? {
            self.rows.take(&batch, part.number(*done), out);
            *done += batch.num_rows();
            if out.stopped() {
                return Ok(());
            }
        }
        part.check(*done)
    }

    /// Makes events of the columns of a part.
    fn columns(
        &self,
        part: &Part,
        makers: &Makers,
        done: &mut usize,
        out: &mut Out<'_>,
    ) -> Result<(), String> {
        if let Some(looked_at) = makers.looked_at.as_ref().filter(|_| out.may_look())
            && let Some((tally, events)) = self.in_steps(part, makers, looked_at, out)
        {
            *done = part.rows.len();
            out.count_unparsed(FORMAT.name, &tally);
            events.into_iter().for_each(|events| out.hand_on(events));
            return Ok(());
        }
        let size = self.batch_rows(part, makers.all.mask());
        match self.at_once(part, makers, size, done, out) {
            // Up to what is damaged.
            Err(_) if size > FEW_ROWS && self.watch.check().is_ok() => {
                self.at_once(part, makers, FEW_ROWS, done, out)
            }
            outcome => outcome,
        }
    }

    /// Reads all columns that are needed, of all rows that come after those that are done.
    fn at_once(
        &self,
        part: &Part,
        makers: &Makers,
        size: usize,
        done: &mut usize,
        out: &mut Out<'_>,
    ) -> Result<(), String> {
        let rows = part.rows.start + *done..part.rows.end;
        let mut reader = self.open(part.group, vec![rows], makers.all.mask(), size)?;
        while let Some(batch) = self.next(&mut reader)? {
            let first = part.number(*done);
            let made = guarded(|| {
                let (tally, wanted, times) = counted(&batch, makers, out)?;
                let events = wanted_events(&batch, &wanted, times, first, &makers.all)?;
                Ok((tally, events))
            });
            match made {
                Ok((tally, events)) => {
                    out.count_unparsed(FORMAT.name, &tally);
                    events.into_iter().for_each(|events| out.hand_on(events));
                }
                // One by one, so that only those are lost that cannot be shown.
                Err(_) => self.rows.take(&batch, first, out),
            }
            *done += batch.num_rows();
            if out.stopped() {
                return Ok(());
            }
        }
        part.check(*done)
    }

    /// Reads the columns that the row filter looks at, and the others only for the rows that may match.
    /// Nothing if that does not pay, or something is damaged: whoever reads all at once tells it.
    fn in_steps(
        &self,
        part: &Part,
        makers: &Makers,
        looked_at: &Maker,
        out: &mut Out<'_>,
    ) -> Option<(Tally, Vec<EventBatch>)> {
        let mut sum = Tally::default();
        let mut ranges: Vec<Range<usize>> = Vec::new();
        let (mut seen, mut passed) = (0, 0);
        let size = self.batch_rows(part, looked_at.mask());
        let rows = vec![part.rows.clone()];
        let mut reader = self.open(part.group, rows, looked_at.mask(), size).ok()?;
        while let Some(batch) = self.next(&mut reader).ok()? {
            let first = part.number(seen);
            let (tally, wanted, events) = guarded(|| {
                let (tally, wanted, times) = counted(&batch, makers, out)?;
                let numbers = numbers(first, batch.num_rows());
                let events = looked_at.events(&batch, times.as_ref(), &numbers)?;
                Ok((tally, wanted, events))
            })
            .ok()?;
            sum.add(&tally);
            if wanted.count_set_bits() > 0 {
                let wanted = &wanted & &out.wanted(&events)?;
                passed += wanted.count_set_bits();
                if passed * WORTH > part.rows.len() {
                    return None;
                }
                for (start, end) in wanted.set_slices() {
                    let start = part.rows.start + seen + start;
                    let end = part.rows.start + seen + end;
                    match ranges.last_mut().filter(|last| last.end == start) {
                        Some(last) => last.end = end,
                        None => ranges.push(start..end),
                    }
                }
            }
            seen += batch.num_rows();
        }
        part.check(seen).ok()?;
        let events = self.complete(part, makers, ranges, out)?;
        let found: usize = events.iter().map(EventBatch::num_rows).sum();
        (found == passed).then_some((sum, events))
    }

    /// The events of these rows of a part, with all their columns.
    fn complete(
        &self,
        part: &Part,
        makers: &Makers,
        ranges: Vec<Range<usize>>,
        out: &Out<'_>,
    ) -> Option<Vec<EventBatch>> {
        if ranges.is_empty() {
            return Some(Vec::new());
        }
        let number =
            |row: usize| i64::try_from(part.number(row - part.rows.start)).unwrap_or(i64::MAX);
        let mut numbers = ranges.clone().into_iter().flatten().map(number);
        let size = self.batch_rows(part, makers.all.mask());
        let mut reader = self.open(part.group, ranges, makers.all.mask(), size).ok()?;
        let mut found = Vec::new();
        let mut bytes = 0;
        while let Some(batch) = self.next(&mut reader).ok()? {
            let numbers: Int64Array = numbers.by_ref().take(batch.num_rows()).collect();
            let events = guarded(|| {
                let (_, _, times) = counted(&batch, makers, out)?;
                makers.all.events(&batch, times.as_ref(), &numbers)
            });
            let events = events.ok()?;
            bytes += events.records().get_array_memory_size();
            if bytes > KEPT_BYTES {
                return None;
            }
            found.push(events);
        }
        Some(found)
    }
}

/// What the rows count for, which are wanted as far as class and time go, and their times.
fn counted(
    batch: &RecordBatch,
    makers: &Makers,
    out: &Out<'_>,
) -> Result<(Tally, BooleanBuffer, Option<Int64Array>), String> {
    let times = times(batch)?;
    let (tally, wanted) = out.tally(&makers.plan, batch.num_rows(), times.as_ref());
    Ok((tally, wanted, times))
}

/// The numbers of rows of which the first has this one.
fn numbers(first: u64, rows: usize) -> Int64Array {
    let first = i64::try_from(first).unwrap_or(i64::MAX);
    (0..rows).map(|row| first.saturating_add(i64::try_from(row).unwrap_or(i64::MAX))).collect()
}

/// The events of the wanted rows; nothing if none is.
fn wanted_events(
    batch: &RecordBatch,
    wanted: &BooleanBuffer,
    times: Option<Int64Array>,
    first: u64,
    maker: &Maker,
) -> Result<Option<EventBatch>, String> {
    let numbers = numbers(first, batch.num_rows());
    match wanted.count_set_bits() {
        0 => return Ok(None),
        all if all == batch.num_rows() => {
            return maker.events(batch, times.as_ref(), &numbers).map(Some);
        }
        _ => {}
    }
    let wanted = BooleanArray::new(wanted.clone(), None);
    let only = |array: &dyn Array| {
        let kept = filter(array, &wanted).map_err(|problem| problem.to_string())?;
        Ok::<_, String>(Int64Array::from(kept.to_data()))
    };
    let numbers = only(&numbers)?;
    let times = times.as_ref().map(|times| only(times)).transpose()?;
    let batch = filter_record_batch(batch, &wanted).map_err(|problem| problem.to_string())?;
    maker.events(&batch, times.as_ref(), &numbers).map(Some)
}
