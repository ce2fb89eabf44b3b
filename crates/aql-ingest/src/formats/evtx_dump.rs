//! Windows events as JSON in the shape of `evtx_dump`: `{"Event":{"System":…,"EventData":…}}`.
//!
//! Attributes stand under `#attributes`, or beside their element under `<Name>_attributes`; text
//! with attributes under `#text`. Unnamed `Data` elements are the items of `Data`.
//!
//! Velociraptor writes the same without the outer `Event` and without `#attributes`, the event id
//! under `Value`, and the time in seconds.

use std::borrow::Cow;

use super::{Format, JsonRecord, Layout};
use crate::evtx::SystemField;
use crate::json::{Json, Kind};
use crate::normalise::windows::{Field, Place, WindowsRecord};
use crate::out::Out;
use crate::time::{parse_epoch_seconds, parse_iso};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "evtx-dump-json",
    about: "Windows events as JSON in the shape of evtx_dump",
    by: "the keys `Event` and `System`",
    layout: Layout::Json { keys: &["Event"], beside: &[], is: |json| system(json).is_some(), take },
};

/// The same events as Velociraptor writes them.
pub(crate) const VELOCIRAPTOR: Format = Format {
    name: "velociraptor",
    about: "Windows events as JSON in the shape of Velociraptor's parse_evtx",
    by: "the keys of Velociraptor's `parse_evtx`",
    layout: Layout::Json {
        keys: &["System"],
        beside: &[],
        is: |json| json.get("System").is_some_and(|s| s.path("EventID.Value").is_some()),
        take,
    },
};

fn system(json: Json<'_>) -> Option<Json<'_>> {
    json.get("Event")?.get("System").filter(Json::is_object)
}

fn take(name: &'static str, record: JsonRecord<'_>, out: &mut Out<'_>) {
    let event = record.json.get("Event").unwrap_or(record.json);
    let Some(system) = event.get("System") else { return };
    let user_data = event.get("UserData").and_then(|data| {
        let inner = data.children().find(Json::is_object);
        inner.or(Some(data))
    });
    let event = DumpEvent {
        system,
        data: [event.get("EventData"), user_data],
        rendering: event.get("RenderingInfo"),
        message: event.get("Message"),
        payload: record.payload,
    };
    out.windows(name, &event, record.at.record);
}

struct DumpEvent<'r> {
    system: Json<'r>,
    data: [Option<Json<'r>>; 2],
    rendering: Option<Json<'r>>,
    /// Velociraptor's rendered text.
    message: Option<Json<'r>>,
    payload: &'r [u8],
}

/// The element of `System` and its attribute that hold a value.
pub(crate) fn location(field: SystemField) -> (&'static str, &'static str) {
    match field {
        SystemField::ProviderName => ("Provider", "Name"),
        SystemField::ProviderGuid => ("Provider", "Guid"),
        SystemField::EventSourceName => ("Provider", "EventSourceName"),
        SystemField::Qualifiers => ("EventID", "Qualifiers"),
        SystemField::TimeCreated => ("TimeCreated", "SystemTime"),
        SystemField::ActivityId => ("Correlation", "ActivityID"),
        SystemField::RelatedActivityId => ("Correlation", "RelatedActivityID"),
        SystemField::ProcessId => ("Execution", "ProcessID"),
        SystemField::ThreadId => ("Execution", "ThreadID"),
        SystemField::ProcessorId => ("Execution", "ProcessorID"),
        SystemField::SessionId => ("Execution", "SessionID"),
        SystemField::KernelTime => ("Execution", "KernelTime"),
        SystemField::UserTime => ("Execution", "UserTime"),
        SystemField::UserId => ("Security", "UserID"),
        other => (other.name(), ""),
    }
}

impl DumpEvent<'_> {
    /// A text that was made for people.
    fn rendered<'v>(&'v self, name: &str, scratch: &'v mut String) -> Option<Cow<'v, str>> {
        let message = self.message.filter(|_| name.eq_ignore_ascii_case("Message"));
        element_text(self.rendering.and_then(|texts| texts.get(name)).or(message)?, scratch)
    }

    fn find(&self, field: SystemField) -> Option<Json<'_>> {
        let (element, attribute) = location(field);
        let found = self.system.get(element);
        if attribute.is_empty() {
            return found.and_then(|e| e.get("Value")).or(found);
        }
        let inside = found
            .and_then(|e| e.get("#attributes")?.get(attribute))
            .or_else(|| found?.get(attribute));
        inside.or_else(|| {
            let mut beside = self.system.children();
            let wanted = |key: &str| {
                key.strip_suffix("_attributes").is_some_and(|k| k.eq_ignore_ascii_case(element))
            };
            beside.find(|child| child.key().is_some_and(wanted))?.get(attribute)
        })
    }
}

/// The text of an element: its own, or that under `#text`; items joined by commas.
pub(crate) fn element_text<'v>(value: Json<'v>, scratch: &'v mut String) -> Option<Cow<'v, str>> {
    value_text(element_value(value)?, scratch)
}

/// The text of what [`element_value`] or [`data_value`] found.
pub(crate) fn value_text<'v>(value: Json<'v>, scratch: &'v mut String) -> Option<Cow<'v, str>> {
    if value.kind() != Kind::Array {
        return value.text(scratch).map(Cow::Borrowed);
    }
    let items: Vec<String> = value
        .children()
        .filter_map(|item| if item.is_object() { item.get("#text") } else { Some(item) })
        .filter_map(|item| item.owned_text())
        .collect();
    Some(Cow::Owned(items.join(",")))
}

/// The value of an element that has its text: itself, or what is under `#text`.
pub(crate) fn element_value(value: Json<'_>) -> Option<Json<'_>> {
    let value = if value.is_object() { value.get("#text")? } else { value };
    (value.kind() != Kind::Null).then_some(value)
}

/// The value of a field of an event's data by name: a key, a `Data` element with that `Name`, or
/// `Data#n` for the n-th unnamed one.
pub(crate) fn data_value<'v>(data: Json<'v>, name: &str) -> Option<Json<'v>> {
    let [value, elements] = data.get_all([name, "Data"]);
    if let Some(value) = value {
        return element_value(value);
    }
    let elements = elements?;
    if name.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("data#")) {
        let index: usize = name.get(5..)?.parse().ok()?;
        let items = if elements.is_object() { elements.get("#text")? } else { elements };
        let item = match items.kind() {
            Kind::Array => items.children().nth(index)?,
            _ if index == 0 => items,
            _ => return None,
        };
        return element_value(item);
    }
    let named = |element: &Json<'v>| {
        let attribute = element.get("#attributes").and_then(|a| a.get("Name"));
        attribute
            .or_else(|| element.get("@Name"))
            .and_then(|n| n.owned_text())
            .is_some_and(|n| n.eq_ignore_ascii_case(name))
    };
    element_value(elements.children().find(named)?)
}

/// Calls `visit` with every field that [`data_value`] finds by its name.
pub(crate) fn each_data_text(data: Json<'_>, visit: &mut dyn FnMut(&str, &str)) {
    let mut scratch = String::new();
    for member in data.children() {
        let key = member.key_text();
        let is_attribute = key.starts_with('#') || key.ends_with("_attributes");
        if !is_attribute && let Some(text) = element_text(member, &mut scratch) {
            visit(&key, &text);
        }
        if !key.eq_ignore_ascii_case("Data") {
            continue;
        }
        for element in member.children().filter(Json::is_object) {
            let attribute = element.get("#attributes").and_then(|a| a.get("Name"));
            let name = attribute.or_else(|| element.get("@Name")).and_then(|n| n.owned_text());
            if let (Some(name), Some(text)) = (name, element_text(element, &mut scratch)) {
                visit(&name, &text);
            }
        }
    }
}

impl WindowsRecord for DumpEvent<'_> {
    fn system<'v>(&'v self, field: SystemField, scratch: &'v mut String) -> Option<Cow<'v, str>> {
        element_text(self.find(field)?, scratch)
    }

    fn data<'v>(&'v self, field: &Field, scratch: &'v mut String) -> Option<Cow<'v, str>> {
        if field.place == Place::Rendering {
            return self.rendered(&field.name, scratch);
        }
        match self.data.into_iter().flatten().find_map(|data| data_value(data, &field.name)) {
            Some(value) => value_text(value, scratch),
            // As in event logs, the text made for people answers to its plain name.
            None if field.name.eq_ignore_ascii_case("Message") => {
                self.rendered(&field.name, scratch)
            }
            None => None,
        }
    }

    fn time(&self) -> Option<i64> {
        let mut scratch = String::new();
        let time = self.find(SystemField::TimeCreated)?;
        let text = time.text(&mut scratch)?;
        if time.kind() == Kind::Number { parse_epoch_seconds(text) } else { parse_iso(text) }
    }

    fn payload(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.payload);
    }

    fn each_data(&self, visit: &mut dyn FnMut(&str, &str)) {
        self.data.into_iter().flatten().for_each(|data| each_data_text(data, visit));
        if let Some(message) = self.rendered("Message", &mut String::new()) {
            visit("Message", &message);
        }
    }
}
