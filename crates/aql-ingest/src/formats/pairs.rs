//! Windows events in LEEF and CEF whose sender has no mapping of its own and hands on every field by
//! its name, as NXLog does (`to_leef`, `to_cef`).
//!
//! They are told by `Channel` and a number in `EventID`, which no other sender has together.

use std::borrow::Cow;

use super::flat::FlatEvent;
use super::syslog::{Header, Pair};
use crate::evtx::SystemField;
use crate::normalise::windows::level_number;
use crate::time::{parse_iso, parse_iso_zoned};

/// The keys that are values of the header, in the order in which they are tried.
const SYSTEM: &[(SystemField, &[&str])] = &[
    (SystemField::ProviderName, &["SourceName", "vSrcName", "Provider"]),
    (SystemField::ProviderGuid, &["ProviderGuid"]),
    (SystemField::EventId, &["EventID"]),
    (SystemField::Version, &["Version"]),
    (SystemField::Task, &["Task"]),
    (SystemField::Opcode, &["OpcodeValue"]),
    (SystemField::Keywords, &["Keywords"]),
    (SystemField::EventRecordId, &["RecordNumber", "EventRecordID"]),
    (SystemField::ProcessId, &["ExecutionProcessID"]),
    (SystemField::ThreadId, &["ExecutionThreadID", "ThreadID"]),
    (SystemField::Channel, &["Channel"]),
    (SystemField::Computer, &["Hostname", "identHostName", "dvchost"]),
    (SystemField::UserId, &["UserID"]),
];

/// The Windows event that a message holds; nothing if it is something else.
pub(super) fn windows_event<'l>(
    pairs: &[Pair<'l>],
    header: Header<'l>,
    payload: &'l [u8],
) -> Option<FlatEvent<'l>> {
    let get = |key: &str| {
        let found = pairs.iter().find(|(name, value)| name == key && !value.is_empty());
        found.map(|(_, value)| value)
    };
    get("Channel")?;
    get("EventID")?.trim().parse::<u32>().ok()?;
    let mut event = FlatEvent { payload, ..FlatEvent::default() };
    for (field, keys) in SYSTEM {
        let value = keys.iter().find_map(|key| get(key)).cloned();
        let host = || header.host.filter(|_| *field == SystemField::Computer).map(Cow::Borrowed);
        event.system.extend(value.or_else(host).map(|value| (*field, value)));
    }
    // NXLog's word for the level; Sysmon's data has a field of the same name.
    let level = ["Level", "EventType"].iter().find_map(|key| level_number(get(key)?));
    event.system.extend(level.map(|level| (SystemField::Level, level.to_string().into())));
    let time = |key: &str, parse: fn(&str) -> Option<i64>| get(key).and_then(|text| parse(text));
    // `EventTime` is the collector's local time unless it says otherwise (event model, 4.1).
    event.time = time("EventTime", parse_iso_zoned)
        .or_else(|| time("@timestamp", parse_iso))
        .or_else(|| time("TimeGenerated", parse_iso))
        .or_else(|| time("EventTime", parse_iso))
        .or_else(|| time("EventReceivedTime", parse_iso))
        .or(header.time);
    event.sender = header.address.map(Cow::Borrowed);
    event.message = get("Message").cloned();
    let is_header = |name: &str| name.starts_with('@') || name == "Message";
    event.data = pairs.iter().filter(|(name, _)| !is_header(name)).cloned().collect();
    event.rest = pairs.iter().filter(|(name, _)| name.starts_with('@')).cloned().collect();
    event.rest.extend(header.host.map(|host| (Cow::Borrowed("@host"), Cow::Borrowed(host))));
    Some(event)
}
