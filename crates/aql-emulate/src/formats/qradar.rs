//! Windows events that an appliance received from WinCollect, as it hands them on.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::{flattened, json_line, windows};
use crate::play::Emitted;

/// Forwarded as JSON by a routing rule (default profile).
pub(super) fn forward(records: &[&Emitted], out: &mut dyn Write) -> io::Result<()> {
    for event in windows(records) {
        let time = event.time.as_millisecond().to_string();
        let received = (event.time.as_second() * 1000).to_string();
        let mut object = Map::new();
        let mut set = |key: &str, value: &str| object.insert(key.to_owned(), value.into());
        set("name", "DefaultProfile");
        set("version", "1.0");
        set("isoTimeFormat", "yyyy-MM-dd'T'HH:mm:ss.SSSZ");
        set("type", "Event");
        set("category", &event.id.to_string());
        set("startTimeEpoch", &time);
        set("storageTimeEpoch", &time);
        set("devTimeEpoch", &received);
        set("payload", flattened::wincollect_line(event).as_str());
        set("eventCnt", "1");
        set("hasOffense", "false");
        set("domainID", "0");
        set("domainName", "Default Domain");
        set("lowLevelCategory", "System Informational");
        set("highLevelCategory", "System");
        set("logSource", &format!("WindowsAuthServer @ {}", event.computer));
        set("logSourceType", "Microsoft Windows Security Event Log");
        set("logSourceIdentifier", &event.computer);
        json_line(&Value::Object(object), out)?;
    }
    Ok(())
}

/// Results of a search for times, log source and payload.
pub(super) fn search(records: &[&Emitted], out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<Value> = windows(records)
        .map(|event| {
            json!({
                "starttime": event.time.as_millisecond(),
                "devicetime": event.time.as_second() * 1000,
                "devicetype": 12,
                "logsourcename_logsourceid": format!("WindowsAuthServer @ {}", event.computer),
                "utf8_payload": flattened::wincollect_line(event),
            })
        })
        .collect();
    json_line(&json!({ "events": rows }), out)
}
