//! JSON behind a header of RFC 5424, as pipelines hand records on to QRadar.

use std::io::{self, Write};

use jiff::Timestamp;
use serde_json::Value;

use super::{audits, nxlog, windows};
use crate::play::Emitted;

/// NXLog's objects of Windows events.
pub(super) fn events(records: &[&Emitted], out: &mut dyn Write) -> io::Result<()> {
    for event in windows(records) {
        let object = Value::Object(nxlog::object(event));
        line(event.time, &event.computer, "nxlog", &object, out)?;
    }
    Ok(())
}

/// Audit records that a collector fetched.
pub(super) fn audit(records: &[&Emitted], out: &mut dyn Write) -> io::Result<()> {
    for audit in audits(records) {
        let object = Value::Object(audit.record.clone());
        line(audit.time, "collector", "o365", &object, out)?;
    }
    Ok(())
}

fn line(
    time: Timestamp,
    host: &str,
    program: &str,
    object: &Value,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(
        out,
        "<14>1 {} {host} {program} - - - {object}",
        time.strftime("%Y-%m-%dT%H:%M:%S.%6fZ")
    )
}
