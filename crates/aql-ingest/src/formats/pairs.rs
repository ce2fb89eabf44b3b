//! Windows events in LEEF and CEF whose sender has no mapping of its own and hands on every field by
//! its name, as NXLog does (`to_leef`, `to_cef`).
//!
//! They are told by `Channel` and a number in `EventID`, which no other sender has together.

use std::borrow::Cow;

use super::flat::{FlatEvent, number_text};
use super::syslog::{Header, Pair};
use crate::evtx::SystemField;
use crate::names;
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

/// The Windows event that a message holds.
///
/// # Errors
/// It is something else: the pairs.
pub(super) fn windows_event<'l>(
    mut pairs: Vec<Pair<'l>>,
    header: Header<'l>,
    payload: &'l [u8],
) -> Result<FlatEvent<'l>, Vec<Pair<'l>>> {
    let sketch = pairs.iter().fold(0, |bits, (name, _)| bits | names::sketch(name.as_bytes()));
    let get = |key: &str| {
        if sketch & names::sketch(key.as_bytes()) == 0 {
            return None;
        }
        let found = pairs.iter().find(|(name, value)| name == key && !value.is_empty());
        found.map(|(_, value)| value)
    };
    let is_id = |id: &Cow<'_, str>| id.trim().parse::<u32>().is_ok();
    if get("Channel").is_none() || !get("EventID").is_some_and(is_id) {
        return Err(pairs);
    }
    let mut event = FlatEvent { payload, ..FlatEvent::default() };
    event.system.reserve(SYSTEM.len() + 1);
    for (field, keys) in SYSTEM {
        let value = keys.iter().find_map(|key| get(key)).cloned();
        let host = || header.host.filter(|_| *field == SystemField::Computer).map(Cow::Borrowed);
        event.system.extend(value.or_else(host).map(|value| (*field, value)));
    }
    // NXLog's word for the level; Sysmon's data has a field of the same name.
    let level = ["Level", "EventType"].iter().find_map(|key| level_number(get(key)?));
    event.system.extend(level.map(|level| (SystemField::Level, number_text(level))));
    let time = |key: &str, parse: fn(&str) -> Option<i64>| get(key).and_then(|text| parse(text));
    // `EventTime` is the collector's local time unless it says otherwise (event model, 4.1).
    event.time = time("EventTime", parse_iso_zoned)
        .or_else(|| time("@timestamp", parse_iso))
        .or_else(|| time("TimeGenerated", parse_iso))
        .or_else(|| time("EventTime", parse_iso))
        .or_else(|| time("EventReceivedTime", parse_iso))
        .or(header.time);
    event.sender = header.address.map(Cow::Borrowed);
    let mut messages =
        pairs.iter_mut().filter(|(name, value)| name == "Message" && !value.is_empty());
    event.message = messages.next().map(|(_, message)| std::mem::take(message));
    event.rest = pairs.extract_if(.., |(name, _)| name.starts_with('@')).collect();
    event.rest.extend(header.host.map(|host| (Cow::Borrowed("@host"), Cow::Borrowed(host))));
    pairs.retain(|(name, _)| name != "Message");
    event.data = pairs;
    Ok(event)
}
