//! Rows of CSV.

use memchr::{memchr, memchr2};

use super::{Framer, Scan};
use crate::bits::{self, BLOCK};
use crate::cells::Quoting;

/// Where in a row a byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Before the row: line ends are passed over.
    Between,
    /// At the start of a cell, or behind the closing quote of one: a quote opens.
    Cell,
    /// In a cell: a quote is text.
    Text,
    /// Between quotes.
    Quoted,
}

/// Where the row ends that stands at `place` at `at`: one past its line end, or else the place at
/// the end of `bytes`.
fn row_end(bytes: &[u8], at: usize, delimiter: u8, place: Place) -> Result<usize, Place> {
    let mut quoting = match place {
        Place::Cell => Quoting::at_cell(),
        _ => Quoting::in_text(place == Place::Quoted),
    };
    let mut base = at;
    while base < bytes.len() {
        let block = bits::block(bytes, base);
        // What fills up the last block is none of these.
        let length = bytes.len() - base;
        let line_ends = bits::equal(&block, b'\n');
        let quotes = bits::below(bits::equal(&block, b'"'), length);
        let outside = line_ends & !quoting.within(quotes);
        let end = outside.trailing_zeros() as usize;
        let delimiters = bits::below(bits::equal(&block, delimiter), length);
        if quoting.delimiters(bits::below(quotes, end), delimiters).is_none() {
            return row_end_one_by_one(bytes, at, delimiter, place);
        }
        if outside != 0 {
            return Ok(base + end + 1);
        }
        base += BLOCK;
    }
    Err(match bytes.get(at..).and_then(<[u8]>::last) {
        None => place,
        _ if quoting.is_inside() => Place::Quoted,
        Some(last) if *last == delimiter || *last == b'"' => Place::Cell,
        Some(_) => Place::Text,
    })
}

/// [`row_end`] wherever quotes stand.
fn row_end_one_by_one(
    bytes: &[u8],
    at: usize,
    delimiter: u8,
    place: Place,
) -> Result<usize, Place> {
    let mut at = at;
    let mut place = place;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        if place == Place::Quoted {
            let Some(found) = memchr(b'"', rest) else { return Err(Place::Quoted) };
            at += found + 1;
            // Two quotes are one: the second opens again, which comes to the same.
            place = match bytes.get(at) {
                None => return Err(Place::Cell),
                Some(b'"') => {
                    at += 1;
                    Place::Quoted
                }
                Some(b'\n') => return Ok(at + 1),
                Some(b) if *b == delimiter => Place::Cell,
                Some(_) => Place::Text,
            };
            continue;
        }
        let Some(found) = memchr2(b'"', b'\n', rest) else {
            return Err(match rest.last() {
                None => place,
                Some(last) if *last == delimiter => Place::Cell,
                Some(_) => Place::Text,
            });
        };
        if rest.get(found) == Some(&b'\n') {
            return Ok(at + found + 1);
        }
        let opens = match found.checked_sub(1) {
            None => place == Place::Cell,
            Some(before) => rest.get(before) == Some(&delimiter),
        };
        place = if opens { Place::Quoted } else { Place::Text };
        at += found + 1;
    }
}

/// The row that begins these bytes, without its line end. Nothing if it does not end in them.
pub(crate) fn first_row(bytes: &[u8], delimiter: u8) -> Option<&[u8]> {
    let end = row_end(bytes, 0, delimiter, Place::Cell).ok()?;
    let row = bytes.get(..end.checked_sub(1)?)?;
    Some(row.strip_suffix(b"\r").unwrap_or(row))
}

fn is_line_end(byte: &u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// CSV records: quoted cells may hold line ends.
#[derive(Debug)]
pub(crate) struct CsvRecords {
    /// Where rows end, for those that were looked for before, the next one last.
    known: Vec<usize>,
    /// Where the window starts in what they were looked for in.
    known_from: usize,
    started: Option<usize>,
    scanned: usize,
    place: Place,
    delimiter: u8,
}

impl CsvRecords {
    /// Records of cells with this delimiter.
    pub(crate) fn new(delimiter: u8) -> Self {
        CsvRecords {
            known: Vec::new(),
            known_from: 0,
            started: None,
            scanned: 0,
            place: Place::Between,
            delimiter,
        }
    }

    /// Records of a stream that begins at `from` of the bytes in which rows end at `ends`: one past
    /// each line end. All of these bytes are in its window.
    pub(crate) fn of_known(delimiter: u8, from: usize, mut ends: Vec<usize>) -> Self {
        ends.reverse();
        CsvRecords { known: ends, known_from: from, ..CsvRecords::new(delimiter) }
    }

    /// Where the row ends that has begun.
    fn row_end(&mut self, window: &[u8]) -> Result<usize, Place> {
        match self.known.pop() {
            Some(end) => Ok(end.saturating_sub(self.known_from)),
            None => row_end(window, self.scanned, self.delimiter, self.place),
        }
    }
}

impl Framer for CsvRecords {
    fn scan(&mut self, window: &[u8], ended: bool) -> Scan {
        if self.started.is_none() {
            let blanks = window.iter().take_while(|b| is_line_end(b)).count();
            if blanks == window.len() {
                return if ended { Scan::End } else { Scan::More };
            }
            self.started = Some(blanks);
            self.scanned = blanks;
            self.place = Place::Cell;
        }
        let start = self.started.unwrap_or(0);
        match self.row_end(window) {
            Ok(next) => {
                self.known_from += next;
                let mut end = next.saturating_sub(1);
                if end > start && window.get(end - 1) == Some(&b'\r') {
                    end -= 1;
                }
                self.started = None;
                self.scanned = 0;
                Scan::Record { start, end, next, cut: false }
            }
            Err(place) if !ended => {
                self.place = place;
                self.scanned = window.len();
                Scan::More
            }
            Err(place) => {
                self.started = None;
                self.scanned = 0;
                let cut = place == Place::Quoted;
                Scan::Record { start, end: window.len(), next: window.len(), cut }
            }
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
        self.started
    }
}

/// The places that a range of a file may begin at; which one it is, the ranges before it tell.
pub(crate) const PLACES: usize = 4;

/// The rows of a range of a file, if it begins at a certain place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rows {
    /// Where the first row begins that begins in the range.
    pub first: Option<usize>,
    /// How many rows begin in the range.
    pub count: u64,
    /// The place at the end of the range.
    pub end: usize,
    /// Where those end that end in it, one past their line end, up to where the way becomes another.
    row_ends: Vec<usize>,
    /// The way that it becomes, and how many rows of that one ended before.
    joins: Option<(usize, usize)>,
}

impl Rows {
    /// The rows of a range for all places that it may begin at: nobody knows yet whether it begins
    /// inside of quotes. After a row or two the ways mostly meet, and from there on they are one.
    pub(crate) fn of_all_ways(bytes: &[u8], delimiter: u8) -> [Rows; PLACES] {
        let mut ways: [Rows; PLACES] = Default::default();
        // Where the first rows begin on the ways so far: the way, and how many came before.
        let mut met: Vec<(usize, usize, usize)> = Vec::new();
        let all = [Place::Between, Place::Cell, Place::Text, Place::Quoted];
        for (number, place) in all.into_iter().enumerate() {
            let mut way = Rows::default();
            let (mut at, mut place) = (0, place);
            way.end = loop {
                if place == Place::Between {
                    let rest = bytes.get(at..).unwrap_or_default();
                    at += rest.iter().take_while(|b| is_line_end(b)).count();
                    if at >= bytes.len() {
                        break Place::Between as usize;
                    }
                    way.first.get_or_insert(at);
                    // All rows that began before this one have ended.
                    let seen = way.row_ends.len();
                    if let Some((_, joined, before)) = met.iter().find(|(start, ..)| *start == at)
                        && let Some(other) = ways.get(*joined)
                    {
                        way.joins = Some((*joined, *before));
                        way.count = seen as u64 + other.count - *before as u64;
                        break other.end;
                    }
                    if seen < MET {
                        met.push((at, number, seen));
                    }
                    way.count += 1;
                    place = Place::Cell;
                }
                match row_end(bytes, at, delimiter, place) {
                    Ok(next) => {
                        // The row that the range begins in is not counted here.
                        if way.count > 0 {
                            way.row_ends.push(next);
                        }
                        (at, place) = (next, Place::Between);
                    }
                    Err(place) => break place as usize,
                }
            };
            if let Some(slot) = ways.get_mut(number) {
                *slot = way;
            }
        }
        ways
    }

    /// Calls `visit` with where each row begins that begins in the range `bytes`, if this begins at
    /// this place.
    pub(crate) fn each_start(
        ways: &[Rows; PLACES],
        place: usize,
        bytes: &[u8],
        visit: &mut dyn FnMut(usize),
    ) {
        let (mut place, mut skipped) = (place, 0);
        while let Some(way) = ways.get(place) {
            let behind = |end: &usize| {
                let rest = bytes.get(*end..).unwrap_or_default();
                end + rest.iter().take_while(|b| is_line_end(b)).count()
            };
            let starts = way.first.into_iter().chain(way.row_ends.iter().map(behind));
            // Where it becomes another way all of its own rows have ended.
            let own = way.joins.map_or(usize::MAX, |_| way.row_ends.len());
            let starts = starts.take(own).skip(skipped);
            starts.filter(|start| *start < bytes.len()).for_each(&mut *visit);
            match way.joins {
                // Each way joins one that was looked for before it.
                Some((other, before)) if other < place => (place, skipped) = (other, before),
                _ => return,
            }
        }
    }

    /// Where the rows end that begin in the range and end in it, if it begins at this place.
    pub(crate) fn row_ends(ways: &mut [Rows; PLACES], place: usize) -> Vec<usize> {
        let Some(way) = ways.get_mut(place) else { return Vec::new() };
        let own = std::mem::take(&mut way.row_ends);
        match way.joins {
            // Each way joins one that was looked for before it.
            Some((other, before)) if other < place => {
                let mut ends = Rows::row_ends(ways, other);
                ends.splice(..before.min(ends.len()), own);
                ends
            }
            _ => own,
        }
    }
}

/// Rows of a way that another way is compared with.
const MET: usize = 64;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{CsvRecords, Rows};
    use crate::frame::{Framer, Scan};

    /// Where rows begin.
    fn starts(text: &[u8]) -> Vec<usize> {
        let mut framer = CsvRecords::new(b',');
        let (mut at, mut starts) = (0, Vec::new());
        while let Scan::Record { start, next, .. } =
            framer.scan(text.get(at..).unwrap_or_default(), true)
        {
            starts.push(at + start);
            at += next;
        }
        starts
    }

    /// Byte by byte.
    fn simple_starts(text: &[u8]) -> Vec<usize> {
        let (mut starts, mut begun, mut quoted, mut in_cell) = (Vec::new(), false, false, false);
        for (at, byte) in text.iter().enumerate() {
            if !begun {
                if matches!(byte, b'\n' | b'\r') {
                    continue;
                }
                starts.push(at);
                (begun, quoted, in_cell) = (true, false, false);
            }
            match byte {
                b'"' if quoted => {
                    let next = text.get(at + 1);
                    quoted = false;
                    in_cell = next.is_some_and(|b| !matches!(b, b'"' | b',' | b'\n' | b'\r'));
                }
                _ if quoted => {}
                b'\n' => begun = false,
                b'"' if !in_cell => quoted = true,
                b',' => in_cell = false,
                _ => in_cell = true,
            }
        }
        starts
    }

    proptest! {
        #[test]
        fn rows_begin_where_they_do_byte_by_byte(text in "[a\",\n\r]{0,60}") {
            prop_assert_eq!(starts(text.as_bytes()), simple_starts(text.as_bytes()));
        }

        /// However a text is cut into ranges, each finds its own rows.
        #[test]
        fn ranges_come_together(
            text in "[ab\",\n\r]{1,400}|(\"[a\n]{0,5}\",[a\"]?\n){1,200}",
            step in 1..50usize,
        ) {
            let text = text.as_bytes();
            let expected = starts(text);
            let (mut place, mut found, mut at) = (0, Vec::new(), 0);
            for range in text.chunks(step) {
                let mut ways = Rows::of_all_ways(range, b',');
                let in_range: Vec<usize> =
                    expected.iter().copied().filter(|s| (at..at + range.len()).contains(s)).collect();
                let mut begun = Vec::new();
                Rows::each_start(&ways, place, range, &mut |start| begun.push(at + start));
                prop_assert_eq!(&begun, &in_range);
                let ends = Rows::row_ends(&mut ways, place);
                let way = &ways[place];
                prop_assert_eq!(way.count, in_range.len() as u64);
                prop_assert_eq!(way.first.map(|first| at + first), in_range.first().copied());
                if let Some(first) = way.first {
                    // What is known of the rows is what is found anew.
                    let mut known = CsvRecords::of_known(b',', first, ends);
                    let mut anew = CsvRecords::new(b',');
                    let mut from = at + first;
                    for _ in &in_range {
                        let scan = known.scan(&text[from..], true);
                        prop_assert_eq!(scan, anew.scan(&text[from..], true));
                        let Scan::Record { start, next, .. } = scan else { break };
                        found.push(from + start);
                        from += next;
                    }
                }
                place = way.end;
                at += range.len();
            }
            prop_assert_eq!(found, expected);
        }
    }
}
