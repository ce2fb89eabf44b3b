//! Records that are looked at before they are taken whole.
//!
//! Rules look at a few columns of a record, findings show many, the raw record among them. A reader
//! that can come back to a record fills only the columns that the row filter of the needs looks at,
//! for some thousand records at once; those that may match it then takes whole.

use std::ops::Range;
use std::sync::Arc;

use aql_event::{BatchBuilder, EventBatch, Needs, RowFilter};
use arrow_buffer::BooleanBuffer;

use crate::out::{At, Out};

/// If more than one record in so many may match, looking first costs more than it spares.
const WORTH: u64 = 8;
/// Records after which it is decided whether it is worth it.
const TRIED: u64 = 4096;

/// Looks at records.
pub(crate) struct Looks {
    filter: Option<Arc<dyn RowFilter>>,
    builder: BatchBuilder,
    /// The names of the rows.
    names: Vec<u32>,
    name: u32,
    is_open: bool,
    seen: u64,
    passed: u64,
}

impl Looks {
    pub(crate) fn new(needs: &Needs) -> Self {
        let columns = needs.row_filter.as_ref().map(|filter| filter.columns()).unwrap_or_default();
        let looked_at = Needs::new(columns.iter().cloned());
        // Where everything is looked at, nothing is left to spare.
        let spares = looked_at.columns().len() < needs.columns().len();
        let knows_all = looked_at.columns().iter().all(|c| needs.index_of(c).is_some());
        Looks {
            filter: needs.row_filter.clone().filter(|_| spares && knows_all && !columns.is_empty()),
            builder: BatchBuilder::new(&looked_at),
            names: Vec::new(),
            name: 0,
            is_open: false,
            seen: 0,
            passed: 0,
        }
    }

    pub(crate) fn begin(&mut self) -> bool {
        self.is_open = self.is_worth();
        self.is_open
    }

    /// Would looking first spare anything?
    pub(crate) fn is_worth(&self) -> bool {
        self.filter.is_some() && (self.seen < TRIED || self.passed * WORTH < self.seen)
    }

    /// Which of many records are wanted, by their columns that the row filter looks at. Nothing if
    /// they are so many that looking was not worth it.
    pub(crate) fn wanted(&mut self, events: &EventBatch) -> Option<BooleanBuffer> {
        let wanted = self.filter.as_ref()?.wanted(events);
        self.seen += events.num_rows() as u64;
        self.passed += wanted.count_set_bits() as u64;
        self.is_worth().then_some(wanted)
    }

    pub(crate) fn is_open(&self) -> bool {
        self.is_open
    }

    pub(crate) fn name(&mut self, name: u32) {
        self.name = name;
    }

    pub(crate) fn pending(&self) -> u64 {
        self.names.len() as u64
    }

    /// Where the columns of a record go, if it is only looked at.
    pub(crate) fn taking(&mut self) -> Option<&mut BatchBuilder> {
        self.is_open.then_some(&mut self.builder)
    }

    pub(crate) fn end_row(&mut self) {
        self.builder.end_row();
        self.names.push(self.name);
    }

    pub(crate) fn end(&mut self) -> Vec<u32> {
        self.is_open = false;
        let Some(filter) = self.filter.as_ref().filter(|_| !self.names.is_empty()) else {
            return Vec::new();
        };
        let passed = filter.wanted(&self.builder.finish());
        self.seen += self.names.len() as u64;
        let names = passed.set_indices().filter_map(|row| self.names.get(row).copied());
        let mut names: Vec<u32> = names.collect();
        self.passed += names.len() as u64;
        // Several records may have one name.
        names.dedup();
        self.names.clear();
        names
    }
}

/// How a record is taken whole that was looked at.
pub(crate) type TakeAgain = fn(&[u8], At, &mut Out<'_>);

/// The bytes of records that are looked at, for readers that cannot come back to them.
#[derive(Default)]
pub(crate) struct Kept {
    bytes: Vec<u8>,
    records: Vec<(At, Range<usize>, TakeAgain)>,
}

/// Records and bytes that are kept at most, but for the last record.
pub(crate) const MOST_RECORDS: usize = 4096;
pub(crate) const MOST_BYTES: usize = 4 << 20;

impl Kept {
    /// The name of the record that comes next.
    pub(crate) fn next_name(&self) -> u32 {
        u32::try_from(self.records.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn keep(&mut self, bytes: &[u8], at: At, again: TakeAgain) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.records.push((at, start..self.bytes.len(), again));
    }

    pub(crate) fn is_full(&self) -> bool {
        self.records.len() >= MOST_RECORDS || self.bytes.len() >= MOST_BYTES
    }

    /// A record by its name.
    pub(crate) fn get(&self, name: u32) -> Option<(&[u8], At, TakeAgain)> {
        let (at, range, again) = self.records.get(name as usize)?;
        Some((self.bytes.get(range.clone())?, *at, *again))
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.records.clear();
        // One huge record should not stay.
        self.bytes.shrink_to(2 * MOST_BYTES);
    }
}
