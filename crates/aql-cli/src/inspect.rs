//! `aql inspect`: what there is in evidence, and which rules can see anything in it.
//!
//! Here the events are counted; [`inspect_view`](crate::inspect_view) lays the counts out. Memory
//! is bounded: of everything that differs from event to event only so many values are kept per
//! file, and what lies beyond is said.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use aql_catalog::{Catalog, Profile};
use aql_eval::{Context, TextColumn};
use aql_event::{
    ClassFilter, Column, ColumnKind, Encoding, EventBatch, EventTable, Needs, ScanReport, ScanStep,
    Type, fields, provenance,
};
use aql_pack::Observer;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef};

use crate::args::InspectArgs;
use crate::evidence::{self, ProgressGuard};
use crate::output::Sink;
use crate::{Outcome, hunt, inspect_view, messages, query, site, summary};

/// Values of one kind (hosts, kinds of events) that are told apart per file.
const MAX_VALUES: usize = 1000;
/// Names of fields that are told apart per file.
const MAX_NAMES: usize = 2000;
/// Examples of a field's values, and their bytes.
const MAX_EXAMPLES: usize = 3;
const MAX_EXAMPLE: usize = 120;

/// How often each of a set of values was met; values beyond the limit are counted together.
#[derive(Debug)]
pub(crate) struct Counts<K> {
    pub(crate) by_value: BTreeMap<K, u64>,
    /// Events whose value came after the limit was reached.
    pub(crate) others: u64,
}

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Counts { by_value: BTreeMap::new(), others: 0 }
    }
}

impl<K: Ord + Clone> Counts<K> {
    fn add(&mut self, value: K) {
        let is_full = self.by_value.len() >= MAX_VALUES;
        match self.by_value.entry(value) {
            Entry::Occupied(mut count) => *count.get_mut() += 1,
            Entry::Vacant(_) if is_full => self.others += 1,
            Entry::Vacant(place) => {
                place.insert(1);
            }
        }
    }

    /// Values by how often they were met, the most frequent first.
    pub(crate) fn by_frequency(&self) -> Vec<(&K, u64)> {
        let mut all: Vec<_> = self.by_value.iter().map(|(value, n)| (value, *n)).collect();
        all.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        all
    }
}

/// What is known of one field.
#[derive(Debug, Default)]
pub(crate) struct FieldStat {
    /// Events that have a value.
    pub(crate) filled: u64,
    /// The first distinct values, cut.
    pub(crate) examples: Vec<String>,
    /// The event in which it was met last: a name that comes twice in an event counts once.
    last: u64,
}

impl FieldStat {
    fn see(&mut self, value: &str, event: u64) {
        if std::mem::replace(&mut self.last, event) == event {
            return;
        }
        self.filled += 1;
        self.keep_example(value);
    }

    fn keep_example(&mut self, value: &str) {
        if self.examples.len() < MAX_EXAMPLES {
            let mut end = value.len().min(MAX_EXAMPLE);
            while !value.is_char_boundary(end) {
                end -= 1;
            }
            let mut example = value.get(..end).unwrap_or_default().to_owned();
            if end < value.len() {
                example.push('…');
            }
            if !self.examples.contains(&example) {
                self.examples.push(example);
            }
        }
    }
}

/// A kind of event: `qid`, channel or workload, event id or operation.
pub(crate) type Kind = (i64, String, String);

/// What was met in one file.
#[derive(Debug, Default)]
pub(crate) struct FileCounts {
    pub(crate) events: u64,
    pub(crate) undated: u64,
    pub(crate) span: Option<(i64, i64)>,
    pub(crate) hosts: Counts<String>,
    pub(crate) kinds: Counts<Kind>,
    pub(crate) properties: BTreeMap<String, FieldStat>,
    pub(crate) fields: BTreeMap<String, FieldStat>,
    /// Were there more names of fields than are told apart?
    pub(crate) more_fields: bool,
}

/// Everything that is known about the evidence, for the view.
pub(crate) struct Inspection<'i> {
    pub(crate) report: &'i ScanReport,
    pub(crate) files: &'i BTreeMap<String, FileCounts>,
    pub(crate) observer: &'i Observer,
    pub(crate) with_fields: bool,
}

pub(crate) fn run(args: &InspectArgs) -> anyhow::Result<Outcome> {
    let started = Instant::now();
    let packs = hunt::load_packs(&args.pack)?;
    let mut cx = Context::new(Catalog::get(), query::wall_clock());
    cx.site = site::load(&args.evidence)?;
    let cx = Arc::new(cx);
    let observer = Arc::new(Observer::new(&packs, &cx));
    let columns = Columns::new(cx.catalog);
    let mut needs = Needs::new(columns.all().chain(observer.columns()).cloned());
    needs.class_filter = Some(Arc::clone(&observer) as Arc<dyn ClassFilter>);
    needs.log_sources = Arc::clone(&cx.log_sources);

    let opened = evidence::open(&args.paths, &args.evidence)?;
    let mut sink = Sink::open(args.evidence.output.as_deref())?;
    let progress = ProgressGuard::start(&opened, args.evidence.read.quiet);
    let (files, report) = survey(&opened.evidence, &needs, &columns, &|| true);
    drop(progress);
    let inspection = Inspection {
        report: &report,
        files: &files,
        observer: &observer,
        with_fields: args.fields,
    };
    inspect_view::write(&inspection, args.format, &mut sink)?;
    sink.finish()?;
    messages::diagnostics(&opened.mappings.unused(), None, args.evidence.read.quiet);
    if !args.evidence.read.quiet {
        messages::line(&summary::reading(&report, started.elapsed()));
    }
    let nothing_read = report.files.iter().all(|f| f.records == 0);
    let incomplete = opened.incomplete || summary::is_incomplete(&report);
    let failed = incomplete && (args.evidence.read.strict_input || nothing_read);
    Ok(if failed { Outcome::Failed } else { Outcome::Done })
}

/// Counts what there is in a table, by file; reading ends when `go_on` says so.
fn survey(
    table: &dyn EventTable,
    needs: &Needs,
    columns: &Columns,
    go_on: &(dyn Fn() -> bool + Sync),
) -> (BTreeMap<String, FileCounts>, ScanReport) {
    // By part, so that examples are the first ones of a file whatever thread was faster.
    let parts: Mutex<BTreeMap<u64, BTreeMap<String, FileCounts>>> = Mutex::default();
    let lock = || parts.lock().unwrap_or_else(PoisonError::into_inner);
    let report = table.scan(needs, &|step| {
        if let ScanStep::Batch { part, events } = step {
            let mut counts = lock().remove(&part).unwrap_or_default();
            columns.count(&events, &mut counts);
            lock().insert(part, counts);
        }
        if go_on() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    let mut files = BTreeMap::new();
    for (_, part) in parts.into_inner().unwrap_or_else(PoisonError::into_inner) {
        join(&mut files, part);
    }
    (files, report)
}

/// Counts what there is in a table, all files together.
pub(crate) fn survey_all(
    table: &dyn EventTable,
    go_on: &(dyn Fn() -> bool + Sync),
) -> (FileCounts, ScanReport) {
    let columns = Columns::new(Catalog::get());
    let (files, report) = survey(table, &Needs::new(columns.all().cloned()), &columns, go_on);
    let mut all = BTreeMap::new();
    for counts in files.into_values() {
        join(&mut all, BTreeMap::from([(String::new(), counts)]));
    }
    (all.into_values().next().unwrap_or_default(), report)
}

/// Adds what was met in a later part.
fn join(files: &mut BTreeMap<String, FileCounts>, part: BTreeMap<String, FileCounts>) {
    for (path, counts) in part {
        let file = files.entry(path).or_default();
        file.events += counts.events;
        file.undated += counts.undated;
        for time in counts.span.into_iter().flat_map(|(oldest, newest)| [oldest, newest]) {
            file.see_time(time);
        }
        join_counts(&mut file.hosts, counts.hosts);
        join_counts(&mut file.kinds, counts.kinds);
        for (into, from) in
            [(&mut file.properties, counts.properties), (&mut file.fields, counts.fields)]
        {
            for (name, stat) in from {
                if into.len() >= MAX_NAMES && !into.contains_key(&name) {
                    file.more_fields = true;
                    continue;
                }
                let known = into.entry(name).or_default();
                known.filled += stat.filled;
                stat.examples.iter().for_each(|example| known.keep_example(example));
            }
        }
        file.more_fields |= counts.more_fields;
    }
}

fn join_counts<K: Ord + Clone>(into: &mut Counts<K>, from: Counts<K>) {
    into.others += from.others;
    for (value, count) in from.by_value {
        if into.by_value.len() >= MAX_VALUES && !into.by_value.contains_key(&value) {
            into.others += count;
        } else {
            *into.by_value.entry(value).or_default() += count;
        }
    }
}

impl FileCounts {
    fn see_time(&mut self, time: i64) {
        self.span = Some(match self.span {
            Some((oldest, newest)) => (oldest.min(time), newest.max(time)),
            None => (time, time),
        });
    }
}

/// The columns that are counted.
struct Columns {
    time: Option<Column>,
    qid: Option<Column>,
    event_id: Option<Column>,
    category: Option<Column>,
    file: Option<Column>,
    host: Option<Column>,
    fields: Column,
    properties: Vec<Column>,
}

impl Columns {
    fn new(catalog: &Catalog) -> Self {
        let builtin = |name: &str| catalog.event_field(name).map(|f| f.column.clone());
        Columns {
            time: builtin("starttime"),
            qid: builtin("qid"),
            event_id: builtin("qideventid"),
            category: builtin("qideventcategory"),
            file: builtin(provenance::FILE),
            host: catalog.property("Machine Identifier", Profile::Ibm).map(|(column, _)| column),
            fields: Column::new(
                ColumnKind::Provenance,
                provenance::FIELDS,
                Type::Binary,
                Encoding::Plain,
            ),
            properties: catalog.properties().iter().map(|p| p.column.clone()).collect(),
        }
    }

    fn all(&self) -> impl Iterator<Item = &Column> {
        let single =
            [&self.time, &self.qid, &self.event_id, &self.category, &self.file, &self.host];
        single.into_iter().flatten().chain([&self.fields]).chain(&self.properties)
    }

    fn count(&self, events: &EventBatch, files: &mut BTreeMap<String, FileCounts>) {
        let get = |column: &Option<Column>| events.column(column.as_ref()?);
        let texts =
            |column: &Option<Column>| get(column).and_then(|array| TextColumn::new(array.as_ref()));
        let numbers = |column: &Option<Column>| {
            get(column).and_then(|array: &ArrayRef| array.as_primitive_opt::<Int64Type>())
        };
        let (paths, hosts) = (texts(&self.file), texts(&self.host));
        let (event_ids, categories) = (texts(&self.event_id), texts(&self.category));
        let (times, qids) = (numbers(&self.time), numbers(&self.qid));
        let properties: Vec<_> = self
            .properties
            .iter()
            .filter_map(|column| {
                let array = events.column(column)?;
                // Most properties have no value in most files.
                let any = array.logical_null_count() < array.len();
                any.then_some((&*column.name, TextColumn::new(array)?))
            })
            .collect();
        let all_fields = events.column(&self.fields).and_then(|a| a.as_binary_opt::<i32>());
        let mut first = 0;
        let path = |row: usize| paths.as_ref().and_then(|p| p.value(row)).unwrap_or_default();
        while first < events.num_rows() {
            let name = path(first);
            let end = (first..events.num_rows()).find(|row| path(*row) != name);
            let end = end.unwrap_or(events.num_rows());
            if !files.contains_key(name) {
                files.insert(name.to_owned(), FileCounts::default());
            }
            let Some(file) = files.get_mut(name) else { return };
            for row in first..end {
                file.events += 1;
                match times.filter(|t| t.is_valid(row)).map(|t| t.value(row)) {
                    Some(time) => file.see_time(time),
                    None => file.undated += 1,
                }
                if let Some(host) = hosts.as_ref().and_then(|h| h.value(row)) {
                    file.hosts.add(host.to_owned());
                }
                let qid = qids.filter(|q| q.is_valid(row)).map_or(0, |q| q.value(row));
                let text = |column: &Option<TextColumn<'_>>| {
                    column.as_ref().and_then(|c| c.value(row)).unwrap_or_default().to_owned()
                };
                file.kinds.add((qid, text(&categories), text(&event_ids)));
                for (name, column) in &properties {
                    if let Some(value) = column.value(row) {
                        file.properties.see(name, value, file.events, &mut file.more_fields);
                    }
                }
                let bytes = all_fields.filter(|f| f.is_valid(row)).map(|f| f.value(row));
                for (name, value) in fields::iter(bytes.unwrap_or_default()) {
                    file.fields.see(name, value, file.events, &mut file.more_fields);
                }
            }
            first = end;
        }
    }
}

trait Stats {
    fn see(&mut self, name: &str, value: &str, event: u64, more: &mut bool);
}

impl Stats for BTreeMap<String, FieldStat> {
    fn see(&mut self, name: &str, value: &str, event: u64, more: &mut bool) {
        if let Some(stat) = self.get_mut(name) {
            stat.see(value, event);
        } else if self.len() >= MAX_NAMES {
            *more = true;
        } else {
            let mut stat = FieldStat::default();
            stat.see(value, event);
            self.insert(name.to_owned(), stat);
        }
    }
}
