//! Windows events as Winlogbeat and Elastic Agent write them.
//!
//! Version 7 and later keep the event under `winlog`; version 6 has `event_data` and its like at
//! the top. Keys may be nested or dotted. The module pipelines move many fields to ECS names; a
//! field is looked for in the event's data first, where it has the name and the form that Windows
//! gave it, then under its ECS paths.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use aql_catalog::Catalog;
use rustc_hash::FxHashMap;

use super::evtx_dump::{data_value, each_data_text, element_text, element_value, value_text};
use super::windows_xml::unnamed_index;
use super::{Format, JsonRecord, Layout};
use crate::evtx::SystemField;
use crate::json::{Json, ShapeId};
use crate::normalise::windows::{self, ClassPlan, Field, Place, WindowsRecord};
use crate::out::Out;
use crate::time::parse_iso;

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "winlogbeat",
    about: "Windows events of Winlogbeat 6 and later and of Elastic Agent (ECS)",
    by: "the keys `winlog`, or `event_id` with `log_name` or `event_data`",
    layout: Layout::Json {
        keys: &["winlog", "winlog.event_id", "winlog.channel", "event_id"],
        beside: &[&["winlog", "winlog.event_id", "winlog.channel", "log_name", "event_data"]],
        is,
        take,
    },
};

fn is(json: Json<'_>) -> bool {
    json.get("winlog").is_some_and(|w| w.is_object())
        || (json.get("event_id").is_some()
            && (json.get("log_name").is_some() || json.path("event_data").is_some()))
        || json.path("winlog.event_id").is_some()
        || json.path("winlog.channel").is_some()
}

/// Where things are in records of one shape whose keys are no paths.
#[derive(Debug)]
pub(crate) struct BeatLayout {
    winlog: usize,
    data: [Option<usize>; 2],
    /// Provider, channel and event id.
    header: [usize; 3],
    timestamp: Option<usize>,
    classes: RefCell<Vec<Rc<KnownClass>>>,
}

/// A class of records of one shape, known by the values that make it.
#[derive(Debug)]
struct KnownClass {
    values: Box<[u8]>,
    class: Rc<ClassPlan>,
    /// Where the fields of the plan are in the event's data: not looked for yet, absent, or there.
    fields: RefCell<Vec<Option<Option<usize>>>>,
}

/// The layouts that a worker has met; `None` for shapes whose records are read by their keys.
#[derive(Debug, Default)]
pub(crate) struct Layouts(FxHashMap<(ShapeId, usize), Option<Rc<BeatLayout>>>);

/// Layouts that are kept at once.
const MAX_LAYOUTS: usize = 1 << 12;
/// Classes that are kept of one shape.
const MAX_CLASSES: usize = 8;

impl Layouts {
    fn of(&mut self, root: Json<'_>) -> Option<Rc<BeatLayout>> {
        let shape = root.shape()?;
        if let Some(known) = self.0.get(&shape) {
            return known.clone();
        }
        if self.0.len() >= MAX_LAYOUTS {
            self.0.clear();
        }
        let made = BeatLayout::of(root).map(Rc::new);
        self.0.insert(shape, made.clone());
        made
    }
}

impl BeatLayout {
    fn of(root: Json<'_>) -> Option<Self> {
        let winlog = root.get("winlog").filter(|winlog| is_only(root, *winlog))?;
        let BeatEvent { header: Some([provider, channel, event_id]), data, .. } =
            nested(root, winlog, &[])
        else {
            return None;
        };
        // `Data` elements are told apart by values.
        let is_plain = |data: &Json<'_>| data.is_object() && data.get("Data").is_none();
        // Of two groups the second counts where a value of the first says "absent".
        if !data.iter().flatten().all(is_plain) || data.iter().flatten().count() > 1 {
            return None;
        }
        let number = |json: Json<'_>| json.number();
        Some(BeatLayout {
            winlog: winlog.number(),
            data: data.map(|group| group.map(number)),
            header: [provider.map(number)?, channel.map(number)?, event_id.map(number)?],
            timestamp: root.get("@timestamp").map(number),
            classes: RefCell::default(),
        })
    }

    /// Gives the event of a record of this shape to `out`.
    fn take(self: &Rc<Self>, name: &'static str, record: &JsonRecord<'_>, out: &mut Out<'_>) {
        let root = record.json;
        let at = |number: usize| root.numbered(number);
        let mut event = BeatEvent {
            root,
            prefix: "winlog.",
            winlog: Some(at(self.winlog)),
            header: Some(self.header.map(|number| Some(at(number)))),
            data: self.data.map(|number| number.map(at)),
            payload: record.payload,
            timestamp: self.timestamp.map(at),
            known: None,
        };
        let mut values = std::mem::take(&mut out.beats_values);
        values.clear();
        for number in self.header {
            values.extend_from_slice(at(number).raw().as_bytes());
            // No byte of UTF-8.
            values.push(0xff);
        }
        let classes = self.classes.borrow();
        let known = classes.iter().find(|known| *known.values == *values).cloned();
        drop(classes);
        if let Some(known) = known {
            event.known = Some(&known);
            out.windows_row(&known.class, &event, record.at.record);
        } else {
            let class = out.windows_class_of(name, &event);
            let mut classes = self.classes.borrow_mut();
            // The level of these counts, which stands elsewhere.
            let has_level = element_text(at(self.header[1]), &mut String::new())
                .is_some_and(|channel| windows::has_level(&channel));
            if !has_level && classes.len() < MAX_CLASSES {
                classes.push(Rc::new(KnownClass {
                    values: values.as_slice().into(),
                    class: Rc::clone(&class),
                    fields: RefCell::default(),
                }));
            }
            drop(classes);
            out.windows_row(&class, &event, record.at.record);
        }
        out.beats_values = values;
    }
}

fn take(name: &'static str, record: JsonRecord<'_>, out: &mut Out<'_>) {
    let root = record.json;
    if let Some(layout) = out.beats.of(root) {
        return layout.take(name, &record, out);
    }
    let event = match root.get("winlog").filter(|winlog| is_only(root, *winlog)) {
        Some(winlog) => nested(root, winlog, record.payload),
        None => dotted(root, record.payload),
    };
    out.windows(name, &event, record.at.record);
}

/// Is this object the one place of the event: are no keys beside it that dots lead into it?
fn is_only(root: Json<'_>, winlog: Json<'_>) -> bool {
    let begins_alike = |member: &Json<'_>| member.key_may_begin("winlog");
    winlog.is_object() && root.children().filter(begins_alike).count() == 1
}

/// The event as the versions since 7 write it: what is asked of each one is looked up together.
fn nested<'r>(root: Json<'r>, winlog: Json<'r>, payload: &'r [u8]) -> BeatEvent<'r> {
    let [data, user_data, provider, source, channel, log, event_id] = winlog.get_all([
        "event_data",
        "user_data",
        "provider_name",
        "source_name",
        "channel",
        "log_name",
        "event_id",
    ]);
    BeatEvent {
        root,
        prefix: "winlog.",
        winlog: Some(winlog),
        header: Some([provider.or(source), channel.or(log), event_id]),
        data: [data, user_data],
        payload,
        timestamp: root.get("@timestamp"),
        known: None,
    }
}

/// The event of version 6, or with keys that are paths.
fn dotted<'r>(root: Json<'r>, payload: &'r [u8]) -> BeatEvent<'r> {
    let is_new = root.path("winlog").is_some()
        || root.path("winlog.event_id").is_some()
        || root.path("winlog.channel").is_some();
    let (prefix, groups) = if is_new {
        ("winlog.", ["winlog.event_data", "winlog.user_data"])
    } else {
        ("", ["event_data", "user_data"])
    };
    let data = groups.map(|group| root.path(group));
    BeatEvent {
        root,
        prefix,
        winlog: root.get("winlog"),
        header: None,
        data,
        payload,
        timestamp: root.get("@timestamp"),
        known: None,
    }
}

struct BeatEvent<'r> {
    root: Json<'r>,
    /// `winlog.` since version 7.
    prefix: &'static str,
    /// The object that holds the event since version 7, unless its keys are dotted.
    winlog: Option<Json<'r>>,
    /// Provider, channel and event id, if they were looked up already.
    header: Option<[Option<Json<'r>>; 3]>,
    data: [Option<Json<'r>>; 2],
    payload: &'r [u8],
    timestamp: Option<Json<'r>>,
    /// What is known of such records, if anything is.
    known: Option<&'r KnownClass>,
}

impl<'r> BeatEvent<'r> {
    fn at(&self, path: &str) -> Option<Json<'r>> {
        if self.prefix.is_empty() {
            return self.root.path(path);
        }
        match self.winlog {
            Some(winlog) => winlog.path(path),
            None => self.root.path(&format!("{}{path}", self.prefix)),
        }
    }

    /// A value of the event's own header.
    fn own(&self, field: SystemField) -> Option<Json<'r>> {
        let paths: &[&str] = match (field, self.header) {
            (SystemField::ProviderName, Some([provider, ..])) => return provider,
            (SystemField::Channel, Some([_, channel, _])) => return channel,
            (SystemField::EventId, Some([.., event_id])) => return event_id,
            (SystemField::ProviderName, None) => &["provider_name", "source_name"],
            (SystemField::ProviderGuid, _) => &["provider_guid"],
            (SystemField::EventId, None) => &["event_id"],
            (SystemField::Version, _) => &["version"],
            (SystemField::Level, _) => &["level"],
            (SystemField::Task, _) => &["task"],
            (SystemField::Opcode, _) => &["opcode"],
            (SystemField::Keywords, _) => &["keywords"],
            (SystemField::EventRecordId, _) => &["record_id", "record_number"],
            (SystemField::ActivityId, _) => &["activity_id"],
            (SystemField::RelatedActivityId, _) => &["related_activity_id"],
            (SystemField::ProcessId, _) => &["process.pid", "process_id"],
            (SystemField::ThreadId, _) => &["process.thread.id", "thread_id"],
            (SystemField::Channel, None) => &["channel", "log_name"],
            (SystemField::Computer, _) => &["computer_name"],
            (SystemField::UserId, _) => &["user.identifier"],
            _ => return None,
        };
        paths.iter().find_map(|path| self.at(path))
    }

    fn find(&self, field: SystemField) -> Option<Json<'r>> {
        let elsewhere = match field {
            SystemField::TimeCreated => "@timestamp",
            SystemField::EventId => "event.code",
            SystemField::ProviderName => "event.provider",
            SystemField::Level => "log.level",
            SystemField::Computer => "host.name",
            _ => return self.own(field),
        };
        self.own(field).or_else(|| self.root.path(elsewhere))
    }

    /// The field of the event's data, which is at the same place in all such records.
    fn known_field(&self, known: &KnownClass, field: &Field, name: &str) -> Option<Json<'r>> {
        let mut fields = known.fields.borrow_mut();
        if fields.len() <= field.index {
            fields.resize(field.index + 1, None);
        }
        let place = fields.get_mut(field.index)?;
        let number = *place.get_or_insert_with(|| {
            let data = self.data.into_iter().flatten();
            data.filter_map(|data| data.get(name)).map(|value| value.number()).next()
        });
        number.map(|number| self.root.numbered(number))
    }

    /// Does the event's data have a field of this name, whatever its value?
    fn is_in_data(&self, name: &str) -> bool {
        let has = |data: &Json<'_>| data_value(*data, name).is_some();
        let is_dotted = self.data.iter().all(Option::is_none);
        let dotted = |group: &&str| self.at(&format!("{group}{name}")).is_some();
        self.data.iter().flatten().any(has)
            || (is_dotted && ["event_data.", "user_data."].iter().any(dotted))
    }

    /// A field that a module pipeline moved to the first of these paths.
    fn ecs<'v, 'p>(
        &'v self,
        paths: impl IntoIterator<Item = &'p String>,
        scratch: &'v mut String,
    ) -> Option<Cow<'v, str>> {
        // Version 6 knows no ECS; its top-level `user` is the writer of the log.
        if self.prefix.is_empty() {
            return None;
        }
        let found = |path: &'p String| Some((path, self.root.path(path)?));
        let (path, value) = paths.into_iter().find_map(found)?;
        if path == "user.name"
            && let Some(domain) = self.root.path("user.domain").and_then(|d| d.owned_text())
        {
            let user = value.text(scratch)?;
            return Some(Cow::Owned(format!("{domain}\\{user}")));
        }
        element_text(value, scratch)
    }
}

impl WindowsRecord for BeatEvent<'_> {
    fn system<'v>(&'v self, field: SystemField, scratch: &'v mut String) -> Option<Cow<'v, str>> {
        element_text(self.find(field)?, scratch)
    }

    fn data<'v>(&'v self, field: &Field, scratch: &'v mut String) -> Option<Cow<'v, str>> {
        if field.place == Place::Rendering {
            let is_message = field.name.eq_ignore_ascii_case("message");
            return self
                .root
                .get("message")
                .filter(|_| is_message)?
                .text(scratch)
                .map(Cow::Borrowed);
        }
        // Values of classic events, which have no names, get theirs by position: `param1`.
        let name: Cow<'_, str> = match unnamed_index(&field.name) {
            Some(Some(index)) => Cow::Owned(format!("param{}", index + 1)),
            _ => Cow::Borrowed(&field.name),
        };
        if let Some(known) = self.known {
            if let Some(value) = self.known_field(known, field, &name).and_then(element_value) {
                return value_text(value, scratch);
            }
        } else {
            for data in self.data.into_iter().flatten() {
                if let Some(value) = data_value(data, &name) {
                    return value_text(value, scratch);
                }
            }
        }
        if self.data.iter().all(Option::is_none) {
            // Dotted keys: `winlog.event_data.Image`.
            for group in ["event_data.", "user_data."] {
                if let Some(value) = self.at(&format!("{group}{name}")) {
                    return value.text(scratch).map(Cow::Borrowed);
                }
            }
        }
        let by_path = |name: &str| {
            let is_path = name.contains('.') || name.eq_ignore_ascii_case("message");
            if is_path { self.root.path(name) } else { None }
        };
        match by_path(&field.name) {
            Some(value) => element_text(value, scratch),
            None => self.ecs(field.ecs, scratch),
        }
    }

    fn time(&self) -> Option<i64> {
        let mut scratch = String::new();
        parse_iso(self.timestamp?.text(&mut scratch)?)
    }

    fn payload(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.payload);
    }

    fn each_data(&self, visit: &mut dyn FnMut(&str, &str)) {
        self.data.into_iter().flatten().for_each(|data| each_data_text(data, visit));
        // What the data has was given by its own name; the rest goes by its path.
        let mut scratch = String::new();
        self.root.each_leaf(&mut |path, value| {
            let Some(value) = element_text(value, &mut scratch) else { return };
            let rest = path.strip_prefix(self.prefix).unwrap_or(path);
            let name = rest.strip_prefix("event_data.").or_else(|| rest.strip_prefix("user_data."));
            match name {
                Some(name) if self.data.iter().all(Option::is_none) => visit(name, &value),
                // A name of the root without a dot is found only if it is the message's.
                None if path.contains('.') || path.eq_ignore_ascii_case("message") => {
                    visit(path, &value);
                }
                _ => {}
            }
        });
        // A module pipeline moved these; under the Windows name they are found all the same.
        let mut scratch = String::new();
        let letters = Letters::of(self.root);
        for (name, paths) in Catalog::get().ecs_fields() {
            let paths = paths.iter().filter(|path| letters.may_begin(path));
            // A value of the data that says "absent" hides them. Those of the header come later.
            if !name.starts_with("system/")
                && let Some(value) = self.ecs(paths, &mut scratch)
                && !self.is_in_data(name)
            {
                visit(name, &value);
            }
        }
    }
}

/// The letters with which the keys of an object begin. A module pipeline could have moved a field
/// to any of a hundred paths, and nearly all of them begin with a key that the record has not.
struct Letters([bool; 256]);

impl Letters {
    fn of(object: Json<'_>) -> Self {
        let mut letters = [false; 256];
        for member in object.children() {
            match member.key().map(str::as_bytes) {
                // An escape may stand for any letter.
                Some([b'\\', ..]) => return Letters([true; 256]),
                Some([first, ..]) => letters[usize::from(first.to_ascii_lowercase())] = true,
                Some([]) | None => {}
            }
        }
        Letters(letters)
    }

    /// May a path lead to a value of the object?
    fn may_begin(&self, path: &str) -> bool {
        path.as_bytes().first().is_some_and(|first| self.0[usize::from(first.to_ascii_lowercase())])
    }
}
