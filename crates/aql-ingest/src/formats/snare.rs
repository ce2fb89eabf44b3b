//! Windows events as Snare, and agents that follow it, write them into syslog: `MSWinEventLog` and
//! values without names, with tabs between.
//!
//! The fields of the event are looked for in its rendered text (`rendered`). Tabs that a syslog
//! server escaped (`#011`) count as tabs.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::flat::FlatEvent;
use super::syslog::{Header, Mark, begins_at};
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

const MARK: &str = "MSWinEventLog";

static FIND_MARK: Mark = LazyLock::new(|| Finder::new(MARK));
/// How some syslog servers write a tab.
const ESCAPED_TAB: &str = "#011";

/// Where the event begins in a line.
pub(crate) fn start(line: &str) -> Option<usize> {
    let start = begins_at(line, &FIND_MARK)?;
    let rest = line.get(start + MARK.len()..)?;
    let tab = if rest.starts_with(ESCAPED_TAB) { ESCAPED_TAB } else { "\t" };
    // The message is the thirteenth value; agents leave out what comes last.
    (rest.starts_with(tab) && rest.matches(tab).count() >= 11).then_some(start)
}

/// The event that a line holds.
pub(crate) fn event<'l>(text: &'l str, header: Header<'l>, payload: &'l [u8]) -> FlatEvent<'l> {
    let text = match text.strip_prefix(MARK).is_some_and(|rest| rest.starts_with(ESCAPED_TAB)) {
        true => Cow::Owned(text.replace(ESCAPED_TAB, "\t")),
        false => Cow::Borrowed(text),
    };
    let mut values: Vec<&str> = text.split('\t').map(str::trim).skip(1).collect();
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
        Some(kind) if kind.to_ascii_lowercase().contains("audit") => Some("0".to_owned()),
        Some(kind) => level_number(kind).map(|number| number.to_string()),
        None => None,
    };
    let system = [
        (SystemField::Channel, get(1)),
        (SystemField::EventId, get(4)),
        (SystemField::ProviderName, get(5)),
        (SystemField::UserId, get(6)),
        (SystemField::Level, level.as_deref()),
        (SystemField::Computer, get(9)),
    ];
    let owned = |(field, value): (SystemField, Option<&str>)| {
        value.map(|value| (field, Cow::Owned(value.to_owned())))
    };
    event.system = system.into_iter().filter_map(owned).collect();
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
    let message = message.join("\t");
    event.message = (!message.is_empty()).then_some(Cow::Owned(message));
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
    let named = |(name, value): (&'static str, Option<&str>)| {
        value.map(|value| (Cow::Borrowed(name), Cow::Owned(value.to_owned())))
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
    Some(parse_month_first(&format!("{month} {day} {year} {}", clock.trim_start()), None)?.0)
}
