//! Where readers put what they read: one per worker thread.
//!
//! A reader hands records to [`Out`], which picks the plan of their class, rules out what the
//! needs do not want, fills a batch, counts, and passes full batches on.

use std::cell::Cell;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aql_diag::Diagnostic;
use aql_event::{BatchBuilder, Column, ColumnKind, EventBatch, Needs, ScanStep, provenance};
use arrow_array::{Array, Int64Array};
use arrow_buffer::BooleanBuffer;

use crate::evidence::Options;
use crate::evtx::SystemField;
use crate::json::{Json, Node, Shapes};
use crate::looks::{Kept, Looks, TakeAgain};
use crate::mappings::OwnMapping;
use crate::normalise::generic::{self, Generic, NamedFields, Unparsed};
use crate::normalise::mapped::{Mapped, MappedRecord};
use crate::normalise::o365::{self, AuditRecord, O365, Outer};
use crate::normalise::windows::{self, AsRecord, Class, ClassPlan, Windows, WindowsRecord};
use crate::normalise::{Plan, Record, RowFacts, Scratch, Which, fill};
use crate::report::PartReport;

/// Receives the steps of a scan.
pub(crate) type Visit<'v> = dyn Fn(ScanStep) -> ControlFlow<()> + Sync + 'v;

/// The place of a record in its file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At {
    /// Number of the record.
    pub record: u64,
    /// Byte offset of the record.
    pub offset: u64,
}

/// What some records count for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    records: u64,
    ruled_out: u64,
    undated: u64,
    /// Oldest and newest time.
    time_span: Option<(i64, i64)>,
}

impl Tally {
    /// Adds others.
    pub(crate) fn add(&mut self, other: &Tally) {
        self.records += other.records;
        self.ruled_out += other.ruled_out;
        self.undated += other.undated;
        self.time_span = match (self.time_span, other.time_span) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (mine, its) => mine.or(its),
        };
    }
}

/// Takes the records of one worker.
pub(crate) struct Out<'w> {
    needs: &'w Needs,
    /// How to read.
    pub options: &'w Options,
    visit: &'w Visit<'w>,
    stop: &'w AtomicBool,
    /// Is the visitor at work? A panic is its own then.
    visiting: Cell<bool>,
    builder: BatchBuilder,
    looks: Looks,
    kept: Kept,
    part: u64,
    report: PartReport,
    /// Mappings of the user that may be for records of the file at hand.
    mappings: Vec<Arc<OwnMapping>>,
    time_span: Option<(i64, i64)>,
    windows: Windows,
    o365: O365,
    generic: Generic,
    mapped: Mapped,
    scratch: Scratch,
    text: String,
    has_dotted_names: bool,
    /// Nodes of the JSON record at hand, kept for their memory.
    pub nodes: Vec<Node>,
    /// How JSON records are built.
    pub shapes: Shapes,
    /// Where the fields of Winlogbeat's records are, by shape.
    pub beats: crate::formats::winlogbeat::Layouts,
    /// The values of the class of one of them, kept for their memory.
    pub beats_values: Vec<u8>,
    /// The EVTX decoder, kept for its compiled templates.
    pub decoder: crate::evtx::Decoder,
    /// Where the fields of EVTX records are, by plan and shape.
    pub slots: crate::formats::evtx::SlotTable,
    /// How fields are called in the rendered texts of the events that were met.
    pub labels: crate::formats::rendered::Known,
    /// What the catalog says of the names that an appliance wrote.
    pub qradar: crate::formats::qradar::Known,
}

/// May a column need a field with a dot in its name?
fn is_dotted(column: &Column) -> bool {
    let is_all = column.kind == ColumnKind::Provenance && &*column.name == provenance::FIELDS;
    is_all || column.name.contains('.')
}

impl<'w> Out<'w> {
    /// For a new worker.
    pub(crate) fn new(
        needs: &'w Needs,
        options: &'w Options,
        visit: &'w Visit<'w>,
        stop: &'w AtomicBool,
    ) -> Self {
        Out {
            needs,
            options,
            visit,
            stop,
            visiting: Cell::new(false),
            builder: BatchBuilder::new(needs),
            looks: Looks::new(needs),
            kept: Kept::default(),
            part: 0,
            report: PartReport::new(Arc::from("")),
            mappings: Vec::new(),
            time_span: None,
            windows: Windows::default(),
            o365: O365::default(),
            generic: Generic::default(),
            mapped: Mapped::default(),
            scratch: Scratch::default(),
            text: String::new(),
            has_dotted_names: needs.columns().iter().any(is_dotted),
            nodes: Vec::new(),
            shapes: Shapes::default(),
            beats: crate::formats::winlogbeat::Layouts::default(),
            beats_values: Vec::new(),
            decoder: crate::evtx::Decoder::new(),
            slots: crate::formats::evtx::SlotTable::default(),
            labels: crate::formats::rendered::Known::default(),
            qradar: crate::formats::qradar::Known::default(),
        }
    }

    /// Oldest and newest time seen so far.
    pub(crate) fn time_span(&self) -> Option<(i64, i64)> {
        self.time_span
    }

    /// Begins a part of the scan.
    pub(crate) fn begin_part(&mut self, part: u64) {
        self.part = part;
    }

    /// Ends a part: hands out what is left and says so.
    pub(crate) fn end_part(&mut self) {
        self.flush();
        self.step(ScanStep::PartDone { part: self.part });
    }

    /// Begins a file, or a part of one.
    pub(crate) fn begin_file(&mut self, path: Arc<str>) {
        self.mappings = self.options.mappings.of_file(&path);
        self.report = PartReport::new(path);
    }

    /// Ends the file: what came of it.
    pub(crate) fn end_file(&mut self) -> PartReport {
        self.settle();
        std::mem::replace(&mut self.report, PartReport::new(Arc::from("")))
    }

    /// Goes on with a file that was put aside.
    pub(crate) fn resume_file(&mut self, report: PartReport) {
        self.mappings = self.options.mappings.of_file(&report.path);
        self.report = report;
    }

    /// Does anybody ask for fields by a name with a dot in it, or for all fields?
    pub(crate) fn has_dotted_names(&self) -> bool {
        self.has_dotted_names
    }

    /// The first mapping of the user that is for a record of these fields.
    pub(crate) fn own_mapping(&self, fields: NamedFields<'_>) -> Option<Arc<OwnMapping>> {
        self.mappings.iter().find(|own| own.is_for(fields)).cloned()
    }

    /// Are there mappings of the user that may be for records of the file at hand?
    pub(crate) fn has_mappings(&self) -> bool {
        !self.mappings.is_empty()
    }

    /// What is needed.
    pub(crate) fn needs(&self) -> &'w Needs {
        self.needs
    }

    /// The report of the file at hand.
    pub(crate) fn report(&mut self) -> &mut PartReport {
        &mut self.report
    }

    /// Has somebody asked to stop?
    pub(crate) fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn step(&self, step: ScanStep) {
        if self.stopped() {
            return;
        }
        self.visiting.set(true);
        let flow = (self.visit)(step);
        self.visiting.set(false);
        if flow.is_break() {
            self.stop.store(true, Ordering::Relaxed);
        }
    }

    /// Is the visitor at work? True after a panic only if it was the visitor's.
    pub(crate) fn is_visiting(&self) -> bool {
        self.visiting.get()
    }

    /// After a panic of a reader: keeps what was counted, and starts anew with all that may be
    /// half done. Events that were not handed out yet are lost.
    pub(crate) fn recover(&mut self) {
        let mut report = std::mem::replace(&mut self.report, PartReport::new(Arc::from("")));
        let rows = self.builder.rows() as u64 + self.looks.pending();
        report.records = report.records.saturating_sub(rows);
        report.lost += rows;
        report.unparsed = report.unparsed.min(report.records);
        let fresh = Out::new(self.needs, self.options, self.visit, self.stop);
        *self = Out { report, part: self.part, time_span: self.time_span, ..fresh };
    }

    fn flush(&mut self) {
        if self.builder.rows() > 0 {
            let events = self.builder.finish();
            self.step(ScanStep::Batch { part: self.part, events });
        }
    }

    /// From here on records are looked at, as far as the row filter wants to see them: see
    /// [`Looks`]. `false` if it is not worth it, and records are taken whole at once.
    pub(crate) fn begin_look(&mut self) -> bool {
        self.looks.begin()
    }

    /// Says by which name the record that comes next is to be found again.
    pub(crate) fn look_at(&mut self, name: u32) {
        self.looks.name(name);
    }

    /// Records that wait for the row filter.
    pub(crate) fn looked_at(&self) -> u64 {
        self.looks.pending()
    }

    /// Ends the look: the names of the records that have to be taken whole, in order.
    pub(crate) fn end_look(&mut self) -> Vec<u32> {
        self.looks.end()
    }

    /// Takes a record, or looks at it and takes it whole later. `again` does what `take` does.
    pub(crate) fn look<R>(
        &mut self,
        bytes: &[u8],
        at: At,
        take: impl FnOnce(&[u8], At, &mut Self) -> R,
        again: TakeAgain,
    ) -> R {
        if !self.looks.is_open() && !self.looks.begin() {
            return take(bytes, at, self);
        }
        let before = self.looks.pending();
        self.looks.name(self.kept.next_name());
        let taken = take(bytes, at, self);
        if self.looks.pending() > before {
            self.kept.keep(bytes, at, again);
            if self.kept.is_full() {
                self.settle();
            }
        }
        taken
    }

    /// Takes the records whole that [`look`](Self::look) put off, if they may match.
    fn settle(&mut self) {
        if !self.looks.is_open() {
            return;
        }
        let names = self.looks.end();
        let mut kept = std::mem::take(&mut self.kept);
        for (bytes, at, again) in names.into_iter().filter_map(|name| kept.get(name)) {
            self.again(|out| again(bytes, at, out));
        }
        kept.clear();
        self.kept = kept;
    }

    /// Takes records whole that were looked at: nothing is counted or told twice.
    pub(crate) fn again(&mut self, take: impl FnOnce(&mut Self)) {
        let again = PartReport::new(Arc::clone(&self.report.path));
        let report = std::mem::replace(&mut self.report, again);
        take(self);
        self.report = report;
    }

    /// Takes a finding about the file at hand.
    pub(crate) fn diagnose(&mut self, diagnostic: Diagnostic, at: Option<At>) {
        self.report.add(diagnostic, at.map(|a| a.offset), at.map(|a| a.record));
    }

    /// Takes a finding about a place of the file at hand that is no record.
    pub(crate) fn diagnose_offset(&mut self, diagnostic: Diagnostic, offset: u64) {
        self.report.add(diagnostic, Some(offset), None);
    }

    /// Counts a record or part that could not be read, and says why.
    pub(crate) fn lost(&mut self, diagnostic: Diagnostic, at: Option<At>) {
        self.report.lost += 1;
        self.diagnose(diagnostic, at);
    }

    fn format(&mut self, format: &'static str) {
        self.report.format.get_or_insert(format);
    }

    fn see_time(&mut self, time: Option<i64>) {
        if let Some(time) = time {
            self.time_span = Some(match self.time_span {
                Some((oldest, newest)) => (oldest.min(time), newest.max(time)),
                None => (time, time),
            });
        }
    }

    /// Counts a record of a known time; is it wanted, as far as class and time go?
    fn wants(&mut self, class_wanted: bool, time: Option<i64>) -> bool {
        let in_time = match (self.needs.time, time) {
            (Some(range), Some(time)) => range.contains(time),
            // A comparison with an unknown time is not true.
            (Some(_), None) => false,
            (None, _) => true,
        };
        self.report.records += 1;
        self.see_time(time);
        let is_undated = self.needs.time.is_some() && time.is_none();
        self.report.undated += u64::from(class_wanted && is_undated);
        if !(class_wanted && in_time) {
            self.report.ruled_out += 1;
        }
        class_wanted && in_time
    }

    fn row<S>(&mut self, plan: &Plan<S>, record: &impl Record<S>, number: u64, time: Option<i64>) {
        let facts = RowFacts { file: &self.report.path, record: number, time };
        if let Some(builder) = self.looks.taking() {
            fill(plan, Which::LookedAt, record, &facts, self.needs, &mut self.scratch, builder);
            return self.looks.end_row();
        }
        fill(plan, Which::All, record, &facts, self.needs, &mut self.scratch, &mut self.builder);
        self.builder.end_row();
        if self.builder.is_full() {
            self.flush();
        }
    }

    /// The plan of a class of Windows events.
    pub(crate) fn windows_class(&mut self, class: Class<'_>) -> Rc<ClassPlan> {
        self.format(class.format);
        self.windows.class(self.needs, class)
    }

    /// Takes a Windows event of a class.
    pub(crate) fn windows_row(
        &mut self,
        class: &ClassPlan,
        record: &impl WindowsRecord,
        number: u64,
    ) {
        let mut text = std::mem::take(&mut self.text);
        let time = windows::time_of(class, record, &mut text);
        self.text = text;
        if self.wants(class.plan.wanted, time) {
            self.row(&class.plan, &AsRecord(record), number, time);
        }
    }

    /// Takes a Windows event of any class.
    pub(crate) fn windows(
        &mut self,
        format: &'static str,
        record: &impl WindowsRecord,
        number: u64,
    ) {
        let class = self.windows_class_of(format, record);
        self.windows_row(&class, record, number);
    }

    /// The plan of the class of a Windows event.
    pub(crate) fn windows_class_of(
        &mut self,
        format: &'static str,
        record: &impl WindowsRecord,
    ) -> Rc<ClassPlan> {
        let mut buffers: [String; 4] = Default::default();
        let [a, b, c, d] = &mut buffers;
        let provider = record.system(SystemField::ProviderName, a);
        let channel = record.system(SystemField::Channel, b);
        let event_id = record.system(SystemField::EventId, c);
        // Looked for only where it counts: few records have one, and then in several places.
        let level = channel.as_deref().filter(|channel| windows::has_level(channel));
        let level = level.and_then(|_| record.system(SystemField::Level, d));
        self.windows_class(Class {
            format,
            provider: provider.as_deref().unwrap_or_default(),
            channel: channel.as_deref().unwrap_or_default(),
            event_id: event_id.and_then(|id| id.trim().parse().ok()),
            level: level.and_then(|level| windows::level_number(&level)),
        })
    }

    /// Takes an Office 365 audit record, with the row of a hunting table that it lay in, if it did.
    pub(crate) fn audit(
        &mut self,
        format: &'static str,
        outer: Option<&Outer<'_>>,
        json: Json<'_>,
        payload: &[u8],
        number: u64,
    ) {
        self.format(format);
        let table = outer.map(|outer| outer.table);
        let plan = self.o365.class(self.needs, format, table, json);
        let time = o365::time_of(json);
        if self.wants(plan.wanted, time) {
            self.row(&plan, &AuditRecord { json, outer, payload }, number, time);
        }
    }

    /// Takes a record of names and values with its mapping.
    pub(crate) fn mapped(&mut self, format: &'static str, record: &MappedRecord<'_>, number: u64) {
        self.format(format);
        let plan = self.mapped.class(self.needs, format, record);
        self.report.unparsed += u64::from(record.mapping.unparsed);
        let time = record.time(self.options.now);
        if self.wants(plan.wanted, time) {
            self.row(&plan, record, number, time);
        }
    }

    /// The plan of records of no known kind that have fields, for readers that fill the columns of
    /// many of them at once.
    pub(crate) fn unparsed_plan(&mut self, format: &'static str) -> Rc<Plan<generic::Field>> {
        self.generic.class(self.needs, format, true)
    }

    /// What all records of a plan have in common, as a batch of one row.
    pub(crate) fn in_common<S>(
        &mut self,
        plan: &Plan<S>,
        which: Which,
        record: &impl Record<S>,
    ) -> EventBatch {
        let facts = RowFacts { file: &self.report.path, record: 0, time: None };
        let looked_at = match (which, &self.needs.row_filter) {
            (Which::LookedAt, Some(filter)) => Some(Needs::new(filter.columns().iter().cloned())),
            _ => None,
        };
        let mut builder = BatchBuilder::of_one_row(looked_at.as_ref().unwrap_or(self.needs));
        fill(plan, which, record, &facts, self.needs, &mut self.scratch, &mut builder);
        builder.end_row();
        builder.finish()
    }

    /// How many of these records are wanted, as far as class and time go, and which ones.
    pub(crate) fn tally<S>(
        &self,
        plan: &Plan<S>,
        rows: usize,
        times: Option<&Int64Array>,
    ) -> (Tally, BooleanBuffer) {
        let time_of = |row: usize| times.filter(|t| t.is_valid(row)).map(|t| t.value(row));
        let known = || times.into_iter().flat_map(Int64Array::iter).flatten();
        let span = known().min().zip(known().max());
        let has_all = times.is_some_and(|times| times.null_count() == 0);
        let wanted = match (self.needs.time, span) {
            _ if !plan.wanted => BooleanBuffer::new_unset(rows),
            (None, _) => BooleanBuffer::new_set(rows),
            (Some(range), Some((oldest, newest)))
                if has_all && range.contains(oldest) && range.contains(newest) =>
            {
                BooleanBuffer::new_set(rows)
            }
            (Some(range), Some(_)) => BooleanBuffer::collect_bool(rows, |row| {
                time_of(row).is_some_and(|time| range.contains(time))
            }),
            (Some(_), None) => BooleanBuffer::new_unset(rows),
        };
        let is_undated = plan.wanted && self.needs.time.is_some();
        let undated = times.map_or(rows, Int64Array::null_count);
        let tally = Tally {
            records: rows as u64,
            ruled_out: (rows - wanted.count_set_bits()) as u64,
            undated: if is_undated { undated as u64 } else { 0 },
            time_span: span,
        };
        (tally, wanted)
    }

    /// Counts records of no known kind.
    pub(crate) fn count_unparsed(&mut self, format: &'static str, tally: &Tally) {
        self.format(format);
        self.report.records += tally.records;
        self.report.unparsed += tally.records;
        self.report.ruled_out += tally.ruled_out;
        self.report.undated += tally.undated;
        if let Some((oldest, newest)) = tally.time_span {
            self.see_time(Some(oldest));
            self.see_time(Some(newest));
        }
    }

    /// Hands on events that were made at once.
    pub(crate) fn hand_on(&mut self, events: EventBatch) {
        self.flush();
        self.step(ScanStep::Batch { part: self.part, events });
    }

    /// Would it spare anything to ask [`wanted`](Self::wanted) first?
    pub(crate) fn may_look(&self) -> bool {
        self.looks.is_worth()
    }

    /// Which of these records may match, by the columns that the row filter looks at; nothing if it
    /// was not worth it.
    pub(crate) fn wanted(&mut self, events: &EventBatch) -> Option<BooleanBuffer> {
        self.looks.wanted(events)
    }

    /// Takes a record of no known kind.
    pub(crate) fn unparsed(
        &mut self,
        format: &'static str,
        payload: &[u8],
        fields: NamedFields<'_>,
        number: u64,
    ) {
        self.format(format);
        let has_fields = !matches!(fields, NamedFields::None);
        let plan: Rc<Plan<generic::Field>> = self.generic.class(self.needs, format, has_fields);
        self.report.unparsed += 1;
        let record = Unparsed { payload, fields };
        let time = record.time();
        if self.wants(plan.wanted, time) {
            self.row(&plan, &record, number, time);
        }
    }
}
