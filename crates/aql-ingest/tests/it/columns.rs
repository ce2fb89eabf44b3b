//! Events made of the columns of Parquet files are those that the rows would give as JSON objects.
//!
//! The objects are made here, value by value, and are read as lines of JSON.

use std::sync::Arc;

use aql_event::{Column, EventBatch, Needs, RowFilter, TimeRange, provenance};
use aql_ingest::{Mappings, Options};
use arrow_array::builder::{
    BinaryViewBuilder, FixedSizeBinaryBuilder, ListBuilder, MapBuilder, StringBuilder,
    StringViewBuilder,
};
use arrow_array::cast::AsArray;
use arrow_array::types::{Int8Type, Int64Type};
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Date64Array, Decimal128Array,
    DictionaryArray, DurationMillisecondArray, Float32Array, Float64Array, Int32Array, Int64Array,
    LargeStringArray, NullArray, RecordBatch, StringArray, StructArray, Time32SecondArray,
    Time64MicrosecondArray, TimestampMicrosecondArray, TimestampMillisecondArray,
    TimestampNanosecondArray, TimestampSecondArray, UInt64Array,
};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReader;
use parquet::file::properties::WriterProperties;

use crate::util::{builtin, field, render, render_report, scan_bytes, source, values};

// The object of a row: the reader's first way, one value after the other.

fn object(batch: &RecordBatch, row: usize) -> String {
    let schema = batch.schema();
    let names = schema.fields().iter().map(|field| field.name().as_str());
    let mut out = String::new();
    members(names.zip(batch.columns()), row, &mut out);
    out
}

fn members<'a>(
    columns: impl Iterator<Item = (&'a str, &'a ArrayRef)>,
    row: usize,
    out: &mut String,
) {
    out.push('{');
    let mut is_first = true;
    for (name, array) in columns {
        if array.is_null(row) || array.data_type() == &DataType::Null {
            continue;
        }
        if !std::mem::replace(&mut is_first, false) {
            out.push(',');
        }
        quote(name, out);
        out.push(':');
        value(array, row, out);
    }
    out.push('}');
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
}

fn value(array: &ArrayRef, row: usize, out: &mut String) {
    if array.is_null(row) {
        return out.push_str("null");
    }
    match array.data_type() {
        DataType::Null => out.push_str("null"),
        DataType::Struct(fields) => {
            let names = fields.iter().map(|field| field.name().as_str());
            members(names.zip(array.as_struct().columns()), row, out);
        }
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            out.push('[');
            for item in 0..items.len() {
                if item > 0 {
                    out.push(',');
                }
                value(&items, item, out);
            }
            out.push(']');
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            out.push('{');
            for entry in 0..entries.len() {
                if entry > 0 {
                    out.push(',');
                }
                quote(&shown(entries.column(0), entry), out);
                out.push(':');
                value(entries.column(1), entry, out);
            }
            out.push('}');
        }
        DataType::Boolean | DataType::Int32 | DataType::Int64 | DataType::UInt64 => {
            out.push_str(&shown(array, row));
        }
        DataType::Float32 | DataType::Float64 => {
            let text = shown(array, row);
            if text.parse::<f64>().is_ok_and(f64::is_finite) {
                out.push_str(&text);
            } else {
                quote(&text, out);
            }
        }
        _ => quote(&shown(array, row), out),
    }
}

fn shown(array: &ArrayRef, row: usize) -> String {
    let bytes = match array.data_type() {
        DataType::Binary => array.as_binary::<i32>().value(row),
        DataType::BinaryView => array.as_binary_view().value(row),
        DataType::FixedSizeBinary(_) => array.as_fixed_size_binary().value(row),
        _ => {
            let options = FormatOptions::new();
            let formatter = ArrayFormatter::try_new(array.as_ref(), &options).unwrap();
            return formatter.value(row).try_to_string().unwrap();
        }
    };
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

// The files.

/// Numbers without a pattern, the same in each run.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// One value for each row, or none.
    fn some<T>(&mut self, rows: usize, mut value: impl FnMut(&mut Chance) -> T) -> Vec<Option<T>> {
        (0..rows).map(|_| (self.below(4) > 0).then(|| value(self))).collect()
    }

    /// A number of any size and sign, small ones as often as large ones.
    fn number(&mut self) -> i64 {
        let bits = self.below(64);
        let number = (self.next() >> bits).cast_signed();
        if self.below(2) == 0 { number } else { number.wrapping_neg() }
    }

    fn text(&mut self) -> String {
        const TEXTS: [&str; 9] = [
            "",
            "plain",
            "with \"quotes\" and \\",
            "line\nend\t\u{1}",
            "Grüße 😀",
            "2026-01-31 14:05:06.789",
            "2026-01-31T14:05:06+02:00",
            "{\"a\":1}",
            "17",
        ];
        TEXTS[usize::try_from(self.below(9)).unwrap()].to_owned()
    }

    fn texts(&mut self, rows: usize) -> ArrayRef {
        Arc::new(StringArray::from(self.some(rows, Chance::text)))
    }

    fn struct_of(&mut self, rows: usize, members: Vec<(&str, ArrayRef)>) -> ArrayRef {
        let fields = members
            .iter()
            .map(|(name, array)| Arc::new(Field::new(*name, array.data_type().clone(), true)));
        let fields = fields.collect();
        let arrays = members.into_iter().map(|(_, array)| array).collect();
        let nulls = NullBuffer::new(BooleanBuffer::collect_bool(rows, |_| self.below(3) > 0));
        Arc::new(StructArray::new(fields, arrays, Some(nulls)))
    }
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let fields: Vec<_> = columns
        .iter()
        .map(|(name, array)| Field::new(*name, array.data_type().clone(), true))
        .collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

fn file(batch: &RecordBatch, group: usize) -> Vec<u8> {
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(group))
        .set_data_page_row_count_limit(500)
        .build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    bytes
}

/// The rows as lines of JSON, as Parquet gives them back.
fn lines(parquet: &[u8]) -> Vec<u8> {
    let parquet = bytes::Bytes::from(parquet.to_vec());
    let mut out = String::new();
    for batch in ParquetRecordBatchReader::try_new(parquet, 100).unwrap() {
        let batch = batch.unwrap();
        for row in 0..batch.num_rows() {
            out.push_str(&object(&batch, row));
            out.push('\n');
        }
    }
    out.into_bytes()
}

/// Every kind of value that nests in nothing.
fn flat(rows: usize) -> RecordBatch {
    let mut chance = Chance(88_172_645_463_325_252);
    let c = &mut chance;
    // Times of the years 1 to 9999, and some beyond.
    let seconds = |c: &mut Chance| match c.below(8) {
        0 => c.number() % 1_000_000_000_000,
        1 => -c.number().rem_euclid(62_000_000_000),
        _ => c.number().rem_euclid(253_000_000_000),
    };
    let nanoseconds = |c: &mut Chance| c.number() % 8_000_000_000_000_000_000;
    let mut fixed = FixedSizeBinaryBuilder::new(3);
    let mut views = StringViewBuilder::new();
    let mut bytes = BinaryViewBuilder::new();
    for text in c.some(rows, Chance::text) {
        views.append_option(text.as_deref());
        bytes.append_option(text.as_deref().map(str::as_bytes));
        match text {
            Some(text) if text.len() > 2 => fixed.append_value(&text.as_bytes()[..3]).unwrap(),
            _ => fixed.append_null(),
        }
    }
    let dictionary: DictionaryArray<Int8Type> =
        c.some(rows, Chance::text).iter().map(|text| text.as_deref()).collect();
    let odd_bytes = c.some(rows, |c| c.number().to_le_bytes().to_vec());
    let odd_bytes: BinaryArray = odd_bytes.iter().map(|bytes| bytes.as_deref()).collect();
    let floats = |c: &mut Chance| match c.below(9) {
        0 => f64::NAN,
        1 => f64::NEG_INFINITY,
        2 => -0.0,
        _ => f64::from_bits(c.next()),
    };
    let millis = |c: &mut Chance| seconds(c).saturating_mul(1000) + c.number() % 1000;
    let micros = |c: &mut Chance| {
        seconds(c).rem_euclid(200_000_000_000).saturating_mul(1_000_000) + c.number() % 1_000_000
    };
    let date64 = |c: &mut Chance| c.number() % 10_000 * 86_400_000;
    let decimals = Decimal128Array::from(c.some(rows, |c| i128::from(c.number())));
    batch(vec![
        ("text", c.texts(rows)),
        ("TEXT", c.texts(rows)),
        ("large", Arc::new(LargeStringArray::from(c.some(rows, Chance::text)))),
        ("view", Arc::new(views.finish())),
        ("number", Arc::new(Int64Array::from(c.some(rows, Chance::number)))),
        ("small", Arc::new(Int32Array::from(c.some(rows, |c| c.number() as i32)))),
        ("unsigned", Arc::new(UInt64Array::from(c.some(rows, Chance::next)))),
        ("double", Arc::new(Float64Array::from(c.some(rows, floats)))),
        ("float", Arc::new(Float32Array::from(c.some(rows, |c| f32::from_bits(c.next() as u32))))),
        ("flag", Arc::new(BooleanArray::from(c.some(rows, |c| c.below(2) == 1)))),
        ("price", Arc::new(decimals.with_precision_and_scale(38, 7).unwrap())),
        ("day", Arc::new(Date32Array::from(c.some(rows, |c| (c.number() % 100_000) as i32)))),
        ("day64", Arc::new(Date64Array::from(c.some(rows, date64)))),
        ("clock", Arc::new(Time32SecondArray::from(c.some(rows, |c| c.below(86_400) as i32)))),
        (
            "clock64",
            Arc::new(Time64MicrosecondArray::from(
                c.some(rows, |c| c.below(86_400_000_000).cast_signed()),
            )),
        ),
        ("span", Arc::new(DurationMillisecondArray::from(c.some(rows, |c| c.number() >> 12)))),
        ("kind", Arc::new(dictionary)),
        ("bytes", Arc::new(bytes.finish())),
        ("odd bytes", Arc::new(odd_bytes)),
        ("fixed", Arc::new(fixed.finish())),
        ("nothing", Arc::new(NullArray::new(rows))),
        ("TimeGenerated", c.texts(rows)),
        (
            "Timestamp",
            Arc::new(TimestampMillisecondArray::from(c.some(rows, millis)).with_timezone("UTC")),
        ),
        ("EventTime", Arc::new(TimestampMicrosecondArray::from(c.some(rows, micros)))),
        (
            "CreationTime",
            Arc::new(
                TimestampNanosecondArray::from(c.some(rows, nanoseconds)).with_timezone("+05:30"),
            ),
        ),
        ("seconds", Arc::new(TimestampSecondArray::from(c.some(rows, seconds)))),
        ("a.dotted.name", c.texts(rows)),
    ])
}

/// Structs, lists and maps in each other, and names that lead into them.
fn nested(rows: usize, with_map: bool) -> RecordBatch {
    let mut chance = Chance(6_364_136_223_846_793_005);
    let c = &mut chance;
    let number = Arc::new(Int64Array::from(c.some(rows, Chance::number))) as ArrayRef;
    let deepest = vec![("Level", number), ("name", c.texts(rows))];
    let deep = c.struct_of(rows, deepest);
    let actor = vec![("User", c.texts(rows)), ("Deep", deep), ("user", c.texts(rows))];
    let actor = c.struct_of(rows, actor);
    let mut tags = ListBuilder::new(StringBuilder::new());
    let mut pairs = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    for _ in 0..rows {
        for text in c.some(3, Chance::text) {
            tags.values().append_option(text);
        }
        tags.append(c.below(4) > 0);
        for key in ["k1", "K2", "k1"].iter().take(usize::try_from(c.below(4)).unwrap()) {
            pairs.keys().append_value(key);
            pairs.values().append_option(c.some(1, Chance::text).pop().unwrap());
        }
        pairs.append(c.below(4) > 0).unwrap();
    }
    let times = TimestampMillisecondArray::from(c.some(rows, |c| c.number() % 1_000_000_000_000));
    let inner = c.texts(rows);
    let of_time = c.struct_of(rows, vec![("deep.name", inner)]);
    let mut columns = vec![
        ("actor", actor),
        ("tags", Arc::new(tags.finish()) as ArrayRef),
        ("ACTOR.deep.level", c.texts(rows)),
        ("Actor", of_time),
        ("time", Arc::new(times.with_timezone("UTC"))),
    ];
    if with_map {
        columns.push(("pairs", Arc::new(pairs.finish())));
    }
    batch(columns)
}

/// Several columns of one name.
fn doubled(rows: usize) -> RecordBatch {
    let mut chance = Chance(1_442_695_040_888_963_407);
    let c = &mut chance;
    let number = Arc::new(Int64Array::from(c.some(rows, Chance::number))) as ArrayRef;
    batch(vec![
        ("text", c.texts(rows)),
        ("number", number),
        ("text", c.texts(rows)),
        ("datetime", c.texts(rows)),
        ("DateTime", c.texts(rows)),
    ])
}

/// Names that JSON has to escape.
fn escaped(rows: usize) -> RecordBatch {
    let mut chance = Chance(2_862_933_555_777_941_757);
    batch(vec![("te\"xt", chance.texts(rows)), ("text", chance.texts(rows))])
}

fn needs(names: &[&str]) -> Needs {
    let of_event = ["starttime", "devicetime", "sourceip", "username", "logsourceid", "magnitude"];
    let of_event = of_event.into_iter().chain(["payload", "isunparsed", "qid", "category"]);
    let fields = names.iter().map(|name| field(name));
    // Texts of few values are dictionaries.
    let few = names.iter().take(3).map(|name| {
        let upper = name.to_ascii_uppercase();
        Column { encoding: aql_event::Encoding::Dictionary, ..field(&upper) }
    });
    let columns = fields.chain(few).chain(of_event.map(builtin));
    Needs::new(columns.chain([source(provenance::RECORD)]))
}

const FLAT: &[&str] = &[
    "view",
    "kind",
    "day64",
    "text",
    "large",
    "number",
    "small",
    "unsigned",
    "double",
    "float",
    "flag",
    "price",
    "day",
    "clock",
    "clock64",
    "span",
    "bytes",
    "odd bytes",
    "fixed",
    "nothing",
    "timestamp",
    "eventtime",
    "creationtime",
    "seconds",
    "a.dotted.name",
    "a.dotted",
    "none",
];
const NESTED: &[&str] = &[
    "actor.user",
    "actor.deep.level",
    "actor",
    "Actor.Deep",
    "actor.deep.name",
    "tags",
    "tags.x",
    "time",
    "actor.none",
];

fn compare(name: &str, found: &[EventBatch], expected: &[EventBatch], needs: &Needs) {
    for column in needs.columns().iter() {
        let (found, expected) = (values(found, column), values(expected, column));
        assert_eq!(found.len(), expected.len(), "{name}: {}", column.arrow_name());
        for (row, (found, expected)) in found.iter().zip(&expected).enumerate() {
            assert_eq!(found, expected, "{name}: {} of row {}", column.arrow_name(), row + 1);
        }
    }
}

/// Options under which a file is one part, or many.
fn options(split: u64) -> Options {
    Options { threads: 2, split, ..Options::default() }
}

#[test]
fn columns_give_what_the_objects_of_rows_give() {
    let map_names: Vec<&str> = NESTED.iter().copied().chain(["pairs.k1", "PAIRS.k2"]).collect();
    let cases = [
        ("flat", flat(1200), FLAT),
        ("nested", nested(1200, false), NESTED),
        ("map", nested(600, true), &map_names),
        ("map, not asked for", nested(600, true), NESTED),
        ("doubled", doubled(600), &["text", "number", "TEXT2"]),
        ("escaped", escaped(700), &["text", "te\"xt", "te\\\"xt"]),
    ];
    for (name, batch, names) in cases {
        let parquet = file(&batch, 500);
        let lines = lines(&parquet);
        // A few columns, and all of them: which ones are read depends on it.
        for names in [names, &names[..1], &[]] {
            let mut needs = needs(names);
            let range = TimeRange { start: -1_000_000_000_000, end: 2_000_000_000_000 };
            for time in [None, Some(range)] {
                needs.time = time;
                let (expected, expected_report) = scan_bytes(&lines, &needs, Options::default());
                for split in [u64::MAX, 1] {
                    let (found, report) = scan_bytes(&parquet, &needs, options(split));
                    compare(name, &found, &expected, &needs);
                    let (file, expected) = (&report.files[0], &expected_report.files[0]);
                    assert_eq!(file.records, expected.records, "{name}");
                    assert_eq!(file.ruled_out, expected.ruled_out, "{name}");
                    assert_eq!(file.unparsed, expected.unparsed, "{name}");
                    assert_eq!(file.lost, 0, "{name}: {}", render_report(&report));
                    assert_eq!(file.bytes, parquet.len() as u64, "{name}");
                    assert_eq!(report.time_span, expected_report.time_span, "{name}");
                    let codes = |file: &aql_event::FileReport| -> Vec<String> {
                        file.diagnostics
                            .iter()
                            .map(|d| format!("{} {}", d.code, d.message))
                            .collect()
                    };
                    assert_eq!(codes(file), codes(expected), "{name}");
                }
            }
        }
    }
}

#[test]
fn a_large_group_of_rows_is_shared() {
    let numbers: ArrayRef = Arc::new((0..70_000_i64).map(Some).collect::<Int64Array>());
    let texts = (0..70_000).map(|n| (n % 7 != 0).then(|| format!("text {}", n * 31)));
    let texts: ArrayRef = Arc::new(texts.collect::<StringArray>());
    let parquet = file(&batch(vec![("n", numbers), ("text", texts)]), 70_000);
    let needs = Needs::new([field("n"), field("text"), source(provenance::RECORD)]);
    let (expected, _) = scan_bytes(&parquet, &needs, options(u64::MAX));
    let (found, report) = scan_bytes(&parquet, &needs, options(1 << 10));
    assert_eq!(report.files[0].records, 70_000);
    compare("large", &found, &expected, &needs);
    let records = values(&found, &source(provenance::RECORD));
    assert!(records.iter().enumerate().all(|(at, n)| *n == Some((at + 1).to_string())));
}

/// Wants one row in so many, by its number.
struct OneIn(i64, Vec<Column>);

impl RowFilter for OneIn {
    fn columns(&self) -> &[Column] {
        &self.1
    }

    fn wanted(&self, events: &EventBatch) -> BooleanBuffer {
        let numbers = events.column(&self.1[0]).unwrap().as_primitive::<Int64Type>();
        BooleanBuffer::collect_bool(events.num_rows(), |row| numbers.value(row) % self.0 == 0)
    }
}

#[test]
fn rows_that_cannot_match_are_left_out() {
    let parquet = file(&flat(6000), 5000);
    let plain = needs(FLAT);
    let (all, all_report) = scan_bytes(&parquet, &plain, options(u64::MAX));
    for one_in in [1, 3, 40, 1 << 40] {
        let filter = OneIn(one_in, vec![source(provenance::RECORD), field("small")]);
        let wanted: Vec<usize> = (1..=6000).filter(|n| *n as i64 % one_in == 0).collect();
        let mut looking = plain.clone();
        looking.row_filter = Some(Arc::new(filter));
        for split in [u64::MAX, 1] {
            let (found, report) = scan_bytes(&parquet, &looking, options(split));
            let numbers = values(&found, &source(provenance::RECORD));
            // Where looking spares nothing, all come.
            let is_all = numbers.len() == 6000;
            assert!(is_all == (one_in < 8), "{} of one in {one_in}", numbers.len());
            for column in plain.columns().iter() {
                let (found, all) = (values(&found, column), values(&all, column));
                let expected: Vec<_> = match is_all {
                    true => all,
                    false => wanted.iter().map(|n| all[n - 1].clone()).collect(),
                };
                assert_eq!(found, expected, "{} of one in {one_in}", column.arrow_name());
            }
            assert_eq!(render_report(&report), render_report(&all_report));
            assert_eq!(report.time_span, all_report.time_span);
        }
    }
}

#[test]
fn what_cannot_be_shown_costs_its_row() {
    // No calendar has this day.
    let days = [Some(0), Some(i32::MAX), None, Some(1)];
    let days: ArrayRef = Arc::new(Date32Array::from(days.to_vec()));
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["a", "b", "c", "d"]));
    let parquet = file(&batch(vec![("day", days), ("text", texts)]), 100);
    for asked in ["text", "day"] {
        let needs = Needs::new([field(asked), source(provenance::RECORD)]);
        let (found, report) = scan_bytes(&parquet, &needs, Options::default());
        insta::assert_snapshot!(
            format!("row_that_cannot_be_shown_{asked}"),
            format!("{}{}", render_report(&report), render(&found))
        );
    }
}

#[test]
fn mappings_are_asked_first() {
    let mapping = "name = 'tills'\ntime = 'when'\n[records]\nfields = 'till'\n\
                   [columns]\nusername = 'clerk'";
    let texts =
        |values: [Option<&str>; 3]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
    let parquet = file(
        &batch(vec![
            ("till", texts([Some("1"), None, Some("2")])),
            ("clerk", texts([Some("ann"), Some("bob"), None])),
            ("when", texts([Some("2026-01-31T14:05:06Z"), None, None])),
        ]),
        100,
    );
    let mut mappings = Mappings::default();
    mappings.add(mapping).unwrap();
    let options = || Options { mappings: mappings.clone(), ..Options::default() };
    let needs = needs(&["till", "clerk", "when"]);
    let (expected, _) = scan_bytes(&lines(&parquet), &needs, options());
    let (found, report) = scan_bytes(&parquet, &needs, options());
    compare("mapped", &found, &expected, &needs);
    assert_eq!(report.files[0].unparsed, 1);
    assert_eq!(values(&found, &builtin("username")), [Some("ann".to_owned()), None, None]);
}
