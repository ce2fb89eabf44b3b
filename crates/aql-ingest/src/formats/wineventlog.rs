//! Windows events as text of several lines, as Splunk's older inputs write them (the source types
//! `WinEventLog…`): a date, `Key=value` lines, and `Message=` with the rendered text.
//!
//! Records begin at a date that a line `LogName=` follows. The fields of the event are looked for in
//! the rendered text (`rendered`). The date is the forwarder's local time and says no zone.

use std::borrow::Cow;

use aql_diag::{Diagnostic, codes};

use super::flat::FlatEvent;
use super::text::{decode, not_a_record};
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
    let mut record = 1;
    let mut frames = Frames::new(stream, WinEventLogs::default(), out.options.max_record, None);
    while let Some(frame) = frames.next_frame() {
        match frame {
            Frame::Record { offset, bytes, .. } => {
                let at = At { record, offset };
                let bytes = bytes.trim_ascii_end();
                let text = decode(bytes, at, out);
                if is_event(&text) {
                    event(&text, bytes, None).take(FORMAT.name, record, out);
                } else {
                    let message =
                        "expected a date, `LogName=` and `EventCode=` at the start of an event";
                    let diagnostic = Diagnostic::warning(codes::BAD_RECORD, message)
                        .note("it was kept as an unparsed event");
                    out.diagnose(diagnostic, Some(at));
                    out.unparsed(FORMAT.name, bytes, NamedFields::None, record);
                }
            }
            other => not_a_record(&other, record, out),
        }
        record += 1;
        if out.stopped() {
            return;
        }
    }
}

/// Keys whose values are those of the header; `User` is the writer's name, where it has one.
const TAKEN: &[&str] = &[
    "SourceName",
    "LogName",
    "EventCode",
    "Type",
    "Keywords",
    "OpCode",
    "RecordNumber",
    "ComputerName",
    "Sid",
    "User",
];

/// The provider that Windows' own name for the auditing means.
const AUDITING: (&str, &str) =
    ("Microsoft Windows security auditing.", "Microsoft-Windows-Security-Auditing");

/// The event of a text; `time` is its time, where that is known better.
pub(crate) fn event<'t>(text: &'t str, payload: &'t [u8], time: Option<i64>) -> FlatEvent<'t> {
    let text = text.trim();
    // The first line with it: a value of the message may hold the word.
    let (head, message) = match text.find("\nMessage=") {
        Some(at) => {
            (text.get(..at).unwrap_or_default(), text.get(at + "\nMessage=".len()..).map(str::trim))
        }
        None => (text, None),
    };
    let pairs: Vec<(&str, &str)> = head.lines().filter_map(|line| line.split_once('=')).collect();
    let get = |key: &str| {
        let mut of_key = pairs.iter().filter(|(name, value)| *name == key && !value.is_empty());
        of_key.next().map(|(_, value)| value.trim())
    };
    let level = match get("Type") {
        Some(kind) if kind.to_ascii_lowercase().contains("audit") => Some("0".to_owned()),
        Some(kind) => level_number(kind).map(|number| number.to_string()),
        None => None,
    };
    let provider = get("SourceName").map(|name| if name == AUDITING.0 { AUDITING.1 } else { name });
    let writer = get("Sid").or(get("User")).filter(|name| *name != "NOT_TRANSLATED");
    let system = [
        (SystemField::ProviderName, provider),
        (SystemField::Channel, get("LogName")),
        (SystemField::EventId, get("EventCode")),
        (SystemField::Keywords, get("Keywords")),
        (SystemField::Opcode, get("OpCode")),
        (SystemField::EventRecordId, get("RecordNumber")),
        (SystemField::Computer, get("ComputerName")),
        (SystemField::UserId, writer),
    ];
    let mut event = FlatEvent { payload, ..FlatEvent::default() };
    let present = |(field, value): (SystemField, Option<&'t str>)| {
        value.map(|value| (field, Cow::Borrowed(value)))
    };
    event.system = system.into_iter().filter_map(present).collect();
    event.system.extend(level.map(|level| (SystemField::Level, Cow::Owned(level))));
    event.time = time.or_else(|| date(head.lines().next()?));
    event.message = message.map(Cow::Borrowed);
    let rest = pairs.iter().filter(|(key, _)| !TAKEN.contains(key));
    event.rest =
        rest.map(|(key, value)| (Cow::Borrowed(*key), Cow::Borrowed(value.trim()))).collect();
    event
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
