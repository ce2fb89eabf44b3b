//! Finds one text in another.

use memchr::memmem;

/// Finds one text, with or without regard to ASCII case.
#[derive(Debug)]
pub(crate) enum Finder {
    /// Exactly.
    Exact(Box<memmem::Finder<'static>>),
    /// Without regard to ASCII case: jumps from one occurrence of the rarest byte to the next.
    IgnoreCase {
        /// The text, ASCII letters in lower case.
        needle: Box<[u8]>,
        /// Place of its rarest byte.
        at: usize,
        /// That byte in both cases.
        bytes: (u8, u8),
    },
}

impl Finder {
    /// A finder; with `ignore_case`, the ASCII letters of the needle are lower case.
    pub(crate) fn new(needle: &[u8], ignore_case: bool) -> Self {
        if !ignore_case {
            return Finder::Exact(Box::new(memmem::Finder::new(needle).into_owned()));
        }
        let at = (0..needle.len()).min_by_key(|&i| commonness(needle[i])).unwrap_or(0);
        let byte = needle.get(at).copied().unwrap_or(0);
        Finder::IgnoreCase { needle: needle.into(), at, bytes: (byte, byte.to_ascii_uppercase()) }
    }

    /// Does the text hold it?
    pub(crate) fn is_in(&self, text: &[u8]) -> bool {
        match self {
            Finder::Exact(finder) => finder.find(text).is_some(),
            Finder::IgnoreCase { needle, at, bytes } => {
                if needle.is_empty() {
                    return true;
                }
                // The rarest byte can only lie where the whole needle has room around it.
                let Some(last) = text.len().checked_sub(needle.len()) else { return false };
                let Some(room) = text.get(*at..=last + at) else { return false };
                let fits = |i: usize| {
                    text.get(i..i + needle.len()).is_some_and(|t| t.eq_ignore_ascii_case(needle))
                };
                if bytes.0 == bytes.1 {
                    memchr::memchr_iter(bytes.0, room).any(fits)
                } else {
                    memchr::memchr2_iter(bytes.0, bytes.1, room).any(fits)
                }
            }
        }
    }
}

/// How common a byte is in command lines, paths and records, 0 for the rarest. Letters stand for
/// both cases.
fn commonness(byte: u8) -> u16 {
    /// From common to rare.
    const ORDER: &[u8] = b"e tinosar\\cl0dm.1pu\"2fhwg3-/:=4bvy5,69<>78_xk';{}jqz()$&%+@#![]*|~^?`";
    let byte = byte.to_ascii_lowercase();
    let rank = ORDER.iter().position(|&b| b == byte).unwrap_or(ORDER.len());
    u16::try_from(2 * (ORDER.len() - rank)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::Finder;

    #[test]
    fn finds_in_any_case() {
        for (needle, text, found) in [
            ("", "", true),
            ("", "x", true),
            ("a", "", false),
            ("a", "xA", true),
            ("ab.ost", "xxAB.OST", true),
            ("ab.ost", "AB.OS", false),
            ("aab", "AaAb", true),
            ("\\é", "c:\\é", true),
            ("ab", "b", false),
        ] {
            let finder = Finder::new(needle.as_bytes(), true);
            assert_eq!(finder.is_in(text.as_bytes()), found, "{needle:?} in {text:?}");
        }
    }
}
