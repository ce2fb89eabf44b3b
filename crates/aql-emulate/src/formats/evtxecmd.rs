//! What EvtxECmd prints with `--json`: the event's data as JSON in a text.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{json_line, windows};
use crate::play::Emitted;
use crate::record::WindowsEvent;
use crate::time;

pub(super) fn json(records: &[&Emitted], out: &mut dyn Write) -> io::Result<()> {
    for (position, event) in windows(records).enumerate() {
        let created = time::form(event.time, "zoned");
        let mut object = json!({
            "ChunkNumber": 0,
            "Computer": event.computer,
            "Payload": payload(event).to_string(),
            "Channel": event.channel,
            "Provider": event.provider,
            "EventId": event.id,
            "EventRecordId": event.number.to_string(),
            "ProcessId": event.writer.0,
            "ThreadId": event.writer.1,
            "Level": match event.level { 0 => "LogAlways", 5 => "Verbose", _ => "Info" },
            "SourceFile": format!("C:\\case\\{}.evtx", event.channel.replace('/', "%4")),
            "ExtraDataOffset": 0,
            "HiddenRecord": false,
            "TimeCreated": created,
            "RecordNumber": position + 1,
        });
        if let Some((sid, ..)) = &event.account {
            object["UserId"] = sid.clone().into();
        }
        json_line(&object, out)?;
    }
    Ok(())
}

fn payload(event: &WindowsEvent) -> Value {
    let pair = |(name, value): &(String, String)| json!({ "@Name": name, "#text": value });
    json!({ "EventData": { "Data": event.data.iter().map(pair).collect::<Vec<_>>() } })
}
