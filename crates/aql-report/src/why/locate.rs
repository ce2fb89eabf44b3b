//! Finding one event again, by file and record.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use aql_catalog::Catalog;
use aql_eval::TextColumn;
use aql_event::{Column, EventBatch, EventTable, Needs, ScanReport, ScanStep, provenance};
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;

/// Events that are kept where several fit; the others are counted.
const MAX_KEPT: usize = 20;

/// Which event is wanted.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The member of an archive, as `archive.zip!/member`; without it any file of the table.
    pub file: Option<String>,
    /// Its record number; without it any.
    pub record: Option<i64>,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Located {
    /// Events that fit, each a batch of one row with file and record; not more than a few.
    pub events: Vec<(String, i64, EventBatch)>,
    /// How many fit.
    pub fitting: u64,
    /// Events in the file (in all files, if none was named).
    pub seen: u64,
    /// Their lowest and highest record numbers.
    pub records: Option<(i64, i64)>,
    /// Files that were met, archive members included.
    pub files: Vec<String>,
    /// What was read.
    pub report: ScanReport,
}

/// Looks for an event. The columns of the needs are read, and file and record.
pub fn locate(table: &dyn EventTable, needs: &Needs, wanted: &Wanted) -> Located {
    let column = |name| Catalog::get().event_field(name).map(|field| field.column.clone());
    let (file, record) = (column(provenance::FILE), column(provenance::RECORD));
    let mut all =
        Needs::new(needs.columns().iter().cloned().chain(file.clone()).chain(record.clone()));
    all.class_filter = needs.class_filter.clone();
    all.time = needs.time;
    all.log_sources = Arc::clone(&needs.log_sources);
    let found: Mutex<(Located, Vec<(u64, usize)>)> = Mutex::default();
    let report = table.scan(&all, &|step| {
        if let ScanStep::Batch { part, events } = step {
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            let (located, order) = &mut *found;
            located.take(part, order, &events, wanted, file.as_ref(), record.as_ref());
        }
        ControlFlow::Continue(())
    });
    let (mut located, order) = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    // Several threads found them; evidence order does not depend on that.
    let mut ordered: Vec<_> = order.into_iter().zip(std::mem::take(&mut located.events)).collect();
    ordered.sort_by_key(|(place, _)| *place);
    located.events = ordered.into_iter().map(|(_, event)| event).collect();
    located.files.sort();
    located.report = report;
    located
}

impl Located {
    fn take(
        &mut self,
        part: u64,
        order: &mut Vec<(u64, usize)>,
        events: &EventBatch,
        wanted: &Wanted,
        file: Option<&Column>,
        record: Option<&Column>,
    ) {
        let files = file.and_then(|c| events.column(c)).and_then(|a| TextColumn::new(a));
        let records =
            record.and_then(|c| events.column(c)).and_then(|a| a.as_primitive_opt::<Int64Type>());
        for row in 0..events.num_rows() {
            let here = files.and_then(|f| f.value(row)).unwrap_or_default();
            if self.files.last().is_none_or(|last| last != here)
                && !self.files.iter().any(|known| known == here)
            {
                self.files.push(here.to_owned());
            }
            if wanted.file.as_deref().is_some_and(|file| file != here) {
                continue;
            }
            self.seen += 1;
            let number = records.filter(|r| r.is_valid(row)).map_or(0, |r| r.value(row));
            self.records = Some(match self.records {
                Some((low, high)) => (low.min(number), high.max(number)),
                None => (number, number),
            });
            if wanted.record.is_some_and(|record| record != number) {
                continue;
            }
            self.fitting += 1;
            let one = EventBatch::new(Arc::clone(events.columns()), events.records().slice(row, 1));
            order.push((part, usize::try_from(self.fitting).unwrap_or(usize::MAX)));
            self.events.push((here.to_owned(), number, one));
            if self.events.len() > MAX_KEPT {
                // The last in evidence order goes, whichever thread brought it.
                let last = order.iter().enumerate().max_by_key(|(_, place)| **place);
                if let Some((last, _)) = last {
                    order.swap_remove(last);
                    self.events.swap_remove(last);
                }
            }
        }
    }
}
