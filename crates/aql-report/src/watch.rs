//! A table that is watched while a hunt reads it.

use std::ops::ControlFlow;
use std::sync::Arc;

use aql_event::{
    ClassFilter, ClassRow, Column, EventBatch, EventTable, Needs, Occurrences, ScanReport,
    ScanStep, Wanted,
};
use aql_pack::Observer;

/// A table whose scans tell an observer of every class of records that they meet, so that a report
/// can say which rules were blind without reading the evidence twice.
pub struct Watched<'a> {
    table: &'a dyn EventTable,
    observer: Arc<Observer>,
}

impl<'a> Watched<'a> {
    /// Has the scans of a table watched.
    pub fn new(table: &'a dyn EventTable, observer: Arc<Observer>) -> Self {
        Watched { table, observer }
    }
}

impl EventTable for Watched<'_> {
    fn scan(
        &self,
        needs: &Needs,
        visit: &(dyn Fn(ScanStep) -> ControlFlow<()> + Sync),
    ) -> ScanReport {
        // What the observer asks about has to be among the columns: what it does not know of a
        // class it takes for possible.
        let columns = needs.columns().iter().chain(self.observer.columns()).cloned();
        let mut watched = Needs::new(columns);
        watched.time = needs.time;
        watched.row_filter = needs.row_filter.clone();
        watched.log_sources = Arc::clone(&needs.log_sources);
        watched.class_filter = Some(Arc::new(Both {
            observer: Arc::clone(&self.observer),
            wanted: needs.class_filter.clone(),
        }));
        // Who asked knows the columns by their places among those that it asked for.
        let wanted = needs.columns();
        self.table.scan(&watched, &|step| {
            visit(match step {
                ScanStep::Batch { part, events } => {
                    ScanStep::Batch { part, events: only(events, wanted) }
                }
                other => other,
            })
        })
    }
}

/// The events with these of their columns alone.
fn only(events: EventBatch, wanted: &Arc<[Column]>) -> EventBatch {
    if events.columns() == wanted {
        return events;
    }
    let place = |column: &Column| events.columns().binary_search(column).ok();
    let places: Option<Vec<usize>> = wanted.iter().map(place).collect();
    match places.map(|places| events.records().project(&places)) {
        Some(Ok(records)) => EventBatch::new(Arc::clone(wanted), records),
        // A table that does not give what it is asked for: as it would be without a watcher.
        _ => events,
    }
}

struct Both {
    observer: Arc<Observer>,
    wanted: Option<Arc<dyn ClassFilter>>,
}

impl ClassFilter for Both {
    fn may_match(&self, class: &ClassRow<'_>) -> bool {
        self.observer.may_match(class);
        self.wanted.as_ref().is_none_or(|wanted| wanted.may_match(class))
    }

    fn looks_for_texts(&self, column: &Column) -> bool {
        self.wanted.as_ref().is_some_and(|wanted| wanted.looks_for_texts(column))
    }

    fn may_match_among(&self, class: &ClassRow<'_>, texts: &dyn Occurrences) -> bool {
        self.wanted.as_ref().is_none_or(|wanted| wanted.may_match_among(class, texts))
    }

    fn wanted(&self, class: &ClassRow<'_>) -> Wanted {
        self.observer.may_match(class);
        self.wanted.as_ref().map_or(Wanted::All, |wanted| wanted.wanted(class))
    }
}
