//! Strings, quoted names and the quotes that are none: typographic ones, backticks, brackets.
//!
//! A quote inside a string is doubled. Authors who come from elsewhere write `\'` or forget the
//! doubling; both are told apart from the end of the string by what follows: an end is followed
//! by punctuation, a reserved word or nothing.

use aql_diag::{Applicability, Diagnostic, Edit, Span, codes};

use super::Lexer;
use crate::token::{Keyword, TokenKind};

/// Typographic single quotes.
pub(super) const SINGLE: [char; 4] = ['\u{2018}', '\u{2019}', '\u{201a}', '\u{201b}'];
/// Typographic double quotes.
pub(super) const DOUBLE: [char; 4] = ['\u{201c}', '\u{201d}', '\u{201e}', '\u{201f}'];

/// How far a line is searched for the quote that would close a broken string.
const LINE_SEARCH: usize = 300;

impl Lexer<'_> {
    fn value(&mut self, value: String) -> u32 {
        let index = u32::try_from(self.out.values.len()).unwrap_or(u32::MAX);
        self.out.values.push(value);
        index
    }

    /// `'text'`.
    pub(super) fn text_literal(&mut self) {
        let start = self.at;
        self.at += 1;
        let mut value = String::new();
        let mut piece = self.at;
        let mut escaped = Vec::new();
        let mut inner = Vec::new();
        let closed = loop {
            let Some(length) = self.find_quote('\'') else { break false };
            self.at += length;
            let backslash = length > 0 && self.bytes.get(self.at - 1) == Some(&b'\\');
            let doubled = self.peek(1) == b'\'';
            if doubled && !(backslash && !escaped.is_empty() && self.ends_at(self.at + 2)) {
                value.push_str(self.text.get(piece..=self.at).unwrap_or_default());
                self.at += 2;
            } else if backslash && (doubled || !self.ends_at(self.at + 1)) {
                escaped.push(Span::new(self.at - 1, self.at + 1));
                value.push_str(self.text.get(piece..self.at - 1).unwrap_or_default());
                value.push('\'');
                self.at += 1;
            } else if !backslash && self.quote_inside(self.at + 1) {
                inner.push(Span::new(self.at, self.at + 1));
                value.push_str(self.text.get(piece..=self.at).unwrap_or_default());
                self.at += 1;
            } else {
                value.push_str(self.text.get(piece..self.at).unwrap_or_default());
                self.at += 1;
                break true;
            }
            piece = self.at;
        };
        if !closed {
            value = self.unterminated(start, "string", '\'');
        }
        let index = self.value(value);
        self.push(TokenKind::Text(index), start);
        if closed {
            self.report_inner_quotes(start, &escaped, &inner);
        }
    }

    /// Where the next quote is. After one open quote only the line is searched: one mistake must
    /// not turn all later strings inside out, nor be searched for again and again.
    fn find_quote(&self, quote: char) -> Option<usize> {
        let rest = self.rest();
        if self.open_quotes {
            rest.split('\n').next().unwrap_or_default().find(quote)
        } else {
            rest.find(quote)
        }
    }

    /// Can a string end before `at`, given what stands there?
    fn ends_at(&self, at: usize) -> bool {
        let rest = self.text.get(at..).unwrap_or_default();
        let blank = rest.trim_start();
        let word_length =
            blank.bytes().take(16).take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        match blank.bytes().next() {
            None => true,
            Some(
                b')' | b',' | b';' | b'=' | b'!' | b'<' | b'>' | b'|' | b'+' | b'-' | b'/' | b'*',
            ) => true,
            Some(_) if word_length > 0 => {
                Keyword::find(blank.get(..word_length).unwrap_or_default()).is_some()
                    || rest.trim_start_matches([' ', '\t', '\r']).starts_with('\n')
            }
            Some(_) => false,
        }
    }

    /// Is the quote before `at` one that should have been doubled? Yes if a word that is not
    /// reserved follows and the rest of the line holds an odd number of quotes.
    fn quote_inside(&self, at: usize) -> bool {
        let rest = self.text.get(at..).unwrap_or_default();
        let after_blanks = rest.trim_start_matches([' ', '\t']);
        let word = after_blanks
            .bytes()
            .take(16)
            .take_while(|b| b.is_ascii_alphanumeric() || *b == b'_')
            .count();
        if word == 0 || Keyword::find(after_blanks.get(..word).unwrap_or_default()).is_some() {
            return false;
        }
        let line = rest.bytes().take(LINE_SEARCH).take_while(|b| *b != b'\n');
        line.filter(|b| *b == b'\'').count() % 2 == 1
    }

    fn report_inner_quotes(&mut self, start: usize, escaped: &[Span], inner: &[Span]) {
        let double = |spans: &[Span]| -> Vec<Edit> {
            spans.iter().map(|&span| Edit { span, text: "''".to_owned() }).collect()
        };
        if let Some(&first) = escaped.first() {
            self.report(
                Diagnostic::error(codes::ESCAPED_QUOTE, "quote escaped with a backslash")
                    .at(first, "the backslash is an ordinary character, so the string ends here")
                    .label(Span::new(start, start + 1), "the string begins here")
                    .note("a quote inside an AQL string is doubled: `'it''s'`")
                    .fix("double the quote", Applicability::Safe, double(escaped))
                    .repaired("read as a doubled quote"),
            );
        }
        if let Some(&first) = inner.first() {
            self.report(
                Diagnostic::error(codes::UNDOUBLED_QUOTE, "quote inside a string is not doubled")
                    .at(first, "the string ends here")
                    .label(Span::new(start, start + 1), "the string begins here")
                    .note("a quote inside an AQL string is doubled: `'it''s'`")
                    .help("if the string should end earlier, close it there")
                    .fix("double the quote", Applicability::Unsafe, double(inner)),
            );
        }
    }

    /// Reports an open quote and goes on behind the end of its line, so that the rest is still
    /// read.
    fn unterminated(&mut self, start: usize, what: &str, quote: char) -> String {
        let open = start + quote.len_utf8();
        let rest = self.text.get(open..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default().trim_end();
        self.at = open + line.len();
        self.open_quotes = true;
        self.report(
            Diagnostic::error(codes::UNTERMINATED, format!("{what} without a closing quote"))
                .at(Span::new(start, self.at), format!("this {what} is never closed"))
                .help(format!("close it with `{quote}`")),
        );
        line.to_owned()
    }

    /// `"name"`.
    pub(super) fn quoted_name(&mut self, quote: char) {
        let start = self.at;
        self.at += 1;
        let mut value = String::new();
        let closed = loop {
            let Some(length) = self.find_quote(quote) else { break false };
            let piece = self.rest().get(..length).unwrap_or_default().to_owned();
            value.push_str(&piece);
            self.at += length + 1;
            if self.rest().starts_with(quote) {
                value.push(quote);
                self.at += 1;
            } else {
                break true;
            }
        };
        if !closed {
            value = self.unterminated(start, "quoted name", quote);
        } else if value.is_empty() {
            self.report(
                Diagnostic::error(codes::SYNTAX, "empty name")
                    .at(Span::new(start, self.at), "double quotes enclose a name")
                    .help("an empty string is written `''`"),
            );
        }
        let index = self.value(value);
        self.push(TokenKind::Quoted(index), start);
    }

    /// `` `name` ``, as MySQL quotes.
    pub(super) fn backtick_name(&mut self) {
        let start = self.at;
        self.quoted_name('`');
        self.foreign_name(start, "name in backticks");
    }

    /// `[name]`, as SQL Server quotes.
    pub(super) fn bracket_name(&mut self) -> bool {
        let start = self.at;
        let rest = self.rest().get(1..).unwrap_or_default();
        let Some((end, _)) = rest
            .char_indices()
            .take(super::LONGEST_PLACEHOLDER)
            .take_while(|(_, c)| !matches!(c, '\n' | '\'' | '"'))
            .find(|(_, c)| *c == ']')
        else {
            return false;
        };
        let name = rest.get(..end).unwrap_or_default().to_owned();
        if name.trim().is_empty() {
            return false;
        }
        self.at += end + 2;
        let index = self.value(name);
        self.push(TokenKind::Quoted(index), start);
        self.foreign_name(start, "name in square brackets");
        true
    }

    fn foreign_name(&mut self, start: usize, what: &str) {
        let span = Span::new(start, self.at);
        let name = self.out.values.last().map(|v| v.replace('"', "\"\"")).unwrap_or_default();
        self.report(
            Diagnostic::error(codes::BAD_CHARACTER, what)
                .at(span, "needs double quotes")
                .note("AQL quotes names with `\"` only")
                .replace("use double quotes", Applicability::Safe, span, format!("\"{name}\""))
                .repaired("read as a name in double quotes"),
        );
    }

    /// A quote of the printing trade, which the appliance does not take for one.
    pub(super) fn typographic(&mut self, open: char) {
        let start = self.at;
        let single = SINGLE.contains(&open);
        let closes = |c: char| {
            if single { c == '\'' || SINGLE.contains(&c) } else { c == '"' || DOUBLE.contains(&c) }
        };
        let inner = self.at + open.len_utf8();
        let rest = self.text.get(inner..).unwrap_or_default();
        let found = rest.char_indices().take_while(|(_, c)| *c != '\n').find(|(_, c)| closes(*c));
        let (what, straight) = if single { ("string", '\'') } else { ("name", '"') };
        let Some((length, close)) = found else {
            self.at = inner;
            self.push(TokenKind::Bad, start);
            self.report(
                Diagnostic::error(codes::TYPOGRAPHIC_QUOTE, format!("typographic quote `{open}`"))
                    .at(Span::new(start, inner), format!("write `{straight}`")),
            );
            return;
        };
        let value = rest.get(..length).unwrap_or_default().to_owned();
        self.at = inner + length + close.len_utf8();
        let span = Span::new(start, self.at);
        let doubled = value.replace(straight, &format!("{straight}{straight}"));
        self.report(
            Diagnostic::error(codes::TYPOGRAPHIC_QUOTE, format!("typographic quotes around a {what}"))
                .at(span, format!("needs `{straight}`"))
                .note("word processors and web pages replace straight quotes; AQL knows only `'` and `\"`")
                .replace("use straight quotes", Applicability::Safe, span, format!("{straight}{doubled}{straight}"))
                .repaired("read as if the quotes were straight"),
        );
        let index = self.value(value);
        self.push(if single { TokenKind::Text(index) } else { TokenKind::Quoted(index) }, start);
    }
}
