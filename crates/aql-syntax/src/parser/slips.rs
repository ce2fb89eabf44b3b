//! Reserved words with a slip of the finger: `SELCT`, `FORM events`, `GROPU BY`.
//!
//! They are mended before parsing, where what stands beside them leaves no doubt: a name that looks
//! like a reserved word is a good name.

use aql_diag::Span;

use super::Parser;
use crate::token::{Keyword, TokenKind};

impl Parser<'_> {
    /// Mends the words of the whole text.
    pub(super) fn mend_slips(&mut self) {
        for at in 0..self.tokens.len() {
            let Some(token) = self.tokens.get(at).copied() else { return };
            if token.kind != TokenKind::Word {
                continue;
            }
            let Some(keyword) = self.slipped(at, token.span) else { continue };
            let (written, meant) = (self.slice(token.span).to_owned(), keyword.text());
            if let Some(token) = self.tokens.get_mut(at) {
                token.kind = TokenKind::Keyword(keyword);
            }
            self.mended(
                &format!("`{written}` where `{meant}` belongs"),
                token.span,
                &format!("is this `{meant}`?"),
                &format!("write `{meant}`"),
                meant,
            );
        }
    }

    /// The reserved word that a word at this place must be meant as.
    fn slipped(&self, at: usize, span: Span) -> Option<Keyword> {
        let word = self.slice(span);
        let kind = |at: Option<usize>| at.and_then(|at| self.tokens.get(at)).map(|t| t.kind);
        let keyword = |at: Option<usize>, k: Keyword| kind(at) == Some(TokenKind::Keyword(k));
        let (next, behind) = (at.checked_add(1), at.checked_add(2));
        let before = at.checked_sub(1);
        let meant = |k: Keyword| is_slip(word, k.text()).then_some(k);
        let begins = self.tokens.get(..at)?.iter().all(|t| t.kind == TokenKind::LParen);
        if begins {
            let mut later = at..self.tokens.len();
            let select = later.clone().any(|at| keyword(Some(at), Keyword::Select));
            return meant(Keyword::Select)
                .filter(|_| !select && later.any(|at| self.is_database(Some(at))));
        }
        if self.is_database(next) {
            return meant(Keyword::From);
        }
        if keyword(next, Keyword::By) {
            return meant(Keyword::Group).or_else(|| meant(Keyword::Order));
        }
        if kind(next) == Some(TokenKind::Integer) {
            let unit = kind(behind) == Some(TokenKind::Word);
            return meant(Keyword::Limit).or_else(|| meant(Keyword::Last).filter(|_| unit));
        }
        let source = before.filter(|_| self.is_database(before))?;
        meant(Keyword::Where).filter(|_| keyword(source.checked_sub(1), Keyword::From))
    }

    fn is_database(&self, at: Option<usize>) -> bool {
        at.and_then(|at| self.tokens.get(at)).is_some_and(|token| {
            token.kind == TokenKind::Word
                && ["events", "flows", "simarc"]
                    .iter()
                    .any(|name| self.slice(token.span).eq_ignore_ascii_case(name))
        })
    }
}

/// Is one letter too many, missing or wrong, or are two neighbours swapped?
fn is_slip(word: &str, meant: &str) -> bool {
    if word.len().abs_diff(meant.len()) > 1 {
        return false;
    }
    let word = word.to_ascii_uppercase();
    let (word, meant) = (word.as_bytes(), meant.as_bytes());
    let head = word.iter().zip(meant).take_while(|(a, b)| a == b).count();
    let (word, meant) =
        (word.get(head..).unwrap_or_default(), meant.get(head..).unwrap_or_default());
    let tail = word.iter().rev().zip(meant.iter().rev()).take_while(|(a, b)| a == b).count();
    let rest = |letters: &[u8]| letters.get(..letters.len() - tail).unwrap_or_default().to_vec();
    match (rest(word).as_slice(), rest(meant).as_slice()) {
        ([], [_]) | ([_], [] | [_]) => true,
        ([a, b], [c, d]) => a == d && b == c,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_slip;

    #[test]
    fn slips() {
        for (word, meant) in [
            ("SELCT", "SELECT"),
            ("slect", "SELECT"),
            ("SELEECT", "SELECT"),
            ("form", "FROM"),
            ("FRON", "FROM"),
            ("LIMTI", "LIMIT"),
            ("GROPU", "GROUP"),
        ] {
            assert!(is_slip(word, meant), "{word}");
        }
        for (word, meant) in
            [("SELECT", "SELECT"), ("FORMS", "FROM"), ("ORDERS1", "ORDER"), ("é", "BY")]
        {
            assert!(!is_slip(word, meant), "{word}");
        }
    }
}
