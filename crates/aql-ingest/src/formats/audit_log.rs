//! Logs of the Linux audit daemon: the records of one audit event (SYSCALL, CWD, PATH, …; the same
//! node and `audit(time:serial)`) become one event.
//!
//! Records of several events may lie between each other. A record belongs to the event of its id unless
//! that is over: by an `EOE` record; by [`QUIET`] lines or [`QUIET_BYTES`] since its last record; or, so
//! that none goes on for ever, at the next multiple of [`FENCE`] bytes of the file that is [`REACH`] bytes
//! behind its start. After that it begins another. Events come in the order of their first lines, whose
//! number and header are theirs, and lines that are no audit records keep their place between them.
//!
//! Whether a record begins an event can so be told by the bytes in front of it, not more than
//! [`LOOK_BACK`]: a large file is read in parts, and an event is of the part that its first line is in.
//!
//! Not in here: what is in a record ([`auditd`]).

use std::borrow::Cow;
use std::collections::VecDeque;
use std::ops::Range;

use rustc_hash::FxHashMap;

use super::text::{decode, not_a_record};
use super::{auditd, syslog, text};
use crate::frame::{Frame, Frames, Lines};
use crate::normalise::generic::NamedFields;
use crate::out::{At, Out};
use crate::stream::Stream;

/// Lines after which an event gets no more records.
const QUIET: u64 = 128;
/// Bytes after which it gets none.
const QUIET_BYTES: u64 = 256 << 10;
/// At multiples of this events end that are long.
const FENCE: u64 = 1 << 20;
/// Bytes that make an event a long one.
const REACH: u64 = 512 << 10;

/// So many bytes in front of a line tell whether it begins an event. The records that it may belong
/// to are at most [`QUIET_BYTES`] before it, a fence between them [`REACH`] behind the start of a long
/// event; and one that began earlier still has a record within [`QUIET_BYTES`], and is long by that.
pub(crate) const LOOK_BACK: u64 = QUIET_BYTES + REACH + QUIET_BYTES;

/// Does the text have an audit record in it?
pub(crate) fn is_in(text: &[u8]) -> bool {
    memchr::memmem::find_iter(text, b"msg=audit(").take(64).any(|at| {
        let before = text.get(..at).unwrap_or_default().trim_ascii_end();
        let start = before.iter().rposition(|b| b.is_ascii_whitespace()).map_or(0, |i| i + 1);
        before.get(start..).is_some_and(|word| word.starts_with(b"type="))
    })
}

/// Reads the lines of a log.
pub(crate) fn read(stream: &mut Stream<'_>, out: &mut Out<'_>) {
    read_range(stream, Lines::default(), 0..u64::MAX, 1, out);
}

/// Reads the events that begin in a range of a log. The stream begins at a line [`LOOK_BACK`] bytes in
/// front of it, or at the start of the log. The first line of the range has the number `first`.
pub(crate) fn read_range(
    stream: &mut Stream<'_>,
    lines: Lines,
    range: Range<u64>,
    first: u64,
    out: &mut Out<'_>,
) {
    let (mut record, mut line) = (first, 0);
    let mut waiting = Waiting::default();
    let mut id = String::new();
    let mut frames = Frames::new(stream, lines, out.options.max_record, None);
    while let Some(frame) = frames.next_frame() {
        let offset = frame.offset();
        let is_in = range.contains(&offset);
        if offset >= range.end && waiting.is_done() {
            return;
        }
        match frame {
            Frame::Record { offset, bytes, .. } => {
                let at = At { record, offset };
                let text = match is_in {
                    true => decode(bytes, at, out),
                    false => readable(bytes),
                };
                let is_end = syslog::audit_record(&text, out.options.now)
                    .and_then(|(header, message)| auditd::id(message, header.host, &mut id));
                let place = Place { line, offset };
                let id = is_end.map(|is_end| (id.as_str(), is_end));
                if offset < range.end {
                    waiting.add(id, place, is_in.then_some((bytes, at)));
                } else if let Some((id, is_end)) = id {
                    waiting.join(id, is_end, place, bytes);
                }
                let next = Place { line: line + 1, offset: offset + bytes.len() as u64 };
                while let Some(entry) = waiting.next(Some(next)) {
                    give(&entry, out);
                }
            }
            other if is_in => not_a_record(&other, record, out),
            _ => {}
        }
        record += u64::from(is_in);
        line += 1;
        if out.stopped() {
            return;
        }
    }
    while let Some(entry) = waiting.next(None) {
        give(&entry, out);
    }
}

fn give(entry: &Entry, out: &mut Out<'_>) {
    // Without a place it began in front of the range.
    if let Some(at) = entry.at {
        let take = if entry.id.is_some() { take_event } else { take_line };
        out.look(&entry.bytes, at, take, take);
    }
}

/// Bytes as text; that some are none was said when they were read.
fn readable(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

fn take_line(bytes: &[u8], at: At, out: &mut Out<'_>) {
    text::take(&readable(bytes), bytes, at, out);
}

fn take_event(bytes: &[u8], at: At, out: &mut Out<'_>) {
    let text = readable(bytes);
    let records = text.lines().filter_map(|line| syslog::audit_record(line, out.options.now));
    let records: Vec<_> = records.collect();
    let header = records.first().map(|(header, _)| *header).unwrap_or_default();
    let messages: Vec<&str> = records.iter().map(|(_, message)| *message).collect();
    if !auditd::take(&messages, &header, bytes, at, out) {
        out.unparsed(text::FORMAT.name, bytes, NamedFields::None, at.record);
    }
}

/// The place of a line.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// Its number among those that are read.
    line: u64,
    offset: u64,
}

/// An event, or a line that is no audit record.
#[derive(Debug)]
struct Entry {
    id: Option<String>,
    /// Its lines, if it is of the range.
    bytes: Vec<u8>,
    /// The place of the first, if it is of the range.
    at: Option<At>,
    first: Place,
    last: Place,
    /// Will no more come?
    ended: bool,
}

/// What was read and is not handed on yet, in the order of first lines.
#[derive(Debug, Default)]
struct Waiting {
    entries: VecDeque<Entry>,
    /// How many were handed on.
    gone: usize,
    /// The newest event of each id, as its number from the start.
    by_id: FxHashMap<String, usize>,
    /// Bytes of lines that wait.
    bytes: usize,
}

impl Waiting {
    /// Takes a line, with its id and whether it ends the event if it is an audit record; what it says
    /// and its place if it is of the range.
    fn add(&mut self, id: Option<(&str, bool)>, place: Place, line: Option<(&[u8], At)>) {
        let bytes = line.map(|(bytes, _)| bytes).unwrap_or_default();
        if let Some((id, is_end)) = id
            && self.join(id, is_end, place, bytes)
        {
            return;
        }
        if let Some((id, _)) = id {
            let number = self.gone + self.entries.len();
            match self.by_id.get_mut(id) {
                Some(newest) => *newest = number,
                None => {
                    self.by_id.insert(id.to_owned(), number);
                }
            }
        }
        self.bytes += bytes.len();
        self.entries.push_back(Entry {
            id: id.map(|(id, _)| id.to_owned()),
            bytes: bytes.to_vec(),
            at: line.map(|(_, at)| at),
            first: place,
            last: place,
            ended: id.is_none_or(|(_, is_end)| is_end),
        });
    }

    /// Takes a record if its event is not over; `false` if it is.
    fn join(&mut self, id: &str, is_end: bool, place: Place, line: &[u8]) -> bool {
        let known = self.by_id.get(id).and_then(|number| number.checked_sub(self.gone));
        let event = known.and_then(|index| self.entries.get_mut(index));
        let Some(event) = event.filter(|event| !event.is_over(place)) else { return false };
        if event.at.is_some() {
            self.bytes += line.len() + 1;
            event.bytes.push(b'\n');
            event.bytes.extend_from_slice(line);
        }
        event.last = place;
        event.ended = is_end;
        true
    }

    /// Does nothing of the range wait?
    fn is_done(&self) -> bool {
        self.entries.iter().all(|entry| entry.at.is_none())
    }

    /// The oldest one, if it is over for a line at this place or behind it; without a place, when
    /// nothing more comes, it is.
    fn next(&mut self, place: Option<Place>) -> Option<Entry> {
        let oldest = self.entries.front()?;
        if place.is_some_and(|place| !oldest.is_over(place)) {
            return None;
        }
        let entry = self.entries.pop_front()?;
        if let Some(id) = &entry.id
            && self.by_id.get(id) == Some(&self.gone)
        {
            self.by_id.remove(id);
        }
        self.gone += 1;
        self.bytes = self.bytes.saturating_sub(entry.bytes.len());
        Some(entry)
    }
}

impl Entry {
    /// Can a line at this place, or behind it, not belong to it any more?
    fn is_over(&self, place: Place) -> bool {
        let fence = place.offset / FENCE * FENCE;
        self.ended
            || place.line.saturating_sub(self.last.line) > QUIET
            || place.offset.saturating_sub(self.last.offset) > QUIET_BYTES
            || (fence > self.last.offset && fence - self.first.offset >= REACH)
    }
}

#[cfg(test)]
mod tests {
    use super::{FENCE, Place, QUIET, QUIET_BYTES, REACH, Waiting, is_in};
    use crate::out::At;

    /// Adds lines `id:text` (`!` in front ends the event, no id is no audit record), each so many bytes
    /// behind the one before, and gives what comes out, with the numbers of first lines.
    fn joined_apart(lines: &[&str], distance: u64) -> Vec<String> {
        let mut waiting = Waiting::default();
        let mut found = Vec::new();
        let mut keep = |entry: super::Entry| {
            let record = entry.at.unwrap().record;
            found.push(format!("{record} {}", String::from_utf8_lossy(&entry.bytes)));
        };
        for (line, text) in (1..).zip(lines) {
            let (id, text) = text.split_once(':').expect(text);
            let is_end = id.starts_with('!');
            let id = (!id.is_empty()).then(|| (id.trim_start_matches('!'), is_end));
            let offset = line * distance;
            waiting.add(
                id,
                Place { line, offset },
                Some((text.as_bytes(), At { record: line, offset })),
            );
            while let Some(entry) = waiting.next(Some(Place { line: line + 1, offset })) {
                keep(entry);
            }
        }
        while let Some(entry) = waiting.next(None) {
            keep(entry);
        }
        assert_eq!((waiting.bytes, waiting.by_id.len()), (0, 0));
        found
    }

    fn joined(lines: &[&str]) -> Vec<String> {
        joined_apart(lines, 1)
    }

    #[test]
    fn events_that_lie_between_each_other() {
        assert_eq!(
            joined(&["a:1", "b:2", "a:3", ":x", "b:4", "!a:5", "a:6"]),
            ["1 1\n3\n5", "2 2\n4", "4 x", "7 6"]
        );
    }

    #[test]
    fn an_id_that_comes_again_later_is_another_event() {
        let quiet = usize::try_from(QUIET).unwrap();
        let with_gap = |gap: usize| {
            let mut lines = vec!["a:1"];
            lines.extend(std::iter::repeat_n(":x", gap));
            lines.push("a:2");
            joined(&lines)
        };
        assert_eq!(with_gap(quiet - 1)[0], "1 1\n2");
        assert_eq!(with_gap(quiet)[0], "1 1");
        assert_eq!(with_gap(quiet).len(), quiet + 2);
        // Also if an older event keeps it waiting.
        let mut lines = vec!["b:0", "a:1"];
        for _ in 0..4 {
            lines.extend(std::iter::repeat_n(":x", quiet / 2));
            lines.push("b:1");
        }
        lines.push("a:2");
        let found = joined(&lines);
        assert_eq!(found[0], "1 0\n1\n1\n1\n1");
        assert_eq!(found[1], "2 1");
        assert_eq!(found.last().map(String::as_str), Some("263 2"));
    }

    #[test]
    fn bytes_end_events_as_lines_do() {
        assert_eq!(joined_apart(&["a:1", "a:2"], QUIET_BYTES), ["1 1\n2"]);
        assert_eq!(joined_apart(&["a:1", "a:2"], QUIET_BYTES + 1), ["1 1", "2 2"]);
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut waiting = Waiting::default();
        let line = vec![b'x'; 1000];
        let (mut most, mut events) = (0, 0);
        for number in 1..=5000_u64 {
            // One event that never ends, and others behind it.
            let text = if number % 2 == 0 { "a".to_owned() } else { format!("b{number}") };
            let place = Place { line: number, offset: number * 1001 };
            let at = At { record: number, offset: place.offset };
            waiting.add(Some((&text, false)), place, Some((&line, at)));
            let next = Place { line: number + 1, offset: place.offset + 1000 };
            while let Some(entry) = waiting.next(Some(next)) {
                events += u64::from(entry.id.as_deref() == Some("a"));
            }
            most = most.max(waiting.bytes as u64);
        }
        assert!(most > FENCE / 2 && most <= FENCE + REACH, "{most}");
        assert_eq!(events, 4, "it ends at each fence");
        assert!(waiting.by_id.len() as u64 <= (FENCE + REACH) / 1000 + 1);
    }

    #[test]
    fn texts_with_audit_records() {
        assert!(is_in(b"type=CWD msg=audit(1:2): cwd=1"));
        assert!(is_in(
            b"May 1 10:00:00 h app: x\nMay 1 10:00:01 h audispd: node=h type=A msg=audit("
        ));
        assert!(!is_in(b"msg=audit("));
        assert!(!is_in(b"subtype=A msg=audit(1:2)"));
    }
}
