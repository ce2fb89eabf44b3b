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

fn is_line_end(byte: &u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// CSV records: quoted cells may hold line ends.
#[derive(Debug)]
pub(crate) struct CsvRecords {
    started: Option<usize>,
    scanned: usize,
    place: Place,
    delimiter: u8,
}

impl CsvRecords {
    /// Records of cells with this delimiter.
    pub(crate) fn new(delimiter: u8) -> Self {
        CsvRecords { started: None, scanned: 0, place: Place::Between, delimiter }
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
        match row_end(window, self.scanned, self.delimiter, self.place) {
            Ok(next) => {
                let mut end = next - 1;
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

/// The rows of a range of a file, for each place that it may begin at.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    /// Where the first row begins that begins in the range.
    pub first: [Option<usize>; PLACES],
    /// How many rows begin in the range.
    pub counts: [u64; PLACES],
    /// The place at its end.
    pub ends: [usize; PLACES],
}

impl Rows {
    /// Counts the rows of a range.
    ///
    /// Nobody knows yet whether it begins inside of quotes. The rows are looked for from all
    /// places; after a row or two the ways mostly meet, and from there on they are one.
    pub(crate) fn of(bytes: &[u8], delimiter: u8) -> Self {
        let mut rows = Rows { first: [None; PLACES], counts: [0; PLACES], ends: [0; PLACES] };
        let all = [Place::Between, Place::Cell, Place::Text, Place::Quoted];
        // Where the first rows begin on the ways so far: the way, and how many came before.
        let mut met: Vec<(usize, usize, u64)> = Vec::new();
        for (way, place) in all.into_iter().enumerate() {
            let (mut at, mut place) = (0, place);
            let mut count = 0;
            let end = loop {
                if place == Place::Between {
                    let rest = bytes.get(at..).unwrap_or_default();
                    at += rest.iter().take_while(|b| is_line_end(b)).count();
                    if at >= bytes.len() {
                        break Place::Between as usize;
                    }
                    if let Some(first) = rows.first.get_mut(way) {
                        first.get_or_insert(at);
                    }
                    if let Some((_, other, before)) = met.iter().find(|(start, ..)| *start == at) {
                        let total = rows.counts.get(*other).copied().unwrap_or_default();
                        count += total - before;
                        break rows.ends.get(*other).copied().unwrap_or_default();
                    }
                    if count < MET {
                        met.push((at, way, count));
                    }
                    count += 1;
                    place = Place::Cell;
                }
                match row_end(bytes, at, delimiter, place) {
                    Ok(next) => (at, place) = (next, Place::Between),
                    Err(place) => break place as usize,
                }
            };
            if let (Some(to), Some(ends)) = (rows.counts.get_mut(way), rows.ends.get_mut(way)) {
                (*to, *ends) = (count, end);
            }
        }
        rows
    }
}

/// Rows of a way that another way is compared with.
const MET: u64 = 64;

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
        fn ranges_come_together(text in "[ab\",\n\r]{1,400}|(\"[a\n]{0,5}\",[a\"]?\n){1,200}", step in 1..50usize) {
            let expected = starts(text.as_bytes());
            let (mut place, mut before, mut at) = (0, 0, 0);
            for range in text.as_bytes().chunks(step) {
                let rows = Rows::of(range, b',');
                let in_range = expected.iter().filter(|s| (at..at + range.len()).contains(*s));
                prop_assert_eq!(rows.counts[place], in_range.clone().count() as u64);
                prop_assert_eq!(rows.first[place].map(|first| at + first), in_range.min().copied());
                before += rows.counts[place];
                place = rows.ends[place];
                at += range.len();
            }
            prop_assert_eq!(before, expected.len() as u64);
        }
    }
}
