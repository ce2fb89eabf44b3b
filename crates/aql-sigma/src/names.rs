//! What Sigma calls log sources and fields, in the words of AQL.
//!
//! Two files of `data/` say it: `logsources.csv` which events a log source means, `fields.csv` what
//! a field is called where the catalog cannot tell. For all other fields of Windows events the
//! catalog is asked which property the field of the log fills, so that what is read from evidence
//! and what is asked for never differ.

use std::sync::LazyLock;

use aql_catalog::{Catalog, Profile, Transform, WindowsSource};
use aql_event::ColumnKind;
use serde::Deserialize;

use crate::rule::LogSource;

/// Which events a log source means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Source {
    /// Log source types.
    pub(crate) types: Vec<i64>,
    /// Channels or workloads.
    pub(crate) channels: Vec<String>,
    /// Event ids.
    pub(crate) event_ids: Vec<u32>,
    /// How the events that are meant and those that are asked for differ: `exact`, `wider`,
    /// `narrower`, `unsure`.
    pub(crate) reach: String,
    /// Why.
    pub(crate) note: String,
    /// Parts of the log source that are not told apart.
    pub(crate) ignored: Vec<String>,
}

#[derive(Deserialize)]
struct SourceRow {
    product: String,
    category: String,
    service: String,
    types: String,
    channels: String,
    event_ids: String,
    reach: String,
    note: String,
}

#[derive(Deserialize)]
struct FieldRow {
    sigma: String,
    product: String,
    ibm: String,
    raw: String,
    kind: String,
    note: String,
}

/// The embedded files are part of the build: one that does not parse is a broken build.
fn rows<T: serde::de::DeserializeOwned>(name: &str, text: &str) -> Vec<T> {
    csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .unwrap_or_else(|error| panic!("embedded {name}: {error}"))
}

static SOURCES: LazyLock<Vec<SourceRow>> =
    LazyLock::new(|| rows("logsources.csv", include_str!("../data/logsources.csv")));
static FIELDS: LazyLock<Vec<FieldRow>> =
    LazyLock::new(|| rows("fields.csv", include_str!("../data/fields.csv")));

fn list<T: std::str::FromStr>(cell: &str) -> Vec<T> {
    cell.split(';')
        .map(str::trim)
        .filter(|p| !p.is_empty())
        .filter_map(|p| p.parse().ok())
        .collect()
}

/// The events of a log source; nothing if no part of it is known.
pub(crate) fn source(wanted: &LogSource) -> Option<Source> {
    let part = |own: &str, wanted: &Option<String>| match wanted.as_deref() {
        _ if own.is_empty() => Some(0),
        Some(wanted) if wanted == own => Some(1),
        _ => None,
    };
    let score = |row: &SourceRow| {
        let parts = part(&row.product, &wanted.product)?
            + part(&row.category, &wanted.category)?
            + part(&row.service, &wanted.service)?;
        (parts > 0).then_some(parts)
    };
    let best = SOURCES.iter().filter_map(score).max()?;
    let row = SOURCES.iter().find(|row| score(row) == Some(best))?;
    let left = |own: &str, word: &str, wanted: &Option<String>| {
        let wanted = wanted.as_deref().filter(|_| own.is_empty())?;
        Some(format!("{word} `{wanted}`"))
    };
    let mut ignored: Vec<String> = [
        left(&row.product, "product", &wanted.product),
        left(&row.category, "category", &wanted.category),
        left(&row.service, "service", &wanted.service),
    ]
    .into_iter()
    .flatten()
    .collect();
    // `category: process_creation` with `service: sysmon` says one thing twice.
    let says_the_same = |other: &SourceRow| {
        other.product == row.product
            && wanted.service.as_deref() == Some(&other.service)
            && other.category.is_empty()
            && other.channels == row.channels
    };
    if row.service.is_empty() && SOURCES.iter().any(says_the_same) {
        ignored.retain(|part| !part.starts_with("service"));
    }
    Some(Source {
        types: list(&row.types),
        channels: list(&row.channels),
        event_ids: list(&row.event_ids),
        reach: row.reach.clone(),
        note: row.note.clone(),
        ignored,
    })
}

/// As what a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text of a property.
    Text,
    /// A number.
    Number,
    /// An address.
    Address,
    /// All hashes of a file in one text.
    Hashes,
}

/// A field in AQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Operand {
    /// As it is written in a query.
    pub(crate) aql: String,
    /// As what it is compared.
    pub(crate) kind: Kind,
    /// Can it be missing?
    pub(crate) nullable: bool,
    /// The property that a site must define for it, and the field of the log that fills it.
    pub(crate) declares: Option<(String, String)>,
    /// How it differs from the field that is meant.
    pub(crate) note: Option<String>,
}

/// Where a field is looked up.
#[derive(Debug)]
pub(crate) struct Scope<'a> {
    pub(crate) catalog: &'static Catalog,
    pub(crate) profile: Profile,
    pub(crate) product: Option<&'a str>,
    pub(crate) channels: &'a [String],
    pub(crate) event_ids: &'a [u32],
}

impl Scope<'_> {
    /// A field by the name that Sigma gives it.
    pub(crate) fn operand(&self, field: &str) -> Operand {
        if let Some(operand) = self.of_table(field) {
            return operand;
        }
        let name = match self.profile {
            Profile::Ibm => self.ibm_name(field),
            Profile::Raw => self.raw_name(field),
        };
        match name {
            Some(name) => self.named(&name, Kind::Text, None),
            None => self.declared(field, None),
        }
    }

    fn of_table(&self, field: &str) -> Option<Operand> {
        let is_row = |row: &&FieldRow| {
            row.sigma == field && (row.product.is_empty() || self.product == Some(&*row.product))
        };
        let row = FIELDS.iter().find(is_row)?;
        let name = if self.profile == Profile::Ibm { &row.ibm } else { &row.raw };
        let note = (!row.note.is_empty()).then(|| row.note.clone());
        if name.is_empty() {
            // Only the other profile has a name of its own for it.
            return note.map(|note| self.declared(field, Some(note)));
        }
        let kind = match row.kind.as_str() {
            "number" => Kind::Number,
            "address" => Kind::Address,
            "hashes" if self.profile == Profile::Ibm => Kind::Hashes,
            _ => Kind::Text,
        };
        if row.kind == "call" {
            let aql = name.clone();
            return Some(Operand { aql, kind, nullable: true, declares: None, note });
        }
        Some(self.named(name, kind, note))
    }

    fn named(&self, name: &str, kind: Kind, note: Option<String>) -> Operand {
        let built_in = self.catalog.event_field(name).is_some();
        // Addresses and ports have a value in every event.
        let nullable = !built_in || kind == Kind::Text;
        Operand { aql: quoted(name, built_in), kind, nullable, declares: None, note }
    }

    fn declared(&self, field: &str, note: Option<String>) -> Operand {
        // A built-in field cannot be defined anew.
        let name = if self.catalog.event_field(field).is_some() {
            format!("{field} of the log")
        } else {
            field.to_owned()
        };
        let aql = quoted(&name, false);
        let declares = Some((name, field.to_owned()));
        Operand { aql, kind: Kind::Text, nullable: true, declares, note }
    }

    /// The property of IBM's content that a field of the log fills.
    fn ibm_name(&self, field: &str) -> Option<String> {
        if self.channels.is_empty() {
            return None;
        }
        let properties = self.catalog.properties();
        let fed = properties.iter().find(|p| self.fills(&p.column.name, field));
        fed.map(|property| property.column.name.to_string())
    }

    /// The field's own name, if it means the field of the log.
    fn raw_name(&self, field: &str) -> Option<String> {
        if self.catalog.event_field(field).is_some() {
            return None;
        }
        let (column, _) = self.catalog.property(field, Profile::Raw)?;
        let is_field = column.kind == ColumnKind::Field;
        (is_field || self.fills(&column.name, field)).then(|| field.to_owned())
    }

    /// Is it this field, as it stands, that fills a column in all events of the scope?
    fn fills(&self, column: &str, field: &str) -> bool {
        let sources = self.catalog.windows_sources(column);
        let first = |channel: &str, id: Option<u32>| -> Option<&WindowsSource> {
            sources.iter().find(|source| {
                let selector = &source.selector;
                match id {
                    Some(id) => selector.matches(channel, id),
                    None => {
                        selector.channel.as_ref().is_none_or(|c| c.eq_ignore_ascii_case(channel))
                    }
                }
            })
        };
        let is_it = |source: Option<&WindowsSource>| {
            source.is_some_and(|s| {
                s.raw_field.eq_ignore_ascii_case(field) && s.transform == Transform::Identity
            })
        };
        let ids: Vec<Option<u32>> = if self.event_ids.is_empty() {
            vec![None]
        } else {
            self.event_ids.iter().copied().map(Some).collect()
        };
        !self.channels.is_empty()
            && self.channels.iter().all(|c| ids.iter().all(|id| is_it(first(c, *id))))
    }
}

/// A name as AQL writes it.
pub(crate) fn quoted(name: &str, built_in: bool) -> String {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if built_in && plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// Text as AQL writes it.
pub(crate) fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::{FIELDS, SOURCES};

    #[test]
    fn data_files_read() {
        assert!(SOURCES.len() > 100 && FIELDS.len() > 40);
        for row in SOURCES.iter() {
            let parts = [&row.product, &row.category, &row.service];
            assert!(parts.iter().any(|p| !p.is_empty()));
            let known = ["exact", "wider", "narrower", "unsure"].contains(&row.reach.as_str());
            assert!(known && (row.reach == "exact") == row.note.is_empty(), "{parts:?}");
        }
        for row in FIELDS.iter() {
            let kinds = ["text", "number", "address", "hashes", "call"];
            assert!(kinds.contains(&row.kind.as_str()), "{}", row.sigma);
        }
    }
}
