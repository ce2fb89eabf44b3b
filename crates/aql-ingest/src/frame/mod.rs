//! Framing: where one record ends and the next begins.
//!
//! A [`Framer`] looks at a window of bytes and says where the next record is; [`Frames`] moves the
//! window over a [`Stream`], so that no more than one record (and never more than the limit of a
//! record) is held. Read [`Frames`] first.
//!
//! Not in here: what is inside a record.

mod csv;
mod json;
mod lines;
mod octets;
mod wineventlog;
mod xml;

pub(crate) use csv::{CsvRecords, PLACES, Rows, first_row};
pub(crate) use json::{JsonValues, Member, Wrapper};
pub(crate) use lines::Lines;
pub(crate) use octets::{OctetCounted, is_counted};
pub(crate) use wineventlog::{BEGINNING, WinEventLogs, beginnings};
pub(crate) use xml::XmlEvents;

use crate::stream::Stream;

/// What a framer sees at the start of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scan {
    /// The window holds no whole record yet.
    More,
    /// A record, and how many bytes of the window it uses up.
    Record {
        /// First byte of the record in the window.
        start: usize,
        /// One past its last byte.
        end: usize,
        /// Where the next record can start.
        next: usize,
        /// Did the input end before the record did?
        cut: bool,
    },
    /// What stands there is no record, and nobody knows where the next one would be.
    Broken {
        /// Where, in the window.
        at: usize,
        /// What should stand there.
        expected: &'static str,
    },
    /// What stands behind the records in an object that was [opened](Framer::open).
    Tail {
        /// First byte behind the array.
        start: usize,
        /// One past the end of the object.
        end: usize,
    },
    /// No more records.
    End,
}

/// Finds the end of records of one kind of file.
pub(crate) trait Framer {
    /// Looks for the next record in a window, which starts where the last record ended. Called
    /// again with a longer window (same start) after [`Scan::More`]; `ended` says that there is no
    /// longer one.
    fn scan(&mut self, window: &[u8], ended: bool) -> Scan;

    /// How many bytes at the start of the window need not be seen again to find the end of the
    /// current record.
    fn scanned(&self) -> usize;

    /// The first `bytes` of the window are gone, though the record goes on.
    fn forget(&mut self, bytes: usize);

    /// Where the current record starts in the window, if it has been seen.
    fn started(&self) -> Option<usize>;

    /// The record that starts here is too long: may it be taken apart, so that what it wraps are
    /// the records? If so, the next scan gives the first of these.
    fn open(&mut self, _window: &[u8], _start: usize) -> bool {
        false
    }
}

/// One record, or what stands in its place.
#[derive(Debug)]
pub(crate) enum Frame<'f> {
    /// A record.
    Record {
        /// Offset in the input.
        offset: u64,
        /// Its bytes.
        bytes: &'f [u8],
        /// Did the input end before the record did?
        cut: bool,
    },
    /// What stands behind the records in an object too long to be a record itself.
    Tail {
        /// Offset in the input.
        offset: u64,
        /// From behind the array to the end of the object.
        bytes: &'f [u8],
    },
    /// A record longer than the limit.
    TooLong {
        /// Offset in the input.
        offset: u64,
        /// Its length.
        bytes: u64,
    },
    /// The rest cannot be framed.
    Broken {
        /// Offset in the input.
        offset: u64,
        /// What should stand there.
        expected: &'static str,
    },
}

impl Frame<'_> {
    /// Where it is in the input.
    pub(crate) fn offset(&self) -> u64 {
        match *self {
            Frame::Record { offset, .. }
            | Frame::Tail { offset, .. }
            | Frame::TooLong { offset, .. }
            | Frame::Broken { offset, .. } => offset,
        }
    }
}

/// The records of a stream, one after the other.
pub(crate) struct Frames<'s, 'r, F> {
    stream: &'s mut Stream<'r>,
    framer: F,
    limit: usize,
    /// Records that start here or later are not ours.
    end: Option<u64>,
    /// Bytes to drop before the next look.
    used: usize,
    over: bool,
}

impl<'s, 'r, F: Framer> Frames<'s, 'r, F> {
    /// Frames a stream; records longer than `limit` are passed over, records that start at offset
    /// `end` or later are left out.
    pub(crate) fn new(
        stream: &'s mut Stream<'r>,
        framer: F,
        limit: usize,
        end: Option<u64>,
    ) -> Self {
        Frames { stream, framer, limit, end, used: 0, over: false }
    }

    /// The next record.
    pub(crate) fn next_frame(&mut self) -> Option<Frame<'_>> {
        self.stream.consume(std::mem::take(&mut self.used));
        if self.over {
            return None;
        }
        loop {
            let scan = self.framer.scan(self.stream.window(), self.stream.ended());
            let base = self.stream.offset();
            match scan {
                Scan::More => {
                    let started = self.framer.started().unwrap_or(0);
                    if self.stream.window().len().saturating_sub(started) > self.limit {
                        if self.framer.open(self.stream.window(), started) {
                            continue;
                        }
                        return self.pass_over(base + started as u64);
                    }
                    self.stream.more();
                }
                Scan::Tail { start, end } => {
                    let offset = base + start as u64;
                    self.used = end;
                    let bytes = self.stream.window().get(start..end).unwrap_or_default();
                    return Some(Frame::Tail { offset, bytes });
                }
                Scan::End => {
                    self.over = true;
                    return None;
                }
                Scan::Broken { at, expected } => {
                    self.over = true;
                    return Some(Frame::Broken { offset: base + at as u64, expected });
                }
                Scan::Record { start, end, next, cut } => {
                    let offset = base + start as u64;
                    if self.end.is_some_and(|limit| offset >= limit) {
                        self.over = true;
                        return None;
                    }
                    let is_long = end - start > self.limit;
                    if is_long && self.framer.open(self.stream.window(), start) {
                        continue;
                    }
                    self.used = next;
                    if is_long {
                        return Some(Frame::TooLong { offset, bytes: (end - start) as u64 });
                    }
                    let bytes = self.stream.window().get(start..end).unwrap_or_default();
                    return Some(Frame::Record { offset, bytes, cut });
                }
            }
        }
    }

    /// Runs on to the end of a record that is too long, without keeping it.
    fn pass_over(&mut self, offset: u64) -> Option<Frame<'_>> {
        if self.end.is_some_and(|limit| offset >= limit) {
            self.over = true;
            return None;
        }
        loop {
            let mut scanned = self.framer.scanned().min(self.stream.window().len());
            // A tag or comment without an end: it cannot be seen whole, so what is in view goes.
            if scanned == 0 && self.stream.window().len() > self.limit {
                scanned = self.stream.window().len().saturating_sub(16);
            }
            self.stream.consume(scanned);
            self.framer.forget(scanned);
            self.stream.more();
            match self.framer.scan(self.stream.window(), self.stream.ended()) {
                Scan::More => {}
                Scan::Tail { end, .. } => {
                    let bytes = self.stream.offset() + end as u64 - offset;
                    self.used = end;
                    return Some(Frame::TooLong { offset, bytes });
                }
                Scan::Record { end, next, .. } => {
                    let bytes = self.stream.offset() + end as u64 - offset;
                    self.used = next;
                    return Some(Frame::TooLong { offset, bytes });
                }
                Scan::End | Scan::Broken { .. } => {
                    self.over = true;
                    let bytes = self.stream.offset() + self.stream.window().len() as u64 - offset;
                    return Some(Frame::TooLong { offset, bytes });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::{
        CsvRecords, Frame, Framer, Frames, JsonValues, Lines, Member, OctetCounted, WinEventLogs,
        Wrapper, XmlEvents,
    };
    use crate::stream::Stream;

    /// Gives its bytes one at a time, so that every record is cut everywhere.
    struct Drip<'a>(&'a [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            out[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    fn frames(text: &str, limit: usize, framer: impl Fn() -> Box<dyn Framer>) -> Vec<String> {
        let read = |stream: &mut Stream<'_>| {
            let mut out = Vec::new();
            let mut frames = Frames::new(stream, framer(), limit, None);
            while let Some(frame) = frames.next_frame() {
                out.push(match frame {
                    Frame::Record { offset, bytes, cut } => {
                        let cut = if cut { " cut" } else { "" };
                        format!("{offset}{cut} {}", String::from_utf8_lossy(bytes))
                    }
                    Frame::Tail { offset, bytes } => {
                        format!("{offset} tail {}", String::from_utf8_lossy(bytes))
                    }
                    Frame::TooLong { offset, bytes } => format!("{offset} too long {bytes}"),
                    Frame::Broken { offset, expected } => format!("{offset} not {expected}"),
                });
            }
            out
        };
        let whole = read(&mut Stream::new(text.as_bytes(), 0));
        let dripped = read(&mut Stream::new(Drip(text.as_bytes()), 0));
        assert_eq!(whole, dripped, "the same however the bytes arrive");
        whole
    }

    impl Framer for Box<dyn Framer> {
        fn scan(&mut self, window: &[u8], ended: bool) -> super::Scan {
            (**self).scan(window, ended)
        }
        fn scanned(&self) -> usize {
            (**self).scanned()
        }
        fn forget(&mut self, bytes: usize) {
            (**self).forget(bytes);
        }
        fn started(&self) -> Option<usize> {
            (**self).started()
        }
        fn open(&mut self, window: &[u8], start: usize) -> bool {
            (**self).open(window, start)
        }
    }

    #[test]
    fn long_json_wrappers_give_their_elements() {
        const WRAPPERS: &[Wrapper] = &[
            |depth, key| match (depth, key) {
                (0, "value") => Some(Member::Records),
                (0, "count" | "next") => Some(Member::Beside),
                _ => None,
            },
            |depth, key| match (depth, key) {
                (0, "hits") => Some(Member::Inside),
                (1, "hits") => Some(Member::Records),
                (_, "took") => Some(Member::Beside),
                _ => None,
            },
        ];
        let values = |text| frames(text, 30, || Box::new(JsonValues::of_wrappers(WRAPPERS)));
        let text =
            r#"{"count": 3, "value" : [ {"a":1}, {"b":[{}]},{"a":"]"} ] , "next":{}} {"c":1}"#;
        assert_eq!(
            values(text),
            [
                r#"25 {"a":1}"#,
                r#"34 {"b":[{}]}"#,
                r#"45 {"a":"]"}"#,
                r#"56 tail  , "next":{}}"#,
                r#"70 {"c":1}"#
            ]
        );
        // Cut inside the array, and behind it.
        assert_eq!(
            values(r#"{"value":[{"a":"123456789"},{"a":1}"#),
            [r#"10 {"a":"123456789"}"#, r#"28 {"a":1}"#, "35 cut "]
        );
        assert_eq!(
            values(r#"{"value":[{"a":"123456789"},{"a":1}]"#),
            [r#"10 {"a":"123456789"}"#, r#"28 {"a":1}"#, "36 cut "]
        );
        // Objects in objects.
        assert_eq!(
            values(r#"{"hits":{"took":1,"hits":[{"a":1},{"a":2}],"took":3},"took":4}{"b":1}"#),
            [r#"26 {"a":1}"#, r#"34 {"a":2}"#, r#"42 tail ,"took":3},"took":4}"#, r#"62 {"b":1}"#]
        );
        assert_eq!(values(r#"{"hits":[{"a":"123456789"},{"a":1}]}"#), ["0 too long 36"]);
        // What has anything else before the array stays one record.
        assert_eq!(values(r#"{"user":1,"value":[{"a":"123456789"}]}"#), ["0 too long 38"]);
        assert_eq!(values(r#"{"value":["123456789","123456789"]}"#), ["0 too long 35"]);
    }

    #[test]
    fn lines() {
        let lines = |text, limit| frames(text, limit, || Box::new(Lines::default()));
        assert_eq!(lines("a\r\n\n  \n bc\nd", 99), ["0 a", "7  bc", "11 d"]);
        assert_eq!(lines("abcdef\nab\nabcdefgh", 4), ["0 too long 6", "7 ab", "10 too long 8"]);
        assert!(lines(" \r\n", 9).is_empty());
    }

    #[test]
    fn counted_messages() {
        let messages = |text, limit| frames(text, limit, || Box::new(OctetCounted::default()));
        assert_eq!(
            messages("6 <1>abc7 <1>a\nbc6 <1>de\nx y\n9 <1>f", 99),
            ["2 <1>abc", "10 <1>a\nbc", "19 <1>de", "25 x y", "31 cut <1>f"]
        );
        assert_eq!(messages("15 <1>abcdefghijkl6 <1>abc", 12), ["3 too long 15", "20 <1>abc"]);
        assert_eq!(messages("6 <1>abc\r\n", 99), ["2 <1>abc"]);
        assert_eq!(messages("999 <1", 99), ["4 cut <1"]);
    }

    #[test]
    fn json_values() {
        let values = |text, limit| frames(text, limit, || Box::new(JsonValues::default()));
        assert_eq!(
            values("[{\"a\":\"}\\\"]\"}, {\"b\":[1,{}]},3 ]\n{} {\"c\":1}", 99),
            ["1 {\"a\":\"}\\\"]\"}", "15 {\"b\":[1,{}]}", "28 3", "32 {}", "35 {\"c\":1}"]
        );
        assert_eq!(values("{\"a\":1}{\"b\"", 99), ["0 {\"a\":1}", "7 cut {\"b\""]);
        assert_eq!(values("[{\"a\":1},", 99), ["1 {\"a\":1}", "9 cut "]);
        assert_eq!(values("[{} {}]", 99), ["1 {}", "4 not `,` or `]`"]);
        assert_eq!(values("{} x", 99), ["0 {}", "3 not a JSON object or array"]);
        assert_eq!(values("[{\"a\":\"12345\"},{}]", 5), ["1 too long 13", "15 {}"]);
    }

    #[test]
    fn xml_events() {
        let events = |text, limit| frames(text, limit, || Box::new(XmlEvents::default()));
        let text = "<Events><Event a='>'><EventID>1</EventID><Event/><!-- </Event> --></Event>\n\
                    x<Event><![CDATA[</Event>]]></Event ></Events><Event>";
        assert_eq!(
            events(text, 200),
            [
                "8 <Event a='>'><EventID>1</EventID><Event/><!-- </Event> --></Event>",
                "76 <Event><![CDATA[</Event>]]></Event >",
                "121 cut <Event>"
            ]
        );
        let open = format!("<Event>1</Event><Event {}", "a".repeat(100));
        assert_eq!(events(&open, 20), ["0 <Event>1</Event>", "16 too long 107"]);
        assert_eq!(
            events("<Event>0123456789</Event><Event>1</Event>", 17),
            ["0 too long 25", "25 <Event>1</Event>"]
        );
    }

    #[test]
    fn dated_events() {
        let events = |text: &str, limit| frames(text, limit, || Box::new(WinEventLogs::default()));
        let one = "06/24/2021 06:33:18 AM\r\nLogName=a\r\nMessage=x\n06/24/2021 06:33:18 AM\nno";
        let two = "06/24/2021 06:33:19.123 PM\nLogName=b";
        assert_eq!(
            events(&format!("\n{one}\n\n{two}\n"), 140),
            [format!("1 {one}\n\n"), format!("{} {two}\n", one.len() + 3)]
        );
        // To know that an event has ended takes the start of the next one.
        let long = one.replace('x', &"x".repeat(100));
        assert_eq!(
            events(&format!("{two}\n{long}\n{two}"), 100),
            [
                format!("0 {two}\n"),
                format!("{} too long {}", two.len() + 1, long.len() + 1),
                format!("{} {two}", two.len() + long.len() + 2)
            ]
        );
        assert_eq!(events("no date\nLogName=a", 99), ["0 no date\nLogName=a"]);
    }

    #[test]
    fn csv_records() {
        let records = |text, limit| frames(text, limit, || Box::new(CsvRecords::new(b',')));
        assert_eq!(
            records("a,b\r\n1,\"x\n\"\"y\"\"\"\n\n2,a\"b\n\"c", 99),
            ["0 a,b", "5 1,\"x\n\"\"y\"\"\"", "18 2,a\"b", "24 cut \"c"]
        );
        assert_eq!(records("\"0123\n456\",1\na\n", 6), ["0 too long 12", "13 a"]);
    }
}
