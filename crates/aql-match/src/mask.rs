//! Sets of rows as bit words, and a store of words to reuse.

/// A set of rows of one batch: row `i` is bit `i % 64` of word `i / 64`. Bits past the last row
/// are never set.
pub(crate) type Mask = Vec<u64>;

/// Words that a mask of so many rows has.
pub(crate) fn words_for(rows: usize) -> usize {
    rows.div_ceil(64)
}

/// Sets all of the first `rows` bits.
pub(crate) fn fill(mask: &mut [u64], rows: usize) {
    mask.fill(u64::MAX);
    if !rows.is_multiple_of(64)
        && let Some(last) = mask.last_mut()
    {
        *last = (1 << (rows % 64)) - 1;
    }
}

/// Is no row in it?
pub(crate) fn is_empty(mask: &[u64]) -> bool {
    mask.iter().all(|&w| w == 0)
}

/// Number of rows in it.
pub(crate) fn count(mask: &[u64]) -> usize {
    mask.iter().map(|w| w.count_ones() as usize).sum()
}

/// Takes out what is in `other`.
pub(crate) fn and_not(mask: &mut [u64], other: &[u64]) {
    for (a, b) in mask.iter_mut().zip(other) {
        *a &= !b;
    }
}

/// Adds what is in `other`.
pub(crate) fn or(mask: &mut [u64], other: &[u64]) {
    for (a, b) in mask.iter_mut().zip(other) {
        *a |= b;
    }
}

/// Adds what is in both `a` and `b`.
pub(crate) fn or_and(mask: &mut [u64], a: &[u64], b: &[u64]) {
    for ((m, a), b) in mask.iter_mut().zip(a).zip(b) {
        *m |= a & b;
    }
}

/// Puts one row in.
pub(crate) fn set(mask: &mut [u64], row: usize) {
    if let Some(word) = mask.get_mut(row / 64) {
        *word |= 1 << (row % 64);
    }
}

/// The rows in it, ascending.
pub(crate) fn rows(mask: &[u64]) -> impl Iterator<Item = usize> + '_ {
    mask.iter().enumerate().flat_map(|(at, &word)| {
        let mut left = word;
        std::iter::from_fn(move || {
            if left == 0 {
                return None;
            }
            let bit = left.trailing_zeros() as usize;
            left &= left - 1;
            Some(at * 64 + bit)
        })
    })
}

/// Masks that are not in use, so that a batch allocates nothing once the store has grown.
#[derive(Debug, Default)]
pub(crate) struct MaskStore {
    free: Vec<Mask>,
    words: usize,
}

impl MaskStore {
    /// From now on, masks of so many words.
    pub(crate) fn resize(&mut self, words: usize) {
        self.words = words;
    }

    /// A mask without rows.
    pub(crate) fn empty(&mut self) -> Mask {
        let mut mask = self.free.pop().unwrap_or_default();
        mask.clear();
        mask.resize(self.words, 0);
        mask
    }

    /// A copy.
    pub(crate) fn copy(&mut self, of: &[u64]) -> Mask {
        let mut mask = self.free.pop().unwrap_or_default();
        mask.clear();
        mask.extend_from_slice(of);
        mask
    }

    /// Takes a mask back.
    pub(crate) fn give(&mut self, mask: Mask) {
        self.free.push(mask);
    }
}

#[cfg(test)]
mod tests {
    use super::{count, fill, rows, set, words_for};

    #[test]
    fn fill_sets_no_bit_past_the_end() {
        for n in [0, 1, 63, 64, 65, 128, 200] {
            let mut mask = vec![0; words_for(n)];
            fill(&mut mask, n);
            assert_eq!(count(&mask), n, "{n} rows");
        }
    }

    #[test]
    fn rows_come_in_order() {
        let mut mask = vec![0; 4];
        for row in [200, 3, 64, 63, 0] {
            set(&mut mask, row);
        }
        assert_eq!(rows(&mask).collect::<Vec<_>>(), [0, 3, 63, 64, 200]);
    }
}
