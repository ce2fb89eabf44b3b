//! Rows of Microsoft Defender's advanced hunting tables: CSV of the portal, JSON rows of the hunting
//! APIs and of Log Analytics, and the records of the streaming API.
//!
//! The table is the event category, the action type the event id. Only a streamed record and a row
//! of Log Analytics (`Type`) name their table; of any other row it is told by its action type, then
//! by columns that only one table has, those with a value first. `RawEventData` of CloudAppEvents is
//! an Office 365 audit record and read as such, but for its event category, which is the table.

use std::borrow::Cow;

use aql_catalog::Catalog;

use super::csv::Row;
use super::{Format, JsonRecord, Layout, o365};
use crate::json::{Json, Kind, parse_whole};
use crate::normalise::generic::NamedFields;
use crate::normalise::mapped::MappedRecord;
use crate::normalise::o365::Outer;
use crate::out::{At, Out};
use crate::time::parse_iso;

/// Rows as JSON.
pub(crate) const FORMAT: Format = Format {
    name: "defender",
    about: "rows of Microsoft Defender's advanced hunting tables as JSON, also streamed",
    by: "keys of an advanced hunting table, or the category of a streamed record",
    layout: Layout::Json {
        keys: &["properties", "Timestamp", "TimeGenerated", "ReportTime"],
        beside: &[&[
            "category",
            "ActionType",
            "NetworkMessageId",
            "AlertId",
            "MachineId",
            "ComputerDnsName",
        ]],
        is: |json| streamed(json).is_some() || is_row(&|name| json.get(name).is_some()),
        take,
    },
};

/// Rows as CSV.
pub(crate) const CSV: Format = Format {
    name: "defender-csv",
    about: "rows of Microsoft Defender's advanced hunting tables as CSV",
    by: "a header of columns of an advanced hunting table",
    layout: Layout::Csv { is: |header| is_row(&|name| has(header, name)), take: take_row },
};

/// In front of the table's name in the `category` of a streamed record.
const STREAM: &str = "AdvancedHunting-";

/// The table whose rows may hold audit records.
const CLOUD_APPS: &str = "CloudAppEvents";

/// The table where nothing tells another: it takes the events of all kinds.
const OTHER: &str = "DeviceEvents";

fn has(header: &[String], name: &str) -> bool {
    header.iter().any(|h| h.trim().eq_ignore_ascii_case(name))
}

/// Are these the columns of a hunting table? An export may leave out most of them.
fn is_row(has: &dyn Fn(&str) -> bool) -> bool {
    let any = |names: &[&str]| names.iter().any(|name| has(name));
    let is_of_device = has("ActionType") && any(&["DeviceName", "DeviceId"]);
    let is_of_table = any(&["ActionType", "NetworkMessageId", "AlertId"])
        && Catalog::get().defender_table_of_columns(has).is_some();
    // Exports of 2021 and before.
    let is_older = any(&["MachineId", "ComputerDnsName"]) && has("CreatedProcessCommandLine");
    any(&["Timestamp", "TimeGenerated"]) && (is_of_device || is_of_table)
        || has("ReportTime") && is_older
}

/// The table and the row of a streamed record.
fn streamed<'d>(json: Json<'d>) -> Option<(Cow<'static, str>, Json<'d>)> {
    let row = json.get("properties").filter(|row| row.is_object())?;
    let category = json.get("category")?.owned_text()?;
    let prefix = category.get(..STREAM.len())?;
    if !prefix.eq_ignore_ascii_case(STREAM) {
        return None;
    }
    let name = category.get(STREAM.len()..)?;
    Some(match Catalog::get().defender_table(name) {
        Some(table) => (Cow::Borrowed(table), row),
        None => (Cow::Owned(name.to_owned()), row),
    })
}

/// The table of a row that does not come with it; `has` says which columns there are.
fn table(fields: NamedFields<'_>, has: &dyn Fn(&str) -> bool) -> &'static str {
    let catalog = Catalog::get();
    let value = |name: &str| {
        let mut scratch = String::new();
        fields.get(name, &mut scratch).map(Cow::into_owned)
    };
    value("Type")
        .and_then(|name| catalog.defender_table(&name))
        .or_else(|| catalog.defender_table_of_action(&value("ActionType")?))
        .or_else(|| catalog.defender_table_of_columns(|name| value(name).is_some()))
        .or_else(|| catalog.defender_table_of_columns(has))
        .unwrap_or(OTHER)
}

fn take(name: &'static str, record: JsonRecord<'_>, out: &mut Out<'_>) {
    let JsonRecord { json, payload, at } = record;
    match streamed(json) {
        Some((table, row)) => {
            let time = time_of(json, "time");
            give(name, &table, NamedFields::Json(row), time, payload, at, out);
        }
        None => {
            let fields = NamedFields::Json(json);
            let table = table(fields, &|name| json.get(name).is_some());
            give(name, table, fields, None, payload, at, out);
        }
    }
}

fn time_of(json: Json<'_>, key: &str) -> Option<i64> {
    parse_iso(json.get(key)?.text(&mut String::new())?)
}

fn take_row(name: &'static str, row: Row<'_>, out: &mut Out<'_>) {
    let fields = NamedFields::Cells { header: row.header, cells: row.cells };
    let table = table(fields, &|name| has(row.header, name));
    give(name, table, fields, None, row.payload, row.at, out);
}

fn give(
    name: &'static str,
    table: &str,
    fields: NamedFields<'_>,
    header_time: Option<i64>,
    payload: &[u8],
    at: At,
    out: &mut Out<'_>,
) {
    if table == CLOUD_APPS && give_audit(name, fields, payload, at, out) {
        return;
    }
    let mapping = Catalog::get().defender_mapping();
    let record = MappedRecord { mapping, fields, payload, header_time, category: Some(table) };
    out.mapped(name, &record, at.record);
}

/// Takes the audit record in `RawEventData`, an object or its text; `false` if there is none: other
/// applications write other things there.
fn give_audit(
    name: &'static str,
    fields: NamedFields<'_>,
    payload: &[u8],
    at: At,
    out: &mut Out<'_>,
) -> bool {
    const FIELD: &str = "RawEventData";
    let mapping = Catalog::get().defender_mapping();
    let row =
        MappedRecord { mapping, fields, payload, header_time: None, category: Some(CLOUD_APPS) };
    let outer = Outer { table: CLOUD_APPS, column: FIELD, row };
    if let NamedFields::Json(row) = fields
        && let Some(inner) = row.get(FIELD)
        && inner.kind() != Kind::Text
    {
        let is_audit = inner.is_object() && o365::is_audit(inner);
        if is_audit {
            out.audit(name, Some(&outer), inner, payload, at.record);
        }
        return is_audit;
    }
    let mut scratch = String::new();
    let Some(text) = fields.get(FIELD, &mut scratch) else { return false };
    let mut nodes = Vec::new();
    if parse_whole(&text, &mut nodes, out.options.max_depth).is_err() {
        return false;
    }
    match Json::root(&text, &nodes).filter(|json| json.is_object() && o365::is_audit(*json)) {
        Some(json) => {
            out.audit(name, Some(&outer), json, payload, at.record);
            true
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{is_row, table};
    use crate::cells::{Cells, Header};
    use crate::normalise::generic::NamedFields;

    /// Of `column=value` pairs: the table, or nothing if they are no row of one.
    fn table_of(row: &str) -> Option<&'static str> {
        let (header, cells): (Vec<String>, Vec<String>) = row
            .split(' ')
            .map(|pair| pair.split_once('=').expect(pair))
            .map(|(name, cell)| (name.to_owned(), cell.to_owned()))
            .unzip();
        let has = |name: &str| super::has(&header, name);
        let (columns, cells) = (Header::new(header.clone()), Cells::Texts(&cells));
        is_row(&has).then(|| table(NamedFields::Cells { header: &columns, cells }, &has))
    }

    #[test]
    fn tables_of_rows() {
        for (row, expected) in [
            ("Timestamp=1 DeviceName=d ActionType=FileCreated", Some("DeviceFileEvents")),
            ("timestamp=1 devicename=d actiontype=imageloaded", Some("DeviceImageLoadEvents")),
            // The action type counts more than columns of a union of tables.
            (
                "Timestamp=1 DeviceId=d ActionType=ConnectionSuccess ShareName=",
                Some("DeviceNetworkEvents"),
            ),
            ("Timestamp=1 DeviceId=d ActionType=Odd ShareName=", Some("DeviceFileEvents")),
            (
                "Timestamp=1 DeviceId=d ActionType=Odd ShareName= IsLocalAdmin=1",
                Some("DeviceLogonEvents"),
            ),
            ("Timestamp=1 DeviceId=d ActionType=Odd", Some("DeviceEvents")),
            ("TimeGenerated=1 DeviceId=d ActionType=Odd Type=DeviceInfo", Some("DeviceEvents")),
            (
                "TimeGenerated=1 DeviceId=d ActionType=Odd Type=DeviceFileEvents",
                Some("DeviceFileEvents"),
            ),
            ("Timestamp=1 NetworkMessageId=n SenderIPv4=1 Subject=s", Some("EmailEvents")),
            ("Timestamp=1 ActionType=New-InboxRule RawEventData={}", Some("CloudAppEvents")),
            (
                "Timestamp=1 ActionType=LogonSuccess DeviceName=d DestinationDeviceName=e",
                Some("IdentityLogonEvents"),
            ),
            ("ReportTime=1 MachineId=m CreatedProcessCommandLine=c", Some("DeviceProcessEvents")),
            ("DeviceName=d ActionType=FileCreated", None),
            ("Timestamp=1 Subject=s", None),
            ("Timestamp=1 ActionType=x", None),
        ] {
            assert_eq!(table_of(row), expected, "{row}");
        }
    }
}
