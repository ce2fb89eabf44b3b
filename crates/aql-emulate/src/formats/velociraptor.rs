//! Rows of Velociraptor's `parse_evtx`.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{evtx_dump, json_line, windows};
use crate::play::Emitted;
use crate::record::WindowsEvent;

pub(super) fn write(records: &[&Emitted], out: &mut dyn Write) -> io::Result<()> {
    for event in windows(records) {
        json_line(&row(event), out)?;
    }
    Ok(())
}

fn row(event: &WindowsEvent) -> Value {
    let mut provider = json!({ "Name": event.provider });
    if let Some(guid) = &event.guid {
        provider["Guid"] = guid.to_uppercase().into();
    }
    let mut id = json!({ "Value": event.id });
    if let Some(qualifiers) = event.qualifiers {
        id["Qualifiers"] = qualifiers.into();
    }
    let keywords = event.keywords.trim_start_matches("0x");
    let (process, thread) = event.writer;
    // Classic values have no names, and are then a list under `Data`.
    let mut data = evtx_dump::data(event);
    if let Some(values) = data.pointer_mut("/Data/#text").map(Value::take) {
        data = json!({ "Data": values });
    }
    json!({
        "System": {
            "Provider": provider,
            "EventID": id,
            "Version": event.version.unwrap_or(0),
            "Level": event.level,
            "Task": event.task,
            "Opcode": event.opcode,
            "Keywords": u64::from_str_radix(keywords, 16).unwrap_or(0),
            "TimeCreated": { "SystemTime": event.time.as_microsecond() as f64 / 1e6 },
            "EventRecordID": event.number,
            "Correlation": {},
            "Execution": { "ProcessID": process, "ThreadID": thread },
            "Channel": event.channel,
            "Computer": event.computer,
            "Security": match &event.account {
                Some((sid, ..)) => json!({ "UserID": sid }),
                None => json!({}),
            },
        },
        "EventData": data,
        "Message": event.message,
    })
}
