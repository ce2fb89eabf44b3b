//! Logs of the Linux audit daemon: the records of one audit event (SYSCALL, CWD, PATH, …; the same
//! node and `audit(time:serial)`) become one event.
//!
//! Records of several events may lie between each other. A record belongs to the event of its id if
//! fewer than [`QUIET`] lines came since the last one of it, and no `EOE` record; else it begins
//! another. Events come in the order of their first lines, whose number and header are theirs, and
//! lines that are no audit records keep their place between them. So lines wait, but never more
//! than [`MAX_WAITING`] bytes of them: then the oldest event ends as it is.
//!
//! Not in here: what is in a record ([`auditd`]).

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::text::{decode, not_a_record};
use super::{auditd, syslog, text};
use crate::frame::{Frame, Frames, Lines};
use crate::normalise::generic::NamedFields;
use crate::out::{At, Out};
use crate::stream::Stream;

/// Lines after which an event gets no more records.
const QUIET: u64 = 128;

/// Bytes of lines that wait at most.
const MAX_WAITING: usize = 1 << 20;

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
    let mut record = 1;
    let mut waiting = Waiting::default();
    let mut frames = Frames::new(stream, Lines::default(), out.options.max_record, None);
    while let Some(frame) = frames.next_frame() {
        match frame {
            Frame::Record { offset, bytes, .. } => {
                let at = At { record, offset };
                let line = decode(bytes, at, out);
                let id = syslog::audit_record(&line, out.options.now)
                    .and_then(|(header, message)| auditd::id(message, header.host));
                waiting.add(id, bytes, at);
                while let Some(entry) = waiting.next(record) {
                    give(&entry, out);
                }
            }
            other => not_a_record(&other, record, out),
        }
        record += 1;
        if out.stopped() {
            return;
        }
    }
    while let Some(entry) = waiting.next(u64::MAX) {
        give(&entry, out);
    }
}

fn give(entry: &Entry, out: &mut Out<'_>) {
    let text = String::from_utf8_lossy(&entry.bytes);
    if entry.id.is_none() {
        return text::take(&text, &entry.bytes, entry.at, out);
    }
    let records = text.lines().filter_map(|line| syslog::audit_record(line, out.options.now));
    let records: Vec<_> = records.collect();
    let header = records.first().map(|(header, _)| *header).unwrap_or_default();
    let messages: Vec<&str> = records.iter().map(|(_, message)| *message).collect();
    if !auditd::take(&messages, &header, &entry.bytes, entry.at, out) {
        out.unparsed(text::FORMAT.name, &entry.bytes, NamedFields::None, entry.at.record);
    }
}

/// An event, or a line that is no audit record.
#[derive(Debug)]
struct Entry {
    id: Option<String>,
    /// Its lines.
    bytes: Vec<u8>,
    /// The place of the first.
    at: At,
    /// The number of the last.
    last: u64,
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
    bytes: usize,
}

impl Waiting {
    /// Takes a line, with its id if it is an audit record.
    fn add(&mut self, id: Option<auditd::Id>, line: &[u8], at: At) {
        self.bytes += line.len();
        let is_end = id.as_ref().is_some_and(|id| id.is_end);
        let id = id.map(|id| id.text);
        let known = id.as_ref().and_then(|id| self.by_id.get(id));
        let known = known.and_then(|number| self.entries.get_mut(number.checked_sub(self.gone)?));
        if let Some(event) = known
            && !event.is_over(at.record)
        {
            self.bytes += 1;
            event.bytes.push(b'\n');
            event.bytes.extend_from_slice(line);
            event.last = at.record;
            event.ended = is_end;
            return;
        }
        if let Some(id) = &id {
            self.by_id.insert(id.clone(), self.gone + self.entries.len());
        }
        let ended = is_end || id.is_none();
        self.entries.push_back(Entry { id, bytes: line.to_vec(), at, last: at.record, ended });
    }

    /// The oldest one, if it is over or too much waits; `line` is the number of the line at hand.
    fn next(&mut self, line: u64) -> Option<Entry> {
        let oldest = self.entries.front()?;
        if !oldest.is_over(line.saturating_add(1)) && self.bytes <= MAX_WAITING {
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
    /// Can a line of this number not belong to it any more?
    fn is_over(&self, line: u64) -> bool {
        self.ended || line.saturating_sub(self.last) > QUIET
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_WAITING, QUIET, Waiting, is_in};
    use crate::formats::auditd::Id;
    use crate::out::At;

    /// Adds lines `id:text` (`!` in front ends the event, no id is no audit record), and gives what
    /// comes out, with the numbers of first lines.
    fn joined(lines: &[&str]) -> Vec<String> {
        let mut waiting = Waiting::default();
        let mut found = Vec::new();
        let mut keep = |entry: super::Entry| {
            found.push(format!("{} {}", entry.at.record, String::from_utf8_lossy(&entry.bytes)));
        };
        for (record, line) in (1..).zip(lines) {
            let (id, text) = line.split_once(':').expect(line);
            let id = (!id.is_empty()).then(|| Id {
                text: id.trim_start_matches('!').to_owned(),
                is_end: id.starts_with('!'),
            });
            waiting.add(id, text.as_bytes(), At { record, offset: 0 });
            while let Some(entry) = waiting.next(record) {
                keep(entry);
            }
        }
        while let Some(entry) = waiting.next(u64::MAX) {
            keep(entry);
        }
        assert_eq!((waiting.bytes, waiting.by_id.len()), (0, 0));
        found
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
    fn what_waits_is_bounded() {
        let mut waiting = Waiting::default();
        let line = vec![b'x'; 1000];
        let mut most = 0;
        for record in 1..=5000_u64 {
            // One event that never ends, and others behind it.
            let text = if record % 2 == 0 { "a".to_owned() } else { format!("b{record}") };
            waiting.add(Some(Id { text, is_end: false }), &line, At { record, offset: 0 });
            while waiting.next(record).is_some() {}
            most = most.max(waiting.bytes);
        }
        assert!(most > MAX_WAITING / 2 && most <= MAX_WAITING, "{most}");
        assert!(waiting.by_id.len() <= MAX_WAITING / 1000 + 1);
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
