//! From Sigma files to AQL.

use std::collections::BTreeMap;

use aql_catalog::{Catalog, Profile};
use aql_diag::{Diagnostic, SourceText, codes};
use aql_semantic::{BindOptions, Mode, ProfileFile, bind_text};

use crate::correlation::{Correlation, Kind};
use crate::item::Test;
use crate::names::{self, Operand, Scope, Source, quoted};
use crate::predicate::{Writer, Written};
use crate::rule::{About, Body, Document, LogSource, Tree};
use crate::{correlate, yaml};

/// How to convert.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whose property names the queries use.
    pub profile: Profile,
    /// The time clause of the queries.
    pub window: String,
}

impl Default for Options {
    fn default() -> Self {
        Options { profile: Profile::Ibm, window: "LAST 24 HOURS".to_owned() }
    }
}

/// A Sigma document after conversion.
#[derive(Clone, Debug)]
pub struct Converted {
    /// What it says about itself.
    pub about: About,
    /// Position of its file.
    pub file: usize,
    /// Which log it is about; nothing for a correlation.
    pub source: Option<LogSource>,
    /// The query; nothing if it was refused.
    pub query: Option<String>,
    /// Properties that a site must define for it, and the fields of the log that fill them.
    pub declares: BTreeMap<String, String>,
    /// For a correlation what a pack says about it, if a pack can.
    pub correlation: Option<PackCorrelation>,
    /// Does it stand for a correlation alone, not for itself?
    pub silent: bool,
    /// Is it a filter? Then it has no query: it is part of those of other rules.
    pub is_filter: bool,
    /// What converting had to say: places are in the Sigma file.
    pub diagnostics: Vec<Diagnostic>,
}

impl Converted {
    /// How much of the rule is in the query.
    pub fn outcome(&self) -> Outcome {
        let is_coded = |code| self.diagnostics.iter().any(|d| d.code == code);
        if self.diagnostics.iter().any(Diagnostic::is_error)
            || (self.query.is_none() && self.correlation.is_none() && !self.is_filter)
        {
            Outcome::Refused
        } else if is_coded(codes::SIGMA_APPROXIMATE) || is_coded(codes::SIGMA_LOG_SOURCE) {
            Outcome::Approximate
        } else {
            Outcome::Exact
        }
    }

    /// The profile file that its query needs: how its text is meant, and what a site must define.
    pub fn profile_file(&self) -> String {
        profile_file(&self.declares)
    }
}

/// How much of a rule is in its query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// All of it.
    Exact,
    /// It finds more or less, as its diagnostics say.
    Approximate,
    /// There is no query.
    Refused,
}

/// A correlation as a pack has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackCorrelation {
    /// `count` or `sequence`.
    pub kind: &'static str,
    /// Positions of the rules among the converted documents.
    pub rules: Vec<usize>,
    /// Columns that the findings have in common.
    pub by: Vec<String>,
    /// The longest time from the first finding to the last, in milliseconds.
    pub within: i64,
    /// How many findings or values are asked for.
    pub at_least: Option<usize>,
    /// The column whose different values are counted.
    pub distinct: Option<String>,
}

/// Converts files. Every document gives one answer, in the order of the files; a file that is no
/// YAML gives one too.
pub fn convert(
    files: &[SourceText],
    options: &Options,
    catalog: &'static Catalog,
) -> Vec<Converted> {
    let mut documents: Vec<(usize, Document)> = Vec::new();
    let mut unreadable = Vec::new();
    for (file, source) in files.iter().enumerate() {
        match yaml::documents(&source.text) {
            Ok(nodes) => documents.extend(nodes.iter().map(|node| (file, Document::read(node)))),
            Err(diagnostic) => unreadable.push((file, *diagnostic)),
        }
    }
    let shared = Shared { options, catalog, documents: &documents };
    let mut converted: Vec<Converted> =
        (0..documents.len()).map(|at| shared.document(at)).collect();
    correlate::link(&mut converted, &documents);
    converted.extend(unreadable.into_iter().map(|(file, diagnostic)| Converted {
        about: About::default(),
        diagnostics: vec![diagnostic],
        ..empty(file)
    }));
    // A file that cannot be read stands where its documents would.
    let order: Vec<usize> = {
        let mut order: Vec<usize> = (0..converted.len()).collect();
        order.sort_by_key(|at| converted.get(*at).map_or(0, |c| c.file));
        order
    };
    reorder(converted, &order)
}

/// The same in another order; correlations go on naming the same rules.
fn reorder(converted: Vec<Converted>, order: &[usize]) -> Vec<Converted> {
    let mut place = vec![0; converted.len()];
    for (new, old) in order.iter().enumerate() {
        if let Some(place) = place.get_mut(*old) {
            *place = new;
        }
    }
    let mut all: Vec<(usize, Converted)> = converted
        .into_iter()
        .enumerate()
        .map(|(old, mut c)| {
            if let Some(correlation) = &mut c.correlation {
                for rule in &mut correlation.rules {
                    *rule = place.get(*rule).copied().unwrap_or(*rule);
                }
            }
            (place.get(old).copied().unwrap_or(old), c)
        })
        .collect();
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, c)| c).collect()
}

fn empty(file: usize) -> Converted {
    Converted {
        about: About::default(),
        file,
        source: None,
        query: None,
        declares: BTreeMap::new(),
        correlation: None,
        silent: false,
        is_filter: false,
        diagnostics: Vec::new(),
    }
}

fn profile_file(declares: &BTreeMap<String, String>) -> String {
    // A doubled backslash of a Sigma rule is meant.
    let mut file = String::from("[dialect]\nlike_backslash = \"literal\"\n");
    for (name, field) in declares {
        let escape = |text: &str| {
            let mut escaped = String::new();
            for c in text.chars() {
                match c {
                    '"' | '\\' => escaped.extend(['\\', c]),
                    c if c.is_control() => escaped.push_str(&format!("\\u{:04x}", u32::from(c))),
                    c => escaped.push(c),
                }
            }
            escaped
        };
        file.push_str(&format!(
            "\n[properties.\"{}\"]\nfield = \"{}\"\n",
            escape(name),
            escape(field)
        ));
    }
    file
}

/// What all documents of a run share.
pub(crate) struct Shared<'a> {
    pub(crate) options: &'a Options,
    pub(crate) catalog: &'static Catalog,
    pub(crate) documents: &'a [(usize, Document)],
}

/// The condition of a rule in AQL, with what it names.
pub(crate) struct Where {
    pub(crate) aql: Written,
    pub(crate) operands: Vec<(String, Operand)>,
    pub(crate) said: Vec<Diagnostic>,
    source: Source,
}

impl Shared<'_> {
    fn document(&self, at: usize) -> Converted {
        let Some((file, document)) = self.documents.get(at) else { return empty(0) };
        let mut converted = Converted {
            about: document.about.clone(),
            diagnostics: document.diagnostics.clone(),
            ..empty(*file)
        };
        match &document.body {
            Body::Rule { source, tree } => {
                converted.source = Some(source.clone());
                if let (Some(_), false) = (tree, document.has_errors()) {
                    self.rule(at, &mut converted);
                }
            }
            Body::Correlation(Some(correlation)) if !document.has_errors() => {
                self.correlation(correlation, &mut converted);
            }
            Body::Filter { source, rules, .. } => {
                converted.source = Some(source.clone());
                converted.is_filter = true;
                self.filter_remarks(rules.as_deref(), document, &mut converted);
            }
            Body::Correlation(_) | Body::Unknown => {}
        }
        converted
    }

    fn rule(&self, at: usize, converted: &mut Converted) {
        let Some(found) = self.condition(at) else { return };
        let mut columns = vec!["starttime".to_owned()];
        for (_, operand) in &found.operands {
            let is_column = !operand.aql.contains('(') && operand.aql != "UTF8(payload)";
            if is_column && columns.len() < 12 && !columns.contains(&operand.aql) {
                columns.push(operand.aql.clone());
            }
        }
        let (mut said, mut operands) = (found.said, found.operands);
        let source = found.source;
        let ids = match self.documents.get(at).map(|(_, document)| &document.body) {
            Some(Body::Rule { tree: Some(tree), .. }) => event_ids(tree),
            _ => Vec::new(),
        };
        let wanted = converted.source.clone();
        let scope = self.scope(wanted.as_ref(), &source, &ids);
        let mut writer = Writer { scope: &scope, operands: Vec::new(), said: Vec::new() };
        for field in &converted.about.fields {
            let operand = writer.operand(field);
            // What a match should show is no reason to define a property.
            if operand.declares.is_none() && !columns.contains(&operand.aql) {
                columns.push(operand.aql);
            }
        }
        // What correlations group by carries the name that they give it.
        for (name, field) in self.grouped(at) {
            let operand = writer.operand(&field);
            let alias = quoted(&name, false);
            let same = alias.trim_matches('"').eq_ignore_ascii_case(operand.aql.trim_matches('"'));
            columns.retain(|c| *c != operand.aql);
            columns.push(if same {
                operand.aql.clone()
            } else {
                format!("{} AS {alias}", operand.aql)
            });
            operands.push((field, operand));
        }
        said.append(&mut converted.diagnostics);
        converted.diagnostics = said;
        declare(&operands, converted);
        let query = format!(
            "SELECT {} FROM events WHERE {} {}",
            columns.join(", "),
            found.aql.aql,
            self.options.window
        );
        self.finish(query, converted);
    }

    /// Names and fields by which correlations group the matches of a rule.
    fn grouped(&self, at: usize) -> Vec<(String, String)> {
        let Some((_, rule)) = self.documents.get(at) else { return Vec::new() };
        let mut grouped: Vec<(String, String)> = Vec::new();
        for (_, document) in self.documents {
            let Body::Correlation(Some(correlation)) = &document.body else { continue };
            if !correlation.rules.iter().any(|name| rule.is_called(name)) {
                continue;
            }
            for name in correlation.group_by.iter().chain(&correlation.field) {
                let Some(field) = correlation.field_of(name, |r| rule.is_called(r)) else {
                    continue;
                };
                if !grouped.iter().any(|(own, _)| own == name) {
                    grouped.push((name.clone(), field.to_owned()));
                }
            }
        }
        grouped
    }

    /// The condition of a rule, with its log source and the filters that are for it.
    pub(crate) fn condition(&self, at: usize) -> Option<Where> {
        let (_, document) = self.documents.get(at)?;
        let Body::Rule { source: wanted, tree: Some(tree) } = &document.body else { return None };
        let mut said = Vec::new();
        let source = match names::source(wanted) {
            Some(source) => source,
            None => {
                said.push(
                    Diagnostic::warning(
                        codes::SIGMA_LOG_SOURCE,
                        format!("{} is not known: the query looks at all events", shown(wanted)),
                    )
                    .at(wanted.span, ""),
                );
                Source::default()
            }
        };
        source_remarks(&source, wanted, &mut said);
        let ids = event_ids(tree);
        let scope = self.scope(Some(wanted), &source, &ids);
        let mut writer = Writer { scope: &scope, operands: Vec::new(), said };
        let mut terms = source_terms(&source);
        terms.push(writer.tree(tree, false));
        for (_, other) in self.documents {
            let Body::Filter { source, rules, tree: Some(tree) } = &other.body else { continue };
            if !other.has_errors() && is_filtered(source, rules.as_deref(), wanted, document) {
                terms.push(writer.tree(tree, false));
            }
        }
        let Writer { operands, said, .. } = writer;
        Some(Where { aql: Written::all(terms), operands, said, source })
    }

    fn scope<'a>(
        &self,
        wanted: Option<&'a LogSource>,
        source: &'a Source,
        ids: &'a [u32],
    ) -> Scope<'a> {
        Scope {
            catalog: self.catalog,
            profile: self.options.profile,
            product: wanted.and_then(|w| w.product.as_deref()),
            channels: &source.channels,
            event_ids: if source.event_ids.is_empty() { ids } else { &source.event_ids },
        }
    }

    /// A field as a rule calls it.
    pub(crate) fn field(&self, at: usize, field: &str) -> Operand {
        let none = LogSource::default();
        let (wanted, ids) = match self.documents.get(at).map(|(_, document)| &document.body) {
            Some(Body::Rule { source, tree: Some(tree) }) => (source, event_ids(tree)),
            _ => (&none, Vec::new()),
        };
        let source = names::source(wanted).unwrap_or_default();
        self.scope(Some(wanted), &source, &ids).operand(field)
    }

    fn filter_remarks(
        &self,
        rules: Option<&[String]>,
        filter: &Document,
        converted: &mut Converted,
    ) {
        for name in rules.unwrap_or_default() {
            if !self.documents.iter().any(|(_, document)| document.is_called(name)) {
                converted.diagnostics.push(Diagnostic::warning(
                    codes::SIGMA_REFERENCE,
                    format!("the filter is for rule `{name}`, which is not among the files"),
                ));
            }
        }
        if let Body::Filter { tree: Some(tree), .. } = &filter.body
            && !has_not(tree)
        {
            converted.diagnostics.push(
                Diagnostic::warning(
                    codes::SIGMA_APPROXIMATE,
                    "the filter keeps what fits its condition, and drops all else",
                )
                .help("a filter that drops what fits has `condition: not selection`"),
            );
        }
    }

    /// Lays a query out, and makes sure that an appliance would take it.
    pub(crate) fn finish(&self, query: String, converted: &mut Converted) {
        let (profile, _) = ProfileFile::parse(&converted.profile_file());
        let options = BindOptions { mode: Mode::Strict, ..BindOptions::default() }
            .with_profile_file(profile, Some(self.options.profile));
        let bound = bind_text(&query, &options, self.catalog);
        let errors: Vec<&Diagnostic> = bound.diagnostics.iter().filter(|d| d.is_error()).collect();
        let refused = converted.diagnostics.iter().any(Diagnostic::is_error);
        for error in &errors {
            converted.diagnostics.push(
                Diagnostic::error(
                    codes::SIGMA_UNBOUND,
                    format!("the query would be refused: {} ({})", error.message, error.code),
                )
                .note(format!("at `{}`", place(&query, error))),
            );
        }
        if errors.is_empty() && !refused {
            let parsed = aql_syntax::parse(&query);
            converted.query = Some(match &parsed.query {
                Some(tree) => aql_syntax::format(tree),
                None => query,
            });
        }
    }

    fn correlation(&self, correlation: &Correlation, converted: &mut Converted) {
        match correlate::query(self, correlation, converted) {
            Ok(query) => self.finish(query, converted),
            Err(message) => {
                let diagnostic = if correlation.kind == Kind::Ordered {
                    Diagnostic::warning(codes::SIGMA_APPROXIMATE, message)
                } else {
                    Diagnostic::error(codes::SIGMA_REFUSED, message)
                };
                converted.diagnostics.push(diagnostic.at(correlation.span, ""));
            }
        }
    }
}

/// The text that a diagnostic about a query is about.
fn place(query: &str, diagnostic: &Diagnostic) -> String {
    let span = diagnostic.primary.as_ref().map(|label| label.span).unwrap_or_default();
    span.slice(query).chars().take(120).collect()
}

pub(crate) fn declare(operands: &[(String, Operand)], converted: &mut Converted) {
    let mut fields = Vec::new();
    for (field, operand) in operands {
        if let Some((name, of_log)) = &operand.declares
            && converted.declares.insert(name.clone(), of_log.clone()).is_none()
        {
            fields.push(format!("`{field}`"));
        }
    }
    if !fields.is_empty() {
        let (s, it) = if fields.len() == 1 { ("", "it") } else { ("s", "them") };
        converted.diagnostics.push(
            Diagnostic::note_severity(
                codes::SIGMA_PROPERTY,
                format!("no property holds field{s} {}", fields.join(", ")),
            )
            .help(format!(
                "a site defines {it} as custom properties of the same name; the profile file does \
                 it for evidence"
            )),
        );
    }
}

fn source_terms(source: &Source) -> Vec<Written> {
    let mut terms = Vec::new();
    match source.types.as_slice() {
        [] => {}
        [one] => terms.push(Written::tight(format!("devicetype = {one}"))),
        more => {
            let more: Vec<String> = more.iter().map(ToString::to_string).collect();
            terms.push(Written::tight(format!("devicetype IN ({})", more.join(", "))));
        }
    }
    let channels = source.channels.iter();
    let channels: Vec<Written> = channels
        .map(|c| Written::tight(format!("qideventcategory ILIKE {}", names::text(c))))
        .collect();
    if !channels.is_empty() {
        terms.push(Written::any(channels));
    }
    match source.event_ids.as_slice() {
        [] => {}
        [one] => terms.push(Written::tight(format!("\"Event ID\" = {one}"))),
        more => {
            let more: Vec<String> = more.iter().map(ToString::to_string).collect();
            terms.push(Written::tight(format!("\"Event ID\" IN ({})", more.join(", "))));
        }
    }
    terms
}

fn source_remarks(source: &Source, wanted: &LogSource, said: &mut Vec<Diagnostic>) {
    let finds = match source.reach.as_str() {
        "wider" => "it may find more",
        "narrower" => "it may find less",
        "unsure" => "an appliance may differ",
        _ => "",
    };
    if !source.note.is_empty() {
        let code = codes::SIGMA_LOG_SOURCE;
        let message = format!("of {}, {}", shown(wanted), source.note);
        said.push(Diagnostic::warning(code, message).at(wanted.span, finds));
    }
    for part in &source.ignored {
        said.push(
            Diagnostic::warning(
                codes::SIGMA_LOG_SOURCE,
                format!("{part} of the log source is not known and is left out"),
            )
            .at(wanted.span, "it may find more"),
        );
    }
}

fn shown(source: &LogSource) -> String {
    let parts = [&source.product, &source.category, &source.service];
    let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    format!("log source `{}`", parts.join("/"))
}

/// The event ids outside of which a detection matches nothing; empty if it is not bound to any.
fn event_ids(tree: &Tree) -> Vec<u32> {
    let mut ids = bound_ids(tree).unwrap_or_default();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn bound_ids(tree: &Tree) -> Option<Vec<u32>> {
    match tree {
        Tree::And(terms) => terms.iter().find_map(bound_ids),
        Tree::Or(terms) => {
            let all: Vec<Vec<u32>> = terms.iter().map(bound_ids).collect::<Option<_>>()?;
            Some(all.concat())
        }
        Tree::Not(_) => None,
        Tree::Item(item) => {
            if item.field.as_deref() != Some("EventID") || item.negated || item.all {
                return None;
            }
            let ids = item.tests.iter().flatten().map(|test| match test {
                Test::Number(n) => n.parse::<u32>().ok(),
                Test::Text { pattern, .. } => {
                    pattern.as_literal().and_then(|text| text.parse::<u32>().ok())
                }
                _ => None,
            });
            ids.collect()
        }
    }
}

/// Is a filter for this rule?
fn is_filtered(
    source: &LogSource,
    rules: Option<&[String]>,
    wanted: &LogSource,
    rule: &Document,
) -> bool {
    let fits = |own: &Option<String>, of_rule: &Option<String>| own.is_none() || own == of_rule;
    fits(&source.product, &wanted.product)
        && fits(&source.category, &wanted.category)
        && fits(&source.service, &wanted.service)
        && rules.is_none_or(|names| names.iter().any(|name| rule.is_called(name)))
}

fn has_not(tree: &Tree) -> bool {
    match tree {
        Tree::Not(_) => true,
        Tree::And(terms) | Tree::Or(terms) => terms.iter().any(has_not),
        Tree::Item(item) => item.negated,
    }
}
