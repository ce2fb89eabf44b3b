//! Coalescing: what an appliance stores of many like events in a short time.
//!
//! An appliance looks at type of event, addresses, destination port, user and log source. The first
//! three events that agree in these within ten seconds are stored as they are; of the others in that
//! time only the first is, with the number of events it stands for (IBM support, "How does
//! coalescing work"). So a rule may never see the fourth file of a burst, which is what
//! [`Coalesced`] shows before an appliance does. Choices: `docs/compatibility.md`, E40.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use aql_catalog::Catalog;
use aql_diag::{Diagnostic, codes};
use aql_event::{
    ClassFilter, ClassRow, Column, EventBatch, EventTable, Needs, ScanReport, ScanStep, provenance,
};
use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Int32Array, Int64Array, RecordBatch, RecordBatchOptions,
    StringArray,
};
use arrow_select::filter::filter_record_batch;
use rustc_hash::FxHashMap;

/// Events with one key that are stored each for itself.
const SINGLE: u32 = 3;
/// Milliseconds from the first of them in which others are merged.
const WINDOW: i64 = 10_000;

/// A table as an appliance would store it with coalescing on. Every scan reads the table once more
/// before the first events come, without the needs' restrictions: which events are merged must not
/// depend on what is looked for.
///
/// Events count as arriving in evidence order. Memory: some bytes per merged event, and the keys.
pub struct Coalesced<T> {
    table: T,
    merges: OnceLock<Merges>,
}

/// What becomes of the events that are not stored as they are.
#[derive(Default)]
struct Merges {
    /// Per file, record number and time: how many events the record stands for; 0 for those that
    /// another record stands for.
    files: FxHashMap<Arc<str>, FxHashMap<(i64, i64), i64>>,
    /// Events that other records stand for.
    merged: u64,
    /// Records that stand for others.
    holders: u64,
}

impl<T: EventTable> Coalesced<T> {
    /// This table, coalesced.
    pub fn new(table: T) -> Self {
        Coalesced { table, merges: OnceLock::new() }
    }

    /// The table as it is.
    pub fn inner(&self) -> &T {
        &self.table
    }
}

impl<T: EventTable> EventTable for Coalesced<T> {
    fn scan(
        &self,
        needs: &Needs,
        visit: &(dyn Fn(ScanStep) -> ControlFlow<()> + Sync),
    ) -> ScanReport {
        let columns = Columns::get();
        let merges = self.merges.get_or_init(|| arrivals(&self.table, &columns));
        let wanted = needs.columns().iter().cloned();
        let more = [&columns.file, &columns.record, &columns.time].map(Column::clone);
        let mut wide = Needs::new(wanted.chain(more));
        wide.time = needs.time;
        wide.log_sources = Arc::clone(&needs.log_sources);
        let projection = Projection::new(needs, &wide, &columns);
        wide.class_filter = needs.class_filter.as_ref().map(|filter| {
            let filter = Arc::clone(filter);
            Arc::new(Narrowed { filter, projection: projection.clone() }) as Arc<dyn ClassFilter>
        });
        let mut report = self.table.scan(&wide, &|step| match step {
            ScanStep::PartDone { part } => visit(ScanStep::PartDone { part }),
            ScanStep::Batch { part, events } => {
                let events = merges.apply(&events, &columns);
                visit(ScanStep::Batch { part, events: projection.narrow(&events) })
            }
        });
        if merges.holders > 0 {
            report.diagnostics.push(merges.told());
        }
        report
    }
}

/// The columns that coalescing looks at.
struct Columns {
    file: Column,
    record: Column,
    time: Column,
    count: Column,
    numbers: [Column; 3],
    texts: [Column; 3],
}

impl Columns {
    fn get() -> Columns {
        let catalog = Catalog::get();
        let column = |name: &str| {
            let field = catalog.event_field(name);
            field.expect("the catalog's own columns are there").column.clone()
        };
        Columns {
            file: column(provenance::FILE),
            record: column(provenance::RECORD),
            time: column("starttime"),
            count: column("eventcount"),
            numbers: ["qid", "destinationport", "logsourceid"].map(column),
            texts: ["sourceip", "destinationip", "username"].map(column),
        }
    }

    fn all(&self) -> impl Iterator<Item = Column> {
        let others = [&self.file, &self.record, &self.time, &self.count];
        others.into_iter().chain(&self.numbers).chain(&self.texts).cloned()
    }
}

/// What two events must agree in to be merged.
type EventKey = ([Option<i64>; 3], [Option<Arc<str>>; 3]);

/// An event, as far as it matters here.
struct Seen {
    key: u32,
    time: i64,
    count: i64,
    file: u32,
    record: i64,
}

/// Reads all events of a table and decides which are merged.
fn arrivals(table: &dyn EventTable, columns: &Columns) -> Merges {
    let order = Mutex::new(Arrivals::default());
    let needs = Needs::new(columns.all());
    let lock = || order.lock().unwrap_or_else(PoisonError::into_inner);
    table.scan(&needs, &|step| {
        match step {
            ScanStep::Batch { part, events } => lock().see(part, &events, columns),
            ScanStep::PartDone { part } => lock().finish(part),
        }
        ControlFlow::Continue(())
    });
    let mut order = order.into_inner().unwrap_or_else(PoisonError::into_inner);
    order.finish_all();
    order.merges
}

/// Puts events into evidence order, whatever thread they come from.
#[derive(Default)]
struct Arrivals {
    keys: FxHashMap<EventKey, u32>,
    files: Vec<Arc<str>>,
    file_numbers: FxHashMap<Arc<str>, u32>,
    /// Parts that wait for an earlier one, and whether they are complete.
    waiting: BTreeMap<u64, (Vec<Seen>, bool)>,
    next: u64,
    /// Per key what is going on.
    windows: Vec<Window>,
    merges: Merges,
}

/// The last window of a key.
#[derive(Clone, Default)]
struct Window {
    start: i64,
    /// Events in it; none if the key is new.
    events: u32,
    /// The record that stands for the others: file, record number, time.
    holder: Option<(u32, i64, i64)>,
    /// Events that it stands for.
    held: i64,
}

impl Arrivals {
    fn see(&mut self, part: u64, events: &EventBatch, columns: &Columns) {
        let number =
            |column: &Column| events.column(column).map(AsArray::as_primitive::<Int64Type>);
        let text = |column: &Column| events.column(column).map(Texts::new);
        let (Some(times), Some(records), Some(files)) =
            (number(&columns.time), number(&columns.record), text(&columns.file))
        else {
            return;
        };
        let counts = number(&columns.count);
        let numbers = columns.numbers.each_ref().map(number);
        let texts = columns.texts.each_ref().map(text);
        let mut seen = Vec::with_capacity(events.num_rows());
        for row in 0..events.num_rows() {
            // What has no time or place cannot be told apart from others.
            let (Some(file), false, false) =
                (files.value(row), times.is_null(row), records.is_null(row))
            else {
                continue;
            };
            let key = (
                numbers.map(|values| values.filter(|v| v.is_valid(row)).map(|v| v.value(row))),
                texts
                    .each_ref()
                    .map(|values| values.as_ref().and_then(|v| v.value(row)).map(Arc::from)),
            );
            let next = u32::try_from(self.keys.len()).unwrap_or(u32::MAX);
            let key = *self.keys.entry(key).or_insert(next);
            let file = match self.file_numbers.get(file) {
                Some(&number) => number,
                None => {
                    let number = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
                    self.files.push(Arc::from(file));
                    self.file_numbers.insert(Arc::from(file), number);
                    number
                }
            };
            let count = counts.filter(|c| c.is_valid(row)).map_or(1, |c| c.value(row).max(1));
            seen.push(Seen {
                key,
                time: times.value(row),
                count,
                file,
                record: records.value(row),
            });
        }
        if part == self.next {
            self.arrive(seen);
        } else {
            self.waiting.entry(part).or_default().0.extend(seen);
        }
    }

    fn finish(&mut self, part: u64) {
        self.waiting.entry(part).or_default().1 = true;
        while let Some((seen, done)) = self.waiting.remove(&self.next) {
            self.arrive(seen);
            if !done {
                break;
            }
            self.next += 1;
        }
    }

    /// What is left once the scan is over.
    fn finish_all(&mut self) {
        for (seen, _) in std::mem::take(&mut self.waiting).into_values() {
            self.arrive(seen);
        }
        for window in std::mem::take(&mut self.windows) {
            self.close(&window);
        }
    }

    fn arrive(&mut self, seen: Vec<Seen>) {
        for event in seen {
            let at = event.key as usize;
            if self.windows.len() <= at {
                self.windows.resize(at + 1, Window::default());
            }
            let Some(window) = self.windows.get_mut(at) else { continue };
            let inside = window.events > 0
                && event.time >= window.start
                && event.time.saturating_sub(window.start) < WINDOW;
            if !inside {
                let over = std::mem::replace(
                    window,
                    Window { start: event.time, events: 1, ..Window::default() },
                );
                self.close(&over);
                continue;
            }
            window.events = window.events.saturating_add(1);
            if window.events <= SINGLE {
                continue;
            }
            window.held = window.held.saturating_add(event.count);
            if window.holder.is_none() {
                window.holder = Some((event.file, event.record, event.time));
            } else {
                self.merges.merged += 1;
                self.decide(event.file, event.record, event.time, 0);
            }
        }
    }

    /// A window is over: its holder gets the count, unless it stands for itself alone.
    fn close(&mut self, window: &Window) {
        if let Some((file, record, time)) = window.holder
            && window.events > SINGLE + 1
        {
            self.merges.holders += 1;
            self.decide(file, record, time, window.held);
        }
    }

    fn decide(&mut self, file: u32, record: i64, time: i64, count: i64) {
        if let Some(file) = self.files.get(file as usize) {
            let file = self.merges.files.entry(Arc::clone(file)).or_default();
            file.insert((record, time), count);
        }
    }
}

impl Merges {
    /// The batch without the events that others stand for, and with the counts of those.
    fn apply(&self, events: &EventBatch, columns: &Columns) -> EventBatch {
        let (Some(files), Some(records), Some(times)) = (
            events.column(&columns.file).map(Texts::new),
            events.column(&columns.record).map(AsArray::as_primitive::<Int64Type>),
            events.column(&columns.time).map(AsArray::as_primitive::<Int64Type>),
        ) else {
            return events.clone();
        };
        let decisions: Vec<Option<i64>> = (0..events.num_rows())
            .map(|row| {
                let file = self.files.get(files.value(row)?)?;
                file.get(&(records.value(row), times.value(row))).copied()
            })
            .collect();
        if decisions.iter().all(Option::is_none) {
            return events.clone();
        }
        let mut arrays: Vec<ArrayRef> = events.records().columns().to_vec();
        if let Ok(at) = events.columns().binary_search(&columns.count) {
            let before = arrays[at].as_primitive::<Int64Type>();
            let counts = decisions.iter().enumerate().map(|(row, decision)| {
                decision.or_else(|| before.is_valid(row).then(|| before.value(row)))
            });
            arrays[at] = Arc::new(counts.collect::<Int64Array>());
        }
        let keep: BooleanArray = decisions.iter().map(|d| Some(*d != Some(0))).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(events.num_rows()));
        let schema = events.records().schema();
        let kept = RecordBatch::try_new_with_options(schema, arrays, &options)
            .and_then(|batch| filter_record_batch(&batch, &keep));
        match kept {
            Ok(kept) => EventBatch::new(Arc::clone(events.columns()), kept),
            // Same schema, same lengths: cannot be.
            Err(_) => events.clone(),
        }
    }

    fn told(&self) -> Diagnostic {
        let (merged, holders) = (self.merged, self.holders);
        let s = if holders == 1 { "" } else { "s" };
        Diagnostic::note_severity(
            codes::COALESCED,
            format!("coalescing merged {merged} further events into {holders} record{s}"),
        )
        .note("their own values are gone, as on an appliance; SUM(eventcount) still counts them")
    }
}

/// Values of a text column, in either layout.
struct Texts<'a> {
    values: Option<&'a StringArray>,
    keys: Option<&'a Int32Array>,
}

impl<'a> Texts<'a> {
    fn new(array: &'a ArrayRef) -> Self {
        match array.as_dictionary_opt::<Int32Type>() {
            Some(dictionary) => {
                Texts { values: dictionary.values().as_string_opt(), keys: Some(dictionary.keys()) }
            }
            None => Texts { values: array.as_string_opt(), keys: None },
        }
    }

    fn value(&self, row: usize) -> Option<&'a str> {
        let row = match self.keys {
            Some(keys) if keys.is_null(row) => return None,
            Some(keys) => usize::try_from(keys.value(row)).ok()?,
            None => row,
        };
        self.values.filter(|values| values.is_valid(row)).map(|values| values.value(row))
    }
}

/// From the columns of the wider needs to those that were asked for.
#[derive(Clone)]
struct Projection {
    columns: Arc<[Column]>,
    /// Where each is in the wider batch.
    from: Vec<usize>,
    /// Which of them counts events: it is not known of a class.
    count: Option<usize>,
}

impl Projection {
    fn new(needs: &Needs, wide: &Needs, columns: &Columns) -> Self {
        let from = needs.columns().iter().filter_map(|column| wide.index_of(column)).collect();
        Projection {
            columns: Arc::clone(needs.columns()),
            from,
            count: needs.index_of(&columns.count),
        }
    }

    fn narrow(&self, events: &EventBatch) -> EventBatch {
        match events.records().project(&self.from) {
            Ok(records) => EventBatch::new(Arc::clone(&self.columns), records),
            // The indices are those of the wider schema: cannot be.
            Err(_) => events.clone(),
        }
    }
}

/// A class filter that is asked about the wider columns.
struct Narrowed {
    filter: Arc<dyn ClassFilter>,
    projection: Projection,
}

impl ClassFilter for Narrowed {
    fn may_match(&self, class: &ClassRow<'_>) -> bool {
        let row = self.projection.narrow(class.row);
        let from = self.projection.from.iter();
        let mut known: Vec<bool> =
            from.map(|&at| class.known.get(at).copied().unwrap_or(false)).collect();
        if let Some(known) = self.projection.count.and_then(|at| known.get_mut(at)) {
            *known = false;
        }
        self.filter.may_match(&ClassRow { row: &row, known: &known })
    }
}
