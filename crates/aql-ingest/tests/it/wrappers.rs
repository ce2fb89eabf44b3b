//! JSON objects that wrap records, and those that only look like it.

use aql_event::Needs;
use aql_ingest::Options;

use crate::util::{builtin, field, scan_bytes, values};

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
