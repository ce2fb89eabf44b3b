//! The formats that are read: one file each, and one list.
//!
//! Two things make a format: how its records lie in a file (its [`Layout`]), and how the fields of
//! a record are found. JSON records are told apart one by one, since exports mix them. To add a
//! format, write its file and add one line to [`FORMATS`].

pub(crate) mod audit_log;
pub(crate) mod auditd;
pub(crate) mod azure_syslog;
pub(crate) mod cef;
pub(crate) mod csv;
pub(crate) mod defender;
pub(crate) mod elastic;
pub(crate) mod evtx;
pub(crate) mod evtx_dump;
pub(crate) mod evtxecmd;
pub(crate) mod exchange;
pub(crate) mod flat;
pub(crate) mod google;
pub(crate) mod hayabusa;
pub(crate) mod json;
pub(crate) mod leef;
mod marks;
pub(crate) mod nxlog;
pub(crate) mod o365;
pub(crate) mod o365_csv;
pub(crate) mod pairs;
pub(crate) mod parquet;
pub(crate) mod qradar;
pub(crate) mod rendered;
pub(crate) mod snare;
pub(crate) mod splunk;
pub(crate) mod syslog;
pub(crate) mod text;
pub(crate) mod wincollect;
pub(crate) mod windows_xml;
pub(crate) mod wineventlog;
pub(crate) mod winlogbeat;

use crate::json::Json;
use crate::out::{At, Out};

/// A format.
pub(crate) struct Format {
    /// Its name: what `aql.format` says.
    pub name: &'static str,
    /// What it is, for the documentation.
    pub about: &'static str,
    /// By what it is recognised, for `aql inspect`.
    pub by: &'static str,
    /// How its files are laid out, how it is recognised, how a record is read.
    pub layout: Layout,
}

/// How the records of a format lie in a file.
pub(crate) enum Layout {
    /// Windows event log: chunks of 64 KiB.
    Evtx,
    /// `<Event>` elements.
    Xml,
    /// JSON values: one per line, in an array, or one after the other.
    Json {
        /// Every record has one of these keys; without any it may have all kinds.
        keys: &'static [&'static str],
        /// Every record has one key of each of these, too.
        beside: &'static [&'static [&'static str]],
        /// Is this value a record of the format?
        is: fn(Json<'_>) -> bool,
        /// Takes the record.
        take: fn(&'static str, JsonRecord<'_>, &mut Out<'_>),
    },
    /// Rows of a CSV file with a header.
    Csv {
        /// Is this the header of such a file?
        is: fn(&[String]) -> bool,
        /// Takes a row.
        take: fn(&'static str, csv::Row<'_>, &mut Out<'_>),
    },
    /// Rows of a Parquet file.
    Parquet,
    /// Lines of text.
    Lines,
}

/// A JSON record with its text.
pub(crate) struct JsonRecord<'r> {
    /// The value.
    pub json: Json<'r>,
    /// The raw bytes of the record.
    pub payload: &'r [u8],
    /// Its place.
    pub at: At,
}

/// Every format, in the order in which they are tried. The last of a layout takes everything.
pub(crate) static FORMATS: &[Format] = &[
    evtx::FORMAT,
    windows_xml::FORMAT,
    splunk::FORMAT,
    evtx_dump::FORMAT,
    evtx_dump::VELOCIRAPTOR,
    winlogbeat::FORMAT,
    evtxecmd::FORMAT,
    hayabusa::FORMAT,
    nxlog::FORMAT,
    o365::FORMAT,
    qradar::FORWARD,
    qradar::SEARCH,
    google::FORMAT,
    defender::FORMAT,
    azure_syslog::FORMAT,
    json::FORMAT,
    o365_csv::FORMAT,
    splunk::CSV,
    evtxecmd::CSV,
    qradar::SEARCH_CSV,
    hayabusa::CSV,
    defender::CSV,
    exchange::FORMAT,
    azure_syslog::CSV,
    csv::FORMAT,
    parquet::FORMAT,
    leef::FORMAT,
    cef::FORMAT,
    wineventlog::FORMAT,
    wincollect::FORMAT,
    snare::FORMAT,
    auditd::FORMAT,
    syslog::FORMAT,
    text::FORMAT,
];
