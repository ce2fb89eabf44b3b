//! Where columns come from in Office 365 audit records.

use rustc_hash::FxHashMap;
use serde::Deserialize;

use crate::data;
use crate::transform::Transform;

/// Where a column comes from in an Office 365 audit record.
#[derive(Clone, Debug, PartialEq)]
pub struct O365Source {
    /// Operations (exact names); empty for all.
    pub operations: Vec<String>,
    /// Path into the record.
    pub path: Vec<PathStep>,
    /// What is done to its text.
    pub transform: Transform,
}

/// A step of a path into JSON.
#[derive(Clone, Debug, PartialEq)]
pub enum PathStep {
    /// Member of an object.
    Key(String),
    /// Every element of an array.
    Each,
    /// The `Value` of the element of a Name/Value array with this name.
    Named(String),
}

impl PathStep {
    /// A path as data files write it: `Folders[].Path`, `Parameters[ForwardTo]`.
    pub(crate) fn parse(path: &str) -> Vec<PathStep> {
        let mut steps = Vec::new();
        for part in path.split('.') {
            let (key, brackets) = match part.split_once('[') {
                Some((key, rest)) => (key, Some(rest.trim_end_matches(']'))),
                None => (part, None),
            };
            steps.push(PathStep::Key(key.to_owned()));
            match brackets {
                Some("") => steps.push(PathStep::Each),
                Some(name) => steps.push(PathStep::Named(name.to_owned())),
                None => {}
            }
        }
        steps
    }
}

#[derive(Deserialize)]
struct Row {
    column: String,
    operations: String,
    path: String,
    transform: String,
}

/// Sources by column name in lower case.
pub(crate) type Sources = FxHashMap<String, Vec<O365Source>>;

pub(crate) fn read() -> Sources {
    let mut sources = Sources::default();
    for (file, text) in [
        ("office365.csv", include_str!("../data/office365.csv")),
        ("office365_extra.csv", include_str!("../data/office365_extra.csv")),
    ] {
        for row in data::rows::<Row>(file, text) {
            sources.entry(row.column.to_lowercase()).or_default().push(O365Source {
                operations: data::list(&row.operations).map(str::to_owned).collect(),
                path: PathStep::parse(&row.path),
                transform: Transform::read(file, &row.transform),
            });
        }
    }
    sources
}
