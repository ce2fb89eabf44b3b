//! Audit records of Microsoft 365 as JSON.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{audits, json_line};
use crate::play::Emitted;

/// One array.
pub(super) fn array(records: &[&Emitted], out: &mut dyn Write) -> io::Result<()> {
    let list: Vec<_> = audits(records).map(|audit| &audit.record).collect();
    serde_json::to_writer(&mut *out, &list)?;
    out.write_all(b"\n")
}

/// One per line.
pub(super) fn lines(records: &[&Emitted], out: &mut dyn Write) -> io::Result<()> {
    for audit in audits(records) {
        serde_json::to_writer(&mut *out, &audit.record)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// The records of an audit log query of Microsoft Graph.
pub(super) fn graph(records: &[&Emitted], out: &mut dyn Write) -> io::Result<()> {
    let wrapped = audits(records).map(|audit| {
        json!({
            "id": audit.text("Id"),
            "createdDateTime": format!("{}Z", audit.text("CreationTime")),
            "auditLogRecordType": type_name(audit.record.get("RecordType")),
            "operation": audit.text("Operation"),
            "organizationId": audit.text("OrganizationId"),
            "userType": "Regular",
            "userId": audit.text("UserId"),
            "service": audit.text("Workload"),
            "objectId": audit.text("ObjectId"),
            "userPrincipalName": audit.text("UserId"),
            "clientIp": audit.text("ClientIP"),
            "administrativeUnits": [""],
            "auditData": audit.record,
        })
    });
    let list: Vec<Value> = wrapped.collect();
    let context =
        "https://graph.microsoft.com/beta/$metadata#security/auditLog/queries('emulated')/records";
    json_line(&json!({ "@odata.context": context, "value": list }), out)
}

/// The name that the cmdlet and Graph have for a number of a record type.
pub(super) fn type_name(number: Option<&Value>) -> String {
    let name = match number.and_then(Value::as_u64) {
        Some(1) => "ExchangeAdmin",
        Some(2) => "ExchangeItem",
        Some(3) => "ExchangeItemGroup",
        Some(4) => "SharePoint",
        Some(6) => "SharePointFileOperation",
        Some(8) => "AzureActiveDirectory",
        Some(15) => "AzureActiveDirectoryStsLogon",
        Some(25) => "MicrosoftTeams",
        Some(50) => "ExchangeItemAggregated",
        Some(number) => return number.to_string(),
        None => "",
    };
    name.to_owned()
}
