//! Events that rules which group are waiting for, kept while the others look at the evidence.

use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

use aql_event::{Column, EventBatch, EventTable, Needs, ScanReport, ScanStep};
use arrow_array::{RecordBatch, RecordBatchOptions, UInt32Array};
use arrow_buffer::BooleanBuffer;

/// Bytes of events that are kept for all rules together. A rule that wants more than its share reads
/// the evidence again, which takes time, not memory.
const MOST_BYTES: usize = 64 << 20;

/// The events of one rule.
#[derive(Debug)]
pub(super) struct Kept {
    state: Mutex<State>,
    most_bytes: usize,
}

#[derive(Debug, Default)]
struct State {
    batches: Vec<(u64, EventBatch)>,
    bytes: usize,
    is_over: bool,
}

impl Kept {
    /// For each of so many rules.
    pub(super) fn of_rules(rules: usize) -> Vec<Option<Kept>> {
        let most_bytes = MOST_BYTES / rules.max(1);
        (0..rules).map(|_| Some(Kept { state: Mutex::default(), most_bytes })).collect()
    }

    /// Keeps these rows of a batch.
    pub(super) fn add(&self, part: u64, events: &EventBatch, rows: &BooleanBuffer) {
        let mut state = self.lock();
        if state.is_over {
            return;
        }
        let rows: UInt32Array =
            rows.set_indices().filter_map(|row| u32::try_from(row).ok()).collect();
        let taken = arrow_select::take::take_record_batch(events.records(), &rows);
        let taken = taken.ok().filter(|_| state.bytes < self.most_bytes);
        let Some(records) = taken else {
            *state = State { is_over: true, ..State::default() };
            return;
        };
        state.bytes += records.get_array_memory_size();
        state.batches.push((part, EventBatch::new(events.columns().clone(), records)));
    }

    /// The events as a table, in evidence order; nothing if there were too many to keep.
    pub(super) fn into_table(self) -> Option<KeptEvents> {
        let mut state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        // Those of one part came from one thread, in their order.
        state.batches.sort_by_key(|(part, _)| *part);
        let batches = state.batches.into_iter().map(|(_, events)| events).collect();
        (!state.is_over).then_some(KeptEvents(batches))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Events that were read before.
#[derive(Debug)]
pub(super) struct KeptEvents(Vec<EventBatch>);

impl KeptEvents {
    /// Is there none?
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl EventTable for KeptEvents {
    fn scan(
        &self,
        needs: &Needs,
        visit: &(dyn Fn(ScanStep) -> ControlFlow<()> + Sync),
    ) -> ScanReport {
        for (part, events) in (0..).zip(&self.0) {
            // A rule may want a column in another layout than all of them together.
            let array = |column: &Column| {
                arrow_cast::cast(events.column(column)?, &column.arrow_type()).ok()
            };
            let arrays: Option<Vec<_>> = needs.columns().iter().map(array).collect();
            let count = RecordBatchOptions::new().with_row_count(Some(events.num_rows()));
            let records = arrays.and_then(|arrays| {
                RecordBatch::try_new_with_options(needs.schema().clone(), arrays, &count).ok()
            });
            // All columns were asked for, and both layouts hold the same: it does not come to this.
            let Some(records) = records else { continue };
            let events = EventBatch::new(needs.columns().clone(), records);
            if visit(ScanStep::Batch { part, events }).is_break()
                || visit(ScanStep::PartDone { part }).is_break()
            {
                break;
            }
        }
        ScanReport::default()
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;
    use std::sync::Mutex;

    use aql_event::{
        BatchBuilder, Column, ColumnKind, Encoding, EventBatch, EventTable, Needs, ScanStep, Type,
    };
    use arrow_array::cast::AsArray;
    use arrow_buffer::BooleanBuffer;

    use super::{Kept, State};

    fn needs(encoding: Encoding) -> Needs {
        Needs::new([Column::new(ColumnKind::Builtin, "username", Type::Text, encoding)])
    }

    fn events(users: &[&str]) -> EventBatch {
        let mut builder = BatchBuilder::new(&needs(Encoding::Dictionary));
        for user in users {
            builder.set_text(0, user);
            builder.end_row();
        }
        builder.finish()
    }

    #[test]
    fn events_come_in_the_order_of_the_evidence_and_the_layout_that_is_asked_for() {
        let kept = Kept { state: Mutex::new(State::default()), most_bytes: usize::MAX };
        kept.add(7, &events(&["c", "-", "d"]), &BooleanBuffer::from(vec![true, false, true]));
        kept.add(2, &events(&["a", "b"]), &BooleanBuffer::from(vec![true, true]));
        let table = kept.into_table().expect("few enough");
        let seen = Mutex::new(Vec::new());
        table.scan(&needs(Encoding::Plain), &|step| {
            if let ScanStep::Batch { events, .. } = step {
                let users = events.records().column(0).as_string::<i32>();
                let users = users.iter().flatten().map(str::to_owned);
                seen.lock().expect("one thread").extend(users);
            }
            ControlFlow::Continue(())
        });
        assert_eq!(seen.into_inner().expect("one thread"), ["a", "b", "c", "d"]);
    }

    #[test]
    fn a_rule_that_wants_more_than_its_share_has_no_table() {
        let kept = Kept { state: Mutex::new(State::default()), most_bytes: 1 };
        let all = BooleanBuffer::from(vec![true]);
        kept.add(0, &events(&["a"]), &all);
        kept.add(1, &events(&["b"]), &all);
        assert!(kept.into_table().is_none());
        assert!(Kept::of_rules(1).pop().flatten().and_then(Kept::into_table).is_some());
    }
}
