//! JSON values without a line of their own.

use memchr::memchr2;

use super::{Framer, Scan};
use crate::json::is_blank;

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
}

impl JsonValues {
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
}
