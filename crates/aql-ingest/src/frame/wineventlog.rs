//! Events of several lines, each beginning with a date that a line `LogName=` follows.

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

/// What every event's second line begins with.
const SECOND: &[u8] = b"LogName=";

/// Does a line look like the date of an event: `06/24/2021 06:33:18 AM`?
fn is_date(line: &[u8]) -> bool {
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
        loop {
            let line = rest(self.scanned);
            let Some(end) = memchr::memchr(b'\n', line) else { break };
            let next = rest(self.scanned + end + 1);
            if next.len() < SECOND.len() && !ended {
                break;
            }
            let begins = is_date(line.get(..end).unwrap_or_default()) && next.starts_with(SECOND);
            if begins && self.is_inside {
                return self.finish(start, self.scanned);
            }
            self.is_inside = true;
            self.scanned += end + 1;
        }
        if !ended {
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
