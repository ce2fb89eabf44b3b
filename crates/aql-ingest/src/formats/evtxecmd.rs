//! Windows events as EvtxECmd (Eric Zimmerman's tools) writes them: flat JSON and CSV, the event's
//! data as JSON text in `Payload`.
//!
//! `PayloadData1` and its like are what the tool's maps picked out for people; they are fields of
//! those names. Several `Data` elements without a name are one text there, joined by `, `.

use std::borrow::Cow;

use aql_diag::{Diagnostic, codes};

use super::csv::Row;
use super::flat::FlatEvent;
use super::{Format, JsonRecord, Layout};
use crate::evtx::SystemField;
use crate::json::{Json, Kind, parse_whole};
use crate::normalise::generic::NamedFields;
use crate::normalise::windows::level_number;
use crate::out::{At, Out};
use crate::time::parse_iso;

/// Events as JSON.
pub(crate) const FORMAT: Format = Format {
    name: "evtxecmd",
    about: "Windows events as JSON of EvtxECmd",
    by: "the keys `EventRecordId`, `EventId`, `Channel` and a text `Payload`",
    layout: Layout::Json {
        keys: &["EventRecordId"],
        beside: &[&["EventId"], &["Channel"], &["Payload"]],
        is,
        take,
    },
};

/// Events as CSV.
pub(crate) const CSV: Format = Format {
    name: "evtxecmd-csv",
    about: "Windows events as CSV of EvtxECmd",
    by: "the columns `EventRecordId`, `EventId`, `Channel`, `MapDescription` and `Payload`",
    layout: Layout::Csv { is: is_header, take: take_row },
};

fn is(json: Json<'_>) -> bool {
    json.get("EventRecordId").is_some()
        && json.get("EventId").is_some()
        && json.get("Channel").is_some()
        && json.get("Payload").is_some_and(|payload| payload.kind() == Kind::Text)
        && (json.get("ChunkNumber").is_some() || json.get("SourceFile").is_some())
}

fn is_header(header: &[String]) -> bool {
    let has = |name: &&str| header.iter().any(|column| column == name);
    ["EventRecordId", "EventId", "Channel", "MapDescription", "Payload"].iter().all(has)
}

fn take(name: &'static str, record: JsonRecord<'_>, out: &mut Out<'_>) {
    take_fields(name, NamedFields::Json(record.json), record.payload, record.at, out);
}

fn take_row(name: &'static str, row: Row<'_>, out: &mut Out<'_>) {
    let fields = NamedFields::Cells { header: row.header, cells: row.cells };
    take_fields(name, fields, row.payload, row.at, out);
}

/// The columns that are values of the event's header.
const HEADER: &[(&str, SystemField)] = &[
    ("Provider", SystemField::ProviderName),
    ("Channel", SystemField::Channel),
    ("EventId", SystemField::EventId),
    ("EventRecordId", SystemField::EventRecordId),
    ("Level", SystemField::Level),
    ("Keywords", SystemField::Keywords),
    ("TimeCreated", SystemField::TimeCreated),
    ("Computer", SystemField::Computer),
    ("ProcessId", SystemField::ProcessId),
    ("ThreadId", SystemField::ThreadId),
    ("UserId", SystemField::UserId),
];

/// Columns that say what others say: of the header, and the number of the record in the tool's own
/// count, which is no event's `RecordNumber`.
const NOT_SHOWN: &[&str] = &["RecordNumber", "Payload"];

fn take_fields(
    name: &'static str,
    fields: NamedFields<'_>,
    payload: &[u8],
    at: At,
    out: &mut Out<'_>,
) {
    let mut text = String::new();
    let data = fields.get("Payload", &mut text).map(Cow::into_owned).unwrap_or_default();
    let mut nodes = Vec::new();
    let parsed = parse_whole(&data, &mut nodes, out.options.max_depth);
    if let (false, Err(error)) = (data.is_empty(), &parsed) {
        let message = format!("the event's data in `Payload` is not valid JSON: {error}");
        let diagnostic = Diagnostic::warning(codes::BAD_RECORD, message)
            .note("the event was kept without its data");
        out.diagnose(diagnostic, Some(at));
    }
    let data = Json::root(&data, &nodes).filter(|_| parsed.is_ok());
    let event_data = data.and_then(|data| data.get("EventData"));
    let user_data = data.and_then(|data| data.get("UserData"));
    let user_data = user_data.and_then(|data| data.children().find(Json::is_object).or(Some(data)));
    let mut event = FlatEvent { payload, inner: [event_data, user_data], ..FlatEvent::default() };
    for (column, field) in HEADER {
        let Some(value) = fields.get(column, &mut text) else { continue };
        let value = match field {
            SystemField::Level => level(&value),
            _ => value.into_owned(),
        };
        event.system.push((*field, Cow::Owned(value)));
    }
    event.time = fields.get("TimeCreated", &mut text).and_then(|time| parse_iso(&time));
    fields.each(&mut |column, value| {
        let is_known = HEADER.iter().map(|(known, _)| known).chain(NOT_SHOWN);
        if !is_known.clone().any(|known| column.eq_ignore_ascii_case(known)) {
            event.rest.push((Cow::Owned(column.to_owned()), Cow::Owned(value.to_owned())));
        }
    });
    event.take(name, at.record, out);
}

/// The number of a level.
fn level(text: &str) -> String {
    match level_number(text) {
        Some(number) => number.to_string(),
        None if text.eq_ignore_ascii_case("LogAlways") => "0".to_owned(),
        None => text.to_owned(),
    }
}
