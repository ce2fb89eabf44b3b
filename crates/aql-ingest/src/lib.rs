//! Evidence readers: recognise a file, read it, make events of it.
//!
//! [`Evidence`] is the entry: [`Evidence::open`] finds the files, its
//! [`scan`](aql_event::EventTable::scan) reads them. On the way a file is recognised by its bytes
//! (`sniff`), cut into records (`frame`, [`evtx`]), its records are told apart (`formats`) and made
//! into events (`normalise`) with exactly the columns of the needs.
//!
//! A reader drops nothing silently: a record becomes an event, or is counted as ruled out by the
//! needs, or is counted as lost with a diagnostic that names file, place and reason. No input makes
//! it panic, and it holds no more of a file than one record (or one window of chunks) per thread.
//!
//! Not in here: which raw field feeds which property (data of `aql-catalog`), what a query needs
//! (`aql-semantic`).

pub mod evtx;

mod evidence;
mod formats;
mod frame;
mod json;
mod normalise;
mod out;
mod patience;
mod plan;
mod report;
mod scan;
mod sniff;
mod source;
mod stream;
mod tar;
mod time;
mod unpack;
mod worker;

pub use evidence::{Evidence, Options, Progress};
pub use patience::{Clock, Patience};
pub use source::Inflation;

/// The formats that are read: name and description, in the order in which they are tried.
pub fn formats() -> impl Iterator<Item = (&'static str, &'static str)> {
    formats::FORMATS.iter().map(|format| (format.name, format.about))
}

/// How a format is recognised, for whoever has to believe it.
pub fn recognised_by(format: &str) -> &'static str {
    match format {
        "evtx" => "the signature of the file or of a chunk",
        "windows-xml" => "`<Event>` elements with a `<System>` inside",
        "evtx-dump-json" => "the keys `Event` and `System`",
        "winlogbeat" => "the keys `winlog`, or `event_id` with `log_name` or `event_data`",
        "velociraptor" => "the keys of Velociraptor's `parse_evtx`",
        "splunk" => "the key `_raw`, also under `result`",
        "splunk-csv" => "the column `_raw`",
        "leef" => "`LEEF:` at the start of a line, or behind a syslog header",
        "cef" => "`CEF:` at the start of a line, or behind a syslog header",
        "syslog" => "a syslog header",
        "nxlog" => "the key `EventID` beside a provider or channel",
        "o365" => {
            "the keys `Operation`, `CreationTime` and `Workload` or `RecordType`, or `auditData`"
        }
        "json" => "JSON values, of no known keys",
        "o365-csv" => "the column `AuditData`, or columns named as the keys of audit records",
        "csv" => "a header of names, none of them known",
        "text" => "lines of text of no known form",
        _ => "its content",
    }
}
