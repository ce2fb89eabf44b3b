//! Levels of Windows events that are words.

use aql_event::Needs;
use aql_ingest::Options;

use crate::util::{builtin, scan_bytes, values};

#[test]
fn levels_as_words_tell_application_events_apart() {
    let shapes = [
        r#"{"winlog":{"channel":"Application","event_id":1000},"log":{"level":"LEVEL"}}"#,
        r#"{"log_name":"Application","event_id":1000,"event_data":{},"level":"LEVEL"}"#,
        r#"{"Channel":"Application","EventID":1000,"Level":"LEVEL"}"#,
        r#"{"Channel":"Application","EventID":1000,"EventType":"LEVEL"}"#,
        r#"{"Channel":"Application","EventID":1000,"Computer":"x","EventLevelName":"LEVEL"}"#,
        r#"{"Event":{"System":{"Channel":"Application","EventID":1000,"Level":"LEVEL"}}}"#,
    ];
    let category = builtin("qideventcategory");
    let needs = Needs::new([category.clone()]);
    for (level, expected) in [
        ("critical", "Application_Error"),
        ("Error", "Application_Error"),
        ("2", "Application_Error"),
        ("WARNING", "Application_Warning"),
        ("Information", "Application_Information"),
        ("info", "Application_Information"),
    ] {
        for shape in shapes {
            let text = shape.replace("LEVEL", level);
            let (batches, _) = scan_bytes(text.as_bytes(), &needs, Options::default());
            assert_eq!(values(&batches, &category), [Some(expected.to_owned())], "{text}");
        }
    }
}
