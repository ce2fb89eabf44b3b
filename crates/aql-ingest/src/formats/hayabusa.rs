//! Windows events in timelines of Hayabusa, CSV and JSON, and in the results of its search.
//!
//! A timeline has only events that a rule matched, and an event once for each such rule: the rule
//! is a field (`RuleTitle`), the level its own. Short names of channels and of fields in `Details`
//! are those of Hayabusa's default configuration (`aql_catalog`); `AllFieldInfo` and
//! `ExtraFieldInfo` have the names that Windows gave.

use std::borrow::Cow;
use std::sync::LazyLock;

use aql_catalog::Catalog;
use memchr::memchr;
use memchr::memmem::Finder;

use super::csv::Row;
use super::flat::FlatEvent;
use super::{Format, JsonRecord, Layout};
use crate::evtx::SystemField;
use crate::json::{Json, Kind};
use crate::names::same;
use crate::normalise::generic::NamedFields;
use crate::out::{At, Out};
use crate::time::parse_iso;

/// A timeline as JSON.
pub(crate) const FORMAT: Format = Format {
    name: "hayabusa",
    about: "Windows events in JSON timelines of Hayabusa",
    by: "the keys `RuleTitle`, `Timestamp`, `Channel` and `EventID`",
    layout: Layout::Json {
        keys: &["RuleTitle", "EventTitle"],
        beside: &[&["EventID", "Event ID"], &["Timestamp"], &["Channel"]],
        is,
        take,
    },
};

/// A timeline as CSV.
pub(crate) const CSV: Format = Format {
    name: "hayabusa-csv",
    about: "Windows events in CSV timelines of Hayabusa",
    by: "the columns `RuleTitle`, `Timestamp`, `Channel` and `EventID`",
    layout: Layout::Csv { is: is_header, take: take_row },
};

/// Names of which each record has one: those of timelines, and of search results.
const NAMES: [[&str; 2]; 4] = [
    ["RuleTitle", "EventTitle"],
    ["EventID", "Event ID"],
    ["Timestamp", "Timestamp"],
    ["Channel", "Channel"],
];

/// What holds the fields of the event, the best first.
const DETAILS: [&str; 3] = ["AllFieldInfo", "Details", "ExtraFieldInfo"];

fn is(json: Json<'_>) -> bool {
    NAMES.iter().all(|names| names.iter().any(|name| json.get(name).is_some()))
}

fn is_header(header: &[String]) -> bool {
    let has = |name: &&str| header.iter().any(|column| column == name);
    NAMES.iter().all(|names| names.iter().any(&has)) && DETAILS.iter().any(has)
}

fn take(name: &'static str, record: JsonRecord<'_>, out: &mut Out<'_>) {
    let json = record.json;
    let details = DETAILS.map(|key| json.get(key));
    let is_text = |details: &Json<'_>| details.kind() == Kind::Text;
    let texts = details.map(|details| details.filter(is_text).and_then(|d| d.owned_text()));
    let mut pairs = Vec::new();
    for (details, text) in details.into_iter().zip(&texts) {
        if let Some(text) = text {
            details_of(text, &mut pairs);
        } else if let Some(details) = details {
            details.each_leaf(&mut |path, value| {
                if let Some(text) = value.owned_text() {
                    pairs.push((Cow::Owned(path.to_owned()), Cow::Owned(text)));
                }
            });
        }
    }
    take_fields(name, NamedFields::Json(json), &pairs, record.payload, record.at, out);
}

fn take_row(name: &'static str, row: Row<'_>, out: &mut Out<'_>) {
    let fields = NamedFields::Cells { header: row.header, cells: row.cells };
    let texts = DETAILS.map(|column| row.cell(column));
    let mut pairs = Vec::new();
    texts.iter().flatten().for_each(|text| details_of(text, &mut pairs));
    take_fields(name, fields, &pairs, row.payload, row.at, out);
}

/// A name and its value.
type Pair<'r> = (Cow<'r, str>, Cow<'r, str>);

/// Reads `Key: value ¦ Key: value`.
fn details_of<'r>(text: &'r str, pairs: &mut Vec<Pair<'r>>) {
    static SEPARATOR: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(" ¦ "));
    let mut rest = Some(text);
    while let Some(text) = rest {
        let found = SEPARATOR.find(text.as_bytes());
        let end = found.unwrap_or(text.len());
        rest = found.and_then(|at| text.get(at + SEPARATOR.needle().len()..));
        let pair = text.get(..end).unwrap_or_default();
        if let Some(colon) = memchr(b':', pair.as_bytes())
            && let (Some(key), Some(value)) = (pair.get(..colon), pair.get(colon + 1..))
        {
            pairs.push((Cow::Borrowed(key.trim()), Cow::Borrowed(value.trim())));
        }
    }
}

fn take_fields(
    name: &'static str,
    fields: NamedFields<'_>,
    details: &[Pair<'_>],
    payload: &[u8],
    at: At,
    out: &mut Out<'_>,
) {
    let catalog = Catalog::get();
    let mut text = String::new();
    let mut get = |names: &[&str]| -> Option<String> {
        names.iter().find_map(|name| Some(fields.get(name, &mut text)?.into_owned()))
    };
    let short = get(&["Channel"]).unwrap_or_default();
    let known = catalog.hayabusa_channel(&short);
    let channel = known.map_or(short, |known| known.channel.clone());
    let provider = get(&["Provider"])
        .or_else(|| known.map(|known| known.provider.clone()))
        .unwrap_or_default();
    let event_id = get(&["EventID", "Event ID"]).unwrap_or_default();
    let id = event_id.trim().parse().unwrap_or_default();
    let system = [
        (SystemField::Channel, Some(channel.clone())),
        (SystemField::ProviderName, Some(provider)),
        (SystemField::EventId, Some(event_id)),
        (SystemField::EventRecordId, get(&["RecordID", "Record ID"])),
        (SystemField::Computer, get(&["Computer", "Hostname"])),
    ];
    let mut event = FlatEvent { payload, ..FlatEvent::default() };
    let present = |(field, value): (SystemField, Option<String>)| {
        value.filter(|value| !value.is_empty()).map(|value| (field, Cow::Owned(value)))
    };
    event.system = system.into_iter().filter_map(present).collect();
    event.time = get(&["Timestamp"]).and_then(|time| timestamp(&time));
    for (key, value) in details {
        let name = catalog.hayabusa_field(&channel, id, key).unwrap_or(key);
        let value = if name == "LogonType" { logon_type(value) } else { value };
        event.data.push((Cow::Borrowed(name), Cow::Borrowed(value)));
    }
    fields.each(&mut |column, value| {
        let is_taken = ["Channel", "EventID", "Event ID", "RecordID", "Record ID", "Computer"]
            .iter()
            .chain(&["Hostname", "Provider"])
            .chain(&DETAILS)
            .any(|taken| {
                same(column.as_bytes(), taken.as_bytes())
                    || column.split_once('.').is_some_and(|(first, _)| first == *taken)
            });
        if !is_taken {
            event.rest.push((Cow::Owned(column.to_owned()), Cow::Owned(value.to_owned())));
        }
    });
    event.take(name, at.record, out);
}

/// Reads `2022-07-19 15:01:54.005 +00:00`.
fn timestamp(text: &str) -> Option<i64> {
    match text.trim().rsplit_once(' ') {
        Some((time, zone)) if zone.starts_with(['+', '-']) => parse_iso(&format!("{time}{zone}")),
        _ => parse_iso(text),
    }
}

/// The number in `3 - NETWORK`.
fn logon_type(text: &str) -> &str {
    let number = text.split(" - ").next().unwrap_or(text).trim();
    let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    if is_number { number } else { text }
}

#[cfg(test)]
mod tests {
    use super::{details_of, timestamp};
    use crate::time::parse_iso;

    #[test]
    fn times_have_a_blank_before_their_zone() {
        let expected = parse_iso("2022-07-19T15:01:54.005Z");
        for text in [
            "2022-07-19 15:01:54.005 +00:00",
            "2022-07-20 00:01:54.005 +09:00",
            "2022-07-19T15:01:54.005Z",
        ] {
            assert_eq!(timestamp(text), expected, "{text}");
        }
        assert_eq!(timestamp("07-19-2022 03:01:54.005 PM -06:00"), None);
    }

    #[test]
    fn details_are_pairs() {
        let mut pairs = Vec::new();
        details_of("Cmdline: a ¦ b: \"c: d\" ¦ Empty: ¦ none", &mut pairs);
        let found: Vec<_> = pairs.iter().map(|(k, v)| format!("{k}={v}")).collect();
        assert_eq!(found, ["Cmdline=a", "b=\"c: d\"", "Empty="]);
    }
}
