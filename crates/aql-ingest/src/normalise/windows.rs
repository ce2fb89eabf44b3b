//! Windows events: classes, plans, times, user names.
//!
//! Any format that carries Windows events gives a [`WindowsRecord`]; [`Windows`] makes one plan
//! per class (provider, channel, event id). Which raw field feeds which column is data of the
//! catalog; the rules that are code here are those of event model 4.1 and 4.2.

use std::borrow::Cow;
use std::rc::Rc;

use aql_catalog::{Catalog, Transform, WindowsSource};
use aql_event::{Column, ColumnKind, Needs};
use rustc_hash::FxHashMap;

use super::{ClassFacts, Fixed, Plan, Record, Resolved, Texts, transform};
use crate::evtx::SystemField;
use crate::time::parse_iso;

/// `devicetype` of Windows events (Microsoft Windows Security Event Log).
pub(crate) const DEVICE_TYPE: i64 = 12;
/// Classes that are kept at once.
const MAX_CLASSES: usize = 1 << 14;

/// `devicetype` of Linux events.
const LINUX_TYPE: i64 = 11;

/// The channel of Sysmon.
pub(crate) const SYSMON_CHANNEL: &str = "Microsoft-Windows-Sysmon/Operational";
const LINUX_SYSMON_PROVIDER: &str = "Linux-Sysmon";

/// Where in the event a field may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the event's data, else among the system values.
    Anywhere,
    /// Only in the event's data.
    Data,
    /// Only among the system values.
    System,
    /// Only among the texts that the writer rendered.
    Rendering,
}

/// A field of a Windows event that a plan asks for.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    /// Its number in the plan: a record may remember by it where the field is.
    pub index: usize,
    /// Its name, compared without case.
    pub name: String,
    /// Where it may be.
    pub place: Place,
    /// The system value of that name.
    pub system: Option<SystemField>,
    /// Where the fields of the Elastic Common Schema have it.
    pub ecs: &'static [String],
    transform: Transform,
    domain: Option<Box<Field>>,
}

/// What a class of Windows events has in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Class<'c> {
    /// Name of the format.
    pub format: &'static str,
    /// Provider name; may be empty.
    pub provider: &'c str,
    /// Channel; may be empty.
    pub channel: &'c str,
    /// Event id, if the record has one.
    pub event_id: Option<u32>,
    /// Level, if the record has one.
    pub level: Option<u32>,
}

/// How the events of a class are made.
#[derive(Debug)]
pub(crate) struct ClassPlan {
    /// The columns.
    pub plan: Plan<Field>,
    /// The field that tells the time better than the header.
    pub utc_time: Option<Field>,
    key: Key,
}

#[derive(Debug, PartialEq, Eq)]
struct Key {
    format: &'static str,
    provider: String,
    channel: String,
    event_id: Option<u32>,
    application_level: Option<&'static str>,
}

/// A Windows event in whatever format.
pub(crate) trait WindowsRecord {
    /// A system value as text.
    fn system<'v>(&'v self, field: SystemField, scratch: &'v mut String) -> Option<Cow<'v, str>>;

    /// A field of the event's data by name, without regard to case.
    fn data<'v>(&'v self, field: &Field, scratch: &'v mut String) -> Option<Cow<'v, str>>;

    /// The time of the event's header, in epoch milliseconds.
    fn time(&self) -> Option<i64>;

    /// The address it was sent from, if the record says so.
    fn sender(&self) -> Option<&str> {
        None
    }

    /// Appends the raw record.
    fn payload(&self, out: &mut Vec<u8>);

    /// Calls `visit` with every field of the event's data, in the order in which
    /// [`data`](Self::data) looks; unnamed ones together as `Data`.
    fn each_data(&self, visit: &mut dyn FnMut(&str, &str));
}

/// Makes and keeps the plans of the classes that were met.
#[derive(Debug, Default)]
pub(crate) struct Windows {
    by_class: FxHashMap<(u64, u32), Vec<Rc<ClassPlan>>>,
    count: usize,
}

impl Windows {
    /// The plan of a class.
    pub(crate) fn class(&mut self, needs: &Needs, class: Class<'_>) -> Rc<ClassPlan> {
        let application_level = application_level(class.channel, class.level);
        let hash = (class.channel.len() as u64) << 32 | class.provider.len() as u64;
        let number = class.event_id.unwrap_or(u32::MAX);
        let found = self.by_class.get(&(hash, number)).and_then(|bucket| {
            bucket.iter().find(|known| {
                known.key.channel == class.channel
                    && known.key.provider == class.provider
                    && known.key.event_id == class.event_id
                    && known.key.format == class.format
                    && known.key.application_level == application_level
            })
        });
        if let Some(found) = found {
            return Rc::clone(found);
        }
        // Bounded: hostile input could hold any number of providers. Numbers are not used again.
        if self.count % MAX_CLASSES == MAX_CLASSES - 1 {
            self.by_class.clear();
        }
        let bucket = self.by_class.entry((hash, number)).or_default();
        let made = Rc::new(make(self.count, needs, class, application_level));
        self.count += 1;
        bucket.push(Rc::clone(&made));
        made
    }
}

/// The number of a level, which some collectors write as a word.
pub(crate) fn level_number(level: &str) -> Option<u32> {
    let level = level.trim();
    let words: [(u32, &[&str]); 5] = [
        (1, &["critical"]),
        (2, &["error"]),
        (3, &["warning", "warn"]),
        (4, &["information", "informational", "info"]),
        (5, &["verbose"]),
    ];
    let by_word =
        |(_, words): &&(u32, &[&str])| words.iter().any(|word| level.eq_ignore_ascii_case(word));
    level.parse().ok().or_else(|| words.iter().find(by_word).map(|(number, _)| *number))
}

/// The Application log's events are told apart by their level in the event category.
fn application_level(channel: &str, level: Option<u32>) -> Option<&'static str> {
    let category = match level {
        Some(1 | 2) => "Application_Error",
        Some(3) => "Application_Warning",
        _ => "Application_Information",
    };
    has_level(channel).then_some(category)
}

/// Does the level of an event of this channel count for its class?
pub(crate) fn has_level(channel: &str) -> bool {
    channel.eq_ignore_ascii_case("Application")
}

fn make(
    id: usize,
    needs: &Needs,
    class: Class<'_>,
    application_level: Option<&'static str>,
) -> ClassPlan {
    let event_id = class.event_id.map(|n| n.to_string()).unwrap_or_default();
    let is_linux = class.provider.eq_ignore_ascii_case(LINUX_SYSMON_PROVIDER);
    let facts = ClassFacts {
        format: class.format,
        device_type: if is_linux { LINUX_TYPE } else { DEVICE_TYPE },
        event_id: &event_id,
        event_category: application_level.unwrap_or(class.channel),
        qid_category: None,
        severity: None,
        fields_first: false,
        unparsed: false,
    };
    let mut next = 0;
    let mut field = |name: &str, transform: &Transform| make_field(name, transform, &mut next);
    let plan = Plan::new(id, needs, &facts, |column| {
        resolve(column, class, &event_id, is_linux, &mut field)
    });
    let is_sysmon = is_linux || class.channel.eq_ignore_ascii_case(SYSMON_CHANNEL);
    let utc_time = is_sysmon.then(|| field("EventData.UtcTime", &Transform::Identity));
    ClassPlan {
        plan,
        utc_time,
        key: Key {
            format: class.format,
            provider: class.provider.to_owned(),
            channel: class.channel.to_owned(),
            event_id: class.event_id,
            application_level,
        },
    }
}

/// Splits `EventData/Image` and the like into place and name; a dot may stand for the slash.
fn place_of(name: &str) -> (Place, &str) {
    let prefixes = [
        ("EventData", Place::Data),
        ("UserData", Place::Data),
        ("System", Place::System),
        ("RenderingInfo", Place::Rendering),
    ];
    for (prefix, place) in prefixes {
        if let Some((start, rest)) = name.split_at_checked(prefix.len())
            && start.eq_ignore_ascii_case(prefix)
            && let Some(bare) = rest.strip_prefix(['/', '.'])
        {
            return (place, bare);
        }
    }
    (Place::Anywhere, name)
}

fn make_field(name: &str, transform: &Transform, next: &mut usize) -> Field {
    let (place, bare) = place_of(name);
    let index = *next;
    *next += 1;
    let domain = match transform {
        Transform::WithDomain(domain) => {
            Some(Box::new(make_field(domain, &Transform::Identity, next)))
        }
        _ => None,
    };
    Field {
        index,
        name: bare.to_owned(),
        place,
        system: system_field(bare, place == Place::System),
        ecs: Catalog::get().ecs_paths(bare),
        transform: transform.clone(),
        domain,
    }
}

/// Can a field of this name only be one of the event's data that has exactly this name?
pub(crate) fn is_plain_data(name: &str) -> bool {
    !name.contains(['.', '/', '#'])
        && !name.eq_ignore_ascii_case("Data")
        && !name.eq_ignore_ascii_case("Message")
        && system_field(name, true).is_none()
}

/// The system value that a name of any of the formats means.
fn system_field(name: &str, is_system: bool) -> Option<SystemField> {
    let is = |names: &[&str]| names.iter().any(|n| name.eq_ignore_ascii_case(n));
    match () {
        () if is(&["Provider", "Provider_Name", "ProviderName", "SourceName"]) => {
            Some(SystemField::ProviderName)
        }
        () if is(&["ProviderGuid", "Provider_Guid"]) => Some(SystemField::ProviderGuid),
        () if is(&["EventID", "EventCode"]) => Some(SystemField::EventId),
        () if is(&["TimeCreated", "SystemTime"]) => Some(SystemField::TimeCreated),
        () if is(&["EventRecordID", "RecordNumber", "RecordID"]) => {
            Some(SystemField::EventRecordId)
        }
        () if is(&["Computer", "ComputerName", "Hostname"]) => Some(SystemField::Computer),
        () if is(&["ExecutionProcessID", "Execution_ProcessID"]) => Some(SystemField::ProcessId),
        () if is(&["ExecutionThreadID", "ThreadID", "Execution_ThreadID"]) => {
            Some(SystemField::ThreadId)
        }
        () if is(&["UserID", "Security_UserID"]) => Some(SystemField::UserId),
        () if is(&["ActivityID", "Correlation_ActivityID"]) => Some(SystemField::ActivityId),
        // `ProcessId` and the like are fields of the event's own data, never the header's.
        () if is(&["ProcessID", "ProcessorID", "SessionID"]) && !is_system => None,
        () => SystemField::from_name(name),
    }
}

fn resolve(
    column: &Column,
    class: Class<'_>,
    event_id: &str,
    is_linux: bool,
    field: &mut impl FnMut(&str, &Transform) -> Field,
) -> Resolved<Field> {
    if column.kind == ColumnKind::Field {
        if let Some(fixed) = class_value(&column.name, class, event_id) {
            return Resolved::Fixed(fixed);
        }
        return Resolved::Fields(vec![field(&column.name, &Transform::Identity)]);
    }
    // Sysmon for Linux writes the same fields to a channel of its own.
    let channel = if is_linux { SYSMON_CHANNEL } else { class.channel };
    let sources: Vec<&WindowsSource> = Catalog::get()
        .windows_sources(&column.name)
        .iter()
        .filter(|source| selects(source, channel, class.event_id))
        .collect();
    if let [only] = sources.as_slice()
        && only.transform == Transform::Identity
        && let Some(fixed) = class_value(&only.raw_field, class, event_id)
    {
        return Resolved::Fixed(fixed);
    }
    let fields = sources.iter().map(|source| field(&source.raw_field, &source.transform));
    Resolved::Fields(fields.collect())
}

/// Is it a source of the events of this channel and id?
pub(super) fn selects(source: &WindowsSource, channel: &str, event_id: Option<u32>) -> bool {
    let selector = &source.selector;
    selector.channel.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(channel))
        && (selector.event_ids.is_empty()
            || event_id.is_some_and(|id| selector.event_ids.contains(&id)))
}

/// The value of a field that is the same for all records of a class. These three names mean the
/// header's value even where the event's data has a field of that name, which is then found as
/// `EventData.Channel`.
fn class_value(name: &str, class: Class<'_>, event_id: &str) -> Option<Fixed> {
    let (place, bare) = place_of(name);
    if matches!(place, Place::Data | Place::Rendering) {
        return None;
    }
    let text = match system_field(bare, true)? {
        SystemField::ProviderName => class.provider,
        SystemField::Channel => class.channel,
        SystemField::EventId => event_id,
        _ => return None,
    };
    Some(if text.is_empty() { Fixed::Null } else { Fixed::Text(text.to_owned()) })
}

/// The time of an event: Sysmon's own, else the header's (event model, 4.1).
pub(crate) fn time_of(
    class: &ClassPlan,
    record: &impl WindowsRecord,
    scratch: &mut String,
) -> Option<i64> {
    class
        .utc_time
        .as_ref()
        .and_then(|field| record.data(field, scratch))
        .and_then(|text| parse_iso(&text))
        .or_else(|| record.time())
}

/// A [`WindowsRecord`] seen as a [`Record`].
pub(crate) struct AsRecord<'r, R>(pub &'r R);

/// `-` and nothing mean absent in Windows events.
fn present(value: Cow<'_, str>) -> Option<Cow<'_, str>> {
    (!value.is_empty() && value != "-").then_some(value)
}

impl<R: WindowsRecord> AsRecord<'_, R> {
    fn raw<'v>(&'v self, field: &Field, scratch: &'v mut Texts) -> Option<Cow<'v, str>> {
        let [data, system] = scratch;
        if field.place != Place::System
            && let Some(value) = self.0.data(field, data).and_then(present)
        {
            return Some(value);
        }
        if matches!(field.place, Place::Data | Place::Rendering) {
            return None;
        }
        self.system(field.system?, system)
    }

    /// A value of the header. The level is a number, as in the event itself, also where a collector
    /// wrote the word for it.
    fn system<'v>(&'v self, field: SystemField, scratch: &'v mut String) -> Option<Cow<'v, str>> {
        let value = self.0.system(field, scratch).and_then(present)?;
        let word = field == SystemField::Level && value.starts_with(|c: char| c.is_alphabetic());
        Some(match word.then(|| level_number(&value)).flatten() {
            Some(number) => Cow::Owned(number.to_string()),
            None => value,
        })
    }
}

impl<R: WindowsRecord> Record<Field> for AsRecord<'_, R> {
    fn value<'v>(&'v self, field: &Field, scratch: &'v mut Texts) -> Option<Cow<'v, str>> {
        if let Some(domain_field) = &field.domain {
            let domain = self.raw(domain_field, scratch).map(Cow::into_owned);
            let user = self.raw(field, scratch)?;
            return Some(match domain {
                Some(domain) => Cow::Owned(format!("{domain}\\{user}")),
                None => user,
            });
        }
        transform::apply(&field.transform, self.raw(field, scratch)?)
    }

    fn host<'v>(&'v self, scratch: &'v mut String) -> Option<Cow<'v, str>> {
        self.0.system(SystemField::Computer, scratch).and_then(present)
    }

    fn sender<'v>(&'v self, _: &'v mut String) -> Option<Cow<'v, str>> {
        self.0.sender().map(Cow::Borrowed)
    }

    fn payload(&self, out: &mut Vec<u8>) {
        self.0.payload(out);
    }

    fn each_field(&self, visit: &mut dyn FnMut(&str, &str)) {
        let mut scratch = String::new();
        // By these three names the header is found before the event's data.
        let first = [SystemField::ProviderName, SystemField::Channel, SystemField::EventId];
        for field in first {
            if let Some(value) = self.system(field, &mut scratch) {
                visit(field.name(), &value);
            }
        }
        self.0.each_data(&mut |name, value| {
            if !value.is_empty() && value != "-" {
                visit(name, value);
            }
        });
        for field in SystemField::all().filter(|field| !first.contains(field)) {
            let name = match field {
                // Under its own name only the event's data has a process.
                SystemField::ProcessId => "ExecutionProcessID",
                SystemField::ProcessorId => "System.ProcessorID",
                SystemField::SessionId => "System.SessionID",
                other => other.name(),
            };
            if let Some(value) = self.system(field, &mut scratch) {
                visit(name, &value);
            }
        }
    }
}
