//! Audit records of Microsoft 365 in a cell of a table.

use std::io::{self, Write};

use super::{audits, o365};
use crate::play::Emitted;
use crate::record::Audit;
use crate::time;

/// `Search-UnifiedAuditLog | Export-Csv`, on a console in English.
pub(super) fn search(records: &[&Emitted], out: &mut dyn Write) -> io::Result<()> {
    out.write_all(
        b"#TYPE Deserialized.Microsoft.Exchange.Data.ApplicationLogic.UnifiedAuditLogEvent\r\n",
    )?;
    let count = audits(records).count().to_string();
    let header = [
        "PSComputerName",
        "RunspaceId",
        "PSShowComputerName",
        "RecordType",
        "CreationDate",
        "UserIds",
        "Operations",
        "AuditData",
        "ResultIndex",
        "ResultCount",
        "Identity",
        "IsValid",
        "ObjectState",
    ];
    table(
        &header,
        audits(records).enumerate().map(|(number, audit)| {
            let id = audit.text("Id");
            vec![
                "outlook.office365.com".into(),
                // The session of the console; any will do.
                "5d1a7f3c-9a0e-4f43-8d0b-0f0f8a4c2b11".into(),
                "False".into(),
                o365::type_name(audit.record.get("RecordType")),
                time::form(audit.time, "us").unwrap_or_default(),
                audit.text("UserId"),
                audit.text("Operation"),
                data(audit),
                (number + 1).to_string(),
                count.clone(),
                id,
                "True".into(),
                "Unchanged".into(),
            ]
        }),
        out,
    )
}

/// The portal's export.
pub(super) fn purview(records: &[&Emitted], out: &mut dyn Write) -> io::Result<()> {
    out.write_all("\u{feff}".as_bytes())?;
    let header = [
        "RecordId",
        "CreationDate",
        "RecordType",
        "Operation",
        "UserId",
        "AuditData",
        "AssociatedAdminUnits",
        "AssociatedAdminUnitsNames",
    ];
    table(
        &header,
        audits(records).map(|audit| {
            vec![
                audit.text("Id"),
                time::form(audit.time, "seven").unwrap_or_default(),
                audit.text("RecordType"),
                audit.text("Operation"),
                audit.text("UserId"),
                data(audit),
                String::new(),
                String::new(),
            ]
        }),
        out,
    )
}

fn data(audit: &Audit) -> String {
    serde_json::Value::Object(audit.record.clone()).to_string()
}

fn table(
    header: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut csv = csv::WriterBuilder::new()
        .quote_style(csv::QuoteStyle::Always)
        .terminator(csv::Terminator::CRLF)
        .from_writer(out);
    csv.write_record(header)?;
    for row in rows {
        csv.write_record(row)?;
    }
    csv.flush()
}
