//! What can stand at a place: names of the catalog and of the site.

use aql_catalog::Catalog;
use aql_diag::Span;
use aql_syntax::lexemes::{Lexeme, LexemeKind};
use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionTextEdit, Documentation, InsertTextFormat,
    MarkupContent, MarkupKind, Position, TextEdit,
};

use crate::cursor::{About, about};
use crate::document::Document;
use crate::{Settings, definition, hover};

const KEYWORDS: [&str; 28] = [
    "SELECT",
    "FROM",
    "WHERE",
    "GROUP BY",
    "HAVING",
    "ORDER BY",
    "LIMIT",
    "LAST",
    "START",
    "STOP",
    "AND",
    "OR",
    "NOT",
    "IN",
    "LIKE",
    "ILIKE",
    "MATCHES",
    "IMATCHES",
    "BETWEEN",
    "IS NULL",
    "IS NOT NULL",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "END",
    "AS",
    "DESC",
];

pub(crate) fn complete(
    document: &Document,
    position: Position,
    settings: &Settings,
) -> Vec<CompletionItem> {
    let offset = document.offset(position);
    // The word being written: it ends at the cursor or goes on behind it.
    let index = document.lexemes.iter().position(|l| l.span.end >= offset);
    let index = index.unwrap_or(document.lexemes.len());
    let word = document.lexemes.get(index).copied().filter(|l| l.span.start < offset);
    let place = Place { document, settings, index, offset };
    match word.map(|w| (w.kind, w)) {
        Some((LexemeKind::Comment, _)) => Vec::new(),
        Some((LexemeKind::Text, text)) => place.values(text),
        Some((LexemeKind::QuotedName, name)) => place.names(place.inside(name, '"'), true),
        Some((LexemeKind::Name | LexemeKind::Keyword | LexemeKind::Number, word)) => {
            place.open(Span { start: word.span.start, end: offset })
        }
        // Behind a sign: what comes next.
        Some(_) => Place { index: index + 1, ..place }.open(Span { start: offset, end: offset }),
        None => place.open(Span { start: offset, end: offset }),
    }
}

/// A place in a document, and what is known of it.
#[derive(Clone, Copy)]
struct Place<'a> {
    document: &'a Document,
    settings: &'a Settings,
    /// The lexeme that is being written, or would be.
    index: usize,
    offset: u32,
}

impl Place<'_> {
    /// Inside a text: values that the other side can have.
    fn values(self, text: Lexeme) -> Vec<CompletionItem> {
        let catalog = Catalog::get();
        let range = self.inside(text, '\'');
        let list: Vec<(&str, String)> = match about(self.document, self.index) {
            Some(About::Argument(function, 0)) if function.starts_with("REFERENCESET") => {
                let sets = self.settings.reference_sets.iter();
                sets.map(|name| (name.as_str(), "reference set".to_owned())).collect()
            }
            Some(About::ResultOf(function)) => match function.as_str() {
                "LOGSOURCETYPENAME" => catalog
                    .log_source_types()
                    .iter()
                    .map(|t| (t.name.as_str(), format!("log source type {}", t.id)))
                    .collect(),
                "QIDNAME" => {
                    let known = catalog.qids().iter().filter(|q| !q.event_id.is_empty());
                    known.map(|q| (q.name.as_str(), format!("QID {}", q.id))).collect()
                }
                "CATEGORYNAME" => catalog
                    .categories()
                    .iter()
                    .map(|c| (c.name.trim(), format!("category {}", c.id)))
                    .collect(),
                _ => Vec::new(),
            },
            Some(About::Field(field)) if field == "qideventcategory" => {
                let mut channels: Vec<&str> =
                    catalog.qids().iter().map(|q| q.event_category.as_str()).collect();
                channels.sort_unstable();
                channels.dedup();
                channels.into_iter().map(|c| (c, "channel or workload".to_owned())).collect()
            }
            _ => Vec::new(),
        };
        let item = |(name, detail): (&str, String)| {
            let written = name.replace('\'', "''");
            self.item(name, &written, range, CompletionItemKind::VALUE, detail)
        };
        distinct(list.into_iter().map(item).collect())
    }

    /// Where a word is being written or could be.
    fn open(self, range: Span) -> Vec<CompletionItem> {
        let before = self.index.checked_sub(1).and_then(|at| self.document.lexemes.get(at));
        let word = |l: &Lexeme| self.document.slice(l.span).to_ascii_lowercase();
        let two_before = self.index.checked_sub(2).and_then(|at| self.document.lexemes.get(at));
        match before.map(word).as_deref() {
            Some("from") => {
                let list = ["events", "flows", "simarc"];
                let item = |n: &&str| {
                    self.item(n, n, range, CompletionItemKind::MODULE, "database".to_owned())
                };
                return list.iter().map(item).collect();
            }
            Some(_) if two_before.map(word).as_deref() == Some("last") => {
                let list = ["MINUTES", "HOURS", "DAYS"];
                let item = |n: &&str| {
                    self.item(n, n, range, CompletionItemKind::UNIT, "time unit".to_owned())
                };
                return list.iter().map(item).collect();
            }
            _ => {}
        }
        let ids = self.ids(range);
        if !ids.is_empty() {
            return ids;
        }
        let mut items = self.names(range, false);
        for function in Catalog::get().functions().iter().filter(|f| !f.internal) {
            let snippet = match function.params.is_empty() {
                true => format!("{}()", function.name),
                false => format!("{}($0)", function.name),
            };
            let mut item = self.item(
                &function.name,
                &snippet,
                range,
                CompletionItemKind::FUNCTION,
                hover::signature(function),
            );
            item.insert_text_format = Some(InsertTextFormat::SNIPPET);
            item.documentation = Some(markdown(hover::of_function(function)));
            items.push(item);
        }
        items.extend(
            KEYWORDS.iter().map(|word| {
                self.item(word, word, range, CompletionItemKind::KEYWORD, String::new())
            }),
        );
        items
    }

    /// Numbers that stand for something: types, kinds of events, categories.
    fn ids(self, range: Span) -> Vec<CompletionItem> {
        let Some(About::Field(field)) = about(self.document, self.index) else {
            return Vec::new();
        };
        let catalog = Catalog::get();
        let list: Vec<(&str, i64)> = match field.as_str() {
            "devicetype" => {
                catalog.log_source_types().iter().map(|t| (t.name.as_str(), t.id)).collect()
            }
            "qid" => catalog
                .qids()
                .iter()
                .filter(|q| !q.event_id.is_empty())
                .map(|q| (q.name.as_str(), q.id))
                .collect(),
            "category" | "highlevelcategory" => {
                catalog.categories().iter().map(|c| (c.name.trim(), c.id)).collect()
            }
            _ => Vec::new(),
        };
        let item = |(name, id): (&str, i64)| {
            let number = id.to_string();
            let mut item =
                self.item(name, &number, range, CompletionItemKind::ENUM_MEMBER, number.clone());
            item.filter_text = Some(format!("{number} {name}"));
            item
        };
        list.into_iter().map(item).collect()
    }

    /// Fields, properties and columns of the query. `quoted`: quotes stand there already.
    fn names(self, range: Span, quoted: bool) -> Vec<CompletionItem> {
        let catalog = Catalog::get();
        let plain = |name: &str| {
            name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
                && !name.starts_with(|c: char| c.is_ascii_digit())
        };
        let written = |name: &str| match quoted || plain(name) {
            true => name.to_owned(),
            false => format!("\"{name}\""),
        };
        let mut items = Vec::new();
        for item in definition::aliases(&self.document.text, self.offset) {
            let kind = CompletionItemKind::VARIABLE;
            let detail = "column of this query".to_owned();
            items.push(self.item(&item.name, &written(&item.name), range, kind, detail));
        }
        for field in catalog.event_fields() {
            let (name, kind) = (&*field.column.name, CompletionItemKind::FIELD);
            let mut item =
                self.item(name, &written(name), range, kind, format!("field: {}", field.column.ty));
            item.documentation = Some(markdown(field.doc.clone()));
            items.push(item);
        }
        if let Some(file) = self.settings.options.declared.as_deref() {
            for name in file.names() {
                let kind = CompletionItemKind::PROPERTY;
                items.push(self.item(name, &written(name), range, kind, "of the site".to_owned()));
            }
        }
        for property in catalog.properties() {
            let (name, kind) = (&*property.column.name, CompletionItemKind::PROPERTY);
            let mut item = self.item(name, &written(name), range, kind, "property".to_owned());
            item.documentation = Some(markdown(property.doc.clone()));
            items.push(item);
        }
        distinct(items)
    }

    /// The inside of quotes, as far as it is written on this line.
    fn inside(self, lexeme: Lexeme, quote: char) -> Span {
        let start = lexeme.span.start + 1;
        let written = self.document.slice(lexeme.span);
        let closed = written.len() > 1 && written.ends_with(quote) && !written.contains('\n');
        let end = if closed { lexeme.span.end - 1 } else { self.offset };
        Span { start: start.min(self.offset), end: end.max(self.offset) }
    }

    fn item(
        self,
        label: &str,
        text: &str,
        range: Span,
        kind: CompletionItemKind,
        detail: String,
    ) -> CompletionItem {
        CompletionItem {
            label: label.to_owned(),
            kind: Some(kind),
            detail: (!detail.is_empty()).then_some(detail),
            // Quotes are no part of what is typed.
            filter_text: text.starts_with('"').then(|| label.to_owned()),
            text_edit: Some(CompletionTextEdit::Edit(TextEdit {
                range: self.document.range(range),
                new_text: text.to_owned(),
            })),
            ..CompletionItem::default()
        }
    }
}

fn markdown(value: String) -> Documentation {
    Documentation::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value })
}

fn distinct(mut items: Vec<CompletionItem>) -> Vec<CompletionItem> {
    let mut seen = std::collections::HashSet::new();
    items.retain(|item| seen.insert(item.label.to_lowercase()));
    items
}
