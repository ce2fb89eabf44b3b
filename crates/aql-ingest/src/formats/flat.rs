//! Windows events as names and values in one level: what WinCollect, Snare and others make of them.
//!
//! A value of the header, a field of the event's data (one by one, or inside JSON), the rendered
//! text, and what the shape adds of its own are kept apart. Where a shape has the rendered text only,
//! the fields in it are looked for when the first one is asked for.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::evtx_dump::{data_value, each_data_text, value_text};
use super::rendered;
use crate::evtx::SystemField;
use crate::json::Json;
use crate::normalise::windows::{Field, Place, WindowsRecord};
use crate::out::Out;

/// A Windows event.
#[derive(Debug, Default)]
pub(crate) struct FlatEvent<'r> {
    /// Values of the header.
    pub system: Vec<(SystemField, Cow<'r, str>)>,
    /// The event's data as JSON.
    pub inner: [Option<Json<'r>>; 2],
    /// Fields of the event's data.
    pub data: Vec<(Cow<'r, str>, Cow<'r, str>)>,
    /// The rendered text.
    pub message: Option<Cow<'r, str>>,
    /// Names and values of the shape itself; they come last.
    pub rest: Vec<(Cow<'r, str>, Cow<'r, str>)>,
    /// The address it was sent from; a name counts for nothing.
    pub sender: Option<Cow<'r, str>>,
    /// Epoch milliseconds.
    pub time: Option<i64>,
    /// The raw record.
    pub payload: &'r [u8],
}

impl FlatEvent<'_> {
    /// Hands the event on.
    pub(crate) fn take(self, format: &'static str, number: u64, out: &mut Out<'_>) {
        let channel = self.header(SystemField::Channel).unwrap_or_default().to_owned();
        let event_id = self.header(SystemField::EventId).and_then(|id| id.trim().parse().ok());
        let event = Rendered { event: &self, channel, event_id, found: OnceCell::new() };
        out.windows(format, &event, number);
    }

    /// Every field with a value: those of the event, then those of its header. The provider goes
    /// by the two names that it has elsewhere.
    pub(crate) fn pairs(&self) -> Vec<(String, String)> {
        let channel = self.header(SystemField::Channel).unwrap_or_default().to_owned();
        let event_id = self.header(SystemField::EventId).and_then(|id| id.trim().parse().ok());
        let event = Rendered { event: self, channel, event_id, found: OnceCell::new() };
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let header = self.system.iter().map(|(field, value)| (field.name(), &**value));
        let provider = self.header(SystemField::ProviderName).map(|name| ("Provider", name));
        event.all().chain(header).chain(provider).map(owned).collect()
    }

    fn header(&self, field: SystemField) -> Option<&str> {
        self.system.iter().find(|(name, _)| *name == field).map(|(_, value)| &**value)
    }
}

/// The event, and the fields that were found in its text.
struct Rendered<'e, 'r> {
    event: &'e FlatEvent<'r>,
    channel: String,
    event_id: Option<u32>,
    found: OnceCell<Vec<(&'e str, &'e str)>>,
}

/// Absent values do not hide others of the same name.
fn is_present(value: &str) -> bool {
    !value.is_empty() && value != "-"
}

impl<'e> Rendered<'e, '_> {
    fn found(&self) -> &[(&'e str, &'e str)] {
        let message = self.event.message.as_deref().unwrap_or_default();
        self.found.get_or_init(|| rendered::fields(message, &self.channel, self.event_id))
    }

    /// Every field with a value, in the order in which they are looked for.
    fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        let pair = |(name, value): &'e (Cow<'_, str>, Cow<'_, str>)| (&**name, &**value);
        let message = self.event.message.as_deref().map(|message| ("Message", message));
        let data = self.event.data.iter().map(pair);
        let rest = self.event.rest.iter().map(pair);
        let all = data.chain(self.found().iter().copied()).chain(message).chain(rest);
        all.filter(|(_, value)| is_present(value))
    }
}

impl WindowsRecord for Rendered<'_, '_> {
    fn system<'v>(&'v self, field: SystemField, _: &'v mut String) -> Option<Cow<'v, str>> {
        self.event.header(field).map(Cow::Borrowed)
    }

    fn data<'v>(&'v self, field: &Field, scratch: &'v mut String) -> Option<Cow<'v, str>> {
        if field.place == Place::Rendering {
            let is_message = field.name.eq_ignore_ascii_case("Message");
            return self.event.message.as_deref().filter(|_| is_message).map(Cow::Borrowed);
        }
        for data in self.event.inner.into_iter().flatten() {
            let Some(value) = data_value(data, &field.name) else { continue };
            if value_text(value, &mut String::new()).is_some_and(|v| is_present(&v)) {
                return value_text(value, scratch);
            }
        }
        let mut all = self.all();
        let found = all.find(|(name, _)| name.eq_ignore_ascii_case(&field.name));
        found.map(|(_, value)| Cow::Borrowed(value))
    }

    fn time(&self) -> Option<i64> {
        self.event.time
    }

    fn sender(&self) -> Option<&str> {
        self.event.sender.as_deref()
    }

    fn payload(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.event.payload);
    }

    fn each_data(&self, visit: &mut dyn FnMut(&str, &str)) {
        self.event.inner.into_iter().flatten().for_each(|data| each_data_text(data, visit));
        self.all().for_each(|(name, value)| visit(name, value));
    }
}
