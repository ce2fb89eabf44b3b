//! Columns of the query: where a name that is used was given.

use aql_diag::Span;
use aql_syntax::ast::{Query, SelectItem};
use aql_syntax::lexemes::{Lexeme, LexemeKind};
use aql_syntax::parse;
use aql_syntax::visit::for_each_subquery;

use crate::document::Document;

/// A name that the select list gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Alias {
    pub(crate) name: String,
    /// The name.
    pub(crate) at: Span,
    /// What it stands for.
    pub(crate) value: Span,
}

/// The aliases that can be seen at a place: of the innermost query first.
pub(crate) fn aliases(text: &str, offset: u32) -> Vec<Alias> {
    let parsed = parse(text);
    let mut found = Vec::new();
    if let Some(query) = &parsed.query {
        collect(query, offset, &mut found);
    }
    found
}

fn collect(query: &Query, offset: u32, found: &mut Vec<Alias>) {
    let given = query.select.iter().filter_map(|item| match item {
        SelectItem::Expr { expr, alias: Some(alias) } => {
            Some(Alias { name: alias.text.clone(), at: alias.span, value: expr.span })
        }
        _ => None,
    });
    // Of queries that do not hold the place, only those that are read from can be seen.
    let at = found.len();
    found.extend(given);
    for_each_subquery(query, &mut |inner| {
        let within = inner.span.start <= offset && offset <= inner.span.end;
        let mut of_inner = Vec::new();
        collect(inner, offset, &mut of_inner);
        match within {
            true => drop(found.splice(at..at, of_inner)),
            false => found.extend(of_inner),
        }
    });
}

/// The alias that a name means, or is.
pub(crate) fn alias(document: &Document, lexeme: Lexeme) -> Option<Alias> {
    let written = document.slice(lexeme.span);
    let name = match lexeme.kind {
        LexemeKind::Name => written,
        LexemeKind::QuotedName => written.trim_matches('"'),
        LexemeKind::Text => written.trim_matches('\''),
        _ => return None,
    };
    let list = aliases(&document.text, lexeme.span.start);
    list.into_iter().find(|a| {
        // Inside what the name stands for, it means something else.
        let inside = a.value.start <= lexeme.span.start && lexeme.span.end <= a.value.end;
        a.name.eq_ignore_ascii_case(name) && !inside
    })
}
