//! Log source types, categories, protocols: numbers and their names.

use rustc_hash::FxHashMap;
use serde::Deserialize;

use crate::data;

/// What LOGSOURCETYPENAME answers for events of the Sysmon channel where Sysmon is told apart from
/// the rest of Windows. No appliance has a type of this name (event model, 2).
pub const SYSMON_TYPE_NAME: &str = "Microsoft Windows Sysmon";

/// A log source type.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct LogSourceType {
    /// `devicetype`.
    pub id: i64,
    /// Short internal name.
    pub short: String,
    /// Display name: what LOGSOURCETYPENAME answers.
    pub name: String,
}

/// A low- or high-level category.
#[derive(Clone, Debug, PartialEq)]
pub struct Category {
    /// `category` or `highlevelcategory`: a high-level id is a multiple of 1000, and the low-level
    /// ones up to the next multiple are below it.
    pub id: i64,
    /// Name: what CATEGORYNAME answers.
    pub name: String,
    /// Severity of its events, where known.
    pub severity: Option<i64>,
}

#[derive(Deserialize)]
struct Row {
    id: i64,
    name: String,
    #[serde(default)]
    severity: Option<i64>,
}

/// Log source types, by id.
#[derive(Debug)]
pub(crate) struct Types {
    pub(crate) all: Vec<LogSourceType>,
}

impl Types {
    pub(crate) fn read() -> Self {
        let mut all: Vec<LogSourceType> =
            data::rows("log_source_types.csv", include_str!("../data/log_source_types.csv"));
        all.sort_by_key(|t| t.id);
        Types { all }
    }

    pub(crate) fn get(&self, id: i64) -> Option<&LogSourceType> {
        self.all.binary_search_by_key(&id, |t| t.id).ok().map(|i| &self.all[i])
    }
}

/// Categories of both levels, by id.
#[derive(Debug)]
pub(crate) struct Categories {
    pub(crate) all: Vec<Category>,
}

impl Categories {
    pub(crate) fn read() -> Self {
        let mut all = Vec::new();
        for (file, text) in [
            ("categories_high.csv", include_str!("../data/categories_high.csv")),
            ("categories_low.csv", include_str!("../data/categories_low.csv")),
        ] {
            for row in data::rows::<Row>(file, text) {
                all.push(Category { id: row.id, name: row.name, severity: row.severity });
            }
        }
        all.sort_by_key(|c| c.id);
        Categories { all }
    }

    pub(crate) fn get(&self, id: i64) -> Option<&Category> {
        self.all.binary_search_by_key(&id, |c| c.id).ok().map(|i| &self.all[i])
    }
}

/// Names of IP protocols by number.
pub(crate) fn read_protocols() -> FxHashMap<i64, String> {
    data::rows::<Row>("protocols.csv", include_str!("../data/protocols.csv"))
        .into_iter()
        .map(|row| (row.id, row.name))
        .collect()
}
