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
    /// Positions by display name in lower case.
    by_name: FxHashMap<String, usize>,
}

impl Types {
    pub(crate) fn read() -> Self {
        let mut all: Vec<LogSourceType> =
            data::rows("log_source_types.csv", include_str!("../data/log_source_types.csv"));
        all.sort_by_key(|t| t.id);
        let by_name = positions(all.iter().map(|t| &*t.name));
        Types { all, by_name }
    }

    pub(crate) fn named(&self, name: &str) -> Option<&LogSourceType> {
        self.all.get(*self.by_name.get(&name.trim().to_lowercase())?)
    }

    pub(crate) fn get(&self, id: i64) -> Option<&LogSourceType> {
        self.all.binary_search_by_key(&id, |t| t.id).ok().map(|i| &self.all[i])
    }
}

/// Categories of both levels, by id.
#[derive(Debug)]
pub(crate) struct Categories {
    pub(crate) all: Vec<Category>,
    /// Positions of low-level ones by name in lower case.
    by_name: FxHashMap<String, usize>,
}

/// Positions by name in lower case; of equal names the first counts.
fn positions<'n>(names: impl Iterator<Item = &'n str>) -> FxHashMap<String, usize> {
    let mut positions = FxHashMap::default();
    for (at, name) in names.enumerate() {
        positions.entry(name.trim().to_lowercase()).or_insert(at);
    }
    positions
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
        let low = |c: &Category| if c.id % 1000 == 0 { String::new() } else { c.name.clone() };
        let names: Vec<String> = all.iter().map(low).collect();
        let by_name = positions(names.iter().map(String::as_str));
        Categories { all, by_name }
    }

    pub(crate) fn named(&self, name: &str) -> Option<&Category> {
        let name = name.trim().to_lowercase();
        let at = self.by_name.get(&name).filter(|_| !name.is_empty())?;
        self.all.get(*at)
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
