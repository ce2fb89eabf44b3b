//! Messages with their length in front (RFC 6587, octet counting): `12 <13>message…`, one directly
//! behind the other.

use memchr::memchr;

use super::{Framer, Scan};
use crate::json::is_blank;

/// Digits of the longest length that is believed.
const MAX_DIGITS: usize = 7;

/// Messages with their length in front. What stands where a length should is a line of its own.
#[derive(Debug, Default)]
pub(crate) struct OctetCounted {
    /// Where the message begins, and where it ends if a length says so.
    message: Option<(usize, Option<usize>)>,
    /// Where the end of a line has been looked for.
    scanned: usize,
}

/// The length in front of a message: its digits, and what it says. A message begins with a priority.
fn length(text: &[u8]) -> Option<(usize, usize)> {
    let digits = text.iter().take(MAX_DIGITS).take_while(|b| b.is_ascii_digit()).count();
    let (number, rest) = text.split_at_checked(digits)?;
    let is_message = rest.strip_prefix(b" <")?.first()?.is_ascii_digit();
    let number = std::str::from_utf8(number).ok()?;
    (is_message && !number.starts_with('0')).then_some(())?;
    Some((digits, number.parse().ok()?))
}

/// Does the text consist of such messages, without a line end between them? `whole` says that there
/// is no more of it. Where line ends part them they are lines.
pub(crate) fn is_counted(text: &[u8], whole: bool) -> bool {
    let mut rest = text;
    for messages in 0..4 {
        let Some((digits, length)) = length(rest) else {
            return messages > 0 && (rest.is_empty() || !whole && rest.len() <= MAX_DIGITS + 2);
        };
        match rest.get(digits + 1 + length..) {
            Some([b'\n' | b'\r', ..]) => return false,
            Some(after) => rest = after,
            None => return messages > 0,
        }
    }
    true
}

impl Framer for OctetCounted {
    fn scan(&mut self, window: &[u8], ended: bool) -> Scan {
        let (start, end) = match self.message {
            Some(message) => message,
            None => {
                let blanks = window.iter().take_while(|b| is_blank(**b)).count();
                let text = window.get(blanks..).unwrap_or_default();
                if text.is_empty() {
                    return if ended { Scan::End } else { Scan::More };
                }
                if text.len() < MAX_DIGITS + 3 && !ended {
                    return Scan::More;
                }
                let message = match length(text) {
                    Some((digits, length)) => {
                        let start = blanks + digits + 1;
                        (start, Some(start + length))
                    }
                    None => (blanks, None),
                };
                self.scanned = blanks;
                *self.message.insert(message)
            }
        };
        let found = match end {
            Some(end) => (window.len() >= end).then_some((end, end)),
            None => {
                let rest = window.get(self.scanned..).unwrap_or_default();
                memchr(b'\n', rest).map(|at| (self.scanned + at, self.scanned + at + 1))
            }
        };
        let Some((end, next)) = found.or_else(|| ended.then_some((window.len(), window.len())))
        else {
            self.scanned = window.len();
            return Scan::More;
        };
        let cut = found.is_none() && self.message.is_some_and(|(_, end)| end.is_some());
        *self = OctetCounted::default();
        let message = window.get(start..end).unwrap_or_default();
        let blanks = message.iter().rev().take_while(|b| matches!(b, b'\n' | b'\r')).count();
        // The input may end right behind a length.
        let end = (end - blanks).max(start.min(next));
        Scan::Record { start: start.min(end), end, next, cut }
    }

    fn scanned(&self) -> usize {
        self.scanned
    }

    fn forget(&mut self, bytes: usize) {
        self.scanned -= bytes.min(self.scanned);
        self.message = self.message.map(|(start, end)| {
            (start.saturating_sub(bytes), end.map(|end| end.saturating_sub(bytes)))
        });
    }

    fn started(&self) -> Option<usize> {
        self.message.map(|(start, _)| start)
    }
}

#[cfg(test)]
mod tests {
    use super::is_counted;

    #[test]
    fn counted_or_in_lines() {
        for (text, whole, expected) in [
            ("6 <1>abc7 <1>abcd", true, true),
            ("6 <1>abc7 <1>abcd6 <1>a", true, true),
            ("6 <1>abc", true, true),
            // The head ends inside a length.
            ("6 <1>abc7", false, true),
            ("6 <1>abc7", true, false),
            ("6 <1>abc\n7 <1>abcd\n", true, false),
            // Line ends that are counted do not part them.
            ("7 <1>abc\n8 <1>abcd\n", true, true),
            ("7 <1>abc6 <1>x", true, false),
            ("60 <1>abc", true, false),
            ("06 <1>abc", true, false),
            ("6 abcdef", true, false),
            ("<1>abc", true, false),
            ("", true, false),
        ] {
            assert_eq!(is_counted(text.as_bytes(), whole), expected, "{text:?}");
        }
    }
}
