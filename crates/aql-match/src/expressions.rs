//! Conditions that are left to `aql-eval`: for which rows they are evaluated.
//!
//! Numbers and dictionaries of a log repeat: a batch of thousands of events has few log sources.
//! Conditions over such columns are evaluated once for each combination of values that is there.

use aql_eval::to_plain;
use aql_event::Type;
use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Array, UInt32Array};
use arrow_buffer::BooleanBuffer;
use arrow_select::take::take;

use crate::atom::{ColumnId, Expression};
use crate::columns::SomeRows;
use crate::evaluate::Run;
use crate::mask::{self, Mask, Parts};
use crate::node::AtomId;

/// An expression is evaluated for single rows where fewer than one in this many are asked for.
const FEW_ROWS: usize = 8;
/// Rows below which looking for equal ones does not pay.
const MIN_ROWS: usize = 32;
/// How many rows a combination of values has at least, on average.
const MIN_REPEATS: usize = 4;
/// Columns that may make up a combination.
const MAX_COLUMNS: usize = 2;

impl Run<'_> {
    /// Evaluates an expression for these rows, where that has not been done.
    pub(crate) fn evaluate_rows(&mut self, atom: AtomId, expression: &Expression, rows: &[u64]) {
        let Some(missing) = self.unknown(atom, rows) else { return };
        let count = mask::count(&missing);
        if let Some(groups) = self.groups(expression, &missing, count) {
            self.evaluate_groups(atom, expression, &groups, &missing);
            self.learn(atom, missing);
            return;
        }
        if count * FEW_ROWS >= self.rows {
            let condition = expression.program.evaluate_condition(self.batch);
            let truth = words(&condition.truth);
            let null = condition.null.as_ref().map(words);
            let all = self.scratch.store.copy(&self.all);
            self.scratch.store.give(missing);
            self.learn(atom, all);
            if let Some(state) = self.scratch.atoms.get_mut(atom as usize) {
                state.truth = Some(truth);
                state.parts = Parts::ALL;
                state.null = null;
            }
            return;
        }
        let indices = mask::rows(&missing).filter_map(|row| u32::try_from(row).ok()).collect();
        let outcomes = self.outcomes(expression, indices);
        for (row, outcome) in mask::rows(&missing).zip(outcomes) {
            match outcome {
                Some(true) => self.scratch.mark(atom, row),
                Some(false) => {}
                None => self.scratch.mark_null(atom, row),
            }
        }
        self.learn(atom, missing);
    }

    /// What an expression is in some rows of the batch.
    fn outcomes(&self, expression: &Expression, rows: Vec<u32>) -> Vec<Option<bool>> {
        let rows = UInt32Array::from(rows);
        let taken = |id: &ColumnId| {
            let column = self.matcher.columns.get(*id as usize)?;
            let taken = take(self.batch.column(column)?, &rows, None).ok()?;
            // It would be evaluated for all values of a dictionary, those of other rows too.
            let has_others =
                taken.as_any_dictionary_opt().is_some_and(|d| d.values().len() > rows.len());
            Some((column, if has_others { to_plain(&taken) } else { taken }))
        };
        let columns = expression.columns.iter().filter_map(taken).collect();
        let some = SomeRows { rows: rows.len(), columns };
        let condition = expression.program.evaluate_condition(&some);
        (0..rows.len()).map(|at| condition.value(at)).collect()
    }

    /// Rows with equal values of the columns of an expression; nothing if that cannot be told
    /// cheaply, or they repeat too little.
    fn groups(&self, expression: &Expression, rows: &[u64], count: usize) -> Option<Groups> {
        if count < MIN_ROWS || expression.columns.len() > MAX_COLUMNS {
            return None;
        }
        let most = (count / MIN_REPEATS).min(Distinct::MOST);
        let mut groups: Option<Groups> = None;
        for id in &expression.columns {
            // Hardly two events are of the same moment.
            let column = self.matcher.columns.get(*id as usize).filter(|c| c.ty != Type::Time)?;
            // A column that is not there is the same everywhere.
            let Some(array) = self.batch.column(column) else { continue };
            if let Some(values) = array.as_primitive_opt::<Int64Type>() {
                let value = |row: usize| values.is_valid(row).then(|| values.value(row));
                groups = Some(Groups::new(groups, rows, count, most, value)?);
            } else {
                let keys = array.as_dictionary_opt::<Int32Type>()?.keys();
                let key = |row: usize| keys.is_valid(row).then(|| i64::from(keys.value(row)));
                groups = Some(Groups::new(groups, rows, count, most, key)?);
            }
        }
        groups
    }

    /// Evaluates an expression once per group.
    fn evaluate_groups(
        &mut self,
        atom: AtomId,
        expression: &Expression,
        groups: &Groups,
        rows: &[u64],
    ) {
        let outcomes = self.outcomes(expression, groups.first.clone());
        for (row, group) in mask::rows(rows).zip(&groups.of_row) {
            match outcomes.get(*group as usize) {
                Some(Some(true)) => self.scratch.mark(atom, row),
                Some(Some(false)) => {}
                Some(None) | None => self.scratch.mark_null(atom, row),
            }
        }
    }
}

/// Rows in groups of equal values.
struct Groups {
    /// By group: its first row.
    first: Vec<u32>,
    /// By row, of those that were asked for: its group.
    of_row: Vec<u32>,
}

impl Groups {
    /// The groups of these rows by a value, inside of those that they are in; nothing if there
    /// would be more than `most`.
    fn new(
        inside: Option<Groups>,
        rows: &[u64],
        count: usize,
        most: usize,
        value: impl Fn(usize) -> Option<i64>,
    ) -> Option<Self> {
        let mut values = Distinct::new(most);
        let mut groups = Groups { first: Vec::new(), of_row: Vec::with_capacity(count) };
        for row in mask::rows(rows) {
            let number = match value(row) {
                Some(value) => values.number(value)?,
                None => NULL,
            };
            groups.of_row.push(number);
        }
        // Together with the groups before, a pair of small numbers is a value.
        let mut both = Distinct::new(most);
        let before = inside.map(|groups| groups.of_row);
        let mut before = before.iter().flatten().copied();
        for (row, of_row) in mask::rows(rows).zip(&mut groups.of_row) {
            let pair = i64::from(before.next().unwrap_or(0)) << 32 | i64::from(*of_row);
            *of_row = both.number(pair)?;
            if *of_row as usize == groups.first.len() {
                groups.first.push(u32::try_from(row).ok()?);
            }
        }
        Some(groups)
    }
}

/// The number of rows without a value.
const NULL: u32 = u32::MAX >> 1;

/// Numbers values in the order in which they come, as long as they are few.
struct Distinct {
    /// Values with their numbers, at or behind the places that their hashes give.
    slots: Vec<Option<(i64, u32)>>,
    count: u32,
    most: u32,
}

impl Distinct {
    /// Values that there may be at most, so that half of the slots stay free.
    const MOST: usize = 1 << (Self::BITS - 1);
    const BITS: u32 = 10;

    fn new(most: usize) -> Self {
        let most = u32::try_from(most.min(Self::MOST)).unwrap_or(0);
        Distinct { slots: vec![None; 1 << Self::BITS], count: 0, most }
    }

    /// The number of a value; nothing if there are too many.
    #[inline]
    fn number(&mut self, value: i64) -> Option<u32> {
        let hash = value.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut at = usize::try_from(hash >> (64 - Self::BITS)).ok()?;
        loop {
            match self.slots.get_mut(at)? {
                Some((known, number)) if *known == value => return Some(*number),
                Some(_) => at = (at + 1) % (1 << Self::BITS),
                free if self.count < self.most => {
                    let number = self.count;
                    *free = Some((value, number));
                    self.count += 1;
                    return Some(number);
                }
                None => return None,
            }
        }
    }
}

/// The bits of a buffer as a mask.
fn words(bits: &BooleanBuffer) -> Mask {
    let mut words: Mask = bits.bit_chunks().iter_padded().collect();
    words.truncate(mask::words_for(bits.len()));
    words
}

#[cfg(test)]
mod tests {
    use super::{Distinct, Groups};

    #[test]
    fn values_keep_their_numbers() {
        let mut distinct = Distinct::new(3);
        let values = [7, i64::MIN, 7, 0, i64::MIN, 0];
        let numbers: Vec<_> = values.iter().map(|v| distinct.number(*v)).collect();
        assert_eq!(numbers, [0, 1, 0, 2, 1, 2].map(Some));
        assert_eq!(distinct.number(8), None, "a fourth");
        assert_eq!(distinct.number(7), Some(0));
        let mut full = Distinct::new(usize::MAX);
        let numbers = (0..=Distinct::MOST).filter_map(|n| full.number(n as i64)).count();
        assert_eq!(numbers, Distinct::MOST);
    }

    #[test]
    fn rows_are_grouped_by_both_columns() {
        let rows = [0b1011_1111_u64];
        let one = [Some(1), Some(1), None, None, Some(2), Some(2), Some(9), Some(1)];
        let other = [Some(5), Some(5), None, Some(5), Some(5), None, Some(9), Some(5)];
        let first = Groups::new(None, &rows, 7, 8, |row| one[row]).unwrap();
        assert_eq!(
            (first.first.as_slice(), first.of_row.as_slice()),
            ([0, 2, 4].as_slice(), [0, 0, 1, 1, 2, 2, 0].as_slice())
        );
        let both = Groups::new(Some(first), &rows, 7, 8, |row| other[row]).unwrap();
        assert_eq!(both.first, [0, 2, 3, 4, 5]);
        assert_eq!(both.of_row, [0, 0, 1, 2, 3, 4, 0]);
    }
}
