//! Events as Windows writes them: elements without prefixes, attributes in quotes, the usual
//! references; no comments, no CDATA, no instructions. Anything else is left to the XML parser, and so
//! is everything that is wrong. Nothing is copied but texts with references.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

use super::event::{Building, XmlEvent, unescape};

/// The event of a text; nothing if it is not plain.
pub(super) fn event(text: &str, max_depth: usize) -> Option<XmlEvent<'_>> {
    let mut building = Building::new(text);
    let mut rest = text;
    loop {
        rest = content(rest, &mut building)?;
        let tag = rest.strip_prefix('<')?;
        if let Some(tag) = tag.strip_prefix('/') {
            rest = tag.strip_prefix(building.name()?)?.strip_prefix('>')?;
            if let Some(event) = building.end() {
                return Some(event);
            }
            continue;
        }
        if building.depth() >= max_depth {
            return None;
        }
        let (name, after) = cut(tag)?;
        let mut attributes = Attributes { rest: after, is_plain: true };
        building.start(Cow::Borrowed(name), &mut attributes);
        if !attributes.is_plain {
            return None;
        }
        rest = match attributes.rest.strip_prefix('>') {
            Some(rest) => rest,
            None => {
                let rest = attributes.rest.strip_prefix("/>")?;
                // An outermost element without content is no plain event.
                if building.end().is_some() {
                    return None;
                }
                rest
            }
        };
    }
}

/// Takes the text in front of a tag; what follows it.
fn content<'x>(text: &'x str, building: &mut Building<'x>) -> Option<&'x str> {
    let mut rest = text;
    loop {
        let at = memchr2(b'<', b'&', rest.as_bytes())?;
        let (plain, after) = rest.split_at(at);
        if !plain.is_empty() {
            building.text(Cow::Borrowed(plain));
        }
        let Some(reference) = after.strip_prefix('&') else { return Some(after) };
        let name = reference.get(..memchr(b';', reference.as_bytes().get(..LONGEST)?)?)?;
        if !is_usual(name) {
            return None;
        }
        building.reference(name);
        rest = reference.get(name.len() + 1..)?;
    }
}

/// Bytes of the longest reference that is looked for, with its end.
const LONGEST: usize = 10;

/// Is it the name of a reference that every XML has?
fn is_usual(name: &str) -> bool {
    match name.strip_prefix('#') {
        None => matches!(name, "lt" | "gt" | "amp" | "quot" | "apos"),
        Some(number) => match number.strip_prefix('x') {
            Some(hex) => !hex.is_empty() && hex.bytes().all(|b| b.is_ascii_hexdigit()),
            None => !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()),
        },
    }
}

/// A name, and what follows it.
fn cut(text: &str) -> Option<(&str, &str)> {
    let is_part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let end = text.bytes().position(|b| !is_part(b))?;
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_').then(|| text.split_at(end))
}

/// The attributes of a start tag.
struct Attributes<'x> {
    rest: &'x str,
    /// Are those so far, and what follows them, as they should be?
    is_plain: bool,
}

impl<'x> Attributes<'x> {
    fn attribute(&mut self, text: &'x str) -> Option<(Cow<'x, str>, Cow<'x, str>)> {
        let (name, value) = cut(text.trim_ascii_start())?;
        let value = value.strip_prefix('=')?;
        let quote = *value.as_bytes().first().filter(|b| matches!(b, b'"' | b'\''))?;
        let value = value.get(1..)?;
        let (value, rest) = value.split_at(memchr(quote, value.as_bytes())?);
        self.rest = rest.get(1..)?;
        let is_plain = memchr2(b'&', b'<', value.as_bytes()).is_none();
        let value = match is_plain {
            true => Cow::Borrowed(value),
            false if memchr(b'<', value.as_bytes()).is_some() => return None,
            false => Cow::Owned(unescape(value)),
        };
        Some((Cow::Borrowed(name), value))
    }
}

impl<'x> Iterator for Attributes<'x> {
    type Item = (Cow<'x, str>, Cow<'x, str>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.starts_with('>') || self.rest.starts_with("/>") || !self.is_plain {
            return None;
        }
        let found = match self.rest.as_bytes().first() {
            Some(b' ' | b'\t' | b'\r' | b'\n') => self.attribute(self.rest),
            _ => None,
        };
        self.is_plain = found.is_some();
        found
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::event;
    use crate::formats::windows_xml::event::XmlEvent;

    #[test]
    fn what_windows_writes_is_plain() {
        let text = "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'>\r\n  <System>\
            <Provider Name=\"a &amp; b\" Guid='{1}'/><EventID Qualifiers=''>1</EventID></System>\
            <EventData><Data Name='x'>&lt;a&gt; &#233;&#xe9;</Data><Data/></EventData>\
            <UserData><E><a>1</a></E></UserData></Event> behind it";
        let plain = event(text, 9).expect("plain");
        assert_eq!(plain, XmlEvent::parse_any(text, 9).unwrap());
        assert!(event(text, 3).is_none(), "too deep");
    }

    proptest! {
        /// What is taken apart here comes out as from the XML parser.
        #[test]
        fn agrees_with_the_xml_parser(
            pieces in prop::collection::vec(
                "<Event>|<Event a='1' b=\"&quot;2\">|<System>|<EventData>|<Data Name='n'>|<Data>|<a:b>|\
                 <Provider Name='p'/>|<RenderingInfo Culture='x'>|<Message>|<Event/>|<x  y='1'z='2'>|\
                 </Event>|</System>|</EventData>|</Data>|</RenderingInfo>|</Message>|</x>|<!-- c -->|\
                 &amp;|&lt;|&#10;|&#x41;|&nope;|&|;|<|>|<a b=c>|<a b='<'>|]]>|[a-z]{1,5}|[ \n\t]|é|\\PC",
                0..30,
            ),
            depth in 1..6usize,
        ) {
            for text in [pieces.concat(), format!("<Event>{}</Event>", pieces.concat())] {
                if let Some(plain) = event(&text, depth) {
                    let parsed = XmlEvent::parse_any(&text, depth).ok();
                    prop_assert_eq!(parsed, Some(plain), "{}", text);
                }
            }
        }

        #[test]
        fn whole_events_are_plain(
            system in prop::collection::vec("[A-Z][a-z]{0,4}", 0..4),
            data in prop::collection::vec(("[A-Za-z]{1,5}", "([a-z \n\"']|&amp;|&#39;|é){0,12}"), 0..6),
        ) {
            let system: String = system.iter().map(|n| format!("<{n} a='1'>{n}</{n}>")).collect();
            let data: String =
                data.iter().map(|(n, v)| format!("<Data Name=\"{n}\">{v}</Data>\n")).collect();
            let text = format!(
                "<Event xmlns='e'><System>{system}</System><EventData>{data}</EventData></Event>"
            );
            let plain = event(&text, 8);
            prop_assert!(plain.is_some(), "{}", text);
            prop_assert_eq!(plain, XmlEvent::parse_any(&text, 8).ok());
        }
    }
}
