//! Where columns come from in rows of Microsoft's advanced hunting tables.

use rustc_hash::FxHashMap;
use serde::Deserialize;

use crate::data;
use crate::transform::Transform;

/// Where a column comes from in an advanced hunting row.
#[derive(Clone, Debug, PartialEq)]
pub struct DefenderSource {
    /// Tables, by exact name.
    pub tables: Vec<String>,
    /// Column of the table; `@table` for the name of the table.
    pub field: String,
    /// What is done to its text.
    pub transform: Transform,
}

#[derive(Deserialize)]
struct Row {
    column: String,
    tables: String,
    field: String,
    transform: String,
}

/// Sources by column name in lower case.
pub(crate) type Sources = FxHashMap<String, Vec<DefenderSource>>;

pub(crate) fn read() -> Sources {
    let file = "defender.csv";
    let mut sources = Sources::default();
    for row in data::rows::<Row>(file, include_str!("../data/defender.csv")) {
        sources.entry(row.column.to_lowercase()).or_default().push(DefenderSource {
            tables: data::list(&row.tables).map(str::to_owned).collect(),
            field: row.field,
            transform: Transform::read(file, &row.transform),
        });
    }
    sources
}
