//! Words by their meaning, for colours.
//!
//! Shells ask [`highlight`]; the server writes the same as the protocol's tokens.

use aql_catalog::Catalog;
use aql_diag::Span;
use aql_syntax::lexemes::LexemeKind;
use lsp_types::{SemanticToken, SemanticTokenType, SemanticTokensLegend};

use crate::definition;
use crate::document::Document;

/// What a word is, for its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Highlight {
    /// A reserved word.
    Keyword,
    /// A function.
    Function,
    /// A field or property.
    Property,
    /// A column that the query itself names.
    Alias,
    /// A database.
    Database,
    /// A text.
    Text,
    /// A number.
    Number,
    /// An operator.
    Operator,
    /// A comment.
    Comment,
}

/// Each with what the protocol calls it.
const TYPES: [(Highlight, SemanticTokenType); 9] = [
    (Highlight::Keyword, SemanticTokenType::KEYWORD),
    (Highlight::Function, SemanticTokenType::FUNCTION),
    (Highlight::Property, SemanticTokenType::PROPERTY),
    (Highlight::Alias, SemanticTokenType::VARIABLE),
    (Highlight::Database, SemanticTokenType::NAMESPACE),
    (Highlight::Text, SemanticTokenType::STRING),
    (Highlight::Number, SemanticTokenType::NUMBER),
    (Highlight::Operator, SemanticTokenType::OPERATOR),
    (Highlight::Comment, SemanticTokenType::COMMENT),
];

pub(crate) fn legend() -> SemanticTokensLegend {
    let token_types = TYPES.iter().map(|(_, name)| name.clone()).collect();
    SemanticTokensLegend { token_types, token_modifiers: Vec::new() }
}

/// The words of a text that have a colour, in order.
pub fn highlight(text: &str) -> Vec<(Span, Highlight)> {
    words(&Document::unchecked(text.to_owned()))
}

fn words(document: &Document) -> Vec<(Span, Highlight)> {
    let aliases = definition::aliases(&document.text, 0);
    let mut words = Vec::new();
    for (at, lexeme) in document.lexemes.iter().enumerate() {
        let word = document.slice(lexeme.span);
        let beside = |i: Option<usize>| {
            i.and_then(|i| document.lexemes.get(i)).map_or("", |l| document.slice(l.span))
        };
        let kind = match lexeme.kind {
            LexemeKind::Keyword if beside(at.checked_add(1)) == "(" && is_function(word) => {
                Highlight::Function
            }
            LexemeKind::Keyword => Highlight::Keyword,
            LexemeKind::Name | LexemeKind::QuotedName => {
                let name = word.trim_matches('"');
                if beside(at.checked_add(1)) == "(" {
                    Highlight::Function
                } else if beside(at.checked_sub(1)).eq_ignore_ascii_case("from") {
                    Highlight::Database
                } else if aliases.iter().any(|a| a.name.eq_ignore_ascii_case(name)) {
                    Highlight::Alias
                } else {
                    Highlight::Property
                }
            }
            LexemeKind::Text => Highlight::Text,
            LexemeKind::Number => Highlight::Number,
            LexemeKind::Operator => Highlight::Operator,
            LexemeKind::Comment => Highlight::Comment,
            LexemeKind::Punctuation | LexemeKind::Bad => continue,
        };
        words.push((lexeme.span, kind));
    }
    words
}

pub(crate) fn tokens(document: &Document) -> Vec<SemanticToken> {
    let mut tokens = Vec::new();
    let mut last = lsp_types::Position::default();
    for (span, kind) in words(document) {
        let Some(kind) = TYPES.iter().position(|(t, _)| *t == kind) else { continue };
        for line in lines(document, span) {
            let (start, end) = (document.position(line.start), document.position(line.end));
            let delta_line = start.line - last.line;
            tokens.push(SemanticToken {
                delta_line,
                delta_start: match delta_line {
                    0 => start.character - last.character,
                    _ => start.character,
                },
                length: end.character - start.character,
                token_type: u32::try_from(kind).unwrap_or(0),
                token_modifiers_bitset: 0,
            });
            last = start;
        }
    }
    tokens
}

/// LAST and FIRST are reserved words and names of functions.
fn is_function(word: &str) -> bool {
    Catalog::get().function(word).is_some()
}

/// A token stands on one line: the parts of a longer one.
fn lines(document: &Document, span: Span) -> Vec<Span> {
    let mut start = span.start as usize;
    let mut parts = Vec::new();
    for part in document.slice(span).split('\n') {
        let text = part.trim_end_matches('\r');
        if !text.is_empty() {
            parts.push(Span::new(start, start + text.len()));
        }
        start += part.len() + 1;
    }
    parts
}
