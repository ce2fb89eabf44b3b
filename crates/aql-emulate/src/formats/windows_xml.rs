//! Windows event XML.

use std::fmt::Write as _;
use std::io::{self, Write};

use quick_xml::escape::escape;

use super::windows;
use crate::play::Emitted;
use crate::record::WindowsEvent;
use crate::time;

/// One event per line.
pub(super) fn lines(records: &[&Emitted], out: &mut dyn Write) -> io::Result<()> {
    for event in windows(records) {
        writeln!(out, "{}", element(event))?;
    }
    Ok(())
}

/// All of them in one document.
pub(super) fn document(records: &[&Emitted], out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"yes\"?>\r\n<Events>")?;
    for event in windows(records) {
        out.write_all(element(event).as_bytes())?;
    }
    out.write_all(b"</Events>\r\n")
}

/// The event as Windows renders it, on one line. Line ends inside values are kept by reference.
pub(super) fn element(event: &WindowsEvent) -> String {
    let mut xml = String::with_capacity(2048);
    // Writing to a string does not fail.
    let _ = write_event(&mut xml, event);
    xml
}

fn write_event(xml: &mut String, event: &WindowsEvent) -> std::fmt::Result {
    xml.push_str("<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>");
    write!(xml, "<Provider Name='{}'", text(&event.provider))?;
    if let Some(guid) = &event.guid {
        write!(xml, " Guid='{{{guid}}}'")?;
    }
    match event.qualifiers {
        Some(qualifiers) => {
            write!(xml, "/><EventID Qualifiers='{qualifiers}'>{}</EventID>", event.id)?
        }
        None => write!(xml, "/><EventID>{}</EventID>", event.id)?,
    }
    if let Some(version) = event.version {
        write!(xml, "<Version>{version}</Version>")?;
    }
    write!(xml, "<Level>{}</Level><Task>{}</Task>", event.level, event.task)?;
    if event.version.is_some() {
        write!(xml, "<Opcode>{}</Opcode>", event.opcode)?;
    }
    write!(xml, "<Keywords>{}</Keywords>", event.keywords)?;
    let created = time::form(event.time, "seven").unwrap_or_default();
    write!(xml, "<TimeCreated SystemTime='{created}'/>")?;
    write!(xml, "<EventRecordID>{}</EventRecordID>", event.number)?;
    if event.version.is_some() {
        xml.push_str("<Correlation/>");
    }
    let (process, thread) = event.writer;
    write!(xml, "<Execution ProcessID='{process}' ThreadID='{thread}'/>")?;
    write!(xml, "<Channel>{}</Channel>", text(&event.channel))?;
    write!(xml, "<Computer>{}</Computer>", text(&event.computer))?;
    match &event.account {
        Some((sid, ..)) => write!(xml, "<Security UserID='{}'/>", text(sid))?,
        None => xml.push_str("<Security/>"),
    }
    xml.push_str("</System><EventData>");
    for (name, value) in &event.data {
        match name.is_empty() {
            true => write!(xml, "<Data>{}</Data>", text(value))?,
            false => write!(xml, "<Data Name='{}'>{}</Data>", text(name), text(value))?,
        }
    }
    xml.push_str("</EventData></Event>");
    Ok(())
}

fn text(value: &str) -> String {
    escape(value).replace('\r', "&#13;").replace('\n', "&#10;")
}
