//! What is read of a segment: which columns give the columns of the needs, and which rows can be
//! left out.

use std::collections::BTreeSet;
use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use aql_diag::{Diagnostic, codes};
use aql_event::{
    BatchBuilder, ClassRow, Column, ColumnKind, Encoding, Needs, TimeRange, provenance,
};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, RowSelection};
use parquet::errors::ParquetError;
use parquet::file::metadata::PageIndexPolicy;
use parquet::file::statistics::Statistics;
use rustc_hash::FxHashMap;
use serde_json::Value;

use crate::classes::{ClassFacts, FACTS_KEY, FACTS_VERSION, SegmentFacts};
use crate::columns::{FIELD_PREFIX, MORE, PAYLOAD, PAYLOAD_BYTES, TIME};
use crate::files::error;
use crate::manifest::Segment;

/// Where the values of a needed column come from. Columns of the file by their number.
#[derive(Clone, Debug)]
pub(crate) enum From {
    /// There are none.
    Nothing,
    /// A column.
    Stored(usize),
    /// The raw record: as text, or as bytes where it is none.
    Payload,
    /// All fields together.
    AllFields,
    /// A field of the record.
    Field {
        /// Its column, if it has one.
        stored: Option<usize>,
        /// May events have it in another way than by a listed name, so that it has to be looked
        /// for in the payload?
        reread: bool,
    },
}

/// How a segment is read.
#[derive(Debug)]
pub(crate) struct SegmentPlan {
    pub(crate) metadata: ArrowReaderMetadata,
    pub(crate) mask: ProjectionMask,
    /// By needed column.
    pub(crate) columns: Vec<From>,
    /// Position in the batches that are read, by number of the column.
    pub(crate) positions: FxHashMap<usize, usize>,
    pub(crate) names: FileColumns,
    /// Row groups with something to read, their rows that are wanted, and how many these are.
    pub(crate) groups: Vec<(usize, RowSelection, u64)>,
}

/// The columns of a file that are not found by a needed name.
#[derive(Debug, Default)]
pub(crate) struct FileColumns {
    pub(crate) time: Option<usize>,
    pub(crate) file: Option<usize>,
    pub(crate) format: Option<usize>,
    pub(crate) payload: Option<usize>,
    pub(crate) payload_bytes: Option<usize>,
    pub(crate) more: Option<usize>,
    /// Fields: name and column.
    pub(crate) fields: Vec<(Box<str>, usize)>,
    by_name: FxHashMap<String, usize>,
    by_field: FxHashMap<String, usize>,
}

impl FileColumns {
    fn of(schema: &Schema) -> Self {
        let mut columns = FileColumns::default();
        for (at, field) in schema.fields().iter().enumerate() {
            let place = match field.name().as_str() {
                TIME => &mut columns.time,
                provenance::FILE => &mut columns.file,
                provenance::FORMAT => &mut columns.format,
                PAYLOAD => &mut columns.payload,
                PAYLOAD_BYTES => &mut columns.payload_bytes,
                MORE => &mut columns.more,
                name => match name.strip_prefix(FIELD_PREFIX) {
                    Some(name) => {
                        columns.fields.push((Box::from(name), at));
                        columns.by_field.insert(name.to_ascii_lowercase(), at);
                        continue;
                    }
                    None => &mut None,
                },
            };
            *place = Some(at);
            columns.by_name.insert(field.name().clone(), at);
        }
        columns
    }

    fn from(&self, column: &Column, formats: &[String]) -> From {
        match (column.kind, &*column.name) {
            (ColumnKind::Field, name) => {
                let reread = !formats.iter().all(|format| aql_ingest::lists_every(format, name));
                From::Field {
                    stored: self.by_field.get(&name.to_ascii_lowercase()).copied(),
                    reread,
                }
            }
            (ColumnKind::Provenance, provenance::FIELDS) => From::AllFields,
            (ColumnKind::Builtin, PAYLOAD) => From::Payload,
            (_, name) => self.by_name.get(name).map_or(From::Nothing, |at| From::Stored(*at)),
        }
    }
}

/// Says that a segment cannot be read.
pub(crate) fn damaged(path: &Path, what: impl Into<String>) -> Diagnostic {
    error(codes::STORE_SEGMENT, path, what)
        .note("its events are missing from the answer")
        .help("restore the file from a copy, or import the evidence into a new folder")
}

impl SegmentPlan {
    /// Opens a segment and makes the plan for these needs.
    pub(crate) fn new(path: &Path, segment: &Segment, needs: &Needs) -> Result<Self, Diagnostic> {
        let file = open(path, segment)?;
        let broken =
            |problem: ParquetError| damaged(path, format!("the file cannot be read: {problem}"));
        let options = ArrowReaderOptions::new()
            .with_skip_arrow_metadata(true)
            .with_column_index_policy(PageIndexPolicy::Skip)
            .with_offset_index_policy(PageIndexPolicy::Optional);
        let metadata = ArrowReaderMetadata::load(&file, options.clone()).map_err(broken)?;
        let rows = metadata.metadata().file_metadata().num_rows();
        if u64::try_from(rows).ok() != Some(segment.rows) {
            let message = format!("the file has {rows} events, and {} were written", segment.rows);
            return Err(damaged(path, message));
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
        let wanted = projected(&columns, &names, needs.time.is_some());
        let hint = hint(&schema, needs, &columns);
        let options = options.with_schema(hint);
        let metadata = ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options)
            .map_err(broken)?;
        let all = 0..usize::try_from(segment.rows).unwrap_or(usize::MAX);
        let ranges = match facts {
            Some(facts) => wanted_rows(&facts, needs, &columns, names.more.is_some()),
            None => vec![all],
        };
        let groups = groups(&metadata, &names, needs.time, &ranges);
        Ok(SegmentPlan {
            mask: ProjectionMask::roots(metadata.parquet_schema(), wanted.iter().copied()),
            positions: wanted.into_iter().enumerate().map(|(at, column)| (column, at)).collect(),
            metadata,
            columns,
            names,
            groups,
        })
    }
}

/// Opens a segment, if it is as long as it was.
pub(crate) fn open(path: &Path, segment: &Segment) -> Result<File, Diagnostic> {
    let file = File::open(path)
        .map_err(|problem| damaged(path, format!("the file cannot be opened: {problem}")))?;
    let bytes = file.metadata().map(|metadata| metadata.len()).unwrap_or(0);
    if bytes != segment.bytes {
        let message = format!("the file has {bytes} bytes, and {} were written", segment.bytes);
        return Err(damaged(path, message));
    }
    Ok(file)
}

/// What the footer says about the classes; nothing if it says it in a way that is not known.
fn facts(metadata: &ArrowReaderMetadata) -> Option<SegmentFacts> {
    let pairs = metadata.metadata().file_metadata().key_value_metadata()?;
    let text = pairs.iter().find(|pair| pair.key == FACTS_KEY)?.value.as_ref()?;
    serde_json::from_str(text).ok().filter(|facts: &SegmentFacts| facts.version == FACTS_VERSION)
}

/// The columns that have to be read, by number.
fn projected(columns: &[From], names: &FileColumns, with_time: bool) -> BTreeSet<usize> {
    let mut wanted: BTreeSet<usize> = names.file.into_iter().collect();
    if with_time {
        wanted.extend(names.time);
    }
    let payload = [names.payload, names.payload_bytes];
    for from in columns {
        match from {
            From::Nothing => {}
            From::Stored(at) => {
                wanted.insert(*at);
            }
            From::Payload => wanted.extend(payload.into_iter().flatten()),
            From::AllFields => {
                wanted.extend(names.fields.iter().map(|(_, at)| *at));
                wanted.extend(names.more);
            }
            From::Field { stored, reread } => {
                wanted.extend(*stored);
                wanted.extend(names.more);
                if *reread {
                    wanted.extend(payload.into_iter().flatten().chain(names.format));
                }
            }
        }
    }
    wanted
}

/// The schema with dictionaries where the needs want them: Parquet has them anyway.
fn hint(schema: &Schema, needs: &Needs, columns: &[From]) -> Arc<Schema> {
    let mut fields: Vec<Arc<Field>> = schema.fields().iter().cloned().collect();
    for (column, from) in needs.columns().iter().zip(columns) {
        let at = match from {
            From::Stored(at) => *at,
            From::Field { stored: Some(at), .. } => *at,
            _ => continue,
        };
        if let Some(field) = fields.get_mut(at)
            && column.encoding == Encoding::Dictionary
            && *field.data_type() == DataType::Utf8
        {
            *field = Arc::new(field.as_ref().clone().with_data_type(column.arrow_type()));
        }
    }
    Arc::new(Schema::new(fields))
}

/// The rows of the classes that the class filter does not rule out.
fn wanted_rows(
    facts: &SegmentFacts,
    needs: &Needs,
    columns: &[From],
    has_more: bool,
) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    for class in &facts.classes {
        let end = start + class.rows;
        if may_match(class, needs, columns, has_more) {
            match ranges.last_mut().filter(|range| range.end == start) {
                Some(range) => range.end = end,
                None => ranges.push(start..end),
            }
        }
        start = end;
    }
    ranges
}

fn may_match(class: &ClassFacts, needs: &Needs, columns: &[From], has_more: bool) -> bool {
    let Some(filter) = &needs.class_filter else { return true };
    let mut row = BatchBuilder::new(needs);
    let mut known = Vec::with_capacity(columns.len());
    for (index, from) in columns.iter().enumerate() {
        known.push(match from {
            From::Nothing => true,
            From::Payload | From::AllFields => false,
            From::Stored(at) => set_known(class, *at, index, &mut row),
            From::Field { stored: Some(at), reread } => {
                let is_known = set_known(class, *at, index, &mut row);
                is_known && (row.is_set(index) || !(*reread || has_more))
            }
            From::Field { stored: None, reread } => !(*reread || has_more),
        });
    }
    row.end_row();
    filter.may_match(&ClassRow { row: &row.finish(), known: &known })
}

/// Sets what all rows of a class have in a column; `false` if they differ.
fn set_known(class: &ClassFacts, column: usize, index: usize, row: &mut BatchBuilder) -> bool {
    if class.varying.contains(&column) {
        return false;
    }
    let Some((_, value)) = class.constant.iter().find(|(at, _)| *at == column) else { return true };
    match value {
        Value::String(text) => row.set_text(index, text),
        Value::Number(number) => {
            if let Some(number) = number.as_i64() {
                row.set_integer(index, number);
            }
        }
        Value::Bool(b) => row.set_boolean(index, *b),
        Value::Array(_) => row.set_empty_list(index),
        Value::Null | Value::Object(_) => {}
    }
    row.is_set(index)
}

/// The row groups that have wanted rows and may hold a time of the range.
fn groups(
    metadata: &ArrowReaderMetadata,
    names: &FileColumns,
    time: Option<TimeRange>,
    ranges: &[Range<usize>],
) -> Vec<(usize, RowSelection, u64)> {
    let mut groups = Vec::new();
    let mut start = 0;
    for (number, group) in metadata.metadata().row_groups().iter().enumerate() {
        let rows = usize::try_from(group.num_rows()).unwrap_or(0);
        let end = start + rows;
        let inside = ranges
            .iter()
            .filter(|range| range.start < end && range.end > start)
            .map(|range| range.start.max(start) - start..range.end.min(end) - start);
        let inside: Vec<_> = inside.collect();
        start = end;
        let statistics = names.time.and_then(|at| group.columns().get(at)?.statistics());
        let span = match statistics {
            Some(Statistics::Int64(values)) => {
                values.min_opt().copied().zip(values.max_opt().copied())
            }
            _ => None,
        };
        let is_outside = match (time, span) {
            (Some(range), Some((oldest, newest))) => newest < range.start || oldest >= range.end,
            _ => false,
        };
        if inside.is_empty() || is_outside {
            continue;
        }
        let count = inside.iter().map(|range| range.len() as u64).sum();
        groups.push((
            number,
            RowSelection::from_consecutive_ranges(inside.into_iter(), rows),
            count,
        ));
    }
    groups
}
