//! Documents of Winlogbeat 8 behind its pipelines for Sysmon, Security and PowerShell: what has an
//! ECS field is moved there, the rest stays in `winlog.event_data`.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::{json_line, windows, winlogbeat};
use crate::play::Emitted;
use crate::record::WindowsEvent;

/// Event ids (empty for all of the provider), the value, and where it goes.
const MOVES: &[(&str, &[u16], &str, &str)] = &[
    ("Microsoft-Windows-Sysmon", &[], "ProcessGuid", "process.entity_id"),
    ("Microsoft-Windows-Sysmon", &[], "ProcessId", "process.pid"),
    ("Microsoft-Windows-Sysmon", &[], "Image", "process.executable"),
    ("Microsoft-Windows-Sysmon", &[1], "CommandLine", "process.command_line"),
    ("Microsoft-Windows-Sysmon", &[1], "CurrentDirectory", "process.working_directory"),
    ("Microsoft-Windows-Sysmon", &[1], "OriginalFileName", "process.pe.original_file_name"),
    ("Microsoft-Windows-Sysmon", &[1], "FileVersion", "process.pe.file_version"),
    ("Microsoft-Windows-Sysmon", &[1], "ParentProcessGuid", "process.parent.entity_id"),
    ("Microsoft-Windows-Sysmon", &[1], "ParentProcessId", "process.parent.pid"),
    ("Microsoft-Windows-Sysmon", &[1], "ParentImage", "process.parent.executable"),
    ("Microsoft-Windows-Sysmon", &[1], "ParentCommandLine", "process.parent.command_line"),
    ("Microsoft-Windows-Sysmon", &[3], "Protocol", "network.transport"),
    ("Microsoft-Windows-Sysmon", &[3], "SourceIp", "source.ip"),
    ("Microsoft-Windows-Sysmon", &[3], "SourceHostname", "source.domain"),
    ("Microsoft-Windows-Sysmon", &[3], "SourcePort", "source.port"),
    ("Microsoft-Windows-Sysmon", &[3], "DestinationIp", "destination.ip"),
    ("Microsoft-Windows-Sysmon", &[3], "DestinationHostname", "destination.domain"),
    ("Microsoft-Windows-Sysmon", &[3], "DestinationPort", "destination.port"),
    ("Microsoft-Windows-Sysmon", &[7], "ImageLoaded", "dll.path"),
    ("Microsoft-Windows-Sysmon", &[7], "OriginalFileName", "dll.pe.original_file_name"),
    ("Microsoft-Windows-Sysmon", &[7], "FileVersion", "dll.pe.file_version"),
    ("Microsoft-Windows-Sysmon", &[7], "Signature", "dll.code_signature.subject_name"),
    ("Microsoft-Windows-Sysmon", &[7], "SignatureStatus", "dll.code_signature.status"),
    ("Microsoft-Windows-Sysmon", &[11], "TargetFilename", "file.path"),
    ("Microsoft-Windows-Sysmon", &[22], "QueryName", "dns.question.name"),
    ("Microsoft-Windows-Security-Auditing", &[4688], "NewProcessName", "process.executable"),
    ("Microsoft-Windows-Security-Auditing", &[4688], "NewProcessId", "process.pid"),
    ("Microsoft-Windows-Security-Auditing", &[4688], "CommandLine", "process.command_line"),
    (
        "Microsoft-Windows-Security-Auditing",
        &[4688],
        "ParentProcessName",
        "process.parent.executable",
    ),
    ("Microsoft-Windows-Security-Auditing", &[4688], "ProcessId", "process.parent.pid"),
    ("Microsoft-Windows-Security-Auditing", &[4663], "ProcessName", "process.executable"),
    ("Microsoft-Windows-Security-Auditing", &[4663], "ProcessId", "process.pid"),
    ("Microsoft-Windows-Security-Auditing", &[5145], "IpAddress", "source.ip"),
    ("Microsoft-Windows-Security-Auditing", &[5145], "IpPort", "source.port"),
    (
        "Microsoft-Windows-PowerShell",
        &[4104],
        "ScriptBlockText",
        "powershell.file.script_block_text",
    ),
    ("Microsoft-Windows-PowerShell", &[4104], "ScriptBlockId", "powershell.file.script_block_id"),
    ("Microsoft-Windows-PowerShell", &[4104], "MessageNumber", "powershell.sequence"),
    ("Microsoft-Windows-PowerShell", &[4104], "MessageTotal", "powershell.total"),
    ("Microsoft-Windows-PowerShell", &[4104], "Path", "file.path"),
];

/// ECS fields that are numbers.
const NUMBERS: &[&str] = &[
    "process.pid",
    "process.parent.pid",
    "source.port",
    "destination.port",
    "powershell.sequence",
    "powershell.total",
];

pub(super) fn write(records: &[&Emitted], out: &mut dyn Write) -> io::Result<()> {
    for event in windows(records) {
        json_line(&document(event), out)?;
    }
    Ok(())
}

fn document(event: &WindowsEvent) -> Value {
    let mut document = winlogbeat::document(event);
    let mut data = match document.pointer_mut("/winlog/event_data").map(Value::take) {
        Some(Value::Object(data)) => data,
        _ => Map::new(),
    };
    for (provider, ids, name, path) in MOVES {
        if *provider != event.provider || !(ids.is_empty() || ids.contains(&event.id)) {
            continue;
        }
        // An empty value has no field.
        if let Some(Value::String(text)) = data.shift_remove(*name)
            && text != "-"
        {
            put(&mut document, path, typed(path, text));
        }
    }
    for (path, of) in [
        ("process.name", "/process/executable"),
        ("process.parent.name", "/process/parent/executable"),
        ("file.name", "/file/path"),
        ("dll.name", "/dll/path"),
    ] {
        if let Some(name) = document.pointer(of).and_then(Value::as_str) {
            let name = name.rsplit('\\').next().unwrap_or(name).to_owned();
            put(&mut document, path, name.into());
        }
    }
    hashes(&mut document, &mut data);
    user(event, &mut document, &mut data);
    let module = match event.provider.as_str() {
        "Microsoft-Windows-Sysmon" => "sysmon",
        "Microsoft-Windows-Security-Auditing" => "security",
        "Microsoft-Windows-PowerShell" => "powershell",
        _ => "",
    };
    if !module.is_empty() {
        put(&mut document, "event.module", module.into());
    }
    document["winlog"]["event_data"] = Value::Object(data);
    document
}

/// `SHA256=…,IMPHASH=…` of the process or of what it loaded.
fn hashes(document: &mut Value, data: &mut Map<String, Value>) {
    let Some(Value::String(text)) = data.shift_remove("Hashes") else { return };
    let of = if document.get("dll").is_some() { "dll" } else { "process" };
    for hash in text.split(',') {
        match hash.split_once('=') {
            Some(("IMPHASH", value)) => {
                put(document, &format!("{of}.pe.imphash"), value.to_lowercase().into());
            }
            Some((name, value)) => {
                let path = format!("{of}.hash.{}", name.to_lowercase());
                put(document, &path, value.to_lowercase().into());
            }
            None => {}
        }
    }
}

/// Who did it: `user.domain` and `user.name`.
fn user(event: &WindowsEvent, document: &mut Value, data: &mut Map<String, Value>) {
    if let Some(Value::String(user)) = data.shift_remove("User")
        && let Some((domain, name)) = user.split_once('\\')
    {
        document["user"] = json!({ "id": "S-1-5-18", "domain": domain, "name": name });
        return;
    }
    // The pipeline of the Security log leaves the values where they are, too.
    let prefix = if event.id == 4624 { "Target" } else { "Subject" };
    let text = |name: &str| data.get(&format!("{prefix}{name}")).and_then(Value::as_str);
    if let (Some(name), Some(domain)) = (text("UserName"), text("DomainName")) {
        document["user"] = json!({ "id": text("UserSid"), "domain": domain, "name": name });
    } else if event.id == 4104
        && let Some((sid, name, domain)) = &event.account
    {
        document["user"] = json!({ "id": sid, "domain": domain, "name": name });
    }
}

fn typed(path: &str, text: String) -> Value {
    if !NUMBERS.contains(&path) {
        return text.into();
    }
    let number = match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    };
    number.map_or(Value::String(text), Value::from)
}

/// Sets a value under a dotted path.
fn put(document: &mut Value, path: &str, value: Value) {
    let mut place = document;
    for key in path.split('.') {
        place = &mut place[key];
    }
    *place = value;
}
