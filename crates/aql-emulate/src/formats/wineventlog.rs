//! The text that Splunk's older inputs write of a Windows event (`renderXml=false`).

use std::io::{self, Write};

use super::windows;
use crate::play::Emitted;

pub(super) fn text(records: &[&Emitted], out: &mut dyn Write) -> io::Result<()> {
    for event in windows(records) {
        let audit = event.keywords == "0x8020000000000000";
        writeln!(out, "{}", event.time.strftime("%m/%d/%Y %I:%M:%S.%3f %p"))?;
        writeln!(out, "LogName={}", event.channel)?;
        writeln!(out, "EventCode={}", event.id)?;
        writeln!(out, "EventType={}", if audit { 0 } else { 4 })?;
        writeln!(out, "ComputerName={}", event.computer)?;
        if let Some((sid, ..)) = &event.account {
            writeln!(out, "User=NOT_TRANSLATED\nSid={sid}\nSidType=0")?;
        }
        writeln!(out, "SourceName={}", event.provider)?;
        writeln!(out, "Type={}", if event.level == 5 { "Verbose" } else { "Information" })?;
        writeln!(out, "RecordNumber={}", event.number)?;
        writeln!(out, "Keywords={}", if audit { "Audit Success" } else { "None" })?;
        writeln!(out, "TaskCategory={}", event.category)?;
        writeln!(out, "OpCode=Info")?;
        writeln!(out, "Message={}\n", event.message.replace("\r\n", "\n"))?;
    }
    Ok(())
}
