//! Rows of the Syslog table of Log Analytics (Microsoft Sentinel), as JSON and CSV. A message that is
//! a Windows event as XML is read as one: Sysmon for Linux writes such messages. The event is then
//! the payload.
//!
//! Rows with any other message are kept as unparsed events, with their columns as fields. Their time
//! and host are those of the message; an event of either kind that has no addresses has that of its
//! sender.

use std::borrow::Cow;

use aql_catalog::Catalog;
use aql_diag::{Diagnostic, codes};

use super::csv::Row;
use super::windows_xml::Around;
use super::{Format, JsonRecord, Layout, windows_xml};
use crate::normalise::generic::NamedFields;
use crate::normalise::mapped::MappedRecord;
use crate::out::{At, Out};

const MESSAGE: &str = "SyslogMessage";
/// A column that the table has beside the message, whatever was left out of an export.
const OTHERS: &[&str] = &["Facility", "SeverityLevel", "ProcessName", "HostName", "Computer"];

/// Rows as JSON.
pub(crate) const FORMAT: Format = Format {
    name: "azure-syslog",
    about: "rows of the Syslog table of Log Analytics as JSON",
    by: "the key `SyslogMessage` beside another of the table",
    layout: Layout::Json {
        keys: &[MESSAGE],
        beside: &[OTHERS],
        is: |json| json.get(MESSAGE).is_some() && OTHERS.iter().any(|key| json.get(key).is_some()),
        take: take_json,
    },
};

/// Rows as CSV.
pub(crate) const CSV: Format = Format {
    name: "azure-syslog-csv",
    about: "rows of the Syslog table of Log Analytics as CSV",
    by: "the column `SyslogMessage` beside another of the table",
    layout: Layout::Csv {
        is: |header| {
            let has = |name: &str| header.iter().any(|column| column == name);
            has(MESSAGE) && OTHERS.iter().any(|name| has(name))
        },
        take: take_row,
    },
};

fn take_json(name: &'static str, record: JsonRecord<'_>, out: &mut Out<'_>) {
    take(name, NamedFields::Json(record.json), record.payload, record.at, out);
}

fn take_row(name: &'static str, row: Row<'_>, out: &mut Out<'_>) {
    let fields = NamedFields::Cells { header: row.header, cells: row.cells };
    take(name, fields, row.payload, row.at, out);
}

fn take(name: &'static str, fields: NamedFields<'_>, payload: &[u8], at: At, out: &mut Out<'_>) {
    let mut scratch = String::new();
    let message = fields.get(MESSAGE, &mut scratch).map(Cow::into_owned).unwrap_or_default();
    if windows_xml::is_event(&message) {
        let mut scratch = String::new();
        let sender = fields.get("HostIP", &mut scratch);
        let around = Around { sender: sender.as_deref(), payload: None };
        let taken = windows_xml::take_inside(name, &message, around, at.record, out);
        let Err(fault) = taken else { return };
        let message = format!("the event in `{MESSAGE}` is not well-formed XML: {fault}");
        let diagnostic = Diagnostic::warning(codes::BAD_RECORD, message)
            .note("it was kept as an unparsed event");
        out.diagnose(diagnostic, Some(at));
    }
    let Some(mapping) = Catalog::get().mapping(FORMAT.name) else { return };
    let record = MappedRecord { mapping, fields, payload, header_time: None, category: None };
    out.mapped(name, &record, at.record);
}
