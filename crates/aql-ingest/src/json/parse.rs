//! From text to nodes.

use std::fmt;

use super::strings::{StringAt, Strings};
use super::{Kind, NO_KEY, Node};

/// Why a text is no JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct JsonError {
    /// Byte offset in the text.
    pub offset: usize,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong with a JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The text ends inside a value.
    End,
    /// Something else should stand here.
    Expected(&'static str),
    /// More than this many levels.
    Depth(usize),
    /// Longer than positions can say (4 GiB).
    Size,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fault {
            Fault::End => f.write_str("the text ends inside a value"),
            Fault::Expected(what) => write!(f, "expected {what}"),
            Fault::Depth(limit) => write!(f, "values nest deeper than {limit} levels"),
            Fault::Size => f.write_str("the value is longer than 4 GiB"),
        }
    }
}

/// Reads one value at the start of `text` (after blanks) into `nodes`, which is emptied first.
/// Returns the offset behind it.
///
/// # Errors
///
/// The first fault, with its offset.
pub(crate) fn parse(
    text: &str,
    nodes: &mut Vec<Node>,
    max_depth: usize,
) -> Result<usize, JsonError> {
    nodes.clear();
    let bytes = text.as_bytes();
    let mut parser =
        Parser { bytes, strings: Strings::new(bytes), pos: 0, nodes, max_depth, fault: Fault::End };
    if u32::try_from(text.len()).map_or(true, |n| n == NO_KEY) {
        parser.fault = Fault::Size;
        return parser.error();
    }
    match parser.value() {
        Some(()) => Ok(parser.pos),
        None => parser.error(),
    }
}

/// Reads `text` as exactly one value.
///
/// # Errors
///
/// The first fault, with its offset; text behind the value is one.
pub(crate) fn parse_whole(
    text: &str,
    nodes: &mut Vec<Node>,
    max_depth: usize,
) -> Result<(), JsonError> {
    let end = parse(text, nodes, max_depth)?;
    let rest = text.as_bytes().get(end..).unwrap_or_default();
    match rest.iter().position(|b| !is_blank(*b)) {
        Some(at) => {
            Err(JsonError { offset: end + at, fault: Fault::Expected("the end of the record") })
        }
        None => Ok(()),
    }
}

/// Is this byte white space between JSON tokens?
pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Stands for "no container" where one is named by its node.
const NO_NODE: u32 = u32::MAX;

/// A key as a node keeps it.
#[derive(Clone, Copy)]
struct Key {
    span: (u32, u32),
    escaped: bool,
}

/// What elements of an array have.
const NONE: Key = Key { span: (NO_KEY, 0), escaped: false };

struct Parser<'p> {
    bytes: &'p [u8],
    strings: Strings<'p>,
    pos: usize,
    nodes: &'p mut Vec<Node>,
    max_depth: usize,
    /// Why it stopped, if it did. Kept apart, so that results are small.
    fault: Fault,
}

impl Parser<'_> {
    fn error(&self) -> Result<usize, JsonError> {
        Err(JsonError { offset: self.pos.min(self.bytes.len()), fault: self.fault })
    }

    #[cold]
    fn fail<T>(&mut self, fault: Fault) -> Option<T> {
        self.fault = fault;
        None
    }

    #[inline(always)]
    fn peek(&mut self) -> Option<u8> {
        while let Some(&byte) = self.bytes.get(self.pos) {
            if byte > b' ' || !is_blank(byte) {
                return Some(byte);
            }
            self.pos += 1;
        }
        self.fail(Fault::End)
    }

    fn value(&mut self) -> Option<()> {
        let mut key = NONE;
        // The innermost container that is open. Until it is closed, its `next` names the one
        // around it.
        let mut container = NO_NODE;
        let mut is_object = false;
        let mut depth = 0;
        loop {
            let first = self.peek()?;
            let start = self.pos;
            match first {
                b'"' => {
                    let span = self.string()?;
                    self.push(Kind::Text, key, span);
                }
                b'{' | b'[' => {
                    if depth >= self.max_depth {
                        return self.fail(Fault::Depth(self.max_depth));
                    }
                    depth += 1;
                    is_object = first == b'{';
                    let (kind, close) =
                        if is_object { (Kind::Object, b'}') } else { (Kind::Array, b']') };
                    self.push(kind, key, (start, start));
                    let around = std::mem::replace(&mut container, to_u32(self.nodes.len() - 1));
                    if let Some(node) = self.nodes.last_mut() {
                        node.next = around;
                    }
                    self.pos += 1;
                    // An empty container is closed below, like any other.
                    if self.peek()? != close {
                        key = if is_object { self.key()? } else { NONE };
                        continue;
                    }
                }
                b'-' | b'0'..=b'9' => {
                    self.pos = end_of_number(self.bytes, start);
                    self.push(Kind::Number, key, (start, self.pos));
                }
                b't' => self.literal(b"true", Kind::Boolean, key)?,
                b'f' => self.literal(b"false", Kind::Boolean, key)?,
                b'n' => self.literal(b"null", Kind::Null, key)?,
                _ => return self.fail(Fault::Expected("a value")),
            }
            // Behind a value: close what ends here, then go to the next member.
            loop {
                if container == NO_NODE {
                    return Some(());
                }
                match self.peek()? {
                    b',' => {
                        self.pos += 1;
                        key = if is_object { self.key()? } else { NONE };
                        break;
                    }
                    b'}' if is_object => container = self.close(container),
                    b']' if !is_object => container = self.close(container),
                    _ if is_object => return self.fail(Fault::Expected("`,` or `}`")),
                    _ => return self.fail(Fault::Expected("`,` or `]`")),
                }
                depth -= 1;
                is_object =
                    self.nodes.get(container as usize).is_some_and(|n| n.kind == Kind::Object);
            }
        }
    }

    /// Closes a container; returns the one around it.
    fn close(&mut self, container: u32) -> u32 {
        self.pos += 1;
        let next = to_u32(self.nodes.len());
        let Some(node) = self.nodes.get_mut(container as usize) else { return NO_NODE };
        node.span.1 = to_u32(self.pos);
        std::mem::replace(&mut node.next, next)
    }

    #[inline(always)]
    fn push(&mut self, kind: Kind, key: Key, span: (usize, usize)) {
        let next = to_u32(self.nodes.len() + 1);
        self.nodes.push(Node {
            kind,
            key_escaped: key.escaped,
            key: key.span,
            span: (to_u32(span.0), to_u32(span.1)),
            next,
        });
    }

    fn literal(&mut self, word: &'static [u8], kind: Kind, key: Key) -> Option<()> {
        let start = self.pos;
        for &expected in word {
            match self.bytes.get(self.pos) {
                Some(&byte) if byte == expected => self.pos += 1,
                Some(_) => return self.fail(Fault::Expected("`true`, `false` or `null`")),
                None => return self.fail(Fault::End),
            }
        }
        self.push(kind, key, (start, self.pos));
        Some(())
    }

    #[inline]
    fn key(&mut self) -> Option<Key> {
        if self.peek()? != b'"' {
            return self.fail(Fault::Expected("a key in double quotes"));
        }
        let (start, end) = self.string()?;
        if self.peek()? != b':' {
            return self.fail(Fault::Expected("`:`"));
        }
        self.pos += 1;
        let escaped = has_slash(self.bytes.get(start..end).unwrap_or_default());
        Some(Key { span: (to_u32(start), to_u32(end)), escaped })
    }

    /// The string whose opening quote is next.
    #[inline(always)]
    fn string(&mut self) -> Option<StringAt> {
        match self.strings.next() {
            Some(string) => {
                debug_assert_eq!(string.0, self.pos + 1, "every quote begins a string");
                self.pos = string.1 + 1;
                Some(string)
            }
            None => {
                self.pos = self.bytes.len();
                self.fail(Fault::End)
            }
        }
    }
}

/// Where what may stand in a number ends.
#[inline]
fn end_of_number(bytes: &[u8], mut pos: usize) -> usize {
    while matches!(bytes.get(pos), Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) {
        pos += 1;
    }
    pos
}

/// The number, `true`, `false` or `null` that starts at `pos`, as [`parse`] reads it; what it is,
/// and where it ends.
pub(super) fn bare_value(bytes: &[u8], pos: usize) -> Option<(Kind, usize)> {
    let (word, kind): (&[u8], _) = match bytes.get(pos)? {
        b'-' | b'0'..=b'9' => return Some((Kind::Number, end_of_number(bytes, pos))),
        b't' => (b"true", Kind::Boolean),
        b'f' => (b"false", Kind::Boolean),
        b'n' => (b"null", Kind::Null),
        _ => return None,
    };
    bytes.get(pos..)?.starts_with(word).then_some((kind, pos + word.len()))
}

/// Is there a backslash in a key? Keys are short.
fn has_slash(key: &[u8]) -> bool {
    const LOW: u64 = u64::from_le_bytes([0x01; 8]);
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    let (eights, rest) = key.as_chunks::<8>();
    let in_eight = |eight: &[u8; 8]| {
        // A byte that is zero gets its highest bit.
        let differs = u64::from_le_bytes(*eight) ^ u64::from_le_bytes([b'\\'; 8]);
        differs.wrapping_sub(LOW) & !differs & HIGH != 0
    };
    eights.iter().any(in_eight) || rest.contains(&b'\\')
}

/// Positions fit: [`parse`] refuses longer texts.
#[expect(clippy::cast_possible_truncation, reason = "texts of 4 GiB and more are refused")]
fn to_u32(n: usize) -> u32 {
    n as u32
}
