//! Evaluating all rules over one batch.
//!
//! Numbers and dictionaries are looked at for every row; the terms of a rule that need nothing
//! else decide first. Dearer columns follow one by one, each only for the rows that at least one
//! rule still waits for, and a rule that waits for none is not looked at again. Rows are kept as
//! bit masks. An atom that is true nowhere in the batch has no mask at all, so that the rules which
//! need it fall away for the price of a look.

use aql_event::EventBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef};
use arrow_buffer::{BooleanBuffer, Buffer};

use crate::atom::{AtomKind, ColumnId};
use crate::columns::{Texts, values};
use crate::mask::{self, Mask, Parts};
use crate::matcher::{Hits, Matcher, RuleHits, Step};
use crate::node::{Ask, AtomId, Node, NodeId};
use crate::pattern::TextTest;
use crate::scratch::{ColumnNulls, Scratch, Selected, UNSEEN};

/// A step that leaves out less than one row in this many lets nearly all through.
const MOSTLY: usize = 10;

/// One batch under evaluation.
pub(crate) struct Run<'a> {
    pub(crate) matcher: &'a Matcher,
    pub(crate) batch: &'a EventBatch,
    pub(crate) scratch: &'a mut Scratch,
    pub(crate) rows: usize,
    /// Per column, its values in the layout of its type; nothing where all are null.
    arrays: Vec<Option<ArrayRef>>,
    pub(crate) all: Mask,
}

impl<'a> Run<'a> {
    pub(crate) fn new(
        matcher: &'a Matcher,
        batch: &'a EventBatch,
        scratch: &'a mut Scratch,
    ) -> Self {
        let rows = batch.num_rows();
        scratch.begin(matcher, mask::words_for(rows));
        let mut all = scratch.store.empty();
        mask::fill(&mut all, rows);
        let arrays = matcher.columns.iter().map(|column| values(batch, column)).collect();
        Run { matcher, batch, scratch, rows, arrays, all }
    }

    /// The rows that each rule selects.
    pub(crate) fn hits(mut self) -> Hits {
        if self.rows == 0 {
            return Hits::default();
        }
        let matcher = self.matcher;
        for &column in &matcher.every {
            self.scan(column, None);
        }
        for (number, rule) in matcher.rules.iter().enumerate() {
            let selected = self.narrow(Selected::All, &rule.first);
            self.select(number, selected);
        }
        let (early, rest) = matcher.steps.split_at(matcher.early.start);
        let (texts, rest) = rest.split_at(matcher.early.len());
        if self.scratch.is_late {
            self.steps(texts);
            self.steps(early);
        } else {
            let before = if early.is_empty() { 0 } else { self.waiting() };
            self.steps(early);
            // Both are counted only where there is a choice.
            if before > 0 && !texts.is_empty() {
                self.scratch.is_late = self.waiting() * MOSTLY > before * (MOSTLY - 1);
            }
            self.steps(texts);
        }
        self.steps(rest);
        self.collect()
    }

    /// Rows that rules wait for, all together.
    fn waiting(&self) -> usize {
        let rows = |selected: &Selected| match selected {
            Selected::None => 0,
            Selected::All => self.rows,
            Selected::Some(rows) => mask::count(rows),
        };
        self.scratch.selected.iter().map(rows).sum()
    }

    fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            for (column, rules) in &step.scans {
                let wanted = self.wanted(*column, rules);
                if mask::is_empty(&wanted) {
                    self.scratch.store.give(wanted);
                } else {
                    self.scan(*column, Some(&wanted));
                    self.note_scanned(*column, wanted);
                }
            }
            for (number, terms) in &step.terms {
                let number = *number as usize;
                let selected = match self.scratch.selected.get_mut(number).map(std::mem::take) {
                    None | Some(Selected::None) => continue,
                    Some(selected) => self.narrow(selected, terms),
                };
                self.select(number, selected);
            }
        }
    }

    fn select(&mut self, rule: usize, selected: Selected) {
        if let Some(slot) = self.scratch.selected.get_mut(rule) {
            *slot = selected;
        }
    }

    /// Rows that one of these rules waits for and that have not been scanned.
    fn wanted(&mut self, column: ColumnId, rules: &[u32]) -> Mask {
        let mut wanted = self.scratch.store.empty();
        for &rule in rules {
            match self.scratch.selected.get(rule as usize) {
                Some(Selected::All) => {
                    wanted.copy_from_slice(&self.all);
                    break;
                }
                Some(Selected::Some(rows)) => mask::or(&mut wanted, rows),
                Some(Selected::None) | None => {}
            }
        }
        if let Some(Some(scanned)) = self.scratch.scanned.get(column as usize) {
            mask::and_not(&mut wanted, scanned);
        }
        wanted
    }

    fn note_scanned(&mut self, column: ColumnId, rows: Mask) {
        let scratch = &mut *self.scratch;
        match scratch.scanned.get_mut(column as usize) {
            Some(Some(scanned)) => {
                mask::or(scanned, &rows);
                scratch.store.give(rows);
            }
            Some(none) => *none = Some(rows),
            None => {}
        }
    }

    /// Leaves the rows where all of these terms hold.
    fn narrow(&mut self, selected: Selected, terms: &[NodeId]) -> Selected {
        let mut selected = selected;
        let possible = terms.iter().all(|&term| self.is_possible(term));
        for &term in if possible { terms } else { &[] } {
            if matches!(self.matcher.nodes.get(term), Node::Constant(true)) {
                continue;
            }
            let before = match selected {
                Selected::None => return Selected::None,
                Selected::All => self.scratch.store.copy(&self.all),
                Selected::Some(rows) => rows,
            };
            let after = self.holds(term, &before);
            self.scratch.store.give(before);
            if mask::is_empty(&after) {
                self.scratch.store.give(after);
                return Selected::None;
            }
            selected = Selected::Some(after);
        }
        if possible {
            return selected;
        }
        if let Selected::Some(rows) = selected {
            self.scratch.store.give(rows);
        }
        Selected::None
    }

    /// Can the node hold anywhere, by a look at which atoms are true nowhere?
    fn is_possible(&self, node: NodeId) -> bool {
        match self.matcher.nodes.get(node) {
            Node::Constant(value) => *value,
            Node::Atom(atom, Ask::True) => match self.matcher.atom(*atom).map(|a| &a.kind) {
                Some(AtomKind::Text { scanned: true, .. } | AtomKind::Integer { .. }) => {
                    self.truth(*atom).is_some()
                }
                Some(_) => true,
                None => false,
            },
            Node::Atom(..) => true,
            Node::And(below) => below.iter().all(|&node| self.is_possible(node)),
            Node::Or(below) => below.iter().any(|&node| self.is_possible(node)),
        }
    }

    /// Those of some rows where a node holds.
    fn holds(&mut self, node: NodeId, rows: &[u64]) -> Mask {
        let matcher = self.matcher;
        match matcher.nodes.get(node) {
            Node::Constant(true) => self.scratch.store.copy(rows),
            Node::Constant(false) => self.scratch.store.empty(),
            Node::Atom(atom, ask) => {
                let mut out = self.scratch.store.empty();
                self.ask(*atom, *ask, rows, &mut out);
                out
            }
            Node::And(below) => {
                let mut left = self.scratch.store.copy(rows);
                for &node in below {
                    let next = self.holds(node, &left);
                    self.scratch.store.give(std::mem::replace(&mut left, next));
                    if mask::is_empty(&left) {
                        break;
                    }
                }
                left
            }
            Node::Or(below) => {
                let mut any = self.scratch.store.empty();
                let mut left = self.scratch.store.copy(rows);
                for &node in below {
                    if let Node::Atom(atom, ask) = matcher.nodes.get(node) {
                        self.ask(*atom, *ask, &left, &mut any);
                    } else {
                        let found = self.holds(node, &left);
                        mask::or(&mut any, &found);
                        self.scratch.store.give(found);
                    }
                    if !self.is_evaluated(node) {
                        // Spares what comes next the rows that are decided.
                        mask::and_not(&mut left, &any);
                        if mask::is_empty(&left) {
                            break;
                        }
                    }
                }
                self.scratch.store.give(left);
                any
            }
        }
    }

    /// Is the node an atom whose rows are all known, so that asking it costs nothing?
    fn is_evaluated(&self, node: NodeId) -> bool {
        matches!(self.matcher.nodes.get(node), Node::Atom(atom, _)
            if self.matcher.atom(*atom).is_some_and(|a| !a.is_deferred()))
    }

    /// Adds those of some rows for which an atom gives the answer asked for.
    fn ask(&mut self, atom: AtomId, ask: Ask, rows: &[u64], out: &mut [u64]) {
        let Some(kind) = self.matcher.atom(atom).map(|a| &a.kind) else { return };
        match kind {
            AtomKind::Text { column, test, scanned: false } => {
                self.test_rows(atom, *column, test, rows);
            }
            AtomKind::Expression(expression) => self.evaluate_rows(atom, expression, rows),
            AtomKind::IsNull { column }
            | AtomKind::Text { column, .. }
            | AtomKind::Integer { column, .. } => {
                if ask != Ask::True || matches!(kind, AtomKind::IsNull { .. }) {
                    self.find_nulls(*column);
                }
            }
        }
        if let AtomKind::Text { column, scanned: false, .. } = kind
            && ask != Ask::True
        {
            self.find_nulls(*column);
        }
        let (truth, null) = match kind {
            AtomKind::IsNull { column } => (self.nulls(*column), None),
            AtomKind::Text { column, .. } | AtomKind::Integer { column, .. } => {
                (self.truth(atom), self.nulls(*column))
            }
            AtomKind::Expression(_) => {
                let state = self.scratch.atoms.get(atom as usize);
                (self.truth(atom), state.and_then(|s| s.null.as_deref()))
            }
        };
        match ask {
            Ask::True => {
                if let Some(truth) = truth {
                    let state = self.scratch.atoms.get(atom as usize);
                    let parts = match kind {
                        AtomKind::IsNull { .. } => Parts::ALL,
                        _ => state.map_or(Parts::ALL, |state| state.parts),
                    };
                    parts.or_and(out, rows, truth);
                }
            }
            Ask::NotTrue | Ask::False => {
                let null = if ask == Ask::False { null } else { None };
                for (i, out) in out.iter_mut().enumerate() {
                    let at = |mask: Option<&[u64]>| mask.and_then(|m| m.get(i)).copied();
                    let not = at(truth).unwrap_or(0) | at(null).unwrap_or(0);
                    *out |= rows.get(i).copied().unwrap_or(0) & !not;
                }
            }
            Ask::NotFalse => {
                for mask in [truth, null].into_iter().flatten() {
                    mask::or_and(out, rows, mask);
                }
            }
        }
    }

    fn truth(&self, atom: AtomId) -> Option<&[u64]> {
        self.scratch.atoms.get(atom as usize)?.truth.as_deref()
    }

    fn array(&self, column: ColumnId) -> Option<&ArrayRef> {
        self.arrays.get(column as usize)?.as_ref()
    }

    /// Rows where a column is null, once [found](Self::find_nulls).
    fn nulls(&self, column: ColumnId) -> Option<&[u64]> {
        match self.scratch.nulls.get(column as usize)? {
            ColumnNulls::Some(rows) => Some(rows),
            ColumnNulls::None | ColumnNulls::Unknown => None,
        }
    }

    fn find_nulls(&mut self, column: ColumnId) {
        let at = column as usize;
        if !matches!(self.scratch.nulls.get(at), Some(ColumnNulls::Unknown)) {
            return;
        }
        let found = match self.arrays.get(at).and_then(Option::as_ref) {
            None => ColumnNulls::Some(self.scratch.store.copy(&self.all)),
            Some(array) => match array.logical_nulls().filter(|n| n.null_count() > 0) {
                None => ColumnNulls::None,
                Some(valid) => {
                    let mut rows = self.scratch.store.copy(&self.all);
                    let words = valid.inner().bit_chunks();
                    for (row, valid) in rows.iter_mut().zip(words.iter_padded()) {
                        *row &= !valid;
                    }
                    ColumnNulls::Some(rows)
                }
            },
        };
        self.scratch.nulls[at] = found;
    }

    /// Finds all scanned tests of a column, for these rows or for all.
    fn scan(&mut self, column: ColumnId, rows: Option<&[u64]>) {
        let Some(array) = self.array(column).cloned() else { return };
        let matcher = self.matcher;
        if let Some(Some(integers)) = matcher.integers.get(column as usize)
            && let Some(values) = array.as_primitive_opt::<Int64Type>()
        {
            let valid = values.nulls().map(|n| n.inner().bit_chunks().iter_padded().collect());
            let valid: Option<Vec<u64>> = valid;
            integers.scan(values.values(), |atom, word, bits| {
                let bits = match &valid {
                    Some(valid) => bits & valid.get(word).copied().unwrap_or(0),
                    None => bits,
                };
                if bits != 0 {
                    self.scratch.mark_word(atom, word, bits);
                }
            });
        }
        let Some(Some(scanner)) = matcher.scanners.get(column as usize) else { return };
        let mut scan = std::mem::take(&mut self.scratch.scan);
        let rows = rows.unwrap_or(&self.all);
        match Texts::new(&array) {
            Some(Texts::Dictionary { text, values }) => {
                let mut verdicts = std::mem::take(&mut self.scratch.dictionaries[column as usize]);
                verdicts.begin(values);
                for row in mask::rows(rows) {
                    let Some(key) = text.key(row) else { continue };
                    let Some(&span) = verdicts.spans.get(key) else { continue };
                    let (from, to) = if span == UNSEEN {
                        let from = verdicts.atoms.len();
                        let value = text.value(row);
                        let atoms = &mut verdicts.atoms;
                        if let Some(value) = value {
                            let mut hit = |atom| atoms.push(atom);
                            scanner.scan(value.as_bytes(), matcher, &mut scan, &mut hit);
                        }
                        // The tables of a batch are far smaller than this could overflow.
                        let of = |at: usize| u32::try_from(at).unwrap_or(u32::MAX - 1);
                        let span = (of(from), of(verdicts.atoms.len()));
                        verdicts.spans[key] = span;
                        span
                    } else {
                        span
                    };
                    for &atom in verdicts.atoms.get(from as usize..to as usize).unwrap_or_default()
                    {
                        self.scratch.mark(atom, row);
                    }
                }
                self.scratch.dictionaries[column as usize] = verdicts;
            }
            Some(texts) => {
                for row in mask::rows(rows) {
                    if let Some(value) = texts.value(row) {
                        let scratch = &mut *self.scratch;
                        let mut hit = |atom| scratch.mark(atom, row);
                        scanner.scan(value, matcher, &mut scan, &mut hit);
                    }
                }
            }
            None => {}
        }
        self.scratch.scan = scan;
    }

    /// Takes note that the rows of a deferred atom are being evaluated; gives those that are not
    /// known yet.
    pub(crate) fn unknown(&mut self, atom: AtomId, rows: &[u64]) -> Option<Mask> {
        let state = self.scratch.atoms.get(atom as usize)?;
        let mut missing = self.scratch.store.copy(rows);
        if let Some(known) = &state.known {
            mask::and_not(&mut missing, known);
        }
        if mask::is_empty(&missing) {
            self.scratch.store.give(missing);
            return None;
        }
        Some(missing)
    }

    pub(crate) fn learn(&mut self, atom: AtomId, rows: Mask) {
        let scratch = &mut *self.scratch;
        scratch.touched.push(atom);
        let Some(state) = scratch.atoms.get_mut(atom as usize) else { return };
        match &mut state.known {
            Some(known) => {
                mask::or(known, &rows);
                scratch.store.give(rows);
            }
            None => state.known = Some(rows),
        }
    }

    /// Tests the text of a column in these rows, where that has not been done.
    fn test_rows(&mut self, atom: AtomId, column: ColumnId, test: &TextTest, rows: &[u64]) {
        let Some(missing) = self.unknown(atom, rows) else { return };
        if let Some(array) = self.array(column).cloned() {
            match Texts::new(&array) {
                Some(Texts::Dictionary { text, .. }) => {
                    let mut verdicts: Vec<Option<bool>> =
                        vec![None; text.dictionary().map_or(0, Array::len)];
                    for row in mask::rows(&missing) {
                        let Some(value) = text.value(row) else { continue };
                        let verdict = text.key(row).and_then(|key| verdicts.get_mut(key));
                        let Some(verdict) = verdict else { continue };
                        if *verdict.get_or_insert_with(|| test.holds_for(value.as_bytes())) {
                            self.scratch.mark(atom, row);
                        }
                    }
                }
                Some(texts) => {
                    for row in mask::rows(&missing) {
                        if texts.value(row).is_some_and(|value| test.holds_for(value)) {
                            self.scratch.mark(atom, row);
                        }
                    }
                }
                None => {}
            }
        }
        self.learn(atom, missing);
    }

    fn collect(mut self) -> Hits {
        let mut hits = Hits::default();
        for (rule, selected) in self.scratch.selected.iter().enumerate() {
            let rows = match selected {
                Selected::None => continue,
                Selected::All => BooleanBuffer::new_set(self.rows),
                Selected::Some(words) => {
                    BooleanBuffer::new(Buffer::from_slice_ref(words), 0, self.rows)
                }
            };
            hits.rules.push(RuleHits { rule, rows });
        }
        self.scratch.store.give(std::mem::take(&mut self.all));
        hits
    }
}

impl Scratch {
    /// An atom is true in a row.
    #[inline]
    pub(crate) fn mark(&mut self, atom: AtomId, row: usize) {
        self.mark_word(atom, row / 64, 1 << (row % 64));
    }

    /// An atom is true in some rows of one word.
    #[inline]
    fn mark_word(&mut self, atom: AtomId, word: usize, bits: u64) {
        let Some(state) = self.atoms.get_mut(atom as usize) else { return };
        let truth = match &mut state.truth {
            Some(truth) => truth,
            none => {
                self.touched.push(atom);
                none.insert(self.store.empty())
            }
        };
        state.parts.add(word);
        if let Some(word) = truth.get_mut(word) {
            *word |= bits;
        }
    }

    pub(crate) fn mark_null(&mut self, atom: AtomId, row: usize) {
        let Some(state) = self.atoms.get_mut(atom as usize) else { return };
        let null = match &mut state.null {
            Some(null) => null,
            none => {
                self.touched.push(atom);
                none.insert(self.store.empty())
            }
        };
        mask::set(null, row);
    }
}
