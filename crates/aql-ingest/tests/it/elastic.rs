//! Search responses and hits of Elasticsearch: their documents are the records.

use aql_diag::codes;
use aql_event::{Needs, provenance};
use aql_ingest::Options;

use crate::util::{builtin, data, field, render_report, scan_bytes, scan_paths, source, values};

fn some(texts: &[&str]) -> Vec<Option<String>> {
    texts.iter().map(|text| Some((*text).to_owned())).collect()
}

fn payloads(text: &str) -> Vec<Option<String>> {
    let needs = Needs::new([builtin("payload")]);
    let (batches, _) = scan_bytes(text.as_bytes(), &needs, Options::default());
    values(&batches, &builtin("payload"))
}

#[test]
fn documents_are_read_as_if_they_stood_alone() {
    let hit = |n: u8| {
        format!(r#"{{"_index":"i","_id":"{n}","_score":null,"_source":{{"a":{n}}},"sort":[1]}}"#)
    };
    let hits = format!(r#"{{"total":2,"max_score":null,"hits":[{},{}]}}"#, hit(1), hit(2));
    for text in [
        format!("{}\n{}\n", hit(1), hit(2)),
        format!("[{},{}]", hit(1), hit(2)),
        format!(r#"{{"hits":{hits}}}"#),
        format!(r#"{{"took":1,"_shards":{{}},"hits":{hits},"aggregations":{{"x":{{}}}}}}"#),
        format!(r#"{{"_scroll_id":"x","took":1,"hits":{hits}}}"#),
        format!(r#"{{"id":"x","is_partial":false,"response":{{"took":1,"hits":{hits}}}}}"#),
        format!(r#"{{"isRunning":false,"rawResponse":{{"hits":{hits}}}}}"#),
    ] {
        assert_eq!(payloads(&text), some(&[r#"{"a":1}"#, r#"{"a":2}"#]), "{text}");
    }
    let (batches, report) = scan_bytes(
        br#"{"took":1,"hits":{"total":0,"hits":[]}}"#,
        &Needs::new([]),
        Options::default(),
    );
    assert_eq!(batches.len(), 0);
    assert!(report.files[0].diagnostics.iter().any(|d| d.code == codes::EMPTY));
}

#[test]
fn what_only_looks_like_a_hit_or_a_response_is_a_record_itself() {
    for text in [
        r#"{"hits":{"hits":[{"_source":{"a":1}}]},"user":"x"}"#,
        r#"{"hits":{"hits":[{"_source":{"a":1}}],"user":"x"}}"#,
        r#"{"hits":{"hits":[1]}}"#,
        r#"{"hits":[{"_index":"i","_source":{"a":1}}]}"#,
        r#"{"_index":"i","_source":{"a":1},"user":"x"}"#,
        r#"{"_source":{"a":1}}"#,
        r#"{"_index":"i","_source":"text"}"#,
        r#"{"_index":"i","_id":"1","fields":{"a":[1]}}"#,
    ] {
        assert_eq!(payloads(text), some(&[text]));
    }
}

#[test]
fn a_document_of_another_kind_is_that_kind() {
    let text = r#"{"_index":"i","_id":"1","_source":{"CreationTime":"2024-03-05T10:15:30","Operation":"New-InboxRule","Workload":"Exchange"}}"#;
    let needs = Needs::new([source(provenance::FORMAT), builtin("qideventid")]);
    let (batches, _) = scan_bytes(text.as_bytes(), &needs, Options::default());
    assert_eq!(values(&batches, &source(provenance::FORMAT)), some(&["o365"]));
    assert_eq!(values(&batches, &builtin("qideventid")), some(&["New-InboxRule"]));
}

#[test]
fn responses_of_any_length_are_read_hit_by_hit() {
    let whole = std::fs::read_to_string(data("elasticsearch.json")).unwrap();
    let envelope = format!(r#"{{"id":"x","response":{whole},"is_partial":false}}"#);
    let needs = Needs::new([builtin("payload"), source(provenance::RECORD), field("Image")]);
    let (expected, _) = scan_paths(&[data("elasticsearch.json")], &needs, Options::default());
    for text in [whole, envelope] {
        let options = Options { max_record: 3_500, ..Options::default() };
        assert!(text.len() > 3_500);
        let (found, report) = scan_bytes(text.as_bytes(), &needs, options.clone());
        assert_eq!(report.files[0].diagnostics.len(), 0, "{}", render_report(&report));
        for column in needs.columns().iter() {
            assert_eq!(values(&found, column), values(&expected, column), "{}", column.name);
        }
        // What is no bookkeeping behind the hits was not known when they were read.
        let odd = text.replace("\"aggregations\"", "\"user\"");
        let (_, report) = scan_bytes(odd.as_bytes(), &needs, options);
        let told = render_report(&report);
        assert!(told.contains("`user` stands beside the records of a long object"), "{told}");
        assert_eq!(report.files[0].records, 4);
    }
}

#[test]
fn responses_of_lines_have_numbers_in_every_part() {
    let line = concat!(
        r#"{"took":1,"hits":{"total":2,"hits":[{"_id":"1","_source":{"a":1}},{"_id":"2","_source":{"a":2}}]}}"#,
        "\n",
        r#"{"_index":"i","_id":"3","_source":{"a":3}}"#,
        "\n",
    );
    let number = source(provenance::RECORD);
    let needs = Needs::new([number.clone()]);
    let options = Options { threads: 2, split: 1 << 16, ..Options::default() };
    let (found, _) = scan_bytes(line.repeat(3000).as_bytes(), &needs, options);
    let expected: Vec<_> = (1..=9000).map(|n| Some(n.to_string())).collect();
    assert!(values(&found, &number) == expected);
}
