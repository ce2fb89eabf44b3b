//! Writers, one file for each family of formats. To add one: write its function here beside the
//! others and put it into [`FORMATS`]; the matrix of `docs/emulate.md` then has a column more.

mod defender;
mod ecs;
mod evtx;
mod evtx_dump;
mod evtxecmd;
mod flattened;
mod nxlog;
mod o365;
mod o365_csv;
mod pairs;
mod qradar;
mod splunk;
mod syslog;
mod velociraptor;
mod windows_xml;
mod wineventlog;
mod winlogbeat;

use std::io::{self, Write};

use crate::play::Emitted;
use crate::record::{Audit, Record, Row, Source, WindowsEvent};

/// A way to write records down.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// What it is asked for by.
    pub name: &'static str,
    /// One line.
    pub description: &'static str,
    /// Whose records it carries.
    pub sources: &'static [Source],
    write: fn(&[&Emitted], &mut dyn Write) -> io::Result<()>,
}

const WINDOWS: &[Source] =
    &[Source::Sysmon, Source::Security, Source::Powershell, Source::Exchange];
/// Flat objects, rendered texts and EvtxECmd have no place for values without names, as Exchange writes
/// them.
const NAMED: &[Source] = &[Source::Sysmon, Source::Security, Source::Powershell];
const AUDIT: &[Source] = &[Source::O365];
const DEFENDER: &[Source] = &[Source::Defender];

/// All formats.
pub const FORMATS: &[Format] = &[
    Format { name: "evtx", description: "an event log file", sources: WINDOWS, write: evtx::write },
    Format {
        name: "windows-xml",
        description: "Windows event XML, one event per line (Splunk's XmlWinEventLog, NXLog's to_xml)",
        sources: WINDOWS,
        write: windows_xml::lines,
    },
    Format {
        name: "windows-events-xml",
        description: "Windows event XML inside <Events>, as the event viewer saves it",
        sources: WINDOWS,
        write: windows_xml::document,
    },
    Format {
        name: "splunk",
        description: "search results exported from Splunk as JSON, _raw being XmlWinEventLog",
        sources: WINDOWS,
        write: splunk::json,
    },
    Format {
        name: "splunk-csv",
        description: "search results exported from Splunk as CSV",
        sources: WINDOWS,
        write: splunk::csv,
    },
    Format {
        name: "evtx-dump-json",
        description: "JSON lines of evtx_dump",
        sources: WINDOWS,
        write: evtx_dump::write,
    },
    Format {
        name: "evtxecmd",
        description: "JSON lines of EvtxECmd",
        sources: NAMED,
        write: evtxecmd::json,
    },
    Format {
        name: "velociraptor",
        description: "JSON lines of Velociraptor's parse_evtx",
        sources: WINDOWS,
        write: velociraptor::write,
    },
    Format {
        name: "winlogbeat",
        description: "documents of Winlogbeat 8 as it sends them, one per line",
        sources: WINDOWS,
        write: winlogbeat::write,
    },
    Format {
        name: "winlogbeat-ecs",
        description: "documents of Winlogbeat 8 after its pipelines have moved values to ECS fields",
        sources: WINDOWS,
        write: ecs::write,
    },
    Format {
        name: "nxlog",
        description: "flat JSON lines of NXLog (im_msvistalog, to_json)",
        sources: NAMED,
        write: nxlog::nxlog,
    },
    Format {
        name: "mordor",
        description: "flat JSON lines of the Security-Datasets (Mordor)",
        sources: NAMED,
        write: nxlog::mordor,
    },
    Format {
        name: "nxlog-syslog",
        description: "NXLog's JSON behind a syslog header",
        sources: NAMED,
        write: syslog::events,
    },
    Format {
        name: "leef",
        description: "LEEF 1.0 with the fields of the event as attributes, as NXLog's to_leef writes it",
        sources: NAMED,
        write: pairs::leef,
    },
    Format {
        name: "cef",
        description: "CEF with the fields of the event as keys, as NXLog's to_cef writes it",
        sources: NAMED,
        write: pairs::cef,
    },
    Format {
        name: "wineventlog",
        description: "text of Splunk's older inputs (WinEventLog, renderXml=false)",
        sources: NAMED,
        write: wineventlog::text,
    },
    Format {
        name: "wincollect",
        description: "lines of syslog of IBM's WinCollect agent, which QRadar gets",
        sources: NAMED,
        write: flattened::wincollect,
    },
    Format {
        name: "snare",
        description: "lines of syslog of Snare (MSWinEventLog)",
        sources: NAMED,
        write: flattened::snare,
    },
    Format {
        name: "qradar-forward",
        description: "JSON of events that an appliance forwards, received from WinCollect",
        sources: NAMED,
        write: qradar::forward,
    },
    Format {
        name: "qradar-search",
        description: "results of a search of the appliance's API, received from WinCollect",
        sources: NAMED,
        write: qradar::search,
    },
    Format {
        name: "o365-json",
        description: "audit records as one array, as the Management Activity API gives a blob",
        sources: AUDIT,
        write: o365::array,
    },
    Format {
        name: "o365-jsonl",
        description: "audit records, one per line",
        sources: AUDIT,
        write: o365::lines,
    },
    Format {
        name: "o365-graph",
        description: "records of Microsoft Graph's audit log query",
        sources: AUDIT,
        write: o365::graph,
    },
    Format {
        name: "o365-syslog",
        description: "audit records as JSON behind a syslog header",
        sources: AUDIT,
        write: syslog::audit,
    },
    Format {
        name: "o365-search-csv",
        description: "Search-UnifiedAuditLog piped to Export-Csv",
        sources: AUDIT,
        write: o365_csv::search,
    },
    Format {
        name: "o365-purview-csv",
        description: "export of an audit search of the Purview portal",
        sources: AUDIT,
        write: o365_csv::purview,
    },
    Format {
        name: "defender-csv",
        description: "export of an advanced hunting query that unites the tables",
        sources: DEFENDER,
        write: defender::csv,
    },
    Format {
        name: "defender-api",
        description: "answer of Defender's hunting API: Stats, Schema, Results",
        sources: DEFENDER,
        write: defender::api,
    },
    Format {
        name: "defender-graph",
        description: "answer of Microsoft Graph's runHuntingQuery: schema, results",
        sources: DEFENDER,
        write: defender::graph,
    },
    Format {
        name: "defender-stream",
        description: "the streaming API: records with category and properties, one batch per line",
        sources: DEFENDER,
        write: defender::stream,
    },
];

impl Format {
    /// The format of this name.
    pub fn find(name: &str) -> Option<&'static Format> {
        FORMATS.iter().find(|format| format.name == name)
    }

    /// The records that it carries, in their order. A reader counts them from 1.
    pub fn carried<'a>(&self, records: &'a [Emitted]) -> Vec<&'a Emitted> {
        records.iter().filter(|record| self.sources.contains(&record.source)).collect()
    }

    /// Writes what it carries of these records.
    pub fn write(&self, records: &[Emitted], out: &mut dyn Write) -> io::Result<()> {
        (self.write)(&self.carried(records), out)
    }
}

fn windows<'a>(records: &'a [&Emitted]) -> impl Iterator<Item = &'a WindowsEvent> {
    records.iter().filter_map(|emitted| match &emitted.record {
        Record::Windows(event) => Some(&**event),
        _ => None,
    })
}

fn audits<'a>(records: &'a [&Emitted]) -> impl Iterator<Item = &'a Audit> {
    records.iter().filter_map(|emitted| match &emitted.record {
        Record::Audit(audit) => Some(audit),
        _ => None,
    })
}

fn rows<'a>(records: &'a [&Emitted]) -> impl Iterator<Item = &'a Row> {
    records.iter().filter_map(|emitted| match &emitted.record {
        Record::Row(row) => Some(row),
        _ => None,
    })
}

fn json_line(value: &serde_json::Value, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}
