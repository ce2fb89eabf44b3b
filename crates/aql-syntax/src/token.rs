//! Tokens and reserved words.
//!
//! Words that SQL reserves and AQL does not (`JOIN`, `UNION`, `DISTINCT`, …) are plain
//! [`TokenKind::Word`]s here: they may be names of properties. Only the parser knows where they
//! betray a construct that AQL lacks.

use aql_diag::Span;

/// One token; its text is the span's slice of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) span: Span,
}

/// Kinds of token. The index of a quoted token points into [`crate::lexer::Lexed::values`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// Plain identifier, with its namespace if it has one (`GEO::LOOKUP`).
    Word,
    /// Reserved word.
    Keyword(Keyword),
    /// `"name"`.
    Quoted(u32),
    /// `'text'`.
    Text(u32),
    /// `42`, `0x2a`.
    Integer,
    /// `2.0`.
    Decimal,
    /// `10.0.0.1`, `10.0.0.0/8`, `fe80::1`, already reported.
    Address,
    /// `<ip>`, `{{ip}}`, already reported.
    Placeholder,
    /// A character that AQL does not know, already reported.
    Bad,
    LParen,
    RParen,
    Comma,
    Dot,
    Semicolon,
    Star,
    Plus,
    Minus,
    Slash,
    Percent,
    Caret,
    Amp,
    AmpAmp,
    Pipe,
    PipePipe,
    Hash,
    Tilde,
    Eq,
    NotEq,
    Lt,
    LtEq,
    Gt,
    GtEq,
    ColonColon,
    /// The end of the text; always the last token, and only there.
    End,
}

impl TokenKind {
    /// Can an operand end with this token? Then a `<` behind it is an operator.
    pub(crate) fn ends_operand(self) -> bool {
        use TokenKind::{
            Address, Decimal, Integer, Keyword as K, Placeholder, Quoted, RParen, Star, Text, Word,
        };
        matches!(
            self,
            Word | Quoted(_)
                | Text(_)
                | Integer
                | Decimal
                | Address
                | Placeholder
                | RParen
                | Star
                | K(Keyword::End | Keyword::Null)
        )
    }
}

macro_rules! keywords {
    ($($name:ident = $text:literal),* $(,)?) => {
        /// Reserved words: never a plain name in an expression.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Keyword { $($name),* }

        impl Keyword {
            /// The word, in upper case.
            pub(crate) fn text(self) -> &'static str {
                match self { $(Keyword::$name => $text),* }
            }

            /// The reserved word that `word` spells, in any case.
            pub(crate) fn find(word: &str) -> Option<Keyword> {
                if word.len() > LONGEST {
                    return None;
                }
                $(if word.eq_ignore_ascii_case($text) { return Some(Keyword::$name); })*
                None
            }
        }
    };
}

/// Length of the longest reserved word.
const LONGEST: usize = 10;

keywords! {
    Select = "SELECT", From = "FROM", Where = "WHERE", Group = "GROUP", By = "BY",
    Having = "HAVING", Order = "ORDER", Asc = "ASC", Desc = "DESC", Collate = "COLLATE",
    Limit = "LIMIT", Last = "LAST", Start = "START", Stop = "STOP", Times = "TIMES",
    Parameters = "PARAMETERS", Into = "INTO", Session = "SESSION", Begin = "BEGIN", End = "END",
    Explicit = "EXPLICIT", Timeout = "TIMEOUT", TimeWindow = "TIMEWINDOW", And = "AND", Or = "OR",
    Not = "NOT", In = "IN", Is = "IS", Null = "NULL", Like = "LIKE", ILike = "ILIKE",
    Matches = "MATCHES", IMatches = "IMATCHES", Between = "BETWEEN", Case = "CASE", When = "WHEN",
    Then = "THEN", Else = "ELSE", If = "IF", As = "AS", Text = "TEXT", Search = "SEARCH",
}

/// Is `text` a plain identifier, so that it needs no quotes as a name?
pub(crate) fn is_plain_identifier(text: &str) -> bool {
    text.split("::").all(|part| {
        let mut chars = part.chars();
        chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
            && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::{Keyword, is_plain_identifier};

    #[test]
    fn keywords_in_any_case() {
        assert_eq!(Keyword::find("parameters"), Some(Keyword::Parameters));
        assert_eq!(Keyword::find("TimeWindow"), Some(Keyword::TimeWindow));
        assert_eq!(Keyword::find("join"), None);
    }

    #[test]
    fn plain_identifiers() {
        assert!(is_plain_identifier("GEO::LOOKUP_TEXT"));
        assert!(is_plain_identifier("_x9"));
        assert!(!is_plain_identifier("9x"));
        assert!(!is_plain_identifier("a b"));
        assert!(!is_plain_identifier("Größe"));
        assert!(!is_plain_identifier("a::"));
    }
}
