//! Lines of text: syslog in all its shapes, and lines of no known kind, which are unparsed events.

use std::borrow::Cow;

use aql_diag::{Diagnostic, codes};

use super::{Format, Layout, syslog};
use crate::frame::{Frame, Framer, Frames, Lines, OctetCounted};
use crate::normalise::generic::NamedFields;
use crate::out::{At, Out};
use crate::stream::Stream;

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "text",
    about: "lines of text, kept as unparsed events",
    by: "lines of text of no known form",
    layout: Layout::Lines,
};

/// Reads the lines of a stream.
pub(crate) fn read(stream: &mut Stream<'_>, out: &mut Out<'_>) {
    read_lines(stream, Lines::default(), 1, None, out);
}

/// Reads the lines that begin before `end`; those before are `first` - 1.
pub(crate) fn read_lines(
    stream: &mut Stream<'_>,
    lines: Lines,
    first: u64,
    end: Option<u64>,
    out: &mut Out<'_>,
) {
    read_frames(Frames::new(stream, lines, out.options.max_record, end), first, out);
}

/// Reads messages that have their length in front.
pub(crate) fn read_counted(stream: &mut Stream<'_>, out: &mut Out<'_>) {
    read_frames(Frames::new(stream, OctetCounted::default(), out.options.max_record, None), 1, out);
}

fn read_frames<F: Framer>(mut frames: Frames<'_, '_, F>, first: u64, out: &mut Out<'_>) {
    let mut record = first;
    while let Some(frame) = frames.next_frame() {
        match frame {
            Frame::Record { offset, bytes, cut } => {
                let at = At { record, offset };
                if cut {
                    let message = "the file ends inside a message, by the length in front of it";
                    out.diagnose(Diagnostic::warning(codes::TRUNCATED, message), Some(at));
                }
                out.look(bytes, at, take_bytes, take_bytes);
            }
            other => not_a_record(&other, record, out),
        }
        record += 1;
        if out.stopped() {
            return;
        }
    }
}

fn take_bytes(bytes: &[u8], at: At, out: &mut Out<'_>) {
    let text = decode(bytes, at, out);
    take(&text, bytes, at, out);
}

/// Takes a line.
pub(super) fn take(text: &str, bytes: &[u8], at: At, out: &mut Out<'_>) {
    if !syslog::take(text, bytes, at, out) {
        out.unparsed(FORMAT.name, bytes, NamedFields::None, at.record);
    }
}

/// Bytes as text. Says so, once per file, if they are no UTF-8; those that are none become U+FFFD.
pub(crate) fn decode<'b>(bytes: &'b [u8], at: At, out: &mut Out<'_>) -> Cow<'b, str> {
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Cow::Borrowed(text),
        Err(error) => error,
    };
    if !out.report().has(codes::BAD_ENCODING) {
        let at = At { offset: at.offset + error.valid_up_to() as u64, ..at };
        let diagnostic = Diagnostic::warning(
            codes::BAD_ENCODING,
            "the text is not valid UTF-8; bytes that are none were read as U+FFFD",
        );
        out.diagnose(diagnostic, Some(at));
    }
    String::from_utf8_lossy(bytes)
}

/// A text without blanks around it. Most have none, which is told by their first and last bytes.
pub(crate) fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [] => text,
        [first, .., last] | [first @ last]
            if first.is_ascii_graphic() && last.is_ascii_graphic() =>
        {
            text
        }
        _ => text.trim(),
    }
}

/// Reports a frame that holds no record.
pub(crate) fn not_a_record(frame: &Frame<'_>, record: u64, out: &mut Out<'_>) {
    match *frame {
        Frame::TooLong { offset, bytes } => {
            let limit = out.options.max_record;
            let diagnostic = Diagnostic::error(
                codes::TOO_LONG,
                format!("record of {bytes} bytes is longer than the limit of {limit} bytes"),
            )
            .help(
                "raise the limit with --max-record; or, if it holds several records, write each on a \
                 line of its own",
            );
            out.lost(diagnostic, Some(At { record, offset }));
        }
        Frame::Broken { offset, expected } => {
            let diagnostic = Diagnostic::error(
                codes::BAD_RECORD,
                format!("expected {expected} after the last record; the rest was not read"),
            );
            out.lost(diagnostic, Some(At { record, offset }));
        }
        Frame::Record { .. } | Frame::Tail { .. } => {}
    }
}
