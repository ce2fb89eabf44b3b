//! Search results of Splunk, whose `_raw` is an event as XML.

use std::io::{self, Write};

use serde_json::json;

use super::{json_line, windows, windows_xml};
use crate::play::Emitted;
use crate::record::WindowsEvent;

/// The export as JSON: a result per line.
pub(super) fn json(records: &[&Emitted], out: &mut dyn Write) -> io::Result<()> {
    for (offset, event) in windows(records).enumerate() {
        json_line(
            &json!({
                "preview": false,
                "offset": offset,
                "result": {
                    "_raw": windows_xml::element(event),
                    "_time": time(event),
                    "host": host(event),
                    "index": "wineventlog",
                    "source": format!("XmlWinEventLog:{}", event.channel),
                    "sourcetype": "XmlWinEventLog",
                },
            }),
            out,
        )?;
    }
    Ok(())
}

/// The export as CSV.
pub(super) fn csv(records: &[&Emitted], out: &mut dyn Write) -> io::Result<()> {
    let mut csv = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(out);
    csv.write_record(["_raw", "_time", "host", "index", "source", "sourcetype"])?;
    for event in windows(records) {
        csv.write_record([
            &windows_xml::element(event),
            &time(event),
            host(event),
            "wineventlog",
            &format!("XmlWinEventLog:{}", event.channel),
            "XmlWinEventLog",
        ])?;
    }
    csv.flush()
}

fn time(event: &WindowsEvent) -> String {
    event.time.strftime("%Y-%m-%dT%H:%M:%S.%3f+00:00").to_string()
}

fn host(event: &WindowsEvent) -> &str {
    event.computer.split('.').next().unwrap_or(&event.computer)
}
