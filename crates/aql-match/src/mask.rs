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

/// Parts of a mask that hold rows: most tests are true in few rows, and a mask has many words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parts(u64);

impl Parts {
    /// Words of a part.
    const WORDS: usize = 4;
    /// Parts up to which only those that hold rows are looked at.
    const FEW: u32 = 12;
    /// Any.
    pub(crate) const ALL: Parts = Parts(u64::MAX);

    /// There are rows in a word now. What lies behind the last part is in all of them.
    #[inline]
    pub(crate) fn add(&mut self, word: usize) {
        let part = word / Self::WORDS;
        self.0 |= if part < 64 { 1 << part } else { u64::MAX };
    }

    /// Adds what is in both `a` and `b`, of which these are the parts of `b`.
    pub(crate) fn or_and(self, mask: &mut [u64], a: &[u64], b: &[u64]) {
        if self.0.count_ones() > Self::FEW {
            or_and(mask, a, b);
            return;
        }
        let mut left = self.0;
        while left != 0 {
            let start = left.trailing_zeros() as usize * Self::WORDS;
            left &= left - 1;
            let end = (start + Self::WORDS).min(mask.len());
            let words = (mask.get_mut(start..end), a.get(start..end), b.get(start..end));
            if let (Some(mask), Some(a), Some(b)) = words {
                or_and(mask, a, b);
            }
        }
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
    use super::{Parts, count, fill, or_and, rows, set, words_for};

    #[test]
    fn parts_leave_nothing_out() {
        for (words, step) in [(1, 7), (3, 64), (130, 1000), (256, 5000), (700, 3000), (130, 3)] {
            let (mut a, mut b, mut parts) = (vec![0; words], vec![0; words], Parts::default());
            for row in (0..words * 64).step_by(step) {
                set(&mut b, row);
                parts.add(row / 64);
                if row % 3 != 0 {
                    set(&mut a, row);
                }
            }
            let (mut some, mut all) = (vec![1; words], vec![1; words]);
            parts.or_and(&mut some, &a, &b);
            or_and(&mut all, &a, &b);
            assert_eq!(some, all, "{words} words, every {step}th row");
        }
    }

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
