//! Writing a segment: events of one partition, in order, as a Parquet file.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aql_event::{Column, Type, fields, provenance};
use arrow_array::builder::{
    BinaryBuilder, BooleanBuilder, Float64Builder, Int64Builder, ListBuilder, StringBuilder,
    TimestampMillisecondBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, Encoding};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use rustc_hash::FxHashMap;

use crate::classes::{ClassFacts, Common, FACTS_KEY, FACTS_VERSION, SegmentFacts};
use crate::columns::{FIELD_PREFIX, MORE, PAYLOAD, PAYLOAD_BYTES, TIME, written_as};
use crate::more;
use crate::names::PartitionColumns;
use crate::row::{Cell, Row};
use crate::texts::TextsWriter;

/// Rows that are handed to Parquet at once, and bytes of values.
const BATCH_ROWS: usize = 4096;
const BATCH_BYTES: usize = 8 << 20;
/// Rows of a row group, and the memory it may take while it is written.
const GROUP_ROWS: usize = 128 << 10;
const GROUP_BYTES: usize = 48 << 20;
/// Rows after which a row group ends with the class that is at hand.
const CLASS_ROWS: usize = 32 << 10;
/// Rows of a segment. A partition with more of them has several.
const SEGMENT_ROWS: u64 = 4 << 20;
/// Rows that are put into pages at once: how far a page can go beyond its limit.
const STEP_ROWS: usize = 512;
/// Bytes of a page of raw records: few have to be decoded for one of them.
const PAYLOAD_PAGE_BYTES: usize = 256 << 10;
/// Rows of a page: what is passed over at least.
const PAGE_ROWS: usize = 8 << 10;
/// Classes that are told apart; what comes later is one with the last.
const MAX_CLASSES: usize = 4096;
/// Spellings of names that are remembered.
const MAX_SPELLINGS: usize = 1 << 14;

/// Columns by which files, groups and pages are passed over, also by other programs.
const PAGE_STATISTICS: &[&str] = &[TIME, "qid", "qideventid", "category", "devicetype"];

/// What was written.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Written {
    /// Bytes of the file.
    pub(crate) bytes: u64,
    /// Events.
    pub(crate) rows: u64,
    /// Oldest and newest time.
    pub(crate) span: Option<(i64, i64)>,
    /// Bytes of the file beside it that says which texts occur in the raw records.
    pub(crate) texts: Option<u64>,
}

/// What a fixed column is beside a column.
#[derive(Clone, Copy)]
enum Role {
    /// All fields of the record.
    Fields,
    /// The raw record.
    Payload,
    /// The time.
    Time,
    /// The format.
    Format,
    /// Nothing else.
    Column,
}

impl Role {
    fn of(name: &str) -> Self {
        match name {
            provenance::FIELDS => Role::Fields,
            PAYLOAD => Role::Payload,
            TIME => Role::Time,
            provenance::FORMAT => Role::Format,
            _ => Role::Column,
        }
    }
}

/// Writes one segment.
pub(crate) struct SegmentWriter<'c> {
    fixed: &'c [Column],
    /// By number of the fixed column.
    roles: Vec<Role>,
    schema: SchemaRef,
    parquet: ArrowWriter<File>,
    columns: Vec<ColumnWriter>,
    /// Column of the file by number of the fixed column.
    of_fixed: Vec<Option<usize>>,
    payload: [Option<usize>; 2],
    /// Column of the file by name of the field in lower case, and by its spellings.
    of_field: FxHashMap<String, usize>,
    of_spelling: FxHashMap<Box<str>, Option<usize>>,
    more: Option<usize>,
    more_text: String,
    rows: usize,
    bytes: usize,
    class: Vec<u8>,
    class_rows: usize,
    facts: SegmentFacts,
    texts: TextsWriter,
    texts_path: PathBuf,
    written: Written,
}

impl<'c> SegmentWriter<'c> {
    /// Creates a file with these columns, and one beside it; `fixed` are those of the rows.
    pub(crate) fn create(
        path: &Path,
        texts_path: &Path,
        fixed: &'c [Column],
        filled: &PartitionColumns,
    ) -> Result<Self, ParquetError> {
        let mut columns = Vec::new();
        let mut add = |name: &str, ty: Type| {
            columns.push(ColumnWriter::new(name, ty));
            Some(columns.len() - 1)
        };
        let is_filled = |number: usize| filled.filled.get(number).copied().unwrap_or(false);
        let mut of_fixed = Vec::new();
        let mut payload = [None, None];
        for (number, column) in fixed.iter().enumerate() {
            of_fixed.push(match &*column.name {
                _ if !is_filled(number) => None,
                provenance::FIELDS => None,
                PAYLOAD => {
                    payload[0] = add(PAYLOAD, Type::Text);
                    payload[1] =
                        is_filled(fixed.len()).then(|| add(PAYLOAD_BYTES, Type::Binary)).flatten();
                    None
                }
                name => add(name, column.ty),
            });
        }
        let mut of_field = FxHashMap::default();
        for name in &filled.fields {
            if let Some(at) = add(&format!("{FIELD_PREFIX}{name}"), Type::Text) {
                of_field.insert(name.to_ascii_lowercase(), at);
            }
        }
        let more = filled.more.then(|| add(MORE, Type::Text)).flatten();
        let schema: Vec<_> = columns.iter().map(|c| written_as(&c.name, c.ty)).collect();
        let schema = Arc::new(Schema::new(schema));
        let options = ArrowWriterOptions::new()
            .with_properties(properties(&columns))
            .with_skip_arrow_metadata(true);
        let file = File::create(path)?;
        let parquet = ArrowWriter::try_new_with_options(file, Arc::clone(&schema), options)?;
        Ok(SegmentWriter {
            fixed,
            roles: fixed.iter().map(|column| Role::of(&column.name)).collect(),
            schema,
            parquet,
            columns,
            of_fixed,
            payload,
            of_field,
            of_spelling: FxHashMap::default(),
            more,
            more_text: String::new(),
            rows: 0,
            bytes: 0,
            class: Vec::new(),
            class_rows: 0,
            facts: SegmentFacts { version: FACTS_VERSION, ..SegmentFacts::default() },
            texts: TextsWriter::new(),
            texts_path: texts_path.to_owned(),
            written: Written::default(),
        })
    }

    /// Has it as many rows as a segment may have?
    pub(crate) fn is_full(&self) -> bool {
        self.written.rows >= SEGMENT_ROWS
    }

    /// Takes the next row.
    pub(crate) fn row(&mut self, row: Row<'_>) -> Result<(), ParquetError> {
        if row.class() != self.class.as_slice() {
            if self.facts.classes.len() + 1 < MAX_CLASSES {
                self.end_class();
            }
            self.class = row.class().to_owned();
            // Groups of one class are passed over as a whole, and have dictionaries of their own.
            if self.parquet.in_progress_rows() + self.rows >= CLASS_ROWS {
                self.flush()?;
                self.parquet.flush()?;
            }
        }
        let mut payload = None;
        for (number, cell) in row.cells(self.fixed) {
            let Some(role) = self.roles.get(number).copied() else { continue };
            match (role, cell) {
                (Role::Fields, Cell::Bytes(all)) => self.fields(all),
                (Role::Payload, Cell::Bytes(bytes)) => {
                    payload = Some(bytes);
                    match std::str::from_utf8(bytes) {
                        Ok(text) => self.set(self.payload[0], Cell::Text(text)),
                        Err(_) => self.set(self.payload[1], cell),
                    }
                }
                (Role::Time | Role::Format, _) => {
                    self.see(role, cell);
                    self.set(self.of_fixed.get(number).copied().flatten(), cell);
                }
                _ => self.set(self.of_fixed.get(number).copied().flatten(), cell),
            }
        }
        self.texts.row(payload);
        self.rows += 1;
        self.class_rows += 1;
        self.written.rows += 1;
        self.bytes += row.order().len();
        if self.rows >= BATCH_ROWS || self.bytes >= BATCH_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// Looks at values that the segment's facts are about.
    fn see(&mut self, role: Role, cell: Cell<'_>) {
        match (role, cell) {
            (Role::Time, Cell::Integer(time)) => {
                self.written.span = Some(match self.written.span {
                    Some((oldest, newest)) => (oldest.min(time), newest.max(time)),
                    None => (time, time),
                });
            }
            (Role::Format, Cell::Text(format))
                if self.facts.formats.iter().all(|known| known != format) =>
            {
                self.facts.formats.push(format.to_owned());
            }
            _ => {}
        }
    }

    /// Puts the fields of a record into their columns. The first of a name is what a query finds.
    fn fields(&mut self, all: &[u8]) {
        self.more_text.clear();
        for (name, value) in fields::iter(all) {
            let known = self.of_spelling.get(name).copied();
            let at = known.unwrap_or_else(|| {
                let at = self.of_field.get(&name.to_ascii_lowercase()).copied();
                if self.of_spelling.len() < MAX_SPELLINGS {
                    self.of_spelling.insert(Box::from(name), at);
                }
                at
            });
            let has_room =
                |at: &usize| self.columns.get(*at).is_some_and(|c| c.filled <= self.rows);
            match at.filter(has_room) {
                Some(at) => self.set(Some(at), Cell::Text(value)),
                None => more::push(&mut self.more_text, name, value),
            }
        }
        if !self.more_text.is_empty() {
            more::finish(&mut self.more_text);
            let text = std::mem::take(&mut self.more_text);
            self.set(self.more, Cell::Text(&text));
            self.more_text = text;
        }
    }

    fn set(&mut self, column: Option<usize>, cell: Cell<'_>) {
        if let Some(column) = column.and_then(|at| self.columns.get_mut(at)) {
            column.set(self.rows, cell);
        }
    }

    fn end_class(&mut self) {
        if self.class_rows == 0 {
            return;
        }
        let mut facts = ClassFacts { rows: self.class_rows, ..ClassFacts::default() };
        for (number, column) in self.columns.iter_mut().enumerate() {
            column.common.finish(number, self.class_rows, &mut facts);
        }
        self.class_rows = 0;
        self.facts.classes.push(facts);
    }

    fn flush(&mut self) -> Result<(), ParquetError> {
        if self.rows == 0 {
            return Ok(());
        }
        let arrays: Vec<ArrayRef> =
            self.columns.iter_mut().map(|column| column.finish(self.rows)).collect();
        self.rows = 0;
        self.bytes = 0;
        self.parquet.write(&RecordBatch::try_new(Arc::clone(&self.schema), arrays)?)?;
        if self.parquet.in_progress_rows() >= GROUP_ROWS
            || self.parquet.memory_size() >= GROUP_BYTES
        {
            self.parquet.flush()?;
        }
        Ok(())
    }

    /// Ends the file and brings it to the disk.
    pub(crate) fn finish(mut self) -> Result<Written, ParquetError> {
        self.flush()?;
        self.end_class();
        self.facts.formats.sort();
        let facts = serde_json::to_string(&self.facts)
            .map_err(|error| ParquetError::External(Box::new(error)))?;
        self.parquet.append_key_value_metadata(KeyValue::new(FACTS_KEY.to_owned(), facts));
        let file = self.parquet.into_inner()?;
        file.sync_all()?;
        self.written.bytes = file.metadata()?.len();
        if self.payload.iter().any(Option::is_some) {
            let bytes = self.texts.finish(&self.texts_path, self.written.bytes)?;
            self.written.texts = Some(bytes);
        }
        Ok(self.written)
    }
}

fn properties(columns: &[ColumnWriter]) -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_created_by(concat!("aquiline ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::ZSTD(Default::default()))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_write_batch_size(STEP_ROWS)
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_statistics_enabled(EnabledStatistics::Chunk);
    for name in [PAYLOAD, PAYLOAD_BYTES] {
        let path = ColumnPath::new(vec![name.to_owned()]);
        properties = properties
            .set_column_data_page_size_limit(path.clone(), PAYLOAD_PAGE_BYTES)
            // No two are the same.
            .set_column_dictionary_enabled(path, false);
    }
    for column in columns.iter().filter(|column| is_ascending(column)) {
        let path = ColumnPath::new(vec![column.name.clone()]);
        properties = properties
            .set_column_dictionary_enabled(path.clone(), false)
            .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
    }
    for column in columns {
        let statistics = match column.name.as_str() {
            name if PAGE_STATISTICS.contains(&name) => EnabledStatistics::Page,
            // There are many, and least and greatest text say little.
            PAYLOAD | PAYLOAD_BYTES | MORE => EnabledStatistics::None,
            name if name.starts_with(FIELD_PREFIX) => EnabledStatistics::None,
            _ => continue,
        };
        let path = ColumnPath::new(vec![column.name.clone()]);
        properties = properties.set_column_statistics_enabled(path, statistics);
    }
    properties.build()
}

/// Do the values of a column mostly ascend, and are few of them the same?
fn is_ascending(column: &ColumnWriter) -> bool {
    column.ty == Type::Time || column.name == provenance::RECORD
}

/// A column of the batch at hand.
struct ColumnWriter {
    name: String,
    ty: Type,
    values: Values,
    /// Rows that have a value or a null.
    filled: usize,
    common: Common,
}

enum Values {
    Text(StringBuilder),
    Integer(Int64Builder),
    Time(TimestampMillisecondBuilder),
    Double(Float64Builder),
    Boolean(BooleanBuilder),
    Binary(BinaryBuilder),
    List(ListBuilder<Int64Builder>),
}

impl ColumnWriter {
    fn new(name: &str, ty: Type) -> Self {
        let values = match ty {
            Type::Text | Type::Host | Type::Null => Values::Text(StringBuilder::new()),
            Type::Integer => Values::Integer(Int64Builder::new()),
            Type::Time => Values::Time(TimestampMillisecondBuilder::new().with_timezone("UTC")),
            Type::Double => Values::Double(Float64Builder::new()),
            Type::Boolean => Values::Boolean(BooleanBuilder::new()),
            Type::Binary => Values::Binary(BinaryBuilder::new()),
            Type::IntegerList => Values::List(ListBuilder::new(Int64Builder::new())),
        };
        ColumnWriter { name: name.to_owned(), ty, values, filled: 0, common: Common::default() }
    }

    /// Sets the value of a row; those between have none.
    fn set(&mut self, row: usize, cell: Cell<'_>) {
        if self.filled > row {
            return;
        }
        self.nulls(row - self.filled);
        match (&mut self.values, cell) {
            (Values::Text(values), Cell::Text(text)) => values.append_value(text),
            (Values::Integer(values), Cell::Integer(n)) => values.append_value(n),
            (Values::Time(values), Cell::Integer(n)) => values.append_value(n),
            (Values::Double(values), Cell::Double(n)) => values.append_value(n),
            (Values::Boolean(values), Cell::Boolean(b)) => values.append_value(b),
            (Values::Binary(values), Cell::Bytes(bytes)) => values.append_value(bytes),
            (Values::List(values), Cell::List(items)) => {
                for item in items.chunks_exact(8).filter_map(|i| i.first_chunk::<8>()) {
                    values.values().append_value(i64::from_le_bytes(*item));
                }
                values.append(true);
            }
            _ => return,
        }
        self.filled += 1;
        self.common.see(cell);
    }

    fn nulls(&mut self, count: usize) {
        match &mut self.values {
            Values::Text(values) => values.append_nulls(count),
            Values::Integer(values) => values.append_nulls(count),
            Values::Time(values) => values.append_nulls(count),
            Values::Double(values) => values.append_nulls(count),
            Values::Boolean(values) => values.append_nulls(count),
            Values::Binary(values) => values.append_nulls(count),
            Values::List(values) => (0..count).for_each(|_| values.append(false)),
        }
        self.filled += count;
    }

    fn finish(&mut self, rows: usize) -> ArrayRef {
        self.nulls(rows.saturating_sub(self.filled));
        self.filled = 0;
        match &mut self.values {
            Values::Text(values) => Arc::new(values.finish()),
            Values::Integer(values) => Arc::new(values.finish()),
            Values::Time(values) => Arc::new(values.finish()),
            Values::Double(values) => Arc::new(values.finish()),
            Values::Boolean(values) => Arc::new(values.finish()),
            Values::Binary(values) => Arc::new(values.finish()),
            Values::List(values) => Arc::new(values.finish()),
        }
    }
}
