//! The words of a text for whoever colours or completes it: an editor, a shell.
//!
//! Read [`lexemes`] first. Every text gives lexemes; what is wrong with it is [`crate::parse`]'s
//! business.

use aql_diag::Span;

use crate::lexer::lex;
use crate::token::TokenKind;

/// A word, sign, text or comment, and its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lexeme {
    /// What it is.
    pub kind: LexemeKind,
    /// Its place, quotes and comment signs included.
    pub span: Span,
}

/// Kinds of lexeme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LexemeKind {
    /// A reserved word.
    Keyword,
    /// A plain name.
    Name,
    /// A name in double quotes.
    QuotedName,
    /// A text in single quotes.
    Text,
    /// A number, or an address without quotes.
    Number,
    /// An operator.
    Operator,
    /// Parenthesis, comma, dot, semicolon.
    Punctuation,
    /// A comment.
    Comment,
    /// What AQL has no use for.
    Bad,
}

/// Cuts a text into lexemes, in order; blanks are left out.
pub fn lexemes(text: &str) -> Vec<Lexeme> {
    let lexed = lex(text);
    let tokens = lexed.tokens.iter().filter_map(|token| {
        let kind = kind(token.kind)?;
        Some(Lexeme { kind, span: token.span })
    });
    let comments =
        lexed.comments.iter().map(|c| Lexeme { kind: LexemeKind::Comment, span: c.span });
    let mut all: Vec<Lexeme> = tokens.chain(comments).collect();
    all.sort_by_key(|l| l.span.start);
    all
}

fn kind(token: TokenKind) -> Option<LexemeKind> {
    use TokenKind as T;
    Some(match token {
        T::End => return None,
        T::Word => LexemeKind::Name,
        T::Keyword(_) => LexemeKind::Keyword,
        T::Quoted(_) => LexemeKind::QuotedName,
        T::Text(_) => LexemeKind::Text,
        T::Integer | T::Decimal | T::Address => LexemeKind::Number,
        T::LParen | T::RParen | T::Comma | T::Dot | T::Semicolon | T::ColonColon => {
            LexemeKind::Punctuation
        }
        T::Placeholder | T::Bad => LexemeKind::Bad,
        T::Star
        | T::Plus
        | T::Minus
        | T::Slash
        | T::Percent
        | T::Caret
        | T::Amp
        | T::AmpAmp
        | T::Pipe
        | T::PipePipe
        | T::Hash
        | T::Tilde
        | T::Eq
        | T::NotEq
        | T::Lt
        | T::LtEq
        | T::Gt
        | T::GtEq => LexemeKind::Operator,
    })
}

#[cfg(test)]
mod tests {
    use super::{LexemeKind as K, lexemes};

    #[test]
    fn every_kind() {
        let text = "SELECT a, \"b c\" -- why\nFROM events WHERE x >= 1 AND y ILIKE 'z%' ?";
        let found: Vec<(K, &str)> =
            lexemes(text).into_iter().map(|l| (l.kind, l.span.slice(text))).collect();
        for expected in [
            (K::Keyword, "SELECT"),
            (K::Name, "a"),
            (K::Punctuation, ","),
            (K::QuotedName, "\"b c\""),
            (K::Comment, "-- why"),
            (K::Operator, ">="),
            (K::Number, "1"),
            (K::Text, "'z%'"),
        ] {
            assert!(found.contains(&expected), "{expected:?} in {found:?}");
        }
    }

    #[test]
    fn places_do_not_overlap() {
        let text = "select 'open\n/* and";
        let spans: Vec<_> = lexemes(text).into_iter().map(|l| l.span).collect();
        assert!(spans.windows(2).all(|w| w[0].end <= w[1].start), "{spans:?}");
    }
}
