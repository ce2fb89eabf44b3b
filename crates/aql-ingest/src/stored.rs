//! Looking for a field in a record that was kept: what a store needs to answer by every name that
//! the evidence itself would answer by.
//!
//! A store keeps the fields that a record lists. A query may call a field by another name: a header
//! value of a Windows event by one of its aliases, an object inside of JSON by its path. Then the
//! raw record is read again, by the reader of its format.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use aql_event::{EventBatch, Needs, ScanStep};

use crate::cells::texts;
use crate::evidence::Options;
use crate::formats::{FORMATS, Layout, json, text, windows_xml, wineventlog};
use crate::normalise::windows;
use crate::out::Out;
use crate::stream::Stream;

/// Formats whose records list everything that a query can find in them.
const FLAT: &[&str] = &["csv", "text", "auditd", "exchange-tracking", "defender-csv"];
/// Formats of Windows events besides those that are told by their layout.
const WINDOWS: &[&str] =
    &["evtx-dump-json", "velociraptor", "winlogbeat", "nxlog", "splunk", "splunk-csv"];

/// Does a record of this format that does not list a field of this name have no such field at all?
/// `false` when in doubt.
pub fn lists_every(format: &str, name: &str) -> bool {
    if FLAT.contains(&format) {
        return true;
    }
    let layout = FORMATS.iter().find(|known| known.name == format).map(|known| &known.layout);
    let is_windows =
        WINDOWS.contains(&format) || matches!(layout, Some(Layout::Evtx | Layout::Xml));
    is_windows && windows::is_plain_data(name)
}

/// Reads kept records (format and raw record) for these needs. Nothing where the format cannot be
/// read from the raw record alone, it does not read, or it gives several events: nobody knows which
/// of these was meant.
pub fn reread(
    needs: &Needs,
    options: &Options,
    records: &[(&str, &[u8])],
) -> Vec<Option<EventBatch>> {
    let found: Mutex<Vec<EventBatch>> = Mutex::default();
    let lock = || found.lock().unwrap_or_else(PoisonError::into_inner);
    let visit = |step: ScanStep| {
        if let ScanStep::Batch { events, .. } = step {
            lock().push(events);
        }
        std::ops::ControlFlow::Continue(())
    };
    let stop = AtomicBool::new(false);
    let mut out = Out::new(needs, options, &visit, &stop);
    records
        .iter()
        .map(|(format, payload)| {
            out.begin_file(Arc::from(""));
            read(format, payload, &mut out);
            out.end_part();
            out.end_file();
            let mut found = std::mem::take(&mut *lock());
            found.pop().filter(|events| found.is_empty() && events.num_rows() == 1)
        })
        .collect()
}

fn read(format: &str, payload: &[u8], out: &mut Out<'_>) {
    let layout = FORMATS.iter().find(|known| known.name == format).map(|known| &known.layout);
    match layout {
        // The payload of a record of an event log is its XML; and XML comes inside of other
        // formats.
        Some(_) if is_event(payload) => xml(payload, out),
        Some(Layout::Evtx | Layout::Xml) => xml(payload, out),
        // A row of Parquet is kept as JSON, whatever it was taken for.
        Some(Layout::Parquet | Layout::Csv { .. }) if payload.starts_with(b"{") => {
            json::read_values(&mut Stream::new(payload, 0), out);
        }
        Some(Layout::Parquet) => {}
        Some(Layout::Json { .. }) => json::read_values(&mut Stream::new(payload, 0), out),
        // Without its header a row is nothing; but a cell may hold the record.
        Some(Layout::Csv { .. }) => {
            let cells = [b',', b';', b'\t'].map(|delimiter| texts(payload, delimiter));
            let record = cells.iter().flatten().find(|cell| cell.starts_with('{'));
            if let Some(record) = record {
                json::read_values(&mut Stream::new(record.as_bytes(), 0), out);
            }
        }
        // Their events are of several lines.
        Some(Layout::Lines) if format == wineventlog::FORMAT.name => {
            wineventlog::read(&mut Stream::new(payload, 0), out);
        }
        Some(Layout::Lines) => text::read(&mut Stream::new(payload, 0), out),
        None => {}
    }
}

fn is_event(payload: &[u8]) -> bool {
    std::str::from_utf8(payload).is_ok_and(windows_xml::is_event)
}

fn xml(payload: &[u8], out: &mut Out<'_>) {
    windows_xml::read(&mut Stream::new(payload, 0), out);
}
