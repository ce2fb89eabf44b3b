//! Which records can match any rule at all, from the columns of the conditions alone.

use std::sync::{Arc, Mutex, PoisonError};

use aql_event::{Column, EventBatch, RowFilter};
use arrow_buffer::{BooleanBuffer, BooleanBufferBuilder};

use crate::matcher::Matcher;
use crate::scratch::Scratch;

/// A matcher as a row filter of the needs: the rows that at least one rule selects.
#[derive(Debug)]
pub struct AnyRule {
    matcher: Arc<Matcher>,
    /// One for each thread that asks.
    scratch: Mutex<Vec<Scratch>>,
}

impl AnyRule {
    /// Asks this matcher.
    pub fn new(matcher: Arc<Matcher>) -> Self {
        AnyRule { matcher, scratch: Mutex::default() }
    }

    fn pool(&self) -> std::sync::MutexGuard<'_, Vec<Scratch>> {
        self.scratch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RowFilter for AnyRule {
    fn columns(&self) -> &[Column] {
        self.matcher.columns()
    }

    fn may_match(&self, events: &EventBatch) -> BooleanBuffer {
        let mut scratch = self.pool().pop().unwrap_or_default();
        let hits = self.matcher.evaluate(events, &mut scratch);
        self.pool().push(scratch);
        let rows = hits.rules.into_iter().map(|hit| hit.rows).reduce(|all, rows| &all | &rows);
        rows.unwrap_or_else(|| {
            let mut none = BooleanBufferBuilder::new(events.num_rows());
            none.append_n(events.num_rows(), false);
            none.finish()
        })
    }
}
