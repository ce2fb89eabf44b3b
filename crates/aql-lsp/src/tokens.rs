//! Words by their meaning, for colours.

use aql_catalog::Catalog;
use aql_diag::Span;
use aql_syntax::lexemes::LexemeKind;
use lsp_types::{SemanticToken, SemanticTokenType, SemanticTokensLegend};

use crate::definition;
use crate::document::Document;

const TYPES: [SemanticTokenType; 9] = [
    SemanticTokenType::KEYWORD,
    SemanticTokenType::FUNCTION,
    SemanticTokenType::PROPERTY,
    SemanticTokenType::VARIABLE,
    SemanticTokenType::NAMESPACE,
    SemanticTokenType::STRING,
    SemanticTokenType::NUMBER,
    SemanticTokenType::OPERATOR,
    SemanticTokenType::COMMENT,
];

pub(crate) fn legend() -> SemanticTokensLegend {
    SemanticTokensLegend { token_types: TYPES.to_vec(), token_modifiers: Vec::new() }
}

pub(crate) fn tokens(document: &Document) -> Vec<SemanticToken> {
    let aliases = definition::aliases(&document.text, 0);
    let mut tokens = Vec::new();
    let mut last = lsp_types::Position::default();
    for (at, lexeme) in document.lexemes.iter().enumerate() {
        let word = document.slice(lexeme.span);
        let beside = |i: Option<usize>| {
            i.and_then(|i| document.lexemes.get(i)).map_or("", |l| document.slice(l.span))
        };
        let kind = match lexeme.kind {
            LexemeKind::Keyword if beside(at.checked_add(1)) == "(" && is_function(word) => {
                SemanticTokenType::FUNCTION
            }
            LexemeKind::Keyword => SemanticTokenType::KEYWORD,
            LexemeKind::Name | LexemeKind::QuotedName => {
                let name = word.trim_matches('"');
                if beside(at.checked_add(1)) == "(" {
                    SemanticTokenType::FUNCTION
                } else if beside(at.checked_sub(1)).eq_ignore_ascii_case("from") {
                    SemanticTokenType::NAMESPACE
                } else if aliases.iter().any(|a| a.name.eq_ignore_ascii_case(name)) {
                    SemanticTokenType::VARIABLE
                } else {
                    SemanticTokenType::PROPERTY
                }
            }
            LexemeKind::Text => SemanticTokenType::STRING,
            LexemeKind::Number => SemanticTokenType::NUMBER,
            LexemeKind::Operator => SemanticTokenType::OPERATOR,
            LexemeKind::Comment => SemanticTokenType::COMMENT,
            LexemeKind::Punctuation | LexemeKind::Bad => continue,
        };
        let Some(kind) = TYPES.iter().position(|t| *t == kind) else { continue };
        for line in lines(document, lexeme.span) {
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
