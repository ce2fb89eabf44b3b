//! All tests of one integer column, in one pass.

use rustc_hash::FxHashMap;

use crate::atom::IntegerTest;
use crate::node::AtomId;

/// Constants up to which each is compared with the whole column; above, each value is looked up.
const FEW: usize = 6;

/// The tests of an integer column.
#[derive(Debug, Default)]
pub(crate) struct Integers {
    by_value: FxHashMap<i64, Vec<AtomId>>,
    /// The same in order, if there are few.
    few: Vec<(i64, Vec<AtomId>)>,
    ranges: Vec<(i64, i64, AtomId)>,
}

impl Integers {
    /// The tests with the numbers of their atoms.
    pub(crate) fn new<'a>(tests: impl Iterator<Item = (AtomId, &'a IntegerTest)>) -> Self {
        let mut all = Integers::default();
        for (atom, test) in tests {
            match test {
                IntegerTest::OneOf(list) => {
                    for &value in list {
                        all.by_value.entry(value).or_default().push(atom);
                    }
                }
                IntegerTest::Between(first, last) => all.ranges.push((*first, *last, atom)),
            }
        }
        if all.by_value.len() <= FEW {
            all.few = all.by_value.drain().collect();
            all.few.sort_unstable();
        }
        all
    }

    /// Calls `hit` with sets of rows: atom, word of the row mask, bits of it. Rows that are null
    /// must be taken out afterwards.
    pub(crate) fn scan(&self, values: &[i64], mut hit: impl FnMut(AtomId, usize, u64)) {
        for (at, chunk) in values.chunks(64).enumerate() {
            for (constant, atoms) in &self.few {
                let bits = bits(chunk, |v| v == *constant);
                if bits != 0 {
                    atoms.iter().for_each(|&atom| hit(atom, at, bits));
                }
            }
            for &(first, last, atom) in &self.ranges {
                let bits = bits(chunk, |v| first <= v && v <= last);
                if bits != 0 {
                    hit(atom, at, bits);
                }
            }
            if self.by_value.is_empty() {
                continue;
            }
            let mut before: Option<(i64, Option<&Vec<AtomId>>)> = None;
            for (bit, &value) in chunk.iter().enumerate() {
                // Neighbouring events often have the same number.
                let atoms = match before {
                    Some((same, atoms)) if same == value => atoms,
                    _ => self.by_value.get(&value),
                };
                before = Some((value, atoms));
                atoms.into_iter().flatten().for_each(|&atom| hit(atom, at, 1 << bit));
            }
        }
    }
}

#[inline(always)]
fn bits(chunk: &[i64], test: impl Fn(i64) -> bool) -> u64 {
    chunk.iter().enumerate().fold(0, |bits, (i, &v)| bits | u64::from(test(v)) << i)
}

#[cfg(test)]
mod tests {
    use super::Integers;
    use crate::atom::IntegerTest;

    #[test]
    fn scanning_is_testing_one_by_one() {
        let values: Vec<i64> = (-70..70).chain([i64::MIN, i64::MAX, 5, 5]).collect();
        for constants in [3, 40] {
            let mut tests: Vec<IntegerTest> =
                (0..constants).map(|c| IntegerTest::OneOf(vec![c, c * 2])).collect();
            tests.push(IntegerTest::Between(-3, 9));
            tests.push(IntegerTest::Between(1, 0));
            tests.push(IntegerTest::Between(60, i64::MAX));
            let all = Integers::new((0..).zip(&tests));
            let mut masks = vec![[0u64; 3]; tests.len()];
            all.scan(&values, |atom, word, bits| masks[atom as usize][word] |= bits);
            for (test, mask) in tests.iter().zip(masks) {
                for (row, &value) in values.iter().enumerate() {
                    let hit = mask[row / 64] >> (row % 64) & 1 == 1;
                    assert_eq!(hit, test.holds(value), "{test:?} {value}");
                }
            }
        }
    }
}
