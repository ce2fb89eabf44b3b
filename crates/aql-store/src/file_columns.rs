//! Which columns of a segment give the columns of the needs.

use std::collections::BTreeSet;
use std::sync::Arc;

use aql_event::{Column, ColumnKind, Needs, provenance};
use arrow_schema::{DataType, Field, Schema};
use parquet::basic::Encoding;
use parquet::file::metadata::ParquetMetaData;
use rustc_hash::FxHashMap;

use crate::columns::{FIELD_PREFIX, MORE, PAYLOAD, PAYLOAD_BYTES, TIME};

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
    /// Of the schema of a file.
    pub(crate) fn of(schema: &Schema) -> Self {
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

    /// Where a needed column comes from, in events of these formats.
    pub(crate) fn from(&self, column: &Column, formats: &[String]) -> From {
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

    /// The columns of the raw record.
    fn payloads(&self) -> impl Iterator<Item = usize> {
        [self.payload, self.payload_bytes].into_iter().flatten()
    }

    /// Adds the columns that have to be read for a needed column. `has_more` says whether events
    /// may have fields without a column, `reread` whether this one may have to be looked for in the
    /// raw record.
    pub(crate) fn add(
        &self,
        from: &From,
        has_more: bool,
        reread: bool,
        wanted: &mut BTreeSet<usize>,
    ) {
        match from {
            From::Nothing => {}
            From::Stored(at) => {
                wanted.insert(*at);
            }
            From::Payload => wanted.extend(self.payloads()),
            From::AllFields => {
                wanted.extend(self.fields.iter().map(|(_, at)| *at));
                wanted.extend(self.more);
            }
            From::Field { stored, .. } => {
                wanted.extend(*stored);
                // The first value of a name that has a column stands there.
                if has_more && stored.is_none() {
                    wanted.extend(self.more);
                }
                if reread {
                    wanted.extend(self.payloads().chain(self.format));
                }
            }
        }
    }
}

/// The schema with dictionaries where the needs want them and the file has them. Where values are
/// too many for one, making it would cost more than it saves those who look at few of them.
pub(crate) fn hint(
    schema: &Schema,
    needs: &Needs,
    columns: &[From],
    metadata: &ParquetMetaData,
) -> Arc<Schema> {
    let is_dictionary = |at: usize| {
        metadata.row_groups().iter().filter_map(|group| group.columns().get(at)).all(|chunk| {
            let pages = chunk.page_encoding_stats_mask();
            pages.is_none_or(|pages| {
                pages.is_only(Encoding::RLE_DICTIONARY) || pages.is_only(Encoding::PLAIN_DICTIONARY)
            })
        })
    };
    let mut fields: Vec<Arc<Field>> = schema.fields().iter().cloned().collect();
    for (column, from) in needs.columns().iter().zip(columns) {
        let at = match from {
            From::Stored(at) => *at,
            From::Field { stored: Some(at), .. } => *at,
            _ => continue,
        };
        if let Some(field) = fields.get_mut(at)
            && column.encoding == aql_event::Encoding::Dictionary
            && *field.data_type() == DataType::Utf8
            && is_dictionary(at)
        {
            *field = Arc::new(field.as_ref().clone().with_data_type(column.arrow_type()));
        }
    }
    Arc::new(Schema::new(fields))
}
