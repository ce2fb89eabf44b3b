//! Reading a range of a file that several threads share.
//!
//! Records have the numbers that they have in the whole file, so that the records of a range are
//! counted first, and counted as the reader will number them.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use memchr::memchr;

use crate::evidence::Options;
use crate::evtx::{CHUNK_MAGIC, CHUNK_SIZE};
use crate::formats::{csv, evtx, json, text, windows_xml};
use crate::frame::{CsvRecords, Lines, PLACES, Rows, first_row};
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
        // A little earlier: that tells whether a line starts at the range's start, and whether a
        // chunk reaches into the range from before it.
        let back = match range.sniffed {
            Sniffed::Evtx => CHUNK_SIZE as u64,
            Sniffed::JsonLines | Sniffed::Lines => 1,
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
        let mut ends = Vec::new();
        let count = if range.sniffed == Sniffed::Xml {
            let any = range.start == 0 || windows_xml::to_event(stream, bytes, range.end);
            if any { windows_xml::count(stream, range.end, options.max_record) } else { 0 }
        } else {
            stream.fill(bytes);
            let any = to_line_start(stream, range);
            let is_json = range.sniffed == Sniffed::JsonLines;
            if any { count_lines(stream, range.end, is_json, options, &mut ends) } else { 0 }
        };
        range.counts.publish(range.index, Tally::of(count));
        drop(publish);
        if count > 0 {
            let first = range.counts.before(range.index).count + 1;
            let (end, out) = (Some(range.end), &mut self.out);
            match range.sniffed {
                Sniffed::Xml => windows_xml::read(stream, first, end, out),
                Sniffed::JsonLines => json::read(stream, Lines::of_known(ends), first, end, out),
                _ => text::read_lines(stream, Lines::of_known(ends), first, end, out),
            }
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

/// Counts the records of the lines that start before `end`, as the reader will number them: one
/// per line that is not blank, or as many as the JSON in it wraps. `ends` gets the places of line ends.
fn count_lines(
    stream: &mut Stream<'_>,
    end: u64,
    is_json: bool,
    options: &Options,
    ends: &mut Vec<usize>,
) -> u64 {
    let limit = options.max_record;
    let is_blank = |line: &[u8]| line.iter().all(|b| crate::json::is_blank(*b));
    let mut beginnings = json::Beginnings::default();
    let mut count = 0;
    let mut at = 0;
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
