//! What a place in a query is about, read from the words before it: an unfinished query has no
//! tree worth looking at.

use aql_syntax::lexemes::{Lexeme, LexemeKind};

use crate::document::Document;

/// What a value or name at a place is compared with or handed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum About {
    /// An argument of this function (upper case), counted from 0.
    Argument(String, usize),
    /// Compared with what this function gives (upper case).
    ResultOf(String),
    /// Compared with this field (lower case, without quotes).
    Field(String),
}

/// What the lexeme with this index is about, or a lexeme put in before it.
pub(crate) fn about(document: &Document, index: usize) -> Option<About> {
    let before = document.lexemes.get(..index)?;
    let word = |l: &Lexeme| document.slice(l.span);
    let mut at = before.len();
    let mut commas = 0;
    while let Some(next) = at.checked_sub(1) {
        at = next;
        let lexeme = before[at];
        match (lexeme.kind, word(&lexeme)) {
            (LexemeKind::Punctuation, ",") => commas += 1,
            (LexemeKind::Punctuation, "(") => {
                let name = at.checked_sub(1).map(|i| before[i]);
                match name {
                    Some(name) if name.kind == LexemeKind::Name => {
                        return Some(About::Argument(word(&name).to_uppercase(), commas));
                    }
                    // `x IN (`: go on to x.
                    Some(name) if word(&name).eq_ignore_ascii_case("in") => commas = 0,
                    _ => return None,
                }
            }
            (LexemeKind::Punctuation, ")") => {
                // `F(x) =`: F; only right behind an operator.
                let open = opening(document, before, at)?;
                let name = before[open.checked_sub(1)?];
                return (name.kind == LexemeKind::Name && commas == 0)
                    .then(|| About::ResultOf(word(&name).to_uppercase()));
            }
            (LexemeKind::Text | LexemeKind::Number, _) => {}
            (LexemeKind::Operator, _) => {}
            (LexemeKind::Keyword, k)
                if ["not", "like", "ilike", "in"].iter().any(|w| k.eq_ignore_ascii_case(w)) => {}
            (LexemeKind::Name | LexemeKind::QuotedName, name) => {
                // Between values of a call, a name is an argument of its own.
                if commas > 0 {
                    continue;
                }
                let behind = before.get(at + 1)?;
                let compared =
                    behind.kind == LexemeKind::Operator || behind.kind == LexemeKind::Keyword;
                return compared.then(|| About::Field(name.trim_matches('"').to_lowercase()));
            }
            _ => return None,
        }
    }
    None
}

fn opening(document: &Document, before: &[Lexeme], close: usize) -> Option<usize> {
    let mut depth = 0usize;
    for at in (0..=close).rev() {
        match document.slice(before[at].span) {
            ")" => depth += 1,
            "(" => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{About, about};
    use crate::Settings;
    use crate::document::Document;

    #[test]
    fn places() {
        for (text, expected) in [
            ("SELECT a FROM events WHERE devicetype = 1", Some(About::Field("devicetype".into()))),
            ("WHERE qid IN (1, 2, 3", Some(About::Field("qid".into()))),
            ("WHERE \"Event ID\" = 4", Some(About::Field("event id".into()))),
            ("WHERE QIDNAME(qid) NOT ILIKE '%x'", Some(About::ResultOf("QIDNAME".into()))),
            (
                "WHERE ReferenceSetContains('x'",
                Some(About::Argument("REFERENCESETCONTAINS".into(), 0)),
            ),
            ("WHERE F('x', a, 'y'", Some(About::Argument("F".into(), 2))),
            ("SELECT 'x'", None),
            ("LIMIT 5", None),
        ] {
            let document = Document::new(text.to_owned(), &Settings::default());
            let last = document.lexemes.len() - 1;
            assert_eq!(about(&document, last), expected, "{text}");
        }
    }
}
