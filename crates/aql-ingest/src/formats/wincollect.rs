//! Windows events as IBM's WinCollect agent writes them into syslog: `Key=value` with tabs between,
//! `Message` last.
//!
//! The message is the rendered text, its line breaks turned into blanks; the fields of the event
//! are looked for in it (`rendered`). `User` and `Domain` are the writer of the log. Copies from web
//! pages have blanks where the agent writes tabs; they are read by the names of the keys.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::flat::FlatEvent;
use super::syslog::{Header, Mark, begins_at};
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

static MARK: Mark = LazyLock::new(|| Finder::new("AgentDevice=WindowsLog"));

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
    let start = begins_at(line, &MARK)?;
    let rest = line.get(start..)?;
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    (rest.get(..end) == Some("AgentDevice=WindowsLog")).then_some(start)
}

/// The event that a line holds.
pub(crate) fn event<'l>(text: &'l str, header: Header<'l>, payload: &'l [u8]) -> FlatEvent<'l> {
    let pairs = pairs(text);
    let get = |key: &str| {
        let mut of_key = pairs.iter().filter(|(name, value)| *name == key && !value.is_empty());
        of_key.next().map(|(_, value)| *value)
    };
    let mut event = FlatEvent { payload, ..FlatEvent::default() };
    let mut set = |field: SystemField, value: Option<Cow<'_, str>>| {
        event.system.extend(value.map(|value| (field, Cow::Owned(value.into_owned()))));
    };
    let plain = |key: &str| get(key).map(Cow::Borrowed);
    set(SystemField::ProviderName, plain("Source"));
    set(SystemField::Channel, plain("AgentLogFile"));
    set(SystemField::EventId, event_id(get("EventIDCode"), get("EventID")));
    set(SystemField::Level, get("Level").or(get("EventType").and_then(type_name)).map(level));
    set(SystemField::Keywords, plain("Keywords"));
    set(SystemField::Opcode, plain("Opcode"));
    set(SystemField::EventRecordId, plain("RecordNumber"));
    set(SystemField::Computer, plain("Computer"));
    let writer = match (get("Domain"), get("User")) {
        (Some(domain), Some(user)) => Some(Cow::Owned(format!("{domain}\\{user}"))),
        (_, user) => user.map(Cow::Borrowed),
    };
    set(SystemField::UserId, writer);
    event.time = get("TimeGenerated").and_then(parse_any).or(header.time);
    let is_address = |host: &&str| host.parse::<IpAddr>().is_ok();
    let sender = get("OriginatingComputer").filter(is_address).or(header.address);
    event.sender = sender.map(Cow::Borrowed);
    event.message = get("Message").map(Cow::Borrowed);
    // Under these names the header's values, the writer and the message are found already.
    let is_taken = |key: &str| {
        ["Computer", "User", "Domain", "EventID", "RecordNumber", "Level", "Keywords", "Opcode"]
            .contains(&key)
            || key == "Message"
    };
    let rest = pairs.iter().filter(|(key, _)| !is_taken(key));
    event.rest = rest.map(|(key, value)| (Cow::Borrowed(*key), Cow::Borrowed(*value))).collect();
    event.rest.extend(header.host.map(|host| (Cow::Borrowed("@host"), Cow::Borrowed(host))));
    event
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
    let pairs = head.split('\t').filter_map(|pair| pair.split_once('='));
    pairs.map(|(key, value)| (key.trim(), value.trim())).collect()
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
        Some(number) => Cow::Owned(number.to_string()),
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
