//! What a text must look like: LIKE patterns and sets of constants in the shape in which they are
//! tested, and the changes of the text that are tested.
//!
//! Not in here: how many tests of one column are found at once ([`crate::scanner`]).

use std::borrow::Cow;
use std::sync::Arc;

use aql_eval::like::fold_text;

use crate::finder::Finder;

/// What is done to a text before it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Change {
    /// Nothing.
    None,
    /// Simple case folding: ILIKE.
    Fold,
    /// LOWER.
    Lower,
    /// LOWER, then ILIKE.
    LowerFold,
    /// UPPER.
    Upper,
    /// UPPER, then ILIKE.
    UpperFold,
}

/// All changes.
pub(crate) const CHANGES: [Change; 6] = [
    Change::None,
    Change::Fold,
    Change::Lower,
    Change::LowerFold,
    Change::Upper,
    Change::UpperFold,
];

impl Change {
    /// A set with this change only.
    pub(crate) fn bit(self) -> u8 {
        1 << self as u8
    }

    /// Is a text compared without regard to ASCII case after this change?
    ///
    /// For every change but none, the changed text holds ASCII letters of one case only, so that
    /// comparing it without regard to ASCII case with a constant in that case is exact; for a text
    /// of ASCII only, so is comparing the text itself.
    pub(crate) fn ignores_case(self) -> bool {
        self != Change::None
    }

    /// The same change with ILIKE after it.
    pub(crate) fn folded(self) -> Change {
        match self {
            Change::None | Change::Fold => Change::Fold,
            Change::Lower | Change::LowerFold => Change::LowerFold,
            Change::Upper | Change::UpperFold => Change::UpperFold,
        }
    }

    fn folds(self) -> bool {
        matches!(self, Change::Fold | Change::LowerFold | Change::UpperFold)
    }

    /// The changed text.
    pub(crate) fn apply(self, text: &str) -> Cow<'_, str> {
        match self {
            Change::None => Cow::Borrowed(text),
            Change::Fold => Cow::Owned(fold_text(text)),
            Change::Lower => Cow::Owned(text.to_lowercase()),
            Change::LowerFold => Cow::Owned(fold_text(&text.to_lowercase())),
            Change::Upper => Cow::Owned(text.to_uppercase()),
            Change::UpperFold => Cow::Owned(fold_text(&text.to_uppercase())),
        }
    }

    /// The constant as it is compared with the changed text: its ASCII letters in lower case
    /// wherever ASCII case is ignored. Nothing if the changed text can never hold it.
    fn constant(self, text: &str) -> Option<String> {
        match self {
            Change::None => Some(text.to_owned()),
            Change::Lower if text.bytes().any(|b| b.is_ascii_uppercase()) => None,
            Change::Upper if text.bytes().any(|b| b.is_ascii_lowercase()) => None,
            _ if self.folds() => Some(fold_text(text).to_ascii_lowercase()),
            _ => Some(text.to_ascii_lowercase()),
        }
    }
}

/// What a changed text must look like.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Form {
    /// Anything.
    Any,
    /// Nothing does.
    Never,
    /// One of these; sorted, distinct.
    OneOf(Vec<Arc<str>>),
    /// Begins so.
    Prefix(Arc<str>),
    /// Ends so.
    Suffix(Arc<str>),
    /// Has it somewhere.
    Contains(Arc<str>),
    /// Like a pattern that is none of the above.
    Like(Vec<Piece>),
}

/// A piece of a LIKE pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Piece {
    /// This text.
    Text(Arc<str>),
    /// One character: `_`.
    One,
    /// Any characters: `%`.
    Many,
}

impl Form {
    /// The form of `IN (constants)` over a changed text.
    pub(crate) fn one_of<'a>(change: Change, list: impl Iterator<Item = &'a str>) -> Form {
        let mut list: Vec<Arc<str>> =
            list.filter_map(|text| change.constant(text)).map(Arc::from).collect();
        list.sort();
        list.dedup();
        if list.is_empty() { Form::Never } else { Form::OneOf(list) }
    }

    /// The form of a LIKE pattern over a changed text.
    pub(crate) fn like(change: Change, pattern: &str) -> Form {
        let Some(pattern) = change.constant(pattern) else { return Form::Never };
        let mut pieces: Vec<Piece> = Vec::new();
        let mut text = String::new();
        for c in pattern.chars() {
            let piece = match c {
                '%' => Piece::Many,
                '_' => Piece::One,
                c => {
                    text.push(c);
                    continue;
                }
            };
            if !text.is_empty() {
                pieces.push(Piece::Text(Arc::from(std::mem::take(&mut text))));
            }
            if piece != Piece::Many || pieces.last() != Some(&Piece::Many) {
                pieces.push(piece);
            }
        }
        if !text.is_empty() {
            pieces.push(Piece::Text(Arc::from(text)));
        }
        match pieces.as_slice() {
            [] => Form::OneOf(vec![Arc::from("")]),
            [Piece::Many] => Form::Any,
            [Piece::Text(t)] => Form::OneOf(vec![Arc::clone(t)]),
            [Piece::Text(t), Piece::Many] => Form::Prefix(Arc::clone(t)),
            [Piece::Many, Piece::Text(t)] => Form::Suffix(Arc::clone(t)),
            [Piece::Many, Piece::Text(t), Piece::Many] => Form::Contains(Arc::clone(t)),
            _ => Form::Like(pieces),
        }
    }

    /// A text that must occur somewhere in whatever has this form: the longest there is.
    pub(crate) fn required(&self) -> Option<&Arc<str>> {
        match self {
            Form::Contains(text) => Some(text),
            Form::Like(pieces) => pieces
                .iter()
                .filter_map(|piece| match piece {
                    Piece::Text(text) => Some(text),
                    _ => None,
                })
                .max_by_key(|text| text.len()),
            _ => None,
        }
    }
}

impl Form {
    /// Texts that must occur in whatever has this form.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        let (one, pieces): (Option<&str>, &[Piece]) = match self {
            Form::Prefix(text) | Form::Suffix(text) | Form::Contains(text) => (Some(text), &[]),
            Form::OneOf(list) => match list.as_slice() {
                [text] => (Some(text), &[]),
                _ => (None, &[]),
            },
            Form::Like(pieces) => (None, pieces),
            Form::Any | Form::Never => (None, &[]),
        };
        let pieces = pieces.iter().filter_map(|piece| match piece {
            Piece::Text(text) => Some(&**text),
            Piece::One | Piece::Many => None,
        });
        one.into_iter().chain(pieces)
    }

    /// A pattern `%text%` in which `_` is the only wildcard, as that text.
    pub(crate) fn wild(&self) -> Option<String> {
        let Form::Like(pieces) = self else { return None };
        let [Piece::Many, middle @ .., Piece::Many] = pieces.as_slice() else { return None };
        middle
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => Some(&**text),
                Piece::One => Some("_"),
                Piece::Many => None,
            })
            .collect()
    }
}

/// A test of one text.
#[derive(Debug)]
pub(crate) struct TextTest {
    /// What is done to the text first.
    pub(crate) change: Change,
    /// What it must look like then.
    pub(crate) form: Form,
    finder: Option<Finder>,
}

impl TextTest {
    pub(crate) fn new(change: Change, form: Form) -> Self {
        let finder =
            form.required().map(|text| Finder::new(text.as_bytes(), change.ignores_case()));
        TextTest { change, form, finder }
    }

    /// Does a text pass? Bytes that are no UTF-8 are replaced first.
    pub(crate) fn holds_for(&self, text: &[u8]) -> bool {
        if text.is_ascii() {
            return self.holds(text);
        }
        let text = String::from_utf8_lossy(text);
        self.holds(self.change.apply(&text).as_bytes())
    }

    /// Does a text that is already changed pass? A text of ASCII only counts as changed.
    pub(crate) fn holds(&self, text: &[u8]) -> bool {
        let ignore = self.change.ignores_case();
        match &self.form {
            Form::Any => true,
            Form::Never => false,
            Form::OneOf(list) => list.iter().any(|t| equal(text, t.as_bytes(), ignore)),
            Form::Prefix(t) => text.get(..t.len()).is_some_and(|h| equal(h, t.as_bytes(), ignore)),
            Form::Suffix(t) => text
                .len()
                .checked_sub(t.len())
                .and_then(|at| text.get(at..))
                .is_some_and(|h| equal(h, t.as_bytes(), ignore)),
            Form::Contains(_) => self.finder.as_ref().is_some_and(|f| f.is_in(text)),
            Form::Like(pieces) => {
                self.finder.as_ref().is_none_or(|f| f.is_in(text)) && is_like(text, pieces, ignore)
            }
        }
    }
}

/// Are the two the same, but for ASCII case if asked?
#[inline]
pub(crate) fn equal(a: &[u8], b: &[u8], ignore_case: bool) -> bool {
    if ignore_case { a.eq_ignore_ascii_case(b) } else { a == b }
}

/// Bytes of the UTF-8 character that starts at the beginning of the text.
fn char_len(text: &[u8]) -> Option<usize> {
    let lead = *text.first()?;
    let len = match lead {
        0..=0xbf => 1,
        0xc0..=0xdf => 2,
        0xe0..=0xef => 3,
        _ => 4,
    };
    Some(len.min(text.len()))
}

/// Does the whole text fit the pieces? On a mismatch only the last `%` takes one more character,
/// which is enough: what an earlier `%` could give up, the last one can take.
fn is_like(text: &[u8], pieces: &[Piece], ignore_case: bool) -> bool {
    let (mut at, mut piece) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let fits = match pieces.get(piece) {
            None => rest.is_empty().then_some(0),
            Some(Piece::Many) => {
                piece += 1;
                if piece == pieces.len() {
                    return true;
                }
                retry = Some((at, piece));
                continue;
            }
            Some(Piece::One) => char_len(rest),
            Some(Piece::Text(t)) => rest
                .get(..t.len())
                .is_some_and(|head| equal(head, t.as_bytes(), ignore_case))
                .then_some(t.len()),
        };
        match (fits, retry) {
            (Some(_), _) if piece == pieces.len() => return true,
            (Some(len), _) => {
                at += len;
                piece += 1;
            }
            (None, Some((from, next))) => {
                let Some(len) = char_len(text.get(from..).unwrap_or_default()) else {
                    return false;
                };
                (at, piece) = (from + len, next);
                retry = Some((at, piece));
            }
            (None, None) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Change, Form, TextTest};

    fn like(change: Change, pattern: &str, text: &str) -> bool {
        let test = TextTest::new(change, Form::like(change, pattern));
        test.holds(change.apply(text).as_bytes())
    }

    #[test]
    fn patterns() {
        for (pattern, text, fits) in [
            ("", "", true),
            ("", "a", false),
            ("%", "", true),
            ("%%", "abc", true),
            ("_", "ß", true),
            ("__", "ß", false),
            ("_%", "", false),
            ("a%b", "ab", true),
            ("a%b", "aXbXb", true),
            ("a%b", "aXbX", false),
            ("%a_c%", "xxabcxx", true),
            ("%a_c%", "xxac", false),
            ("%ab%ab", "abab", true),
            ("%ab%ab", "ab", false),
            (r"%\a.exe", r"c:\a.exe", true),
            (r"\%", r"\x", true),
            (r"\%", "%", false),
            ("%b_", "aabb", true),
            ("%_b", "b", false),
            ("a\nb%", "a\nb\nc", true),
        ] {
            assert_eq!(like(Change::None, pattern, text), fits, "{pattern:?} {text:?}");
        }
    }

    #[test]
    fn changes() {
        for (change, pattern, text, fits) in [
            (Change::Fold, "%k%", "a\u{212a}b", true),
            (Change::Fold, "%\u{212a}", "ak", true),
            (Change::Fold, "s", "ſ", true),
            (Change::Fold, "σ", "ς", true),
            (Change::Fold, "ß", "ẞ", true),
            (Change::Fold, "ss", "ß", false),
            (Change::Fold, "i%", "İ", false),
            (Change::Lower, "i%", "İ", true),
            (Change::Lower, "%s", "ſ", false),
            (Change::Lower, "A", "A", false),
            (Change::Lower, "aς", "AΣ", true),
            (Change::Upper, "SS", "ß", true),
            (Change::Upper, "ss", "ß", false),
            (Change::UpperFold, "ss", "ß", true),
            (Change::LowerFold, "A%", "ab", true),
        ] {
            assert_eq!(like(change, pattern, text), fits, "{change:?} {pattern:?} {text:?}");
        }
    }
}
