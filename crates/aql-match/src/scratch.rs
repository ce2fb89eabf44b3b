//! What one thread works with while it evaluates batch after batch.

use arrow_array::ArrayRef;

use crate::mask::{Mask, MaskStore, Parts};
use crate::matcher::Matcher;
use crate::scanner::ScanScratch;

/// Memory that is used again from batch to batch. One per thread; it may be handed to any matcher.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Number of the matcher that it was last used with.
    matcher: u64,
    pub(crate) store: MaskStore,
    /// State per atom.
    pub(crate) atoms: Vec<AtomState>,
    /// Atoms whose state is not that of the beginning.
    pub(crate) touched: Vec<u32>,
    /// Per column: rows where it is null, once asked for.
    pub(crate) nulls: Vec<ColumnNulls>,
    /// Per column: rows that have been scanned.
    pub(crate) scanned: Vec<Option<Mask>>,
    /// Per rule: the rows that it still waits for.
    pub(crate) selected: Vec<Selected>,
    /// Per column: what is known of the dictionary that was seen last.
    pub(crate) dictionaries: Vec<Verdicts>,
    pub(crate) scan: ScanScratch,
    /// Do expressions over numbers and dictionaries come behind the tests of plain text? In a batch
    /// before they let nearly all rows through, so that those would have as much to do.
    pub(crate) is_late: bool,
}

/// What is known of an atom in the batch.
#[derive(Debug, Default)]
pub(crate) struct AtomState {
    /// Rows where it is true; nothing for none.
    pub(crate) truth: Option<Mask>,
    /// In which parts of `truth` there may be any; all others are without.
    pub(crate) parts: Parts,
    /// Rows where it is null, for expressions.
    pub(crate) null: Option<Mask>,
    /// Rows for which it has been evaluated, for atoms that are evaluated where they are asked for.
    pub(crate) known: Option<Mask>,
}

#[derive(Debug, Default)]
pub(crate) enum ColumnNulls {
    /// Not asked for yet.
    #[default]
    Unknown,
    /// No row.
    None,
    /// These rows.
    Some(Mask),
}

/// Rows that a rule may still select.
#[derive(Debug, Default)]
pub(crate) enum Selected {
    /// None.
    #[default]
    None,
    /// All.
    All,
    /// These, at least one.
    Some(Mask),
}

/// The atoms that the values of a dictionary pass.
#[derive(Debug, Default)]
pub(crate) struct Verdicts {
    /// The dictionary; kept, so that its address stays its own.
    values: Option<ArrayRef>,
    /// Per value: begin and end in `atoms`; `UNSEEN` if it has not been scanned.
    pub(crate) spans: Vec<(u32, u32)>,
    pub(crate) atoms: Vec<u32>,
}

/// A value that has not been scanned.
pub(crate) const UNSEEN: (u32, u32) = (u32::MAX, u32::MAX);

impl Verdicts {
    /// Starts anew unless these values are those of the last batch.
    pub(crate) fn begin(&mut self, values: &ArrayRef) {
        let same = self
            .values
            .as_ref()
            .is_some_and(|old| old.len() == values.len() && std::sync::Arc::ptr_eq(old, values));
        if !same {
            self.spans.clear();
            self.spans.resize(values.len(), UNSEEN);
            self.atoms.clear();
            self.values = Some(std::sync::Arc::clone(values));
        }
    }
}

impl Scratch {
    /// Makes ready for a batch.
    pub(crate) fn begin(&mut self, matcher: &Matcher, words: usize) {
        if self.matcher != matcher.number {
            *self = Scratch { matcher: matcher.number, ..Scratch::default() };
            self.atoms.resize_with(matcher.atoms.len(), AtomState::default);
            self.nulls.resize_with(matcher.columns.len(), ColumnNulls::default);
            self.scanned.resize_with(matcher.columns.len(), Option::default);
            self.dictionaries.resize_with(matcher.columns.len(), Verdicts::default);
            self.selected.resize_with(matcher.rules.len(), Selected::default);
        }
        self.store.resize(words);
        for atom in self.touched.drain(..) {
            let Some(state) = self.atoms.get_mut(atom as usize) else { continue };
            state.parts = Parts::default();
            let masks = [state.truth.take(), state.null.take(), state.known.take()];
            masks.into_iter().flatten().for_each(|mask| self.store.give(mask));
        }
        for nulls in &mut self.nulls {
            if let ColumnNulls::Some(mask) = std::mem::take(nulls) {
                self.store.give(mask);
            }
        }
        for mask in self.scanned.iter_mut().filter_map(Option::take) {
            self.store.give(mask);
        }
        for selected in &mut self.selected {
            if let Selected::Some(mask) = std::mem::take(selected) {
                self.store.give(mask);
            }
        }
    }
}
