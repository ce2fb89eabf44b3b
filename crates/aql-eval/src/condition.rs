//! The outcome of a condition for every row.

use arrow_array::BooleanArray;
use arrow_buffer::{BooleanBuffer, NullBuffer};

/// For every row: true, false or null.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// Rows where it is true.
    pub truth: BooleanBuffer,
    /// Rows where it is null, apart from those where it is true; nothing if there are none, as
    /// always under [`NullSemantics::TwoValued`](aql_semantic::NullSemantics).
    pub null: Option<BooleanBuffer>,
}

impl Condition {
    /// The same outcome for every row; nothing is null.
    pub fn constant(rows: usize, outcome: Option<bool>) -> Self {
        let all =
            |set| if set { BooleanBuffer::new_set(rows) } else { BooleanBuffer::new_unset(rows) };
        Condition { truth: all(outcome == Some(true)), null: outcome.is_none().then(|| all(true)) }
    }

    /// From an outcome per row.
    pub fn collect(rows: usize, outcome: impl Fn(usize) -> Option<bool>) -> Self {
        let truth = BooleanBuffer::collect_bool(rows, |row| outcome(row) == Some(true));
        let null = BooleanBuffer::collect_bool(rows, |row| outcome(row).is_none());
        Condition::new(truth, Some(null))
    }

    /// From the rows where it is true and those where it is null.
    pub(crate) fn new(truth: BooleanBuffer, null: Option<BooleanBuffer>) -> Self {
        Condition { truth, null: null.filter(|n| n.has_true()) }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.truth.len()
    }

    /// Are there no rows?
    pub fn is_empty(&self) -> bool {
        self.truth.is_empty()
    }

    /// The outcome for a row.
    pub fn value(&self, row: usize) -> Option<bool> {
        match &self.null {
            Some(null) if null.value(row) => None,
            _ => Some(self.truth.value(row)),
        }
    }

    /// Null turned into false.
    #[must_use]
    pub fn two_valued(self) -> Self {
        Condition { truth: self.truth, null: None }
    }

    /// Rows that are not false.
    pub(crate) fn not_false(&self) -> BooleanBuffer {
        match &self.null {
            Some(null) => &self.truth | null,
            None => self.truth.clone(),
        }
    }

    /// Kleene's and: false if one is, else null if one is.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let truth = &self.truth & &other.truth;
        let null = if self.null.is_none() && other.null.is_none() {
            None
        } else {
            Some(&(&self.not_false() & &other.not_false()) & &!&truth)
        };
        Condition::new(truth, null)
    }

    /// Kleene's or: true if one is, else null if one is.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        let truth = &self.truth | &other.truth;
        let null = if self.null.is_none() && other.null.is_none() {
            None
        } else {
            Some(&(&self.not_false() | &other.not_false()) & &!&truth)
        };
        Condition::new(truth, null)
    }

    /// True and false exchanged; null stays.
    #[must_use]
    pub fn negated(&self) -> Self {
        Condition { truth: !&self.not_false(), null: self.null.clone() }
    }

    /// As an Arrow array.
    pub fn to_array(&self) -> BooleanArray {
        let valid = self.null.as_ref().map(|null| NullBuffer::new(!null));
        BooleanArray::new(self.truth.clone(), valid)
    }
}

#[cfg(test)]
mod tests {
    use super::Condition;

    const ALL: [Option<bool>; 3] = [Some(true), Some(false), None];

    #[test]
    fn kleene_tables() {
        for a in ALL {
            for b in ALL {
                let (x, y) = (Condition::collect(1, |_| a), Condition::collect(1, |_| b));
                let and = match (a, b) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                };
                let or = match (a, b) {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (Some(false), Some(false)) => Some(false),
                    _ => None,
                };
                assert_eq!((x.and(&y).value(0), x.or(&y).value(0)), (and, or), "{a:?} {b:?}");
                assert_eq!(x.negated().value(0), a.map(|v| !v));
                assert_eq!(x.clone(), Condition::constant(1, a));
                assert_eq!(x.two_valued().value(0), Some(a == Some(true)));
            }
        }
    }
}
