//! Lines.

use memchr::memchr;

use super::{Framer, Scan};
use crate::json::is_blank;

/// Lines that are not blank, without their line end.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    /// Where lines end, for those that were looked for before, the next one last.
    known: Vec<usize>,
    /// Where the window starts in what they were looked for in.
    known_from: usize,
    scanned: usize,
    started: Option<usize>,
}

impl Lines {
    /// Lines of a stream in whose window the first of them end at `ends`: at each line end.
    pub(crate) fn of_known(mut ends: Vec<usize>) -> Self {
        ends.reverse();
        Lines { known: ends, ..Lines::default() }
    }

    /// Where the line ends that has begun.
    fn line_end(&mut self, window: &[u8]) -> Option<usize> {
        let from = self.known_from + self.scanned;
        while let Some(end) = self.known.pop() {
            if end >= from {
                return Some(end - self.known_from);
            }
        }
        let rest = window.get(self.scanned..)?;
        memchr(b'\n', rest).map(|at| self.scanned + at)
    }
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
        let (mut end, next) = match self.line_end(window) {
            Some(at) => (at, at + 1),
            None if ended => (window.len(), window.len()),
            None => {
                self.scanned = window.len();
                return Scan::More;
            }
        };
        if end > start && window.get(end - 1) == Some(&b'\r') {
            end -= 1;
        }
        self.known_from += next;
        self.scanned = 0;
        self.started = None;
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Lines;
    use crate::frame::{Framer, Scan};

    proptest! {
        #[test]
        fn known_ends_are_those_found_anew(text in "[a \n\r]{0,60}", known in 0..60usize) {
            let text = text.as_bytes();
            let ends = memchr::memchr_iter(b'\n', text).take(known).collect();
            let (mut known, mut anew) = (Lines::of_known(ends), Lines::default());
            let mut at = 0;
            loop {
                let scan = anew.scan(&text[at..], true);
                prop_assert_eq!(known.scan(&text[at..], true), scan);
                let Scan::Record { next, .. } = scan else { break };
                at += next;
            }
        }
    }
}
