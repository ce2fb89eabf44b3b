//! Which columns the events of a partition have values in: known before the first of them is written.
//!
//! A Parquet file has its columns from its first row on. So while evidence is read, the names of
//! fields are counted per partition; the most frequent become columns. Names that differ in case only
//! are one. Counting in any order gives the same columns.

use aql_event::fields;
use rustc_hash::FxHashMap;

/// Fields of a partition that get a column of their own; the rest go into one together.
pub(crate) const MAX_FIELD_COLUMNS: usize = 512;
/// Names that are told apart; hostile evidence could hold any number.
const MAX_NAMES: usize = 1 << 18;

/// What the events of one partition have values in.
#[derive(Debug, Default)]
struct Partition {
    /// How many events have each name.
    names: FxHashMap<u32, u64>,
    /// Fixed columns that have a value, by number.
    filled: Vec<bool>,
    /// Does an event have a field that can have no column: of a name that comes twice in it?
    more: bool,
}

/// Counts the names of one batch of events.
#[derive(Debug, Default)]
pub(crate) struct BatchNames {
    /// Every spelling, and the number of its name.
    spellings: FxHashMap<Box<str>, u32>,
    /// Names in lower case.
    folded: FxHashMap<String, u32>,
    /// By number: the event that had it last.
    last: Vec<u64>,
    partitions: FxHashMap<u64, Partition>,
    events: u64,
}

impl BatchNames {
    /// Counts an event: its partition, its filled columns, its fields.
    pub(crate) fn add(&mut self, partition: u64, filled: &[bool], all_fields: &[u8]) {
        self.events += 1;
        let counts = self.partitions.entry(partition).or_default();
        join_filled(&mut counts.filled, filled);
        for name in fields::names(all_fields) {
            let id = match self.spellings.get(name) {
                Some(id) => *id,
                None => {
                    let next = u32::try_from(self.last.len()).unwrap_or(u32::MAX);
                    let id = *self.folded.entry(name.to_ascii_lowercase()).or_insert(next);
                    if id == next {
                        self.last.push(0);
                    }
                    self.spellings.insert(Box::from(name), id);
                    id
                }
            };
            let Some(last) = self.last.get_mut(id as usize) else { continue };
            if std::mem::replace(last, self.events) == self.events {
                counts.more = true;
            } else {
                *counts.names.entry(id).or_default() += 1;
            }
        }
    }
}

fn join_filled(into: &mut Vec<bool>, filled: &[bool]) {
    into.resize(into.len().max(filled.len()), false);
    for (into, filled) in into.iter_mut().zip(filled) {
        *into |= *filled;
    }
}

/// The names of all events of an import.
#[derive(Debug, Default)]
pub(crate) struct Names {
    ids: FxHashMap<String, u32>,
    /// By number: the spelling that is shown, the first one in the order of bytes.
    shown: Vec<Box<str>>,
    partitions: FxHashMap<u64, Partition>,
}

/// The columns of the events of a partition.
#[derive(Debug, Default)]
pub(crate) struct PartitionColumns {
    /// Names of the fields that get a column, in order.
    pub(crate) fields: Vec<Box<str>>,
    /// By number: has this fixed column a value?
    pub(crate) filled: Vec<bool>,
    /// Are there fields without a column?
    pub(crate) more: bool,
}

impl Names {
    /// Takes the names of a batch.
    pub(crate) fn join(&mut self, batch: BatchNames) {
        let mut ids: Vec<Option<u32>> = vec![None; batch.last.len()];
        for (spelling, local) in batch.spellings {
            let Some(slot) = ids.get_mut(local as usize) else { continue };
            let folded = spelling.to_ascii_lowercase();
            let id = match self.ids.get(&folded) {
                Some(id) => *id,
                None if self.shown.len() >= MAX_NAMES => continue,
                None => {
                    let id = u32::try_from(self.shown.len()).unwrap_or(u32::MAX);
                    self.ids.insert(folded, id);
                    self.shown.push(spelling.clone());
                    id
                }
            };
            *slot = Some(id);
            if let Some(shown) = self.shown.get_mut(id as usize).filter(|s| **s > spelling) {
                *shown = spelling;
            }
        }
        for (partition, counts) in batch.partitions {
            let into = self.partitions.entry(partition).or_default();
            join_filled(&mut into.filled, &counts.filled);
            into.more |= counts.more;
            for (local, count) in counts.names {
                match ids.get(local as usize).copied().flatten() {
                    Some(id) => *into.names.entry(id).or_default() += count,
                    None => into.more = true,
                }
            }
        }
    }

    /// The columns of a partition: the most frequent names, those of equal number by name.
    pub(crate) fn columns(&self, partition: u64) -> PartitionColumns {
        let Some(counts) = self.partitions.get(&partition) else {
            return PartitionColumns::default();
        };
        let name = |id: u32| self.shown.get(id as usize);
        let mut names: Vec<(u64, &Box<str>)> =
            counts.names.iter().filter_map(|(id, count)| Some((*count, name(*id)?))).collect();
        names.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        let more = counts.more || names.len() > MAX_FIELD_COLUMNS;
        names.truncate(MAX_FIELD_COLUMNS);
        let mut fields: Vec<Box<str>> = names.into_iter().map(|(_, name)| name.clone()).collect();
        fields.sort();
        PartitionColumns { fields, filled: counts.filled.clone(), more }
    }
}

#[cfg(test)]
mod tests {
    use aql_event::fields;

    use super::{BatchNames, MAX_FIELD_COLUMNS, Names};

    fn blob(names: &[&str]) -> Vec<u8> {
        let mut bytes = Vec::new();
        names.iter().for_each(|name| fields::push(&mut bytes, name, "x"));
        bytes
    }

    #[test]
    fn names_of_any_case_are_one_column_whatever_the_order() {
        let batches = [(1, blob(&["b", "image"])), (1, blob(&["Image"])), (2, blob(&["c", "C"]))];
        let all = |order: [usize; 3]| {
            let mut names = Names::default();
            for at in order {
                let mut batch = BatchNames::default();
                batch.add(batches[at].0, &[at == 1, false], &batches[at].1);
                names.join(batch);
            }
            let one = names.columns(1);
            assert_eq!(one.fields.iter().map(|f| &**f).collect::<Vec<_>>(), ["Image", "b"]);
            assert_eq!((one.filled, one.more), (vec![true, false], false));
            assert!(names.columns(2).more, "a name that comes twice in an event");
            assert!(names.columns(3).fields.is_empty());
        };
        all([0, 1, 2]);
        all([2, 1, 0]);
    }

    #[test]
    fn rare_names_have_no_column() {
        let mut batch = BatchNames::default();
        for n in 0..=MAX_FIELD_COLUMNS {
            batch.add(1, &[], &blob(&[&format!("name{n:04}"), "often"]));
        }
        let mut names = Names::default();
        names.join(batch);
        let columns = names.columns(1);
        assert_eq!(columns.fields.len(), MAX_FIELD_COLUMNS);
        assert!(columns.more && columns.fields.contains(&Box::from("often")));
    }
}
