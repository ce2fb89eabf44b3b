//! Windows events inside search results that Splunk exported: JSON (`result`, one per line) and
//! CSV, whose `_raw` holds the event as XML (XmlWinEventLog) or as text of older inputs
//! (WinEventLog). The raw event is the payload.
//!
//! Results whose `_raw` is anything else are kept as unparsed events with `_raw` as payload.

use aql_diag::{Diagnostic, codes};

use super::csv::Row;
use super::{Format, JsonRecord, Layout, windows_xml, wineventlog};
use crate::json::{Json, Kind};
use crate::normalise::generic::NamedFields;
use crate::out::{At, Out};
use crate::time::{parse_epoch_seconds, parse_iso_zoned};

/// Results as JSON.
pub(crate) const FORMAT: Format = Format {
    name: "splunk",
    about: "Splunk search results as JSON, their `_raw` a Windows event as XML or text",
    by: "the key `_raw`, also under `result`",
    layout: Layout::Json {
        keys: &["result", "_raw"],
        beside: &[],
        is: |json| result(json).is_some(),
        take,
    },
};

/// Results as CSV.
pub(crate) const CSV: Format = Format {
    name: "splunk-csv",
    about: "Splunk search results as CSV, their `_raw` a Windows event as XML or text",
    by: "the column `_raw`",
    layout: Layout::Csv { is: |header| header.iter().any(|name| name == "_raw"), take: take_row },
};

/// The result itself: under `result`; or the object, if its `_raw` is an event. An object with any
/// other `_raw` may be a record of a format that its other keys tell.
fn result(json: Json<'_>) -> Option<Json<'_>> {
    if let Some(result) = json.get("result").filter(|result| raw(*result).is_some()) {
        return Some(result);
    }
    // The start of XML is enough, and no escape stands in it.
    let is_event = |raw: &Json<'_>| {
        windows_xml::is_event(raw.raw())
            || (raw.raw().contains("LogName=")
                && raw.owned_text().is_some_and(|text| wineventlog::is_event(&text)))
    };
    raw(json).filter(is_event)?;
    Some(json)
}

fn raw(json: Json<'_>) -> Option<Json<'_>> {
    json.get("_raw").filter(|raw| raw.kind() == Kind::Text)
}

fn take(name: &'static str, record: JsonRecord<'_>, out: &mut Out<'_>) {
    let Some(result) = result(record.json) else { return };
    take_raw(name, NamedFields::Json(result), record.at, out);
}

fn take_row(name: &'static str, row: Row<'_>, out: &mut Out<'_>) {
    let fields = NamedFields::Cells { header: row.header, cells: row.cells };
    take_raw(name, fields, row.at, out);
}

fn take_raw(name: &'static str, fields: NamedFields<'_>, at: At, out: &mut Out<'_>) {
    let (mut scratch, mut text) = (String::new(), String::new());
    let raw = fields.get("_raw", &mut text).unwrap_or_default();
    if windows_xml::is_event(&raw) {
        let Err(fault) = windows_xml::take_text(name, &raw, at.record, out) else { return };
        let message = format!("the event in `_raw` is not well-formed XML: {fault}");
        let diagnostic = Diagnostic::warning(codes::BAD_RECORD, message)
            .note("it was kept as an unparsed event");
        out.diagnose(diagnostic, Some(at));
    }
    if wineventlog::is_event(&raw) {
        // The text has no zone; the time that Splunk gave to the event has.
        let time = fields.get("_time", &mut scratch).and_then(|time| time_of(&time));
        return wineventlog::event(&raw, raw.as_bytes(), time).take(name, at.record, out);
    }
    out.unparsed(name, raw.as_bytes(), fields, at.record);
}

/// Reads `2024-03-05T10:15:30.000+00:00`, `2024-03-05 10:15:30.000 UTC`, or epoch seconds.
fn time_of(text: &str) -> Option<i64> {
    parse_iso_zoned(text).or_else(|| parse_epoch_seconds(text))
}
