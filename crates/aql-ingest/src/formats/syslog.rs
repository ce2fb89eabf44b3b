//! Syslog lines: their header, and what their message is.
//!
//! Headers of RFC 3164 and RFC 5424, also stacked by relays (the innermost host and time count),
//! with the octet count of RFC 6587 in front or without. The message may be LEEF, CEF, a Windows
//! event of WinCollect or Snare, a record of the Linux audit daemon, a JSON record of any format, or
//! a Windows event as XML (Sysmon for Linux); any other is kept as an unparsed event whose time and
//! host are known.
//!
//! JSON and XML count only behind a header, as do other messages; the rest needs none.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::LazyLock;

use aql_catalog::Catalog;
use aql_diag::{Diagnostic, codes};
use memchr::memmem::Finder;

use super::flat::FlatEvent;
use super::marks::Mark;
use super::windows_xml::Around;
use super::{
    Format, JsonRecord, Layout, auditd, cef, json, leef, pairs, snare, wincollect, windows_xml,
};
use crate::json::{Json, parse_whole};
use crate::normalise::generic::NamedFields;
use crate::normalise::mapped::MappedRecord;
use crate::out::{At, Out};
use crate::time::{parse_iso, parse_month_first};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "syslog",
    about: "syslog (RFC 3164, RFC 5424) with JSON or event XML, or kept as unparsed events",
    by: "a syslog header",
    layout: Layout::Lines,
};

/// A name and a value.
pub(super) type Pair<'m> = (Cow<'m, str>, Cow<'m, str>);

/// What a syslog header says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Header<'l> {
    /// Epoch milliseconds.
    pub time: Option<i64>,
    /// The host that sent the message.
    pub host: Option<&'l str>,
    /// The outermost host that is an address.
    pub address: Option<&'l str>,
    /// The program.
    pub app: Option<&'l str>,
    /// Its process id.
    pub pid: Option<&'l str>,
}

/// Headers in front of each other that are looked through.
const MAX_STACKED: usize = 8;

/// Takes a line; `false` if it is neither syslog nor one of the messages that need no header.
pub(crate) fn take(line: &str, payload: &[u8], at: At, out: &mut Out<'_>) -> bool {
    let now = out.options.now;
    if let Some((header, message)) = audit_record(line, now)
        && auditd::take(&[message], &header, payload, at, out)
    {
        return true;
    }
    if let Some((format, event)) = windows_event(line, payload, now) {
        event.take(format, at.record, out);
        return true;
    }
    let marked = versioned(line, Mark::Leef).or_else(|| versioned(line, Mark::Cef));
    if let Some(start) = marked {
        let (before, message) = line.split_at(start);
        let header = headers(before, now).map(|(header, _)| header).unwrap_or_default();
        let leef = || Some((leef::FORMAT.name, leef::pairs(message)?));
        let cef = || Some((cef::FORMAT.name, cef::pairs(message)?));
        if let Some((format, attributes)) = leef().or_else(cef) {
            let mut attributes = match pairs::windows_event(attributes, header, payload) {
                Ok(event) => {
                    event.take(format, at.record, out);
                    return true;
                }
                Err(attributes) => attributes,
            };
            match leef::device_time(&attributes) {
                _ if format != leef::FORMAT.name => {}
                Ok(None) => {}
                Ok(Some(time)) => attributes.push(("@devtime".into(), time.to_string().into())),
                Err(message) => {
                    let diagnostic = Diagnostic::warning(codes::BAD_RECORD, message)
                        .note("the time was looked for in the usual forms");
                    out.diagnose(diagnostic, Some(at));
                }
            }
            return mapped(format, attributes, header, payload, at, out);
        }
    }
    let Some((header, message)) = headers(line, now) else { return false };
    let message = message.trim_start_matches('\u{feff}');
    let json = memchr::memchr(b'{', message.as_bytes());
    if let Some(start) = json.filter(|start| is_prefix_free(message, *start)) {
        let text = message.get(start..).unwrap_or_default().trim_end();
        let mut nodes = std::mem::take(&mut out.nodes);
        let is_taken = parse_whole(text, &mut nodes, out.options.max_depth).is_ok()
            && Json::root(text, &nodes)
                .is_some_and(|json| take_json(JsonRecord { json, payload, at }, header.time, out));
        out.nodes = nodes;
        if is_taken {
            return true;
        }
    }
    let xml = EVENT.find(message.as_bytes());
    if let Some(start) = xml.filter(|start| is_prefix_free(message, *start)) {
        let text = message.get(start..).unwrap_or_default().trim();
        let around = Around { payload: Some(payload), sender: header.address };
        if windows_xml::is_event(text)
            && windows_xml::take_inside(FORMAT.name, text, around, at.record, out).is_ok()
        {
            return true;
        }
    }
    mapped(FORMAT.name, vec![("@message".into(), message.into())], header, payload, at, out)
}

/// Takes a JSON message of a known kind; `false` if it is of none. `time` is that of the header.
fn take_json(record: JsonRecord<'_>, time: Option<i64>, out: &mut Out<'_>) -> bool {
    let fields = NamedFields::Json(record.json);
    if let Some(own) = out.own_mapping(fields) {
        own.take(fields, record.payload, time, record.at, out);
        return true;
    }
    let format = json::format_of(record.json);
    let is_known = format.name != json::FORMAT.name;
    if is_known {
        json::give(format, record, out);
    }
    is_known
}

/// The audit record in a line, and the header in front of it.
pub(super) fn audit_record(line: &str, now: Option<i64>) -> Option<(Header<'_>, &str)> {
    if !Mark::Audit.is_in(line) {
        return None;
    }
    if line.starts_with("type=") || line.starts_with("node=") {
        return Some((Header::default(), line));
    }
    let (header, message) = headers(line, now)?;
    let message = without_tag(message.trim_start_matches('\u{feff}'));
    (message.starts_with("type=") || message.starts_with("node=")).then_some((header, message))
}

/// The Windows event that WinCollect or Snare put into a line, and the format that it has.
pub(super) fn windows_event<'l>(
    line: &'l str,
    payload: &'l [u8],
    now: Option<i64>,
) -> Option<(&'static str, FlatEvent<'l>)> {
    let found = |start: Option<usize>| {
        let (before, text) = line.split_at_checked(start?)?;
        let (header, between) = headers(before, now).unwrap_or((Header::default(), before));
        // Only a host may stand between: any other message may have these words in it.
        between.split_whitespace().nth(1).is_none().then_some((header, text))
    };
    if let Some((header, text)) = found(wincollect::start(line)) {
        return Some((wincollect::FORMAT.name, wincollect::event(text, header, payload)));
    }
    let (header, text) = found(snare::start(line))?;
    Some((snare::FORMAT.name, snare::event(text, header, payload)))
}

/// Takes a message that was taken apart, with what its header says; `false` if there is no mapping
/// for it.
fn mapped<'m>(
    format: &'static str,
    mut pairs: Vec<Pair<'m>>,
    header: Header<'m>,
    payload: &[u8],
    at: At,
    out: &mut Out<'_>,
) -> bool {
    let Some(mapping) = Catalog::get().mapping(format) else { return false };
    let named = [
        ("@host", header.host),
        ("@address", header.address),
        ("@app", header.app),
        ("@pid", header.pid),
    ];
    pairs.extend(named.into_iter().filter_map(|(name, value)| Some((name.into(), value?.into()))));
    let fields = NamedFields::of_pairs(&pairs);
    let record =
        MappedRecord { mapping, fields, payload, header_time: header.time, category: None };
    out.mapped(format, &record, at.record);
    true
}

static EVENT: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("<Event"));

/// Where LEEF or CEF begins: at the start of a word, with a version behind.
fn versioned(line: &str, mark: Mark) -> Option<usize> {
    let behind = mark.text().len();
    let is_version = |at: &usize| line.as_bytes().get(at + behind).is_some_and(u8::is_ascii_digit);
    mark.words(line).find(is_version)
}

/// Is what stands in front of a JSON or XML message at most a tag (`prog[1]:`) or a cookie (`@cee:`)?
fn is_prefix_free(message: &str, start: usize) -> bool {
    message.get(..start).is_some_and(|before| {
        let before = before.trim_end();
        before.is_empty() || (before.ends_with(':') && !before.contains(char::is_whitespace))
    })
}

/// Reads the headers in front of a line, and what follows; nothing if there is none.
fn headers(line: &str, now: Option<i64>) -> Option<(Header<'_>, &str)> {
    let mut found: Option<Header<'_>> = None;
    let mut rest = line;
    for _ in 0..MAX_STACKED {
        let Some((header, after)) = header(rest, now) else { break };
        let outer = found.unwrap_or_default();
        found = Some(Header {
            time: header.time.or(outer.time),
            host: header.host.or(outer.host),
            address: outer.address.or(header.address),
            app: header.app.or(outer.app),
            pid: header.pid.or(outer.pid),
        });
        rest = after;
    }
    Some((found?, rest))
}

/// What QRadar and relays put in front of a line to keep the address of its sender.
const ORIGINAL_ADDRESS: &str = "Original Address=";

/// Reads one header.
fn header(line: &str, now: Option<i64>) -> Option<(Header<'_>, &str)> {
    let line = without_octet_count(line).trim_start_matches(' ');
    let (has_priority, rest) = match priority(line) {
        Some(rest) => (true, rest.trim_start_matches(' ')),
        None => (false, line),
    };
    if let Some(told) = rest.strip_prefix(ORIGINAL_ADDRESS) {
        let (address, rest) = told.split_once(' ')?;
        let address = Some(address).filter(|host| host.parse::<IpAddr>().is_ok());
        return Some((Header { address, ..Header::default() }, rest));
    }
    if has_priority && let Some(rest) = rest.strip_prefix("1 ") {
        return Some(rfc5424(rest));
    }
    let dated = match parse_month_first(rest, now) {
        Some((time, used)) => Some((Some(time), used)),
        // Without a present the year is unknown, but it is a header all the same.
        None => parse_month_first(rest, Some(0)).map(|(_, used)| (None, used)),
    };
    let dated = dated.or_else(|| {
        let word = rest.split(' ').next().unwrap_or_default();
        (has_priority && word.contains('T')).then(|| Some((Some(parse_iso(word)?), word.len())))?
    });
    let (time, rest) = match dated {
        Some((time, used)) => (time, rest.get(used..).unwrap_or_default()),
        None if has_priority => return Some((Header::default(), rest)),
        None => return None,
    };
    let rest = rest.trim_start_matches(' ');
    let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
    let mut header = Header { time, ..Header::default() };
    let is_tag = word.ends_with(':') || word.contains('[') || word.contains('|');
    let rest = if is_tag || word.is_empty() {
        rest
    } else {
        header.host = Some(word);
        header.address = Some(word).filter(|word| word.parse::<IpAddr>().is_ok());
        after
    };
    (header.app, header.pid) = tag(rest);
    Some((header, rest))
}

/// `TIMESTAMP HOST APP PROCID MSGID SD MSG`; senders of LEEF and CEF leave out what follows the
/// host.
fn rfc5424(line: &str) -> (Header<'_>, &str) {
    let mut rest = line;
    let mut next = || {
        let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
        rest = after;
        Some(word).filter(|word| !matches!(*word, "-" | ""))
    };
    let time = next().and_then(parse_iso);
    let (host, app, pid, _message_id) = (next(), next(), next(), next());
    let address = host.filter(|host| host.parse::<IpAddr>().is_ok());
    (Header { time, host, address, app, pid }, structured_data(rest))
}

/// What follows the structured data.
fn structured_data(text: &str) -> &str {
    if let Some(rest) = text.strip_prefix('-') {
        return rest.trim_start_matches(' ');
    }
    let mut in_quotes = false;
    let mut escaped = false;
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_quotes => escaped = true,
            b'"' if depth > 0 => in_quotes = !in_quotes,
            b'[' if !in_quotes => depth = 1,
            b']' if !in_quotes => depth = 0,
            _ if depth == 0 => return text.get(at..).unwrap_or_default().trim_start_matches(' '),
            _ => {}
        }
    }
    // Never closed: it was no structured data.
    if depth > 0 { text } else { "" }
}

/// What follows `prog[123]:`, or the message if there is none.
fn without_tag(message: &str) -> &str {
    match message.split_once(' ') {
        Some((word, rest)) if word.ends_with(':') => rest,
        _ => message,
    }
}

/// `prog[123]:` in front of a message.
fn tag(message: &str) -> (Option<&str>, Option<&str>) {
    let word = message.split(' ').next().unwrap_or_default();
    let Some(word) = word.strip_suffix(':') else { return (None, None) };
    match word.split_once('[') {
        Some((app, pid)) => (Some(app), pid.strip_suffix(']')),
        None => (Some(word), None),
    }
}

/// What follows `<PRI>`: one to three digits, at most 191.
fn priority(line: &str) -> Option<&str> {
    let (digits, rest) = line.strip_prefix('<')?.split_once('>')?;
    let is_number = (1..=3).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    (is_number && digits.parse::<u16>().is_ok_and(|n| n <= 191)).then_some(rest)
}

/// Without the length in front of a message (RFC 6587).
fn without_octet_count(line: &str) -> &str {
    match line.split_once(' ') {
        Some((count, rest))
            if !count.is_empty()
                && count.len() <= 7
                && count.bytes().all(|b| b.is_ascii_digit())
                && priority(rest).is_some() =>
        {
            rest
        }
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::headers;
    use crate::time::parse_iso;

    #[test]
    fn headers_and_what_follows() {
        let now = parse_iso("2022-06-01T00:00:00Z");
        let cases = [
            ("<13>Jan 18 11:07:53 192.168.1.1 text", "2022-01-18T11:07:53Z 192.168.1.1 - -|text"),
            (
                "Jan  8 11:07:53 h sshd[12]: Accepted",
                "2022-01-08T11:07:53Z h sshd 12|sshd[12]: Accepted",
            ),
            (
                "<34>1 2003-10-11T22:14:15.003Z h su 7 ID47 - \u{feff}text",
                "2003-10-11T22:14:15.003Z h su 7|\u{feff}text",
            ),
            (
                "<165>1 2003-10-11T22:14:15+02:00 h app - - [a b=\"x\\\"]y\"][c d=\"e\"] text",
                "2003-10-11T20:14:15Z h app -|text",
            ),
            ("48 <13>Jan 18 11:07:53 h x: y", "2022-01-18T11:07:53Z h x -|x: y"),
            (
                "<13>Jan 18 11:07:53 relay <13>Jan 18 11:07:52 origin x: y",
                "2022-01-18T11:07:52Z origin x -|x: y",
            ),
            (
                "<13>Original Address=10.1.2.3 Jan 18 11:07:53 h x: y",
                "2022-01-18T11:07:53Z h x -|x: y",
            ),
            ("<134> text", "? - - -|text"),
            ("<13>2022-01-18T11:07:53Z h t: x", "2022-01-18T11:07:53Z h t -|t: x"),
        ];
        for (line, expected) in cases {
            let (header, rest) = headers(line, now).expect(line);
            let (time, others) = expected.split_once(' ').expect(expected);
            assert_eq!(header.time, parse_iso(time), "{line}");
            let or = |value: Option<&str>| value.unwrap_or("-").to_owned();
            let found = format!("{} {} {}|{rest}", or(header.host), or(header.app), or(header.pid));
            assert_eq!(found, others, "{line}");
        }
        for no_header in
            ["", "plain text", "<999>x", "<>x", "2022-01-18 11:07:53 INFO x", "{\"a\":1}"]
        {
            assert_eq!(headers(no_header, now), None, "{no_header}");
        }
    }
}
