//! Windows events as Snare, and agents that follow it, write them into syslog: `MSWinEventLog` and
//! values without names, with tabs between.
//!
//! The fields of the event are looked for in its rendered text (`rendered`). Tabs that a syslog
//! server escaped (`#011`) count as tabs.

use std::borrow::Cow;

use super::flat::{FlatEvent, number_text};
use super::marks::Mark;
use super::syslog::Header;
use super::text::trimmed;
use super::{Format, Layout};
use crate::evtx::SystemField;
use crate::normalise::windows::level_number;
use crate::time::parse_month_first;

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "snare",
    about: "Windows events of Snare, with or without a syslog header",
    by: "`MSWinEventLog` and values with tabs between",
    layout: Layout::Lines,
};

/// How some syslog servers write a tab.
const ESCAPED_TAB: &str = "#011";
/// Values of an event, usually.
const VALUES: usize = 16;

/// Where the event begins in a line.
pub(crate) fn start(line: &str) -> Option<usize> {
    let start = Mark::Snare.words(line).next()?;
    let rest = line.get(start + Mark::Snare.text().len()..)?;
    // The message is the thirteenth value; agents leave out what comes last.
    let tabs = match rest.starts_with(ESCAPED_TAB) {
        true => rest.matches(ESCAPED_TAB).count(),
        false if rest.starts_with('\t') => memchr::memchr_iter(b'\t', rest.as_bytes()).count(),
        false => 0,
    };
    (tabs >= 11).then_some(start)
}

/// The event that a line holds.
pub(crate) fn event<'l>(text: &'l str, header: Header<'l>, payload: &'l [u8]) -> FlatEvent<'l> {
    let is_escaped =
        text.strip_prefix(Mark::Snare.text()).is_some_and(|rest| rest.starts_with(ESCAPED_TAB));
    if is_escaped {
        return with_tabs(&text.replace(ESCAPED_TAB, "\t"), header, payload).into_owned(payload);
    }
    with_tabs(text, header, payload)
}

fn with_tabs<'l>(text: &'l str, header: Header<'l>, payload: &'l [u8]) -> FlatEvent<'l> {
    let mut values: Vec<&str> = Vec::with_capacity(VALUES);
    let mut at = 0;
    let tabs = memchr::memchr_iter(b'\t', text.as_bytes());
    for end in tabs.chain([text.len()]) {
        values.push(trimmed(text.get(at..end).unwrap_or_default()));
        at = end + 1;
    }
    values.remove(0);
    // Some agents write the criticality twice.
    let is_number = |value: Option<&&str>| {
        value.is_some_and(|v| !v.is_empty() && v.bytes().all(|b| b.is_ascii_digit()))
    };
    if is_number(values.get(1)) {
        values.remove(1);
    }
    let get = |index: usize| {
        let value = values.get(index).copied();
        value.filter(|value| !value.is_empty() && !value.eq_ignore_ascii_case("N/A"))
    };
    let mut event = FlatEvent { payload, ..FlatEvent::default() };
    let level = match get(8) {
        Some(kind) if is_audit(kind) => Some(Cow::Borrowed("0")),
        Some(kind) => level_number(kind).map(number_text),
        None => None,
    };
    let system = [
        (SystemField::Channel, get(1).map(Cow::Borrowed)),
        (SystemField::EventId, get(4).map(Cow::Borrowed)),
        (SystemField::ProviderName, get(5).map(Cow::Borrowed)),
        (SystemField::UserId, get(6).map(Cow::Borrowed)),
        (SystemField::Level, level),
        (SystemField::Computer, get(9).map(Cow::Borrowed)),
    ];
    event.system = system.into_iter().filter_map(|(field, value)| Some((field, value?))).collect();
    event.time = get(3).and_then(time).or(header.time);
    event.sender = header.address.map(Cow::Borrowed);
    let mut message = values.get(12..).unwrap_or_default();
    // A counter or a checksum stands last.
    if let [rest @ .., last] = message
        && !rest.is_empty()
        && last.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
    {
        message = rest;
    }
    let message = match message {
        [message] => Cow::Borrowed(*message),
        several => Cow::Owned(several.join("\t")),
    };
    event.message = Some(message).filter(|message| !message.is_empty());
    let names = [
        ("Criticality", get(0)),
        ("SnareCounter", get(2)),
        ("EventTime", get(3)),
        ("SidType", get(7)),
        ("EventType", get(8)),
        ("TaskCategory", get(10)),
        ("DataString", get(11)),
        ("@host", header.host),
    ];
    let named = |(name, value): (&'static str, Option<&'l str>)| {
        value.map(|value| (Cow::Borrowed(name), Cow::Borrowed(value)))
    };
    event.rest = names.into_iter().filter_map(named).collect();
    event
}

/// Reads `Thu Oct 03 14:53:33 2019`, which has no zone and is taken for UTC.
fn time(text: &str) -> Option<i64> {
    let (_, date) = text.split_once(' ')?;
    let (date, year) = date.trim_start().rsplit_once(' ')?;
    let (month, rest) = date.split_once(' ')?;
    let (day, clock) = rest.trim_start().split_once(' ')?;
    let mut text = String::with_capacity(date.len() + year.len() + 1);
    for (index, part) in [month, day, year, clock.trim_start()].into_iter().enumerate() {
        text.push_str(if index > 0 { " " } else { "" });
        text.push_str(part);
    }
    Some(parse_month_first(&text, None)?.0)
}

/// Is it the success or failure of an audit?
pub(super) fn is_audit(kind: &str) -> bool {
    kind.as_bytes().windows(5).any(|word| word.eq_ignore_ascii_case(b"audit"))
}
