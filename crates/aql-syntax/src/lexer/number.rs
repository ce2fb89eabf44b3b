//! Numbers, and what looks like one: addresses written without quotes.

use aql_diag::{Applicability, Diagnostic, Span, codes};

use super::Lexer;
use crate::token::TokenKind;

/// An address with colons is never longer than this, zone and prefix length included.
const LONGEST_ADDRESS: usize = 48;

impl Lexer<'_> {
    /// `42`, `0x2a`, `2.0`, or an address.
    pub(super) fn number(&mut self) {
        let start = self.at;
        if self.colon_address() || self.dotted_address() {
            return;
        }
        if self.peek(0) == b'0'
            && matches!(self.peek(1), b'x' | b'X')
            && self.peek(2).is_ascii_hexdigit()
        {
            self.at += 2;
            self.skip(|b| b.is_ascii_hexdigit());
            self.push(TokenKind::Integer, start);
            return;
        }
        self.skip(|b| b.is_ascii_digit());
        let mut kind = TokenKind::Integer;
        if self.peek(0) == b'.' && self.peek(1).is_ascii_digit() {
            self.at += 1;
            self.skip(|b| b.is_ascii_digit());
            kind = TokenKind::Decimal;
        }
        self.push(kind, start);
    }

    fn skip(&mut self, wanted: impl Fn(u8) -> bool) {
        while self.at < self.bytes.len() && wanted(self.peek(0)) {
            self.at += 1;
        }
    }

    /// Three or more numbers joined by dots, with an optional `/n`.
    fn dotted_address(&mut self) -> bool {
        let mut ahead = 0;
        let mut dots = 0;
        loop {
            let digits = (0..4).take_while(|i| self.peek(ahead + i).is_ascii_digit()).count();
            if digits == 0 || digits > 3 {
                break;
            }
            ahead += digits;
            if dots < 3 && self.peek(ahead) == b'.' && self.peek(ahead + 1).is_ascii_digit() {
                dots += 1;
                ahead += 1;
            } else {
                break;
            }
        }
        if dots < 2 {
            return false;
        }
        self.address(ahead);
        true
    }

    /// An IPv6 or MAC address: hexadecimal groups and at least two colons.
    pub(super) fn colon_address(&mut self) -> bool {
        let run = self
            .bytes
            .get(self.at..)
            .unwrap_or_default()
            .iter()
            .take(LONGEST_ADDRESS)
            .take_while(|b| b.is_ascii_hexdigit() || **b == b':' || **b == b'.')
            .count();
        let text = self.text.get(self.at..self.at + run).unwrap_or_default();
        let colons = text.bytes().filter(|b| *b == b':').count();
        let next = self.peek(run);
        let name = next.is_ascii_alphanumeric() || next == b'_' || next == b'(' || next >= 0x80;
        // Without a digit it may be a function with a namespace (`FADE::BEEF`).
        if colons < 2 || name || !text.bytes().any(|b| b.is_ascii_digit()) || run == LONGEST_ADDRESS
        {
            return false;
        }
        self.address(run);
        true
    }

    fn address(&mut self, length: usize) {
        let start = self.at;
        self.at += length;
        if self.peek(0) == b'/' && self.peek(1).is_ascii_digit() {
            self.at += 1;
            self.skip(|b| b.is_ascii_digit());
        }
        let span = Span::new(start, self.at);
        let text = span.slice(self.text).to_owned();
        let network = text.contains('/');
        let what = if network { "network" } else { "address" };
        let mut diagnostic =
            Diagnostic::error(codes::BARE_ADDRESS, format!("{what} `{text}` without quotes"))
                .at(span, "needs single quotes")
                .note("AQL has no literal for addresses; they are strings")
                .replace("quote it", Applicability::Safe, span, format!("'{text}'"))
                .repaired("read as a string");
        if network {
            diagnostic =
                diagnostic.help(format!("test membership with `INCIDR('{text}', sourceip)`"));
        }
        self.report(diagnostic);
        self.push(TokenKind::Address, start);
    }
}
