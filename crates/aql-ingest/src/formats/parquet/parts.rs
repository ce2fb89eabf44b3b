//! How a file is cut up between threads: by its groups of rows, and large groups by their rows.

use std::ops::Range;

use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use parquet::file::reader::ChunkReader;

use super::open;

/// Some rows of a file, all of one group.
#[derive(Clone)]
pub(crate) struct Part {
    /// What the footer of the file says.
    pub(super) metadata: ArrowReaderMetadata,
    pub(super) group: usize,
    /// The rows, as the group counts them.
    pub(super) rows: Range<usize>,
    /// How many rows come before in the file.
    pub(super) before: u64,
    /// Its share of the file's bytes.
    pub(crate) bytes: u64,
}

impl Part {
    /// The number in the file of a row of the part, counted from 1.
    pub(super) fn number(&self, row: usize) -> u64 {
        self.before.saturating_add(row as u64 + 1)
    }

    /// Were that all rows?
    pub(super) fn check(&self, done: usize) -> Result<(), String> {
        match done == self.rows.len() {
            true => Ok(()),
            false => Err("its columns end before it".to_owned()),
        }
    }
}

/// A part has at least as many rows, so that opening it does not cost more than reading it.
const LEAST_ROWS: usize = 1 << 14;
/// A group is cut into no more; its size is what the footer says, be it true or not.
const MOST_PIECES: usize = 1 << 10;

/// The parts of a file of more data than twice `size`, each of about `size`; nothing if the file is
/// smaller or cannot be read.
pub(crate) fn parts<R: ChunkReader>(input: &R, size: u64) -> Option<Vec<Part>> {
    let metadata = open(input).ok()?;
    let groups = groups(&metadata);
    let data = |group: usize| {
        let group = metadata.metadata().row_groups().get(group);
        group.and_then(|group| u64::try_from(group.total_byte_size()).ok()).unwrap_or(0)
    };
    let all = (0..groups.len()).fold(0, |sum: u64, group| sum.saturating_add(data(group)));
    if all <= size.saturating_mul(2) {
        return None;
    }
    let columns = metadata.parquet_schema().columns();
    // Among rows of lists nobody knows where one begins without decoding those before it.
    let is_flat = columns.iter().all(|column| column.max_rep_level() == 0);
    let mut parts = Vec::new();
    for whole in groups {
        let rows = whole.rows.len();
        let pieces = usize::try_from(data(whole.group) / size.max(1)).unwrap_or(usize::MAX);
        let most = (rows / LEAST_ROWS).clamp(1, MOST_PIECES);
        let pieces = if is_flat { pieces.clamp(1, most) } else { 1 };
        let step = rows.div_ceil(pieces).max(1);
        let mut start = 0;
        while start < rows {
            let end = (start + step).min(rows);
            let before = whole.before + start as u64;
            parts.push(Part { rows: start..end, before, ..whole.clone() });
            start = end;
        }
    }
    let total: u64 = parts.last().map_or(0, |part| part.number(part.rows.len()) - 1);
    let share = |rows: u64| {
        let bytes = u128::from(input.len()) * u128::from(rows) / u128::from(total.max(1));
        u64::try_from(bytes).unwrap_or(0)
    };
    for part in &mut parts {
        let rows = share(part.before.saturating_add(part.rows.len() as u64));
        part.bytes = rows.saturating_sub(share(part.before));
    }
    (parts.len() > 1).then_some(parts)
}

/// The groups of rows of a file.
pub(super) fn groups(metadata: &ArrowReaderMetadata) -> Vec<Part> {
    let mut before: u64 = 0;
    let groups = metadata.metadata().row_groups().iter().enumerate();
    let part = |(group, about): (usize, &parquet::file::metadata::RowGroupMetaData)| {
        let rows = usize::try_from(about.num_rows()).unwrap_or(0);
        let part = Part { metadata: metadata.clone(), group, rows: 0..rows, before, bytes: 0 };
        before = before.saturating_add(rows as u64);
        part
    };
    groups.map(part).collect()
}
