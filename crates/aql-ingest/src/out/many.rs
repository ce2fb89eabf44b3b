//! Many records at once, for readers that fill whole columns: all of no known kind, each with fields.

use std::rc::Rc;

use aql_event::{BatchBuilder, EventBatch, Needs, ScanStep};
use arrow_array::{Array, Int64Array};
use arrow_buffer::BooleanBuffer;

use super::Out;
use crate::normalise::{Plan, Record, RowFacts, Which, fill, generic};

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

impl Out<'_> {
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
}
