//! Built-in fields of the databases.

use rustc_hash::FxHashMap;
use serde::Deserialize;

use aql_event::{Column, ColumnKind};

use crate::data;

/// A built-in field of a database.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldInfo {
    /// The column: name in lower case, type, encoding.
    pub column: Column,
    /// What it means, one sentence.
    pub doc: String,
}

#[derive(Deserialize)]
struct Row {
    name: String,
    #[serde(rename = "type")]
    ty: String,
    encoding: String,
    default: Option<usize>,
    doc: String,
}

/// The fields of one database.
#[derive(Debug)]
pub(crate) struct Fields {
    all: Vec<FieldInfo>,
    by_name: FxHashMap<String, usize>,
    default: Vec<FieldInfo>,
}

impl Fields {
    pub(crate) fn events() -> Self {
        let mut fields = Self::read(
            ColumnKind::Builtin,
            "fields/events.csv",
            include_str!("../data/fields/events.csv"),
        );
        let provenance = Self::read(
            ColumnKind::Provenance,
            "fields/provenance.csv",
            include_str!("../data/fields/provenance.csv"),
        );
        for field in provenance.all {
            fields.by_name.insert(field.column.name.to_lowercase(), fields.all.len());
            fields.all.push(field);
        }
        fields
    }

    pub(crate) fn flows() -> Self {
        Self::read(
            ColumnKind::Builtin,
            "fields/flows.csv",
            include_str!("../data/fields/flows.csv"),
        )
    }

    pub(crate) fn simarc() -> Self {
        Self::read(
            ColumnKind::Builtin,
            "fields/simarc.csv",
            include_str!("../data/fields/simarc.csv"),
        )
    }

    fn read(kind: ColumnKind, file: &str, text: &str) -> Self {
        let mut all = Vec::new();
        let mut default = Vec::new();
        let mut by_name = FxHashMap::default();
        for row in data::rows::<Row>(file, text) {
            let column = Column::new(
                kind,
                &row.name,
                data::type_of(&row.ty),
                data::encoding_of(&row.encoding),
            );
            let field = FieldInfo { column, doc: row.doc };
            if let Some(position) = row.default {
                default.push((position, field.clone()));
            }
            by_name.insert(row.name.to_lowercase(), all.len());
            all.push(field);
        }
        default.sort_by_key(|(position, _)| *position);
        let default = default.into_iter().map(|(_, field)| field).collect();
        Fields { all, by_name, default }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&FieldInfo> {
        self.by_name.get(&name.to_lowercase()).map(|&i| &self.all[i])
    }

    pub(crate) fn all(&self) -> &[FieldInfo] {
        &self.all
    }

    pub(crate) fn default_columns(&self) -> &[FieldInfo] {
        &self.default
    }
}
