//! Events made of the columns of a file, many rows at once: for rows that no format knows.
//!
//! Most columns of such an event are the same for all rows. The others are fields by their names, the
//! time, the number of the row, and the row as text. What comes out is what the JSON object of each
//! row would give, read as a record. Read [`Maker`] first.

use std::ops::Range;
use std::sync::Arc;

use aql_event::{Column, Encoding, EventBatch, Needs, Type};
use arrow_array::builder::{BinaryBuilder, Int64Builder, StringBuilder, StringDictionaryBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Int32Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType,
};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Int64Array, RecordBatch, RecordBatchOptions, StringArray,
    UInt32Array,
};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_schema::{DataType, SchemaRef, TimeUnit};
use arrow_select::nullif::nullif;
use arrow_select::take::take;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ArrowReaderMetadata;

use super::names::{columns_of, count_all, leaves};
use super::shown::{Members, Shown};
use crate::normalise::builtin::Builtin;
use crate::normalise::generic::{self, NamedFields, TIME_KEYS, Unparsed};
use crate::normalise::{Fill, Plan, Which};
use crate::out::Out;
use crate::time::parse_iso;

/// Makes events of the columns that are needed.
pub(super) struct Maker {
    columns: Arc<[Column]>,
    schema: SchemaRef,
    /// What all rows have in common.
    common: EventBatch,
    /// The columns that differ from row to row.
    differing: Vec<(usize, Source)>,
    /// The columns of the file that are read for this.
    mask: ProjectionMask,
    /// How many these are.
    reads: usize,
}

/// What a column is filled from.
enum Source {
    /// The field of this name.
    Field(String),
    Time,
    /// The number of the row.
    Record,
    /// The row.
    Payload,
}

impl Maker {
    /// For the events of a plan. Nothing if these need more than columns can give.
    pub(super) fn new(
        metadata: &ArrowReaderMetadata,
        plan: &Plan<generic::Field>,
        which: Which,
        needs: &Needs,
        out: &mut Out<'_>,
    ) -> Option<Self> {
        let mut differing = Vec::new();
        // If no row can match, they are only counted.
        for (index, ty, fill) in plan.dynamic(which).filter(|_| plan.wanted) {
            let source = match fill {
                Fill::Fields(names, _) => match (ty, names.as_slice()) {
                    (Type::Text | Type::Null, [name]) => Source::Field(name.clone()),
                    _ => return None,
                },
                Fill::Made(Builtin::Time) => Source::Time,
                Fill::Made(Builtin::Record) if ty == Type::Integer => Source::Record,
                Fill::Made(Builtin::Payload) if matches!(ty, Type::Binary | Type::Text) => {
                    Source::Payload
                }
                Fill::Made(Builtin::Record | Builtin::Payload | Builtin::Fields) => return None,
                // Made of facts that these records do not have.
                Fill::Made(
                    Builtin::SourceIp
                    | Builtin::DestinationIp
                    | Builtin::SourceV6
                    | Builtin::DestinationV6
                    | Builtin::SourcePort
                    | Builtin::DestinationPort
                    | Builtin::Protocol
                    | Builtin::Username
                    | Builtin::LogSource
                    | Builtin::Direction
                    | Builtin::Relevance
                    | Builtin::Magnitude
                    | Builtin::File,
                ) => continue,
            };
            differing.push((index, source));
        }
        let fields = metadata.schema().fields();
        let mut wanted = vec![false; count_all(fields)];
        if wanted.len() != metadata.parquet_schema().num_columns() {
            return None;
        }
        let names = differing.iter().filter_map(|(_, source)| match source {
            Source::Field(name) => Some(name.as_str()),
            _ => None,
        });
        // The time of each row counts for the span of the evidence.
        for name in names.chain(TIME_KEYS.iter().copied()) {
            for path in columns_of(fields, name)? {
                leaves(fields, &path).for_each(|at| set(&mut wanted, at));
            }
        }
        if differing.iter().any(|(_, source)| matches!(source, Source::Payload)) {
            wanted.fill(true);
        }
        if !wanted.contains(&true) {
            // One tells how many rows there are, whatever the footer says.
            set(&mut wanted, smallest(metadata)?);
        }
        let leaves: Vec<usize> =
            (0..wanted.len()).filter(|at| wanted.get(*at) == Some(&true)).collect();
        let record = Unparsed { payload: b"", fields: NamedFields::None };
        Some(Maker {
            columns: Arc::clone(needs.columns()),
            schema: Arc::clone(needs.schema()),
            common: out.in_common(plan, which, &record),
            differing,
            reads: leaves.len(),
            mask: ProjectionMask::leaves(metadata.parquet_schema(), leaves),
        })
    }

    /// The columns of the file that are read.
    pub(super) fn mask(&self) -> &ProjectionMask {
        &self.mask
    }

    /// How many columns of the file are read.
    pub(super) fn reads(&self) -> usize {
        self.reads
    }

    /// The events of some rows, of which the times and the numbers are known.
    pub(super) fn events(
        &self,
        rows: &RecordBatch,
        times: Option<&Int64Array>,
        numbers: &Int64Array,
    ) -> Result<EventBatch, String> {
        let count = rows.num_rows();
        let first = UInt32Array::from(vec![0; count]);
        let mut arrays: Vec<Option<ArrayRef>> = vec![None; self.columns.len()];
        for (index, source) in &self.differing {
            let Some(column) = self.columns.get(*index) else { continue };
            let array = match source {
                Source::Field(name) => field(rows, name, column)?,
                Source::Time => match times {
                    Some(times) => Arc::new(times.clone()),
                    None => arrow_array::new_null_array(&DataType::Int64, count),
                },
                Source::Record => Arc::new(numbers.clone()),
                Source::Payload => payload(rows, column)?,
            };
            if let Some(place) = arrays.get_mut(*index) {
                *place = Some(array);
            }
        }
        let common = self.common.records().columns();
        let arrays = arrays.into_iter().zip(common).map(|(array, common)| match array {
            Some(array) => Ok(array),
            None => take(common, &first, None).map_err(|problem| problem.to_string()),
        });
        let arrays = arrays.collect::<Result<Vec<_>, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(count));
        let records = RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)
            .map_err(|problem| problem.to_string())?;
        Ok(EventBatch::new(Arc::clone(&self.columns), records))
    }
}

/// The column of the file that is read the fastest.
fn smallest(metadata: &ArrowReaderMetadata) -> Option<usize> {
    let groups = metadata.metadata().row_groups();
    let size = |at: usize| {
        let columns = groups.iter().filter_map(|group| group.columns().get(at));
        columns.fold(0, |sum: i64, column| sum.saturating_add(column.compressed_size()))
    };
    (0..metadata.parquet_schema().num_columns()).min_by_key(|at| size(*at))
}

fn set(flags: &mut [bool], at: usize) {
    if let Some(flag) = flags.get_mut(at) {
        *flag = true;
    }
}

/// A column that may hold a field: its values, and which rows have one.
struct Candidate {
    array: ArrayRef,
    valid: Option<NullBuffer>,
}

impl Candidate {
    fn has(&self, row: usize) -> bool {
        self.valid.as_ref().is_none_or(|valid| valid.is_valid(row))
    }
}

/// The columns that may hold the field of this name, in the order in which they are asked.
fn candidates(rows: &RecordBatch, name: &str) -> Result<Vec<Candidate>, String> {
    let schema = rows.schema();
    let paths = columns_of(schema.fields(), name)
        .ok_or_else(|| format!("no column alone holds the field `{name}`"))?;
    let candidate = |path: &Vec<usize>| {
        let (first, inner) = path.split_first()?;
        let mut array = rows.columns().get(*first)?;
        let mut valid = array.nulls().cloned();
        for at in inner {
            array = array.as_struct_opt()?.columns().get(*at)?;
            valid = NullBuffer::union(valid.as_ref(), array.nulls());
        }
        (array.data_type() != &DataType::Null)
            .then(|| Candidate { array: Arc::clone(array), valid })
    };
    Ok(paths.iter().filter_map(candidate).collect())
}

/// The values of a field as a column. An empty text is no value.
fn field(rows: &RecordBatch, name: &str, column: &Column) -> Result<ArrayRef, String> {
    let candidates = candidates(rows, name)?;
    if let [candidate] = candidates.as_slice()
        && column.encoding == Encoding::Plain
        && let Some(texts) = candidate.array.as_string_opt::<i32>()
    {
        return without_empty(texts, candidate);
    }
    let count = rows.num_rows();
    if column.encoding == Encoding::Dictionary {
        let mut builder = StringDictionaryBuilder::<Int32Type>::new();
        each_text(&candidates, count, |text| match text {
            Some(text) => builder.append_value(text),
            None => builder.append_null(),
        })?;
        return Ok(Arc::new(builder.finish()));
    }
    let mut builder = StringBuilder::with_capacity(count, count * 16);
    each_text(&candidates, count, |text| builder.append_option(text))?;
    Ok(Arc::new(builder.finish()))
}

/// Hands on the text of each row: that of the first column that has a value there.
fn each_text(
    candidates: &[Candidate],
    rows: usize,
    mut take: impl FnMut(Option<&str>),
) -> Result<(), String> {
    let shown = candidates.iter().map(|c| Shown::new(c.array.as_ref()));
    let shown = shown.collect::<Result<Vec<_>, _>>().map_err(|problem| problem.to_string())?;
    let mut text = String::new();
    for row in 0..rows {
        text.clear();
        let first = candidates.iter().zip(&shown).find(|(candidate, _)| candidate.has(row));
        if let Some((_, shown)) = first {
            shown.text(row, &mut text).map_err(|problem| problem.to_string())?;
        }
        take(Some(text.as_str()).filter(|text| !text.is_empty()));
    }
    Ok(())
}

/// The texts of the rows that have a value, which an empty one is not.
fn without_empty(texts: &StringArray, candidate: &Candidate) -> Result<ArrayRef, String> {
    let is_absent = |row: usize| !candidate.has(row) || texts.value_length(row) == 0;
    let absent = BooleanBuffer::collect_bool(texts.len(), is_absent);
    // Those without a value are among them.
    if absent.count_set_bits() == texts.null_count() {
        return Ok(Arc::clone(&candidate.array));
    }
    nullif(texts, &BooleanArray::new(absent, None)).map_err(|problem| problem.to_string())
}

/// The rows as JSON objects.
fn payload(rows: &RecordBatch, column: &Column) -> Result<ArrayRef, String> {
    let problem = |problem: arrow_schema::ArrowError| problem.to_string();
    let schema = rows.schema();
    let members = Members::new(schema.fields(), rows.columns()).map_err(problem)?;
    let mut text = String::new();
    let mut binary = BinaryBuilder::new();
    let mut texts = StringBuilder::new();
    for row in 0..rows.num_rows() {
        text.clear();
        members.json(row, &mut text).map_err(problem)?;
        if column.ty == Type::Binary {
            binary.append_value(text.as_bytes());
        } else {
            texts.append_value(&text);
        }
    }
    Ok(match (column.ty, column.encoding) {
        (Type::Binary, _) => Arc::new(binary.finish()),
        (_, Encoding::Plain) => Arc::new(texts.finish()),
        (_, Encoding::Dictionary) => {
            arrow_cast::cast(&texts.finish(), &column.arrow_type()).map_err(problem)?
        }
    })
}

/// The times of rows, under the usual names of such columns; nothing if there is no such column.
pub(super) fn times(rows: &RecordBatch) -> Result<Option<Int64Array>, String> {
    let mut found = Vec::new();
    for name in TIME_KEYS {
        let candidates = candidates(rows, name)?;
        if !candidates.is_empty() {
            found.push(candidates);
        }
    }
    if found.is_empty() {
        return Ok(None);
    }
    let count = rows.num_rows();
    let mut times: Vec<Option<i64>> = vec![None; count];
    for candidates in &found {
        if let [candidate] = candidates.as_slice()
            && let Some(known) = in_milliseconds(&candidate.array)
        {
            for (row, time) in times.iter_mut().enumerate() {
                if time.is_none() && candidate.has(row) {
                    *time = known.get(row).copied();
                }
            }
            continue;
        }
        let mut row = 0;
        each_text(candidates, count, |text| {
            if let Some(time) = times.get_mut(row) {
                *time = time.or_else(|| parse_iso(text?));
            }
            row += 1;
        })?;
    }
    let mut builder = Int64Builder::with_capacity(count);
    times.into_iter().for_each(|time| builder.append_option(time));
    Ok(Some(builder.finish()))
}

/// The first and the last millisecond that ISO 8601 has four digits of a year for, wherever the zone.
const WRITTEN: Range<i64> = -62_135_000_000_000..253_402_000_000_000;

/// Times as epoch milliseconds, if every one can be written as the others are.
fn in_milliseconds(array: &ArrayRef) -> Option<Vec<i64>> {
    let DataType::Timestamp(unit, zone) = array.data_type() else { return None };
    // What cannot be shown in its zone is no time.
    if let Some(zone) = zone {
        zone.parse::<arrow_array::timezone::Tz>().ok()?;
    }
    let (values, per_unit, units) = match unit {
        TimeUnit::Second => (array.as_primitive::<TimestampSecondType>().values(), 1000, 1),
        TimeUnit::Millisecond => (array.as_primitive::<TimestampMillisecondType>().values(), 1, 1),
        TimeUnit::Microsecond => {
            (array.as_primitive::<TimestampMicrosecondType>().values(), 1, 1000)
        }
        TimeUnit::Nanosecond => {
            (array.as_primitive::<TimestampNanosecondType>().values(), 1, 1_000_000)
        }
    };
    let time = |(row, value): (usize, &i64)| {
        if array.is_null(row) {
            return Some(0);
        }
        // Of a fraction only whole milliseconds count, before 1970 as after.
        let time = value.checked_mul(per_unit)?.div_euclid(units);
        WRITTEN.contains(&time).then_some(time)
    };
    values.iter().enumerate().map(time).collect()
}
