//! Recognises what a file is by its first bytes, never by its name.

use aql_diag::{Diagnostic, codes};

use crate::cells::texts;
use crate::formats::{FORMATS, Layout, audit_log, csv, parquet, wineventlog};
use crate::frame::is_counted;
use crate::json::{Fault, JsonError, is_blank, parse, parse_whole};
use crate::tar::is_tar;
use crate::unpack::Packing;

/// Bytes of a file that are looked at first.
pub(crate) const HEAD: usize = 64 << 10;

/// Bytes that are looked at to see whether a long first line is one JSON value.
pub(crate) const LONG_HEAD: usize = 4 << 20;

/// How the bytes of a file are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sniffed {
    /// Nothing in it.
    Empty,
    /// Compressed.
    Packed(Packing),
    /// A tar archive.
    Tar,
    /// A zip archive.
    Zip,
    /// Text of two bytes per character; `true` for the big end first.
    Utf16(bool),
    /// A Parquet file.
    Parquet,
    /// A Windows event log.
    Evtx,
    /// `<Event>` elements.
    Xml,
    /// One JSON value per line.
    JsonLines,
    /// JSON values one after the other, or in an array.
    JsonValues,
    /// CSV with a header, and its delimiter.
    Csv(u8),
    /// Lines of text, audit records among them.
    AuditLog,
    /// Syslog messages with their length in front, without line ends between them.
    OctetCounted,
    /// Windows events as text of several lines.
    WinEventLog,
    /// Lines of text.
    Lines,
    /// None of these.
    Unknown,
}

/// The byte order mark of UTF-8.
pub(crate) const BOM: &[u8] = b"\xef\xbb\xbf";

/// Recognises a file by its head; `whole` says that there is no more of it.
pub(crate) fn sniff(head: &[u8], whole: bool) -> Sniffed {
    if let Some(packing) = Packing::of(head) {
        return Sniffed::Packed(packing);
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Sniffed::Zip;
    }
    if head.starts_with(parquet::MAGIC) {
        return Sniffed::Parquet;
    }
    if is_tar(head) {
        return Sniffed::Tar;
    }
    if head.starts_with(b"ElfFile\0") || memchr::memmem::find(head, b"ElfChnk\0").is_some() {
        return Sniffed::Evtx;
    }
    match head {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => return Sniffed::Unknown,
        [0xff, 0xfe, ..] => return Sniffed::Utf16(false),
        [0xfe, 0xff, ..] => return Sniffed::Utf16(true),
        // Without a mark: XML or JSON can begin in no other way.
        [b'<' | b'{' | b'[', 0, b, 0, ..] if *b != 0 => return Sniffed::Utf16(false),
        [0, b'<' | b'{' | b'[', 0, b, ..] if *b != 0 => return Sniffed::Utf16(true),
        _ => {}
    }
    let text = head.strip_prefix(BOM).unwrap_or(head);
    let Some(start) = text.iter().position(|b| !is_blank(*b)) else {
        return if whole { Sniffed::Empty } else { Sniffed::Lines };
    };
    let text = text.get(start..).unwrap_or_default();
    if is_binary(text) {
        return Sniffed::Unknown;
    }
    match text.first() {
        // A digit: the priority of a syslog line, which may hold an event.
        Some(b'<') if !text.get(1).is_some_and(u8::is_ascii_digit) && is_event_xml(text) => {
            Sniffed::Xml
        }
        Some(b'{') => json_layout(text, whole),
        Some(b'[') if is_json_array(text) => Sniffed::JsonValues,
        Some(b'0' | b'1' | b'L') if is_win_event_log(text) => Sniffed::WinEventLog,
        _ if is_counted(text, whole) => Sniffed::OctetCounted,
        _ => match csv_delimiter(text, whole) {
            Some(delimiter) => Sniffed::Csv(delimiter),
            None if audit_log::is_in(text) => Sniffed::AuditLog,
            None => Sniffed::Lines,
        },
    }
}

fn is_win_event_log(text: &[u8]) -> bool {
    wineventlog::is_event(&String::from_utf8_lossy(text.get(..4096).unwrap_or(text)))
}

/// Would a longer head tell more? So it is for a JSON object whose line goes on behind this one.
pub(crate) fn wants_more(head: &[u8]) -> bool {
    let text = head.strip_prefix(BOM).unwrap_or(head);
    text.iter().find(|b| !is_blank(**b)) == Some(&b'{') && memchr::memchr(b'\n', text).is_none()
}

/// Control characters that no text has, or many bytes outside ASCII that are no UTF-8.
fn is_binary(text: &[u8]) -> bool {
    let sample = text.get(..4096).unwrap_or(text);
    let is_control = |b: &&u8| **b < 9 || (14..27).contains(*b) || (28..32).contains(*b);
    let controls = sample.iter().filter(is_control).count();
    // A few NULs or escapes may be damage; a binary file has them all over.
    controls * 50 > sample.len()
}

fn is_event_xml(text: &[u8]) -> bool {
    // What comes in front of events: a declaration, comments, and wrappers of any name.
    memchr::memmem::find_iter(text, b"<Event").any(|at| {
        matches!(text.get(at + 6), Some(b'>' | b'/' | b's'))
            || text.get(at + 6).is_some_and(|b| is_blank(*b))
    })
}

fn is_json_array(text: &[u8]) -> bool {
    let next = text.iter().skip(1).find(|b| !is_blank(**b));
    matches!(next, None | Some(b'{' | b'[' | b'"' | b']' | b'0'..=b'9'))
}

/// An object per line, or objects that span lines.
fn json_layout(text: &[u8], whole: bool) -> Sniffed {
    let line = match memchr::memchr(b'\n', text) {
        Some(end) => text.get(..end).unwrap_or_default(),
        None if whole => text,
        None => return Sniffed::JsonValues,
    };
    let line = String::from_utf8_lossy(line);
    let mut nodes = Vec::new();
    if parse_whole(&line, &mut nodes, 4096).is_ok() {
        return Sniffed::JsonLines;
    }
    let text = String::from_utf8_lossy(text);
    // `{` that begins no JSON value at all is text.
    match parse(&text, &mut nodes, 4096) {
        Ok(_) => Sniffed::JsonValues,
        // A first line that is broken does not make the others so.
        Err(_) if second_line_is_json(&text) => Sniffed::JsonLines,
        Err(JsonError { fault: Fault::End, .. }) => Sniffed::JsonValues,
        Err(error) if error.offset > 2 => Sniffed::JsonValues,
        Err(_) => Sniffed::Lines,
    }
}

fn second_line_is_json(text: &str) -> bool {
    let mut nodes = Vec::new();
    text.lines()
        .nth(1)
        .is_some_and(|line| line.starts_with('{') && parse_whole(line, &mut nodes, 4096).is_ok())
}

/// The delimiter if the first line is a header and what follows looks like rows of it.
fn csv_delimiter(text: &[u8], whole: bool) -> Option<u8> {
    if csv::is_type_line(text) {
        let end = memchr::memchr(b'\n', text)?;
        return csv_delimiter(text.get(end + 1..).unwrap_or_default(), whole);
    }
    let mut text = text;
    while csv::is_directive(text) {
        text = text.get(memchr::memchr(b'\n', text)? + 1..)?;
    }
    let end = memchr::memchr(b'\n', text).or(whole.then_some(text.len()))?;
    let header = text.get(..end)?;
    let header = header.strip_suffix(b"\r").unwrap_or(header);
    let header = csv::fields_line(header).unwrap_or(header);
    let delimiter = csv::delimiter(header);
    let header = texts(header, delimiter);
    if !csv::is_header(&header) {
        return None;
    }
    let is_known = FORMATS.iter().any(|format| match format.layout {
        Layout::Csv { is, .. } => format.name != csv::FORMAT.name && is(&header),
        _ => false,
    });
    let row = text.get(end + 1..).unwrap_or_default();
    let row_end = memchr::memchr(b'\n', row).unwrap_or(row.len());
    let cells = texts(row.get(..row_end).unwrap_or_default(), delimiter);
    // A row that spans lines has fewer cells on its first line.
    let has_quote = memchr::memchr(b'"', row.get(..row_end).unwrap_or_default()).is_some();
    (is_known || cells.len() == header.len() || has_quote).then_some(delimiter)
}

/// Says that nobody knows what a file is; archives and the like by name.
pub(crate) fn unknown(head: &[u8]) -> Diagnostic {
    let kinds: &[(&[u8], &str)] = &[
        (b"\xff\xfe\0\0", "text in UTF-32"),
        (b"\0\0\xfe\xff", "text in UTF-32"),
        (b"7z\xbc\xaf\x27\x1c", "7-zip archive"),
        (b"Rar!", "RAR archive"),
        (b"SQLite format 3\0", "SQLite database"),
        (b"\x7fELF", "Linux program"),
        (b"MZ", "Windows program"),
        (b"regf", "Windows registry hive"),
        (b"%PDF", "PDF document"),
    ];
    let kind = kinds.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, name)| *name);
    let message = match kind {
        Some("text in UTF-32") => "text in UTF-32 is not read".to_owned(),
        Some(kind) => format!("a {kind} is none of the formats that are read"),
        None => "the file is none of the formats that are read".to_owned(),
    };
    let diagnostic = Diagnostic::error(codes::UNKNOWN_FORMAT, message);
    match kind {
        Some("text in UTF-32") => diagnostic.help("convert it to UTF-8 or UTF-16"),
        Some(kind) if kind.contains("archive") => diagnostic.help("unpack it first"),
        _ => diagnostic
            .help("expected EVTX, Windows event XML, JSON, CSV, Parquet or text, plain or in gzip, zstd, bzip2, xz, zip or tar"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Sniffed, sniff};
    use crate::unpack::Packing;

    #[test]
    fn heads() {
        let cases: &[(&[u8], Sniffed)] = &[
            (b"", Sniffed::Empty),
            (b"\xef\xbb\xbf \r\n", Sniffed::Empty),
            (b"\x1f\x8b\x08", Sniffed::Packed(Packing::Gzip)),
            (b"\x28\xb5\x2f\xfd", Sniffed::Packed(Packing::Zstd)),
            (b"\x52\x2a\x4d\x18", Sniffed::Packed(Packing::Zstd)),
            (b"BZh91AY&SY", Sniffed::Packed(Packing::Bzip2)),
            (b"BZhello, text", Sniffed::Lines),
            (b"\xfd7zXZ\0", Sniffed::Packed(Packing::Xz)),
            (b"PK\x03\x04", Sniffed::Zip),
            (b"PAR1\x15\x04", Sniffed::Parquet),
            (b"ElfFile\0", Sniffed::Evtx),
            (b"\xff\xfe{\0", Sniffed::Utf16(false)),
            (b"\xfe\xff\0{", Sniffed::Utf16(true)),
            (b"{\0\"\0", Sniffed::Utf16(false)),
            (b"\0<\0E", Sniffed::Utf16(true)),
            (b"\xff\xfe\0\0{\0\0\0", Sniffed::Unknown),
            (b"\0\0\xfe\xff\0\0\0{", Sniffed::Unknown),
            (b"\xef\xbb\xbf<?xml version='1.0'?><Events><Event xmlns='x'>", Sniffed::Xml),
            (b"<Event>", Sniffed::Xml),
            (b"<134>Oct 1 host CEF:0|a|b", Sniffed::Lines),
            (b"<EventData>", Sniffed::Lines),
            (b"<14>May  1 10:00:01 web1 sysmon: <Event><System/></Event>", Sniffed::Lines),
            (b"{\"a\":1}\n{\"a\":2}\n", Sniffed::JsonLines),
            (b"{\"a\":1}", Sniffed::JsonLines),
            (b"{\n \"a\": 1\n}\n", Sniffed::JsonValues),
            (b"{\"a\":1} {\"a\":2}\n", Sniffed::JsonValues),
            (b"{\"a\":tru}\n{\"a\":2}\n", Sniffed::JsonLines),
            (b"{\"a\":\"cut", Sniffed::JsonValues),
            (b"[{\"a\":1}]", Sniffed::JsonValues),
            (b"06/24/2021 06:33:18 AM\r\nLogName=a\r\nEventCode=1\r\n", Sniffed::WinEventLog),
            (b"[WARN] something\n", Sniffed::Lines),
            (b"{not json at all}\n", Sniffed::Lines),
            (b"CreationDate,AuditData\r\n1,\"{\"\"a\"\":1}\"", Sniffed::Csv(b',')),
            (b"#TYPE Deserialized.X\r\nCreationDate,AuditData\r\n", Sniffed::Csv(b',')),
            (b"a;b;c\n1;2;3\n", Sniffed::Csv(b';')),
            (b"#Software: x\r\n#Date: y\r\n#Fields: a,b\r\n1,2\r\n", Sniffed::Csv(b',')),
            (b"#Software: IIS\n#Fields: date time\n1 2\n", Sniffed::Lines),
            (b"#Date: y\n", Sniffed::Lines),
            (b"6 <1>abc7 <1>abcd", Sniffed::OctetCounted),
            (b"6 <1>abc\n7 <1>abcd\n", Sniffed::Lines),
            (b"type=SYSCALL msg=audit(1): arch=1, a=b\n", Sniffed::AuditLog),
            (b"plain text, with a comma\nand more\n", Sniffed::Lines),
            (b"\x00\x01\x02\x03\x04\x05binary", Sniffed::Unknown),
        ];
        for (head, expected) in cases {
            assert_eq!(sniff(head, true), *expected, "{:?}", String::from_utf8_lossy(head));
        }
    }
}
