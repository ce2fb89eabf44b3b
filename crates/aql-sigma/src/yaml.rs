//! YAML as a tree of values that know where they stand.
//!
//! Only what Sigma needs: scalars, lists and maps in the order of the file. Anchors and merge keys
//! are resolved by the parser; a key that stands twice in a map is an error, since one of the two
//! would be lost.

use std::fmt;

use aql_diag::{Diagnostic, Span, codes};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

/// Rules nest five deep; each level takes stack.
const MOST_NESTED: usize = 24;

/// A value with its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    /// The value.
    pub(crate) value: Value,
    /// Where it stands in the file.
    pub(crate) span: Span,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// `null`, `~`, or nothing.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Another number.
    Float(f64),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order of the file.
    Map(Vec<(String, Node)>),
}

impl Node {
    /// The value of a key of a map.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(name, _)| name == key).map(|(_, node)| node)
    }

    /// The entries of a map; none if it is something else.
    pub(crate) fn entries(&self) -> &[(String, Node)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; a single value is a list of one.
    pub(crate) fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            Value::Null => &[],
            _ => std::slice::from_ref(self),
        }
    }

    /// A scalar as text; nothing for null, lists and maps.
    pub(crate) fn text(&self) -> Option<String> {
        match &self.value {
            Value::Text(text) => Some(text.clone()),
            Value::Integer(n) => Some(n.to_string()),
            Value::Float(x) => Some(x.to_string()),
            Value::Bool(b) => Some(b.to_string()),
            Value::Null | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// What it is, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Integer(_) | Value::Float(_) => "a number",
            Value::Text(_) => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}

/// The documents of a file.
pub(crate) fn documents(text: &str) -> Result<Vec<Node>, Box<Diagnostic>> {
    // Words such as `yes` and `on` are text in YAML 1.2, and field values in rules.
    let options = serde_saphyr::options! {
        strict_booleans: true,
        with_snippet: false,
        budget: serde_saphyr::budget! { max_depth: MOST_NESTED },
    };
    serde_saphyr::from_multiple_with_options::<Spanned<Raw>>(text, options)
        .map(|documents| documents.into_iter().map(|d| node(d, text)).collect())
        .map_err(|error| {
            let message = error.to_string();
            let line = message.lines().next().unwrap_or_default();
            let mut diagnostic = Diagnostic::error(
                codes::SIGMA_UNREADABLE,
                format!("the file is no YAML that can be read: {line}"),
            );
            if let Some(location) = error.location() {
                diagnostic = diagnostic.at(place(location, text), "");
            }
            Box::new(diagnostic)
        })
}

fn place(location: serde_saphyr::Location, text: &str) -> Span {
    let span = location.span();
    let start = span.byte_offset().and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    let length = span.byte_len().and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    let start = start.min(text.len());
    let end = start.saturating_add(length).min(text.len());
    if text.is_char_boundary(start) && text.is_char_boundary(end) {
        Span::new(start, end)
    } else {
        Span::new(0, 0)
    }
}

fn node(raw: Spanned<Raw>, text: &str) -> Node {
    let span = place(raw.referenced, text);
    let value = match raw.value {
        Raw::Null => Value::Null,
        Raw::Bool(b) => Value::Bool(b),
        Raw::Integer(n) => Value::Integer(n),
        Raw::Float(x) => Value::Float(x),
        Raw::Text(t) => Value::Text(t),
        Raw::List(items) => Value::List(items.into_iter().map(|i| node(i, text)).collect()),
        Raw::Map(entries) => {
            Value::Map(entries.into_iter().map(|(key, v)| (key, node(v, text))).collect())
        }
    };
    Node { value, span }
}

/// A value as the parser hands it over.
enum Raw {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(String, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_bool<E>(self, v: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(v))
    }

    fn visit_i64<E>(self, v: i64) -> Result<Raw, E> {
        Ok(Raw::Integer(v))
    }

    fn visit_u64<E>(self, v: u64) -> Result<Raw, E> {
        // Beyond 63 bits no AQL number goes; as text nothing of it is lost.
        Ok(i64::try_from(v).map_or_else(|_| Raw::Text(v.to_string()), Raw::Integer))
    }

    fn visit_i128<E>(self, v: i128) -> Result<Raw, E> {
        Ok(Raw::Text(v.to_string()))
    }

    fn visit_u128<E>(self, v: u128) -> Result<Raw, E> {
        Ok(Raw::Text(v.to_string()))
    }

    fn visit_f64<E>(self, v: f64) -> Result<Raw, E> {
        Ok(Raw::Float(v))
    }

    fn visit_str<E>(self, v: &str) -> Result<Raw, E> {
        Ok(Raw::Text(v.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        Raw::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::{Value, documents};

    #[test]
    fn values_keep_their_kind_and_place() {
        let text = "a: 1\nb: [x, 'null', null, ~, 0x10, yes, true, 1.5, '1']\n---\nc:\n";
        let documents = documents(text).expect("YAML");
        let [first, second] = documents.as_slice() else { panic!("{documents:?}") };
        assert_eq!(first.get("a").map(|n| n.value.clone()), Some(Value::Integer(1)));
        let b = first.get("b").expect("a list");
        let kinds: Vec<&str> = b.items().iter().map(super::Node::kind).collect();
        let expected = [
            "text",
            "text",
            "nothing",
            "nothing",
            "a number",
            "text",
            "true or false",
            "a number",
            "text",
        ];
        assert_eq!(kinds, expected);
        assert_eq!(b.items()[0].span.slice(text), "x");
        assert_eq!(second.get("c").map(|n| n.value.clone()), Some(Value::Null));
    }

    #[test]
    fn what_is_no_yaml_is_an_error_with_a_place() {
        for text in ["a: [", "a: 1\na: 2", "\u{0}", "a: &a [*a]", "a: *b"] {
            let error = documents(text).expect_err(text);
            assert_eq!(error.code.as_str(), "SIG001", "{text}");
        }
        let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n";
        documents(bomb).expect_err("too many copies");
        let deep = |levels: usize| format!("{}x{}", "[".repeat(levels), "]".repeat(levels));
        documents(&deep(20)).expect("nested, but not much");
        documents(&deep(100_000)).expect_err("too deep");
    }
}
