//! Windows events as names and values in one level: what WinCollect, Snare and others make of them.
//!
//! A value of the header, a field of the event's data (one by one, or inside JSON), the rendered
//! text, and what the shape adds of its own are kept apart. Where a shape has the rendered text only,
//! the fields in it are looked for when the first one is asked for.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::rc::Rc;

use super::evtx_dump::{data_value, each_data_text, value_text};
use super::rendered::{Known, Labels};
use crate::evtx::SystemField;
use crate::json::Json;
use crate::names;
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

/// A number as text; that of a level is not made anew.
pub(crate) fn number_text(number: u32) -> Cow<'static, str> {
    Cow::Borrowed(match number {
        0 => "0",
        1 => "1",
        2 => "2",
        3 => "3",
        4 => "4",
        5 => "5",
        _ => return Cow::Owned(number.to_string()),
    })
}

impl FlatEvent<'_> {
    /// The same with copies of its texts; `payload` is the raw record.
    pub(crate) fn into_owned<'l>(self, payload: &'l [u8]) -> FlatEvent<'l> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        let pairs = |pairs: Vec<(Cow<'_, str>, Cow<'_, str>)>| {
            pairs.into_iter().map(|(name, value)| (owned(name), owned(value))).collect()
        };
        FlatEvent {
            system: self.system.into_iter().map(|(field, value)| (field, owned(value))).collect(),
            inner: [None; 2],
            data: pairs(self.data),
            message: self.message.map(owned),
            rest: pairs(self.rest),
            sender: self.sender.map(owned),
            time: self.time,
            payload,
        }
    }

    /// Hands the event on.
    pub(crate) fn take(self, format: &'static str, number: u64, out: &mut Out<'_>) {
        let event = self.with_labels(&mut out.labels);
        out.windows(format, &event, number);
    }

    /// The event with what tells its fields in its text.
    pub(super) fn with_labels(&self, known: &mut Known) -> Rendered<'_, '_> {
        Rendered::new(self, known)
    }

    fn header(&self, field: SystemField) -> Option<&str> {
        self.system.iter().find(|(name, _)| *name == field).map(|(_, value)| &**value)
    }
}

/// The event, and the fields that were found in its text.
pub(super) struct Rendered<'e, 'r> {
    event: &'e FlatEvent<'r>,
    /// How fields are called in its text, if it has one.
    labels: Option<Rc<Labels>>,
    found: OnceCell<Vec<(&'e str, &'e str)>>,
    /// A bit for each name of `data` and `rest`.
    sketch: u64,
}

/// Absent values do not hide others of the same name.
fn is_present(value: &str) -> bool {
    !value.is_empty() && value != "-"
}

/// A field of this name (in any case) that has a value.
fn find<'p>(pairs: &'p [(Cow<'_, str>, Cow<'_, str>)], name: &str) -> Option<&'p str> {
    let is = |(key, value): &&(Cow<'_, str>, Cow<'_, str>)| {
        names::same(key.as_bytes(), name.as_bytes()) && is_present(value)
    };
    pairs.iter().find(is).map(|(_, value)| &**value)
}

impl<'e, 'r> Rendered<'e, 'r> {
    fn new(event: &'e FlatEvent<'r>, known: &mut Known) -> Self {
        let labels = event.message.as_ref().map(|_| {
            let channel = event.header(SystemField::Channel).unwrap_or_default();
            let event_id = event.header(SystemField::EventId).and_then(|id| id.trim().parse().ok());
            known.labels(channel, event_id)
        });
        let names = event.data.iter().chain(&event.rest);
        let sketch = names.fold(0, |bits, (name, _)| bits | names::sketch(name.as_bytes()));
        Rendered { event, labels, found: OnceCell::new(), sketch }
    }

    fn found(&self) -> &[(&'e str, &'e str)] {
        self.found.get_or_init(|| match (&self.labels, &self.event.message) {
            (Some(labels), Some(message)) => labels.fields(message),
            _ => Vec::new(),
        })
    }

    /// Calls `visit` with every field that has a value: those of the event, then those of its header.
    /// The provider goes by the two names that it has elsewhere.
    pub(super) fn each(&self, visit: &mut dyn FnMut(&'e str, &'e str)) {
        self.all().for_each(|(name, value)| visit(name, value));
        self.event.system.iter().for_each(|(field, value)| visit(field.name(), value));
        if let Some(name) = self.event.header(SystemField::ProviderName) {
            visit("Provider", name);
        }
    }

    /// Every field with a value, in the order in which they are looked for.
    fn all(&self) -> impl Iterator<Item = (&'e str, &'e str)> {
        let pair = |(name, value): &'e (Cow<'_, str>, Cow<'_, str>)| (&**name, &**value);
        let message = self.event.message.as_deref().map(|message| ("Message", message));
        let data = self.event.data.iter().map(pair);
        let rest = self.event.rest.iter().map(pair);
        let all = data.chain(self.found().iter().copied()).chain(message).chain(rest);
        all.filter(|(_, value)| is_present(value))
    }

    /// The first of [`all`](Self::all) of this name. The text is only looked through for what may be
    /// in it.
    fn first(&self, name: &str) -> Option<&str> {
        let is_of = self.sketch & names::sketch(name.as_bytes()) != 0;
        if is_of && let Some(value) = find(&self.event.data, name) {
            return Some(value);
        }
        if self.labels.as_ref().is_some_and(|labels| labels.may_find(name)) {
            let is = |(key, value): &&(&str, &str)| {
                names::same(key.as_bytes(), name.as_bytes()) && is_present(value)
            };
            if let Some((_, value)) = self.found().iter().find(is) {
                return Some(value);
            }
        }
        if name.eq_ignore_ascii_case("Message")
            && let Some(message) = self.event.message.as_deref().filter(|m| is_present(m))
        {
            return Some(message);
        }
        find(&self.event.rest, name).filter(|_| is_of)
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
        self.first(&field.name).map(Cow::Borrowed)
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
