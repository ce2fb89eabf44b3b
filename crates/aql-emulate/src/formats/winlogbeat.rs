//! Documents of Winlogbeat 8 without pipelines: all values are texts in `winlog.event_data`.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::{json_line, windows};
use crate::play::Emitted;
use crate::record::WindowsEvent;
use crate::time;

pub(super) fn write(records: &[&Emitted], out: &mut dyn Write) -> io::Result<()> {
    for event in windows(records) {
        json_line(&document(event), out)?;
    }
    Ok(())
}

pub(super) fn document(event: &WindowsEvent) -> Value {
    let host = event.computer.split('.').next().unwrap_or(&event.computer);
    let (process, thread) = event.writer;
    let created = time::form(event.time, "milli");
    let mut winlog = json!({
        "api": "wineventlog",
        "channel": event.channel,
        "computer_name": event.computer,
        "event_data": data(event),
        "event_id": event.id.to_string(),
        "keywords": match event.keywords.as_str() {
            "0x8020000000000000" => json!(["Audit Success"]),
            "0x80000000000000" => json!(["Classic"]),
            _ => json!([]),
        },
        "opcode": "Info",
        "process": { "pid": process, "thread": { "id": thread } },
        "provider_name": event.provider,
        "record_id": event.number,
        "task": event.category,
    });
    if let Some(guid) = &event.guid {
        winlog["provider_guid"] = format!("{{{guid}}}").into();
    }
    if let Some(version) = event.version {
        winlog["version"] = version.into();
    }
    if let Some((sid, name, domain)) = &event.account {
        winlog["user"] =
            json!({ "identifier": sid, "name": name, "domain": domain, "type": "User" });
    }
    json!({
        "@timestamp": created,
        "agent": {
            "hostname": host,
            "name": host,
            "type": "winlogbeat",
            "version": "8.15.3",
        },
        "ecs": { "version": "8.0.0" },
        "event": {
            "action": event.category,
            "code": event.id.to_string(),
            "created": created,
            "kind": "event",
            "provider": event.provider,
        },
        "host": { "name": event.computer.to_lowercase() },
        "log": { "level": if event.level == 5 { "verbose" } else { "information" } },
        "message": event.message.replace("\r\n", "\n"),
        "winlog": winlog,
    })
}

/// Values by name; those without names are `param1` and so on. Empty ones are left out.
fn data(event: &WindowsEvent) -> Map<String, Value> {
    let mut data = Map::new();
    for (position, (name, value)) in event.data.iter().enumerate() {
        if value.is_empty() {
            continue;
        }
        let name = if name.is_empty() { format!("param{}", position + 1) } else { name.clone() };
        data.insert(name, value.clone().into());
    }
    data
}
