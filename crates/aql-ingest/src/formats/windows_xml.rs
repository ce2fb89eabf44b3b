//! Windows events as XML: single, one after the other, one per line, or inside `<Events>`.
//!
//! Namespaces and prefixes are ignored, attribute quotes may be single, character references are
//! resolved, unknown entities stay as they are.

use std::borrow::Cow;
use std::fmt;

use aql_diag::{Diagnostic, codes};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::text::{decode, not_a_record};
use super::{Format, Layout};
use crate::evtx::SystemField;
use crate::frame::{Frame, Framer as _, Frames, Scan, XmlEvents};
use crate::json::is_blank;
use crate::normalise::windows::{Field, Place, WindowsRecord};
use crate::out::{At, Out};
use crate::stream::Stream;
use crate::time::parse_iso;

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "windows-xml",
    about: "Windows event XML: one or many `<Event>` elements",
    by: "`<Event>` elements with a `<System>` inside",
    layout: Layout::Xml,
};

/// Bytes in which the start tag of an event and what follows it are looked for.
const TAG: usize = 4096;

/// Does an event start here: `<Event …>` and then `<System`? Only such a place is a safe one to
/// begin at in the middle of a file, since an event's data may hold an element of that name.
fn starts_event(text: &[u8]) -> bool {
    let text = text.get(..TAG).unwrap_or(text);
    if !matches!(text.get(6), Some(b' ' | b'\t' | b'\r' | b'\n' | b'>')) {
        return false;
    }
    let Some(end) = memchr::memchr(b'>', text) else { return false };
    let rest = text.get(end + 1..).unwrap_or_default();
    let start = rest.iter().position(|b| !is_blank(*b)).unwrap_or(rest.len());
    rest.get(start..).unwrap_or_default().starts_with(b"<System")
}

/// The first event that starts in these bytes.
fn first_event(text: &[u8]) -> Option<usize> {
    let starts = |at: &usize| starts_event(text.get(*at..).unwrap_or_default());
    memchr::memmem::find_iter(text, b"<Event").find(starts)
}

/// Can a file that begins like this be shared between threads?
pub(crate) fn can_be_split(head: &[u8]) -> bool {
    let mut tags = memchr::memmem::find_iter(head, b"<Event");
    let first = tags.find(|at| head.get(at + 6).is_some_and(|b| *b != b's'));
    first.is_some() && first == first_event(head)
}

/// Moves to the first event that starts before `end`; `false` if none does. `bytes` is the length
/// of the range.
pub(crate) fn to_event(stream: &mut Stream<'_>, bytes: usize, end: u64) -> bool {
    stream.fill(bytes.saturating_add(TAG));
    match first_event(stream.window()) {
        Some(at) if stream.offset() + (at as u64) < end => {
            stream.consume(at);
            true
        }
        _ => false,
    }
}

/// Counts the events that start before `end`, as [`read`] will meet them.
pub(crate) fn count(stream: &mut Stream<'_>, end: u64, limit: usize) -> u64 {
    let mut framer = XmlEvents::default();
    let mut events = 0;
    let mut at = 0;
    loop {
        let rest = stream.window().get(at..).unwrap_or_default();
        let base = stream.offset() + at as u64;
        match framer.scan(rest, stream.ended()) {
            Scan::Record { start, .. } if base + start as u64 >= end => return events,
            Scan::Record { next, .. } => {
                events += 1;
                at += next;
            }
            Scan::End | Scan::Broken { .. } | Scan::Tail { .. } => return events,
            Scan::More => {
                let begun = base + framer.started().unwrap_or(0) as u64;
                if begun >= end {
                    return events;
                }
                // An event that is too long ends behind the range: it is the last.
                if framer.is_inside() && rest.len() > limit {
                    return events + 1;
                }
                stream.more();
            }
        }
    }
}

/// Reads the events of a stream that start before `end`; the first one has the number `first`.
pub(crate) fn read(stream: &mut Stream<'_>, first: u64, end: Option<u64>, out: &mut Out<'_>) {
    let mut record = first;
    let mut frames = Frames::new(stream, XmlEvents::default(), out.options.max_record, end);
    while let Some(frame) = frames.next_frame() {
        match frame {
            Frame::Record { offset, bytes, cut } => {
                let at = At { record, offset };
                let text = decode(bytes, at, out);
                if let Err(fault) = take_text(FORMAT.name, &text, record, out) {
                    let code = match fault {
                        _ if cut => codes::TRUNCATED,
                        Fault::Depth(_) => codes::TOO_NESTED,
                        Fault::Syntax { .. } => codes::BAD_RECORD,
                    };
                    let message = if cut {
                        "the file ends inside an event; expected `</Event>`".to_owned()
                    } else {
                        format!("event is not well-formed XML: {fault}")
                    };
                    let at = At { record, offset: offset + fault.offset() };
                    out.lost(Diagnostic::error(code, message), Some(at));
                }
            }
            other => not_a_record(&other, record, out),
        }
        record += 1;
        if out.stopped() {
            return;
        }
    }
}

/// What the record of another format says of the event that lies in it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Around<'r> {
    /// The raw record, where the event's own text is not all of it.
    pub payload: Option<&'r [u8]>,
    /// The address it was sent from.
    pub sender: Option<&'r str>,
}

/// Takes one event given as its XML, which may be that of a record of another format: `format` is
/// the name of that one.
///
/// # Errors
///
/// Why it is no event; nothing was taken then.
pub(crate) fn take_text(
    format: &'static str,
    text: &str,
    record: u64,
    out: &mut Out<'_>,
) -> Result<(), Fault> {
    take_inside(format, text, Around::default(), record, out)
}

/// Takes one event that lies inside a record of another format.
///
/// # Errors
///
/// Why it is no event; nothing was taken then.
pub(crate) fn take_inside<'r>(
    format: &'static str,
    text: &'r str,
    around: Around<'r>,
    record: u64,
    out: &mut Out<'_>,
) -> Result<(), Fault> {
    let event = XmlEvent { around, ..XmlEvent::parse(text, out.options.max_depth)? };
    out.windows(format, &event, record);
    Ok(())
}

/// Does a text begin with an event?
pub(crate) fn is_event(text: &str) -> bool {
    let rest = text.trim_start().strip_prefix("<Event");
    rest.is_some_and(|rest| rest.starts_with(['>', ' ', '\t', '\r', '\n']))
}

/// Why a text is no event.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Elements nest deeper than this.
    Depth(usize),
    /// It is not well-formed.
    Syntax {
        /// What is wrong.
        message: String,
        /// Where, in the text.
        offset: u64,
    },
}

impl Fault {
    fn offset(&self) -> u64 {
        match self {
            Fault::Depth(_) => 0,
            Fault::Syntax { offset, .. } => *offset,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Depth(limit) => write!(f, "elements nest deeper than {limit} levels"),
            Fault::Syntax { message, .. } => f.write_str(message),
        }
    }
}

/// An event, its texts by place.
#[derive(Debug, Default)]
pub(crate) struct XmlEvent<'x> {
    /// Element, attribute (empty for the text), value.
    system: Vec<(String, String, String)>,
    /// Name (nothing for `Data` without one) and value.
    data: Vec<(Option<String>, String)>,
    message: Option<String>,
    raw: &'x str,
    around: Around<'x>,
}

/// Where in the event a parser is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    System,
    Rendering,
    Data,
}

/// An element that is open.
struct Open {
    name: String,
    /// The name of the field its text is.
    field: Option<String>,
    text: String,
    has_children: bool,
}

impl<'x> XmlEvent<'x> {
    fn parse(text: &'x str, max_depth: usize) -> Result<Self, Fault> {
        let mut event = XmlEvent { raw: text, ..XmlEvent::default() };
        let mut reader = Reader::from_str(text);
        reader.config_mut().allow_dangling_amp = true;
        let mut open: Vec<Open> = Vec::new();
        let mut section = Section::Data;
        loop {
            let item = reader.read_event().map_err(|error| Fault::Syntax {
                message: error.to_string(),
                offset: reader.error_position(),
            })?;
            match item {
                Event::Start(tag) => {
                    if open.len() >= max_depth {
                        return Err(Fault::Depth(max_depth));
                    }
                    event.start(&tag, &mut open, &mut section);
                }
                Event::Empty(tag) => {
                    if open.is_empty() {
                        return Ok(event);
                    }
                    event.start(&tag, &mut open, &mut section);
                    event.end(&mut open, section);
                }
                Event::End(_) => {
                    event.end(&mut open, section);
                    if open.is_empty() {
                        return Ok(event);
                    }
                }
                Event::Text(text) => {
                    if let Some(element) = open.last_mut() {
                        element.text.push_str(&text);
                    }
                }
                Event::CData(text) => {
                    if let Some(element) = open.last_mut() {
                        element.text.push_str(&text);
                    }
                }
                Event::GeneralRef(name) => {
                    if let Some(element) = open.last_mut() {
                        push_entity(&name, &mut element.text);
                    }
                }
                Event::Eof => {
                    let message = "the text ends inside an element".to_owned();
                    return Err(Fault::Syntax { message, offset: text.len() as u64 });
                }
                _ => {}
            }
        }
    }

    fn start(&mut self, tag: &BytesStart<'_>, open: &mut Vec<Open>, section: &mut Section) {
        let name = tag.local_name().as_ref().to_owned();
        if open.len() == 1 {
            *section = match name.as_str() {
                "System" => Section::System,
                "RenderingInfo" => Section::Rendering,
                _ => Section::Data,
            };
        }
        let mut field = None;
        for attribute in tag.attributes().with_checks(false).flatten() {
            let key = attribute.key.local_name().as_ref().to_owned();
            let value = unescape(&attribute.value);
            if *section == Section::System && open.len() == 2 {
                self.system.push((name.clone(), key, value));
            } else if key == "Name" && name == "Data" {
                field = Some(value);
            }
        }
        if let Some(parent) = open.last_mut() {
            parent.has_children = true;
        }
        open.push(Open { name, field, text: String::new(), has_children: false });
    }

    fn end(&mut self, open: &mut Vec<Open>, section: Section) {
        let Some(element) = open.pop() else { return };
        let depth = open.len();
        match section {
            Section::System if depth == 2 => {
                self.system.push((element.name, String::new(), element.text));
            }
            Section::Rendering if element.name == "Message" => self.message = Some(element.text),
            // Leaves of EventData, UserData and their like are fields.
            Section::Data if depth >= 2 && !element.has_children => {
                let name = match element.field {
                    Some(name) => Some(name),
                    None if element.name == "Data" => None,
                    None => Some(element.name),
                };
                self.data.push((name, element.text));
            }
            _ => {}
        }
    }

    fn system_value(&self, field: SystemField) -> Option<&str> {
        let (element, attribute) = super::evtx_dump::location(field);
        self.system
            .iter()
            .find(|(e, a, _)| e == element && a.eq_ignore_ascii_case(attribute))
            .map(|(.., value)| value.as_str())
    }

    fn unnamed(&self) -> impl Iterator<Item = &str> {
        self.data.iter().filter(|(name, _)| name.is_none()).map(|(_, value)| value.as_str())
    }
}

impl WindowsRecord for XmlEvent<'_> {
    fn system<'v>(&'v self, field: SystemField, _: &'v mut String) -> Option<Cow<'v, str>> {
        self.system_value(field).map(Cow::Borrowed)
    }

    fn data<'v>(&'v self, field: &Field, _: &'v mut String) -> Option<Cow<'v, str>> {
        let name = field.name.as_str();
        if field.place == Place::Rendering {
            return self.message.as_deref().filter(|_| name == "Message").map(Cow::Borrowed);
        }
        let named = self
            .data
            .iter()
            .find(|(n, _)| n.as_deref().is_some_and(|n| n.eq_ignore_ascii_case(name)));
        if let Some((_, value)) = named {
            return Some(Cow::Borrowed(value));
        }
        if name.eq_ignore_ascii_case("Message") {
            return self.message.as_deref().map(Cow::Borrowed);
        }
        match unnamed_index(name)? {
            Some(index) => self.unnamed().nth(index).map(Cow::Borrowed),
            None => {
                let all: Vec<&str> = self.unnamed().collect();
                (!all.is_empty()).then(|| Cow::Owned(all.join(",")))
            }
        }
    }

    fn time(&self) -> Option<i64> {
        parse_iso(self.system_value(SystemField::TimeCreated)?)
    }

    fn sender(&self) -> Option<&str> {
        self.around.sender
    }

    fn payload(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.around.payload.unwrap_or(self.raw.as_bytes()));
    }

    fn each_data(&self, visit: &mut dyn FnMut(&str, &str)) {
        for (name, value) in &self.data {
            if let Some(name) = name {
                visit(name, value);
            }
        }
        let unnamed: Vec<&str> = self.unnamed().collect();
        if !unnamed.is_empty() {
            visit("Data", &unnamed.join(","));
        }
        if let Some(message) = &self.message {
            visit("Message", message);
        }
    }
}

/// Does the name mean fields without a name: `Data` for all of them, `Data#n` for one?
pub(crate) fn unnamed_index(name: &str) -> Option<Option<usize>> {
    let (start, rest) = name.split_at_checked(4)?;
    if !start.eq_ignore_ascii_case("Data") {
        return None;
    }
    if rest.is_empty() {
        return Some(None);
    }
    rest.strip_prefix('#')?.parse().ok().map(Some)
}

/// Appends what `&name;` means, or the reference itself if it means nothing.
fn push_entity(name: &str, out: &mut String) {
    let character = match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => name.strip_prefix('#').and_then(|number| {
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }),
    };
    match character {
        Some(character) => out.push(character),
        None => {
            out.push('&');
            out.push_str(name);
            out.push(';');
        }
    }
}

/// Resolves the references of an attribute value.
fn unescape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find('&') {
        let (plain, tail) = rest.split_at(at);
        out.push_str(plain);
        match tail.find(';').filter(|end| *end <= 12) {
            Some(end) => {
                push_entity(tail.get(1..end).unwrap_or_default(), &mut out);
                rest = tail.get(end + 1..).unwrap_or_default();
            }
            None => {
                out.push('&');
                rest = tail.get(1..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}
