//! The documentation of what the cursor is on.

use aql_catalog::{Catalog, FunctionInfo};
use aql_diag::Diagnostic;
use aql_syntax::lexemes::{Lexeme, LexemeKind};
use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind, Position};

use crate::cursor::{About, about};
use crate::document::Document;
use crate::{Settings, definition};

pub(crate) fn hover(document: &Document, position: Position, settings: &Settings) -> Option<Hover> {
    let offset = document.offset(position);
    let (index, lexeme) = document.lexeme_at(offset)?;
    let mut parts: Vec<String> = thing(document, index, lexeme, settings).into_iter().collect();
    let here = |d: &&Diagnostic| {
        d.primary.as_ref().is_some_and(|p| p.span.start <= offset && offset <= p.span.end)
    };
    parts.extend(document.found.iter().filter(here).filter_map(page));
    if parts.is_empty() {
        return None;
    }
    let contents = HoverContents::Markup(MarkupContent {
        kind: MarkupKind::Markdown,
        value: parts.join("\n\n---\n\n"),
    });
    Some(Hover { contents, range: Some(document.range(lexeme.span)) })
}

fn thing(document: &Document, index: usize, lexeme: Lexeme, settings: &Settings) -> Option<String> {
    let written = document.slice(lexeme.span);
    match lexeme.kind {
        LexemeKind::Name | LexemeKind::QuotedName => {
            let name = written.trim_matches('"');
            let called = document.lexemes.get(index + 1).map(|l| document.slice(l.span));
            let function = || Catalog::get().function(name).filter(|f| !f.internal);
            if called == Some("(") {
                return function().map(of_function);
            }
            let alias = definition::alias(document, lexeme).map(|item| {
                format!("column of this query: `{}`", one_line(document.slice(item.value)))
            });
            alias.or_else(|| of_field(name, settings)).or_else(|| function().map(of_function))
        }
        LexemeKind::Keyword => Catalog::get()
            .function(written)
            .filter(|_| {
                document.lexemes.get(index + 1).is_some_and(|l| document.slice(l.span) == "(")
            })
            .map(of_function),
        LexemeKind::Number => of_number(document, index, written.parse().ok()?),
        _ => None,
    }
}

/// The documentation of a field, property or function, as Markdown.
pub fn describe(name: &str, settings: &Settings) -> Option<String> {
    let function = || Catalog::get().function(name).filter(|f| !f.internal);
    of_field(name, settings).or_else(|| function().map(of_function))
}

/// A function: how it is called, what it gives, an example.
pub(crate) fn of_function(function: &FunctionInfo) -> String {
    format!(
        "```aql\n{}\n```\n\n{}\n\n`{}` gives `{}`",
        signature(function),
        function.doc,
        function.example,
        function.example_result
    )
}

/// `SUBSTRING(text, start[, length])`.
pub(crate) fn signature(function: &FunctionInfo) -> String {
    let mut text = format!("{}(", function.name);
    for (at, param) in function.params.iter().enumerate() {
        let comma = if at > 0 { ", " } else { "" };
        match param.optional {
            true => text.push_str(&format!("[{comma}{}]", param.name)),
            false => text.push_str(&format!("{comma}{}", param.name)),
        }
    }
    if function.variadic {
        text.push_str(", …");
    }
    text.push(')');
    text
}

fn of_field(name: &str, settings: &Settings) -> Option<String> {
    let catalog = Catalog::get();
    if let Some(field) = catalog.event_field(name) {
        return Some(format!(
            "field `{}`: {}\n\n{}",
            field.column.name, field.column.ty, field.doc
        ));
    }
    if settings.options.declared.as_deref().is_some_and(|file| file.has(name)) {
        return Some(format!("`{name}` is declared by the site's profile file"));
    }
    let (column, _) = catalog.property(name, settings.options.profile)?;
    let Some(property) = catalog.properties().iter().find(|p| p.column == column) else {
        return Some(format!("field `{}` of the raw record", column.name));
    };
    let mut text = format!("property `\"{}\"`\n\n{}", property.column.name, property.doc);
    if !property.aliases.is_empty() {
        let list: Vec<String> = property.aliases.iter().map(|a| format!("`{a}`")).collect();
        text.push_str(&format!("\n\nalso called {}", list.join(", ")));
    }
    Some(text)
}

/// What a number stands for.
fn of_number(document: &Document, index: usize, number: i64) -> Option<String> {
    let About::Field(field) = about(document, index)? else { return None };
    let catalog = Catalog::get();
    match field.as_str() {
        "devicetype" => {
            let ty = catalog.log_source_type(number)?;
            Some(format!("log source type {number}: {}", ty.name))
        }
        "qid" => {
            let qid = catalog.qid(number)?;
            let place = match qid.event_id.is_empty() {
                true => String::new(),
                false => format!("\n\nevent {} of {}", qid.event_id, qid.event_category),
            };
            Some(format!("QID {number}: {}{place}", qid.name))
        }
        "category" | "highlevelcategory" => {
            catalog.category_name(number).map(|name| format!("category {number}: {name}"))
        }
        _ => None,
    }
}

fn page(found: &Diagnostic) -> Option<String> {
    let info = found.code.info()?;
    let body = info.page.split_once('\n').map_or(info.page, |(_, rest)| rest).trim();
    let body = body.replace("\n## ", "\n#### ");
    Some(format!("**{}: {}**\n\n{body}", found.code, info.title))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
