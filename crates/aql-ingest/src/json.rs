//! A JSON reader that keeps places, not copies.
//!
//! [`parse`] turns one JSON value into a flat list of nodes that point into its text: strings are
//! unescaped only when asked for, numbers keep their text (so that 64 bits are no limit), and the
//! raw text of every value is at hand. It works without recursion and with a nesting limit. Where
//! a key occurs twice the first one wins. Read [`Json`] first.
//!
//! Not in here: where one value ends and the next begins in a file (that is
//! [`frame`](crate::frame)), what keys mean ([`formats`](crate::formats)).

use std::borrow::Cow;
use std::fmt;

use memchr::memchr2;

/// Stands for "no key" in a node.
const NO_KEY: u32 = u32::MAX;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean,
    /// A number of any size.
    Number,
    /// A string.
    Text,
    /// An object.
    Object,
    /// An array.
    Array,
}

/// One value: where its key and its text are, and which node follows all that is inside it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    kind: Kind,
    escaped: bool,
    key_escaped: bool,
    key: (u32, u32),
    /// Without the quotes for strings.
    span: (u32, u32),
    next: u32,
}

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
    let mut parser = Parser { bytes: text.as_bytes(), pos: 0, nodes, open: Vec::new(), max_depth };
    if u32::try_from(text.len()).map_or(true, |n| n == NO_KEY) {
        return parser.fail(Fault::Size);
    }
    parser.value()?;
    Ok(parser.pos)
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

struct Parser<'p> {
    bytes: &'p [u8],
    pos: usize,
    nodes: &'p mut Vec<Node>,
    /// Indices of the containers that are open.
    open: Vec<u32>,
    max_depth: usize,
}

impl Parser<'_> {
    fn fail<T>(&self, fault: Fault) -> Result<T, JsonError> {
        Err(JsonError { offset: self.pos.min(self.bytes.len()), fault })
    }

    fn peek(&mut self) -> Result<u8, JsonError> {
        while let Some(&byte) = self.bytes.get(self.pos) {
            if !is_blank(byte) {
                return Ok(byte);
            }
            self.pos += 1;
        }
        self.fail(Fault::End)
    }

    fn value(&mut self) -> Result<(), JsonError> {
        let mut key = (NO_KEY, 0, false);
        loop {
            let first = self.peek()?;
            let start = self.pos;
            match first {
                b'{' | b'[' => {
                    if self.open.len() >= self.max_depth {
                        return self.fail(Fault::Depth(self.max_depth));
                    }
                    let kind = if first == b'{' { Kind::Object } else { Kind::Array };
                    self.push(kind, key, (start, start), false);
                    self.open.push(to_u32(self.nodes.len() - 1));
                    self.pos += 1;
                    let close = if first == b'{' { b'}' } else { b']' };
                    if self.peek()? != close {
                        if first == b'{' {
                            key = self.key()?;
                        } else {
                            key = (NO_KEY, 0, false);
                        }
                        continue;
                    }
                    // An empty container is closed below, like any other.
                }
                b'"' => {
                    let (span, escaped) = self.string()?;
                    self.push(Kind::Text, key, span, escaped);
                }
                b't' => self.literal(b"true", Kind::Boolean, key)?,
                b'f' => self.literal(b"false", Kind::Boolean, key)?,
                b'n' => self.literal(b"null", Kind::Null, key)?,
                b'-' | b'0'..=b'9' => {
                    while matches!(
                        self.bytes.get(self.pos),
                        Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')
                    ) {
                        self.pos += 1;
                    }
                    self.push(Kind::Number, key, (start, self.pos), false);
                }
                _ => return self.fail(Fault::Expected("a value")),
            }
            // Behind a value: close what ends here, then go to the next member.
            loop {
                let Some(&container) = self.open.last() else { return Ok(()) };
                let is_object = self.kind_of(container) == Kind::Object;
                let byte = self.peek()?;
                match byte {
                    b',' => {
                        self.pos += 1;
                        key = if is_object { self.key()? } else { (NO_KEY, 0, false) };
                        break;
                    }
                    b'}' if is_object => self.close(container),
                    b']' if !is_object => self.close(container),
                    _ if is_object => return self.fail(Fault::Expected("`,` or `}`")),
                    _ => return self.fail(Fault::Expected("`,` or `]`")),
                }
            }
        }
    }

    fn kind_of(&self, node: u32) -> Kind {
        self.nodes.get(node as usize).map_or(Kind::Null, |n| n.kind)
    }

    fn close(&mut self, container: u32) {
        self.pos += 1;
        let next = to_u32(self.nodes.len());
        if let Some(node) = self.nodes.get_mut(container as usize) {
            node.span.1 = to_u32(self.pos);
            node.next = next;
        }
        self.open.pop();
    }

    fn push(&mut self, kind: Kind, key: (u32, u32, bool), span: (usize, usize), escaped: bool) {
        let next = to_u32(self.nodes.len() + 1);
        self.nodes.push(Node {
            kind,
            escaped,
            key_escaped: key.2,
            key: (key.0, key.1),
            span: (to_u32(span.0), to_u32(span.1)),
            next,
        });
    }

    fn literal(
        &mut self,
        word: &'static [u8],
        kind: Kind,
        key: (u32, u32, bool),
    ) -> Result<(), JsonError> {
        let start = self.pos;
        for &expected in word {
            match self.bytes.get(self.pos) {
                Some(&byte) if byte == expected => self.pos += 1,
                Some(_) => return self.fail(Fault::Expected("`true`, `false` or `null`")),
                None => return self.fail(Fault::End),
            }
        }
        self.push(kind, key, (start, self.pos), false);
        Ok(())
    }

    fn key(&mut self) -> Result<(u32, u32, bool), JsonError> {
        if self.peek()? != b'"' {
            return self.fail(Fault::Expected("a key in double quotes"));
        }
        let (span, escaped) = self.string()?;
        if self.peek()? != b':' {
            return self.fail(Fault::Expected("`:`"));
        }
        self.pos += 1;
        Ok((to_u32(span.0), to_u32(span.1), escaped))
    }

    /// The text between quotes, and whether it has escapes.
    fn string(&mut self) -> Result<((usize, usize), bool), JsonError> {
        let start = self.pos + 1;
        let mut at = start;
        let mut escaped = false;
        loop {
            let rest = self.bytes.get(at..).unwrap_or_default();
            match memchr2(b'"', b'\\', rest) {
                Some(found) if rest.get(found) == Some(&b'"') => {
                    self.pos = at + found + 1;
                    return Ok(((start, at + found), escaped));
                }
                Some(found) => {
                    escaped = true;
                    at += found + 2;
                }
                None => {
                    self.pos = self.bytes.len();
                    return self.fail(Fault::End);
                }
            }
        }
    }
}

/// Positions fit: [`parse`] refuses longer texts.
#[expect(clippy::cast_possible_truncation, reason = "texts of 4 GiB and more are refused")]
fn to_u32(n: usize) -> u32 {
    n as u32
}

/// A value of a parsed text.
#[derive(Clone, Copy)]
pub(crate) struct Json<'d> {
    text: &'d str,
    nodes: &'d [Node],
    at: usize,
}

impl fmt::Debug for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.raw())
    }
}

impl<'d> Json<'d> {
    /// The outermost value of what [`parse`] read.
    pub(crate) fn root(text: &'d str, nodes: &'d [Node]) -> Option<Self> {
        (!nodes.is_empty()).then_some(Json { text, nodes, at: 0 })
    }

    fn node(&self) -> Option<&'d Node> {
        self.nodes.get(self.at)
    }

    /// What it is.
    pub(crate) fn kind(&self) -> Kind {
        self.node().map_or(Kind::Null, |n| n.kind)
    }

    /// Is it an object?
    pub(crate) fn is_object(&self) -> bool {
        self.kind() == Kind::Object
    }

    /// The value as it stands in the text; a string without its quotes.
    pub(crate) fn raw(&self) -> &'d str {
        self.node().and_then(|n| self.slice(n.span)).unwrap_or_default()
    }

    fn slice(&self, span: (u32, u32)) -> Option<&'d str> {
        self.text.get(span.0 as usize..span.1 as usize)
    }

    /// The value as text: a string unescaped, a number or boolean as written, an object or array
    /// as JSON text; nothing for `null`. `buffer` is used where the text has to be made.
    pub(crate) fn text<'b>(&self, buffer: &'b mut String) -> Option<&'b str>
    where
        'd: 'b,
    {
        let node = self.node()?;
        let raw = self.slice(node.span)?;
        match node.kind {
            Kind::Null => None,
            Kind::Text if node.escaped => {
                buffer.clear();
                unescape(raw, buffer);
                Some(buffer)
            }
            _ => Some(raw),
        }
    }

    /// The value as an owned text.
    pub(crate) fn owned_text(&self) -> Option<String> {
        self.text(&mut String::new()).map(str::to_owned)
    }

    /// The members of an object or array.
    pub(crate) fn children(&self) -> Children<'d> {
        let end = match self.node() {
            Some(n) if matches!(n.kind, Kind::Object | Kind::Array) => n.next as usize,
            _ => self.at,
        };
        Children { text: self.text, nodes: self.nodes, at: self.at + 1, end }
    }

    /// The key, if the value is a member of an object; as written, escapes and all.
    pub(crate) fn key(&self) -> Option<&'d str> {
        self.node().filter(|n| n.key.0 != NO_KEY).and_then(|n| self.slice(n.key))
    }

    /// The key with its escapes resolved; empty if the value is no member of an object.
    pub(crate) fn key_text(&self) -> Cow<'d, str> {
        let key = self.key().unwrap_or_default();
        if !self.node().is_some_and(|n| n.key_escaped) {
            return Cow::Borrowed(key);
        }
        let mut plain = String::new();
        unescape(key, &mut plain);
        Cow::Owned(plain)
    }

    /// Calls `visit` with the dotted path of every value inside that is no object; an array is one
    /// value.
    pub(crate) fn each_leaf(&self, visit: &mut dyn FnMut(&str, Json<'d>)) {
        self.leaves(&mut String::new(), visit);
    }

    /// Recursion is bounded by the nesting that [`parse`] allows.
    fn leaves(&self, path: &mut String, visit: &mut dyn FnMut(&str, Json<'d>)) {
        for member in self.children() {
            let length = path.len();
            if length > 0 {
                path.push('.');
            }
            path.push_str(&member.key_text());
            if member.is_object() {
                member.leaves(path, visit);
            } else {
                visit(path, member);
            }
            path.truncate(length);
        }
    }

    fn key_is(&self, wanted: &str) -> bool {
        let Some(key) = self.key() else { return false };
        if key.len() == wanted.len() {
            return key.eq_ignore_ascii_case(wanted);
        }
        if self.node().is_some_and(|n| n.key_escaped) {
            let mut plain = String::new();
            unescape(key, &mut plain);
            return plain.eq_ignore_ascii_case(wanted);
        }
        false
    }

    /// The member of this name (without regard to ASCII case); the first if there are several.
    pub(crate) fn get(&self, key: &str) -> Option<Json<'d>> {
        if !self.is_object() {
            return None;
        }
        self.children().find(|child| child.key_is(key))
    }

    /// The value at a dotted path, whether the path is written as nested objects, as one key with
    /// dots in it, or as a mixture.
    pub(crate) fn path(&self, path: &str) -> Option<Json<'d>> {
        if !self.is_object() {
            return None;
        }
        for child in self.children() {
            if child.key_is(path) {
                return Some(child);
            }
            let Some(key) = child.key() else { continue };
            let inside = path
                .get(..key.len())
                .filter(|start| start.eq_ignore_ascii_case(key))
                .and_then(|_| path.get(key.len()..))
                .and_then(|rest| rest.strip_prefix('.'));
            if let Some(found) = inside.and_then(|rest| child.path(rest)) {
                return Some(found);
            }
        }
        None
    }
}

/// Iterator over the members of an object or array.
#[derive(Clone, Debug)]
pub(crate) struct Children<'d> {
    text: &'d str,
    nodes: &'d [Node],
    at: usize,
    end: usize,
}

impl<'d> Iterator for Children<'d> {
    type Item = Json<'d>;

    fn next(&mut self) -> Option<Json<'d>> {
        if self.at >= self.end {
            return None;
        }
        let child = Json { text: self.text, nodes: self.nodes, at: self.at };
        self.at = self.nodes.get(self.at)?.next as usize;
        Some(child)
    }
}

/// Appends the meaning of a JSON string's text. Half surrogates become U+FFFD; an escape that JSON
/// does not have stays as it is.
fn unescape(raw: &str, out: &mut String) {
    out.reserve(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        let (plain, tail) = rest.split_at(at);
        out.push_str(plain);
        let mut chars = tail.chars();
        chars.next();
        let Some(escape) = chars.next() else {
            rest = tail;
            break;
        };
        rest = chars.as_str();
        match escape {
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            '"' | '\\' | '/' => out.push(escape),
            'u' => match unit(rest) {
                Some(high @ 0xd800..=0xdbff) => {
                    let low = rest.get(4..).and_then(|r| r.strip_prefix("\\u")).and_then(unit);
                    match low {
                        Some(low @ 0xdc00..=0xdfff) => {
                            let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                            out.push(char::from_u32(code).unwrap_or('\u{fffd}'));
                            rest = rest.get(10..).unwrap_or_default();
                        }
                        _ => {
                            out.push('\u{fffd}');
                            rest = rest.get(4..).unwrap_or_default();
                        }
                    }
                }
                Some(code) => {
                    out.push(char::from_u32(code).unwrap_or('\u{fffd}'));
                    rest = rest.get(4..).unwrap_or_default();
                }
                None => out.push_str("\\u"),
            },
            other => {
                out.push('\\');
                out.push(other);
            }
        }
    }
    out.push_str(rest);
}

fn unit(text: &str) -> Option<u32> {
    let digits = text.get(..4)?;
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, 16).ok()
}

/// Appends `text` as a JSON string, quotes included.
pub(crate) fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => {
                use fmt::Write as _;
                // Writing to a string never fails.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Fault, Json, Kind, parse, parse_whole};

    fn fault(text: &str) -> (usize, Fault) {
        let error = parse_whole(text, &mut Vec::new(), 8).expect_err("must not parse");
        (error.offset, error.fault)
    }

    #[test]
    fn paths_keys_and_escapes() {
        let text = r#"{"a":{"b.c":1,"B":[1,{"x":"q\"\u00e9\ud83d\ude00\ud800!"}]},"a.d":null,"A":2,"\u006b":18446744073709551616}"#;
        let mut nodes = Vec::new();
        parse_whole(text, &mut nodes, 8).unwrap();
        let root = Json::root(text, &nodes).unwrap();
        assert_eq!(root.path("A.b.C").unwrap().raw(), "1");
        assert_eq!(root.get("a").unwrap().kind(), Kind::Object, "the first of equal keys wins");
        assert_eq!(root.path("a.d").unwrap().owned_text(), None);
        assert_eq!(root.get("k").unwrap().raw(), "18446744073709551616");
        let b = root.path("a.b").unwrap();
        assert_eq!(b.raw(), r#"[1,{"x":"q\"\u00e9\ud83d\ude00\ud800!"}]"#);
        let x = b.children().nth(1).unwrap().get("x").unwrap();
        assert_eq!(x.owned_text().as_deref(), Some("q\"é😀\u{fffd}!"));
        assert_eq!(root.children().count(), 4);
    }

    #[test]
    fn faults_have_places() {
        assert_eq!(fault("{\"a\":1"), (6, Fault::End));
        assert_eq!(fault("{\"a\" 1}"), (5, Fault::Expected("`:`")));
        assert_eq!(fault("[1 2]"), (3, Fault::Expected("`,` or `]`")));
        assert_eq!(fault("[1] x"), (4, Fault::Expected("the end of the record")));
        assert_eq!(fault("[[[[[[[[[1]]]]]]]]]"), (8, Fault::Depth(8)));
        assert_eq!(fault("\"abc\\"), (5, Fault::End));
        assert_eq!(fault("tru"), (3, Fault::End));
        assert_eq!(fault(""), (0, Fault::End));
    }

    fn to_serde(value: Json<'_>) -> serde_json::Value {
        match value.kind() {
            Kind::Null => serde_json::Value::Null,
            Kind::Boolean => serde_json::Value::Bool(value.raw() == "true"),
            Kind::Number => serde_json::from_str(value.raw()).unwrap(),
            Kind::Text => serde_json::Value::String(value.owned_text().unwrap()),
            Kind::Array => value.children().map(to_serde).collect(),
            Kind::Object => {
                let mut map = serde_json::Map::new();
                for child in value.children() {
                    let mut key = String::new();
                    super::unescape(child.key().unwrap(), &mut key);
                    map.insert(key, to_serde(child));
                }
                serde_json::Value::Object(map)
            }
        }
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<String>().prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
                prop::collection::btree_map(any::<String>(), inner, 0..6)
                    .prop_map(|m| serde_json::Value::Object(m.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn agrees_with_serde(value in any_json(), pretty in any::<bool>()) {
            let text = if pretty {
                serde_json::to_string_pretty(&value).unwrap()
            } else {
                value.to_string()
            };
            let mut nodes = Vec::new();
            parse_whole(&text, &mut nodes, 64).unwrap();
            prop_assert_eq!(to_serde(Json::root(&text, &nodes).unwrap()), value);
        }

        #[test]
        fn refuses_at_least_what_is_cut(value in any_json(), cut in 1usize..64) {
            let text = serde_json::json!({ "k": value }).to_string();
            let end = text.len().saturating_sub(cut);
            if let Some(short) = text.get(..end) {
                prop_assert!(parse(short, &mut Vec::new(), 64).is_err());
            }
        }
    }
}
