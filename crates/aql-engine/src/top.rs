//! ORDER BY with LIMIT while events are read: rows that cannot come among the first are left out
//! before their other columns are computed.
//!
//! This only ever thins out. The sort that follows decides, ties included, so that the result does
//! not depend on which thread read what first.

use std::sync::{Mutex, PoisonError};

use arrow_array::{Array, ArrayRef, BooleanArray, Scalar};
use arrow_buffer::BooleanBufferBuilder;
use arrow_ord::cmp::{gt_eq, lt_eq};
use arrow_ord::sort::{SortColumn, SortOptions, lexsort_to_indices, sort_to_indices};
use arrow_select::concat::concat;
use arrow_select::filter::filter;
use arrow_select::take::take;

use crate::failure::Failure;
use crate::plan::Stages;

/// Most rows for which the best keys are kept. Beyond, few batches would have rows to leave out.
const MAX_ROWS: usize = 4096;

/// The best keys seen so far.
pub(crate) struct Top {
    rows: usize,
    /// Descending, per sort key.
    order: Vec<bool>,
    /// Values of the first sort key of so many rows, best first; fewer until so many have come.
    best: Mutex<Option<ArrayRef>>,
}

impl Top {
    /// Nothing if the result is not the first rows in an order.
    pub(crate) fn new(stages: &Stages) -> Option<Top> {
        let rows = stages.first_in_order().filter(|rows| (1..=MAX_ROWS).contains(rows))?;
        let order = stages.order.iter().map(|(_, descending)| *descending).collect();
        Some(Top { rows, order, best: Mutex::new(None) })
    }

    /// Which rows of a batch may be in the result; nothing if all of them may. `keys` are the sort
    /// keys of the batch.
    pub(crate) fn candidates(&self, keys: &[ArrayRef]) -> Result<Option<BooleanArray>, Failure> {
        let (Some(first), Some(&descending)) = (keys.first(), self.order.first()) else {
            return Ok(None);
        };
        let mask = self.not_worse(first, descending)?;
        let left = mask.as_ref().map_or(first.len(), BooleanArray::true_count);
        if left == 0 {
            return Ok(mask);
        }
        let mask = match left > self.rows {
            true => Some(self.first_rows(keys, mask.as_ref())?),
            false => mask,
        };
        let better = match &mask {
            Some(mask) => filter(first, mask)?,
            None => first.clone(),
        };
        self.remember(&better, descending)?;
        Ok(mask)
    }

    /// The rows whose first key is not worse than that of as many rows as are wanted; equal keys
    /// stay, since further keys or the place in the evidence decide between them.
    fn not_worse(
        &self,
        first: &ArrayRef,
        descending: bool,
    ) -> Result<Option<BooleanArray>, Failure> {
        let best = self.best.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(best) = best.filter(|best| best.len() >= self.rows) else { return Ok(None) };
        let worst = best.slice(self.rows - 1, 1);
        if worst.is_null(0) {
            // Nulls come last descending: all are as good. Ascending they come first.
            let nulls = || BooleanArray::new(nulls_of(first), None);
            return Ok((!descending).then(nulls));
        }
        let worst = Scalar::new(worst);
        let compared = if descending { gt_eq(first, &worst)? } else { lt_eq(first, &worst)? };
        let (mut mask, valid) = compared.into_parts();
        if let Some(valid) = valid {
            mask = if descending { &mask & valid.inner() } else { &mask | &!valid.inner() };
        }
        Ok(Some(BooleanArray::new(mask, None)))
    }

    /// Of the rows of a mask, those that come first; of equal ones the earlier.
    fn first_rows(
        &self,
        keys: &[ArrayRef],
        mask: Option<&BooleanArray>,
    ) -> Result<BooleanArray, Failure> {
        let rows = keys.first().map_or(0, |key| key.len());
        let places: ArrayRef = {
            let end = u32::try_from(rows).unwrap_or(u32::MAX);
            std::sync::Arc::new(arrow_array::UInt32Array::from_iter_values(0..end))
        };
        let column = |array: &ArrayRef, options| -> Result<SortColumn, Failure> {
            let values = match mask {
                Some(mask) => filter(array, mask)?,
                None => array.clone(),
            };
            Ok(SortColumn { values, options: Some(options) })
        };
        let mut columns = Vec::with_capacity(keys.len() + 1);
        for (key, &descending) in keys.iter().zip(&self.order) {
            columns.push(column(key, sort_options(descending))?);
        }
        let places = column(&places, sort_options(false))?;
        let numbers = std::sync::Arc::clone(&places.values);
        columns.push(places);
        let chosen = take(&numbers, &lexsort_to_indices(&columns, Some(self.rows))?, None)?;
        let mut mask = BooleanBufferBuilder::new(rows);
        mask.append_n(rows, false);
        if let Some(chosen) = chosen.as_any().downcast_ref::<arrow_array::UInt32Array>() {
            for &place in chosen.values() {
                mask.set_bit(place as usize, true);
            }
        }
        Ok(BooleanArray::new(mask.finish(), None))
    }

    fn remember(&self, keys: &ArrayRef, descending: bool) -> Result<(), Failure> {
        let mut best = self.best.lock().unwrap_or_else(PoisonError::into_inner);
        let all = match &*best {
            Some(best) => concat(&[best, keys])?,
            None => keys.clone(),
        };
        let first = sort_to_indices(&all, Some(sort_options(descending)), Some(self.rows))?;
        *best = Some(take(&all, &first, None)?);
        Ok(())
    }
}

/// Nulls come first ascending, last descending, as in the sort that follows.
pub(crate) fn sort_options(descending: bool) -> SortOptions {
    SortOptions { descending, nulls_first: !descending }
}

fn nulls_of(array: &ArrayRef) -> arrow_buffer::BooleanBuffer {
    match array.nulls() {
        Some(valid) => !valid.inner(),
        None => arrow_buffer::BooleanBuffer::new_unset(array.len()),
    }
}
