//! Finds which of many texts occur in a text, without regard to ASCII case, in one pass.
//!
//! Each needle is filed under two neighbouring windows of its bytes (grams), the pair that is
//! rarest in logs. A text is looked through at every second position only: whichever position the
//! needle starts at, one of its two grams lies at an even one. A bit table answers for nearly all
//! positions that no needle has this gram; the rest is looked up and compared. Unlike in an
//! automaton no step waits for the memory access of the step before, the tables stay in the fast
//! caches for thousands of needles, and building them takes no time worth mentioning.

use crate::pairs::commonness;

/// Many needles, numbered in the order in which they are given.
#[derive(Debug, Default)]
pub(crate) struct Grams {
    needles: Vec<Needle>,
    /// Needles of five bytes and more: two of their grams of four bytes, at even positions.
    long: Option<Level>,
    /// Needles of three and four bytes: a gram of three, at each position.
    short: Option<Level>,
    /// Needles of two bytes and of one, at each position.
    tiny: [Option<Level>; 2],
}

/// A text to look for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Needle {
    /// Its bytes, ASCII letters in lower case.
    pub(crate) text: Box<[u8]>,
    /// Are the `_` in it any one byte?
    pub(crate) wild: bool,
}

/// Bits of the table that is asked first. Of a size known to the compiler, which spares a check in
/// the innermost loop; small enough for the fastest cache, large enough for thousands of grams.
const BITS: usize = 1 << 17;

/// The grams of one width.
#[derive(Debug)]
struct Level {
    bits: Box<[u64; BITS / 64]>,
    /// Where the places of a bucket begin; the bucket is the upper part of the slot.
    begins: Box<[u32]>,
    bucket_shift: u32,
    places: Box<[Place]>,
}

/// A needle that is filed under a gram.
#[derive(Clone, Copy, Debug)]
struct Place {
    gram: u32,
    needle: u32,
    /// Where in the needle the gram starts.
    offset: u32,
}

/// Case of ASCII letters is a bit; without it, some other bytes fall together as well, which is
/// why a needle is compared in full where its gram is found.
const CASE: u32 = 0x2020_2020;

impl Needle {
    /// Is it the beginning of this text?
    #[inline]
    fn begins(&self, text: &[u8]) -> bool {
        let Some(text) = text.get(..self.text.len()) else { return false };
        if self.wild {
            let mut bytes = text.iter().zip(&self.text);
            return bytes.all(|(t, n)| *n == b'_' || t.to_ascii_lowercase() == *n);
        }
        text.eq_ignore_ascii_case(&self.text)
    }
}

impl Grams {
    /// The needles; none is empty, and none is all `_` if those are wild.
    pub(crate) fn new(needles: Vec<Needle>) -> Self {
        let (mut long, mut short) = (Vec::new(), Vec::new());
        let mut tiny: [Vec<Place>; 2] = Default::default();
        for (id, needle) in needles.iter().enumerate() {
            let needle_id = u32::try_from(id).unwrap_or(u32::MAX);
            // The longest stretch without wildcards is what the needle is filed under.
            let (begin, text) = stretch(needle);
            let place = |at: usize, width: usize| Place {
                gram: gram(&text[at..at + width]),
                needle: needle_id,
                offset: u32::try_from(begin + at).unwrap_or(u32::MAX),
            };
            match text.len() {
                0 => {}
                len @ (1 | 2) => tiny[2 - len].push(place(0, len)),
                3 => short.push(place(0, 3)),
                4 => {
                    let at = usize::from(weight(&text[1..4]) < weight(&text[..3]));
                    short.push(place(at, 3));
                }
                len => {
                    let at = (0..len - 4).min_by_key(|&at| weight(&text[at..at + 5])).unwrap_or(0);
                    long.extend([place(at, 4), place(at + 1, 4)]);
                }
            }
        }
        Grams {
            needles,
            long: Level::new(long),
            short: Level::new(short),
            tiny: tiny.map(Level::new),
        }
    }

    /// Calls `found` for occurrences of needles: needle and place. Each needle that occurs is
    /// reported at least once.
    pub(crate) fn scan(&self, text: &[u8], mut found: impl FnMut(usize, usize)) {
        if let Some(level) = &self.long {
            let mut rest = text;
            let mut at = 0;
            while let [a, b, c, d, ..] = rest {
                let gram = u32::from_le_bytes([*a, *b, *c, *d]) | CASE;
                level.look(gram, at, text, &self.needles, &mut found);
                at += 2;
                rest = &rest[2..];
            }
        }
        if let Some(level) = &self.short {
            for (at, window) in text.windows(3).enumerate() {
                let gram = u32::from_le_bytes([window[0], window[1], window[2], 0]) | CASE;
                level.look(gram, at, text, &self.needles, &mut found);
            }
        }
        for (level, width) in self.tiny.iter().zip([2, 1]) {
            let Some(level) = level else { continue };
            for (at, window) in text.windows(width).enumerate() {
                level.look(gram(window), at, text, &self.needles, &mut found);
            }
        }
    }
}

/// The longest part of a needle that holds no wildcard, and where it begins.
fn stretch(needle: &Needle) -> (usize, &[u8]) {
    if !needle.wild {
        return (0, &needle.text);
    }
    let mut best: (usize, &[u8]) = (0, &[]);
    let mut begin = 0;
    for part in needle.text.split(|&b| b == b'_') {
        if part.len() > best.1.len() {
            best = (begin, part);
        }
        begin += part.len() + 1;
    }
    best
}

impl Level {
    fn new(mut places: Vec<Place>) -> Option<Self> {
        if places.is_empty() {
            return None;
        }
        let bucket_log = places.len().next_power_of_two().ilog2().clamp(4, 16);
        let bucket_shift = 32 - bucket_log;
        places.sort_by_key(|place| (hash(place.gram) >> bucket_shift, place.gram, place.needle));
        let mut bits = Box::new([0u64; BITS / 64]);
        let mut begins = vec![0u32; (1 << bucket_log) + 1];
        for place in &places {
            let slot = slot(place.gram);
            bits[slot / 64] |= 1 << (slot % 64);
            begins[(hash(place.gram) >> bucket_shift) as usize + 1] += 1;
        }
        for bucket in 1..begins.len() {
            begins[bucket] += begins[bucket - 1];
        }
        Some(Level { bits, begins: begins.into(), bucket_shift, places: places.into() })
    }

    #[inline(always)]
    fn look(
        &self,
        gram: u32,
        at: usize,
        text: &[u8],
        needles: &[Needle],
        found: &mut impl FnMut(usize, usize),
    ) {
        let slot = slot(gram);
        if self.bits[slot / 64] >> (slot % 64) & 1 == 1 {
            self.compare(gram, at, text, needles, found);
        }
    }

    #[inline(never)]
    fn compare(
        &self,
        gram: u32,
        at: usize,
        text: &[u8],
        needles: &[Needle],
        found: &mut impl FnMut(usize, usize),
    ) {
        let bucket = (hash(gram) >> self.bucket_shift) as usize;
        let (Some(&from), Some(&to)) = (self.begins.get(bucket), self.begins.get(bucket + 1))
        else {
            return;
        };
        for place in self.places.get(from as usize..to as usize).unwrap_or_default() {
            if place.gram != gram {
                continue;
            }
            let Some(start) = at.checked_sub(place.offset as usize) else { continue };
            let Some(needle) = needles.get(place.needle as usize) else { continue };
            if text.get(start..).is_some_and(|text| needle.begins(text)) {
                found(place.needle as usize, start);
            }
        }
    }
}

#[inline(always)]
fn hash(gram: u32) -> u32 {
    gram.wrapping_mul(0x9e37_79b1)
}

#[inline(always)]
fn slot(gram: u32) -> usize {
    (hash(gram) >> (32 - BITS.ilog2())) as usize
}

fn gram(bytes: &[u8]) -> u32 {
    let mut four = [0; 4];
    for (to, &from) in four.iter_mut().zip(bytes) {
        *to = from;
    }
    // The width is part of the gram only through the zero bytes, which the case bit turns into
    // blanks; that can only cause a comparison in vain.
    u32::from_le_bytes(four) | CASE
}

/// How common a stretch of bytes is in logs.
fn weight(bytes: &[u8]) -> u32 {
    bytes.windows(2).map(|pair| commonness(pair[0], pair[1])).sum()
}

#[cfg(test)]
mod tests {
    use super::{Grams, Needle};

    fn needle(text: &str, wild: bool) -> Needle {
        Needle { text: text.as_bytes().into(), wild }
    }

    #[test]
    fn finds_all_lengths_at_all_places() {
        let needles = ["a", "bc", "def", "ghij", "klmno", "pqrstu", "éü", "@[{", "\\x\\y.exe"];
        let grams = Grams::new(needles.iter().map(|n| needle(n, false)).collect());
        for (id, needle) in needles.iter().enumerate() {
            for before in 0..5 {
                for after in 0..3 {
                    let text = format!(
                        "{}{}{}",
                        "-".repeat(before),
                        needle.to_ascii_uppercase(),
                        "-".repeat(after)
                    );
                    let mut found = Vec::new();
                    grams.scan(text.as_bytes(), |n, at| found.push((n, at)));
                    found.dedup();
                    assert_eq!(found, [(id, before)], "{needle:?} in {text:?}");
                }
            }
        }
    }

    #[test]
    fn bytes_that_share_a_case_bit_are_told_apart() {
        let grams = Grams::new(vec![needle("a[b@cd", false)]);
        let mut found = 0;
        grams.scan(b"a{b`cd", |_, _| found += 1);
        assert_eq!(found, 0);
        grams.scan(b"xA[B@CD", |_, _| found += 1);
        assert_eq!(found, 1);
    }

    #[test]
    fn wildcards_stand_for_one_byte() {
        let grams =
            Grams::new(vec![needle("a_bcdefg", true), needle("x__", true), needle("_y_", false)]);
        let found = |text: &str| {
            let mut found = Vec::new();
            grams.scan(text.as_bytes(), |n, at| found.push((n, at)));
            found.dedup();
            found
        };
        assert_eq!(found("--A-BCDEFG"), [(0, 2)]);
        assert_eq!(found("--ABCDEFG"), []);
        assert_eq!(found("-BCDEFG"), []);
        assert_eq!(found("X12"), [(1, 0)]);
        assert_eq!(found("X1"), []);
        assert_eq!(found("1y2_Y_"), [(2, 3)]);
    }
}
