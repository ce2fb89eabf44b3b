//! Records as XML text.
//!
//! A template's XML is the same for all its instances but for the values, so it is prepared once
//! as [`Outline`]: literal pieces with values between. Records without a template, and those
//! whose arrays repeat elements, are written step by step from their programs.

use super::decoder::View;
use super::error::Error;
use super::program::{NO_DEPENDENCY, Op, Program};
use super::text;
use super::value::{self, Value};

/// Largest text of one record. Real ones take some kilobytes, and a chunk's 64 KiB can hold no
/// more than this; but a crafted record can place a value many times over, at every level of
/// nesting.
pub(super) const MAX_TEXT: usize = 2 << 20;

/// Most steps and elements written for one record, for those that write nothing.
const MAX_STEPS: usize = 1 << 18;

/// Deepest nesting of elements, through all fragments.
const MAX_DEPTH: usize = 160;

/// Appends the record in `view`, which starts at `offset` of its chunk.
pub(super) fn write(view: View<'_>, offset: usize, out: &mut String) -> Result<(), Error> {
    let limit = out.len().saturating_add(MAX_TEXT);
    let mut writer = Writer { view, offset, out, limit, steps: MAX_STEPS, chosen: Vec::new() };
    writer.frag(0, 0)
}

struct Writer<'a, 'o> {
    view: View<'a>,
    offset: usize,
    out: &'o mut String,
    limit: usize,
    steps: usize,
    /// The item that stands for an array, by fragment and step: the element that holds the array
    /// is written once for each.
    chosen: Vec<(u32, u32, Value<'a>)>,
}

impl<'a> Writer<'a, '_> {
    fn frag(&mut self, frag: u32, depth: usize) -> Result<(), Error> {
        if let Some(outline) = self.view.outline(frag)
            && !self.view.has_arrays(frag)
        {
            return self.outline(frag, outline, depth);
        }
        let Some(program) = self.view.program(frag) else {
            return Ok(());
        };
        self.nodes(frag, program, 0, program.ops().len() as u32, true, depth)
    }

    fn outline(&mut self, frag: u32, outline: &'a Outline, depth: usize) -> Result<(), Error> {
        self.check_depth(depth)?;
        let mut at = 0;
        while let Some(piece) = outline.pieces.get(at) {
            self.step()?;
            at += 1;
            match *piece {
                Piece::Literal(start, end) => self.out.push_str(outline.text(start, end)),
                Piece::Value(index) => match self.view.nested(frag, index) {
                    Some(nested) => self.frag(nested, depth + 1)?,
                    None => push_value(self.view.value(frag, index), false, self.out),
                },
                Piece::AttributePart(index) => {
                    push_value(self.view.value(frag, index), true, self.out);
                }
                Piece::Attribute(index, start, end) => {
                    let before = self.out.len();
                    self.out.push_str(outline.text(start, end));
                    let value = self.out.len();
                    push_value(self.view.value(frag, index), true, self.out);
                    if self.out.len() == value {
                        self.out.truncate(before);
                    } else {
                        self.out.push('"');
                    }
                }
                Piece::Optional(index, after) => {
                    if self.view.is_left_out(frag, index) {
                        at = at.max(after as usize);
                    }
                }
            }
        }
        Ok(())
    }

    fn check_depth(&self, depth: usize) -> Result<(), Error> {
        if depth > MAX_DEPTH {
            let offset = self.offset as u64;
            return Err(Error::Depth { what: "an element", offset, limit: MAX_DEPTH });
        }
        Ok(())
    }

    /// Writes the steps from `at` up to `end`.
    fn nodes(
        &mut self,
        frag: u32,
        program: &'a Program,
        mut at: u32,
        end: u32,
        is_root: bool,
        depth: usize,
    ) -> Result<(), Error> {
        self.check_depth(depth)?;
        while at < end
            && let Some(op) = program.ops().get(at as usize)
        {
            self.step()?;
            match *op {
                Op::Open { close, dependency, .. } => {
                    let left_out = !is_root
                        && dependency != NO_DEPENDENCY
                        && self.view.is_left_out(frag, dependency);
                    if left_out {
                    } else if !is_root && self.view.has_arrays(frag) {
                        self.repeated(frag, program, at, depth)?;
                    } else {
                        self.element(frag, program, at, depth)?;
                    }
                    at = close.max(at);
                }
                Op::Value { index } => match self.view.nested(frag, index) {
                    Some(nested) => self.frag(nested, depth + 1)?,
                    None => self.value(frag, at, index, false),
                },
                Op::PiTarget(_) => at += push_instruction(program, at, self.out),
                _ => push_literal(program, *op, false, self.out),
            }
            at += 1;
        }
        Ok(())
    }

    fn step(&mut self) -> Result<(), Error> {
        match self.steps.checked_sub(1) {
            Some(left) if self.out.len() <= self.limit => self.steps = left,
            _ => {
                let (what, offset) = ("xml of a record", self.offset as u64);
                return Err(Error::Limit { what, offset, limit: MAX_TEXT });
            }
        }
        Ok(())
    }

    /// Writes the element once, or once for each item of the first array in its content or
    /// attributes that has several.
    fn repeated(
        &mut self,
        frag: u32,
        program: &'a Program,
        at: u32,
        depth: usize,
    ) -> Result<(), Error> {
        let Some((place, array)) = self.first_array(frag, program, at) else {
            return self.element(frag, program, at, depth);
        };
        let mut result = Ok(());
        array.for_each_item(|item| {
            self.chosen.push((frag, place, item));
            result = self.step().and_then(|()| self.repeated(frag, program, at, depth));
            self.chosen.pop();
            result.is_ok()
        });
        result
    }

    /// The first array with several items that no item was chosen for, and the step it is at.
    fn first_array(&self, frag: u32, program: &Program, at: u32) -> Option<(u32, Value<'a>)> {
        let &Op::Open { content, close, .. } = program.ops().get(at as usize)? else {
            return None;
        };
        let array_at = |place: u32| {
            let Some(&Op::Value { index }) = program.ops().get(place as usize) else {
                return None;
            };
            let value = self.view.value(frag, index)?;
            let open =
                value.is_array() && self.item_at(frag, place).is_none() && value.item_count() > 1;
            open.then_some((place, value))
        };
        let mut place = content;
        while place < close {
            if let Some(found) = array_at(place) {
                return Some(found);
            }
            // Arrays in child elements repeat those.
            place = match program.ops().get(place as usize) {
                Some(Op::Open { close, .. }) => (*close).max(place) + 1,
                _ => place + 1,
            };
        }
        (at + 1..content).find_map(array_at)
    }

    fn item_at(&self, frag: u32, place: u32) -> Option<Value<'a>> {
        let chosen = self.chosen.iter().rev();
        chosen.into_iter().find(|(f, p, _)| (*f, *p) == (frag, place)).map(|(.., item)| *item)
    }

    fn element(
        &mut self,
        frag: u32,
        program: &'a Program,
        at: u32,
        depth: usize,
    ) -> Result<(), Error> {
        let Some(&Op::Open { name, content, close, .. }) = program.ops().get(at as usize) else {
            return Ok(());
        };
        let name = program.text(name);
        self.out.push('<');
        self.out.push_str(name);
        let mut next = at + 1;
        while next < content
            && let Some(&Op::Attribute { name, end }) = program.ops().get(next as usize)
        {
            self.attribute(frag, program, program.text(name), next + 1, end)?;
            next = end.max(next + 1);
        }
        let closed_empty =
            matches!(program.ops().get(close as usize), Some(Op::Close { empty: true }));
        if closed_empty && content == close {
            self.out.push_str("/>");
            return Ok(());
        }
        self.out.push('>');
        self.nodes(frag, program, content, close, false, depth + 1)?;
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
        Ok(())
    }

    /// Writes an attribute unless its value is empty.
    fn attribute(
        &mut self,
        frag: u32,
        program: &'a Program,
        name: &str,
        start: u32,
        end: u32,
    ) -> Result<(), Error> {
        let before = self.out.len();
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        let value = self.out.len();
        for at in start..end {
            self.step()?;
            match program.ops().get(at as usize) {
                Some(&Op::Value { index }) => self.value(frag, at, index, true),
                Some(op) => push_literal(program, *op, true, self.out),
                None => break,
            }
        }
        if self.out.len() == value {
            self.out.truncate(before);
        } else {
            self.out.push('"');
        }
        Ok(())
    }

    fn value(&mut self, frag: u32, at: u32, index: u16, in_attribute: bool) {
        let item = self.item_at(frag, at);
        push_value(item.or_else(|| self.view.value(frag, index)), in_attribute, self.out);
    }
}

fn push_value(value: Option<Value<'_>>, in_attribute: bool, out: &mut String) {
    let Some(value) = value else {
        return;
    };
    let start = out.len();
    value.write_text(out);
    if value.is_text() {
        text::escape_from(out, start, in_attribute);
    }
}

/// Appends constant content, or a constant part of an attribute's value.
fn push_literal(program: &Program, op: Op, in_attribute: bool, out: &mut String) {
    match op {
        Op::CData(span) if !in_attribute => {
            out.push_str("<![CDATA[");
            // The end of a section inside it is split over two.
            out.push_str(&program.text(span).replace("]]>", "]]]]><![CDATA[>"));
            out.push_str("]]>");
        }
        Op::Text(span) | Op::CData(span) => {
            text::push_escaped(out, program.text(span), in_attribute);
        }
        Op::Entity(name) => {
            out.push('&');
            out.push_str(program.text(name));
            out.push(';');
        }
        Op::Character(number) => {
            out.push_str("&#");
            value::push_uint(out, u64::from(number));
            out.push(';');
        }
        _ => {}
    }
}

/// Appends the processing instruction at a step, and returns how many steps more than one it
/// takes.
fn push_instruction(program: &Program, at: u32, out: &mut String) -> u32 {
    let Some(Op::PiTarget(name)) = program.ops().get(at as usize) else {
        return 0;
    };
    out.push_str("<?");
    out.push_str(program.text(*name));
    let data = match program.ops().get(at as usize + 1) {
        Some(Op::PiData(data)) => {
            out.push(' ');
            out.push_str(&program.text(*data).replace("?>", "? >"));
            1
        }
        _ => 0,
    };
    out.push_str("?>");
    data
}

/// A piece of an [`Outline`]. Ranges are of its text.
#[derive(Debug, Clone, Copy)]
enum Piece {
    Literal(u32, u32),
    /// A value as content: text, or a nested fragment.
    Value(u16),
    /// A value inside an attribute that is written in any case.
    AttributePart(u16),
    /// An attribute that is nothing but a value, and left out when that is empty: the value and
    /// the text before it.
    Attribute(u16, u32, u32),
    /// Skips the pieces before the given one when the value is NULL.
    Optional(u16, u32),
}

/// A template's XML, ready for its values.
#[derive(Debug, Default)]
pub(super) struct Outline {
    pieces: Vec<Piece>,
    text: String,
    /// Where the literal being collected starts.
    literal: usize,
}

impl Outline {
    /// Prepares a template. `None` for the few whose attributes are made of several values.
    pub(super) fn build(program: &Program) -> Option<Outline> {
        let mut outline = Outline::default();
        outline.nodes(program, 0, program.ops().len() as u32, true)?;
        outline.flush();
        outline.text.shrink_to_fit();
        outline.pieces.shrink_to_fit();
        Some(outline)
    }

    fn text(&self, start: u32, end: u32) -> &str {
        self.text.get(start as usize..end as usize).unwrap_or_default()
    }

    fn flush(&mut self) {
        if self.text.len() > self.literal {
            self.pieces.push(Piece::Literal(self.literal as u32, self.text.len() as u32));
            self.literal = self.text.len();
        }
    }

    fn nodes(&mut self, program: &Program, mut at: u32, end: u32, is_root: bool) -> Option<()> {
        while at < end {
            match *program.ops().get(at as usize)? {
                Op::Open { close, dependency, .. } => {
                    if is_root || dependency == NO_DEPENDENCY {
                        self.element(program, at)?;
                    } else {
                        self.flush();
                        let guard = self.pieces.len();
                        self.pieces.push(Piece::Optional(dependency, 0));
                        self.element(program, at)?;
                        self.flush();
                        let after = self.pieces.len() as u32;
                        *self.pieces.get_mut(guard)? = Piece::Optional(dependency, after);
                    }
                    at = close.max(at);
                }
                Op::Value { index } => {
                    self.flush();
                    self.pieces.push(Piece::Value(index));
                }
                Op::PiTarget(_) => at += push_instruction(program, at, &mut self.text),
                op => push_literal(program, op, false, &mut self.text),
            }
            at += 1;
        }
        Some(())
    }

    fn element(&mut self, program: &Program, at: u32) -> Option<()> {
        let Op::Open { name, content, close, .. } = *program.ops().get(at as usize)? else {
            return None;
        };
        let name = program.text(name);
        self.text.push('<');
        self.text.push_str(name);
        let mut next = at + 1;
        while next < content {
            let Op::Attribute { name, end } = *program.ops().get(next as usize)? else {
                return None;
            };
            let parts = program.ops().get(next as usize + 1..end as usize)?;
            self.attribute(program, program.text(name), parts)?;
            next = end.max(next + 1);
        }
        let empty = matches!(program.ops().get(close as usize)?, Op::Close { empty: true });
        if empty && content == close {
            self.text.push_str("/>");
            return Some(());
        }
        self.text.push('>');
        self.nodes(program, content, close, false)?;
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push('>');
        Some(())
    }

    fn attribute(&mut self, program: &Program, name: &str, parts: &[Op]) -> Option<()> {
        let mut constant = String::new();
        for op in parts {
            push_literal(program, *op, true, &mut constant);
        }
        let values = parts.iter().filter(|op| matches!(op, Op::Value { .. })).count();
        match (constant.is_empty(), values) {
            (true, 0) => return Some(()),
            (true, 1) => {
                let index = parts.iter().find_map(|op| match op {
                    Op::Value { index } => Some(*index),
                    _ => None,
                })?;
                self.flush();
                let start = self.text.len();
                self.text.push(' ');
                self.text.push_str(name);
                self.text.push_str("=\"");
                self.literal = self.text.len();
                self.pieces.push(Piece::Attribute(index, start as u32, self.literal as u32));
                return Some(());
            }
            (true, _) => return None,
            (false, _) => {}
        }
        self.text.push(' ');
        self.text.push_str(name);
        self.text.push_str("=\"");
        for op in parts {
            match *op {
                Op::Value { index } => {
                    self.flush();
                    self.pieces.push(Piece::AttributePart(index));
                }
                op => push_literal(program, op, true, &mut self.text),
            }
        }
        self.text.push('"');
        Some(())
    }
}
