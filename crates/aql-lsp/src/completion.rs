//! What can stand at a place: names of the catalog and of the site.
//!
//! Shells ask [`completions`]; the server turns the same list into the protocol's items.

use aql_catalog::Catalog;
use aql_diag::Span;
use aql_syntax::lexemes::{Lexeme, LexemeKind};
use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionTextEdit, Documentation, InsertTextFormat,
    MarkupContent, MarkupKind, TextEdit,
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

/// Something that can stand at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// What it is called.
    pub label: String,
    /// What it is.
    pub kind: CompletionKind,
    /// What is written in the place of `replace`.
    pub text: String,
    /// What is written behind the cursor: the end of a call.
    pub closing: &'static str,
    /// The bytes that are replaced: the word as far as it is written, or nothing.
    pub replace: Span,
    /// What is typed to find it, if that is not how `text` begins.
    pub filter: Option<String>,
    /// A word or two on it; may be empty.
    pub detail: String,
    /// Its documentation, as Markdown.
    pub documentation: Option<String>,
}

/// Kinds of completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompletionKind {
    /// A database behind FROM.
    Database,
    /// A built-in field.
    Field,
    /// A function.
    Function,
    /// A number that stands for something.
    Id,
    /// A reserved word.
    Keyword,
    /// A property, of the catalog or of the site.
    Property,
    /// A unit of time.
    Unit,
    /// A value that the other side of a comparison can have.
    Value,
    /// A column that the query itself names.
    Alias,
}

/// What can stand at a byte of a text.
pub fn completions(text: &str, offset: usize, settings: &Settings) -> Vec<Completion> {
    let document = Document::unchecked(text.to_owned());
    complete(&document, Span::new(offset, offset).start, settings)
}

pub(crate) fn complete(document: &Document, offset: u32, settings: &Settings) -> Vec<Completion> {
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
    fn values(self, text: Lexeme) -> Vec<Completion> {
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
            self.item(name, &written, range, CompletionKind::Value, detail)
        };
        distinct(list.into_iter().map(item).collect())
    }

    /// Where a word is being written or could be.
    fn open(self, range: Span) -> Vec<Completion> {
        let before = self.index.checked_sub(1).and_then(|at| self.document.lexemes.get(at));
        let word = |l: &Lexeme| self.document.slice(l.span).to_ascii_lowercase();
        let two_before = self.index.checked_sub(2).and_then(|at| self.document.lexemes.get(at));
        match before.map(word).as_deref() {
            Some("from") => {
                let list = ["events", "flows", "simarc"];
                let item = |n: &&str| {
                    self.item(n, n, range, CompletionKind::Database, "database".to_owned())
                };
                return list.iter().map(item).collect();
            }
            Some(_) if two_before.map(word).as_deref() == Some("last") => {
                let list = ["MINUTES", "HOURS", "DAYS"];
                let item =
                    |n: &&str| self.item(n, n, range, CompletionKind::Unit, "time unit".to_owned());
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
            let (text, closing) = match function.params.is_empty() {
                true => (format!("{}()", function.name), ""),
                false => (format!("{}(", function.name), ")"),
            };
            let (kind, detail) = (CompletionKind::Function, hover::signature(function));
            let mut item = self.item(&function.name, &text, range, kind, detail);
            item.closing = closing;
            item.documentation = Some(hover::of_function(function));
            items.push(item);
        }
        items.extend(
            KEYWORDS
                .iter()
                .map(|word| self.item(word, word, range, CompletionKind::Keyword, String::new())),
        );
        items
    }

    /// Numbers that stand for something: types, kinds of events, categories.
    fn ids(self, range: Span) -> Vec<Completion> {
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
            let mut item = self.item(name, &number, range, CompletionKind::Id, number.clone());
            item.filter = Some(format!("{number} {name}"));
            item
        };
        list.into_iter().map(item).collect()
    }

    /// Fields, properties and columns of the query. `quoted`: quotes stand there already.
    fn names(self, range: Span, quoted: bool) -> Vec<Completion> {
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
            let kind = CompletionKind::Alias;
            let detail = "column of this query".to_owned();
            items.push(self.item(&item.name, &written(&item.name), range, kind, detail));
        }
        for field in catalog.event_fields() {
            let (name, kind) = (&*field.column.name, CompletionKind::Field);
            let mut item =
                self.item(name, &written(name), range, kind, format!("field: {}", field.column.ty));
            item.documentation = Some(field.doc.clone());
            items.push(item);
        }
        if let Some(file) = self.settings.options.declared.as_deref() {
            for name in file.names() {
                let kind = CompletionKind::Property;
                items.push(self.item(name, &written(name), range, kind, "of the site".to_owned()));
            }
        }
        for property in catalog.properties() {
            let (name, kind) = (&*property.column.name, CompletionKind::Property);
            let mut item = self.item(name, &written(name), range, kind, "property".to_owned());
            item.documentation = Some(property.doc.clone());
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
        kind: CompletionKind,
        detail: String,
    ) -> Completion {
        Completion {
            label: label.to_owned(),
            kind,
            text: text.to_owned(),
            closing: "",
            replace: range,
            // Quotes are no part of what is typed.
            filter: text.starts_with('"').then(|| label.to_owned()),
            detail,
            documentation: None,
        }
    }
}

/// The same in the words of the protocol.
pub(crate) fn to_item(document: &Document, completion: Completion) -> CompletionItem {
    let Completion { label, kind, text, closing, replace, filter, detail, documentation } =
        completion;
    let kind = match kind {
        CompletionKind::Database => CompletionItemKind::MODULE,
        CompletionKind::Field => CompletionItemKind::FIELD,
        CompletionKind::Function => CompletionItemKind::FUNCTION,
        CompletionKind::Id => CompletionItemKind::ENUM_MEMBER,
        CompletionKind::Keyword => CompletionItemKind::KEYWORD,
        CompletionKind::Property => CompletionItemKind::PROPERTY,
        CompletionKind::Unit => CompletionItemKind::UNIT,
        CompletionKind::Value => CompletionItemKind::VALUE,
        CompletionKind::Alias => CompletionItemKind::VARIABLE,
    };
    let is_function = kind == CompletionItemKind::FUNCTION;
    let new_text = if closing.is_empty() { text } else { format!("{text}$0{closing}") };
    let markdown =
        |value| Documentation::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value });
    CompletionItem {
        label,
        kind: Some(kind),
        detail: (!detail.is_empty()).then_some(detail),
        documentation: documentation.map(markdown),
        filter_text: filter,
        insert_text_format: is_function.then_some(InsertTextFormat::SNIPPET),
        text_edit: Some(CompletionTextEdit::Edit(TextEdit {
            range: document.range(replace),
            new_text,
        })),
        ..CompletionItem::default()
    }
}

fn distinct(mut items: Vec<Completion>) -> Vec<Completion> {
    let mut seen = std::collections::HashSet::new();
    items.retain(|item| seen.insert(item.label.to_lowercase()));
    items
}
