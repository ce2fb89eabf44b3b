//! Windows events as Winlogbeat and Elastic Agent write them.
//!
//! Version 7 and later keep the event under `winlog`; version 6 has `event_data` and its like at
//! the top. Keys may be nested or dotted. The module pipelines move many fields to ECS names; a
//! field is looked for in the event's data first, where it has the name and the form that Windows
//! gave it, then under its ECS paths.

use std::borrow::Cow;

use aql_catalog::Catalog;

use super::evtx_dump::{data_value, each_data_text, element_text, value_text};
use super::windows_xml::unnamed_index;
use super::{Format, JsonRecord, Layout};
use crate::evtx::SystemField;
use crate::json::Json;
use crate::normalise::windows::{Field, Place, WindowsRecord};
use crate::out::Out;
use crate::time::parse_iso;

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "winlogbeat",
    about: "Windows events of Winlogbeat 6 and later and of Elastic Agent (ECS)",
    by: "the keys `winlog`, or `event_id` with `log_name` or `event_data`",
    layout: Layout::Json {
        keys: &["winlog", "winlog.event_id", "winlog.channel", "event_id"],
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

fn take(name: &'static str, record: JsonRecord<'_>, out: &mut Out<'_>) {
    let root = record.json;
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
    BeatEvent { root, prefix, winlog: root.get("winlog"), header: None, data, payload }
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
        for data in self.data.into_iter().flatten() {
            if let Some(value) = data_value(data, &name) {
                return value_text(value, scratch);
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
        parse_iso(self.root.get("@timestamp")?.text(&mut scratch)?)
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
            if let Some(value) = self.ecs(paths, &mut scratch)
                // A value of the data that says "absent" hides them.
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
