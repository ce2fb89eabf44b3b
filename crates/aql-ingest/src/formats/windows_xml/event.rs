//! A Windows event as XML: its texts by place.
//!
//! Events as Windows writes them are taken apart by `plain`; what that does not know is left to an
//! XML parser, which also says what is wrong.

use std::borrow::Cow;
use std::fmt;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::plain;
use crate::evtx::SystemField;
use crate::formats::evtx_dump;
use crate::names;
use crate::normalise::windows::{Field, Place, WindowsRecord};
use crate::time::parse_iso;

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
    pub(super) fn offset(&self) -> u64 {
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
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct XmlEvent<'x> {
    /// Element, attribute (empty for the text), value.
    system: Vec<(Cow<'x, str>, Cow<'x, str>, Cow<'x, str>)>,
    /// Name (nothing for `Data` without one) and value.
    data: Vec<(Option<Cow<'x, str>>, Cow<'x, str>)>,
    message: Option<Cow<'x, str>>,
    raw: &'x str,
    pub(super) around: Around<'x>,
}

/// What the record of another format says of the event that lies in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Around<'r> {
    /// The raw record, where the event's own text is not all of it.
    pub payload: Option<&'r [u8]>,
    /// The address it was sent from.
    pub sender: Option<&'r str>,
}

/// Where in the event a parser is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    System,
    Rendering,
    Data,
}

/// An element that is open.
#[derive(Debug)]
struct Open<'x> {
    name: Cow<'x, str>,
    /// The name of the field its text is.
    field: Option<Cow<'x, str>>,
    text: Cow<'x, str>,
    has_children: bool,
}

/// An event that is being read.
#[derive(Debug)]
pub(super) struct Building<'x> {
    event: XmlEvent<'x>,
    open: Vec<Open<'x>>,
    section: Section,
}

impl<'x> Building<'x> {
    /// Of this text.
    pub(super) fn new(raw: &'x str) -> Self {
        let mut event = XmlEvent { raw, ..XmlEvent::default() };
        // As many as most events have.
        event.system.reserve(24);
        event.data.reserve(24);
        Building { event, open: Vec::with_capacity(8), section: Section::Data }
    }

    /// How many elements are open.
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// The name of the innermost open element.
    pub(super) fn name(&self) -> Option<&str> {
        self.open.last().map(|element| &*element.name)
    }

    /// An element begins.
    pub(super) fn start(
        &mut self,
        name: Cow<'x, str>,
        attributes: impl Iterator<Item = (Cow<'x, str>, Cow<'x, str>)>,
    ) {
        if self.open.len() == 1 {
            self.section = match &*name {
                "System" => Section::System,
                "RenderingInfo" => Section::Rendering,
                _ => Section::Data,
            };
        }
        let mut field = None;
        for (key, value) in attributes {
            if self.section == Section::System && self.open.len() == 2 {
                self.event.system.push((name.clone(), key, value));
            } else if key == "Name" && name == "Data" {
                field = Some(value);
            }
        }
        if let Some(parent) = self.open.last_mut() {
            parent.has_children = true;
        }
        self.open.push(Open { name, field, text: Cow::Borrowed(""), has_children: false });
    }

    /// Text of the innermost open element.
    pub(super) fn text(&mut self, text: Cow<'x, str>) {
        let Some(element) = self.open.last_mut() else { return };
        if element.text.is_empty() {
            element.text = text;
        } else {
            element.text.to_mut().push_str(&text);
        }
    }

    /// What `&name;` means, in the text of the innermost open element.
    pub(super) fn reference(&mut self, name: &str) {
        if let Some(element) = self.open.last_mut() {
            push_entity(name, element.text.to_mut());
        }
    }

    /// The innermost open element ends; the event if it was the outermost.
    pub(super) fn end(&mut self) -> Option<XmlEvent<'x>> {
        if let Some(element) = self.open.pop() {
            let depth = self.open.len();
            match self.section {
                Section::System if depth == 2 => {
                    self.event.system.push((element.name, Cow::Borrowed(""), element.text));
                }
                Section::Rendering if element.name == "Message" => {
                    self.event.message = Some(element.text);
                }
                // Leaves of EventData, UserData and their like are fields.
                Section::Data if depth >= 2 && !element.has_children => {
                    let name = match element.field {
                        Some(name) => Some(name),
                        None if element.name == "Data" => None,
                        None => Some(element.name),
                    };
                    self.event.data.push((name, element.text));
                }
                _ => {}
            }
        }
        self.open.is_empty().then(|| std::mem::take(&mut self.event))
    }
}

impl<'x> XmlEvent<'x> {
    /// Reads an event.
    pub(super) fn parse(text: &'x str, max_depth: usize) -> Result<Self, Fault> {
        match plain::event(text, max_depth) {
            Some(event) => Ok(event),
            None => XmlEvent::parse_any(text, max_depth),
        }
    }

    /// Reads an event of any form.
    pub(super) fn parse_any(text: &'x str, max_depth: usize) -> Result<Self, Fault> {
        let mut building = Building::new(text);
        let mut reader = Reader::from_str(text);
        reader.config_mut().allow_dangling_amp = true;
        loop {
            let item = reader.read_event().map_err(|error| Fault::Syntax {
                message: error.to_string(),
                offset: reader.error_position(),
            })?;
            let ended = match item {
                Event::Start(tag) => {
                    if building.depth() >= max_depth {
                        return Err(Fault::Depth(max_depth));
                    }
                    start(&mut building, &tag);
                    None
                }
                Event::Empty(tag) => {
                    if building.depth() == 0 {
                        return Ok(building.event);
                    }
                    start(&mut building, &tag);
                    building.end()
                }
                Event::End(_) => building.end(),
                Event::Text(text) => {
                    building.text(Cow::Owned((*text).to_owned()));
                    None
                }
                Event::CData(text) => {
                    building.text(Cow::Owned((*text).to_owned()));
                    None
                }
                Event::GeneralRef(name) => {
                    building.reference(&name);
                    None
                }
                Event::Eof => {
                    let message = "the text ends inside an element".to_owned();
                    return Err(Fault::Syntax { message, offset: text.len() as u64 });
                }
                _ => None,
            };
            if let Some(event) = ended {
                return Ok(event);
            }
        }
    }

    fn system_value(&self, field: SystemField) -> Option<&str> {
        let (element, attribute) = evtx_dump::location(field);
        self.system
            .iter()
            .find(|(e, a, _)| e == element && a.eq_ignore_ascii_case(attribute))
            .map(|(.., value)| &**value)
    }

    fn unnamed(&self) -> impl Iterator<Item = &str> {
        self.data.iter().filter(|(name, _)| name.is_none()).map(|(_, value)| &**value)
    }
}

fn start(building: &mut Building<'_>, tag: &BytesStart<'_>) {
    let owned = |text: &str| Cow::Owned(text.to_owned());
    let mut attributes = tag.attributes();
    let attributes = attributes.with_checks(false).flatten().map(|attribute| {
        let key = owned(attribute.key.local_name().as_ref());
        (key, Cow::Owned(unescape(&attribute.value)))
    });
    building.start(owned(tag.local_name().as_ref()), attributes);
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
        let named = self.data.iter().find(|(n, _)| {
            n.as_deref().is_some_and(|n| names::same(n.as_bytes(), name.as_bytes()))
        });
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
pub(super) fn unescape(value: &str) -> String {
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
