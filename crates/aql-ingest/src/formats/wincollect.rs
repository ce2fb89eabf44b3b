//! Windows events as IBM's WinCollect agent writes them into syslog: `Key=value` with tabs between,
//! `Message` last.
//!
//! The message is the rendered text, its line breaks turned into blanks; the fields of the event
//! are looked for in it (`rendered`). `User` and `Domain` are the writer of the log. Copies from web
//! pages have blanks where the agent writes tabs; they are read by the names of the keys.

use std::borrow::Cow;
use std::net::IpAddr;

use super::flat::{FlatEvent, number_text};
use super::marks::Mark;
use super::syslog::Header;
use super::text::trimmed;
use super::{Format, Layout};
use crate::evtx::SystemField;
use crate::normalise::windows::level_number;
use crate::time::parse_any;

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "wincollect",
    about: "Windows events of IBM WinCollect, with or without a syslog header",
    by: "`AgentDevice=WindowsLog` in a line",
    layout: Layout::Lines,
};

/// The key that begins the message.
const MESSAGE: &str = "Message=";

/// The other keys, in the order in which the agent writes them.
const KEYS: &[&str] = &[
    "AgentDevice",
    "AgentLogFile",
    "PluginVersion",
    "Source",
    "Computer",
    "OriginatingComputer",
    "User",
    "Domain",
    "EventID",
    "EventIDCode",
    "EventType",
    "EventCategory",
    "RecordNumber",
    "TimeGenerated",
    "TimeWritten",
    "Level",
    "Keywords",
    "Task",
    "Opcode",
];

/// Where the event begins in a line.
pub(crate) fn start(line: &str) -> Option<usize> {
    let start = Mark::WinCollect.words(line).next()?;
    let after = line.get(start + Mark::WinCollect.text().len()..)?;
    (after.is_empty() || after.starts_with(char::is_whitespace)).then_some(start)
}

/// The event that a line holds.
pub(crate) fn event<'l>(text: &'l str, header: Header<'l>, payload: &'l [u8]) -> FlatEvent<'l> {
    let mut event = FlatEvent { payload, ..FlatEvent::default() };
    let mut values = Values::default();
    for (key, value) in pairs(text) {
        let place = values.place(key);
        // Under these names the header's values, the writer and the message are found already.
        let is_taken = matches!(
            key,
            "Computer"
                | "User"
                | "Domain"
                | "EventID"
                | "RecordNumber"
                | "Level"
                | "Keywords"
                | "Opcode"
                | "Message"
        );
        if let Some(place) = place
            && place.is_none()
            && !value.is_empty()
        {
            *place = Some(value);
        }
        if !is_taken {
            event.rest.push((Cow::Borrowed(key), Cow::Borrowed(value)));
        }
    }
    let mut set = |field: SystemField, value: Option<Cow<'l, str>>| {
        event.system.extend(value.map(|value| (field, value)));
    };
    let plain = |value: Option<&'l str>| value.map(Cow::Borrowed);
    set(SystemField::ProviderName, plain(values.source));
    set(SystemField::Channel, plain(values.log));
    set(SystemField::EventId, event_id(values.event_code, values.event_id));
    set(SystemField::Level, values.level.or(values.event_type.and_then(type_name)).map(level));
    set(SystemField::Keywords, plain(values.keywords));
    set(SystemField::Opcode, plain(values.opcode));
    set(SystemField::EventRecordId, plain(values.record));
    set(SystemField::Computer, plain(values.computer));
    let writer = match (values.domain, values.user) {
        (Some(domain), Some(user)) => Some(Cow::Owned(format!("{domain}\\{user}"))),
        (_, user) => user.map(Cow::Borrowed),
    };
    set(SystemField::UserId, writer);
    event.time = values.time.and_then(parse_any).or(header.time);
    let is_address = |host: &&str| host.parse::<IpAddr>().is_ok();
    let sender = values.originating.filter(is_address).or(header.address);
    event.sender = sender.map(Cow::Borrowed);
    event.message = values.message.map(Cow::Borrowed);
    event.rest.extend(header.host.map(|host| (Cow::Borrowed("@host"), Cow::Borrowed(host))));
    event
}

/// The values of the keys that are more than fields of their name.
#[derive(Debug, Default)]
struct Values<'l> {
    source: Option<&'l str>,
    log: Option<&'l str>,
    event_code: Option<&'l str>,
    event_id: Option<&'l str>,
    level: Option<&'l str>,
    event_type: Option<&'l str>,
    keywords: Option<&'l str>,
    opcode: Option<&'l str>,
    record: Option<&'l str>,
    computer: Option<&'l str>,
    originating: Option<&'l str>,
    domain: Option<&'l str>,
    user: Option<&'l str>,
    time: Option<&'l str>,
    message: Option<&'l str>,
}

impl<'l> Values<'l> {
    /// Where the value of a key goes.
    fn place(&mut self, key: &str) -> Option<&mut Option<&'l str>> {
        Some(match key {
            "Source" => &mut self.source,
            "AgentLogFile" => &mut self.log,
            "EventIDCode" => &mut self.event_code,
            "EventID" => &mut self.event_id,
            "Level" => &mut self.level,
            "EventType" => &mut self.event_type,
            "Keywords" => &mut self.keywords,
            "Opcode" => &mut self.opcode,
            "RecordNumber" => &mut self.record,
            "Computer" => &mut self.computer,
            "OriginatingComputer" => &mut self.originating,
            "Domain" => &mut self.domain,
            "User" => &mut self.user,
            "TimeGenerated" => &mut self.time,
            "Message" => &mut self.message,
            _ => return None,
        })
    }
}

/// Keys and values; the first of equal keys counts.
fn pairs(text: &str) -> Vec<(&str, &str)> {
    let is_message = |at: &usize| {
        at.checked_sub(1).is_some_and(|i| matches!(text.as_bytes().get(i), Some(b'\t' | b' ')))
    };
    let message = memchr::memmem::find_iter(text.as_bytes(), MESSAGE).find(is_message);
    let (head, message) = text.split_at(message.unwrap_or(text.len()));
    let mut pairs = if head.trim_end().contains('\t') { by_tabs(head) } else { by_keys(head) };
    pairs.extend(message.strip_prefix(MESSAGE).map(|message| ("Message", message.trim())));
    pairs
}

fn by_tabs(head: &str) -> Vec<(&str, &str)> {
    let mut pairs = Vec::with_capacity(KEYS.len() + 1);
    let ends = memchr::memchr_iter(b'\t', head.as_bytes()).chain([head.len()]);
    let mut start = 0;
    for end in ends {
        let pair = head.get(start..end).unwrap_or_default();
        start = end + 1;
        if let Some(equals) = memchr::memchr(b'=', pair.as_bytes()) {
            let (key, value) = pair.split_at(equals);
            pairs.push((trimmed(key), trimmed(value.get(1..).unwrap_or_default())));
        }
    }
    pairs
}

/// Reads a head with blanks instead of tabs: a known key ends the value before it.
fn by_keys(head: &str) -> Vec<(&str, &str)> {
    let mut starts: Vec<(usize, &str)> = Vec::new();
    for (at, _) in head.match_indices('=') {
        let key_start = |key: &str| {
            let start =
                at.checked_sub(key.len()).filter(|start| head.get(*start..at) == Some(key))?;
            let is_word = start == 0 || head.as_bytes().get(start - 1) == Some(&b' ');
            is_word.then_some(start)
        };
        let found = KEYS.iter().find_map(|key| Some((key_start(key)?, *key)));
        if let Some((start, key)) = found
            && !starts.iter().any(|(_, known)| *known == key)
        {
            starts.push((start, key));
        }
    }
    let ends = starts.iter().skip(1).map(|(start, _)| *start).chain([head.len()]);
    starts
        .iter()
        .zip(ends)
        .map(|((start, key), end)| {
            (*key, head.get(start + key.len() + 1..end).unwrap_or_default().trim())
        })
        .collect()
}

/// The event id without the facility and severity that older logs keep in its upper half.
fn event_id<'v>(code: Option<&'v str>, whole: Option<&'v str>) -> Option<Cow<'v, str>> {
    if let Some(code) = code {
        return Some(Cow::Borrowed(code));
    }
    match whole?.parse::<u32>() {
        Ok(number) => Some(Cow::Owned((number & 0xffff).to_string())),
        Err(_) => whole.map(Cow::Borrowed),
    }
}

/// The number of a level; `Log Always` is 0.
fn level(text: &str) -> Cow<'_, str> {
    match level_number(text) {
        Some(number) => number_text(number),
        None if text.eq_ignore_ascii_case("Log Always") => Cow::Borrowed("0"),
        None => Cow::Borrowed(text),
    }
}

/// The level that a type of event means.
fn type_name(text: &str) -> Option<&'static str> {
    Some(match text {
        "1" => "Error",
        "2" => "Warning",
        "4" => "Information",
        "8" | "16" => "Log Always",
        _ => return None,
    })
}
