//! A JSON reader that keeps places, not copies.
//!
//! [`parse`] turns one JSON value into a flat list of nodes that point into its text: strings are
//! unescaped only when asked for, numbers keep their text (so that 64 bits are no limit), and the
//! raw text of every value is at hand. It works without recursion and with a nesting limit. Where
//! a key occurs twice the first one wins. Read [`Json`] first.
//!
//! Not in here: where one value ends and the next begins in a file (that is
//! [`frame`](crate::frame)), what keys mean ([`formats`](crate::formats)).

mod parse;
mod shapes;
mod strings;
mod text;

use std::borrow::Cow;
use std::fmt;

use memchr::memchr;

pub(crate) use parse::{Fault, JsonError, is_blank, parse, parse_whole};
pub(crate) use shapes::{ShapeId, Shapes};
pub(crate) use text::quote;
use text::unescape;

use crate::names;

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
    key_escaped: bool,
    key: (u32, u32),
    /// Without the quotes for strings.
    span: (u32, u32),
    next: u32,
}

/// A value of a parsed text.
#[derive(Clone, Copy)]
pub(crate) struct Json<'d> {
    text: &'d str,
    nodes: &'d [Node],
    at: usize,
    shape: Option<ShapeId>,
}

impl fmt::Debug for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.raw())
    }
}

impl<'d> Json<'d> {
    /// The outermost value of what [`parse`] read.
    pub(crate) fn root(text: &'d str, nodes: &'d [Node]) -> Option<Self> {
        (!nodes.is_empty()).then_some(Json { text, nodes, at: 0, shape: None })
    }

    /// The same value, of a record of this shape.
    pub(crate) fn shaped(self, shape: Option<ShapeId>) -> Self {
        Json { shape, ..self }
    }

    /// What is the same in all values of this place in records of one shape: where the values
    /// inside are, by what keys, and which are texts.
    pub(crate) fn shape(&self) -> Option<(ShapeId, usize)> {
        Some((self.shape?, self.at))
    }

    /// The number of its node in the record.
    pub(crate) fn number(&self) -> usize {
        self.at
    }

    /// The value of another node of the record.
    pub(crate) fn numbered(&self, number: usize) -> Json<'d> {
        Json { at: number, ..*self }
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
            Kind::Text if memchr(b'\\', raw.as_bytes()).is_some() => {
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
        Children { text: self.text, nodes: self.nodes, shape: self.shape, at: self.at + 1, end }
    }

    /// The key, if the value is a member of an object; as written, escapes and all.
    pub(crate) fn key(&self) -> Option<&'d str> {
        self.node().filter(|n| n.key.0 != NO_KEY).and_then(|n| self.slice(n.key))
    }

    /// May its key begin like this (in any case)? One with escapes may.
    pub(crate) fn key_may_begin(&self, start: &str) -> bool {
        let Some(node) = self.node() else { return false };
        let from = node.key.0 as usize;
        let key = self.text.as_bytes().get(from..from.saturating_add(start.len()));
        node.key_escaped
            || (node.key.1.saturating_sub(node.key.0) as usize >= start.len()
                && key.is_some_and(|key| names::same(key, start.as_bytes())))
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

    /// The members of an object, with their nodes.
    fn members(&self) -> impl Iterator<Item = (Json<'d>, &'d Node)> {
        let (text, nodes, shape) = (self.text, self.nodes, self.shape);
        let object = self.node().filter(|n| n.kind == Kind::Object);
        let end = object.map_or(0, |n| n.next as usize);
        let mut at = self.at + 1;
        std::iter::from_fn(move || {
            if at >= end {
                return None;
            }
            let node = nodes.get(at)?;
            let json = Json { text, nodes, at, shape };
            at = node.next as usize;
            Some((json, node))
        })
    }

    /// The member of this name (without regard to ASCII case); the first if there are several.
    pub(crate) fn get(&self, key: &str) -> Option<Json<'d>> {
        self.members().find(|(_, node)| node.key_is(self.text, key)).map(|(member, _)| member)
    }

    /// The members of these names, all different, as [`get`](Self::get) finds them, in one look.
    pub(crate) fn get_all<const N: usize>(&self, keys: [&str; N]) -> [Option<Json<'d>>; N] {
        let mut found = [None; N];
        for (member, node) in self.members() {
            for (found, key) in found.iter_mut().zip(keys) {
                if node.key_is(self.text, key) {
                    *found = found.or(Some(member));
                    break;
                }
            }
        }
        found
    }

    /// A bit for each name that a member has; see [`names::sketch`].
    pub(crate) fn sketch(&self) -> u64 {
        self.members().fold(0, |bits, (_, node)| {
            let key = self.text.as_bytes().get(node.key.0 as usize..node.key.1 as usize);
            bits | if node.key_escaped { u64::MAX } else { names::sketch(key.unwrap_or_default()) }
        })
    }

    /// The value at a dotted path, whether the path is written as nested objects, as one key with
    /// dots in it, or as a mixture.
    pub(crate) fn path(&self, path: &str) -> Option<Json<'d>> {
        if memchr(b'.', path.as_bytes()).is_none() {
            return self.get(path);
        }
        for (member, node) in self.members() {
            if node.key_is(self.text, path) {
                return Some(member);
            }
            let length = (node.key.1 - node.key.0) as usize;
            if path.as_bytes().get(length) != Some(&b'.') {
                continue;
            }
            let Some((start, rest)) = path.split_at_checked(length) else { continue };
            if member.key().is_some_and(|key| names::same(key.as_bytes(), start.as_bytes()))
                && let Some(found) = rest.strip_prefix('.').and_then(|rest| member.path(rest))
            {
                return Some(found);
            }
        }
        None
    }
}

impl Node {
    /// Is it a member of this name, without regard to ASCII case?
    #[inline]
    fn key_is(&self, text: &str, wanted: &str) -> bool {
        let (start, end) = self.key;
        // Most names are not even as long, or begin with another letter.
        if self.key_escaped {
            return self.has_name(text, wanted);
        }
        let first = wanted.as_bytes().first();
        end.wrapping_sub(start) as usize == wanted.len()
            && (first.is_none() || names::begin_alike(text.as_bytes().get(start as usize), first))
            && self.has_name(text, wanted)
    }

    fn has_name(&self, text: &str, wanted: &str) -> bool {
        let (start, end) = self.key;
        if start == NO_KEY {
            return false;
        }
        let key = text.as_bytes().get(start as usize..end as usize).unwrap_or_default();
        if key.len() == wanted.len() {
            return names::same(key, wanted.as_bytes());
        }
        let mut plain = String::new();
        unescape(text.get(start as usize..end as usize).unwrap_or_default(), &mut plain);
        plain.eq_ignore_ascii_case(wanted)
    }
}

/// Iterator over the members of an object or array.
#[derive(Clone, Debug)]
pub(crate) struct Children<'d> {
    text: &'d str,
    nodes: &'d [Node],
    shape: Option<ShapeId>,
    at: usize,
    end: usize,
}

impl<'d> Iterator for Children<'d> {
    type Item = Json<'d>;

    fn next(&mut self) -> Option<Json<'d>> {
        if self.at >= self.end {
            return None;
        }
        let child = Json { text: self.text, nodes: self.nodes, at: self.at, shape: self.shape };
        self.at = self.nodes.get(self.at)?.next as usize;
        Some(child)
    }
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
                    super::text::unescape(child.key().unwrap(), &mut key);
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
