//! LIKE patterns as pieces, and the shapes that most targets have an operator for.

/// A piece of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// This text.
    Text(String),
    /// Any characters: `%`.
    AnyRun,
    /// One character: `_`.
    AnyOne,
}

/// A pattern that covers the whole value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    pub(crate) pieces: Vec<Piece>,
}

/// What a pattern asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape<'a> {
    /// Any value.
    Any,
    /// This value.
    Equals(&'a str),
    /// `abc%`
    Prefix(&'a str),
    /// `%abc`
    Suffix(&'a str),
    /// `%abc%`
    Contains(&'a str),
    /// Anything else: texts in an order, single characters.
    General,
}

impl Pattern {
    /// Reads a pattern of LIKE. There are no escapes: a backslash is itself.
    pub(crate) fn like(text: &str) -> Self {
        let mut pieces: Vec<Piece> = Vec::new();
        for c in text.chars() {
            match (c, pieces.last_mut()) {
                ('%', Some(Piece::AnyRun)) => {}
                ('%', _) => pieces.push(Piece::AnyRun),
                ('_', _) => pieces.push(Piece::AnyOne),
                (c, Some(Piece::Text(text))) => text.push(c),
                (c, _) => pieces.push(Piece::Text(c.to_string())),
            }
        }
        Pattern { pieces }
    }

    /// Its shape.
    pub(crate) fn shape(&self) -> Shape<'_> {
        use Piece::{AnyRun, Text};
        match self.pieces.as_slice() {
            [] => Shape::Equals(""),
            [AnyRun] => Shape::Any,
            [Text(text)] => Shape::Equals(text),
            [Text(text), AnyRun] => Shape::Prefix(text),
            [AnyRun, Text(text)] => Shape::Suffix(text),
            [AnyRun, Text(text), AnyRun] => Shape::Contains(text),
            _ => Shape::General,
        }
    }

    /// All its literal text.
    pub(crate) fn literals(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// The pattern with each literal, `%` and `_` written as a target has them.
    pub(crate) fn render(
        &self,
        literal: impl Fn(&str) -> String,
        any_run: &str,
        any_one: &str,
    ) -> String {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_str(&literal(text)),
                Piece::AnyRun => out.push_str(any_run),
                Piece::AnyOne => out.push_str(any_one),
            }
        }
        out
    }

    /// A regular expression of the RE2 family for the whole value, without flags. It needs `(?s)`.
    pub(crate) fn regex(&self) -> String {
        let body: Vec<&Piece> = self.pieces.iter().collect();
        let (open, body) = match body.split_first() {
            Some((Piece::AnyRun, rest)) => ("", rest.to_vec()),
            _ => ("^", body),
        };
        let (close, body) = match body.split_last() {
            Some((Piece::AnyRun, rest)) => ("", rest.to_vec()),
            _ => ("$", body),
        };
        let mut out = open.to_owned();
        for piece in body {
            match piece {
                Piece::Text(text) => out.push_str(&regex_literal(text)),
                Piece::AnyRun => out.push_str(".*"),
                Piece::AnyOne => out.push('.'),
            }
        }
        out + close
    }
}

impl Pattern {
    /// A regular expression that spells the whole value out, so that it does not matter whether the
    /// target searches with it or matches the whole value. It needs `(?s)`.
    pub(crate) fn whole_regex(&self) -> String {
        format!("^{}$", self.render(regex_literal, ".*", "."))
    }
}

/// A text as a regular expression that matches just it.
pub(crate) fn regex_literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if matches!(
            c,
            '\\' | '.'
                | '+'
                | '*'
                | '?'
                | '('
                | ')'
                | '|'
                | '['
                | ']'
                | '{'
                | '}'
                | '^'
                | '$'
                | '/'
        ) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Pattern, Shape};

    #[test]
    fn shapes() {
        for (text, shape) in [
            ("", Shape::Equals("")),
            ("%%", Shape::Any),
            ("abc", Shape::Equals("abc")),
            ("abc%%", Shape::Prefix("abc")),
            (r"%\outlook.exe", Shape::Suffix(r"\outlook.exe")),
            ("%a%", Shape::Contains("a")),
            ("%a%b%", Shape::General),
            ("a_c", Shape::General),
        ] {
            assert_eq!(Pattern::like(text).shape(), shape, "{text}");
        }
    }

    #[test]
    fn regexes_escape_what_is_literal() {
        assert_eq!(Pattern::like(r"%\a.b%c_").regex(), r"\\a\.b.*c.$");
        assert_eq!(Pattern::like("").regex(), "^$");
        assert_eq!(Pattern::like("%a.b").whole_regex(), r"^.*a\.b$");
    }
}
