//! Lines.

use memchr::memchr;

use super::{Framer, Scan};
use crate::json::is_blank;

/// Lines that are not blank, without their line end.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    scanned: usize,
    started: Option<usize>,
}

impl Framer for Lines {
    fn scan(&mut self, window: &[u8], ended: bool) -> Scan {
        if self.started.is_none() {
            let blanks = window.iter().take_while(|b| is_blank(**b)).count();
            // Blanks in front of the text of a line belong to the line.
            let start = window
                .get(..blanks)
                .and_then(|blank| memchr::memrchr(b'\n', blank))
                .map_or(0, |at| at + 1);
            if blanks == window.len() {
                return if ended { Scan::End } else { Scan::More };
            }
            self.started = Some(start);
            self.scanned = blanks;
        }
        let start = self.started.unwrap_or(0);
        let found = window.get(self.scanned..).and_then(|rest| memchr(b'\n', rest));
        let (mut end, next) = match found {
            Some(at) => (self.scanned + at, self.scanned + at + 1),
            None if ended => (window.len(), window.len()),
            None => {
                self.scanned = window.len();
                return Scan::More;
            }
        };
        if end > start && window.get(end - 1) == Some(&b'\r') {
            end -= 1;
        }
        *self = Lines::default();
        Scan::Record { start, end, next, cut: false }
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
