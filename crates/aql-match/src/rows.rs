//! A matcher as a filter of rows: for tables that can read the columns of the conditions first.

use std::sync::{Arc, Mutex, PoisonError};

use aql_event::{Column, EventBatch, RowFilter};
use arrow_buffer::BooleanBuffer;

use crate::matcher::Matcher;
use crate::scratch::Scratch;

/// The events that at least one rule of a matcher selects.
#[derive(Debug)]
pub struct WantedRows {
    matcher: Arc<Matcher>,
    /// Working memory, one per thread that is at work.
    scratch: Mutex<Vec<Scratch>>,
}

impl WantedRows {
    /// Those of this matcher.
    pub fn new(matcher: Arc<Matcher>) -> Self {
        WantedRows { matcher, scratch: Mutex::default() }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Scratch>> {
        self.scratch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RowFilter for WantedRows {
    fn columns(&self) -> &[Column] {
        self.matcher.columns()
    }

    fn wanted(&self, events: &EventBatch) -> BooleanBuffer {
        let mut scratch = self.lock().pop().unwrap_or_default();
        let hits = self.matcher.evaluate(events, &mut scratch);
        self.lock().push(scratch);
        let mut rules = hits.rules.into_iter().map(|hits| hits.rows);
        match rules.next() {
            Some(first) => rules.fold(first, |all, rows| &all | &rows),
            None => BooleanBuffer::new_unset(events.num_rows()),
        }
    }
}
