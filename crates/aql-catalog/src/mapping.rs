//! Mappings: how the fields of a record become an event, as data.
//!
//! Formats whose records are pairs of names and values need no code of their own to fill columns:
//! a mapping (TOML) says which field is the time, which names the event, which fills which column.
//! Those of the program are in `data/mappings/`; a user writes others for logs of their own, which
//! say also which records they are for. `docs/formats.md` has the keys.

mod read;

use std::fmt;

use glob::{MatchOptions, Pattern};
use jiff::tz::TimeZone;
use rustc_hash::FxHashMap;

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
    /// Fields that hold the number of the type; they go before the conditions.
    pub type_field: Vec<FieldSource>,
    /// Fields of the name of the log source, where the record has one.
    pub log_source: Vec<FieldSource>,
    /// Fields of its number.
    pub log_source_id: Vec<FieldSource>,
    /// Do Windows events among its records have the fields that Windows gave them?
    pub windows: bool,
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
    /// Fields of the address that it was sent from; a host name counts for nothing.
    pub sender: Vec<FieldSource>,
    /// Zone of times that name none; UTC if nothing.
    pub timezone: Option<TimeZone>,
    /// Where columns come from, by the name of the built-in column or property in lower case.
    pub(crate) columns: FxHashMap<String, Vec<FieldSource>>,
    /// Further names of raw fields, as written, and where they come from.
    pub fields: Vec<(String, Vec<FieldSource>)>,
    /// Which records it is for; nothing in the embedded ones, whose formats know their records.
    pub records: Option<Records>,
}

/// Which records a mapping is for: those that satisfy everything.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Records {
    /// Patterns of paths, of which one must match; any file if empty.
    pub files: Vec<Pattern>,
    /// Fields that a record must have.
    pub fields: Vec<String>,
    /// What fields must be.
    pub when: Vec<Condition>,
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
    /// What is wrong.
    pub message: String,
    /// What to write instead, if that is known.
    pub help: Option<String>,
    /// Bytes of the text.
    pub span: (usize, usize),
    /// Is the text no TOML at all?
    pub is_syntax: bool,
}

impl fmt::Display for BadMapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for BadMapping {}

impl Mapping {
    /// Reads the text of a mapping.
    ///
    /// # Errors
    /// It is no TOML, has a key that no mapping has, names an unknown transform or log source type,
    /// or a column that is neither built in nor a property. Every fault is told, in the order of
    /// the text.
    pub fn parse(text: &str) -> Result<Mapping, Vec<BadMapping>> {
        read::parse(text, None)
    }

    /// Reads the text of a mapping that a user has written: it says which records it is for, and its
    /// name is none of those that are taken.
    ///
    /// # Errors
    /// As [`parse`](Mapping::parse), and if it does not say so, or has a taken name.
    pub fn parse_own(text: &str, taken: &[&str]) -> Result<Mapping, Vec<BadMapping>> {
        read::parse(text, Some(taken))
    }

    /// An embedded mapping.
    pub(crate) fn read(name: &str, text: &str) -> Self {
        Mapping::parse(text).unwrap_or_else(|faults| {
            let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
            panic!("embedded {name}: {}", faults.join("; "))
        })
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

impl Records {
    /// Can records of this file be meant? A pattern without `/` is for the name of a file, one with
    /// it for the end of a path.
    pub fn are_in(&self, path: &str) -> bool {
        let options = MatchOptions {
            case_sensitive: !cfg!(windows),
            require_literal_separator: true,
            require_literal_leading_dot: false,
        };
        // A path may be matched from the start of any of its parts.
        let starts = path.match_indices(std::path::is_separator).map(|(at, _)| at + 1);
        let ends: Vec<&str> =
            std::iter::once(0).chain(starts).filter_map(|start| path.get(start..)).collect();
        let is_of = |pattern: &Pattern| ends.iter().any(|end| pattern.matches_with(end, options));
        self.files.is_empty() || self.files.iter().any(is_of)
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

/// The embedded mappings by name.
pub(crate) type Mappings = FxHashMap<&'static str, Mapping>;

/// Every embedded mapping: a file, and a line here.
const FILES: &[(&str, &str)] = &[
    ("auditd", include_str!("../data/mappings/auditd.toml")),
    ("azure-syslog", include_str!("../data/mappings/azure-syslog.toml")),
    ("cef", include_str!("../data/mappings/cef.toml")),
    ("exchange-tracking", include_str!("../data/mappings/exchange-tracking.toml")),
    ("google-workspace", include_str!("../data/mappings/google-workspace.toml")),
    ("leef", include_str!("../data/mappings/leef.toml")),
    ("qradar", include_str!("../data/mappings/qradar.toml")),
    ("syslog", include_str!("../data/mappings/syslog.toml")),
];

pub(crate) fn read() -> Mappings {
    FILES.iter().map(|(name, text)| (*name, Mapping::read(name, text))).collect()
}

#[cfg(test)]
mod tests {
    use super::Mapping;

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
