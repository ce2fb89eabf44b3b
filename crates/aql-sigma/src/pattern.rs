//! Text of a Sigma rule as literal pieces and wildcards.
//!
//! Nothing of a rule's text is ever pasted into a query: it is taken apart here, changed piece by
//! piece by modifiers, and written anew by `predicate`.

/// A part of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text that stands for itself.
    Literal(String),
    /// `*`: any text, also none.
    Any,
    /// `?`: one character.
    One,
}

/// A value that the whole of a field is compared with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pattern(pub Vec<Piece>);

impl Pattern {
    /// Reads a value by the rules of the Sigma specification: a backslash takes the meaning from a
    /// wildcard or a backslash behind it, and is itself before everything else.
    pub fn parse(text: &str) -> Pattern {
        let mut pattern = Pattern::default();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '\\' => {
                    let next = chars.next_if(|c| matches!(c, '*' | '?' | '\\'));
                    pattern.push_char(next.unwrap_or('\\'));
                }
                '*' => pattern.0.push(Piece::Any),
                '?' => pattern.0.push(Piece::One),
                c => pattern.push_char(c),
            }
        }
        pattern
    }

    /// A value without wildcards.
    pub fn literal(text: impl Into<String>) -> Pattern {
        let text = text.into();
        Pattern(if text.is_empty() { Vec::new() } else { vec![Piece::Literal(text)] })
    }

    fn push_char(&mut self, c: char) {
        if let Some(Piece::Literal(text)) = self.0.last_mut() {
            text.push(c);
        } else {
            self.0.push(Piece::Literal(c.to_string()));
        }
    }

    /// Its text, if it has no wildcard.
    pub fn as_literal(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Piece::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The same with any text in front and behind.
    #[must_use]
    pub fn open(mut self, front: bool, back: bool) -> Pattern {
        if front && self.0.first() != Some(&Piece::Any) {
            self.0.insert(0, Piece::Any);
        }
        if back && (self.0.last() != Some(&Piece::Any) || (front && self.0.len() == 1)) {
            // A single `*` is open on both sides already.
            if self.0.len() != 1 || self.0.first() != Some(&Piece::Any) {
                self.0.push(Piece::Any);
            }
        }
        self
    }

    /// Its literal text with the wildcards around it left out, and whether there are some in front
    /// and behind; nothing if there are some in the middle.
    pub fn core(&self) -> Option<(bool, &str, bool)> {
        match self.0.as_slice() {
            [] => Some((false, "", false)),
            [Piece::Any] => Some((true, "", true)),
            [Piece::Literal(t)] => Some((false, t, false)),
            [Piece::Any, Piece::Literal(t)] => Some((true, t, false)),
            [Piece::Literal(t), Piece::Any] => Some((false, t, true)),
            [Piece::Any, Piece::Literal(t), Piece::Any] => Some((true, t, true)),
            _ => None,
        }
    }

    /// Does it consist of `*` alone?
    pub fn is_anything(&self) -> bool {
        !self.0.is_empty() && self.0.iter().all(|piece| *piece == Piece::Any)
    }

    /// Can every character of its literals be written into a LIKE pattern? AQL has no escape for
    /// the two that cannot.
    pub fn fits_like(&self) -> bool {
        self.literals().all(|text| !text.contains(['%', '_']))
    }

    /// Does case make a difference to it?
    pub fn has_case(&self) -> bool {
        self.literals()
            .flat_map(str::chars)
            .any(|c| c.to_lowercase().ne([c]) || c.to_uppercase().ne([c]))
    }

    /// Its literal pieces.
    pub fn literals(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Literal(text) => Some(text.as_str()),
            Piece::Any | Piece::One => None,
        })
    }

    /// As a LIKE pattern. Of a literal that LIKE cannot hold it is one that finds more.
    pub fn to_like(&self) -> String {
        self.0
            .iter()
            .map(|piece| match piece {
                Piece::Literal(text) => text.as_str(),
                Piece::Any => "%",
                Piece::One => "_",
            })
            .collect()
    }

    /// As a regular expression that covers the whole value, whether MATCHES looks for its
    /// expression in the value or compares it with the whole.
    pub fn to_regex(&self) -> String {
        let mut regex = String::from("(?s)^");
        for piece in &self.0 {
            match piece {
                Piece::Literal(text) => regex.push_str(&escape_regex(text)),
                Piece::Any => regex.push_str(".*"),
                Piece::One => regex.push('.'),
            }
        }
        regex.push_str("\\z");
        regex
    }
}

/// Text as a regular expression that finds it.
pub fn escape_regex(text: &str) -> String {
    let mut regex = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if "\\.+*?()|[]{}^$#&-~".contains(c) {
            regex.push('\\');
        }
        regex.push(c);
    }
    regex
}

#[cfg(test)]
mod tests {
    use super::{Pattern, Piece};

    fn shown(text: &str) -> String {
        Pattern::parse(text)
            .0
            .iter()
            .map(|piece| match piece {
                Piece::Literal(text) => format!("[{text}]"),
                Piece::Any => "*".to_owned(),
                Piece::One => "?".to_owned(),
            })
            .collect()
    }

    /// The list of the specification, section "Escaping", and what follows from it.
    #[test]
    fn escapes() {
        for (text, pieces) in [
            (r"a\b", r"[a\b]"),
            (r"a\\b", r"[a\b]"),
            (r"a*b?c", "[a]*[b]?[c]"),
            (r"a\*b", "[a*b]"),
            (r"a\?b", "[a?b]"),
            (r"a\\*b", r"[a\]*[b]"),
            (r"a\\\*b", r"[a\*b]"),
            (r"\\\server", r"[\\server]"),
            (r"\\\\server", r"[\\server]"),
            (r"C:\x\", r"[C:\x\]"),
            ("100%_", "[100%_]"),
            ("", ""),
        ] {
            assert_eq!(shown(text), pieces, "{text}");
        }
    }

    #[test]
    fn opening_adds_no_second_wildcard() {
        let open = |text: &str, front, back| Pattern::parse(text).open(front, back).to_like();
        assert_eq!(open("a", true, true), "%a%");
        assert_eq!(open("*a*", true, true), "%a%");
        assert_eq!(open("*", true, true), "%");
        assert_eq!(open("", true, true), "%");
        assert_eq!(open(r"a\", false, true), r"a\%");
        assert_eq!(open("?", true, false), "%_");
    }

    #[test]
    fn regular_expressions_cover_the_value() {
        assert_eq!(Pattern::parse("a_b*.exe?").to_regex(), r"(?s)^a_b.*\.exe.\z");
    }
}
