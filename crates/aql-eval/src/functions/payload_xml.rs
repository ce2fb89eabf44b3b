//! PAYLOAD_XML (internal): text of an element, or an attribute, of an XML payload by its path:
//! `/Event/System/EventID`, `/Event/System/Provider/@Name`, `/Event/EventData/Data[@Name='User']`,
//! `/list/item[2]`. Properties of a profile that live in the payload are bound to it.

use aql_diag::codes;
use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesStart, Event};

use super::{Complaint, Function, Prepared, arg, constant_text, prepared};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("PAYLOAD_XML", call).prepared_by(prepare);

/// Deepest nesting that is read.
const MAX_DEPTH: usize = 256;

/// A path. Names are compared without their namespace prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Path {
    steps: Vec<Step>,
    /// The attribute that is asked for, in place of the text.
    attribute: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    name: String,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    Any,
    Attribute(String, String),
    /// Counted from 1 among those of the name in one parent.
    Position(usize),
}

fn call<'a>(args: &'a [Datum<'a>], _: &'a Context) -> Datum<'a> {
    match arg(args, 1).text().and_then(|path| Path::parse(&path)) {
        Some(path) => look_up(arg(args, 0), &path),
        None => Datum::Null,
    }
}

fn prepare(
    constants: &[Option<Datum<'static>>],
    _: &Context,
) -> Result<Option<Prepared>, Complaint> {
    let Some(text) = constant_text(constants, 1) else { return Ok(None) };
    let Some(path) = Path::parse(&text) else {
        return Err(Complaint {
            argument: 1,
            code: codes::ARGUMENT_TYPE,
            message: format!("`{text}` is no path into XML"),
            help: Some("write a path such as /Event/EventData/Data[@Name='User']".to_owned()),
        });
    };
    Ok(Some(prepared(move |args, _| look_up(arg(args, 0), &path))))
}

impl Path {
    fn parse(text: &str) -> Option<Self> {
        let mut steps = Vec::new();
        let mut rest = text.trim();
        while let Some(step) = rest.strip_prefix('/') {
            if let Some(attribute) = step.strip_prefix('@') {
                let attribute = name(attribute)?;
                return (!steps.is_empty())
                    .then_some(Path { steps, attribute: Some(attribute) });
            }
            let end = step.find(['/', '[']).unwrap_or(step.len());
            let (of_step, after) = step.split_at_checked(end)?;
            let (test, after) = match after.strip_prefix('[') {
                Some(test) => Test::parse(test)?,
                None => (Test::Any, after),
            };
            steps.push(Step { name: name(of_step)?, test });
            rest = after;
        }
        (rest.is_empty() && !steps.is_empty()).then_some(Path { steps, attribute: None })
    }
}

/// A name without its prefix.
fn name(text: &str) -> Option<String> {
    let local = text.rsplit(':').next().unwrap_or(text);
    let plain = !local.is_empty() && !local.contains(['@', '[', ']', '/', '\'', '"', ' ']);
    plain.then(|| local.to_owned())
}

impl Test {
    /// The test behind a `[`, and what follows it.
    fn parse(text: &str) -> Option<(Self, &str)> {
        if let Some(attribute) = text.strip_prefix('@') {
            let (attribute, value) = attribute.split_once('=')?;
            let value = value.trim_start();
            let quote = value.chars().next().filter(|c| ['\'', '"'].contains(c))?;
            let (value, after) = value.get(1..)?.split_once(quote)?;
            let after = after.trim_start().strip_prefix(']')?;
            return Some((Test::Attribute(name(attribute.trim())?, value.to_owned()), after));
        }
        let (position, after) = text.split_once(']')?;
        let position = position.trim().parse().ok().filter(|position| *position > 0)?;
        Some((Test::Position(position), after))
    }
}

fn look_up<'a>(payload: &Datum<'_>, path: &Path) -> Datum<'a> {
    let text = payload.text();
    Datum::text_or_null(text.and_then(|text| find(text.get(start(&text)?..)?, path)))
}

/// Where the XML begins, behind any header.
fn start(text: &str) -> Option<usize> {
    let opens = |rest: &str| rest.starts_with(|c: char| c.is_alphabetic() || "_?!".contains(c));
    text.match_indices('<').map(|(at, _)| at).find(|at| text.get(at + 1..).is_some_and(opens))
}

/// Walks through the elements that lead to the one that is sought.
fn find(xml: &str, path: &Path) -> Option<String> {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().allow_dangling_amp = true;
    let mut depth = 0;
    // So many of the elements around are those of the path.
    let mut on_path = 0;
    // How many children have had the name of the next step, per element on the path.
    let mut seen = vec![0; path.steps.len()];
    let mut found: Option<String> = None;
    loop {
        match reader.read_event().ok()? {
            event @ (Event::Start(_) | Event::Empty(_)) => {
                let (tag, empty) = match &event {
                    Event::Empty(tag) => (tag, true),
                    Event::Start(tag) => (tag, false),
                    _ => continue,
                };
                let step = path.steps.get(on_path).filter(|_| on_path == depth);
                let enters = step.is_some_and(|step| step.takes(tag, seen.get_mut(on_path)));
                if enters && on_path + 1 == path.steps.len() {
                    if let Some(attribute) = &path.attribute {
                        let value = self::attribute(tag, attribute);
                        if value.is_some() {
                            return value;
                        }
                    } else if empty {
                        return None;
                    } else {
                        found = Some(String::new());
                    }
                }
                if !empty {
                    if depth >= MAX_DEPTH {
                        return None;
                    }
                    depth += 1;
                    if enters {
                        on_path += 1;
                        if let Some(seen) = seen.get_mut(on_path) {
                            *seen = 0;
                        }
                    }
                }
            }
            Event::End(_) => {
                depth = depth.checked_sub(1)?;
                if on_path > depth {
                    if found.is_some() {
                        return found;
                    }
                    on_path = depth;
                }
                if depth == 0 {
                    return None;
                }
            }
            Event::Text(text) => {
                if let Some(found) = &mut found {
                    found.push_str(&text);
                }
            }
            Event::CData(text) => {
                if let Some(found) = &mut found {
                    found.push_str(&text);
                }
            }
            Event::GeneralRef(entity) => {
                if let Some(found) = &mut found {
                    match entity.resolve_char_ref() {
                        Ok(Some(c)) => found.push(c),
                        _ => found.push_str(resolve_xml_entity(&entity).unwrap_or_default()),
                    }
                }
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

impl Step {
    fn takes(&self, tag: &BytesStart<'_>, seen: Option<&mut usize>) -> bool {
        if tag.local_name().as_ref() != self.name {
            return false;
        }
        match &self.test {
            Test::Any => true,
            Test::Attribute(name, value) => attribute(tag, name).as_ref() == Some(value),
            Test::Position(position) => seen.is_some_and(|seen| {
                *seen += 1;
                seen == position
            }),
        }
    }
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag.attributes().flatten().find(|a| a.key.local_name().as_ref() == name)?;
    Some(quick_xml::escape::unescape(&found.value).map_or_else(|_| found.value.to_string(), |v| v.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check};
    use super::{Path, prepare};

    #[test]
    fn table() {
        let xml = "<?xml version='1.0'?><e:Event xmlns:e='x'><System><Provider Name='P &amp; Q'/>\
            <EventID Qualifiers='0'>11</EventID><Empty/></System><EventData>\
            <Data Name='Image'>C:\\a &lt;b&gt; &#x41;</Data><Data Name='User'><![CDATA[a<b]]></Data>\
            <Data Name='Nested'>x<i>y</i>z</Data></EventData><EventData><Data>late</Data></EventData>\
            </e:Event>";
        check(super::FUNCTION, &[
            (&[t(xml), t("/Event/System/EventID")], t("11")),
            (&[t(xml), t("/e:Event/System/Provider/@Name")], t("P & Q")),
            (&[t(xml), t("/Event/System/EventID/@Qualifiers")], t("0")),
            (&[t(xml), t("/Event/EventData/Data[@Name='User']")], t("a<b")),
            (&[t(xml), t("/Event/EventData/Data[@Name=\"Image\"]")], t("C:\\a <b> A")),
            (&[t(xml), t("/Event/EventData/Data[2]")], t("a<b")),
            (&[t(xml), t("/Event/EventData[2]/Data[1]")], t("late")),
            (&[t(xml), t("/Event/EventData/Data[@Name='Nested']")], t("xyz")),
            (&[t(xml), t("/Event/EventData/Data[@Name='Nested']/i")], t("y")),
            (&[t(xml), t("/Event/EventData/Data[9]")], NULL),
            (&[t(xml), t("/Event/System/Empty")], NULL),
            (&[t(xml), t("/Event/System/Nothing")], NULL),
            (&[t(xml), t("/Event/EventID")], NULL),
            (&[t(xml), t("/Event/System/EventID/@Name")], NULL),
            (&[t("<13>host <a><b>1</b></a>"), t("/a/b")], t("1")),
            (&[t("host <a><b>1</b></a> tail"), t("/a/b")], t("1")),
            (&[t("<a><b>1"), t("/a/b")], NULL),
            (&[t("</a>"), t("/a")], NULL),
            (&[t("no XML"), t("/a")], NULL),
            (&[NULL, t("/a")], NULL),
            (&[t(xml), NULL], NULL),
        ]);
    }

    #[test]
    fn bad_paths() {
        for text in ["", "a", "/", "/a/", "/@x", "/a[", "/a[0]", "/a[@x]", "/a[@x=y]", "//a", "/a b"] {
            assert_eq!(Path::parse(text), None, "{text}");
        }
        let cx = crate::Context::new(aql_catalog::Catalog::get(), 0);
        assert!(prepare(&[None, Some(t("a"))], &cx).is_err_and(|complaint| complaint.argument == 1));
    }
}
