//! Elements of Windows event XML.

use memchr::{memchr, memmem};

use super::{Framer, Scan};
use crate::json::is_blank;

/// `<Event>` elements, whatever stands around them.
#[derive(Debug, Default)]
pub(crate) struct XmlEvents {
    /// Where events start and end, for those that were looked for before, the next one last.
    known: Vec<(usize, usize)>,
    /// Where the window starts in what they were looked for in.
    known_from: usize,
    started: Option<usize>,
    scanned: usize,
    depth: usize,
}

impl XmlEvents {
    /// Events of a stream in whose window the first of them start and end at these places.
    pub(crate) fn of_known(mut events: Vec<(usize, usize)>) -> Self {
        events.reverse();
        XmlEvents { known: events, ..XmlEvents::default() }
    }

    /// The event from here to there, which ends.
    fn finish(&mut self, start: usize, end: usize) -> Scan {
        (self.started, self.scanned, self.depth) = (None, 0, 0);
        self.known_from += end;
        Scan::Record { start, end, next: end, cut: false }
    }

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
        if let Some((start, end)) = self.known.pop() {
            return self.finish(start - self.known_from, end - self.known_from);
        }
        loop {
            let rest = window.get(self.scanned..).unwrap_or_default();
            let Some(found) = memchr(b'<', rest) else {
                self.scanned = window.len();
                break;
            };
            let at = self.scanned + found;
            let tag = window.get(at..).unwrap_or_default();
            // Most tags are told by a letter.
            if let [_, first, second, ..] = tag
                && !(matches!(first, b'E' | b'!') || (*first == b'/' && *second == b'E'))
            {
                self.scanned = at + 1;
                continue;
            }
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
                    return self.finish(at, at + close + 1);
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
                    return self.finish(start, end);
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
