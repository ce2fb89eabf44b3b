//! Text to tokens: never fails, every byte belongs to a token, a comment or white space.
//!
//! Read [`lex`] first. What is wrong inside one token (open quote, stray character, address
//! without quotes) is reported here; what is wrong between tokens is the parser's business.
//! [`quote`] holds strings and quoted names, [`number`] numbers and addresses.

mod number;
mod quote;

use aql_diag::{Applicability, Diagnostic, Span, codes};

use crate::ast::Comment;
use crate::token::{Keyword, Token, TokenKind, is_plain_identifier};

/// Result of [`lex`].
#[derive(Debug, Default)]
pub(crate) struct Lexed {
    /// The tokens; the last one is [`TokenKind::End`].
    pub(crate) tokens: Vec<Token>,
    /// Values of quoted tokens, doubled quotes undone.
    pub(crate) values: Vec<String>,
    /// Comments, in order.
    pub(crate) comments: Vec<Comment>,
    /// Findings, in order.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// Cuts `text` into tokens.
pub(crate) fn lex(text: &str) -> Lexed {
    let mut lexer =
        Lexer { text, bytes: text.as_bytes(), at: 0, open_quotes: false, out: Lexed::default() };
    if text.starts_with('\u{feff}') {
        lexer.at = '\u{feff}'.len_utf8();
    }
    while lexer.at < lexer.bytes.len() {
        lexer.next();
    }
    lexer.push(TokenKind::End, text.len());
    lexer.out
}

struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// Has a quote without an end been seen?
    open_quotes: bool,
    out: Lexed,
}

/// More findings inside tokens than this help nobody.
const MAX_DIAGNOSTICS: usize = 1_000;

/// A placeholder longer than this is something else.
const LONGEST_PLACEHOLDER: usize = 80;

/// Does a text in single quotes begin here?
fn begins_text(rest: &str) -> bool {
    rest.trim_start().starts_with('\'')
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// The rest of the text; `at` always stands on a character boundary.
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn push(&mut self, kind: TokenKind, start: usize) {
        self.out.tokens.push(Token { kind, span: Span::new(start, self.at) });
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        if self.out.diagnostics.len() < MAX_DIAGNOSTICS {
            self.out.diagnostics.push(diagnostic);
        }
    }

    fn next(&mut self) {
        let start = self.at;
        let byte = self.peek(0);
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => self.at += 1,
            b'-' if self.peek(1) == b'-' => self.line_comment(),
            b'/' if self.peek(1) == b'*' => self.block_comment(),
            b'/' if self.peek(1) == b'/' => self.slash_comment(),
            b'\'' => self.text_literal(),
            b'"' => self.quoted_name('"'),
            b'`' => self.backtick_name(),
            b'0'..=b'9' => self.number(),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(),
            b'<' if self.operand_expected() && self.placeholder("<", ">") => {}
            b'%' if self.operand_expected() && self.printf_placeholder() => {}
            b'{' | b'$' | b'?' | b':' | b'@' | b'[' => self.template(byte),
            0x80.. => self.non_ascii(),
            b'!' if self.spaced_not_equal() => {}
            _ => {
                let (kind, length) = self.punctuation(byte);
                self.at += length;
                self.push(kind, start);
                if kind == TokenKind::Bad {
                    self.bad_character(start);
                }
            }
        }
    }

    fn punctuation(&self, byte: u8) -> (TokenKind, usize) {
        use TokenKind as T;
        match (byte, self.peek(1)) {
            (b'=', b'=') => (T::Eq, 2),
            // Of other languages. Before a number it is `=` and a negation of bits.
            (b'=', b'~') if self.rest().get(2..).is_some_and(begins_text) => (T::Tilde, 2),
            (b'~', b'=') => (T::Tilde, 2),
            (b'!', b'=') | (b'<', b'>') => (T::NotEq, 2),
            (b'<', b'=') => (T::LtEq, 2),
            (b'>', b'=') => (T::GtEq, 2),
            (b'|', b'|') => (T::PipePipe, 2),
            (b'&', b'&') => (T::AmpAmp, 2),
            (b'=', _) => (T::Eq, 1),
            (b'<', _) => (T::Lt, 1),
            (b'>', _) => (T::Gt, 1),
            (b'|', _) => (T::Pipe, 1),
            (b'&', _) => (T::Amp, 1),
            (b'(', _) => (T::LParen, 1),
            (b')', _) => (T::RParen, 1),
            (b',', _) => (T::Comma, 1),
            (b'.', _) => (T::Dot, 1),
            (b';', _) => (T::Semicolon, 1),
            (b'*', _) => (T::Star, 1),
            (b'+', _) => (T::Plus, 1),
            (b'-', _) => (T::Minus, 1),
            (b'/', _) => (T::Slash, 1),
            (b'%', _) => (T::Percent, 1),
            (b'^', _) => (T::Caret, 1),
            (b'#', _) => (T::Hash, 1),
            (b'~', _) => (T::Tilde, 1),
            _ => (T::Bad, 1),
        }
    }

    /// `! =`, with blanks between.
    fn spaced_not_equal(&mut self) -> bool {
        let start = self.at;
        let after = self.rest().get(1..).unwrap_or_default();
        let blanks = after.len() - after.trim_start_matches([' ', '\t']).len();
        if blanks == 0 || !after.get(blanks..).is_some_and(|rest| rest.starts_with('=')) {
            return false;
        }
        self.at += blanks + 2;
        let span = Span::new(start, self.at);
        self.report(
            Diagnostic::error(codes::SYNTAX, "blank inside `!=`")
                .at(span, "")
                .replace("write `!=`", Applicability::Safe, span, "!=")
                .repaired("read as `!=`"),
        );
        self.push(TokenKind::NotEq, start);
        true
    }

    /// Is an operand due here, so that `<` cannot be an operator?
    fn operand_expected(&self) -> bool {
        self.out.tokens.last().is_none_or(|token| !token.kind.ends_operand())
    }

    fn line_comment(&mut self) {
        let start = self.at;
        let length = self.rest().find('\n').unwrap_or(self.rest().len());
        self.at += length;
        self.comment(start);
    }

    fn block_comment(&mut self) {
        let start = self.at;
        if let Some(length) = self.rest().get(2..).and_then(|rest| rest.find("*/")) {
            self.at += length + 4;
        } else {
            self.at = self.bytes.len();
            self.report(
                Diagnostic::error(codes::UNTERMINATED, "comment without an end")
                    .at(Span::new(start, start + 2), "the comment begins here")
                    .note("everything up to the end of the text belongs to the comment")
                    .help("close it with `*/`"),
            );
        }
        self.comment(start);
    }

    /// `// …` is a comment in other languages and can be nothing else here.
    fn slash_comment(&mut self) {
        let start = self.at;
        let length = self.rest().find('\n').unwrap_or(self.rest().len());
        self.at += length;
        self.report(
            Diagnostic::error(codes::COMMENT, "comment that begins with `//`")
                .at(Span::new(start, start + 2), "AQL has no `//`")
                .note("even `--` and `/* */` are undocumented; `//` works nowhere")
                .replace("write `--`", Applicability::Safe, Span::new(start, start + 2), "--")
                .repaired("read as a comment"),
        );
        self.comment(start);
    }

    fn comment(&mut self, start: usize) {
        let text = self.text.get(start..self.at).unwrap_or_default().trim_end_matches('\r');
        let span = Span::new(start, start + text.len());
        self.out.comments.push(Comment { text: text.to_owned(), span });
    }

    /// An identifier or reserved word; `a::b` is one name.
    fn word(&mut self) {
        let start = self.at;
        if self.colon_address() {
            return;
        }
        loop {
            self.word_part();
            let joined = self.peek(0) == b':' && self.peek(1) == b':';
            let next = self.text.get(self.at + 2..).and_then(|rest| rest.chars().next());
            if joined && next.is_some_and(|c| c.is_alphabetic() || c == '_') {
                self.at += 2;
            } else {
                break;
            }
        }
        let word = self.text.get(start..self.at).unwrap_or_default();
        let kind = Keyword::find(word).map_or(TokenKind::Word, TokenKind::Keyword);
        if !is_plain_identifier(word) {
            let span = Span::new(start, self.at);
            let quoted = format!("\"{word}\"");
            self.report(
                Diagnostic::error(codes::BAD_CHARACTER, "letter beyond ASCII in a name without quotes")
                    .at(span, "needs double quotes")
                    .note("a plain name is made of the letters a to z, digits and `_` (IBM AQL guide, quotation marks)")
                    .replace("quote the name", Applicability::Safe, span, quoted)
                    .repaired("read as if the name were quoted"),
            );
        }
        self.push(kind, start);
    }

    fn word_part(&mut self) {
        let length = self
            .rest()
            .char_indices()
            .find(|(_, c)| !(c.is_alphanumeric() || *c == '_'))
            .map_or(self.rest().len(), |(at, _)| at);
        self.at += length;
    }

    /// Characters with which templates mark a blank: `{{x}}`, `${x}`, `$x`, `:x`, `@x`, `?`, `[x]`.
    fn template(&mut self, byte: u8) {
        let start = self.at;
        let found = match byte {
            b'{' => self.placeholder("{{", "}}") || self.placeholder("{", "}"),
            b'$' => self.placeholder("${", "}") || self.sigil(),
            b'[' => self.bracket_name(),
            b'?' => {
                self.at += 1;
                self.placeholder_token(start);
                true
            }
            b':' if self.peek(1) == b':' => {
                if !self.colon_address() {
                    self.at += 2;
                    self.push(TokenKind::ColonColon, start);
                }
                true
            }
            _ => self.sigil(),
        };
        if !found {
            self.at += 1;
            self.push(TokenKind::Bad, start);
            self.bad_character(start);
        }
    }

    /// `%s`, `%d`, `%(name)s` where a value belongs.
    fn printf_placeholder(&mut self) -> bool {
        let start = self.at;
        let rest = self.rest().get(1..).unwrap_or_default();
        let name = match rest.strip_prefix('(').and_then(|rest| rest.find(')')) {
            Some(length) if length <= LONGEST_PLACEHOLDER => length + 2,
            Some(_) => return false,
            None => 0,
        };
        let mut letters = rest.get(name..).unwrap_or_default().bytes();
        let is_letter = matches!(letters.next(), Some(b's' | b'd'));
        if !is_letter || letters.next().is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return false;
        }
        self.at += name + 2;
        self.placeholder_token(start);
        true
    }

    fn sigil(&mut self) -> bool {
        let start = self.at;
        if !(self.peek(1).is_ascii_alphabetic() || self.peek(1) == b'_') {
            return false;
        }
        self.at += 1;
        self.word_part();
        self.placeholder_token(start);
        true
    }

    /// Takes `open … close` as a placeholder, if it looks like one: short, on one line, with a
    /// letter behind the opening.
    fn placeholder(&mut self, open: &str, close: &str) -> bool {
        let start = self.at;
        let Some(inner) = self.rest().strip_prefix(open) else { return false };
        let first = inner.trim_start().chars().next();
        if !first.is_some_and(|c| c.is_alphabetic() || c == '_' || c == '.' || c == '%') {
            return false;
        }
        let mut end = None;
        for (at, c) in inner.char_indices() {
            if at > LONGEST_PLACEHOLDER || matches!(c, '\n' | '\'' | '"') {
                break;
            }
            if inner.get(at..).is_some_and(|rest| rest.starts_with(close)) {
                end = Some(at);
                break;
            }
        }
        let Some(end) = end else { return false };
        self.at += open.len() + end + close.len();
        self.placeholder_token(start);
        true
    }

    fn placeholder_token(&mut self, start: usize) {
        let span = Span::new(start, self.at);
        let text = span.slice(self.text).to_owned();
        self.report(
            Diagnostic::error(codes::PLACEHOLDER, format!("placeholder `{text}` left in the query"))
                .at(span, "a value belongs here")
                .note("AQL has no parameters inside a query; a template has to be filled in before it runs"),
        );
        self.push(TokenKind::Placeholder, start);
    }

    /// Characters beyond ASCII: letters of a name, typographic quotes, blanks, or nothing AQL knows.
    fn non_ascii(&mut self) {
        let start = self.at;
        let Some(c) = self.rest().chars().next() else {
            self.at += 1;
            return;
        };
        if c.is_alphabetic() {
            self.word();
        } else if quote::SINGLE.contains(&c) || quote::DOUBLE.contains(&c) {
            self.typographic(c);
        } else if c.is_whitespace() || matches!(c, '\u{200b}' | '\u{feff}' | '\u{2060}') {
            self.at += c.len_utf8();
            let span = Span::new(start, self.at);
            self.report(
                Diagnostic::error(
                    codes::BAD_CHARACTER,
                    format!("blank U+{:04X} that AQL does not take for white space", u32::from(c)),
                )
                .at(span, "")
                .note("such blanks come with text copied from a web page or a document")
                .replace("write an ordinary blank", Applicability::Safe, span, " ")
                .repaired("read as a blank"),
            );
        } else {
            self.at += c.len_utf8();
            self.push(TokenKind::Bad, start);
            self.bad_character(start);
        }
    }

    fn bad_character(&mut self, start: usize) {
        let span = Span::new(start, self.at);
        let text = span.slice(self.text);
        let shown: String = text.escape_debug().collect();
        let mut diagnostic = Diagnostic::error(
            codes::BAD_CHARACTER,
            format!("character `{shown}` that AQL does not know"),
        )
        .at(span, "");
        diagnostic = match text {
            "!" => diagnostic.help("negate with `NOT`, compare with `!=`"),
            "\\" => diagnostic.help("a backslash belongs inside a string"),
            "\u{2013}" | "\u{2014}" | "\u{2212}" => {
                diagnostic.replace("write `-`", Applicability::Safe, span, "-")
            }
            _ => diagnostic,
        };
        self.report(diagnostic);
    }
}
