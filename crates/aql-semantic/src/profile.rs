//! Profile files: what a site calls things, and how it reads queries.
//!
//! A profile file (TOML) chooses a base (`ibm` or `raw`), sets options of the dialect, gives
//! properties other names, and declares properties that only the payload holds, as QRadar's custom
//! property expressions do. [`ProfileFile::parse`] reads the text; `docs/profiles.md` describes the
//! keys. A declared property is bound to an expression over the payload.

use std::collections::BTreeMap;

use aql_catalog::{Catalog, Profile, similar_names};
use aql_diag::{Code, Diagnostic, Span, codes};
use aql_event::Type;
use aql_syntax::ast;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::bind::{Binder, Scope};
use crate::bound::{CompareBy, Expr, ExprKind, Value};
use crate::dialect::{BadSetting, OPTIONS, Settings};
use crate::expr::not;
use crate::text_search::utf8;

/// What a profile file says; several can be laid over each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileFile {
    /// Whose property names count, if it says so.
    pub base: Option<Profile>,
    /// Options of the dialect.
    pub dialect: Settings,
    /// Other names, in lower case, with their spelling and what they mean.
    aliases: BTreeMap<String, (String, String)>,
    /// Properties by name, in lower case.
    properties: BTreeMap<String, DeclaredProperty>,
}

/// A property that a profile file declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredProperty {
    /// Its name.
    pub name: String,
    /// How it is found, in the order in which that is tried: the first that gives a value counts.
    pub expressions: Vec<PropertyExpression>,
}

/// One way to find a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyExpression {
    /// Where the value is.
    pub place: PropertyPlace,
    /// The log source types (`devicetype`) whose events have it; empty for all.
    pub log_source_types: Vec<i64>,
}

/// Where in an event a property is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PropertyPlace {
    /// What a group of a regular expression finds in the payload.
    Regex {
        /// A Java regular expression.
        pattern: String,
        /// The group; 0 is the whole of what was found.
        group: i64,
    },
    /// A path in a payload that is JSON: `/"a"/"b"`.
    Json(String),
    /// A path in a payload that is XML: `/Event/EventData/Data[@Name='User']`.
    Xml(String),
    /// A field of the raw record.
    Field(String),
}

impl ProfileFile {
    /// Reads the text of a profile file. With an error among the diagnostics nothing of it should
    /// be used.
    pub fn parse(text: &str) -> (ProfileFile, Vec<Diagnostic>) {
        let mut reader = Reader {
            catalog: Catalog::get(),
            file: ProfileFile::default(),
            diagnostics: Vec::new(),
        };
        match DeTable::parse(text) {
            Ok(table) => reader.file(table.get_ref()),
            Err(error) => {
                let span = error.span().map_or(Span::new(0, 0), |s| Span::new(s.start, s.end));
                reader.error(codes::PROFILE_UNREADABLE, span, error.message().to_owned());
            }
        }
        let Reader { file, mut diagnostics, .. } = reader;
        diagnostics.sort_by_key(|d| d.primary.as_ref().map_or(0, |p| p.span.start));
        (file, diagnostics)
    }

    /// The same with another file on top: what both say, the other decides.
    #[must_use]
    pub fn then(mut self, other: ProfileFile) -> Self {
        self.base = other.base.or(self.base);
        self.dialect = self.dialect.then(&other.dialect);
        self.aliases.extend(other.aliases);
        self.properties.extend(other.properties);
        self
    }

    /// A declared property, in any case.
    pub fn property(&self, name: &str) -> Option<&DeclaredProperty> {
        self.properties.get(&name.to_lowercase())
    }

    /// What an alias of the file stands for, in any case.
    pub fn alias(&self, name: &str) -> Option<&str> {
        self.aliases.get(&name.to_lowercase()).map(|(_, target)| target.as_str())
    }

    /// Is it the name of a property or an alias of the file?
    pub fn has(&self, name: &str) -> bool {
        self.property(name).is_some() || self.alias(name).is_some()
    }

    /// The names of properties and aliases, as they are spelled.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let properties = self.properties.values().map(|p| p.name.as_str());
        properties.chain(self.aliases.values().map(|(name, _)| name.as_str()))
    }

    /// Every declared property, by name.
    pub fn properties(&self) -> impl Iterator<Item = &DeclaredProperty> {
        self.properties.values()
    }
}

const KEYS: [&str; 4] = ["base", "dialect", "aliases", "properties"];
const PLACES: [&str; 4] = ["regex", "json", "xml", "field"];
const PROPERTY_KEYS: [&str; 6] = ["regex", "group", "json", "xml", "field", "log_source_types"];

struct Reader {
    catalog: &'static Catalog,
    file: ProfileFile,
    diagnostics: Vec<Diagnostic>,
}

fn span_of<T>(spanned: &Spanned<T>) -> Span {
    let range = spanned.span();
    Span::new(range.start, range.end)
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn integer_of(value: &DeValue<'_>) -> Option<i64> {
    let DeValue::Integer(n) = value else { return None };
    i64::from_str_radix(n.as_str(), n.radix()).ok()
}

impl Reader {
    fn error(&mut self, code: Code, span: Span, message: String) {
        self.diagnostics.push(Diagnostic::error(code, message).at(span, ""));
    }

    fn wrong(&mut self, span: Span, message: String, label: impl Into<String>) {
        let diagnostic = Diagnostic::error(codes::PROFILE_ENTRY, message).at(span, label);
        self.diagnostics.push(diagnostic);
    }

    fn unknown(&mut self, span: Span, what: &str, name: &str, known: &[&str]) {
        let mut diagnostic =
            Diagnostic::error(codes::PROFILE_ENTRY, format!("there is no {what} `{name}`"))
                .at(span, "");
        let similar = similar_names(name, known.iter().copied());
        diagnostic = if similar.is_empty() && known.len() <= 8 {
            diagnostic.help(format!("there are {}", known.join(", ")))
        } else if similar.is_empty() {
            diagnostic.help("`aql catalog dialect` lists them")
        } else {
            let list: Vec<String> = similar.iter().map(|s| format!("`{s}`")).collect();
            diagnostic.help(format!("did you mean {}?", list.join(" or ")))
        };
        self.diagnostics.push(diagnostic);
    }

    fn text(&mut self, value: &Spanned<DeValue<'_>>, key: &str) -> Option<String> {
        match value.get_ref() {
            DeValue::String(text) if !text.is_empty() => Some(text.to_string()),
            DeValue::String(_) => {
                self.wrong(span_of(value), format!("`{key}` is empty"), "");
                None
            }
            other => {
                let message = format!("`{key}` must be text, not {}", kind(other));
                self.wrong(span_of(value), message, "");
                None
            }
        }
    }

    fn path(&mut self, value: &Spanned<DeValue<'_>>, key: &str, such: &str) -> Option<String> {
        let path = self.text(value, key)?;
        if !path.starts_with('/') {
            let message = format!("the path `{path}` must begin with `/`");
            self.wrong(span_of(value), message, format!("such as {such}"));
        }
        Some(path)
    }

    fn table<'a, 'i>(
        &mut self,
        value: &'a Spanned<DeValue<'i>>,
        key: &str,
    ) -> Option<&'a DeTable<'i>> {
        match value.get_ref() {
            DeValue::Table(table) => Some(table),
            other => {
                let message = format!("`{key}` must be a table, not {}", kind(other));
                self.wrong(span_of(value), message, format!("write `[{key}]`"));
                None
            }
        }
    }

    fn file(&mut self, table: &DeTable<'_>) {
        for (key, value) in table.iter() {
            match &**key.get_ref() {
                "base" => self.base(value),
                "dialect" => {
                    for (name, value) in self.table(value, "dialect").into_iter().flatten() {
                        self.option(name.get_ref(), span_of(name), value);
                    }
                }
                "aliases" => {
                    for (name, value) in self.table(value, "aliases").into_iter().flatten() {
                        let Some(target) = self.text(value, name.get_ref()) else { continue };
                        if self.may_be_named(name.get_ref(), span_of(name)) {
                            let spelled = name.get_ref().to_string();
                            self.file.aliases.insert(spelled.to_lowercase(), (spelled, target));
                        }
                    }
                }
                "properties" => {
                    for (name, value) in self.table(value, "properties").into_iter().flatten() {
                        self.property(name.get_ref(), span_of(name), value);
                    }
                }
                other => self.unknown(span_of(key), "key", other, &KEYS),
            }
        }
    }

    fn base(&mut self, value: &Spanned<DeValue<'_>>) {
        let Some(base) = self.text(value, "base") else { return };
        match base.to_ascii_lowercase().as_str() {
            "ibm" => self.file.base = Some(Profile::Ibm),
            "raw" => self.file.base = Some(Profile::Raw),
            _ => self.unknown(span_of(value), "profile", &base, &["ibm", "raw"]),
        }
    }

    fn option(&mut self, name: &str, at: Span, value: &Spanned<DeValue<'_>>) {
        // `string_base = 0` is as good as `"0"`.
        let text = match value.get_ref() {
            DeValue::Integer(n) => n.as_str().to_owned(),
            _ => match self.text(value, name) {
                Some(text) => text,
                None => return,
            },
        };
        match self.file.dialect.set(name, &text) {
            Ok(()) => {}
            Err(BadSetting::Name) => {
                let names: Vec<&str> = OPTIONS.iter().map(|o| o.name).collect();
                self.unknown(at, "dialect option", name, &names);
            }
            Err(BadSetting::Value(values)) => {
                let label = format!("the values are {}", values.join(", "));
                self.wrong(span_of(value), format!("`{name}` cannot be `{text}`"), label);
            }
        }
    }

    /// Built-in fields are what they are.
    fn may_be_named(&mut self, name: &str, at: Span) -> bool {
        let builtin = self.catalog.event_field(name).is_some();
        if builtin {
            let message = format!("`{name}` is a field of every event and cannot be redefined");
            self.wrong(at, message, "choose another name");
        }
        !builtin
    }

    fn property(&mut self, name: &str, at: Span, value: &Spanned<DeValue<'_>>) {
        if !self.may_be_named(name, at) {
            return;
        }
        let mut expressions = Vec::new();
        match value.get_ref() {
            DeValue::Table(table) => expressions.extend(self.expression(name, at, table)),
            DeValue::Array(list) if !list.is_empty() => {
                for item in list.iter() {
                    let Some(table) = self.table(item, name) else { continue };
                    expressions.extend(self.expression(name, span_of(item), table));
                }
            }
            other => {
                let message = format!("the property `{name}` must be a table, not {}", kind(other));
                self.wrong(span_of(value), message, "such as `{ regex = 'user=(\\S+)' }`");
            }
        }
        if !expressions.is_empty() {
            let property = DeclaredProperty { name: name.to_owned(), expressions };
            self.file.properties.insert(name.to_lowercase(), property);
        }
    }

    fn expression(
        &mut self,
        name: &str,
        at: Span,
        table: &DeTable<'_>,
    ) -> Option<PropertyExpression> {
        let mut places: Vec<PropertyPlace> = Vec::new();
        let mut group = None;
        let mut log_source_types = Vec::new();
        let before = self.diagnostics.len();
        for (key, value) in table.iter() {
            match &**key.get_ref() {
                "regex" => places.extend(
                    self.text(value, "regex")
                        .map(|pattern| PropertyPlace::Regex { pattern, group: 1 }),
                ),
                "json" => {
                    let path = self.path(value, "json", "`/\"user\"/\"name\"`");
                    places.extend(path.map(PropertyPlace::Json));
                }
                "xml" => {
                    let path = self.path(value, "xml", "`/Event/System/Computer`");
                    places.extend(path.map(PropertyPlace::Xml));
                }
                "field" => places.extend(self.text(value, "field").map(PropertyPlace::Field)),
                "group" => match integer_of(value.get_ref()) {
                    Some(n @ 0..=99) => group = Some((n, span_of(key))),
                    _ => {
                        let message = "`group` must be a number from 0 to 99".to_owned();
                        self.wrong(span_of(value), message, "");
                    }
                },
                "log_source_types" => log_source_types = self.types(value),
                other => self.unknown(span_of(key), "key", other, &PROPERTY_KEYS),
            }
        }
        let mut place = match (places.pop(), places.is_empty()) {
            (Some(place), true) => place,
            // What is wrong with its only place has been said.
            (None, _) if self.diagnostics.len() > before => return None,
            (None, _) => {
                let label = format!("give it one of {}", PLACES.join(", "));
                self.wrong(at, format!("the property `{name}` says not where it is"), label);
                return None;
            }
            (Some(_), false) => {
                let message = format!("the property `{name}` has several places in one entry");
                self.diagnostics.push(
                    Diagnostic::error(codes::PROFILE_ENTRY, message).at(at, "").help(format!(
                        "write one `[[properties.\"{name}\"]]` for each; they are tried in order"
                    )),
                );
                return None;
            }
        };
        match (&mut place, group) {
            (PropertyPlace::Regex { group, .. }, Some((n, _))) => *group = n,
            (_, Some((_, at))) => {
                self.wrong(at, "`group` belongs to `regex`".to_owned(), "");
            }
            _ => {}
        }
        Some(PropertyExpression { place, log_source_types })
    }

    fn types(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<i64> {
        let DeValue::Array(list) = value.get_ref() else {
            let message = "`log_source_types` must be a list of numbers".to_owned();
            self.wrong(span_of(value), message, "such as `[12]`");
            return Vec::new();
        };
        let mut types = Vec::new();
        for item in list.iter() {
            match integer_of(item.get_ref()) {
                Some(id) if self.catalog.log_source_type(id).is_some() => types.push(id),
                Some(id) => {
                    let message = format!("there is no log source type {id} in the catalog");
                    let diagnostic = Diagnostic::warning(codes::PROFILE_ENTRY, message)
                        .at(span_of(item), "no event will have it")
                        .help("`aql catalog types` lists them");
                    self.diagnostics.push(diagnostic);
                    types.push(id);
                }
                None => self.wrong(
                    span_of(item),
                    "a log source type is a number".to_owned(),
                    "`aql catalog types` lists them",
                ),
            }
        }
        types
    }
}

impl Binder<'_> {
    /// Is the expression nothing but the name of a declared property?
    pub(crate) fn names_declared(&self, expr: &ast::Expr) -> bool {
        let ast::ExprKind::Name(name) = &expr.kind else { return false };
        let Some(file) = self.options.declared.as_deref() else { return false };
        let meant = file.alias(&name.text).unwrap_or(&name.text);
        file.property(&name.text).or(file.property(meant)).is_some()
    }

    /// What an alias of a profile file stands for; further aliases of the file do not count.
    pub(crate) fn alias_target(
        &mut self,
        file: &ProfileFile,
        target: &ast::Name,
        scope: &Scope,
    ) -> Expr {
        let span = target.span;
        if let Some(field) = self.catalog.event_field(&target.text) {
            let column = field.column.clone();
            return Expr { ty: column.ty, kind: ExprKind::Column(column), span };
        }
        if let Some(property) = file.property(&target.text) {
            return self.declared(property, span);
        }
        let column = self.property_or_unknown(target, "events", scope);
        Expr { ty: column.ty, kind: ExprKind::Column(column), span }
    }

    /// The value of a declared property: of the first expression that gives one.
    pub(crate) fn declared(&self, property: &DeclaredProperty, span: Span) -> Expr {
        let mut ways: Vec<(Option<Expr>, Expr)> = property
            .expressions
            .iter()
            .map(|way| {
                (self.of_types(&way.log_source_types, span), self.at_place(&way.place, span))
            })
            .collect();
        // The last one needs no test of whether it gives a value.
        let last = ways.pop();
        let mut branches: Vec<(Expr, Expr)> = ways
            .into_iter()
            .map(|(of_types, value)| {
                let is_null = ExprKind::IsNull(Box::new(value.clone()));
                let is_null = Expr { kind: is_null, ty: Type::Boolean, span };
                let found = not(is_null, span);
                let condition = match of_types {
                    Some(of_types) => {
                        let kind = ExprKind::And(vec![of_types, found]);
                        Expr { kind, ty: Type::Boolean, span }
                    }
                    None => found,
                };
                (condition, value)
            })
            .collect();
        let otherwise = match last {
            Some((Some(of_types), value)) => {
                branches.push((of_types, value));
                None
            }
            Some((None, value)) if branches.is_empty() => return value,
            Some((None, value)) => Some(Box::new(value)),
            None => return crate::expr::null(span),
        };
        Expr { kind: ExprKind::Case { branches, otherwise }, ty: Type::Text, span }
    }

    fn of_types(&self, types: &[i64], span: Span) -> Option<Expr> {
        let column = self.catalog.event_field("devicetype")?.column.clone();
        let expr = Expr { ty: column.ty, kind: ExprKind::Column(column), span };
        let list = types.iter().map(|id| Value::Integer(*id)).collect();
        let kind = ExprKind::In { expr: Box::new(expr), list, by: CompareBy::Number };
        (!types.is_empty()).then_some(Expr { kind, ty: Type::Boolean, span })
    }

    fn at_place(&self, place: &PropertyPlace, span: Span) -> Expr {
        let constant = |value: Value, ty| Expr { kind: ExprKind::Literal(value), ty, span };
        let text = |text: &str| constant(Value::Text(text.into()), Type::Text);
        let (function, args) = match place {
            PropertyPlace::Field(name) => {
                let column = self.catalog.raw_column(name);
                return Expr { ty: column.ty, kind: ExprKind::Column(column), span };
            }
            PropertyPlace::Regex { pattern, group } => (
                "PAYLOAD_REGEX",
                vec![text(pattern), constant(Value::Integer(*group), Type::Integer)],
            ),
            PropertyPlace::Json(path) => ("PAYLOAD_JSON", vec![text(path)]),
            PropertyPlace::Xml(path) => ("PAYLOAD_XML", vec![text(path)]),
        };
        let payload = self.catalog.event_field("payload").map(|field| field.column.clone());
        let payload = match payload {
            Some(column) => utf8(Expr { kind: ExprKind::Column(column), ty: Type::Binary, span }),
            None => crate::expr::null(span),
        };
        let args = std::iter::once(payload).chain(args).collect();
        let kind = ExprKind::Call { function: function.into(), args };
        Expr { kind, ty: Type::Text, span }
    }
}
