//! Rows of CSV.

use memchr::memchr;

use super::{Framer, Scan};

/// CSV records: quoted cells may hold line ends.
#[derive(Debug, Default)]
pub(crate) struct CsvRecords {
    started: Option<usize>,
    scanned: usize,
    in_quotes: bool,
    /// The next byte begins a cell.
    in_cell: bool,
    delimiter: u8,
}

impl CsvRecords {
    /// Records of cells with this delimiter.
    pub(crate) fn new(delimiter: u8) -> Self {
        CsvRecords { delimiter, ..CsvRecords::default() }
    }
}

impl Framer for CsvRecords {
    fn scan(&mut self, window: &[u8], ended: bool) -> Scan {
        if self.started.is_none() {
            let blanks = window.iter().take_while(|b| matches!(b, b'\n' | b'\r')).count();
            if blanks == window.len() {
                return if ended { Scan::End } else { Scan::More };
            }
            self.started = Some(blanks);
            self.scanned = blanks;
            self.in_cell = false;
            self.in_quotes = false;
        }
        let start = self.started.unwrap_or(0);
        while let Some(&byte) = window.get(self.scanned) {
            if self.in_quotes {
                let rest = window.get(self.scanned..).unwrap_or_default();
                match memchr(b'"', rest) {
                    Some(at) => {
                        // A doubled quote leaves and enters again, which comes to the same.
                        self.scanned += at + 1;
                        self.in_quotes = false;
                        self.in_cell = false;
                        if window.get(self.scanned).is_some_and(|b| {
                            *b != b'"' && *b != self.delimiter && !matches!(b, b'\n' | b'\r')
                        }) {
                            self.in_cell = true;
                        }
                    }
                    None => self.scanned = window.len(),
                }
                continue;
            }
            match byte {
                b'\n' => {
                    let mut end = self.scanned;
                    let next = end + 1;
                    if end > start && window.get(end - 1) == Some(&b'\r') {
                        end -= 1;
                    }
                    self.started = None;
                    self.scanned = 0;
                    return Scan::Record { start, end, next, cut: false };
                }
                b'"' if !self.in_cell => self.in_quotes = true,
                b if b == self.delimiter => self.in_cell = false,
                _ => self.in_cell = true,
            }
            self.scanned += 1;
        }
        if !ended {
            return Scan::More;
        }
        let cut = self.in_quotes;
        self.started = None;
        self.scanned = 0;
        Scan::Record { start, end: window.len(), next: window.len(), cut }
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
