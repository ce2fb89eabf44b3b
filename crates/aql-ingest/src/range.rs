//! Reading a range of a file that several threads share.
//!
//! Records have the numbers that they have in the whole file, so that the records of a range are
//! counted first, and counted as the reader will number them.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use memchr::memchr;

use crate::evidence::Options;
use crate::evtx::{CHUNK_MAGIC, CHUNK_SIZE};
use crate::formats::{audit_log, csv, evtx, json, text, windows_xml, wineventlog};
use crate::frame::{BEGINNING, CsvRecords, Lines, PLACES, Rows, XmlEvents, beginnings, first_row};
use crate::json::is_blank;
use crate::plan::{Publish, Range, Tally, Way};
use crate::sniff::{BOM, HEAD, Sniffed};
use crate::stream::Stream;
use crate::worker::{Layers, Watched, Worker};

/// Memory of a range that is kept for the next one. More is only needed where a record is large.
const KEPT: usize = 32 << 20;

impl Worker<'_> {
    /// Reads a range into the file at hand.
    pub(crate) fn range(&mut self, range: &Range) -> std::io::Result<()> {
        let publish = Publish(range);
        let mut handle = File::open(&range.file.path)?;
        // A little earlier: that tells whether a line starts at the range's start, whether a chunk
        // reaches into the range from before it, and which events have begun.
        let back = match range.sniffed {
            Sniffed::Evtx => CHUNK_SIZE as u64,
            Sniffed::AuditLog => audit_log::LOOK_BACK,
            Sniffed::JsonLines | Sniffed::Lines | Sniffed::WinEventLog => 1,
            _ => 0,
        };
        let from = range.start.saturating_sub(back);
        handle.seek(SeekFrom::Start(from))?;
        let inner = (&handle).take(range.file.bytes.saturating_sub(from));
        let memory = std::mem::take(&mut self.memory);
        let watched = Watched { inner, progress: self.progress };
        let mut stream = self.open(watched, from).with_memory(memory);
        match range.sniffed {
            Sniffed::Evtx => {
                drop(publish);
                self.chunks(range, &mut stream);
            }
            Sniffed::Csv(delimiter) => {
                // Read before anybody can wait for the count.
                let head = csv_head(range, delimiter)?;
                self.rows(range, delimiter, head, publish, &mut stream);
            }
            Sniffed::AuditLog => self.audit_events(range, publish, &mut stream),
            Sniffed::WinEventLog => self.dated_events(range, publish, &mut stream),
            _ => self.lines(range, publish, &mut stream),
        }
        self.out.report().bytes += range.end - range.start;
        self.end_stream(&mut stream, &Layers::default());
        let memory = stream.into_memory();
        if memory.len() <= KEPT {
            self.memory = memory;
        }
        if range.end == range.file.bytes {
            self.compare_length(&handle, &range.file);
        }
        Ok(())
    }

    fn chunks(&mut self, range: &Range, stream: &mut Stream<'_>) {
        if range.start > 0 {
            stream.fill(CHUNK_SIZE + CHUNK_MAGIC.len());
            let before = stream.window().get(1..CHUNK_SIZE).unwrap_or_default();
            let reaches_in = memchr::memmem::rfind(before, CHUNK_MAGIC).map_or(0, |at| at + 1);
            stream.fill(reaches_in + CHUNK_SIZE);
            stream.consume(reaches_in + CHUNK_SIZE);
        }
        evtx::read(stream, Some(range.end), &mut self.out);
    }

    fn rows(
        &mut self,
        range: &Range,
        delimiter: u8,
        mut head: csv::Head,
        publish: Publish<'_>,
        stream: &mut Stream<'_>,
    ) {
        stream.fill(length(range, stream));
        if range.start == 0 && stream.window().starts_with(BOM) {
            stream.consume(BOM.len());
        }
        let window = stream.window();
        let end = length(range, stream).min(window.len());
        let mut rows = Rows::of_all_ways(window.get(..end).unwrap_or(window), delimiter);
        let limit = self.out.options.max_record;
        for place in 0..PLACES {
            let mut last = None;
            let bytes = stream.window().get(..end).unwrap_or_default();
            Rows::each_start(&rows, place, bytes, &mut |start| last = Some(start));
            // Of one that may be no record all must be in view.
            while let Some(row) = last.and_then(|start| stream.window().get(start..))
                && head.may_pass(row)
                && row.len() <= limit
                && first_row(row, delimiter).is_none()
                && stream.more()
            {}
        }
        let window = stream.window();
        let way_of = |place: usize| {
            let Some(way) = rows.get(place) else { return Way::default() };
            let bytes = window.get(..end).unwrap_or_default();
            let starts =
                |visit: &mut dyn FnMut(usize)| Rows::each_start(&rows, place, bytes, visit);
            let beside = head.beside(window, limit, &starts);
            Way { count: way.count.saturating_sub(beside.rows), end: way.end, names: beside.names }
        };
        let ways = std::array::from_fn(way_of);
        range.counts.publish(range.index, Tally { ways });
        drop(publish);
        let before = range.counts.before(range.index);
        if let Some(first) = rows.get(before.end).and_then(|way| way.first) {
            stream.consume(first);
            let ends = Rows::row_ends(&mut rows, before.end);
            let framer = CsvRecords::of_known(delimiter, first, ends);
            if let Some(names) = before.names {
                head.rename(&names);
            }
            csv::read_rows(stream, framer, head, before.count, Some(range.end), &mut self.out);
        }
    }

    fn lines(&mut self, range: &Range, publish: Publish<'_>, stream: &mut Stream<'_>) {
        let options = self.out.options;
        let bytes = length(range, stream);
        let (mut ends, mut events) = (Vec::new(), Vec::new());
        stream.fill(bytes);
        let count = if range.sniffed == Sniffed::Xml {
            let any = range.start == 0 || windows_xml::to_event(stream, bytes, range.end);
            let limit = options.max_record;
            if any { windows_xml::count(stream, range.end, limit, &mut events) } else { 0 }
        } else {
            let any = to_line_start(stream, range);
            let is_json = range.sniffed == Sniffed::JsonLines;
            if any { count_lines(stream, 0, range.end, is_json, options, &mut ends) } else { 0 }
        };
        range.counts.publish(range.index, Tally::of(count));
        drop(publish);
        if count > 0 {
            let first = range.counts.before(range.index).count + 1;
            let (end, out) = (Some(range.end), &mut self.out);
            match range.sniffed {
                Sniffed::Xml => {
                    let events = XmlEvents::of_known(events);
                    windows_xml::read_events(stream, events, first, end, out);
                }
                Sniffed::JsonLines => json::read(stream, Lines::of_known(ends), first, end, out),
                _ => text::read_lines(stream, Lines::of_known(ends), first, end, out),
            }
        }
    }

    fn dated_events(&mut self, range: &Range, publish: Publish<'_>, stream: &mut Stream<'_>) {
        let is_first = range.start == 0;
        stream.fill(length(range, stream).saturating_add(BEGINNING));
        if is_first && stream.window().starts_with(BOM) {
            stream.consume(BOM.len());
        }
        let length = length(range, stream);
        // The first event of a file begins with whatever stands there, its date too.
        let blanks = stream.window().iter().take_while(|b| is_blank(**b)).count();
        let first = is_first.then_some(blanks);
        let later = beginnings(stream.window(), false).filter(|at| Some(*at) != first);
        let mut begun = first.into_iter().chain(later).take_while(|at| *at < length);
        let from = begun.next();
        let count = from.map_or(0, |_| 1 + begun.count() as u64);
        range.counts.publish(range.index, Tally::of(count));
        drop(publish);
        if let Some(from) = from {
            let before = range.counts.before(range.index).count;
            stream.consume(from);
            wineventlog::read_events(stream, before + 1, Some(range.end), &mut self.out);
        }
    }

    /// The stream begins in front of the range, by what tells which events have begun there.
    fn audit_events(&mut self, range: &Range, publish: Publish<'_>, stream: &mut Stream<'_>) {
        stream.fill(length(range, stream));
        if stream.offset() > 0 {
            let partial = memchr(b'\n', stream.window()).map_or(usize::MAX, |end| end + 1);
            stream.consume(partial);
        } else if stream.window().starts_with(BOM) {
            stream.consume(BOM.len());
        }
        let ahead = usize::try_from(range.start.saturating_sub(stream.offset()));
        let ahead = ahead.unwrap_or(usize::MAX);
        // The first line that starts in the range, and where those in front of it end.
        let from = match ahead.checked_sub(1) {
            None => Some(0),
            Some(before) => {
                let window = stream.window().get(before..).unwrap_or_default();
                memchr(b'\n', window).map(|end| before + end + 1)
            }
        };
        let from = from.filter(|from| stream.offset() + (*from as u64) < range.end);
        let before = from.and_then(|from| stream.window().get(..from)).unwrap_or_default();
        let mut ends: Vec<usize> = memchr::memchr_iter(b'\n', before).collect();
        let count = from.map_or(0, |from| {
            count_lines(stream, from, range.end, false, self.out.options, &mut ends)
        });
        range.counts.publish(range.index, Tally::of(count));
        drop(publish);
        if count > 0 {
            let first = range.counts.before(range.index).count + 1;
            let lines = Lines::of_known(ends);
            audit_log::read_range(stream, lines, range.start..range.end, first, &mut self.out);
        }
    }
}

/// Bytes from where the stream is to the end of the range.
fn length(range: &Range, stream: &Stream<'_>) -> usize {
    usize::try_from(range.end.saturating_sub(stream.offset())).unwrap_or(usize::MAX)
}

/// The head of the file that a range of rows is of.
fn csv_head(range: &Range, delimiter: u8) -> std::io::Result<csv::Head> {
    if range.start == 0 {
        return Ok(csv::Head::unread(delimiter));
    }
    let mut head = Vec::new();
    File::open(&range.file.path)?.take(HEAD as u64).read_to_end(&mut head)?;
    csv::Head::of(&head, delimiter)
        .ok_or_else(|| std::io::Error::other("its header changed while it was read"))
}

/// Moves to the first line that starts in the range; `false` if none does.
fn to_line_start(stream: &mut Stream<'_>, range: &Range) -> bool {
    if range.start == 0 {
        if stream.window().starts_with(BOM) {
            stream.consume(BOM.len());
        }
        return true;
    }
    match memchr(b'\n', stream.window()) {
        Some(end) if stream.offset() + (end as u64) < range.end => {
            stream.consume(end + 1);
            stream.offset() < range.end
        }
        _ => false,
    }
}

/// Counts the records of the lines that start at `from` of the window or behind it, and before `end`, as
/// the reader will number them: one per line that is not blank, or as many as the JSON in it wraps. `ends` gets the places of line ends.
fn count_lines(
    stream: &mut Stream<'_>,
    from: usize,
    end: u64,
    is_json: bool,
    options: &Options,
    ends: &mut Vec<usize>,
) -> u64 {
    let limit = options.max_record;
    let is_blank = |line: &[u8]| line.iter().all(|b| crate::json::is_blank(*b));
    let mut beginnings = json::Beginnings::default();
    let mut count = 0;
    let mut at = from;
    loop {
        if stream.offset() + at as u64 >= end {
            return count;
        }
        let rest = stream.window().get(at..).unwrap_or_default();
        let found = memchr(b'\n', rest);
        // The whole line tells how many records it wraps.
        let is_open = found.is_none() && is_json && rest.len() <= limit && json::may_wrap(rest);
        if is_open && stream.more() {
            continue;
        }
        let rest = stream.window().get(at..).unwrap_or_default();
        match found {
            Some(length) => {
                let line = rest.get(..length).unwrap_or_default();
                count += match is_json {
                    _ if is_blank(line) => 0,
                    true if beginnings.may_wrap(line) => json::records_in(line, options),
                    _ => 1,
                };
                ends.push(at + length);
                at += length + 1;
            }
            None if is_open => return count + json::records_in(rest, options),
            None if !is_blank(rest) || rest.len() > limit => return count + 1,
            None if !stream.more() => {
                let rest = stream.window().get(at..).unwrap_or_default();
                return count + u64::from(!is_blank(rest));
            }
            None => {}
        }
    }
}
