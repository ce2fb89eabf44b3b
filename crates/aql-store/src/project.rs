//! From the columns of a segment to the columns of the needs.

use std::collections::BTreeSet;
use std::sync::Arc;

use aql_event::{Column, Needs, fields};
use aql_ingest::Options;
use arrow_array::builder::BinaryBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray, new_null_array};
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType};
use parquet::arrow::ProjectionMask;
use rustc_hash::FxHashMap;

use crate::file_columns::From;
use crate::known::Known;
use crate::more;
use crate::plan::SegmentPlan;

/// Columns of a segment that are read together.
pub(crate) struct Projection {
    /// The needed columns that come of it, by number.
    pub(crate) indices: Vec<usize>,
    /// For each of these: may it have to be looked for in the raw record?
    reread: Vec<bool>,
    /// Position in the batches that are read, by number of the column in the file.
    positions: FxHashMap<usize, usize>,
    pub(crate) mask: ProjectionMask,
}

impl Projection {
    /// What has to be read for these needed columns, and further columns of the file.
    pub(crate) fn new(
        plan: &SegmentPlan,
        known: &Known,
        indices: Vec<usize>,
        further: impl IntoIterator<Item = usize>,
    ) -> Self {
        let mut wanted: BTreeSet<usize> = further.into_iter().collect();
        let reread: Vec<bool> =
            indices.iter().map(|index| known.reread.get(*index) == Some(&true)).collect();
        for (index, reread) in indices.iter().zip(&reread) {
            if let Some(from) = plan.columns.get(*index) {
                plan.names.add(from, known.has_more, *reread, &mut wanted);
            }
        }
        Projection {
            indices,
            reread,
            mask: ProjectionMask::roots(plan.metadata.parquet_schema(), wanted.iter().copied()),
            positions: wanted.into_iter().enumerate().map(|(at, column)| (column, at)).collect(),
        }
    }

    /// Is this column of the file among them?
    pub(crate) fn has(&self, column: usize) -> bool {
        self.positions.contains_key(&column)
    }

    /// A column of the file in a batch that was read.
    pub(crate) fn column<'b>(
        &self,
        number: Option<usize>,
        read: &'b RecordBatch,
    ) -> Option<&'b ArrayRef> {
        read.columns().get(*self.positions.get(&number?)?)
    }
}

/// The needed columns of a batch that was read: those of the projection, in its order. Text comes
/// as it was read, plain or as a dictionary: see [`as_column`].
pub(crate) fn arrays(
    plan: &SegmentPlan,
    projection: &Projection,
    needs: &Needs,
    read: &RecordBatch,
) -> Result<Vec<ArrayRef>, ArrowError> {
    let source = Source { plan, projection, read };
    let mut arrays: Vec<ArrayRef> = Vec::with_capacity(projection.indices.len());
    let mut fields = Vec::new();
    for (place, index) in projection.indices.iter().enumerate() {
        let (Some(column), Some(from)) = (needs.columns().get(*index), plan.columns.get(*index))
        else {
            continue;
        };
        let stored = |at: Option<usize>| match source.column(at) {
            Some(array) if is_text(array.data_type()) && is_text(&column.arrow_type()) => {
                Ok(Arc::clone(array))
            }
            Some(array) => as_column(array, column),
            None => Ok(new_null_array(&column.arrow_type(), read.num_rows())),
        };
        arrays.push(match from {
            From::Nothing => stored(None)?,
            From::Stored(at) => stored(Some(*at))?,
            From::Payload => source.payload(column)?,
            From::AllFields => source.all_fields(),
            From::Field { stored: at, .. } => {
                fields.push((place, *index));
                stored(*at)?
            }
        });
    }
    source.complete(needs, &fields, &mut arrays)?;
    Ok(arrays)
}

fn is_text(ty: &DataType) -> bool {
    match ty {
        DataType::Utf8 => true,
        DataType::Dictionary(_, values) => **values == DataType::Utf8,
        _ => false,
    }
}

/// The array as the event model has the column.
pub(crate) fn as_column(array: &ArrayRef, column: &Column) -> Result<ArrayRef, ArrowError> {
    let wanted = column.arrow_type();
    match array.data_type() {
        found if *found == wanted => Ok(Arc::clone(array)),
        DataType::Timestamp(..) if wanted == DataType::Int64 => {
            // Both are milliseconds.
            let data = array.to_data().into_builder().data_type(DataType::Int64).build()?;
            Ok(Arc::new(arrow_array::PrimitiveArray::<Int64Type>::from(data)))
        }
        _ => cast(array, &wanted),
    }
}

/// The text of a row, whether the array is plain or a dictionary.
pub(crate) fn text_at(array: &ArrayRef, row: usize) -> Option<&str> {
    if array.is_null(row) {
        return None;
    }
    if let Some(plain) = array.as_string_opt::<i32>() {
        return Some(plain.value(row));
    }
    let dictionary = array.as_dictionary_opt::<arrow_array::types::Int32Type>()?;
    let key = usize::try_from(dictionary.keys().value(row)).ok()?;
    Some(dictionary.values().as_string_opt::<i32>()?.value(key))
}

struct Source<'s> {
    plan: &'s SegmentPlan,
    projection: &'s Projection,
    read: &'s RecordBatch,
}

impl Source<'_> {
    /// A column of the file, if it was read.
    fn column(&self, number: Option<usize>) -> Option<&ArrayRef> {
        self.projection.column(number, self.read)
    }

    fn text(&self, number: Option<usize>, row: usize) -> Option<&str> {
        text_at(self.column(number)?, row)
    }

    fn payload_at(&self, row: usize) -> Option<&[u8]> {
        if let Some(text) = self.text(self.plan.names.payload, row) {
            return Some(text.as_bytes());
        }
        let bytes = self.column(self.plan.names.payload_bytes)?.as_binary_opt::<i32>()?;
        bytes.is_valid(row).then(|| bytes.value(row))
    }

    fn payload(&self, column: &Column) -> Result<ArrayRef, ArrowError> {
        let names = &self.plan.names;
        match (self.column(names.payload), self.column(names.payload_bytes)) {
            (Some(text), None) => as_column(text, column),
            (None, None) => Ok(new_null_array(&column.arrow_type(), self.read.num_rows())),
            _ => {
                let mut values = BinaryBuilder::new();
                (0..self.read.num_rows())
                    .for_each(|row| values.append_option(self.payload_at(row)));
                let array: ArrayRef = Arc::new(values.finish());
                as_column(&array, column)
            }
        }
    }

    fn all_fields(&self) -> ArrayRef {
        let mut values = BinaryBuilder::new();
        let mut bytes = Vec::new();
        for row in 0..self.read.num_rows() {
            bytes.clear();
            for (name, number) in &self.plan.names.fields {
                if let Some(value) = self.text(Some(*number), row) {
                    fields::push(&mut bytes, name, value);
                }
            }
            if let Some(object) = self.text(self.plan.names.more, row) {
                for (name, value) in more::read(object) {
                    fields::push(&mut bytes, &name, &value);
                }
            }
            values.append_value(&bytes);
        }
        Arc::new(values.finish())
    }

    /// Looks for fields that have no value yet among those without a column, and then in the raw
    /// record. `fields` are their places in `arrays` and their columns among the needed ones.
    fn complete(
        &self,
        needs: &Needs,
        fields: &[(usize, usize)],
        arrays: &mut [ArrayRef],
    ) -> Result<(), ArrowError> {
        let names = &self.plan.names;
        let reread = |place: usize| self.projection.reread.get(place) == Some(&true);
        let has_more = self.column(names.more).is_some();
        // The first value of a name that has a column stands there.
        let in_more = |index: usize| {
            has_more
                && matches!(self.plan.columns.get(index), Some(From::Field { stored: None, .. }))
        };
        let fields: Vec<(usize, usize)> =
            fields.iter().filter(|(at, index)| in_more(*index) || reread(*at)).copied().collect();
        if fields.is_empty() {
            return Ok(());
        }
        let columns: Vec<&Column> =
            fields.iter().filter_map(|(_, index)| needs.columns().get(*index)).collect();
        // By row: what was found, column by column.
        let mut found: Vec<Vec<Option<String>>> = Vec::new();
        let mut wanted: Vec<(usize, &str, &[u8])> = Vec::new();
        for row in 0..self.read.num_rows() {
            let rest = self.text(self.plan.names.more, row).map(more::read).unwrap_or_default();
            let format = self.text(self.plan.names.format, row).unwrap_or_default();
            let mut values = vec![None; fields.len()];
            let mut is_wanted = false;
            for (((at, _), column), value) in fields.iter().zip(&columns).zip(&mut values) {
                if arrays.get(*at).is_none_or(|array| array.is_valid(row)) {
                    continue;
                }
                let member = rest.iter().find(|(name, _)| name.eq_ignore_ascii_case(&column.name));
                *value = member.map(|(_, value)| value.clone());
                is_wanted |= value.is_none()
                    && reread(*at)
                    && !aql_ingest::lists_every(format, &column.name);
            }
            found.push(values);
            if let Some(payload) = self.payload_at(row).filter(|_| is_wanted) {
                wanted.push((row, format, payload));
            }
        }
        self.reread(&columns, &wanted, &mut found);
        for (place, ((at, _), column)) in fields.iter().zip(&columns).enumerate() {
            let value = |row: usize| found.get(row).and_then(|row| row.get(place)?.as_deref());
            if (0..self.read.num_rows()).all(|row| value(row).is_none()) {
                continue;
            }
            let Some(array) = arrays.get_mut(*at) else { continue };
            let texts: StringArray = (0..self.read.num_rows())
                .map(|row| text_at(array, row).or_else(|| value(row)))
                .collect();
            let texts: ArrayRef = Arc::new(texts);
            *array = as_column(&texts, column)?;
        }
        Ok(())
    }

    /// Reads fields from the raw records, where they are not found by a listed name.
    fn reread(
        &self,
        columns: &[&Column],
        wanted: &[(usize, &str, &[u8])],
        found: &mut [Vec<Option<String>>],
    ) {
        if wanted.is_empty() {
            return;
        }
        let plain =
            |column: &&Column| Column { encoding: aql_event::Encoding::Plain, ..(*column).clone() };
        let needs = Needs::new(columns.iter().map(plain));
        let records: Vec<(&str, &[u8])> =
            wanted.iter().map(|(_, format, payload)| (*format, *payload)).collect();
        let read = aql_ingest::reread(&needs, &Options::default(), &records);
        for ((row, ..), events) in wanted.iter().zip(&read) {
            let (Some(events), Some(values)) = (events, found.get_mut(*row)) else { continue };
            for (column, value) in columns.iter().zip(values) {
                if value.is_none() && events.num_rows() > 0 {
                    let array = events.column(column);
                    *value = array.and_then(|array| text_at(array, 0)).map(str::to_owned);
                }
            }
        }
    }
}
