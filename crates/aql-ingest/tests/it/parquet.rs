//! Parquet files as others write them.

use std::sync::Arc;

use aql_diag::codes;
use aql_event::provenance;
use aql_ingest::Options;
use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;

use crate::robust::{gzip_of, zip_of};
use crate::util::{
    builtin, data, field, render, render_report, scan_bytes, scan_paths, source, values,
};

/// A file of two columns and as many rows, `group` per row group.
fn parquet(rows: usize, group: usize) -> Vec<u8> {
    let numbers: ArrayRef = Arc::new((0..rows as i64).map(Some).collect::<Int64Array>());
    let texts = (0..rows).map(|n| Some(format!("value {n} {}", n.wrapping_mul(2_654_435_761))));
    let texts: ArrayRef = Arc::new(texts.collect::<StringArray>());
    let batch = RecordBatch::try_from_iter([("n", numbers), ("text", texts)]).unwrap();
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(group)).build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn needs() -> aql_event::Needs {
    aql_event::Needs::new([
        field("n"),
        field("text"),
        builtin("starttime"),
        builtin("payload"),
        builtin("isunparsed"),
        source(provenance::RECORD),
        source(provenance::FORMAT),
    ])
}

#[test]
fn every_type_that_a_file_can_hold() {
    let names = [
        "Timestamp",
        "flag",
        "small",
        "big",
        "unsigned",
        "number",
        "nan",
        "price",
        "day",
        "clock",
        "local",
        "id",
        "bytes",
        "text_bytes",
        "actor",
        "actor.User",
        "ACTOR.deep.level",
        "tags",
        "pairs.k2",
        "user name",
        "kind",
        "nothing",
        "span",
    ];
    let of_event = [builtin("starttime"), builtin("payload"), source(provenance::FORMAT)];
    let needs = aql_event::Needs::new(names.iter().map(|name| field(name)).chain(of_event));
    let (batches, report) = scan_paths(&[data("rows.parquet")], &needs, Options::default());
    insta::assert_snapshot!(format!("{}{}", render_report(&report), render(&batches)));
}

#[test]
fn rows_are_numbered_and_wherever_they_lie_they_are_read() {
    let bytes = parquet(5000, 1000);
    let (plain, report) = scan_bytes(&bytes, &needs(), Options::default());
    let file = &report.files[0];
    assert_eq!((file.records, file.lost, file.format), (5000, 0, Some("parquet")));
    assert_eq!(file.bytes, bytes.len() as u64);
    let records = values(&plain, &source(provenance::RECORD));
    assert!(records.iter().enumerate().all(|(at, n)| *n == Some((at + 1).to_string())));
    let texts = values(&plain, &field("text"));
    assert_eq!(texts[4999].as_deref().map(|text| &text[..10]), Some("value 4999"));
    for packed in [zip_of(&[("a.parquet", &bytes)]), gzip_of(&bytes)] {
        let (found, _) = scan_bytes(&packed, &needs(), Options::default());
        assert_eq!(values(&found, &field("text")), texts);
    }
    let options = Options { max_nested_archive: 100, ..Options::default() };
    let (_, report) = scan_bytes(&gzip_of(&bytes), &needs(), options);
    assert_eq!(report.files[0].diagnostics[0].code, codes::ARCHIVE);
}

#[test]
fn damaged_files_are_told() {
    let bytes = parquet(3000, 1000);
    for end in [4, 11, bytes.len() / 2, bytes.len() - 1] {
        let (_, report) = scan_bytes(&bytes[..end], &needs(), Options::default());
        let file = &report.files[0];
        assert_eq!((file.records, file.lost), (0, 1), "cut at {end}");
        assert_eq!(file.diagnostics[0].code, codes::TRUNCATED, "cut at {end}");
    }
    // The data of the last group: what comes before is read.
    let mut zeros = bytes.clone();
    let from = bytes.len() * 3 / 4;
    zeros[from..bytes.len() - 2000].fill(0xff);
    let (_, report) = scan_bytes(&zeros, &needs(), Options::default());
    let file = &report.files[0];
    assert!(file.records >= 1000 && file.lost > 0, "{}", render_report(&report));
    assert_eq!(file.records + file.lost, 3000, "{}", render_report(&report));
    assert_eq!(file.diagnostics[0].code, codes::DAMAGED);
    let mut footer = bytes;
    let end = footer.len();
    footer[end - 40..end - 8].fill(0xff);
    let (_, report) = scan_bytes(&footer, &needs(), Options::default());
    assert_eq!(report.files[0].lost, 1);
    assert_eq!(report.files[0].diagnostics[0].code, codes::DAMAGED);
}

#[test]
fn a_file_of_a_store_is_told_as_such() {
    let ids: ArrayRef = Arc::new(StringArray::from(vec!["a"]));
    let batch = RecordBatch::try_from_iter([("a", ids)]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("aql.parquet");
    let mut writer =
        ArrowWriter::try_new(std::fs::File::create(&path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    let pair =
        parquet::file::metadata::KeyValue::new("aquiline.segment".to_owned(), "{}".to_owned());
    writer.append_key_value_metadata(pair);
    writer.close().unwrap();
    let (_, report) = scan_paths(std::slice::from_ref(&path), &needs(), Options::default());
    assert_eq!((report.files[0].records, report.files[0].lost), (0, 1));
    assert!(report.files[0].diagnostics[0].message.contains("store"));
}
