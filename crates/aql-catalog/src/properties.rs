//! Custom properties, their aliases, and the names of raw fields.
//!
//! Order of resolution (after built-in fields, which are the caller's business): canonical name,
//! alias, raw field, each in any case; last of all canonical names and aliases with blanks and
//! underscores left out. A profile can put raw fields in front.

use rustc_hash::FxHashMap;
use serde::Deserialize;

use aql_event::{Column, ColumnKind, Encoding};

use crate::data;

/// How raw names become properties.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Profile {
    /// As IBM's content extensions name and fill them: `Filename` is the last path component.
    #[default]
    Ibm,
    /// As the log names them: `Filename` is the whole path.
    Raw,
}

/// How a property name was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// The canonical name, in any case.
    Exact,
    /// An alias of the alias table.
    Alias,
    /// The name of a raw field that some known record has.
    RawField,
    /// Only by ignoring blanks and underscores.
    Loose,
}

/// A custom property.
#[derive(Clone, Debug, PartialEq)]
pub struct PropertyInfo {
    /// The column: canonical name, text, encoding.
    pub column: Column,
    /// Other names of it, as the alias table spells them.
    pub aliases: Vec<String>,
    /// What it means, one sentence.
    pub doc: String,
}

#[derive(Deserialize)]
struct PropertyRow {
    name: String,
    encoding: String,
    doc: String,
}

#[derive(Deserialize)]
struct AliasRow {
    canonical: String,
    alias: String,
}

#[derive(Deserialize)]
struct RawRow {
    name: String,
    /// The spelling under which readers know the field, where it differs from the name.
    #[serde(default)]
    field: String,
    #[serde(default)]
    encoding: String,
}

#[derive(Deserialize)]
struct ProfileFile {
    fields: FxHashMap<String, String>,
}

/// Properties and raw fields by name.
#[derive(Debug)]
pub(crate) struct Properties {
    all: Vec<PropertyInfo>,
    canonical: FxHashMap<String, usize>,
    aliases: FxHashMap<String, usize>,
    raw: FxHashMap<String, Column>,
    loose: FxHashMap<String, usize>,
    profile_raw: FxHashMap<String, String>,
}

impl Properties {
    pub(crate) fn read() -> Self {
        let mut properties = Properties {
            all: Vec::new(),
            canonical: FxHashMap::default(),
            aliases: FxHashMap::default(),
            raw: FxHashMap::default(),
            loose: FxHashMap::default(),
            profile_raw: FxHashMap::default(),
        };
        properties.read_canonical();
        properties.read_aliases("aliases.csv", include_str!("../data/aliases.csv"));
        properties.read_aliases("aliases_extra.csv", include_str!("../data/aliases_extra.csv"));
        // The hand-kept rows come first: they know the encoding.
        properties.read_raw("raw_fields_extra.csv", include_str!("../data/raw_fields_extra.csv"));
        properties.read_raw("raw_fields.csv", include_str!("../data/raw_fields.csv"));
        let profile: ProfileFile =
            data::toml("profiles/raw.toml", include_str!("../data/profiles/raw.toml"));
        properties.profile_raw =
            profile.fields.into_iter().map(|(name, field)| (name.to_lowercase(), field)).collect();
        properties
    }

    fn read_canonical(&mut self) {
        for row in
            data::rows::<PropertyRow>("properties.csv", include_str!("../data/properties.csv"))
        {
            let at = self.all.len();
            self.canonical.insert(row.name.to_lowercase(), at);
            self.loose.entry(data::loose(&row.name)).or_insert(at);
            let encoding = data::encoding_of(&row.encoding);
            self.all.push(PropertyInfo {
                column: data::text_column(ColumnKind::Property, &row.name, encoding),
                aliases: Vec::new(),
                doc: row.doc,
            });
        }
    }

    fn read_aliases(&mut self, file: &str, text: &str) {
        for row in data::rows::<AliasRow>(file, text) {
            let Some(&at) = self.canonical.get(&row.canonical.to_lowercase()) else {
                panic!("embedded {file}: {:?} is not in properties.csv", row.canonical);
            };
            if row.alias.eq_ignore_ascii_case(&row.canonical) {
                continue;
            }
            self.aliases.entry(row.alias.to_lowercase()).or_insert(at);
            self.loose.entry(data::loose(&row.alias)).or_insert(at);
            self.all[at].aliases.push(row.alias);
        }
    }

    fn read_raw(&mut self, file: &str, text: &str) {
        for row in data::rows::<RawRow>(file, text) {
            let field = if row.field.is_empty() { &row.name } else { &row.field };
            let encoding = data::encoding_of(&row.encoding);
            self.raw
                .entry(row.name.to_lowercase())
                .or_insert_with(|| data::text_column(ColumnKind::Field, field, encoding));
        }
    }

    pub(crate) fn find(&self, name: &str, profile: Profile) -> Option<(Column, Found)> {
        let key = name.to_lowercase();
        if profile == Profile::Raw
            && let Some(field) = self.profile_raw.get(&key)
        {
            return Some((self.raw_column(field), Found::RawField));
        }
        let property = |at: usize| self.all[at].column.clone();
        if let Some(&at) = self.canonical.get(&key) {
            return Some((property(at), Found::Exact));
        }
        if let Some(&at) = self.aliases.get(&key) {
            return Some((property(at), Found::Alias));
        }
        if let Some(column) = self.raw.get(&key) {
            return Some((column.clone(), Found::RawField));
        }
        self.loose.get(&data::loose(name)).map(|&at| (property(at), Found::Loose))
    }

    pub(crate) fn raw_column(&self, name: &str) -> Column {
        match self.raw.get(&name.to_lowercase()) {
            Some(column) => column.clone(),
            None => data::text_column(ColumnKind::Field, name, Encoding::Plain),
        }
    }

    pub(crate) fn all(&self) -> &[PropertyInfo] {
        &self.all
    }
}
