//! Windows events as text of several lines, as Splunk's older inputs write them (the source types
//! `WinEventLog…`): a date, `Key=value` lines, and `Message=` with the rendered text.
//!
//! Records begin at a date that a line `LogName=` follows. The fields of the event are looked for in
//! the rendered text (`rendered`). The date is the forwarder's local time and says no zone.

use std::borrow::Cow;
use std::sync::LazyLock;

use aql_diag::{Diagnostic, codes};
use memchr::memmem::Finder;

use super::flat::{FlatEvent, number_text};
use super::snare::is_audit;
use super::text::{decode, not_a_record, trimmed};
use super::{Format, Layout};
use crate::evtx::SystemField;
use crate::frame::{Frame, Frames, WinEventLogs};
use crate::normalise::generic::NamedFields;
use crate::normalise::windows::level_number;
use crate::out::{At, Out};
use crate::stream::Stream;
use crate::time::parse_iso;

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "wineventlog",
    about: "Windows events as Splunk's older inputs write them: dates and `Key=value` lines",
    by: "a date, and a line `LogName=` behind it",
    layout: Layout::Lines,
};

/// Is it the text of an event? Its keys stand at the start of lines, the log's name among the first.
pub(crate) fn is_event(text: &str) -> bool {
    let mut lines = text.trim_start().lines().take(16).map(str::trim_end);
    let first = lines.next().unwrap_or_default();
    let has_log = first.starts_with("LogName=")
        || (date(first).is_some() && lines.next().is_some_and(|line| line.starts_with("LogName=")));
    has_log && lines.any(|line| line.starts_with("EventCode="))
}

/// Reads the events of a stream.
pub(crate) fn read(stream: &mut Stream<'_>, out: &mut Out<'_>) {
    read_events(stream, 1, None, out);
}

/// Reads the events of a stream that begin before `end`; the first one has the number `first`.
pub(crate) fn read_events(
    stream: &mut Stream<'_>,
    first: u64,
    end: Option<u64>,
    out: &mut Out<'_>,
) {
    let mut record = first;
    let mut frames = Frames::new(stream, WinEventLogs::default(), out.options.max_record, end);
    while let Some(frame) = frames.next_frame() {
        match frame {
            Frame::Record { offset, bytes, .. } => {
                let bytes = bytes.trim_ascii_end();
                out.look(bytes, At { record, offset }, take, take);
            }
            other => not_a_record(&other, record, out),
        }
        record += 1;
        if out.stopped() {
            return;
        }
    }
}

fn take(bytes: &[u8], at: At, out: &mut Out<'_>) {
    let text = decode(bytes, at, out);
    if is_event(&text) {
        return event(&text, bytes, None).take(FORMAT.name, at.record, out);
    }
    let message = "expected a date, `LogName=` and `EventCode=` at the start of an event";
    let diagnostic =
        Diagnostic::warning(codes::BAD_RECORD, message).note("it was kept as an unparsed event");
    out.diagnose(diagnostic, Some(at));
    out.unparsed(FORMAT.name, bytes, NamedFields::None, at.record);
}

/// The provider that Windows' own name for the auditing means.
const AUDITING: (&str, &str) =
    ("Microsoft Windows security auditing.", "Microsoft-Windows-Security-Auditing");

/// The event of a text; `time` is its time, where that is known better.
pub(crate) fn event<'t>(text: &'t str, payload: &'t [u8], time: Option<i64>) -> FlatEvent<'t> {
    let text = text.trim();
    // The first line with it: a value of the message may hold the word.
    let (head, message) = match MESSAGE.find(text.as_bytes()) {
        Some(at) => {
            let message = text.get(at + MESSAGE.needle().len()..).map(str::trim);
            (text.get(..at).unwrap_or_default(), message)
        }
        None => (text, None),
    };
    let mut event = FlatEvent { payload, ..FlatEvent::default() };
    let mut values = Values::default();
    for line in head.lines() {
        let Some(equals) = memchr::memchr(b'=', line.as_bytes()) else { continue };
        let (key, value) = line.split_at(equals);
        let value = value.get(1..).unwrap_or_default();
        match values.place(key) {
            Some(place) if place.is_none() && !value.is_empty() => *place = Some(trimmed(value)),
            Some(_) => {}
            None => event.rest.push((Cow::Borrowed(key), Cow::Borrowed(trimmed(value)))),
        }
    }
    let level = match values.kind {
        Some(kind) if is_audit(kind) => Some(Cow::Borrowed("0")),
        Some(kind) => level_number(kind).map(number_text),
        None => None,
    };
    let provider = values.source.map(|name| if name == AUDITING.0 { AUDITING.1 } else { name });
    let writer = values.sid.or(values.user).filter(|name| *name != "NOT_TRANSLATED");
    let system = [
        (SystemField::ProviderName, provider),
        (SystemField::Channel, values.log),
        (SystemField::EventId, values.event_code),
        (SystemField::Keywords, values.keywords),
        (SystemField::Opcode, values.opcode),
        (SystemField::EventRecordId, values.record),
        (SystemField::Computer, values.computer),
        (SystemField::UserId, writer),
    ];
    let present = |(field, value): (SystemField, Option<&'t str>)| {
        value.map(|value| (field, Cow::Borrowed(value)))
    };
    event.system = system.into_iter().filter_map(present).collect();
    event.system.extend(level.map(|level| (SystemField::Level, level)));
    event.time = time.or_else(|| date(head.lines().next()?));
    event.message = message.map(Cow::Borrowed);
    event
}

static MESSAGE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\nMessage="));

/// The values of the header; `User` is the writer's name, where it has one.
#[derive(Debug, Default)]
struct Values<'t> {
    source: Option<&'t str>,
    log: Option<&'t str>,
    event_code: Option<&'t str>,
    kind: Option<&'t str>,
    keywords: Option<&'t str>,
    opcode: Option<&'t str>,
    record: Option<&'t str>,
    computer: Option<&'t str>,
    sid: Option<&'t str>,
    user: Option<&'t str>,
}

impl<'t> Values<'t> {
    /// Where the value of a key goes; nothing if it is a field of that name.
    fn place(&mut self, key: &str) -> Option<&mut Option<&'t str>> {
        Some(match key {
            "SourceName" => &mut self.source,
            "LogName" => &mut self.log,
            "EventCode" => &mut self.event_code,
            "Type" => &mut self.kind,
            "Keywords" => &mut self.keywords,
            "OpCode" => &mut self.opcode,
            "RecordNumber" => &mut self.record,
            "ComputerName" => &mut self.computer,
            "Sid" => &mut self.sid,
            "User" => &mut self.user,
            _ => return None,
        })
    }
}

/// Reads `06/24/2021 06:33:18.170 AM`, as if it were UTC.
pub(crate) fn date(line: &str) -> Option<i64> {
    let (date, rest) = line.trim().split_once(' ')?;
    let (clock, half) = rest.trim().split_once(' ')?;
    let mut parts = date.split('/');
    let (month, day, year) = (parts.next()?, parts.next()?, parts.next()?);
    let (hour, rest) = clock.split_once(':')?;
    let is_digits =
        |text: &str, n: usize| text.len() == n && text.bytes().all(|b| b.is_ascii_digit());
    if !(is_digits(month, 2) && is_digits(day, 2) && is_digits(year, 4) && is_digits(hour, 2)) {
        return None;
    }
    let hour: u32 = hour.parse().ok()?;
    let hour = match half.trim() {
        "AM" => hour % 12,
        "PM" => hour % 12 + 12,
        _ => return None,
    };
    parse_iso(&format!("{year}-{month}-{day}T{hour:02}:{rest}Z"))
}

#[cfg(test)]
mod tests {
    use super::{date, is_event};
    use crate::time::parse_iso;

    #[test]
    fn dates() {
        for (text, expected) in [
            ("06/24/2021 06:33:18 AM", "2021-06-24T06:33:18Z"),
            ("06/03/2026 08:54:01.170 PM", "2026-06-03T20:54:01.170Z"),
            ("06/03/2026 12:00:00 AM", "2026-06-03T00:00:00Z"),
            ("06/03/2026 12:00:00 PM", "2026-06-03T12:00:00Z"),
        ] {
            assert_eq!(date(text), parse_iso(expected), "{text}");
        }
        for no_date in
            ["", "06/24/2021", "24/06/2021 06:33:18", "13/45/2021 06:33:18 AM", "6/4/21 1:2:3 AM"]
        {
            assert_eq!(date(no_date), None, "{no_date}");
        }
    }

    #[test]
    fn events_begin_with_the_name_of_their_log() {
        assert!(is_event("06/24/2021 06:33:18 AM\r\nLogName=Security\r\nEventCode=4624\r\n"));
        assert!(is_event("LogName=Security\nSourceName=x\nEventCode=4624"));
        assert!(!is_event("LogName=Security"));
        assert!(!is_event("06/24/2021 06:33:18 AM\nsome text LogName=Security EventCode=1"));
    }
}
