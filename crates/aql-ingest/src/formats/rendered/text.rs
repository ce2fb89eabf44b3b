//! A rendered text, and what may stand at a place of it.

use super::{Found, Label};

/// A rendered text.
#[derive(Clone, Copy)]
pub(super) struct Text<'t> {
    /// The text.
    pub text: &'t str,
    has_lines: bool,
}

impl<'t> Text<'t> {
    /// Of this text.
    pub(super) fn new(text: &'t str) -> Self {
        Text { text, has_lines: memchr::memchr(b'\n', text.as_bytes()).is_some() }
    }

    /// What stands from here to there.
    pub(super) fn slice(self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end).unwrap_or_default()
    }

    /// Can a label start here?
    pub(super) fn is_boundary(self, at: usize) -> bool {
        let bytes = self.text.as_bytes().get(..at).unwrap_or_default();
        if self.has_lines {
            let before = bytes.iter().rev().find(|b| !matches!(b, b' ' | b'\t'));
            return before.is_none_or(|b| *b == b'\n');
        }
        match bytes.last() {
            None => true,
            Some(last) if last.is_ascii() => char::from(*last).is_whitespace(),
            Some(_) => self.slice(0, at).ends_with(char::is_whitespace),
        }
    }

    /// Does the text end here, or go on with a blank?
    pub(super) fn is_blank(self, at: usize) -> bool {
        match self.text.as_bytes().get(at) {
            None => true,
            Some(byte) if byte.is_ascii() => char::from(*byte).is_whitespace(),
            Some(_) => self.slice(at, self.text.len()).starts_with(char::is_whitespace),
        }
    }

    /// Reads a label that starts here: where its value starts, and the digits in it.
    pub(super) fn label_at(self, at: usize, label: &Label) -> Option<(usize, Vec<&'t str>)> {
        if !self.is_boundary(at) {
            return None;
        }
        let rest = self.text.get(at..)?;
        let mut left = rest;
        let mut numbers = Vec::new();
        for (index, part) in label.text.split('#').enumerate() {
            if index > 0 {
                let digits = left.bytes().take_while(u8::is_ascii_digit).count();
                if digits == 0 {
                    return None;
                }
                let (number, after) = left.split_at(digits);
                numbers.push(number);
                left = after;
            }
            left = left.strip_prefix(part)?;
        }
        if label.colon {
            left = left.strip_prefix(':')?;
        }
        let is_label = label.colon || label.text.ends_with(':');
        if is_label && !(left.is_empty() || left.starts_with(char::is_whitespace)) {
            return None;
        }
        Some((at + rest.len() - left.len(), numbers))
    }

    /// The value between two labels. Where lines are kept it ends before an empty line, and before
    /// one that begins with a label that nobody knows.
    pub(super) fn value(self, start: usize, end: usize) -> &'t str {
        let text = self.slice(start, end);
        if !self.has_lines {
            return text.trim();
        }
        let mut length = 0;
        for (index, line) in text.split_inclusive('\n').enumerate() {
            if index > 0 && (line.trim().is_empty() || pair(line).is_some()) {
                break;
            }
            length += line.len();
        }
        text.get(..length).unwrap_or_default().trim()
    }

    /// Names and values of lines, if it has several.
    pub(super) fn lines(self) -> Vec<Found<'t>> {
        let lines = self.text.lines().filter(|_| self.has_lines);
        lines.filter_map(pair).filter(|(_, value)| !value.is_empty()).collect()
    }
}

/// Longest label that is believed to be one.
const MAX_LABEL: usize = 64;

/// A line of a label and its value.
pub(super) fn pair(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.trim().split_once(':')?;
    let is_name = name.len() <= MAX_LABEL
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_alphanumeric() || " ()-/_".contains(c))
        && (value.is_empty() || value.starts_with(char::is_whitespace));
    is_name.then(|| (name, value.trim()))
}
