//! JSON objects that wrap records, and those that only look like it.

use aql_event::{Needs, provenance};
use aql_ingest::Options;

use crate::util::{builtin, field, scan_bytes, source, values};

fn some(texts: &[&str]) -> Vec<Option<String>> {
    texts.iter().map(|text| Some((*text).to_owned())).collect()
}

#[test]
fn only_bookkeeping_may_stand_beside_the_records() {
    let needs = Needs::new([builtin("payload")]);
    let whole = [
        r#"{"time":"2024-01-01T00:00:00Z","user":"x","events":[]}"#,
        r#"{"id":{"time":"2024-01-01T00:00:00Z"},"actor":{"email":"a"},"events":[{"name":"login"}]}"#,
        r#"{"@odata.context":"x","value":[]}"#,
        r#"{"records":[{"a":1}],"events":[{"b":2}]}"#,
        r#"{"records":[{"a":1},2]}"#,
        r#"{"hits":[{"a":1}]}"#,
    ];
    for text in whole {
        let (batches, report) = scan_bytes(text.as_bytes(), &needs, Options::default());
        assert_eq!(values(&batches, &builtin("payload")), some(&[text]));
        assert_eq!(report.files[0].records, 1, "{text}");
    }
    for text in [
        r#"{"Records":[{"a":1},{"a":2}]}"#,
        r#"{"@odata.context":"x","@odata.nextLink":"y","@odata.count":2,"value":[{"a":1},{"a":2}]}"#,
        r#"{"status":"ok","nextPageToken":"t","total":2,"events":[{"a":1},{"a":2}]}"#,
    ] {
        let (batches, _) = scan_bytes(text.as_bytes(), &needs, Options::default());
        let found = values(&batches, &builtin("payload"));
        assert_eq!(found, some(&[r#"{"a":1}"#, r#"{"a":2}"#]), "{text}");
    }
}

#[test]
fn the_outer_fields_of_a_record_with_events_can_be_asked_for() {
    let text = r#"{"id":{"time":"2024-01-01T00:00:00Z"},"ipAddress":"192.0.2.1","events":[{"name":"login"}]}"#;
    let needs = Needs::new([field("ipAddress")]);
    let (batches, _) = scan_bytes(text.as_bytes(), &needs, Options::default());
    assert_eq!(values(&batches, &field("ipAddress")), some(&["192.0.2.1"]));
}

#[test]
fn wrapped_records_of_lines_have_numbers_of_their_own() {
    let lines = concat!(
        "{\"records\":[{\"a\":1},{\"a\":2}]}\n",
        "{\"value\":[]}\n",
        "{\"count\":\n",
        "{\"count\":2,\"records\":[{\"a\":3},{\"a\":4}]}\r\n",
        "[{\"a\":5},{\"a\":6}]\n\n",
        "{\"records\":[{\"a\":7}],\"user\":\"x\"}\n",
    );
    let number = source(provenance::RECORD);
    let needs = Needs::new([number.clone()]);
    let (batches, report) = scan_bytes(lines.as_bytes(), &needs, Options::default());
    // The third line is lost: number 3 is its own.
    assert_eq!(values(&batches, &number), some(&["1", "2", "4", "5", "6", "7", "8"]));
    assert_eq!(report.files[0].lost, 1);
    // The same in parts: lines of many lengths, so that cuts fall everywhere.
    let pad = |n: usize| format!("{{\"records\":[{{\"a\":\"{}\"}},{{}}]}}\n", "x".repeat(n));
    let large: String = (0..600).map(|n| format!("{lines}{}", pad(n * 7))).collect();
    let whole = Options { split: u64::MAX, ..Options::default() };
    let (expected, _) = scan_bytes(large.as_bytes(), &needs, whole);
    let expected = values(&expected, &number);
    assert_eq!(expected.len(), 600 * 9);
    for threads in [1, 3] {
        let options = Options { threads, split: 1 << 16, ..Options::default() };
        let (found, _) = scan_bytes(large.as_bytes(), &needs, options);
        assert!(values(&found, &number) == expected, "{threads} threads");
    }
}

#[test]
fn a_part_that_ends_inside_a_wrapper_counts_all_it_wraps() {
    let number = source(provenance::RECORD);
    let needs = Needs::new([number.clone()]);
    // A file is read 256 KiB at a time: the wrapper starts this much before the end of the first.
    let tail = "x".repeat(300 << 10);
    for before in 0..30 {
        let filler = format!("{{\"a\":\"{}\"}}\n", "x".repeat((1 << 18) - before - 9));
        assert_eq!(filler.len() + before, 1 << 18);
        let text =
            format!("{filler} {{ \"records\":[{{\"a\":1}},{{\"a\":2}}]}}\n{{\"a\":\"{tail}\"}}\n");
        let options = Options { split: 1 << 18, threads: 2, ..Options::default() };
        let (found, _) = scan_bytes(text.as_bytes(), &needs, options);
        assert_eq!(values(&found, &number), some(&["1", "2", "3", "4"]), "{before}");
    }
}
