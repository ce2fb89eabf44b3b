//! Flat objects: NXLog's own, and those of the Security-Datasets (Mordor).

use std::io::{self, Write};

use serde_json::{Map, Value};

use super::{json_line, windows};
use crate::play::Emitted;
use crate::record::WindowsEvent;
use crate::time;

/// As `im_msvistalog` and `to_json` write it.
pub(super) fn nxlog(records: &[&Emitted], out: &mut dyn Write) -> io::Result<()> {
    windows(records).try_for_each(|event| json_line(&Value::Object(object(event)), out))
}

/// The fields of `im_msvistalog`. `EventTime` is that of the collector, here UTC.
pub(super) fn object(event: &WindowsEvent) -> Map<String, Value> {
    let mut object = Map::new();
    let mut set = |key: &str, value: Value| object.insert(key.to_owned(), value);
    set("EventTime", time::form(event.time, "blank").into());
    set("Hostname", event.computer.clone().into());
    set("Keywords", keywords(event).into());
    set("EventType", event_type(event).into());
    set("SeverityValue", 2.into());
    set("Severity", "INFO".into());
    set("EventID", event.id.into());
    set("SourceName", event.provider.clone().into());
    if let Some(guid) = &event.guid {
        set("ProviderGuid", format!("{{{}}}", guid.to_uppercase()).into());
    }
    set("Version", event.version.unwrap_or(0).into());
    set("Task", event.task.into());
    set("OpcodeValue", event.opcode.into());
    set("RecordNumber", event.number.into());
    set("ExecutionProcessID", event.writer.0.into());
    set("ExecutionThreadID", event.writer.1.into());
    set("Channel", event.channel.clone().into());
    if let Some((sid, name, domain)) = &event.account {
        set("Domain", domain.clone().into());
        set("AccountName", name.clone().into());
        set("UserID", sid.clone().into());
        set("AccountType", "User".into());
    }
    set("Message", event.message.clone().into());
    set("Category", event.category.clone().into());
    set("Opcode", "Info".into());
    data(event, &mut object);
    let received = event.time.checked_add(jiff::SignedDuration::from_secs(2));
    let received = received.ok().and_then(|t| time::form(t, "blank"));
    object.insert("EventReceivedTime".into(), received.into());
    object.insert("SourceModuleName".into(), "eventlog".into());
    object.insert("SourceModuleType".into(), "im_msvistalog".into());
    object
}

/// As the data sets of 2020 on have it: header values as texts, the time in `TimeCreated`.
pub(super) fn mordor(records: &[&Emitted], out: &mut dyn Write) -> io::Result<()> {
    for event in windows(records) {
        let created = time::form(event.time, "milli");
        let mut object = Map::new();
        let mut set = |key: &str, value: Value| object.insert(key.to_owned(), value);
        set("@timestamp", created.clone().into());
        set("TimeCreated", created.into());
        set("EventID", event.id.into());
        set("Channel", event.channel.clone().into());
        set("Hostname", event.computer.clone().into());
        set("SourceName", event.provider.clone().into());
        if let Some(guid) = &event.guid {
            set("ProviderGuid", format!("{{{guid}}}").into());
        }
        set("Level", event.level.to_string().into());
        set("Task", event.task.to_string().into());
        set("Keywords", event.keywords.clone().into());
        set("Message", event.message.clone().into());
        data(event, &mut object);
        json_line(&Value::Object(object), out)?;
    }
    Ok(())
}

/// The values beside the header; a key of the header keeps its own value.
fn data(event: &WindowsEvent, object: &mut Map<String, Value>) {
    for (name, value) in event.data.iter().filter(|(name, _)| !name.is_empty()) {
        if !object.contains_key(name) {
            object.insert(name.clone(), value.clone().into());
        }
    }
}

/// NXLog writes the 64 bits as a signed number.
fn keywords(event: &WindowsEvent) -> i64 {
    u64::from_str_radix(event.keywords.trim_start_matches("0x"), 16).unwrap_or(0) as i64
}

fn event_type(event: &WindowsEvent) -> &'static str {
    match (event.keywords.as_str(), event.level) {
        ("0x8020000000000000", _) => "AUDIT_SUCCESS",
        (_, 5) => "VERBOSE",
        _ => "INFO",
    }
}
