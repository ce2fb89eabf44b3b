//! Records that are built like one before: the same keys in the same places.
//!
//! Most lines of a log differ in their values only. [`Shapes`] keeps what stands between the values
//! of the records that it has seen (braces, keys, colons, quotes), as a tree, since records that
//! begin alike often go on in one of a few ways. A record that fits a branch has the nodes of that
//! branch: only its values are looked at. What does not fit is parsed, and then remembered.

use std::num::NonZeroU32;

use super::parse::{JsonError, bare_value, parse_whole};
use super::strings::Strings;
use super::{Kind, NO_KEY, Node};

/// Longer records are not remembered.
const MAX_TEXT: usize = 64 << 10;
/// Records with more values are not remembered.
const MAX_VALUES: usize = 512;
/// Ways to go on from one place.
const MAX_BRANCHES: usize = 24;
/// Steps and bytes after which all is forgotten.
const MAX_STEPS: usize = 1 << 14;
const MAX_BYTES: usize = 1 << 20;
/// Records that are tried before it is asked whether it is worth it.
const TRIED: u32 = 2048;

/// No step.
const NONE: u32 = u32::MAX;

/// Remembers how records are built.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    steps: Vec<Step>,
    /// What stands in front of the values.
    gaps: Vec<u8>,
    ops: Vec<Op>,
    /// Of the tree's root.
    first: Option<u32>,
    tried: u32,
    fitted: u32,
    is_off: bool,
    /// Shapes that were forgotten have lower numbers.
    base: u32,
}

/// Identifies records of which every value has its node in the same place and under the same keys;
/// also which values are texts. Never used again for others while the [`Shapes`] live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ShapeId(NonZeroU32);

/// A value, or the end, and what stands in front of it behind the value before.
#[derive(Clone, Copy, Debug)]
struct Step {
    gap: (u32, u32),
    ops: (u32, u32),
    value: Next,
    key: Key,
    /// The steps that may follow, and that may stand in the place of this one.
    first: u32,
    sibling: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Text,
    /// A number, `true`, `false` or `null`.
    Bare,
    End,
}

/// Where a key is, counted from the start of the gap; that of an element is [`NO_KEY`].
#[derive(Clone, Copy, Debug)]
struct Key {
    span: (u32, u32),
    escaped: bool,
}

/// What a gap does to the containers; places are counted from its start.
#[derive(Clone, Copy, Debug)]
enum Op {
    Open { kind: Kind, key: Key, at: u32 },
    Close { node: u32, behind: u32, next: u32 },
}

impl Shapes {
    /// Does what [`parse_whole`] does; gives the shape of the record, if it is remembered.
    ///
    /// # Errors
    ///
    /// The first fault, with its offset.
    pub(crate) fn parse_whole(
        &mut self,
        text: &str,
        nodes: &mut Vec<Node>,
        max_depth: usize,
    ) -> Result<Option<ShapeId>, JsonError> {
        if self.is_off || text.len() > MAX_TEXT {
            return parse_whole(text, nodes, max_depth).map(|()| None);
        }
        self.tried += 1;
        if let Some(end) = self.fit(text.as_bytes(), nodes) {
            self.fitted += 1;
            return Ok(self.shape(end));
        }
        if self.tried > TRIED {
            self.is_off = self.fitted < self.tried / 2;
            (self.tried, self.fitted) = (0, 0);
        }
        parse_whole(text, nodes, max_depth)?;
        let end = self.learn(text.as_bytes(), nodes);
        Ok(end.and_then(|end| self.shape(end)))
    }

    fn shape(&self, end: u32) -> Option<ShapeId> {
        NonZeroU32::new(self.base.checked_add(end)?.checked_add(1)?).map(ShapeId)
    }

    /// Follows a branch to its end, whose step is returned.
    fn fit(&self, text: &[u8], nodes: &mut Vec<Node>) -> Option<u32> {
        nodes.clear();
        let mut strings = Strings::unread(text);
        let mut pos = 0;
        let mut branches = self.first?;
        loop {
            let rest = text.get(pos..)?;
            let mut at = branches;
            let (number, step, length) = loop {
                let step = self.steps.get(at as usize)?;
                let gap = self.gaps.get(step.gap.0 as usize..step.gap.1 as usize)?;
                if rest.starts_with(gap) && goes_on(step.value, rest.get(gap.len()).copied()) {
                    break (at, step, gap.len());
                }
                at = step.sibling;
            };
            // Positions fit: texts are short.
            let base = pos as u32;
            for op in self.ops.get(step.ops.0 as usize..step.ops.1 as usize)? {
                match *op {
                    Op::Open { kind, key, at } => {
                        nodes.push(node(kind, key, base, (base + at, base + at), NONE));
                    }
                    Op::Close { node, behind, next } => {
                        let node = nodes.get_mut(node as usize)?;
                        node.span.1 = base + behind;
                        node.next = next;
                    }
                }
            }
            pos += length;
            let (kind, end) = match step.value {
                Next::End => return Some(number),
                Next::Text => (Kind::Text, strings.end_from(pos)?),
                Next::Bare => bare_value(text, pos)?,
            };
            let next = nodes.len() as u32 + 1;
            nodes.push(node(kind, step.key, base, (pos as u32, end as u32), next));
            pos = end;
            branches = step.first;
        }
    }

    /// Remembers how a record is built that was parsed; gives its last step.
    fn learn(&mut self, text: &[u8], nodes: &[Node]) -> Option<u32> {
        let is_container = |node: &Node| matches!(node.kind, Kind::Object | Kind::Array);
        if nodes.len() > MAX_VALUES || !nodes.first().is_some_and(is_container) {
            return None;
        }
        if self.steps.len() > MAX_STEPS || self.gaps.len() > MAX_BYTES {
            let Shapes { tried, fitted, .. } = *self;
            // At its end, after all was forgotten some 200,000 times, records have no shape.
            let base = self.base.saturating_add(self.steps.len() as u32 + 1);
            *self = Shapes { tried, fitted, base, ..Shapes::default() };
        }
        let mut parent = None;
        let mut open: Vec<u32> = Vec::new();
        let mut ops = Vec::new();
        let mut base = 0;
        for (index, node) in (0..).zip(nodes) {
            close(&mut open, &mut ops, nodes, base, index);
            let key = match node.key {
                (NO_KEY, _) => Key { span: (NO_KEY, 0), escaped: false },
                (start, end) => Key { span: (start - base, end - base), escaped: node.key_escaped },
            };
            if is_container(node) {
                ops.push(Op::Open { kind: node.kind, key, at: node.span.0 - base });
                open.push(index);
                continue;
            }
            let value = if node.kind == Kind::Text { Next::Text } else { Next::Bare };
            let gap = text.get(base as usize..node.span.0 as usize).unwrap_or_default();
            parent = Some(self.step(parent, gap, value, key, &ops)?);
            ops.clear();
            base = node.span.1;
        }
        close(&mut open, &mut ops, nodes, base, NONE);
        let gap = text.get(base as usize..).unwrap_or_default();
        let key = Key { span: (NO_KEY, 0), escaped: false };
        self.step(parent, gap, Next::End, key, &ops)
    }

    /// The step that follows `parent` so, which is made if there is none yet and room for it.
    fn step(
        &mut self,
        parent: Option<u32>,
        gap: &[u8],
        value: Next,
        key: Key,
        ops: &[Op],
    ) -> Option<u32> {
        let mut at = match parent {
            Some(parent) => self.steps.get(parent as usize)?.first,
            None => self.first.unwrap_or(NONE),
        };
        let mut branches = 0;
        let first = at;
        while let Some(step) = self.steps.get(at as usize) {
            if step.value == value
                && self.gaps.get(step.gap.0 as usize..step.gap.1 as usize) == Some(gap)
            {
                return Some(at);
            }
            at = step.sibling;
            branches += 1;
        }
        if branches >= MAX_BRANCHES {
            return None;
        }
        // All of these are bounded.
        let made = self.steps.len() as u32;
        let begins = (self.gaps.len() as u32, self.ops.len() as u32);
        self.gaps.extend_from_slice(gap);
        self.ops.extend_from_slice(ops);
        self.steps.push(Step {
            gap: (begins.0, self.gaps.len() as u32),
            ops: (begins.1, self.ops.len() as u32),
            value,
            key,
            first: NONE,
            sibling: first,
        });
        match parent.and_then(|parent| self.steps.get_mut(parent as usize)) {
            Some(parent) => parent.first = made,
            None => self.first = Some(made),
        }
        Some(made)
    }
}

/// Closes the containers that the node of this number stands behind.
fn close(open: &mut Vec<u32>, ops: &mut Vec<Op>, nodes: &[Node], base: u32, number: u32) {
    while let Some(container) = open.last().and_then(|node| nodes.get(*node as usize))
        && container.next <= number
        && let Some(node) = open.pop()
    {
        let behind = container.span.1 - base;
        ops.push(Op::Close { node, behind, next: container.next });
    }
}

fn node(kind: Kind, key: Key, base: u32, span: (u32, u32), next: u32) -> Node {
    let of_key = match key.span {
        (NO_KEY, _) => (NO_KEY, 0),
        (start, end) => (base + start, base + end),
    };
    Node { kind, key_escaped: key.escaped, key: of_key, span, next }
}

/// Does it go on so behind a gap? A gap may be how a longer one begins.
fn goes_on(value: Next, byte: Option<u8>) -> bool {
    match value {
        Next::Text => true,
        Next::Bare => matches!(byte, Some(b'-' | b'0'..=b'9' | b't' | b'f' | b'n')),
        Next::End => byte.is_none(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{NONE, Shapes, parse_whole};

    /// Text with few keys and shapes, so that records fit those before; some of it is no JSON.
    fn record() -> impl Strategy<Value = String> {
        let value = prop_oneof![
            Just("1".to_owned()),
            Just("-2.5e3".to_owned()),
            Just("true".to_owned()),
            Just("null".to_owned()),
            Just("tru".to_owned()),
            Just("{}".to_owned()),
            Just("[]".to_owned()),
            Just("1 ".to_owned()),
            r#"[a"\\,:{}é]{0,4}"#.prop_map(|text| format!("\"{text}\"")),
            "[a-c]{0,90}".prop_map(|text| format!("\"{text}\"")),
        ];
        let value = value.prop_recursive(3, 12, 3, |inner| {
            let member = (prop_oneof![Just("a"), Just("b"), Just(r#"\u0061"#)], inner.clone());
            prop_oneof![
                prop::collection::vec(member, 0..4).prop_map(|members| {
                    let members = members.iter().map(|(key, value)| format!("\"{key}\":{value}"));
                    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
                }),
                prop::collection::vec(inner, 0..3)
                    .prop_map(|items| format!("[{}]", items.join(", "))),
            ]
        });
        (value, prop_oneof![Just(""), Just(" "), Just("x")])
            .prop_map(|(value, behind)| format!("{{\"k\":{value}}}{behind}"))
    }

    proptest! {
        #[test]
        fn gives_what_parsing_gives(
            records in prop::collection::vec(record(), 1..24),
            again in any::<bool>(),
        ) {
            let mut shapes = Shapes::default();
            for record in records.iter().chain(records.iter().filter(|_| again)) {
                let (mut nodes, mut expected) = (Vec::new(), Vec::new());
                let result = shapes.parse_whole(record, &mut nodes, 4);
                prop_assert_eq!(result.map(|_| ()), parse_whole(record, &mut expected, 4));
                if result.is_ok() {
                    prop_assert_eq!(format!("{nodes:?}"), format!("{expected:?}"), "{}", record);
                }
            }
        }
    }

    #[test]
    fn records_like_one_before_fit() {
        let mut shapes = Shapes::default();
        let mut nodes = Vec::new();
        let first = r#"{"a":"x","b":{"c":[1,{"d":null}]},"e":{}}"#;
        assert_eq!(shapes.fit(first.as_bytes(), &mut nodes), None);
        let shape = shapes.parse_whole(first, &mut nodes, 8).expect("JSON");
        assert!(shape.is_some());
        for alike in
            [first, r#"{"a":"a longer text with \" and \\","b":{"c":[-1.5,{"d":true}]},"e":{}}"#]
        {
            assert!(shapes.fit(alike.as_bytes(), &mut nodes).is_some(), "{alike}");
            assert_eq!(shapes.parse_whole(alike, &mut nodes, 8), Ok(shape), "{alike}");
        }
        for other in [
            r#"{"a":1,"b":{"c":[1,{"d":null}]},"e":{}}"#,
            r#"{"a":"x","b":{"c":[1,{"d":"null"}]},"e":{}}"#,
            r#"{"a":"x","b":{"c":[1,{"d":nul}]},"e":{}}"#,
            r#"{"a":"x","b":{"c":[1,{"d":null}]},"e":{}} "#,
            r#"{"a":"x","b":{"c":[1,{"d":null}]},"e":{}"#,
            r#"{"a":"x"#,
        ] {
            assert_eq!(shapes.fit(other.as_bytes(), &mut nodes), None, "{other}");
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut shapes = Shapes::default();
        let mut nodes = Vec::new();
        for number in 0..100_000_u32 {
            let text = format!("{{\"a\":1,\"k{number}\":[{{\"k{}\":1}}]}}", number / 7);
            shapes.parse_whole(&text, &mut nodes, 8).expect("JSON");
            // It does not pay, which is noticed; but if it were not.
            assert_eq!(shapes.is_off, number == super::TRIED, "{number}");
            shapes.is_off = false;
            shapes.tried = shapes.tried.min(1);
            if number < super::TRIED {
                shapes.tried = number + 1;
            }
        }
        assert!(shapes.steps.len() <= super::MAX_STEPS + super::MAX_VALUES);
        assert!(shapes.first.is_some_and(|first| first != NONE));
    }
}
