//! Events of several lines, each beginning with a date that a line `LogName=` follows.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::{Framer, Scan};
use crate::json::is_blank;

/// Events as Splunk's older inputs for Windows event logs write them.
#[derive(Debug, Default)]
pub(crate) struct WinEventLogs {
    started: Option<usize>,
    /// Start of the first line that was not looked at.
    scanned: usize,
    /// Was the first line of the record looked at?
    is_inside: bool,
}

/// What stands behind the first line of every event.
const SECOND: &[u8] = b"\nLogName=";

static FIND_SECOND: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(SECOND));

/// Bytes of the longest first line.
const LONGEST: usize = 64;

/// So many bytes tell whether a line begins an event.
pub(crate) const BEGINNING: usize = LONGEST + SECOND.len();

/// Does a line look like the date of an event: `06/24/2021 06:33:18 AM`?
fn is_date(line: &[u8]) -> bool {
    if line.len() > LONGEST {
        return false;
    }
    let line = line.trim_ascii_end();
    let shape = b"00/00/0000 00:00:00";
    let fits = |(byte, wanted): (&u8, &u8)| match wanted {
        b'0' => byte.is_ascii_digit(),
        other => byte == other,
    };
    line.len() <= 32
        && line.len() > shape.len()
        && line.iter().zip(shape).all(fits)
        && (line.ends_with(b" AM") || line.ends_with(b" PM"))
}

/// Where lines start that begin an event. The bytes before the first line end are a line if they
/// start one.
pub(crate) fn beginnings(bytes: &[u8], is_line: bool) -> impl Iterator<Item = usize> {
    FIND_SECOND.find_iter(bytes).filter_map(move |end| {
        let before = bytes.get(..end)?;
        let start = match memchr::memrchr(b'\n', before) {
            Some(line_end) => line_end + 1,
            None if is_line => 0,
            None => return None,
        };
        is_date(before.get(start..)?).then_some(start)
    })
}

impl WinEventLogs {
    fn finish(&mut self, start: usize, end: usize) -> Scan {
        *self = WinEventLogs::default();
        Scan::Record { start, end, next: end, cut: false }
    }
}

impl Framer for WinEventLogs {
    fn scan(&mut self, window: &[u8], ended: bool) -> Scan {
        let rest = |at: usize| window.get(at..).unwrap_or_default();
        if self.started.is_none() {
            let blanks = rest(self.scanned).iter().take_while(|b| is_blank(**b)).count();
            self.scanned += blanks;
            if self.scanned >= window.len() {
                return if ended { Scan::End } else { Scan::More };
            }
            self.started = Some(self.scanned);
        }
        let start = self.started.unwrap_or(0);
        // The first line of the record may look like one that begins another.
        let mut next = beginnings(rest(self.scanned), true).map(|line| self.scanned + line);
        let next = next.find(|line| *line > start || self.is_inside);
        if let Some(next) = next {
            return self.finish(start, next);
        }
        if !ended {
            // What begins a record may stand behind the last line end, or around it.
            let rest = rest(self.scanned);
            let undecided = match memchr::memrchr(b'\n', rest) {
                Some(end) if rest.len() - end < SECOND.len() => {
                    memchr::memrchr(b'\n', rest.get(..end).unwrap_or_default())
                }
                end => end,
            };
            if let Some(end) = undecided {
                self.scanned += end + 1;
                self.is_inside = true;
            }
            return Scan::More;
        }
        self.finish(start, window.len())
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
