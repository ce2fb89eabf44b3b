//! Windows events as LEEF and CEF, as a log shipper writes them that has no mapping of its own
//! (`to_leef` and `to_cef` of NXLog): every field under its own name.

use std::io::{self, Write};

use serde_json::{Map, Value};

use super::{nxlog, windows};
use crate::play::Emitted;
use crate::record::WindowsEvent;

/// LEEF 1.0: tabs between the attributes. A line has no place for tabs and line ends of values.
pub(super) fn leef(records: &[&Emitted], out: &mut dyn Write) -> io::Result<()> {
    for event in windows(records) {
        write!(out, "{}LEEF:1.0|Microsoft|Windows|10.0|{}|", header(event), event.id)?;
        for (position, (name, value)) in fields(event).iter().enumerate() {
            let tab = if position == 0 { "" } else { "\t" };
            write!(
                out,
                "{tab}{name}={}",
                value.replace("\r\n", " ").replace(['\r', '\n', '\t'], " ")
            )?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// CEF: blanks between the keys; line ends, equal signs and backslashes are escaped.
pub(super) fn cef(records: &[&Emitted], out: &mut dyn Write) -> io::Result<()> {
    for event in windows(records) {
        let name = event.category.replace('\\', "\\\\").replace('|', "\\|");
        write!(out, "{}CEF:0|Microsoft|Windows|10.0|{}|{name}|2|", header(event), event.id)?;
        for (position, (name, value)) in fields(event).iter().enumerate() {
            let blank = if position == 0 { "" } else { " " };
            let value = value.replace('\\', "\\\\").replace('=', "\\=");
            write!(out, "{blank}{name}={}", value.replace('\r', "\\r").replace('\n', "\\n"))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// Its fields as texts, those without a value left out.
fn fields(event: &WindowsEvent) -> Vec<(String, String)> {
    let object: Map<String, Value> = nxlog::object(event);
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    let all = object.into_iter().map(|(name, value)| (name, text(value)));
    all.filter(|(_, value)| !value.is_empty()).collect()
}

fn header(event: &WindowsEvent) -> String {
    format!("<14>{} {} ", event.time.strftime("%b %d %H:%M:%S"), event.computer)
}
