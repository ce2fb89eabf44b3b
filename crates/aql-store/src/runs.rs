//! Sorting more rows than memory holds.
//!
//! Rows are collected up to a budget, sorted, and written to a temporary file as a run; at the end
//! the runs are merged. What fits into memory never touches the disk.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, ErrorKind, Read, Seek, SeekFrom, Take, Write};
use std::path::{Path, PathBuf};

use crate::row::{Row, rows_in};

/// Bytes read at once from each run.
const READ_AHEAD: usize = 256 << 10;

/// Collects rows.
#[derive(Debug)]
pub(crate) struct Runs {
    path: PathBuf,
    budget: usize,
    rows: Vec<u8>,
    /// Start and end of each run in the file.
    runs: Vec<(u64, u64)>,
    file: Option<File>,
    count: u64,
}

impl Runs {
    /// Sorts in this many bytes of memory; what is more goes to this file.
    pub(crate) fn new(path: &Path, budget: usize) -> Self {
        Runs {
            path: path.to_owned(),
            budget,
            rows: Vec::new(),
            runs: Vec::new(),
            file: None,
            count: 0,
        }
    }

    /// Takes rows that stand one after the other.
    pub(crate) fn add(&mut self, rows: &[u8]) -> io::Result<()> {
        let needed = self.rows.len() + rows.len();
        if !self.rows.is_empty() && needed > self.budget {
            self.spill()?;
        } else if needed > self.rows.capacity() && needed > self.budget / 2 {
            // Doubling would go beyond the budget.
            self.rows.reserve_exact(self.budget.max(needed) - self.rows.len());
        }
        self.rows.extend_from_slice(rows);
        Ok(())
    }

    /// Number of rows taken, once they are sorted.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Where the rows in memory start, in order.
    fn sorted(&mut self) -> Vec<usize> {
        let mut start = 0;
        let mut starts = Vec::new();
        for row in rows_in(&self.rows) {
            starts.push(start);
            start += Row::HEAD + row.order().len();
        }
        self.count += starts.len() as u64;
        let order = |start: &usize| row_at(&self.rows, *start).map(|row| row.order());
        starts.sort_unstable_by(|a, b| order(a).cmp(&order(b)));
        starts
    }

    fn spill(&mut self) -> io::Result<()> {
        let file = match self.file.take() {
            Some(file) => file,
            None => File::create(&self.path)?,
        };
        let start = self.runs.last().map_or(0, |(_, end)| *end);
        let mut end = start;
        let mut writer = BufWriter::with_capacity(1 << 20, file);
        let starts = self.sorted();
        for row in starts.into_iter().filter_map(|start| row_at(&self.rows, start)) {
            writer.write_all(&row.head())?;
            writer.write_all(row.order())?;
            end += (Row::HEAD + row.order().len()) as u64;
        }
        self.file = Some(writer.into_inner().map_err(io::IntoInnerError::into_error)?);
        self.runs.push((start, end));
        self.rows.clear();
        Ok(())
    }

    /// All rows in order.
    pub(crate) fn merge(&mut self) -> io::Result<Merge> {
        let starts = self.sorted().into_iter();
        let rows = std::mem::take(&mut self.rows);
        let mut sources = vec![Source::Memory { rows, starts }];
        for (start, end) in &self.runs {
            let mut file = File::open(&self.path)?;
            file.seek(SeekFrom::Start(*start))?;
            sources
                .push(Source::Disk(BufReader::with_capacity(READ_AHEAD, file).take(end - start)));
        }
        let mut merge = Merge { sources, heads: BinaryHeap::new() };
        for source in 0..merge.sources.len() {
            merge.refill(source, Vec::new())?;
        }
        Ok(merge)
    }
}

impl Drop for Runs {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            // If it stays, the next import removes it.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn row_at(rows: &[u8], start: usize) -> Option<Row<'_>> {
    Row::at(rows.get(start..)?)
}

#[derive(Debug)]
enum Source {
    Memory { rows: Vec<u8>, starts: std::vec::IntoIter<usize> },
    Disk(Take<BufReader<File>>),
}

impl Source {
    /// Puts the next row into `bytes`; `false` at the end.
    fn next(&mut self, bytes: &mut Vec<u8>) -> io::Result<bool> {
        bytes.clear();
        match self {
            Source::Memory { rows, starts } => {
                let Some(row) = starts.next().and_then(|start| row_at(rows, start)) else {
                    return Ok(false);
                };
                bytes.extend_from_slice(&row.head());
                bytes.extend_from_slice(row.order());
            }
            Source::Disk(disk) => {
                let mut head = [0; Row::HEAD];
                // At the end of a run there is nothing at all.
                if disk.read(head.get_mut(..1).unwrap_or_default())? == 0 {
                    return Ok(false);
                }
                disk.read_exact(head.get_mut(1..).unwrap_or_default())?;
                bytes.extend_from_slice(&head);
                bytes.resize(Row::HEAD + Row::length(head), 0);
                disk.read_exact(bytes.get_mut(Row::HEAD..).unwrap_or_default())?;
            }
        }
        Ok(true)
    }
}

/// The first row that is left of a source.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    bytes: Vec<u8>,
    source: usize,
}

impl Ord for Head {
    /// The least is the greatest: a heap gives the greatest first.
    fn cmp(&self, other: &Self) -> Ordering {
        let (a, b) = (self.bytes.get(Row::HEAD..), other.bytes.get(Row::HEAD..));
        b.cmp(&a).then_with(|| other.source.cmp(&self.source))
    }
}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Rows of all runs in order.
#[derive(Debug)]
pub(crate) struct Merge {
    sources: Vec<Source>,
    heads: BinaryHeap<Head>,
}

impl Merge {
    /// Calls `visit` with every row, until it fails.
    pub(crate) fn each<E: From<io::Error>>(
        &mut self,
        mut visit: impl FnMut(Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        while let Some(head) = self.heads.pop() {
            let row =
                Row::at(&head.bytes).ok_or_else(|| io::Error::from(ErrorKind::InvalidData))?;
            visit(row)?;
            self.refill(head.source, head.bytes)?;
        }
        Ok(())
    }

    fn refill(&mut self, source: usize, mut bytes: Vec<u8>) -> io::Result<()> {
        if let Some(reader) = self.sources.get_mut(source)
            && reader.next(&mut bytes)?
        {
            self.heads.push(Head { bytes, source });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Runs;

    /// A row of nothing but a key.
    fn row(key: &[u8]) -> Vec<u8> {
        let length = u32::try_from(key.len()).unwrap().to_le_bytes();
        [&length, &length, key].concat()
    }

    proptest! {
        #[test]
        fn rows_come_sorted_whatever_the_budget(
            keys in prop::collection::vec(prop::collection::vec(any::<u8>(), 8..12), 0..60),
            budget in 1usize..400,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("spill");
            let mut runs = Runs::new(&path, budget);
            for key in &keys {
                runs.add(&row(key)).unwrap();
            }
            let mut found = Vec::new();
            runs.merge()
                .unwrap()
                .each(|row| {
                    found.push(row.order().to_owned());
                    Ok::<_, std::io::Error>(())
                })
                .unwrap();
            prop_assert_eq!(runs.count(), keys.len() as u64);
            let mut sorted = keys.clone();
            sorted.sort();
            prop_assert_eq!(found, sorted);
            drop(runs);
            prop_assert!(!path.exists());
        }
    }
}
