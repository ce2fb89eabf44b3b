//! What is read of a segment: which columns give the columns of the needs, and which rows can be
//! left out.

use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use aql_diag::{Diagnostic, codes};
use aql_event::{Needs, TimeRange};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, ParquetStatisticsPolicy};
use parquet::file::statistics::Statistics;

use crate::classes::{FACTS_KEY, FACTS_VERSION, SegmentFacts};
use crate::file_columns::{FileColumns, From, hint};
use crate::files::error;
use crate::known::Known;
use crate::manifest::Segment;
use crate::segment_file::SegmentFile;
use crate::texts::{self, Texts};

/// Wanted rows of a row group that are worth a part of their own. Each part decodes the dictionaries
/// of its columns anew.
const PART_ROWS: usize = 32 << 10;
/// Rows of a page: parts begin with one.
const PAGE_ROWS: usize = 8 << 10;

/// How a segment is read.
#[derive(Debug)]
pub(crate) struct SegmentPlan {
    pub(crate) file: SegmentFile,
    pub(crate) metadata: ArrowReaderMetadata,
    /// By needed column.
    pub(crate) columns: Vec<From>,
    pub(crate) names: FileColumns,
    /// Which texts occur in the raw records, if that is asked and known.
    pub(crate) texts: Option<Texts>,
    /// What is known of the classes, if anything is.
    pub(crate) facts: Option<SegmentFacts>,
    /// Parts of row groups with something to read.
    pub(crate) groups: Vec<GroupPlan>,
}

/// What is read of a row group, or of a part of one.
#[derive(Debug)]
pub(crate) struct GroupPlan {
    /// Its number.
    pub(crate) group: usize,
    /// The file's number of its first row.
    pub(crate) first_row: usize,
    /// Its rows that are wanted, counted from its first one.
    pub(crate) ranges: Vec<Range<usize>>,
    /// The classes of these rows, by number.
    pub(crate) classes: Vec<usize>,
    /// May rows lie outside of the time range?
    pub(crate) check_time: bool,
}

impl GroupPlan {
    /// How many rows are wanted.
    pub(crate) fn rows(&self) -> u64 {
        self.ranges.iter().map(|range| range.len() as u64).sum()
    }
}

/// Says that a segment cannot be read.
pub(crate) fn damaged(path: &Path, what: impl Into<String>) -> Diagnostic {
    error(codes::STORE_SEGMENT, path, what)
        .note("its events are missing from the answer")
        .help("restore the file from a copy, or import the evidence into a new folder")
}

impl SegmentPlan {
    /// Opens a segment and makes the plan for these needs; `in_parts` says whether there are so few
    /// segments that their row groups should be cut.
    pub(crate) fn new(
        path: &Path,
        segment: &Segment,
        needs: &Needs,
        in_parts: bool,
    ) -> Result<Self, Box<Diagnostic>> {
        let file = open(path, segment)?;
        let broken =
            |problem: ParquetError| damaged(path, format!("the file cannot be read: {problem}"));
        let options = ArrowReaderOptions::new()
            .with_skip_arrow_metadata(true)
            .with_column_index_policy(PageIndexPolicy::Skip)
            .with_offset_index_policy(PageIndexPolicy::Optional)
            // Nobody asks for these, and there are some for each column of each row group.
            .with_size_stats_policy(ParquetStatisticsPolicy::SkipAll);
        let metadata = ArrowReaderMetadata::load(&file, options.clone()).map_err(broken)?;
        let rows = metadata.metadata().file_metadata().num_rows();
        if u64::try_from(rows).ok() != Some(segment.rows) {
            let message = format!("the file has {rows} events, and {} were written", segment.rows);
            return Err(Box::new(damaged(path, message)));
        }
        let schema = Arc::clone(metadata.schema());
        let names = FileColumns::of(&schema);
        let facts = facts(&metadata).filter(|facts| {
            facts.classes.iter().map(|class| class.rows as u64).sum::<u64>() == segment.rows
        });
        let unknown = [String::new()];
        let formats = facts.as_ref().map_or(&unknown[..], |facts| &facts.formats);
        let columns: Vec<From> =
            needs.columns().iter().map(|column| names.from(column, formats)).collect();
        let hint = hint(&schema, needs, &columns, metadata.metadata());
        let options = options.with_schema(hint);
        let metadata = ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options)
            .map_err(broken)?;
        let is_asked = |column: &aql_event::Column| {
            let filter = needs.class_filter.as_ref();
            texts::is_of(column) && filter.is_some_and(|filter| filter.looks_for_texts(column))
        };
        let texts = needs.columns().iter().any(is_asked).then_some(segment.texts).flatten();
        let texts = texts.and_then(|_| Texts::open(path, segment.bytes, segment.rows));
        let groups = Vec::new();
        let mut plan = SegmentPlan { file, metadata, columns, names, texts, facts, groups };
        let rows = usize::try_from(segment.rows).unwrap_or(usize::MAX);
        let wanted = plan.wanted_classes(needs, rows);
        plan.groups = plan.groups(needs.time, &wanted, in_parts);
        Ok(plan)
    }

    /// The classes that the class filter does not rule out, by number, and their rows.
    fn wanted_classes(&self, needs: &Needs, rows: usize) -> Vec<(usize, Range<usize>)> {
        let Some(facts) = &self.facts else { return vec![(usize::MAX, 0..rows)] };
        let mut wanted = Vec::new();
        let mut start = 0;
        for (number, class) in facts.classes.iter().enumerate() {
            let end = start + class.rows;
            let known = || Known::new(Some(facts), &[number], needs, &self.columns, &self.names);
            if needs.class_filter.is_none() || known().may_match(needs) {
                wanted.push((number, start..end));
            }
            start = end;
        }
        wanted
    }

    /// The parts of row groups that have wanted rows and may hold a time of the range.
    ///
    /// Row groups are read as a whole unless there are few: then one thread would be left with much
    /// while the others have nothing to do. The number of threads has no say, so that batches do not
    /// depend on it.
    fn groups(
        &self,
        time: Option<TimeRange>,
        wanted: &[(usize, Range<usize>)],
        in_parts: bool,
    ) -> Vec<GroupPlan> {
        let mut groups = Vec::new();
        let mut start = 0;
        for (number, group) in self.metadata.metadata().row_groups().iter().enumerate() {
            let rows = usize::try_from(group.num_rows()).unwrap_or(0);
            let first_row = start;
            let end = start + rows;
            start = end;
            let statistics = self.names.time.and_then(|at| group.columns().get(at)?.statistics());
            let (span, has_undated) = match statistics {
                Some(Statistics::Int64(values)) => (
                    values.min_opt().copied().zip(values.max_opt().copied()),
                    values.null_count_opt() != Some(0),
                ),
                _ => (None, true),
            };
            let mut check_time = time.is_some();
            if let (Some(range), Some((oldest, newest))) = (time, span) {
                if newest < range.start || oldest >= range.end {
                    continue;
                }
                let is_inside = range.contains(oldest) && range.contains(newest);
                check_time = !is_inside || has_undated;
            }
            let wanted =
                wanted.iter().filter(|(_, range)| range.start < end && range.end > first_row);
            let (from, step) = match in_parts {
                true => parts(wanted.clone().map(|(_, range)| range), first_row..end),
                false => (first_row, rows),
            };
            for part in (from..end).step_by(step.max(1)) {
                let part = part..end.min(part + step.max(1));
                let (mut ranges, mut classes): (Vec<Range<usize>>, _) = (Vec::new(), Vec::new());
                for (class, range) in wanted.clone() {
                    if range.start >= part.end || range.end <= part.start {
                        continue;
                    }
                    let inside = range.start.max(part.start)..range.end.min(part.end);
                    let inside = inside.start - first_row..inside.end - first_row;
                    classes.push(*class);
                    match ranges.last_mut().filter(|last| last.end == inside.start) {
                        Some(last) => last.end = inside.end,
                        None => ranges.push(inside),
                    }
                }
                if !ranges.is_empty() {
                    groups.push(GroupPlan {
                        group: number,
                        first_row,
                        ranges,
                        classes,
                        check_time,
                    });
                }
            }
        }
        groups
    }
}

/// Where the first part of a row group begins of which these rows are wanted, and how long each is.
fn parts<'r>(
    wanted: impl Iterator<Item = &'r Range<usize>>,
    group: Range<usize>,
) -> (usize, usize) {
    let (mut first, mut count) = (group.end, 0);
    for range in wanted {
        let inside = range.start.max(group.start)..range.end.min(group.end);
        first = first.min(inside.start);
        count += inside.len();
    }
    let parts = (count / PART_ROWS).max(1);
    let from = group.start + (first - group.start) / PAGE_ROWS * PAGE_ROWS;
    match parts {
        1 => (group.start, group.len()),
        // Mostly the wanted rows lie together.
        _ => (from, count.div_ceil(parts).next_multiple_of(PAGE_ROWS)),
    }
}

/// Opens a segment, if it is as long as it was.
pub(crate) fn open(path: &Path, segment: &Segment) -> Result<SegmentFile, Box<Diagnostic>> {
    let file = File::open(path)
        .map_err(|problem| damaged(path, format!("the file cannot be opened: {problem}")))?;
    let bytes = file.metadata().map(|metadata| metadata.len()).unwrap_or(0);
    if bytes != segment.bytes {
        let message = format!("the file has {bytes} bytes, and {} were written", segment.bytes);
        return Err(Box::new(damaged(path, message)));
    }
    Ok(SegmentFile::new(file, bytes))
}

/// What the footer says about the classes; nothing if it says it in a way that is not known.
fn facts(metadata: &ArrowReaderMetadata) -> Option<SegmentFacts> {
    let pairs = metadata.metadata().file_metadata().key_value_metadata()?;
    let text = pairs.iter().find(|pair| pair.key == FACTS_KEY)?.value.as_ref()?;
    serde_json::from_str(text).ok().filter(|facts: &SegmentFacts| facts.version == FACTS_VERSION)
}

#[cfg(test)]
mod tests {
    use super::{PAGE_ROWS, PART_ROWS, parts};

    #[test]
    fn parts_are_as_long_as_each_other_and_begin_with_a_page() {
        let group = 1000..1000 + 4 * PART_ROWS;
        let of = |start: usize, end: usize| {
            parts(std::iter::once(&(1000 + start..1000 + end)), group.clone())
        };
        assert_eq!(of(0, 2 * PART_ROWS - 1), (1000, 4 * PART_ROWS), "one part");
        assert_eq!(of(0, 2 * PART_ROWS), (1000, PART_ROWS));
        let (from, length) = of(PAGE_ROWS + 5, PAGE_ROWS + 5 + 2 * PART_ROWS);
        assert_eq!((from, length), (1000 + PAGE_ROWS, PART_ROWS));
        assert_eq!(of(0, 4 * PART_ROWS), (1000, PART_ROWS));
        assert_eq!(of(7, 2 * PART_ROWS + 8), (1000, PART_ROWS + PAGE_ROWS));
    }
}
