//! Where strings start and end.

use crate::bits::{self, BLOCK};

/// Finds the strings of a text, one after the other.
pub(super) struct Strings<'b> {
    bytes: &'b [u8],
    /// Where the block at hand starts.
    base: usize,
    /// Quotes in the block that no backslash stands before, without those that are done.
    quotes: u64,
    /// Backslashes in the block.
    slashes: u64,
    /// Is the first byte of the next block escaped? The lowest bit.
    carry: u64,
}

/// Where a string is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StringAt {
    /// The byte behind its opening quote.
    pub start: usize,
    /// Its closing quote.
    pub end: usize,
    /// Has it escapes?
    pub escaped: bool,
}

impl<'b> Strings<'b> {
    /// The strings of these bytes.
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        let mut strings = Strings { bytes, base: 0, quotes: 0, slashes: 0, carry: 0 };
        strings.look();
        strings
    }

    /// The next string, if it has an end. As long as every quote outside of strings was taken for
    /// the start of one, and backslashes stand only in strings, this is the one that starts at the
    /// next quote.
    #[inline]
    pub(super) fn next(&mut self) -> Option<StringAt> {
        let behind = self.quotes & self.quotes.wrapping_sub(1);
        if behind == 0 {
            return self.next_over_blocks();
        }
        // Both quotes stand in the block.
        let start = self.quotes.trailing_zeros() + 1;
        let end = behind.trailing_zeros();
        self.quotes = behind & (behind - 1);
        Some(StringAt {
            start: self.base + start as usize,
            end: self.base + end as usize,
            escaped: self.slashes & ((1 << end) - (1 << start)) != 0,
        })
    }

    fn next_over_blocks(&mut self) -> Option<StringAt> {
        while self.quotes == 0 {
            self.next_block()?;
        }
        let from = self.quotes.trailing_zeros() as usize + 1;
        let start = self.base + from;
        self.quotes &= self.quotes - 1;
        let mut slashes = bits::from(self.slashes, from);
        let mut escaped = false;
        while self.quotes == 0 {
            escaped |= slashes != 0;
            self.next_block()?;
            slashes = self.slashes;
        }
        let end = self.quotes.trailing_zeros() as usize;
        self.quotes &= self.quotes - 1;
        escaped |= bits::below(slashes, end) != 0;
        Some(StringAt { start, end: self.base + end, escaped })
    }

    fn next_block(&mut self) -> Option<()> {
        self.base += BLOCK;
        (self.base < self.bytes.len()).then(|| self.look())
    }

    fn look(&mut self) {
        let block = bits::block(self.bytes, self.base);
        self.slashes = bits::equal(&block, b'\\');
        self.quotes = bits::equal(&block, b'"') & !self.escaped();
    }

    /// The bytes behind an odd number of backslashes (as simdjson finds them: a subtraction runs
    /// through each row of backslashes, and ends at its other end or beside it).
    fn escaped(&mut self) -> u64 {
        const ODD: u64 = 0xaaaa_aaaa_aaaa_aaaa;
        if self.slashes == 0 {
            return std::mem::take(&mut self.carry);
        }
        let starts = self.slashes & !self.carry;
        let ends = ((starts << 1) | ODD).wrapping_sub(starts) ^ ODD;
        let escaped = ends ^ (self.slashes | self.carry);
        self.carry = (ends & self.slashes) >> (BLOCK - 1);
        escaped
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{StringAt, Strings};

    /// Byte by byte.
    fn string_at(bytes: &[u8], start: usize) -> Option<StringAt> {
        let mut end = start;
        let mut escaped = false;
        loop {
            match bytes.get(end)? {
                b'"' => return Some(StringAt { start, end, escaped }),
                b'\\' => {
                    escaped = true;
                    end += 2;
                }
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
                at = found.end + 1;
            }
        }
    }
}
