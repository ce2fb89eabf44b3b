//! Windows events as flat JSON objects: NXLog, OTRF Security-Datasets (Mordor), and the
//! WindowsEvent table of Log Analytics, whose `EventData` is JSON in a string.
//!
//! Fields of the event's data stand beside those of its header, so a header's name is only
//! believed where nothing else could be meant: `ProcessId` is the event's own, and
//! `User`/`AccountName` are the log's writer unless the event has a user.

use std::borrow::Cow;

use super::evtx_dump::{data_value, each_data_text, element_text, value_text};
use super::{Format, JsonRecord, Layout};
use crate::evtx::SystemField;
use crate::json::{Json, Kind, parse_whole};
use crate::normalise::windows::{Field, WindowsRecord, level_number};
use crate::out::Out;
use crate::time::{parse_iso, parse_iso_zoned};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "nxlog",
    about: "Windows events as flat JSON: NXLog, Mordor, Log Analytics",
    by: "the key `EventID` beside a provider or channel",
    layout: Layout::Json { keys: &["EventID"], beside: &[SENDERS], is, take },
};

/// Keys of a provider or a channel.
const SENDERS: &[&str] = &["SourceName", "Channel", "Provider", "ProviderName"];

fn is(json: Json<'_>) -> bool {
    json.get("EventID").is_some() && SENDERS.iter().any(|key| json.get(key).is_some())
}

fn take(name: &'static str, record: JsonRecord<'_>, out: &mut Out<'_>) {
    let root = record.json;
    // Log Analytics: the data is an object, or the text of one.
    let data = root.get("EventData");
    let mut nodes = Vec::new();
    let text = data
        .filter(|d| d.kind() == Kind::Text && d.raw().starts_with('{'))
        .and_then(|d| d.owned_text())
        .unwrap_or_default();
    let inner = match data {
        Some(data) if data.is_object() => Some(data),
        _ => {
            let parsed = parse_whole(&text, &mut nodes, out.options.max_depth);
            Json::root(&text, &nodes).filter(|json| parsed.is_ok() && json.is_object())
        }
    };
    let event = FlatEvent { root, inner, payload: record.payload };
    out.windows(name, &event, record.at.record);
}

struct FlatEvent<'r> {
    root: Json<'r>,
    inner: Option<Json<'r>>,
    payload: &'r [u8],
}

impl<'r> FlatEvent<'r> {
    fn find(&self, field: SystemField) -> Option<Json<'r>> {
        let keys: &[&str] = match field {
            SystemField::ProviderName => &["SourceName", "Provider", "ProviderName"],
            SystemField::ProviderGuid => &["ProviderGuid"],
            SystemField::EventId => &["EventID"],
            SystemField::Qualifiers => &["Qualifiers"],
            SystemField::Version => &["Version"],
            SystemField::Level => &["Level", "EventLevel", "EventLevelName"],
            SystemField::Task => &["Task"],
            SystemField::Opcode => &["OpcodeValue", "Opcode"],
            SystemField::Keywords => &["Keywords"],
            SystemField::TimeCreated => &["TimeCreated", "EventTime", "@timestamp"],
            SystemField::EventRecordId => &["RecordNumber", "EventRecordID", "RecordID"],
            SystemField::ActivityId => &["ActivityID"],
            SystemField::RelatedActivityId => &["RelatedActivityID"],
            SystemField::ProcessId => &["ExecutionProcessID"],
            SystemField::ThreadId => &["ExecutionThreadID", "ThreadID"],
            SystemField::Channel => &["Channel"],
            SystemField::Computer => &["Hostname", "Computer", "ComputerName"],
            SystemField::UserId => &["UserID"],
            _ => return None,
        };
        keys.iter().find_map(|key| self.root.get(key)).or_else(|| {
            // NXLog's word for the level; Sysmon's data has a field of the same name.
            let is_level = |value: &Json<'_>| {
                value.owned_text().is_some_and(|text| level_number(&text).is_some())
            };
            let word = (field == SystemField::Level).then(|| self.root.get("EventType"));
            word.flatten().filter(is_level)
        })
    }
}

impl WindowsRecord for FlatEvent<'_> {
    fn system<'v>(&'v self, field: SystemField, scratch: &'v mut String) -> Option<Cow<'v, str>> {
        self.find(field)?.text(scratch).map(Cow::Borrowed)
    }

    fn data<'v>(&'v self, field: &Field, scratch: &'v mut String) -> Option<Cow<'v, str>> {
        if let Some(value) = self.inner.and_then(|inner| data_value(inner, &field.name)) {
            return value_text(value, scratch);
        }
        let value = self
            .root
            .get(&field.name)
            .or_else(|| field.name.contains('.').then(|| self.root.path(&field.name)).flatten())?;
        element_text(value, scratch)
    }

    /// `EventTime` is the collector's local time unless it says otherwise, so the UTC time at
    /// which it was passed on goes before it (event model, 4.1).
    fn time(&self) -> Option<i64> {
        let mut scratch = String::new();
        let mut text = |key: &str, parse: fn(&str) -> Option<i64>| {
            parse(self.root.get(key)?.text(&mut scratch)?)
        };
        text("TimeCreated", parse_iso)
            .or_else(|| text("EventTime", parse_iso_zoned))
            .or_else(|| text("@timestamp", parse_iso))
            .or_else(|| text("TimeGenerated", parse_iso))
            .or_else(|| text("EventTime", parse_iso))
            .or_else(|| text("EventReceivedTime", parse_iso))
    }

    fn payload(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.payload);
    }

    fn each_data(&self, visit: &mut dyn FnMut(&str, &str)) {
        if let Some(inner) = self.inner {
            each_data_text(inner, visit);
        }
        let mut scratch = String::new();
        self.root.each_leaf(&mut |path, value| {
            if let Some(text) = element_text(value, &mut scratch) {
                visit(path, &text);
            }
        });
    }
}
