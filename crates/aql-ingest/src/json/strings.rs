//! Where strings start and end.

use crate::bits::{self, BLOCK};

/// Finds the strings of a text, one after the other.
pub(super) struct Strings<'b> {
    bytes: &'b [u8],
    /// Where the block at hand starts.
    base: usize,
    /// Quotes in the block that are not done.
    quotes: u64,
}

/// Where a string is: the byte behind its opening quote, and its closing quote.
pub(super) type StringAt = (usize, usize);

impl<'b> Strings<'b> {
    /// The strings of these bytes.
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        let mut strings = Strings { bytes, base: 0, quotes: 0 };
        strings.look();
        strings
    }

    /// The same, when no string is asked for in turn: see [`end_from`](Self::end_from).
    pub(super) fn unread(bytes: &'b [u8]) -> Self {
        Strings { bytes, base: usize::MAX, quotes: 0 }
    }

    /// Where the string ends whose text starts at `start`. Goes forward only.
    #[inline]
    pub(super) fn end_from(&mut self, start: usize) -> Option<usize> {
        let base = start & !(BLOCK - 1);
        if base != self.base {
            self.base = base;
            self.look();
        }
        self.quotes = bits::from(self.quotes, start - base);
        loop {
            let end = self.next_quote()?;
            if end == start || self.bytes.get(end - 1) != Some(&b'\\') {
                return Some(end);
            }
            let text = self.bytes.get(start..end).unwrap_or_default();
            let slashes = text.iter().rev().take_while(|b| **b == b'\\').count();
            if slashes % 2 == 0 {
                return Some(end);
            }
        }
    }

    /// The next string, if it has an end. As long as every quote outside of strings was taken for
    /// the start of one, this is the one that starts at the next quote.
    #[inline]
    pub(super) fn next(&mut self) -> Option<StringAt> {
        let behind = self.quotes & self.quotes.wrapping_sub(1);
        if behind != 0 {
            // Two quotes stand in the block: those of the string, unless the second is text.
            let start = self.base + self.quotes.trailing_zeros() as usize + 1;
            let end = self.base + behind.trailing_zeros() as usize;
            if self.bytes.get(end - 1) != Some(&b'\\') {
                self.quotes = behind & (behind - 1);
                return Some((start, end));
            }
        }
        self.next_by_quotes()
    }

    fn next_by_quotes(&mut self) -> Option<StringAt> {
        let start = self.next_quote()? + 1;
        loop {
            let end = self.next_quote()?;
            let text = self.bytes.get(start..end).unwrap_or_default();
            // A quote is text behind an odd number of backslashes: two of them are one.
            let slashes = text.iter().rev().take_while(|b| **b == b'\\').count();
            if slashes % 2 == 0 {
                return Some((start, end));
            }
        }
    }

    fn next_quote(&mut self) -> Option<usize> {
        while self.quotes == 0 {
            self.base += BLOCK;
            if self.base >= self.bytes.len() {
                return None;
            }
            self.look();
        }
        let quote = self.base + self.quotes.trailing_zeros() as usize;
        self.quotes &= self.quotes - 1;
        Some(quote)
    }

    #[inline]
    fn look(&mut self) {
        self.quotes = bits::equal(&bits::block(self.bytes, self.base), b'"');
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{StringAt, Strings};

    /// Byte by byte.
    fn string_at(bytes: &[u8], start: usize) -> Option<StringAt> {
        let mut end = start;
        loop {
            match bytes.get(end)? {
                b'"' => return Some((start, end)),
                b'\\' => end += 2,
                _ => end += 1,
            }
        }
    }

    proptest! {
        #[test]
        fn agrees_with_byte_by_byte(
            parts in prop::collection::vec("[a\\\\]{0,9}|a{50,70}|\\\\{60,70}", 1..9),
        ) {
            let mut text = String::new();
            for part in &parts {
                // Some strings go on over what should follow them, and the last may not end.
                text.push_str(&format!("{{\"{part}\":"));
            }
            let mut strings = Strings::new(text.as_bytes());
            let mut at = 0;
            // As in JSON: a backslash stands in a string.
            while let Some(open) = text.get(at..).and_then(|rest| rest.find(['"', '\\']))
                && text.as_bytes()[at + open] == b'"'
            {
                let expected = string_at(text.as_bytes(), at + open + 1);
                prop_assert_eq!(strings.next(), expected);
                let Some(found) = expected else { break };
                at = found.1 + 1;
            }
        }
    }
}
