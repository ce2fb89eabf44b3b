//! Mappings: how the fields of a record become an event, as data.
//!
//! Formats whose records are pairs of names and values need no code of their own to fill columns:
//! a mapping (TOML) says which field is the time, which names the event, which fills which column.
//! They are in `data/mappings/`, and `File` below has their keys.

use std::collections::BTreeMap;
use std::fmt;

use aql_event::Column;
use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde::de::{self, Deserializer};

use crate::Catalog;
use crate::properties::Profile;
use crate::transform::Transform;

/// How records of one kind become events.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapping {
    /// A short word.
    pub name: String,
    /// Are its events ones that no log source type understands?
    pub unparsed: bool,
    /// Log source types, the first whose conditions hold.
    pub(crate) types: Vec<TypeRule>,
    /// The type if none of them does.
    pub(crate) default_type: i64,
    /// Fields of `qideventid`, the first that has a value.
    pub event_id: Vec<FieldSource>,
    /// Fields of `qideventcategory`.
    pub event_category: Vec<FieldSource>,
    /// Fields of the severity, 0 to 10; without a value it is that of the QID.
    pub severity: Vec<FieldSource>,
    /// Fields of the time of the event.
    pub time: Vec<FieldSource>,
    /// Fields of the host that sent it.
    pub host: Vec<FieldSource>,
    /// Where columns come from, by the name of the built-in column or property in lower case.
    pub(crate) columns: FxHashMap<String, Vec<FieldSource>>,
}

/// What a field of a record must be.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// The field.
    pub field: String,
    /// Its value, compared without case. A `*` at the end stands for any rest.
    pub value: String,
}

/// A field and what is done to its text.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldSource {
    /// Name of the field.
    pub field: String,
    /// What is done to its text.
    pub transform: Transform,
    /// Event categories whose records have it; empty for all.
    pub categories: Vec<String>,
    /// Event ids whose records have it; empty for all.
    pub events: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TypeRule {
    conditions: Vec<Condition>,
    id: i64,
}

/// Why a text is no mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadMapping {
    /// What is wrong, and what is expected.
    pub message: String,
    /// Bytes of the text.
    pub span: Option<(usize, usize)>,
}

impl fmt::Display for BadMapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for BadMapping {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    #[serde(default)]
    unparsed: bool,
    #[serde(default = "generic_type")]
    device_type: i64,
    #[serde(default)]
    device_types: Vec<TypeRow>,
    #[serde(default)]
    event_id: Sources,
    #[serde(default)]
    event_category: Sources,
    #[serde(default)]
    severity: Sources,
    #[serde(default)]
    time: Sources,
    #[serde(default)]
    host: Sources,
    #[serde(default)]
    columns: FxHashMap<String, Sources>,
    #[serde(default)]
    categories: Vec<CategoryRow>,
}

/// Columns that only records of some event categories have.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CategoryRow {
    of: Vec<String>,
    columns: FxHashMap<String, Sources>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypeRow {
    when: BTreeMap<String, String>,
    id: i64,
}

/// `"field"`, `"field|transform"`, or a list of them.
#[derive(Default)]
struct Sources(Vec<FieldSource>);

impl<'de> Deserialize<'de> for Sources {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum OneOrMany {
            One(String),
            Many(Vec<String>),
        }
        let texts = match OneOrMany::deserialize(deserializer)? {
            OneOrMany::One(text) => vec![text],
            OneOrMany::Many(texts) => texts,
        };
        let source = |text: String| {
            let (field, transform) = text.rsplit_once('|').unwrap_or((&text, ""));
            let transform = Transform::parse(transform).ok_or_else(|| {
                de::Error::custom(format!(
                    "`{transform}` is none of the transforms: {}",
                    Transform::NAMES.join(", ")
                ))
            })?;
            let field = field.to_owned();
            Ok(FieldSource { field, transform, categories: Vec::new(), events: Vec::new() })
        };
        texts.into_iter().map(source).collect::<Result<_, _>>().map(Sources)
    }
}

fn generic_type() -> i64 {
    67
}

impl Mapping {
    /// Reads the text of a mapping.
    ///
    /// # Errors
    /// It is no TOML, has a key that no mapping has, names an unknown transform or log source type,
    /// or a column that is neither built in nor a property.
    pub fn parse(text: &str) -> Result<Mapping, BadMapping> {
        let file: File = toml::from_str(text).map_err(|error| BadMapping {
            message: error.message().to_owned(),
            span: error.span().map(|span| (span.start, span.end)),
        })?;
        let bad = |message: String| BadMapping { message, span: None };
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if file.name.is_empty() || !file.name.chars().all(is_word) {
            return Err(bad(format!(
                "`name` is {:?}; expected a word of letters, digits, `-` and `_`",
                file.name
            )));
        }
        let catalog = Catalog::get();
        let ids = file.device_types.iter().map(|row| row.id).chain([file.device_type]);
        for id in ids {
            if catalog.log_source_type(id).is_none() {
                return Err(bad(format!("{id} is no log source type; see `aql catalog types`")));
            }
        }
        let mut columns: FxHashMap<String, Vec<FieldSource>> = FxHashMap::default();
        let limited = file.categories.into_iter().flat_map(|row| {
            let of = row.of;
            row.columns.into_iter().map(move |(name, sources)| (name, sources, of.clone()))
        });
        let general = file.columns.into_iter().map(|(name, sources)| (name, sources, Vec::new()));
        // Those of a category first: they know more.
        for (name, Sources(sources), of) in limited.chain(general) {
            let key = column_key(catalog, &name).ok_or_else(|| {
                let similar = catalog.similar_fields(&name);
                let hint = match similar.first() {
                    Some(first) => format!("; did you mean `{first}`?"),
                    None => String::new(),
                };
                bad(format!("`{name}` is neither a built-in column nor a property{hint}"))
            })?;
            columns.entry(key).or_default().extend(
                sources.into_iter().map(|source| FieldSource { categories: of.clone(), ..source }),
            );
        }
        let condition = |(field, value)| Condition { field, value };
        let type_rule = |row: TypeRow| TypeRule {
            conditions: row.when.into_iter().map(condition).collect(),
            id: row.id,
        };
        Ok(Mapping {
            name: file.name,
            unparsed: file.unparsed,
            types: file.device_types.into_iter().map(type_rule).collect(),
            default_type: file.device_type,
            event_id: file.event_id.0,
            event_category: file.event_category.0,
            severity: file.severity.0,
            time: file.time.0,
            host: file.host.0,
            columns,
        })
    }

    /// An embedded mapping.
    pub(crate) fn read(name: &str, text: &str) -> Self {
        Mapping::parse(text).unwrap_or_else(|error| panic!("embedded {name}: {error}"))
    }

    /// Where a column comes from, by its name in any case, in the order in which it is tried.
    pub fn sources(&self, column: &str) -> &[FieldSource] {
        self.columns.get(&column.to_lowercase()).map_or(&[], Vec::as_slice)
    }

    /// The `devicetype` of a record, whose fields `get` gives.
    pub fn device_type(&self, mut holds: impl FnMut(&Condition) -> bool) -> i64 {
        let rule = self.types.iter().find(|rule| rule.conditions.iter().all(&mut holds));
        rule.map_or(self.default_type, |rule| rule.id)
    }
}

impl Condition {
    /// Does a field with this value satisfy it?
    pub fn holds(&self, value: Option<&str>) -> bool {
        let Some(value) = value else { return false };
        match self.value.strip_suffix('*') {
            Some(start) => value.get(..start.len()).is_some_and(|s| s.eq_ignore_ascii_case(start)),
            None => value.eq_ignore_ascii_case(&self.value),
        }
    }
}

/// The canonical name of a built-in column or property, in lower case.
fn column_key(catalog: &Catalog, name: &str) -> Option<String> {
    if let Some(field) = catalog.event_field(name) {
        return Some(field.column.name.to_lowercase());
    }
    let (Column { name, kind, .. }, _) = catalog.property(name, Profile::Ibm)?;
    (kind == aql_event::ColumnKind::Property).then(|| name.to_lowercase())
}

/// The embedded mappings by name.
pub(crate) type Mappings = FxHashMap<&'static str, Mapping>;

/// Every embedded mapping: a file, and a line here.
const FILES: &[(&str, &str)] = &[
    ("auditd", include_str!("../data/mappings/auditd.toml")),
    ("cef", include_str!("../data/mappings/cef.toml")),
    ("exchange-tracking", include_str!("../data/mappings/exchange-tracking.toml")),
    ("google-workspace", include_str!("../data/mappings/google-workspace.toml")),
    ("leef", include_str!("../data/mappings/leef.toml")),
    ("syslog", include_str!("../data/mappings/syslog.toml")),
];

pub(crate) fn read() -> Mappings {
    FILES.iter().map(|(name, text)| (*name, Mapping::read(name, text))).collect()
}

#[cfg(test)]
mod tests {
    use super::Mapping;

    #[test]
    fn faults_name_the_key() {
        let cases = [
            ("", "missing field `name`"),
            ("name = 'a b'", "`name` is \"a b\"; expected a word"),
            ("name = 'a'\ndevice_type = 99999", "99999 is no log source type"),
            ("name = 'a'\ntime = 'x|upper'", "`upper` is none of the transforms"),
            ("name = 'a'\n[columns]\nuser_name = 'u'", "did you mean `username`?"),
            ("name = 'a'\ncolumn = 1", "unknown field `column`"),
        ];
        for (text, expected) in cases {
            let error = Mapping::parse(text).expect_err(text).to_string();
            assert!(error.contains(expected), "{text:?}: {error}");
        }
    }

    #[test]
    fn first_type_whose_conditions_hold() {
        let mapping = Mapping::parse(
            "name = 'a'\ndevice_type = 212\n[[device_types]]\nid = 12\n\
             when = { vendor = 'Microsoft', product = 'Windows*' }",
        )
        .expect("a mapping");
        let of = |vendor: &str, product: &str| {
            mapping.device_type(|condition| {
                condition.holds(match condition.field.as_str() {
                    "vendor" => Some(vendor),
                    "product" => Some(product),
                    _ => None,
                })
            })
        };
        assert_eq!(of("microsoft", "Windows Server"), 12);
        assert_eq!(of("Microsoft", "Exchange"), 212);
    }

    #[test]
    fn columns_of_a_category_come_first() {
        let mapping = Mapping::parse(
            "name = 'a'\n[columns]\nusername = 'user'\n\
             [[categories]]\nof = ['login']\ncolumns = { username = ['who', 'name|smtp'] }",
        )
        .expect("a mapping");
        let fields: Vec<_> =
            mapping.sources("USERNAME").iter().map(|source| source.field.as_str()).collect();
        assert_eq!(fields, ["who", "name", "user"]);
    }
}
