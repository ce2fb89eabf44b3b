//! Field maps: which table, index or source of a target holds which events, and what it calls a
//! column. All of it is data (`maps/`).
//!
//! A cell of `fields.csv`, or a value of `[source.fields]`, is a field or several with `;` between,
//! tried in order. `#` in front: it holds a number. `~` in front: it holds the value in another form,
//! so that the translation is approximate. `!` in front: it holds the name of a file where AQL has its
//! path. An empty value takes a field away.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use aql_event::{Column, ColumnKind};
use serde::Deserialize;

/// The sources of a target.
#[derive(Debug, Deserialize)]
pub(crate) struct Map {
    source: Vec<Source>,
}

/// Where a target keeps some events.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Source {
    /// Table, index, or search that finds the source.
    pub(crate) table: String,
    /// The log source types of its events.
    pub(crate) types: Vec<i64>,
    /// The kinds of events that it holds, if it holds only some.
    #[serde(default)]
    pub(crate) classes: Vec<Class>,
    /// Column of `fields.csv`.
    map: String,
    /// Does it hold every field of the record, under its own name?
    #[serde(default)]
    pub(crate) raw: bool,
    /// What is made of a field's name.
    template: Option<String>,
    /// The same for a number.
    number: Option<String>,
    /// The same for a name that is no word; without it such a field cannot be named.
    odd: Option<String>,
    /// A condition that is always part of it.
    pub(crate) select: Option<String>,
    /// The time of an event.
    pub(crate) time: String,
    /// Fields that are called otherwise, ready for the text.
    #[serde(default)]
    fields: BTreeMap<String, String>,
}

/// A kind of event.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub(crate) struct Class {
    /// Channel of Windows, workload of Office 365.
    pub(crate) category: String,
    /// Event id, operation.
    pub(crate) event: String,
}

/// A field of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldRef {
    /// As it is written; several are tried in order.
    pub(crate) names: Vec<String>,
    /// Does it hold a number?
    pub(crate) number: bool,
    /// Does it hold the value in another form?
    pub(crate) other_form: bool,
    /// Does it hold only the last part of a path?
    pub(crate) name_only: bool,
}

/// What may stand in front of a field.
const MARKS: [char; 3] = ['#', '~', '!'];

const FIELDS: &str = include_str!("../maps/fields.csv");

/// A map of the binary, read when it is first used.
pub(crate) type MapFile = LazyLock<Result<Map, String>>;

/// The map of all of Elastic's languages.
pub(crate) static ELASTIC: MapFile =
    LazyLock::new(|| Map::read(include_str!("../maps/elastic.toml")));

/// The map of Sigma.
pub(crate) static SIGMA: MapFile = LazyLock::new(|| Map::read(include_str!("../maps/sigma.toml")));

impl Map {
    /// Reads a map of `maps/`.
    pub(crate) fn read(text: &str) -> Result<Map, String> {
        toml::from_str(text).map_err(|e| e.to_string())
    }

    /// Its sources.
    pub(crate) fn sources(&self) -> &[Source] {
        &self.source
    }

    /// Does any source have the column?
    pub(crate) fn has(&self, column: &Column) -> bool {
        self.source.iter().any(|source| source.field(column).is_some())
    }
}

impl Source {
    /// The field of a column.
    pub(crate) fn field(&self, column: &Column) -> Option<FieldRef> {
        let name = &*column.name;
        if let Some((_, cell)) = self.fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))
        {
            return parse(cell, |field, _| field.to_owned());
        }
        let cell = match column.kind {
            // A raw field is called as the record calls it, where the target keeps its names.
            ColumnKind::Field if self.raw => name.to_owned(),
            ColumnKind::Field => {
                raw(name).and_then(|property| cell(property, &self.map))?.to_owned()
            }
            ColumnKind::Builtin if matches!(name, "starttime" | "endtime" | "devicetime") => {
                return Some(FieldRef {
                    names: vec![self.time.clone()],
                    number: false,
                    other_form: false,
                    name_only: false,
                });
            }
            _ => cell(name, &self.map)?.to_owned(),
        };
        // Names of the record may be anything; those of the map are as they should be.
        let is_word = cell.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
        let is_own = column.kind == ColumnKind::Field && self.raw;
        let odd = is_own && self.template.is_some() && !is_word;
        if odd && (self.odd.is_none() || cell.contains(['"', '\\'])) {
            return None;
        }
        parse(&cell, |field, number| {
            let template = match number {
                _ if odd => &self.odd,
                true => &self.number,
                false => &self.template,
            };
            template.as_ref().map_or_else(|| field.to_owned(), |t| t.replace("{}", field))
        })
    }
}

fn parse(cell: &str, write: impl Fn(&str, bool) -> String) -> Option<FieldRef> {
    let mut field =
        FieldRef { names: Vec::new(), number: false, other_form: false, name_only: false };
    for part in cell.split(';').filter(|part| !part.is_empty()) {
        let bare = part.trim_start_matches(MARKS);
        field.number |= part.starts_with('#');
        field.other_form |= part.starts_with('~');
        field.name_only |= part.starts_with('!');
        field.names.push(write(bare, field.number));
    }
    (!field.names.is_empty()).then_some(field)
}

/// A cell of `fields.csv`.
fn cell(name: &str, map: &str) -> Option<&'static str> {
    let mut lines = FIELDS.lines();
    let at = lines.next()?.split(',').position(|column| column == map)?;
    let row = lines.find(|line| {
        line.split(',').next().is_some_and(|column| column.eq_ignore_ascii_case(name))
    })?;
    row.split(',').nth(at).filter(|cell| !cell.is_empty())
}

/// The column that a raw field of Windows fills.
fn raw(name: &str) -> Option<&'static str> {
    let mut lines = FIELDS.lines();
    let at = lines.next()?.split(',').position(|column| column == "windows")?;
    let fills = |line: &&str| {
        line.split(',').nth(at).is_some_and(|cell| {
            cell.split(';').any(|f| f.trim_start_matches(MARKS).eq_ignore_ascii_case(name))
        })
    };
    lines.find(fills)?.split(',').next()
}

#[cfg(test)]
mod tests {
    use aql_event::{Column, ColumnKind, Encoding, Type};

    use super::{FIELDS, Map};

    #[test]
    fn every_row_has_every_cell() {
        let columns = FIELDS.lines().next().map(|line| line.split(',').count());
        for line in FIELDS.lines() {
            assert_eq!(Some(line.split(',').count()), columns, "{line}");
        }
    }

    #[test]
    fn fields_are_found_by_property_and_by_raw_name() {
        let map = Map::read(include_str!("../maps/elastic.toml"));
        let field = |kind, name: &str| {
            let column = Column::new(kind, name, Type::Text, Encoding::Plain);
            map.as_ref().ok()?.sources().first()?.field(&column).map(|f| f.names.join(";"))
        };
        let path = Some("process.executable".to_owned());
        assert_eq!(field(ColumnKind::Property, "Process Path"), path);
        assert_eq!(field(ColumnKind::Field, "image"), path);
        assert_eq!(field(ColumnKind::Property, "Unheard of"), None);
    }

    #[test]
    fn names_that_are_no_words_are_quoted_or_unknown() {
        let field = |map: &str, name: &str| {
            let column = Column::new(ColumnKind::Field, name, Type::Text, Encoding::Plain);
            Map::read(map).ok()?.sources().first()?.field(&column).map(|f| f.names.join(";"))
        };
        let sentinel = include_str!("../maps/sentinel.toml");
        assert_eq!(field(sentinel, "Mail.Item").as_deref(), Some("tostring(EventData.Mail.Item)"));
        assert_eq!(field(sentinel, "c-uri").as_deref(), Some(r#"tostring(EventData["c-uri"])"#));
        assert_eq!(field(sentinel, "c\"uri"), None);
        assert_eq!(field(include_str!("../maps/sumo.toml"), "c-uri"), None);
    }
}
