//! An open text: its lines, and places in it as the protocol counts them.

use aql_catalog::Catalog;
use aql_diag::{Diagnostic, Span};
use aql_lint::check;
use aql_syntax::lexemes::{Lexeme, lexemes};
use lsp_types::{Position, Range};

use crate::Settings;

/// A query in an editor.
pub(crate) struct Document {
    pub(crate) text: String,
    pub(crate) found: Vec<Diagnostic>,
    pub(crate) lexemes: Vec<Lexeme>,
    /// Where lines begin, in bytes.
    lines: Vec<usize>,
}

impl Document {
    pub(crate) fn new(text: String, settings: &Settings) -> Self {
        let found = check(&text, &settings.options, &settings.config, Catalog::get()).diagnostics;
        Document { found, ..Document::unchecked(text) }
    }

    /// A text that nothing is said about: for completion and colours.
    pub(crate) fn unchecked(text: String) -> Self {
        let starts = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(starts).collect();
        let lexemes = lexemes(&text);
        Document { text, found: Vec::new(), lexemes, lines }
    }

    /// Line and column of a byte; columns count UTF-16 units.
    pub(crate) fn position(&self, offset: u32) -> Position {
        let mut at = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let line = self.lines.partition_point(|start| *start <= at).saturating_sub(1);
        let column = self.text[self.lines[line]..at].encode_utf16().count();
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Position { line: number(line), character: number(column) }
    }

    /// The byte at a position; a column behind the end of its line is the end of the line.
    pub(crate) fn offset(&self, position: Position) -> u32 {
        let line = position.line as usize;
        let Some(&start) = self.lines.get(line) else { return length(&self.text) };
        let end = self.lines.get(line + 1).map_or(self.text.len(), |next| next - 1);
        let mut units = position.character as usize;
        let mut at = start;
        for c in self.text[start..end].chars() {
            if units < c.len_utf16() {
                break;
            }
            units -= c.len_utf16();
            at += c.len_utf8();
        }
        Span::new(at, at).start
    }

    pub(crate) fn range(&self, span: Span) -> Range {
        Range { start: self.position(span.start), end: self.position(span.end) }
    }

    pub(crate) fn whole(&self) -> Range {
        self.range(Span { start: 0, end: length(&self.text) })
    }

    /// The lexeme that an offset lies in or just behind, and its index.
    pub(crate) fn lexeme_at(&self, offset: u32) -> Option<(usize, Lexeme)> {
        let inside = |l: &Lexeme| l.span.start <= offset && offset < l.span.end;
        let behind = |l: &Lexeme| l.span.end == offset;
        let at = self.lexemes.iter().position(inside);
        let at = at.or_else(|| self.lexemes.iter().position(behind))?;
        Some((at, self.lexemes[at]))
    }

    pub(crate) fn slice(&self, span: Span) -> &str {
        span.slice(&self.text)
    }
}

fn length(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use lsp_types::Position;

    use super::Document;
    use crate::Settings;

    #[test]
    fn columns_count_utf16_units() {
        let text = "SELECT 'é😀x'\nFROM events".to_owned();
        let document = Document::new(text.clone(), &Settings::default());
        let x = u32::try_from(text.find('x').expect("x")).expect("small");
        assert_eq!(document.position(x), Position { line: 0, character: 11 });
        assert_eq!(document.offset(Position { line: 0, character: 11 }), x);
        assert_eq!(document.offset(Position { line: 0, character: 99 }), x + 2);
        assert_eq!(document.offset(Position { line: 9, character: 0 }), x + 14);
        for offset in 0..=u32::try_from(text.len()).expect("small") {
            let position = document.position(offset);
            assert_eq!(document.position(document.offset(position)), position);
        }
    }
}
