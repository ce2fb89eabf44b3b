//! Windows events as XML: single, one after the other, one per line, or inside `<Events>`.
//!
//! Namespaces and prefixes are ignored, attribute quotes may be single, character references are
//! resolved, unknown entities stay as they are.
//!
//! Not in here: what is in an event (`event`).

mod event;
mod plain;

use aql_diag::{Diagnostic, codes};

use super::text::{decode, not_a_record};
use super::{Format, Layout};
use crate::frame::{Frame, Framer as _, Frames, Scan, XmlEvents};
use crate::json::is_blank;
use crate::out::{At, Out};
use crate::stream::Stream;
use event::XmlEvent;
pub(crate) use event::{Around, Fault, unnamed_index};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "windows-xml",
    about: "Windows event XML: one or many `<Event>` elements",
    by: "`<Event>` elements with a `<System>` inside",
    layout: Layout::Xml,
};

/// Bytes in which the start tag of an event and what follows it are looked for.
const TAG: usize = 4096;

/// Does an event start here: `<Event …>` and then `<System`? Only such a place is a safe one to
/// begin at in the middle of a file, since an event's data may hold an element of that name.
fn starts_event(text: &[u8]) -> bool {
    let text = text.get(..TAG).unwrap_or(text);
    if !matches!(text.get(6), Some(b' ' | b'\t' | b'\r' | b'\n' | b'>')) {
        return false;
    }
    let Some(end) = memchr::memchr(b'>', text) else { return false };
    let rest = text.get(end + 1..).unwrap_or_default();
    let start = rest.iter().position(|b| !is_blank(*b)).unwrap_or(rest.len());
    rest.get(start..).unwrap_or_default().starts_with(b"<System")
}

/// The first event that starts in these bytes.
fn first_event(text: &[u8]) -> Option<usize> {
    let starts = |at: &usize| starts_event(text.get(*at..).unwrap_or_default());
    memchr::memmem::find_iter(text, b"<Event").find(starts)
}

/// Can a file that begins like this be shared between threads?
pub(crate) fn can_be_split(head: &[u8]) -> bool {
    let mut tags = memchr::memmem::find_iter(head, b"<Event");
    let first = tags.find(|at| head.get(at + 6).is_some_and(|b| *b != b's'));
    first.is_some() && first == first_event(head)
}

/// Moves to the first event that starts before `end`; `false` if none does. `bytes` is the length
/// of the range.
pub(crate) fn to_event(stream: &mut Stream<'_>, bytes: usize, end: u64) -> bool {
    stream.fill(bytes.saturating_add(TAG));
    match first_event(stream.window()) {
        Some(at) if stream.offset() + (at as u64) < end => {
            stream.consume(at);
            true
        }
        _ => false,
    }
}

/// Counts the events that start before `end`, as [`read`] will meet them. `events` gets where they
/// start and end in the window.
pub(crate) fn count(
    stream: &mut Stream<'_>,
    end: u64,
    limit: usize,
    events: &mut Vec<(usize, usize)>,
) -> u64 {
    let mut framer = XmlEvents::default();
    let mut at = 0;
    loop {
        let rest = stream.window().get(at..).unwrap_or_default();
        let base = stream.offset() + at as u64;
        let count = events.len() as u64;
        match framer.scan(rest, stream.ended()) {
            Scan::Record { start, .. } if base + start as u64 >= end => return count,
            // The stream ends in it.
            Scan::Record { cut: true, .. } => return count + 1,
            Scan::Record { start, end, next, .. } => {
                events.push((at + start, at + end));
                at += next;
            }
            Scan::End | Scan::Broken { .. } | Scan::Tail { .. } => return count,
            Scan::More => {
                let begun = base + framer.started().unwrap_or(0) as u64;
                if begun >= end {
                    return count;
                }
                // An event that is too long ends behind the range: it is the last.
                if framer.is_inside() && rest.len() > limit {
                    return count + 1;
                }
                stream.more();
            }
        }
    }
}

/// Reads the events of a stream.
pub(crate) fn read(stream: &mut Stream<'_>, out: &mut Out<'_>) {
    read_events(stream, XmlEvents::default(), 1, None, out);
}

/// Reads the events of a stream that start before `end`; the first one has the number `first`.
pub(crate) fn read_events(
    stream: &mut Stream<'_>,
    events: XmlEvents,
    first: u64,
    end: Option<u64>,
    out: &mut Out<'_>,
) {
    let mut record = first;
    let mut frames = Frames::new(stream, events, out.options.max_record, end);
    while let Some(frame) = frames.next_frame() {
        match frame {
            Frame::Record { offset, bytes, cut } => {
                let at = At { record, offset };
                if let Err(fault) = out.look(bytes, at, take, take_again) {
                    let code = match fault {
                        _ if cut => codes::TRUNCATED,
                        Fault::Depth(_) => codes::TOO_NESTED,
                        Fault::Syntax { .. } => codes::BAD_RECORD,
                    };
                    let message = if cut {
                        "the file ends inside an event; expected `</Event>`".to_owned()
                    } else {
                        format!("event is not well-formed XML: {fault}")
                    };
                    let at = At { record, offset: offset + fault.offset() };
                    out.lost(Diagnostic::error(code, message), Some(at));
                }
            }
            other => not_a_record(&other, record, out),
        }
        record += 1;
        if out.stopped() {
            return;
        }
    }
}

fn take(bytes: &[u8], at: At, out: &mut Out<'_>) -> Result<(), Fault> {
    let text = decode(bytes, at, out);
    take_text(FORMAT.name, &text, at.record, out)
}

fn take_again(bytes: &[u8], at: At, out: &mut Out<'_>) {
    // What is wrong with an event was said when it was looked at.
    let _ = take(bytes, at, out);
}

/// Takes one event given as its XML, which may be that of a record of another format: `format` is
/// the name of that one.
///
/// # Errors
///
/// Why it is no event; nothing was taken then.
pub(crate) fn take_text(
    format: &'static str,
    text: &str,
    record: u64,
    out: &mut Out<'_>,
) -> Result<(), Fault> {
    take_inside(format, text, Around::default(), record, out)
}

/// Takes one event that lies inside a record of another format.
///
/// # Errors
///
/// Why it is no event; nothing was taken then.
pub(crate) fn take_inside<'r>(
    format: &'static str,
    text: &'r str,
    around: Around<'r>,
    record: u64,
    out: &mut Out<'_>,
) -> Result<(), Fault> {
    let mut event = XmlEvent::parse(text, out.options.max_depth)?;
    event.around = around;
    out.windows(format, &event, record);
    Ok(())
}

/// Does a text begin with an event?
pub(crate) fn is_event(text: &str) -> bool {
    let rest = text.trim_start().strip_prefix("<Event");
    rest.is_some_and(|rest| rest.starts_with(['>', ' ', '\t', '\r', '\n']))
}
