//! Records: what a source makes of an event, before a format writes it down.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::Error;

/// Who writes the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Sysmon's log.
    Sysmon,
    /// The Security log of Windows.
    Security,
    /// The operational log of Windows PowerShell.
    Powershell,
    /// The management log of Exchange Server.
    Exchange,
    /// The audit log of Microsoft 365.
    O365,
    /// The advanced hunting tables of Microsoft Defender.
    Defender,
}

impl Source {
    /// Its name, as the files of records have it.
    pub fn name(self) -> &'static str {
        match self {
            Source::Sysmon => "sysmon",
            Source::Security => "security",
            Source::Powershell => "powershell",
            Source::Exchange => "exchange",
            Source::O365 => "o365",
            Source::Defender => "defender",
        }
    }
}

/// A record of one source.
#[derive(Clone, Debug)]
pub enum Record {
    /// An event of a Windows event log.
    Windows(Box<WindowsEvent>),
    /// A record of the audit log of Microsoft 365.
    Audit(Audit),
    /// A row of an advanced hunting table.
    Row(Row),
}

/// An event of a Windows event log.
#[derive(Clone, Debug)]
pub struct WindowsEvent {
    /// Name of the provider.
    pub provider: String,
    /// Its GUID, in lower case without braces; classic providers have none.
    pub guid: Option<String>,
    /// Event id.
    pub id: u16,
    /// Upper half of the id of classic providers.
    pub qualifiers: Option<u16>,
    /// Version of the event.
    pub version: Option<u8>,
    /// Level: 0 always, 4 information, 5 verbose.
    pub level: u8,
    /// Task number.
    pub task: u16,
    /// Name of the task.
    pub category: String,
    /// Name of the task in the manifest of the provider.
    pub symbol: String,
    /// Operation code.
    pub opcode: u8,
    /// Keywords, in hexadecimal.
    pub keywords: String,
    /// When it was written.
    pub time: Timestamp,
    /// Number in the log; given when all records are there.
    pub number: u64,
    /// Process and thread that wrote it.
    pub writer: (u32, u32),
    /// The log.
    pub channel: String,
    /// The computer.
    pub computer: String,
    /// The account that wrote it: SID, name and domain.
    pub account: Option<(String, String, String)>,
    /// Names and values; the names of classic events are empty.
    pub data: Vec<(String, String)>,
    /// The text that the event viewer shows.
    pub message: String,
}

/// A record of the audit log of Microsoft 365.
#[derive(Clone, Debug)]
pub struct Audit {
    /// When it happened.
    pub time: Timestamp,
    /// The record itself.
    pub record: Map<String, Value>,
}

impl Audit {
    /// A value of the record as text; empty if it has none.
    pub(crate) fn text(&self, key: &str) -> String {
        match self.record.get(key) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        }
    }
}

/// A row of an advanced hunting table.
#[derive(Clone, Debug)]
pub struct Row {
    /// The table.
    pub table: String,
    /// When it happened.
    pub time: Timestamp,
    /// Columns in the order of the table.
    pub cells: Vec<(String, Cell)>,
}

/// A value of an advanced hunting table.
#[derive(Clone, Debug)]
pub struct Cell {
    /// `string`, `datetime`, `long`, `int`, `bool` or `dynamic`.
    pub kind: String,
    /// The value as JSON.
    pub value: Value,
}

/// The records of one source: `data/records/<source>.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recorder {
    pub(crate) source: Source,
    #[serde(default)]
    pub(crate) provider: String,
    #[serde(default)]
    pub(crate) guid: Option<String>,
    #[serde(default)]
    pub(crate) channel: String,
    #[serde(default)]
    pub(crate) level: u8,
    #[serde(default)]
    pub(crate) keywords: String,
    #[serde(default)]
    pub(crate) qualifiers: Option<u16>,
    /// Whose account stands in the header: `SYSTEM`, or `process` for that of the process.
    #[serde(default)]
    pub(crate) writer: Option<String>,
    /// The computer, if it is not the host.
    #[serde(default)]
    pub(crate) computer: Option<String>,
    #[serde(default)]
    pub(crate) message: String,
    #[serde(rename = "record")]
    pub(crate) shapes: Vec<Shape>,
}

/// What a source writes down of an action.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shape {
    pub(crate) action: String,
    #[serde(default)]
    pub(crate) id: u16,
    #[serde(default)]
    pub(crate) version: Option<u8>,
    /// The event id, if it is left out, as Sysmon numbers its tasks.
    #[serde(default)]
    pub(crate) task: Option<u16>,
    #[serde(default)]
    pub(crate) opcode: u8,
    #[serde(default)]
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) category: String,
    #[serde(default)]
    pub(crate) symbol: String,
    #[serde(default)]
    pub(crate) message: Option<String>,
    #[serde(default)]
    pub(crate) table: String,
    /// Name, template and, for tables, type.
    #[serde(default)]
    pub(crate) fields: Vec<Vec<String>>,
    #[serde(default)]
    pub(crate) base: toml::Table,
}

impl Recorder {
    pub(crate) fn read(name: &str, text: &str) -> Result<Recorder, Error> {
        let data = |reason: String| Error::Data { file: format!("{name}.toml"), reason };
        let recorder: Recorder = toml::from_str(text).map_err(|e| data(e.to_string()))?;
        for shape in &recorder.shapes {
            if let Some(field) = shape.fields.iter().find(|f| !(2..=3).contains(&f.len())) {
                return Err(data(format!("`{}`: a field is {field:?}", shape.action)));
            }
        }
        Ok(recorder)
    }

    pub(crate) fn shape(&self, action: &str) -> Option<&Shape> {
        self.shapes.iter().find(|shape| shape.action == action)
    }
}
