//! LIKE and ILIKE patterns.
//!
//! `%` is any run of characters, `_` one character (a Unicode scalar value); everything else is
//! itself, the backslash too, and there is no escape. A pattern must cover the whole value. ILIKE
//! compares character by character after simple case folding ([`fold`]).
//!
//! Read [`LikePattern`] first; [`LikeKind`] says what kind of test a pattern is, for those who
//! gather many of them.

use memchr::memmem;

/// What kind of test a pattern is. Literals are case-folded in a pattern that ignores case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LikeKind {
    /// Every value that is not null: `%`.
    Any,
    /// The value itself: `x`.
    Equals(String),
    /// `x%`
    Prefix(String),
    /// `%x`
    Suffix(String),
    /// `%x%`
    Contains(String),
    /// Anything else.
    General(Pieces),
}

/// A pattern as the texts between its `%`. In a piece, `_` stands for one character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pieces {
    /// The pieces, in order; those at the ends may be empty, those between are not.
    pub pieces: Vec<String>,
}

impl Pieces {
    /// The longest text without wildcards that every matching value holds; empty if there is none.
    pub fn longest_literal(&self) -> &str {
        let mut longest = "";
        for literal in self.pieces.iter().flat_map(|p| p.split('_')) {
            if literal.len() > longest.len() {
                longest = literal;
            }
        }
        longest
    }
}

/// A LIKE pattern, ready to match.
#[derive(Clone, Debug)]
pub struct LikePattern {
    kind: LikeKind,
    ignore_case: bool,
    /// Finds the literal of a case-sensitive [`LikeKind::Contains`].
    finder: Option<Box<memmem::Finder<'static>>>,
}

impl LikePattern {
    /// Reads a pattern; every text is one.
    pub fn new(pattern: &str, ignore_case: bool) -> Self {
        let pattern = if ignore_case { fold_text(pattern) } else { pattern.to_owned() };
        let kind = classify(&pattern);
        let finder = match &kind {
            LikeKind::Contains(text) if !ignore_case => {
                Some(Box::new(memmem::Finder::new(text.as_bytes()).into_owned()))
            }
            _ => None,
        };
        LikePattern { kind, ignore_case, finder }
    }

    /// What kind of test it is.
    pub fn kind(&self) -> &LikeKind {
        &self.kind
    }

    /// Is it ILIKE?
    pub fn ignores_case(&self) -> bool {
        self.ignore_case
    }

    /// Does the whole value match?
    pub fn matches(&self, value: &str) -> bool {
        if !self.ignore_case {
            return self.matches_exact(value);
        }
        if value.is_ascii() {
            return self.matches_ascii(value.as_bytes());
        }
        // Folding may change the length of a character in bytes but never the number of
        // characters, so that a folded value can be matched as it is.
        matches_kind(&self.kind, &fold_text(value))
    }

    fn matches_exact(&self, value: &str) -> bool {
        match &self.finder {
            Some(finder) => finder.find(value.as_bytes()).is_some(),
            None => matches_kind(&self.kind, value),
        }
    }

    fn matches_ascii(&self, value: &[u8]) -> bool {
        match &self.kind {
            LikeKind::Any => true,
            LikeKind::Equals(text) => value.eq_ignore_ascii_case(text.as_bytes()),
            LikeKind::Prefix(text) => value
                .get(..text.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(text.as_bytes())),
            LikeKind::Suffix(text) => value
                .len()
                .checked_sub(text.len())
                .and_then(|at| value.get(at..))
                .is_some_and(|end| end.eq_ignore_ascii_case(text.as_bytes())),
            LikeKind::Contains(text) => find_folded_ascii(value, text.as_bytes()).is_some(),
            LikeKind::General(pieces) => {
                // One character is one byte on both sides, or the pattern holds a character that
                // no ASCII text has.
                pieces_match(
                    &pieces.pieces,
                    value,
                    &|piece, bytes| {
                        let piece = piece.as_bytes();
                        bytes
                            .get(..piece.len())
                            .is_some_and(|start| {
                                start
                                    .iter()
                                    .zip(piece)
                                    .all(|(b, p)| *p == b'_' || b.to_ascii_lowercase() == *p)
                            })
                            .then_some(piece.len())
                    },
                    &|piece, bytes| bytes.len().checked_sub(piece.len()),
                )
            }
        }
    }
}

fn classify(pattern: &str) -> LikeKind {
    let pieces: Vec<&str> = pattern.split('%').collect();
    if pattern.contains('_') {
        return LikeKind::General(pieces_of(&pieces));
    }
    let texts: Vec<&str> = pieces.iter().copied().filter(|p| !p.is_empty()).collect();
    let (open, close) = (pattern.starts_with('%'), pattern.ends_with('%'));
    match (pieces.len(), texts.as_slice()) {
        (1, _) => LikeKind::Equals(pattern.to_owned()),
        (_, []) => LikeKind::Any,
        (_, [text]) => match (open, close) {
            (true, true) => LikeKind::Contains((*text).to_owned()),
            (true, false) => LikeKind::Suffix((*text).to_owned()),
            // A single text with a `%` somewhere: it stands at an end.
            (false, _) => LikeKind::Prefix((*text).to_owned()),
        },
        _ => LikeKind::General(pieces_of(&pieces)),
    }
}

fn pieces_of(split: &[&str]) -> Pieces {
    let last = split.len().saturating_sub(1);
    let pieces = split
        .iter()
        .enumerate()
        .filter(|(i, piece)| *i == 0 || *i == last || !piece.is_empty())
        .map(|(_, piece)| (*piece).to_owned())
        .collect();
    Pieces { pieces }
}

fn matches_kind(kind: &LikeKind, value: &str) -> bool {
    match kind {
        LikeKind::Any => true,
        LikeKind::Equals(text) => value == text,
        LikeKind::Prefix(text) => value.starts_with(text.as_str()),
        LikeKind::Suffix(text) => value.ends_with(text.as_str()),
        LikeKind::Contains(text) => value.contains(text.as_str()),
        LikeKind::General(pieces) => {
            pieces_match(&pieces.pieces, value.as_bytes(), &piece_length, &piece_start)
        }
    }
}

/// Length in bytes of a character by its first byte.
fn char_length(first: u8) -> usize {
    match first {
        0..0x80 => 1,
        0x80..0xE0 => 2,
        0xE0..0xF0 => 3,
        _ => 4,
    }
}

/// Bytes that the piece takes at the start of the text, if it matches there.
fn piece_length(piece: &str, text: &[u8]) -> Option<usize> {
    let mut at = 0;
    let mut rest = piece.as_bytes();
    while let Some((&p, after)) = rest.split_first() {
        let byte = *text.get(at)?;
        if p == b'_' {
            at += char_length(byte);
        } else if p == byte {
            at += 1;
        } else {
            return None;
        }
        rest = after;
    }
    (at <= text.len()).then_some(at)
}

/// Where in the text its last characters begin, as many as the piece has.
fn piece_start(piece: &str, text: &[u8]) -> Option<usize> {
    let mut at = text.len();
    for _ in piece.chars() {
        at = at.checked_sub(1)?;
        while text.get(at).is_some_and(|b| (0x80..0xC0).contains(b)) {
            at = at.checked_sub(1)?;
        }
    }
    Some(at)
}

/// Matches first and last piece at the ends and each piece between at the first place where it
/// fits, which is never worse than a later one.
fn pieces_match(
    pieces: &[String],
    text: &[u8],
    length: &dyn Fn(&str, &[u8]) -> Option<usize>,
    start: &dyn Fn(&str, &[u8]) -> Option<usize>,
) -> bool {
    let Some((first, rest)) = pieces.split_first() else { return text.is_empty() };
    let Some(taken) = length(first, text) else { return false };
    let Some((last, between)) = rest.split_last() else { return taken == text.len() };
    let Some(mut text) = text.get(taken..) else { return false };
    for piece in between {
        loop {
            if let Some(taken) = length(piece, text) {
                text = text.get(taken..).unwrap_or_default();
                break;
            }
            match text.first() {
                Some(&byte) => text = text.get(char_length(byte)..).unwrap_or_default(),
                None => return false,
            }
        }
    }
    let Some(at) = start(last, text) else { return false };
    text.get(at..).is_some_and(|end| length(last, end) == Some(end.len()))
}

/// Simple case folding of one character: the characters that differ only in case, and each in one
/// form, become the same one. No character becomes several (`ß` stays itself).
///
/// Made of the case mappings of the standard library, but for four characters: `ı` has no folding in
/// Unicode's table though it has an upper case, and three have a folding though they have no case
/// mapping to a single character.
#[inline]
pub fn fold(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    fold_other(c)
}

fn fold_other(c: char) -> char {
    match c {
        'ı' => return c,
        '\u{1FD3}' => return '\u{390}',
        '\u{1FE3}' => return '\u{3B0}',
        '\u{FB05}' => return '\u{FB06}',
        _ => {}
    }
    let mut upper = c.to_uppercase();
    let upper = match (upper.next(), upper.next()) {
        (Some(one), None) => one,
        _ => c,
    };
    let mut lower = upper.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) => one,
        _ => upper,
    }
}

/// [`fold`] for every character.
pub fn fold_text(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.chars().map(fold).collect() }
}

/// Byte offset of the first place where the folded text stands in an ASCII value.
fn find_folded_ascii(value: &[u8], folded: &[u8]) -> Option<usize> {
    let Some((&first, rest)) = folded.split_first() else { return Some(0) };
    if !folded.is_ascii() {
        return None;
    }
    let limit = value.len().checked_sub(folded.len())? + 1;
    let starts = value.get(..limit)?;
    let fits = |at: usize| {
        value.get(at + 1..at + folded.len()).is_some_and(|end| end.eq_ignore_ascii_case(rest))
    };
    memchr::memchr2_iter(first, first.to_ascii_uppercase(), starts).find(|&at| fits(at))
}

/// Position in characters of the first place where a text stands in a value, case ignored; the
/// text is [folded](fold_text).
pub fn position_ignoring_case(value: &str, folded: &str) -> Option<usize> {
    if value.is_ascii() {
        return find_folded_ascii(value.as_bytes(), folded.as_bytes());
    }
    let value = fold_text(value);
    let at = value.find(folded)?;
    Some(value.get(..at)?.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds() {
        for (pattern, kind) in [
            ("%", LikeKind::Any),
            ("%%", LikeKind::Any),
            ("", LikeKind::Equals(String::new())),
            ("a\\b", LikeKind::Equals("a\\b".into())),
            ("a%%", LikeKind::Prefix("a".into())),
            ("%.pst", LikeKind::Suffix(".pst".into())),
            ("%\\outlook.exe", LikeKind::Suffix("\\outlook.exe".into())),
            ("%x%%", LikeKind::Contains("x".into())),
            ("a%b", LikeKind::General(Pieces { pieces: vec!["a".into(), "b".into()] })),
            (
                "%a%%b%",
                LikeKind::General(Pieces {
                    pieces: vec![String::new(), "a".into(), "b".into(), String::new()],
                }),
            ),
            ("a_", LikeKind::General(Pieces { pieces: vec!["a_".into()] })),
        ] {
            assert_eq!(LikePattern::new(pattern, false).kind(), &kind, "{pattern}");
        }
        assert_eq!(
            LikePattern::new("%AppData%", true).kind(),
            &LikeKind::Contains("appdata".into())
        );
    }

    #[test]
    fn table() {
        for (pattern, value, like, ilike) in [
            ("abc", "abc", true, true),
            ("abc", "ABC", false, true),
            ("a_c", "aéc", true, true),
            ("a_c", "a\nc", true, true),
            ("a_c", "ac", false, false),
            ("_", "😀", true, true),
            ("__", "😀", false, false),
            ("%_", "", false, false),
            ("a%b", "a\r\nb", true, true),
            ("a%a", "a", false, false),
            ("%ab%ab", "ab", false, false),
            ("%ab%ab", "abab", true, true),
            ("%a_%a_", "aéaé", true, true),
            ("%\\\\x", "C:\\x", false, false),
            ("%\\x", "C:\\x", true, true),
            ("straße", "STRASSE", false, false),
            ("%ς", "ΟΔΟΣ", false, true),
            ("k", "\u{212A}", false, true),
            ("i", "İ", false, false),
            ("I", "ı", false, false),
            ("%µ%", "Μm", false, true),
            ("%é", "xÉ", false, true),
            ("é", "e", false, false),
        ] {
            assert_eq!(LikePattern::new(pattern, false).matches(value), like, "{pattern} {value}");
            assert_eq!(
                LikePattern::new(pattern, true).matches(value),
                ilike,
                "{pattern} i {value}"
            );
        }
    }

    /// Characters are the same here exactly if they are to a regular expression that ignores case.
    #[test]
    fn folding_agrees_with_unicode_tables() {
        let cased = regex::Regex::new(r"\p{Cased}|\p{CWCF}|\p{CWU}|\p{CWL}").expect("valid");
        let letters: Vec<char> =
            ('\0'..=char::MAX).filter(|c| cased.is_match(c.encode_utf8(&mut [0; 4]))).collect();
        let all: String = letters.iter().collect();
        for &c in letters.iter().filter(|c| fold(**c) != **c) {
            let class = regex::Regex::new(&format!("(?i){c}")).expect("a letter is a pattern");
            let same: String = class.find_iter(&all).map(|m| m.as_str()).collect();
            let folded: String = letters.iter().filter(|x| fold(**x) == fold(c)).collect();
            assert_eq!(folded, same, "{c:?}");
        }
        // What does not fold, and is the folding of nothing, is like nothing else.
        let mut alone: Vec<char> = letters.iter().copied().filter(|c| fold(*c) == *c).collect();
        let targets: std::collections::HashSet<char> =
            letters.iter().filter(|c| fold(**c) != **c).map(|c| fold(*c)).collect();
        alone.retain(|c| !targets.contains(c));
        let mut strange = String::new();
        for c in alone {
            let class = regex::Regex::new(&format!("(?i){c}")).expect("a letter is a pattern");
            if class.find_iter(&all).count() > 1 {
                strange.push(c);
            }
        }
        assert_eq!(strange, "");
    }

    #[test]
    fn no_exponential_time() {
        let pattern = LikePattern::new(&"%a".repeat(200), false);
        assert!(!pattern.matches(&format!("{}b", "a".repeat(20_000))));
    }

    #[test]
    fn positions_count_characters() {
        for (value, text, at) in [
            ("GET /JaxRS/Logon", "/jaxrs/logon", Some(4)),
            ("éé ÄB", "äb", Some(3)),
            ("abc", "", Some(0)),
            ("ab", "abc", None),
            ("xabab", "AB", Some(1)),
        ] {
            assert_eq!(position_ignoring_case(value, &fold_text(text)), at, "{value} {text}");
        }
    }
}
