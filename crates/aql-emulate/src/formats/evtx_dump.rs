//! What `evtx_dump` prints: values of the types that the log has, GUIDs without braces.

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

fn document(event: &WindowsEvent) -> Value {
    let mut provider = json!({ "Name": event.provider });
    if let Some(guid) = &event.guid {
        provider["Guid"] = guid.to_uppercase().into();
    }
    let id = match event.qualifiers {
        Some(q) => json!({ "#attributes": { "Qualifiers": q }, "#text": event.id }),
        None => event.id.into(),
    };
    let mut system = Map::new();
    let mut set = |key: &str, value: Value| system.insert(key.to_owned(), value);
    set("Provider", json!({ "#attributes": provider }));
    set("EventID", id);
    if let Some(version) = event.version {
        set("Version", version.into());
    }
    set("Level", event.level.into());
    set("Task", event.task.into());
    if event.version.is_some() {
        set("Opcode", event.opcode.into());
    }
    set("Keywords", event.keywords.clone().into());
    let created = time::form(event.time, "micro");
    set("TimeCreated", json!({ "#attributes": { "SystemTime": created } }));
    set("EventRecordID", event.number.into());
    if event.version.is_some() {
        set("Correlation", Value::Null);
    }
    let (process, thread) = event.writer;
    set("Execution", json!({ "#attributes": { "ProcessID": process, "ThreadID": thread } }));
    set("Channel", event.channel.clone().into());
    set("Computer", event.computer.clone().into());
    let security = match &event.account {
        Some((sid, ..)) => json!({ "#attributes": { "UserID": sid } }),
        None => Value::Null,
    };
    set("Security", security);
    json!({
        "Event": {
            "#attributes": { "xmlns": "http://schemas.microsoft.com/win/2004/08/events/event" },
            "System": system,
            "EventData": data(event),
        }
    })
}

/// The values; those without names are a list.
pub(super) fn data(event: &WindowsEvent) -> Value {
    if event.data.iter().all(|(name, _)| name.is_empty()) {
        let values: Vec<&str> = event.data.iter().map(|(_, value)| value.as_str()).collect();
        return json!({ "Data": { "#text": values } });
    }
    let pair = |(name, value): &(String, String)| (name.clone(), typed(event, name, value));
    Value::Object(event.data.iter().map(pair).collect())
}

/// The value in the type that the manifest of its provider gives it.
fn typed(event: &WindowsEvent, name: &str, value: &str) -> Value {
    let number = match name {
        "ProcessId" | "ParentProcessId" => !value.starts_with("0x"),
        "TerminalSessionId" | "SourcePort" | "DestinationPort" => {
            event.provider.ends_with("Sysmon")
        }
        "MessageNumber" | "MessageTotal" | "LogonType" | "KeyLength" => true,
        _ => false,
    };
    if number && let Ok(number) = value.parse::<u64>() {
        return number.into();
    }
    if matches!(name, "Initiated" | "SourceIsIpv6" | "DestinationIsIpv6") {
        return Value::Bool(value == "true");
    }
    if name.ends_with("Guid") && value.starts_with('{') {
        return value.trim_matches(['{', '}']).to_uppercase().into();
    }
    value.into()
}
