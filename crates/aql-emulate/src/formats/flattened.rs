//! Windows events as agents flatten them into lines of syslog: IBM WinCollect and Snare. Of the
//! values only the rendered text is left, its line breaks and tabs turned into blanks.

use std::io::{self, Write};

use super::windows;
use crate::play::Emitted;
use crate::record::WindowsEvent;

/// Lines of WinCollect.
pub(super) fn wincollect(records: &[&Emitted], out: &mut dyn Write) -> io::Result<()> {
    windows(records).try_for_each(|event| writeln!(out, "{}", wincollect_line(event)))
}

/// A line of WinCollect, without its end.
pub(super) fn wincollect_line(event: &WindowsEvent) -> String {
    let (user, domain) = match &event.account {
        Some((_, name, domain)) => (name.as_str(), domain.as_str()),
        None => ("", ""),
    };
    let seconds = event.time.as_second();
    let audit = is_audit(event);
    format!(
        "{}AgentDevice=WindowsLog\tAgentLogFile={}\tPluginVersion=7.3.1.22\tSource={}\t\
             Computer={}\tOriginatingComputer={}\tUser={user}\tDomain={domain}\tEventID={id}\t\
             EventIDCode={id}\tEventType={}\tEventCategory={}\tRecordNumber={}\t\
             TimeGenerated={seconds}\tTimeWritten={seconds}\tLevel={}\tKeywords={}\tTask={}\t\
             Opcode=Info\tMessage={}",
        header(event),
        event.channel,
        event.provider,
        event.computer,
        host(event),
        if audit { 8 } else { 4 },
        event.task,
        event.number,
        level(event),
        if audit { "Audit Success" } else { &event.keywords },
        event.symbol,
        flat(&event.message),
        id = event.id,
    )
}

/// Lines of Snare.
pub(super) fn snare(records: &[&Emitted], out: &mut dyn Write) -> io::Result<()> {
    for event in windows(records) {
        let (user, kind) = match &event.account {
            Some((_, name, domain)) if domain == "NT AUTHORITY" => (name.clone(), "User"),
            Some((_, name, domain)) => (format!(r"{domain}\{name}"), "User"),
            None => ("N/A".to_owned(), "N/A"),
        };
        writeln!(
            out,
            "{}MSWinEventLog\t1\t{}\t{number}\t{}\t{}\t{}\t{user}\t{kind}\t{}\t{}\t{}\t\t{}\t{number}",
            header(event),
            event.channel,
            event.time.strftime("%a %b %d %H:%M:%S %Y"),
            event.id,
            event.provider,
            if is_audit(event) { "Success Audit" } else { level(event) },
            event.computer,
            event.category,
            flat(&event.message),
            number = event.number,
        )?;
    }
    Ok(())
}

fn header(event: &WindowsEvent) -> String {
    format!("<13>{} {} ", event.time.strftime("%b %d %H:%M:%S"), host(event))
}

fn host(event: &WindowsEvent) -> &str {
    event.computer.split('.').next().unwrap_or(&event.computer)
}

fn is_audit(event: &WindowsEvent) -> bool {
    event.keywords == "0x8020000000000000"
}

fn level(event: &WindowsEvent) -> &'static str {
    match event.level {
        0 => "Log Always",
        5 => "Verbose",
        _ => "Informational",
    }
}

/// Line breaks and tabs become blanks, one for one; a line break of two characters becomes one.
fn flat(text: &str) -> String {
    text.replace("\r\n", " ").replace(['\r', '\n', '\t'], " ")
}
