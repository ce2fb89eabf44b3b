//! Elements of Windows event XML.

use memchr::{memchr, memmem};

use super::{Framer, Scan};
use crate::json::is_blank;

/// `<Event>` elements, whatever stands around them.
#[derive(Debug, Default)]
pub(crate) struct XmlEvents {
    started: Option<usize>,
    scanned: usize,
    depth: usize,
}

impl XmlEvents {
    /// Has an event begun that has not ended?
    pub(crate) fn is_inside(&self) -> bool {
        self.started.is_some()
    }

    /// Is `rest`, which starts with `<Event` or `</Event`, the tag of that name and not of a longer
    /// one? Nothing if the window ends there.
    fn is_event(rest: &[u8], name: usize) -> Option<bool> {
        rest.get(name).map(|byte| matches!(byte, b'>' | b'/') || is_blank(*byte))
    }
}

impl Framer for XmlEvents {
    fn scan(&mut self, window: &[u8], ended: bool) -> Scan {
        loop {
            let rest = window.get(self.scanned..).unwrap_or_default();
            let Some(found) = memchr(b'<', rest) else {
                self.scanned = window.len();
                break;
            };
            let at = self.scanned + found;
            let tag = window.get(at..).unwrap_or_default();
            // Comments and CDATA hold no tags.
            let hidden = [("<!--", "-->"), ("<![CDATA[", "]]>")]
                .into_iter()
                .find(|(open, _)| tag.starts_with(open.as_bytes()));
            if let Some((open, close)) = hidden {
                let body = tag.get(open.len()..).unwrap_or_default();
                if let Some(end) = memmem::find(body, close.as_bytes()) {
                    self.scanned = at + open.len() + end + close.len();
                    continue;
                }
                self.scanned = at;
                break;
            }
            let longest = "<![CDATA[".len();
            if tag.len() < longest && !ended {
                self.scanned = at;
                break;
            }
            if tag.starts_with(b"<Event") && XmlEvents::is_event(tag, 6).unwrap_or(false) {
                let Some(close) = tag_end(tag) else {
                    if self.depth == 0 {
                        self.started = Some(at);
                    }
                    self.scanned = at;
                    break;
                };
                if self.depth == 0 {
                    self.started = Some(at);
                }
                if tag.get(close - 1) != Some(&b'/') {
                    self.depth += 1;
                } else if self.depth == 0 {
                    *self = XmlEvents::default();
                    let end = at + close + 1;
                    return Scan::Record { start: at, end, next: end, cut: false };
                }
                self.scanned = at + close + 1;
            } else if tag.starts_with(b"</Event") && XmlEvents::is_event(tag, 7).unwrap_or(false) {
                let Some(close) = memchr(b'>', tag) else {
                    self.scanned = at;
                    break;
                };
                let end = at + close + 1;
                self.scanned = end;
                self.depth = self.depth.saturating_sub(1);
                if let (0, Some(start)) = (self.depth, self.started) {
                    *self = XmlEvents::default();
                    return Scan::Record { start, end, next: end, cut: false };
                }
            } else {
                self.scanned = at + 1;
            }
        }
        if !ended {
            return Scan::More;
        }
        // A tag that is cut begins an event that nobody will see.
        let cut_tag = || {
            let at = memchr::memrchr(b'<', window)?;
            memchr(b'>', window.get(at..)?).is_none().then_some(at)
        };
        match std::mem::take(self).started.or_else(cut_tag) {
            Some(start) => Scan::Record { start, end: window.len(), next: window.len(), cut: true },
            None => Scan::End,
        }
    }

    fn scanned(&self) -> usize {
        self.scanned
    }

    fn forget(&mut self, bytes: usize) {
        self.scanned -= bytes.min(self.scanned);
        self.started = self.started.map(|start| start.saturating_sub(bytes));
    }

    fn started(&self) -> Option<usize> {
        // Text between events can be dropped.
        self.started.or(Some(self.scanned))
    }
}

/// The `>` that ends a start tag; attribute values may hold one.
fn tag_end(tag: &[u8]) -> Option<usize> {
    let mut quote = None;
    tag.iter().position(|&byte| {
        match quote {
            Some(open) if byte == open => quote = None,
            Some(_) => {}
            None if matches!(byte, b'"' | b'\'') => quote = Some(byte),
            None => return byte == b'>',
        }
        false
    })
}
