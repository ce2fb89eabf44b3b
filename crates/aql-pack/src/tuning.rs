//! Tuning files: what a site puts in place of a pack's defaults, and which findings it knows.
//!
//! Read [`Tuning`] first. Not in here: how its values get into the hunt (`settings`), and how
//! findings are held against its suppressions (`suppress`).

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use aql_diag::{Diagnostic, codes};
use aql_eval::site::ElementType;
use jiff::civil::Date;
use serde::Deserialize;

use crate::load::problem;
use crate::parameter::{ReferenceKind, Values, element_type};

/// A tuning file.
#[derive(Clone, Debug)]
pub struct Tuning {
    /// Name: that of the file without its ending.
    pub name: String,
    /// Path, for messages.
    pub path: String,
    /// What the file says.
    pub facts: TuningFacts,
}

/// What a tuning file says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TuningFacts {
    /// Title for people.
    #[serde(default)]
    pub title: String,
    /// What it is for, and what it opens: every tuning is a way past a rule.
    #[serde(default)]
    pub description: String,
    /// Reference sets.
    #[serde(default, rename = "set")]
    pub sets: Vec<TunedReference>,
    /// Reference maps.
    #[serde(default, rename = "map")]
    pub maps: Vec<TunedReference>,
    /// Reference maps of sets.
    #[serde(default, rename = "map_of_sets")]
    pub maps_of_sets: Vec<TunedReference>,
    /// Findings that are known.
    #[serde(default, rename = "suppress")]
    pub suppressions: Vec<Suppression>,
}

impl TuningFacts {
    /// All reference data, with its kind.
    pub fn references(&self) -> impl Iterator<Item = (ReferenceKind, &TunedReference)> {
        let each = |kind| move |reference| (kind, reference);
        let sets = self.sets.iter().map(each(ReferenceKind::Set));
        let maps = self.maps.iter().map(each(ReferenceKind::Map));
        let maps_of_sets = self.maps_of_sets.iter().map(each(ReferenceKind::MapOfSets));
        sets.chain(maps).chain(maps_of_sets)
    }
}

/// Values for reference data.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TunedReference {
    /// Name of the reference data, as queries have it; found without regard to case.
    pub name: String,
    /// The values.
    pub values: Values,
    /// Put them in place of the pack's values, instead of adding them.
    #[serde(default)]
    pub replace: bool,
    /// Type of elements and values, where the pack says nothing.
    #[serde(default, deserialize_with = "element_type")]
    pub element_type: Option<ElementType>,
    /// Type of keys, where the pack says nothing.
    #[serde(default, deserialize_with = "element_type")]
    pub key_type: Option<ElementType>,
}

/// Findings that a site knows and does not want to see.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suppression {
    /// Name of the rule.
    pub rule: String,
    /// Values that a finding has to have, by name, as text: fields that the rule selects, then
    /// `host`, `user`, `source_ip` and `file`.
    #[serde(rename = "where")]
    pub values: BTreeMap<String, String>,
    /// Why it is known.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// The last day on which it counts.
    #[serde(deserialize_with = "date")]
    pub expires: Date,
}

impl Suppression {
    /// Is its last day over at this moment (epoch milliseconds, UTC)?
    pub fn is_expired(&self, now: i64) -> bool {
        jiff::Timestamp::from_millisecond(now)
            .is_ok_and(|now| now.to_zoned(jiff::tz::TimeZone::UTC).date() > self.expires)
    }
}

impl Tuning {
    /// Reads a tuning file.
    ///
    /// # Errors
    /// The file and what is wrong with it.
    pub fn load(path: &Path) -> Result<Tuning, Vec<Diagnostic>> {
        let shown = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|error| {
            vec![problem(codes::PACK_TUNING, &shown, format!("cannot be read: {error}"))]
        })?;
        Tuning::parse(&shown, &text)
    }

    /// A tuning from its text. The name is taken from the path.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(path: &str, text: &str) -> Result<Tuning, Vec<Diagnostic>> {
        let facts: TuningFacts = toml::from_str(text)
            .map_err(|error| vec![problem(codes::PACK_TUNING, path, error.to_string())])?;
        let mut problems = Vec::new();
        for (kind, reference) in facts.references() {
            if !reference.values.fit(kind) {
                let message = format!(
                    "the values of {} `{}` have to be {}",
                    kind.name(),
                    reference.name,
                    Values::expected(kind)
                );
                problems.push(problem(codes::PACK_TUNING, path, message));
            }
        }
        for suppression in &facts.suppressions {
            let rule = &suppression.rule;
            if suppression.values.is_empty() {
                let message = format!(
                    "a suppression of rule `{rule}` says of no value which findings it is about"
                );
                problems.push(
                    problem(codes::PACK_TUNING, path, message)
                        .help("name at least one in `where`; `--rule` chooses whole rules"),
                );
            }
            for (key, text) in [("reason", &suppression.reason), ("owner", &suppression.owner)] {
                if text.trim().is_empty() {
                    let message = format!("a suppression of rule `{rule}` has an empty `{key}`");
                    problems.push(problem(codes::PACK_TUNING, path, message));
                }
            }
        }
        let name = Path::new(path).file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if problems.is_empty() {
            Ok(Tuning { name, path: path.to_owned(), facts })
        } else {
            Err(problems)
        }
    }
}

fn date<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| {
        serde::de::Error::custom(format!("`{text}` is no date; write it as `2027-01-31`"))
    })
}
