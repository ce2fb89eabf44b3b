//! JSON values without a line of their own.

use memchr::memchr2;

use super::{Framer, Scan};
use crate::json::is_blank;

/// What a member of an object that wraps records may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Member {
    /// The array of records.
    Records,
    /// An object that wraps the records in its turn.
    Inside,
    /// Something about the records.
    Beside,
}

/// What a key means in an object inside so many others that wrap records; nothing if such an
/// object has no member of that name.
pub(crate) type Wrapper = fn(usize, &str) -> Option<Member>;

/// JSON values one after the other, and the elements of top-level arrays.
#[derive(Debug, Default)]
pub(crate) struct JsonValues {
    in_array: bool,
    /// A value is being scanned.
    inside: Option<usize>,
    scanned: usize,
    depth: usize,
    in_string: bool,
    /// An escape is cut by the end of the window.
    escape: bool,
    scalar: bool,
    /// A value was just read: a comma may follow.
    behind_value: bool,
    /// Which objects wrap records.
    wrappers: &'static [Wrapper],
    /// How many objects around the array were opened.
    opened: usize,
    /// The array of an opened object has ended; the object has not.
    in_tail: bool,
}

impl JsonValues {
    /// Values; objects too long for a record are opened if their keys say that they wrap records.
    pub(crate) fn of_wrappers(wrappers: &'static [Wrapper]) -> Self {
        JsonValues { wrappers, ..JsonValues::default() }
    }

    fn begin(&mut self, window: &[u8], ended: bool) -> Option<Scan> {
        let mut at = self.scanned;
        loop {
            let Some(&byte) = window.get(at) else {
                self.scanned = at;
                if !ended {
                    return Some(Scan::More);
                }
                let is_cut = self.in_array;
                self.in_array = false;
                return Some(if is_cut {
                    Scan::Record { start: at, end: at, next: at, cut: true }
                } else {
                    Scan::End
                });
            };
            match byte {
                b if is_blank(b) => at += 1,
                b',' if self.behind_value => {
                    self.behind_value = false;
                    at += 1;
                }
                b']' if self.in_array && self.opened > 0 => {
                    // The rest of the objects is scanned as what is open.
                    self.in_array = false;
                    self.in_tail = true;
                    self.inside = Some(at + 1);
                    self.scanned = at + 1;
                    self.depth = std::mem::take(&mut self.opened);
                    self.in_string = false;
                    self.escape = false;
                    self.scalar = false;
                    return None;
                }
                b']' if self.in_array => {
                    self.in_array = false;
                    self.behind_value = true;
                    at += 1;
                }
                b'[' if !self.in_array => {
                    self.in_array = true;
                    self.behind_value = false;
                    at += 1;
                }
                b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n'
                    if !(self.in_array && self.behind_value) =>
                {
                    self.inside = Some(at);
                    self.scanned = at;
                    self.depth = 0;
                    self.in_string = false;
                    self.escape = false;
                    self.scalar = !matches!(byte, b'{' | b'[' | b'"');
                    return None;
                }
                _ => {
                    let expected =
                        if self.in_array { "`,` or `]`" } else { "a JSON object or array" };
                    return Some(Scan::Broken { at, expected });
                }
            }
        }
    }

    fn finish(&mut self, start: usize, end: usize, cut: bool) -> Scan {
        self.inside = None;
        self.scanned = 0;
        self.behind_value = true;
        if std::mem::take(&mut self.in_tail) && !cut {
            return Scan::Tail { start, end };
        }
        // A tail that is cut has lost no record, but the object did not end.
        Scan::Record { start, end, next: end, cut }
    }
}

impl Framer for JsonValues {
    fn scan(&mut self, window: &[u8], ended: bool) -> Scan {
        if self.inside.is_none()
            && let Some(scan) = self.begin(window, ended)
        {
            return scan;
        }
        let start = self.inside.unwrap_or(0);
        let mut at = self.scanned;
        loop {
            if self.escape {
                if at >= window.len() {
                    break;
                }
                self.escape = false;
                at += 1;
            }
            let rest = window.get(at..).unwrap_or_default();
            if self.in_string {
                let Some(found) = memchr2(b'"', b'\\', rest) else {
                    at = window.len();
                    break;
                };
                at += found + 1;
                if rest.get(found) == Some(&b'\\') {
                    self.escape = true;
                } else {
                    self.in_string = false;
                    if self.depth == 0 {
                        return self.finish(start, at, false);
                    }
                }
                continue;
            }
            let found = if self.scalar {
                rest.iter().position(|b| matches!(b, b',' | b']' | b'}') || is_blank(*b))
            } else {
                rest.iter().position(|b| matches!(b, b'"' | b'{' | b'}' | b'[' | b']'))
            };
            let Some(found) = found else {
                at = window.len();
                break;
            };
            at += found;
            if self.scalar {
                return self.finish(start, at, false);
            }
            match window.get(at) {
                Some(b'"') => self.in_string = true,
                Some(b'{' | b'[') => self.depth += 1,
                _ => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return self.finish(start, at + 1, false);
                    }
                }
            }
            at += 1;
        }
        self.scanned = at;
        if ended {
            let cut = !self.scalar;
            self.in_array = false;
            return self.finish(start, window.len(), cut);
        }
        Scan::More
    }

    fn scanned(&self) -> usize {
        self.scanned
    }

    fn forget(&mut self, bytes: usize) {
        self.scanned -= bytes.min(self.scanned);
        self.inside = self.inside.map(|start| start.saturating_sub(bytes));
    }

    fn started(&self) -> Option<usize> {
        self.inside
    }

    fn open(&mut self, window: &[u8], start: usize) -> bool {
        if self.in_array || self.in_tail {
            return false;
        }
        let object = window.get(start..).unwrap_or_default();
        if object.first() != Some(&b'{') {
            return false;
        }
        let found = self.wrappers.iter().find_map(|wrapper| array_of(object, *wrapper));
        let Some((array, opened)) = found else { return false };
        *self = JsonValues {
            in_array: true,
            opened,
            scanned: start + array,
            wrappers: self.wrappers,
            ..JsonValues::default()
        };
        true
    }
}

/// Where the first element of the array is that an object wraps, and how many objects are around
/// it, if only members about it come first and the element is an object.
fn array_of(object: &[u8], wrapper: Wrapper) -> Option<(usize, usize)> {
    let blanks = |at: usize| {
        let rest = object.get(at..)?;
        Some(at + rest.iter().take_while(|b| is_blank(**b)).count())
    };
    let mut depth = 0;
    let mut at = blanks(1)?;
    loop {
        let end = value_end(object, at)?;
        let key = object.get(at..end)?.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
        let member = wrapper(depth, std::str::from_utf8(key).ok()?)?;
        at = blanks(end)?;
        if object.get(at) != Some(&b':') {
            return None;
        }
        at = blanks(at + 1)?;
        match member {
            Member::Records => {
                let first = blanks(at + 1)?;
                let is_wrapped = object.get(at) == Some(&b'[') && object.get(first) == Some(&b'{');
                return is_wrapped.then_some((at + 1, depth + 1));
            }
            Member::Inside => {
                if object.get(at) != Some(&b'{') {
                    return None;
                }
                depth += 1;
                at = blanks(at + 1)?;
            }
            Member::Beside => {
                at = blanks(value_end(object, at)?)?;
                if object.get(at) != Some(&b',') {
                    return None;
                }
                at = blanks(at + 1)?;
            }
        }
    }
}

/// One past the end of the value that starts here.
fn value_end(text: &[u8], start: usize) -> Option<usize> {
    let rest = text.get(start..)?;
    if rest.first() == Some(&b'[') {
        return array_end(rest).map(|end| start + end);
    }
    match JsonValues::default().scan(rest, false) {
        Scan::Record { start: 0, end, .. } => Some(start + end),
        _ => None,
    }
}

/// One past the end of an array.
fn array_end(text: &[u8]) -> Option<usize> {
    let mut depth = 0usize;
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'"' => {
                let rest = text.get(at..)?;
                match JsonValues::default().scan(rest, false) {
                    Scan::Record { end, .. } => at += end,
                    _ => return None,
                }
                continue;
            }
            b'[' | b'{' => depth += 1,
            b']' | b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ if depth == 0 => return None,
            _ => {}
        }
        at += 1;
    }
    None
}
