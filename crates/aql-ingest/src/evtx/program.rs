//! BinXML streams compiled to flat programs.
//!
//! A template definition is read once and becomes a [`Program`]: its elements, attributes,
//! constant text and substitutions in document order, with the index where each element ends.
//! Streams that stand in a record without a template become a program of their own, in which the
//! template instances they hold are substitutions too.

use super::bytes::{self, Cursor};
use super::error::Error;
use super::sample::{Sample, Sampler};
use super::text;
use super::value::{self, Value, ty};

/// Elements nested deeper than this are refused; real ones nest five or six deep.
pub(super) const MAX_ELEMENT_DEPTH: usize = 128;

/// Streams nested in streams deeper than this are refused; real ones nest once or twice.
pub(super) const MAX_NESTING: usize = 32;

/// Size of a template definition's header: next offset, GUID, size.
pub(super) const DEFINITION_HEADER_SIZE: usize = 24;

/// The dependency of an element that has none.
pub(super) const NO_DEPENDENCY: u16 = u16::MAX;

/// A range of a program's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Span {
    start: u32,
    len: u32,
}

/// One step of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Op {
    /// An element. Its attributes follow up to `content`, its content up to the [`Op::Close`] at
    /// `close`. It is left out when the substitution `dependency` is NULL.
    Open {
        name: Span,
        content: u32,
        close: u32,
        dependency: u16,
    },
    /// An attribute, whose parts follow up to `end`.
    Attribute {
        name: Span,
        end: u32,
    },
    Text(Span),
    CData(Span),
    /// `&name;`
    Entity(Span),
    /// `&#number;`
    Character(u16),
    PiTarget(Span),
    PiData(Span),
    /// The value of a substitution.
    Value {
        index: u16,
    },
    /// The end of an element; `empty` when it was written as `<name/>`.
    Close {
        empty: bool,
    },
}

/// A compiled stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Program {
    ops: Vec<Op>,
    text: String,
}

impl Program {
    pub(super) fn ops(&self) -> &[Op] {
        &self.ops
    }

    pub(super) fn text(&self, span: Span) -> &str {
        let start = span.start as usize;
        self.text.get(start..start + span.len as usize).unwrap_or_default()
    }

    /// About how many bytes the program takes.
    pub(super) fn size(&self) -> usize {
        self.text.len() + size_of_val(self.ops.as_slice()) + size_of::<Self>()
    }
}

/// A program and the offsets of the template instances that are its substitutions, in order.
#[derive(Debug, Default)]
pub(super) struct Compiled {
    pub(super) program: Program,
    pub(super) instances: Vec<usize>,
}

/// Compiles the template definition whose header is at `offset` of the chunk `data`; also gives
/// the bytes that it was made of.
pub(super) fn compile_definition(
    data: &[u8],
    offset: usize,
) -> Result<(Program, Option<Sample>), Error> {
    let (start, end) = definition_body(data, offset)?;
    let mut compiler = Compiler::new(data, true);
    compiler.sample = Some(Sampler::new(start));
    compiler.stream(start, end, 0)?;
    let sample = compiler.sample.take().map(|sampler| sampler.finish(data, end));
    compiler.finish(end).map(|compiled| (compiled.program, sample))
}

/// Where the body of the template definition at `offset` starts and ends.
pub(super) fn definition_body(data: &[u8], offset: usize) -> Result<(usize, usize), Error> {
    let header = Cursor::new(data, offset, data.len())
        .take(DEFINITION_HEADER_SIZE, "template definition header")?;
    let len = bytes::u32_at(header, 20).unwrap_or_default() as usize;
    let start = offset + DEFINITION_HEADER_SIZE;
    match start.checked_add(len).filter(|&end| end <= data.len()) {
        Some(end) => Ok((start, end)),
        None => Err(bytes::truncated("template definition", start, len, data.len())),
    }
}

/// Compiles a stream that stands in a record: `data[start..end]` of a chunk.
pub(super) fn compile_stream(data: &[u8], start: usize, end: usize) -> Result<Compiled, Error> {
    let mut compiler = Compiler::new(data, false);
    compiler.stream(start, end, 0)?;
    compiler.finish(end)
}

struct Compiler<'d> {
    data: &'d [u8],
    /// Template definitions hold substitutions and dependencies, and no instances.
    definition: bool,
    out: Compiled,
    /// The open elements' `Op::Open`.
    open: Vec<usize>,
    /// The element whose start tag is being read, and its attribute.
    tag: Option<usize>,
    attribute: Option<usize>,
    /// What a definition is made of, as long as that is plain enough.
    sample: Option<Sampler>,
}

impl<'d> Compiler<'d> {
    fn new(data: &'d [u8], definition: bool) -> Self {
        Compiler {
            data,
            definition,
            out: Compiled::default(),
            open: Vec::new(),
            tag: None,
            attribute: None,
            sample: None,
        }
    }

    fn finish(self, end: usize) -> Result<Compiled, Error> {
        if self.tag.is_some() || !self.open.is_empty() {
            return Err(token(end, "the end of an element", 0));
        }
        Ok(self.out)
    }

    fn stream(&mut self, start: usize, end: usize, depth: usize) -> Result<(), Error> {
        if depth > MAX_NESTING {
            let offset = start as u64;
            return Err(Error::Depth { what: "a BinXML fragment", offset, limit: MAX_NESTING });
        }
        let mut cursor = Cursor::new(self.data, start, end);
        while !cursor.at_end() {
            let at = cursor.pos();
            let code = cursor.u8("token")?;
            match code {
                0x00 => {
                    if let Some(sample) = &mut self.sample {
                        sample.end(cursor.pos());
                    }
                    break;
                }
                0x01 | 0x41 => self.open_element(&mut cursor, code, at)?,
                0x02 => {
                    let tag = self.end_tag(at, code)?;
                    if self.open.len() >= MAX_ELEMENT_DEPTH {
                        let (what, limit) = ("an element", MAX_ELEMENT_DEPTH);
                        return Err(Error::Depth { what, offset: at as u64, limit });
                    }
                    self.open.push(tag);
                }
                0x03 => {
                    let tag = self.end_tag(at, code)?;
                    self.close(tag, true);
                }
                0x04 => match (self.tag, self.open.pop()) {
                    (None, Some(tag)) => self.close(tag, false),
                    _ => return Err(token(at, "an open element to close", code)),
                },
                0x05 | 0x45 => self.constant(&mut cursor, at, depth)?,
                0x06 | 0x46 => {
                    if self.tag.is_none() {
                        return Err(token(at, "an attribute inside a start tag", code));
                    }
                    self.end_attribute();
                    let name = self.name(&mut cursor)?;
                    self.attribute = Some(self.out.program.ops.len());
                    self.push(Op::Attribute { name, end: 0 });
                }
                0x07 | 0x47 => {
                    let text = self.counted_text(&mut cursor, "cdata section")?;
                    self.content(Op::CData(text), at, code)?;
                }
                0x08 | 0x48 => {
                    let number = cursor.u16("character reference")?;
                    self.content(Op::Character(number), at, code)?;
                }
                0x09 | 0x49 => {
                    let name = self.name(&mut cursor)?;
                    self.content(Op::Entity(name), at, code)?;
                }
                0x0a => {
                    let name = self.name(&mut cursor)?;
                    self.content(Op::PiTarget(name), at, code)?;
                }
                0x0b => {
                    let text = self.counted_text(&mut cursor, "processing instruction")?;
                    self.content(Op::PiData(text), at, code)?;
                }
                0x0c if !self.definition && self.tag.is_none() => {
                    let index = u16::try_from(self.out.instances.len()).map_err(|_| {
                        let (what, limit) = ("number of template instances", 65_536);
                        Error::Limit { what, offset: at as u64, limit }
                    })?;
                    self.out.instances.push(cursor.pos());
                    let (_, after) = InstanceHeader::read(self.data, cursor.pos(), end)?;
                    cursor = Cursor::new(self.data, after, end);
                    self.push(Op::Value { index });
                }
                0x0d | 0x0e if self.definition => {
                    let index = cursor.u16("substitution")?;
                    let at_type = cursor.pos();
                    let kind = cursor.u8("substitution")?;
                    if !value::is_known(kind) {
                        return Err(Error::ValueType { offset: at_type as u64, found: kind });
                    }
                    self.content(Op::Value { index }, at, code)?;
                }
                0x0f => {
                    cursor.take(3, "fragment header")?;
                }
                _ => return Err(token(at, "a BinXML token", code)),
            }
        }
        Ok(())
    }

    fn open_element(&mut self, cursor: &mut Cursor<'d>, code: u8, at: usize) -> Result<(), Error> {
        if self.tag.is_some() {
            return Err(token(at, "the end of a start tag", code));
        }
        let dependency =
            if self.definition { cursor.u16("element dependency")? } else { NO_DEPENDENCY };
        self.skip_size(cursor, "element size")?;
        let name = self.name(cursor)?;
        if code & 0x40 != 0 {
            self.skip_size(cursor, "attribute list size")?;
        }
        self.tag = Some(self.out.program.ops.len());
        self.push(Op::Open { name, content: 0, close: 0, dependency });
        Ok(())
    }

    /// A size in bytes says nothing that its bytes do not, and depends on which names stand there.
    fn skip_size(&mut self, cursor: &mut Cursor<'d>, what: &'static str) -> Result<(), Error> {
        let at = cursor.pos();
        cursor.u32(what)?;
        if let Some(sample) = &mut self.sample {
            sample.size(self.data, at);
        }
        Ok(())
    }

    /// Ends the start tag being read and returns its element.
    fn end_tag(&mut self, at: usize, code: u8) -> Result<usize, Error> {
        self.end_attribute();
        let Some(tag) = self.tag.take() else {
            return Err(token(at, "a start tag to end", code));
        };
        let here = self.here();
        if let Some(Op::Open { content, .. }) = self.out.program.ops.get_mut(tag) {
            *content = here;
        }
        Ok(tag)
    }

    fn end_attribute(&mut self) {
        let here = self.here();
        if let Some(attribute) = self.attribute.take()
            && let Some(Op::Attribute { end, .. }) = self.out.program.ops.get_mut(attribute)
        {
            *end = here;
        }
    }

    fn close(&mut self, tag: usize, empty: bool) {
        let here = self.here();
        if let Some(Op::Open { close, .. }) = self.out.program.ops.get_mut(tag) {
            *close = here;
        }
        self.push(Op::Close { empty });
    }

    fn here(&self) -> u32 {
        // A program has fewer steps than its chunk has bytes.
        self.out.program.ops.len() as u32
    }

    fn push(&mut self, op: Op) {
        self.out.program.ops.push(op);
    }

    /// Adds a piece of content or of an attribute's value.
    fn content(&mut self, op: Op, at: usize, code: u8) -> Result<(), Error> {
        if self.tag.is_some() && self.attribute.is_none() {
            // A value that stands in a start tag before any attribute belongs to nothing.
            return Ok(());
        }
        if self.tag.is_none() && self.open.is_empty() {
            return Err(token(at, "an element around the content", code));
        }
        self.push(op);
        Ok(())
    }

    /// A value token: text in nearly every case.
    fn constant(&mut self, cursor: &mut Cursor<'d>, at: usize, depth: usize) -> Result<(), Error> {
        let kind = cursor.u8("value type")?;
        let bytes = match kind {
            ty::NULL => return Ok(()),
            ty::STRING => {
                let span = self.counted_text(cursor, "string")?;
                if span.len > 0 {
                    self.content(Op::Text(span), at, 0x05)?;
                }
                return Ok(());
            }
            ty::BINXML => {
                let len = usize::from(cursor.u16("fragment size")?);
                let start = cursor.pos();
                cursor.take(len, "fragment")?;
                if self.tag.is_some() {
                    return Err(token(at, "text in an attribute", 0x05));
                }
                self.sample = None;
                // The fragment's elements stand where the value does. It is no part of a
                // definition, so it holds no dependencies.
                let definition = std::mem::replace(&mut self.definition, false);
                let instances = self.out.instances.len();
                let depth_before = self.open.len();
                self.stream(start, start + len, depth + 1)?;
                self.definition = definition;
                if self.tag.is_some() || self.open.len() != depth_before {
                    return Err(token(start + len, "the end of an element", 0));
                }
                if definition && self.out.instances.len() != instances {
                    return Err(token(start, "a fragment without template instances", 0x0c));
                }
                return Ok(());
            }
            ty::SID => {
                let start = cursor.pos();
                let head = cursor.take(8, "sid")?;
                let subs = 4 * usize::from(head.get(1).copied().unwrap_or_default());
                cursor.take(subs, "sid")?;
                self.data.get(start..start + 8 + subs).unwrap_or_default()
            }
            _ => match value::fixed_width(kind) {
                Some(width) => cursor.take(width, "value")?,
                None => return Err(Error::ValueType { offset: at as u64 + 1, found: kind }),
            },
        };
        let start = self.out.program.text.len();
        Value::new(kind, bytes).write_text(&mut self.out.program.text);
        let span = self.span_from(start);
        self.content(Op::Text(span), at, 0x05)
    }

    fn span_from(&self, start: usize) -> Span {
        // Names and texts are at most three bytes per UTF-16 unit of a chunk that a budget
        // limits, far below 4 GiB.
        Span { start: start as u32, len: (self.out.program.text.len() - start) as u32 }
    }

    fn counted_text(&mut self, cursor: &mut Cursor<'d>, what: &'static str) -> Result<Span, Error> {
        let units = usize::from(cursor.u16(what)?);
        let bytes = cursor.take(2 * units, what)?;
        let start = self.out.program.text.len();
        text::push_utf16(&mut self.out.program.text, bytes);
        Ok(self.span_from(start))
    }

    /// A reference to a name in the chunk's string table, which may stand right here.
    fn name(&mut self, cursor: &mut Cursor<'d>) -> Result<Span, Error> {
        let at = cursor.pos();
        let offset = cursor.u32("name offset")? as usize;
        // Next name's offset, hash, length, then the units and a NUL.
        let mut name = Cursor::new(self.data, offset, self.data.len());
        name.take(6, "name")?;
        let units = usize::from(name.u16("name")?);
        let bytes = name.take(2 * units, "name")?;
        if offset == cursor.pos() {
            cursor.take(8 + 2 * units + 2, "name")?;
        }
        if let Some(sample) = &mut self.sample {
            sample.name(self.data, at, bytes, cursor.pos());
        }
        let start = self.out.program.text.len();
        text::push_utf16(&mut self.out.program.text, bytes);
        // Names repeat a few bytes of the chunk at will, so a crafted definition could write
        // gigabytes of them.
        let limit = MAX_PROGRAM_TEXT;
        if self.out.program.text.len() > limit {
            let what = "text of a template";
            return Err(Error::Limit { what, offset: cursor.pos() as u64, limit });
        }
        make_xml_name(&mut self.out.program.text, start);
        Ok(self.span_from(start))
    }
}

/// Most bytes of text one program may hold.
const MAX_PROGRAM_TEXT: usize = 256 << 10;

/// Makes the name that `text` ends with, from `start` on, one that XML can hold: a damaged chunk
/// may point a name at anything.
fn make_xml_name(text: &mut String, start: usize) {
    let odd = |c: char| c <= ' ' || "<>&\"'/=".contains(c) || matches!(c, '\u{fffe}' | '\u{ffff}');
    if text.get(start..).is_some_and(|name| !name.is_empty() && !name.contains(odd)) {
        return;
    }
    let clean = text.split_off(start).replace(odd, "_");
    text.push_str(if clean.is_empty() { "_" } else { &clean });
}

#[cold]
fn token(at: usize, expected: &'static str, found: u8) -> Error {
    Error::Token { offset: at as u64, expected, found }
}

/// The part of a template instance before its values.
#[derive(Debug, Clone, Copy)]
pub(super) struct InstanceHeader {
    /// Where the template's definition is.
    pub(super) definition: usize,
    /// Where the descriptors start: four bytes each, size, type and a zero.
    pub(super) descriptors: usize,
    pub(super) count: usize,
}

impl InstanceHeader {
    /// Reads the instance whose token ends at `pos`, and where the instance ends.
    pub(super) fn read(data: &[u8], pos: usize, end: usize) -> Result<(Self, usize), Error> {
        let header = Self::read_head(data, pos, end)?;
        let table = header.table(data, end)?;
        let after = header.descriptors + table.len();
        let values = table.as_chunks::<4>().0.iter();
        let size = values.map(|&[low, high, ..]| usize::from(u16::from_le_bytes([low, high])));
        Ok((header, after + size.sum::<usize>()))
    }

    /// Reads the instance's header alone.
    pub(super) fn read_head(data: &[u8], pos: usize, end: usize) -> Result<Self, Error> {
        let mut cursor = Cursor::new(data, pos, end);
        let head = cursor.take(9, "template instance")?;
        let definition = bytes::u32_at(head, 5).unwrap_or_default() as usize;
        if definition == cursor.pos() {
            // The template's first instance in its chunk is followed by the definition.
            let (_, after) = definition_body(data, definition)?;
            cursor = Cursor::new(data, after, end);
        }
        let count = cursor.u32("substitution count")? as usize;
        Ok(InstanceHeader { definition, descriptors: cursor.pos(), count })
    }

    /// The descriptors' bytes, a multiple of four.
    pub(super) fn table<'d>(&self, data: &'d [u8], end: usize) -> Result<&'d [u8], Error> {
        let size = self.count.saturating_mul(4);
        Cursor::new(data, self.descriptors, end).take(size, "substitution descriptors")
    }
}
