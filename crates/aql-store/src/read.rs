//! Reading a row group: what decides which events are wanted comes first, the rest for these alone.

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use aql_event::{EventBatch, Needs, RowFilter, TimeRange};
use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMillisecondType;
use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions};
use arrow_select::concat::concat;
use arrow_select::filter::FilterBuilder;
use parquet::arrow::arrow_reader::{
    ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowSelection,
};

use crate::known::{self, Known};
use crate::plan::{GroupPlan, SegmentPlan};
use crate::project::{Projection, arrays, as_column, text_at};

/// Rows that are read at once.
const BATCH_ROWS: usize = 8192;
/// Bytes of wanted events that are kept while the other columns of them wait to be read.
const KEPT_BYTES: usize = 8 << 20;
/// Where more than one event in this many is wanted, all columns are read at once.
const DENSE: usize = 4;

/// What the events of one imported file came to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Delivered {
    /// Events of the time range that were looked at.
    pub(crate) events: u64,
    /// Events without a time, where there is a range.
    pub(crate) undated: u64,
}

/// What was read.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// By imported file.
    pub(crate) by_file: BTreeMap<String, Delivered>,
    /// Bytes, compressed.
    pub(crate) bytes: u64,
}

impl Counts {
    fn of(&mut self, file: &str) -> &mut Delivered {
        if !self.by_file.contains_key(file) {
            self.by_file.insert(file.to_owned(), Delivered::default());
        }
        self.by_file.entry(file.to_owned()).or_default()
    }
}

/// Why a row group was not read to its end.
#[derive(Debug)]
pub(crate) struct Unread {
    pub(crate) problem: String,
    /// Wanted rows that were not read.
    pub(crate) rows: u64,
}

/// What is done with events, until it breaks off.
pub(crate) type Visit<'v> = dyn FnMut(EventBatch) -> ControlFlow<()> + 'v;

/// Reads what is wanted of a row group, and hands it to `visit` in order.
pub(crate) fn read(
    plan: &SegmentPlan,
    group: &GroupPlan,
    needs: &Needs,
    counts: &mut Counts,
    visit: &mut Visit<'_>,
) -> Result<(), Unread> {
    let mut left = group.rows();
    let outcome = guarded(|| Reading::new(plan, group, needs, counts)).and_then(|mut reading| {
        left = reading.ranges.iter().map(|range| range.len() as u64).sum();
        if reading.ranges.is_empty() {
            return Ok(());
        }
        match reading.steps() {
            Some((filter, first, rest)) => {
                reading.in_steps(filter, &first, rest, &mut left, counts, visit)
            }
            None => reading.at_once(&mut left, counts, visit),
        }
    });
    outcome.map_err(|problem| Unread { problem, rows: left })
}

/// Decoding what is damaged may panic; that costs the row group.
fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err("its data cannot be decoded".to_owned()))
}

/// A row group that is being read.
struct Reading<'r> {
    plan: &'r SegmentPlan,
    group: &'r GroupPlan,
    needs: &'r Needs,
    known: Known,
    /// The one file that all events are from, if it is known.
    file: Option<&'r str>,
    /// Rows that may be wanted.
    ranges: Vec<Range<usize>>,
}

impl<'r> Reading<'r> {
    fn new(
        plan: &'r SegmentPlan,
        group: &'r GroupPlan,
        needs: &'r Needs,
        counts: &mut Counts,
    ) -> Result<Self, String> {
        let facts = plan.facts.as_ref();
        let known = Known::new(facts, &group.classes, needs, &plan.columns, &plan.names);
        let file = known::file(facts, &group.classes, &plan.names);
        let mut reading = Reading { plan, group, needs, known, file, ranges: group.ranges.clone() };
        if let Some(range) = needs.time.filter(|_| group.check_time) {
            reading.keep_time(range, counts)?;
        }
        reading.keep_texts();
        Ok(reading)
    }

    /// Leaves the rows among which the texts that are looked for may occur.
    fn keep_texts(&mut self) {
        let Some(texts) = &self.plan.texts else { return };
        let first = self.group.first_row;
        let moved = |ranges: &[Range<usize>], by: &dyn Fn(usize) -> usize| -> Vec<_> {
            ranges.iter().map(|range| by(range.start)..by(range.end)).collect()
        };
        let of_file = moved(&self.ranges, &|row| row + first);
        let kept = texts.narrow(&of_file, |texts| self.known.may_match_among(self.needs, texts));
        self.ranges = moved(&kept, &|row| row.saturating_sub(first));
    }

    /// Leaves the rows of a time range; counts those without a time.
    fn keep_time(&mut self, range: TimeRange, counts: &mut Counts) -> Result<(), String> {
        let names = &self.plan.names;
        let further = names.time.into_iter().chain(self.file_column());
        let projection = Projection::new(self.plan, &self.known, Vec::new(), further);
        let mut rows = Rows::new(&self.ranges);
        let mut kept = Vec::new();
        for batch in self.open(&projection, &self.ranges, counts)? {
            let batch = batch.map_err(|problem| problem.to_string())?;
            let times = projection.column(names.time, &batch);
            let times = times.and_then(|t| t.as_primitive_opt::<TimestampMillisecondType>());
            let files = projection.column(names.file, &batch);
            for (at, row) in rows.take(batch.num_rows()).into_iter().enumerate() {
                match times.filter(|times| times.is_valid(at)) {
                    Some(times) if range.contains(times.value(at)) => push(&mut kept, row),
                    Some(_) => {}
                    None => {
                        let file = files.and_then(|files| text_at(files, at)).or(self.file);
                        counts.of(file.unwrap_or_default()).undated += 1;
                    }
                }
            }
        }
        self.ranges = kept;
        Ok(())
    }

    /// The column that says which file an event is from, unless all are from one.
    fn file_column(&self) -> Option<usize> {
        self.plan.names.file.filter(|_| self.file.is_none())
    }

    /// The needed columns that have to be read.
    fn unknown(&self) -> impl Iterator<Item = usize> {
        (0..self.needs.columns().len()).filter(|index| !self.known.has(*index))
    }

    /// Reads these columns of these rows.
    fn open(
        &self,
        projection: &Projection,
        ranges: &[Range<usize>],
        counts: &mut Counts,
    ) -> Result<ParquetRecordBatchReader, String> {
        let metadata = &self.plan.metadata;
        let group = metadata.metadata().row_group(self.group.group);
        let rows = usize::try_from(group.num_rows()).unwrap_or(0);
        let read = group.columns().iter().enumerate().filter(|(at, _)| projection.has(*at));
        let read = read.map(|(_, c)| u64::try_from(c.compressed_size()).unwrap_or(0)).sum::<u64>();
        // Of the columns, what these rows are of all.
        let wanted: usize = ranges.iter().map(Range::len).sum();
        let share = u128::from(read) * wanted as u128 / rows.max(1) as u128;
        counts.bytes += u64::try_from(share).unwrap_or(read);
        let selection = RowSelection::from_consecutive_ranges(ranges.iter().cloned(), rows);
        ParquetRecordBatchReaderBuilder::new_with_metadata(self.plan.file.clone(), metadata.clone())
            .with_projection(projection.mask.clone())
            .with_row_groups(vec![self.group.group])
            .with_row_selection(selection)
            .with_batch_size(BATCH_ROWS)
            .build()
            .map_err(|problem| problem.to_string())
    }

    /// Counts the events of a batch by the file that they are from.
    fn count(&self, projection: &Projection, batch: &RecordBatch, counts: &mut Counts) {
        if let Some(file) = self.file {
            counts.of(file).events += batch.num_rows() as u64;
            return;
        }
        let Some(files) = projection.column(self.plan.names.file, batch) else { return };
        let mut first = 0;
        // Mostly one file, or few, in runs.
        while first < batch.num_rows() {
            let file = text_at(files, first).unwrap_or_default();
            let end = (first..batch.num_rows()).find(|row| text_at(files, *row) != Some(file));
            let end = end.unwrap_or(batch.num_rows()).max(first + 1);
            counts.of(file).events += (end - first) as u64;
            first = end;
        }
    }

    /// Events of all needed columns: those that were read, by number, and those that are known.
    fn events(&self, rows: usize, read: Vec<(usize, ArrayRef)>) -> Result<EventBatch, String> {
        let mut arrays: Vec<Option<ArrayRef>> = vec![None; self.needs.columns().len()];
        for (index, array) in read {
            if let Some(place) = arrays.get_mut(index) {
                *place = Some(array);
            }
        }
        let arrays = arrays
            .into_iter()
            .zip(self.needs.columns().iter())
            .enumerate()
            .map(|(index, (array, column))| match array {
                Some(array) => as_column(&array, column),
                None => self.known.array(index, rows),
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(|problem| problem.to_string())?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let schema = Arc::clone(self.needs.schema());
        let records = RecordBatch::try_new_with_options(schema, arrays, &options)
            .map_err(|problem| problem.to_string())?;
        Ok(EventBatch::new(Arc::clone(self.needs.columns()), records))
    }

    /// Reads all columns of all rows.
    fn at_once(
        &self,
        left: &mut u64,
        counts: &mut Counts,
        visit: &mut Visit<'_>,
    ) -> Result<(), String> {
        let projection =
            Projection::new(self.plan, &self.known, self.unknown().collect(), self.file_column());
        let mut reader = guarded(|| self.open(&projection, &self.ranges, counts))?;
        while let Some(batch) = next(&mut reader)? {
            self.count(&projection, &batch, counts);
            let events = guarded(|| {
                let read = self.arrays(&projection, &batch)?;
                self.events(batch.num_rows(), read)
            })?;
            *left = left.saturating_sub(batch.num_rows() as u64);
            if visit(events).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// The needed columns of a batch that was read, by number.
    fn arrays(
        &self,
        projection: &Projection,
        batch: &RecordBatch,
    ) -> Result<Vec<(usize, ArrayRef)>, String> {
        let arrays = arrays(self.plan, projection, self.needs, batch)
            .map_err(|problem| problem.to_string())?;
        Ok(projection.indices.iter().copied().zip(arrays).collect())
    }

    /// What to read first, and what then, if there is a filter and something to save.
    fn steps(&self) -> Option<(Arc<dyn RowFilter>, Projection, Vec<usize>)> {
        let filter = self.needs.row_filter.clone()?;
        let is_asked = |index: &usize| {
            self.needs.columns().get(*index).is_some_and(|column| filter.columns().contains(column))
        };
        let (first, rest): (Vec<usize>, Vec<usize>) = self.unknown().partition(is_asked);
        if first.is_empty() || rest.is_empty() {
            return None;
        }
        let first = Projection::new(self.plan, &self.known, first, self.file_column());
        Some((filter, first, rest))
    }

    /// Reads the columns of the filter, and the rest for the events that it wants.
    fn in_steps(
        &mut self,
        filter: Arc<dyn RowFilter>,
        first: &Projection,
        rest: Vec<usize>,
        left: &mut u64,
        counts: &mut Counts,
        visit: &mut Visit<'_>,
    ) -> Result<(), String> {
        let rest = Projection::new(self.plan, &self.known, rest, None);
        let mut reader = guarded(|| self.open(first, &self.ranges, counts))?;
        let mut rows = Rows::new(&self.ranges);
        let mut kept = Kept::default();
        let mut is_first = true;
        let mut seen = 0;
        while let Some(batch) = next(&mut reader)? {
            let read = guarded(|| self.arrays(first, &batch))?;
            let events = self.narrow(&filter, batch.num_rows(), &read)?;
            let wanted = filter.wanted(&events);
            if is_first && wanted.count_set_bits() * DENSE > batch.num_rows() {
                return self.at_once(left, counts, visit);
            }
            is_first = false;
            self.count(first, &batch, counts);
            guarded(|| kept.add(&read, &wanted.into(), rows.take(batch.num_rows())))?;
            seen += batch.num_rows() as u64;
            if kept.rows >= BATCH_ROWS || kept.bytes >= KEPT_BYTES {
                let flow = self.complete(std::mem::take(&mut kept), &rest, counts, visit)?;
                *left = left.saturating_sub(std::mem::take(&mut seen));
                if flow.is_break() {
                    return Ok(());
                }
            }
        }
        let _ = self.complete(kept, &rest, counts, visit)?;
        *left = 0;
        Ok(())
    }

    /// Events of the filter's columns alone.
    fn narrow(
        &self,
        filter: &Arc<dyn RowFilter>,
        rows: usize,
        read: &[(usize, ArrayRef)],
    ) -> Result<EventBatch, String> {
        let mut columns = Vec::new();
        let mut arrays = Vec::new();
        for (index, column) in self.needs.columns().iter().enumerate() {
            if !filter.columns().contains(column) {
                continue;
            }
            let array = match read.iter().find(|(at, _)| *at == index) {
                Some((_, array)) => Arc::clone(array),
                None => self.known.array(index, rows).map_err(|problem| problem.to_string())?,
            };
            columns.push(column.clone());
            arrays.push(array);
        }
        // Text may be plain here where it is a dictionary elsewhere.
        let fields: Vec<_> = columns
            .iter()
            .zip(&arrays)
            .map(|(column, array): (&aql_event::Column, &ArrayRef)| {
                column.arrow_field().with_data_type(array.data_type().clone())
            })
            .collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let schema = Arc::new(arrow_schema::Schema::new(fields));
        let records = RecordBatch::try_new_with_options(schema, arrays, &options)
            .map_err(|problem| problem.to_string())?;
        Ok(EventBatch::new(columns.into(), records))
    }

    /// Reads the rest of the events that were kept, and hands them on.
    fn complete(
        &self,
        kept: Kept,
        rest: &Projection,
        counts: &mut Counts,
        visit: &mut Visit<'_>,
    ) -> Result<ControlFlow<()>, String> {
        if kept.rows == 0 {
            return Ok(ControlFlow::Continue(()));
        }
        let first = guarded(|| kept.columns())?;
        let mut reader = guarded(|| self.open(rest, &kept.ranges, counts))?;
        let mut done = 0;
        while let Some(batch) = next(&mut reader)? {
            let rows = batch.num_rows();
            let events = guarded(|| {
                let mut read = self.arrays(rest, &batch)?;
                read.extend(first.iter().map(|(index, array)| (*index, array.slice(done, rows))));
                self.events(rows, read)
            })?;
            done += rows;
            if visit(events).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        match done == kept.rows {
            true => Ok(ControlFlow::Continue(())),
            false => Err(format!("{done} rows are there, and {} were expected", kept.rows)),
        }
    }
}

fn next(reader: &mut ParquetRecordBatchReader) -> Result<Option<RecordBatch>, String> {
    guarded(|| reader.next().transpose().map_err(|problem| problem.to_string()))
}

/// Appends a row to ranges of rows.
fn push(ranges: &mut Vec<Range<usize>>, row: usize) {
    match ranges.last_mut().filter(|last| last.end == row) {
        Some(last) => last.end = row + 1,
        None => ranges.push(row..row + 1),
    }
}

/// Which rows of the row group those of batches are.
struct Rows<'r> {
    ranges: std::slice::Iter<'r, Range<usize>>,
    open: Range<usize>,
}

impl<'r> Rows<'r> {
    fn new(ranges: &'r [Range<usize>]) -> Self {
        Rows { ranges: ranges.iter(), open: 0..0 }
    }

    fn take(&mut self, count: usize) -> Vec<usize> {
        let mut rows = Vec::with_capacity(count);
        while rows.len() < count {
            if self.open.is_empty() {
                match self.ranges.next() {
                    Some(range) => self.open = range.clone(),
                    None => break,
                }
            }
            let end = self.open.end.min(self.open.start + count - rows.len());
            rows.extend(self.open.start..end);
            self.open.start = end;
        }
        rows
    }
}

/// Events of which some columns have been read and that are wanted.
#[derive(Default)]
struct Kept {
    ranges: Vec<Range<usize>>,
    /// Columns by number, each in pieces.
    pieces: Vec<(usize, Vec<ArrayRef>)>,
    rows: usize,
    bytes: usize,
}

impl Kept {
    /// Takes the wanted events of a batch; `rows` says which rows those of the batch are.
    fn add(
        &mut self,
        read: &[(usize, ArrayRef)],
        wanted: &BooleanArray,
        rows: Vec<usize>,
    ) -> Result<(), String> {
        let count = wanted.true_count();
        if count == 0 {
            return Ok(());
        }
        let filter = FilterBuilder::new(wanted).optimize().build();
        if self.pieces.is_empty() {
            self.pieces = read.iter().map(|(index, _)| (*index, Vec::new())).collect();
        }
        for ((_, array), (_, pieces)) in read.iter().zip(&mut self.pieces) {
            let piece = filter.filter(array).map_err(|problem| problem.to_string())?;
            // Values of dictionaries are shared.
            if piece.as_any_dictionary_opt().is_none() {
                self.bytes += piece.get_array_memory_size();
            }
            pieces.push(piece);
        }
        for (row, _) in rows.into_iter().zip(wanted.values()).filter(|(_, wanted)| *wanted) {
            push(&mut self.ranges, row);
        }
        self.rows += count;
        Ok(())
    }

    /// The columns, each in one piece.
    fn columns(&self) -> Result<Vec<(usize, ArrayRef)>, String> {
        self.pieces
            .iter()
            .map(|(index, pieces)| {
                let pieces: Vec<&dyn Array> = pieces.iter().map(AsRef::as_ref).collect();
                let whole = concat(&pieces).map_err(|problem| problem.to_string())?;
                Ok((*index, whole))
            })
            .collect()
    }
}
