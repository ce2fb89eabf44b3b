//! Events as documents: what a target calls the columns of an event, for programs that run a
//! translation over events.
//!
//! A document has the fields that the field map of the target names and those columns fill that are
//! asked for. Targets whose events are rows with the columns of AQL (SQL), and those that nothing at
//! hand runs, have no documents.

use std::collections::BTreeSet;

use aql_catalog::{Catalog, Profile};
use aql_event::{Column, ColumnKind};
use aql_semantic::BoundQuery;

use crate::loss::Losses;
use crate::map::{ELASTIC, Map, SIGMA};
use crate::{Options, Target, lower, source};

/// Columns that conditions about a kind of event are turned into.
const KINDS: [(ColumnKind, &str); 3] = [
    (ColumnKind::Builtin, "qideventcategory"),
    (ColumnKind::Builtin, "qideventid"),
    (ColumnKind::Property, "Event ID"),
];

/// A place where a target keeps events.
#[derive(Clone, Debug)]
pub struct DocumentSource {
    /// Table, index or log source.
    pub table: String,
    /// The log source types of its events.
    pub types: Vec<i64>,
    /// The fields of its documents.
    pub fields: Vec<DocumentField>,
}

/// A field of a document.
#[derive(Clone, Debug)]
pub struct DocumentField {
    /// Its name; dots part the levels of objects.
    pub name: String,
    /// The columns that fill it: the first that has a value counts.
    pub columns: Vec<Column>,
    /// Does it hold a number?
    pub number: bool,
}

impl Target {
    fn map(self) -> Option<&'static Map> {
        let map = match self.name() {
            "eql" => &*ELASTIC,
            "sigma" => &*SIGMA,
            _ => return None,
        };
        map.as_ref().ok()
    }

    /// The places where the target keeps events, with the fields that these columns fill.
    pub fn documents(self, columns: &BTreeSet<Column>) -> Option<Vec<DocumentSource>> {
        let catalog = Catalog::get();
        let mut columns = columns.clone();
        for (kind, name) in KINDS {
            let known = match kind {
                ColumnKind::Property => catalog.property(name, Profile::Ibm).map(|found| found.0),
                _ => catalog.event_field(name).map(|field| field.column.clone()),
            };
            columns.extend(known);
        }
        let sources = self.map()?.sources().iter().map(|source| {
            let mut fields: Vec<DocumentField> = Vec::new();
            for column in &columns {
                let Some(found) = source.field(column) else { continue };
                // Of several fields a column fills one; raw fields are filled by themselves.
                let several = if source.raw { found.names.len() } else { 1 };
                for name in found.names.into_iter().take(several) {
                    let own = if source.raw { catalog.raw_column(&name) } else { column.clone() };
                    match fields.iter_mut().find(|field| field.name == name) {
                        Some(field) if field.columns.contains(&own) => {}
                        Some(field) => field.columns.push(own),
                        None => fields.push(DocumentField {
                            name,
                            columns: vec![own],
                            number: found.number,
                        }),
                    }
                }
            }
            DocumentSource { table: source.table.clone(), types: source.types.clone(), fields }
        });
        Some(sources.collect())
    }

    /// Which of these places a translation is to be run over, by position.
    pub fn searched(self, query: &BoundQuery, options: &Options) -> Vec<usize> {
        let Some(map) = self.map() else { return Vec::new() };
        let mut losses = Losses::default();
        let lowered = lower::lower(query, &options.cx, &mut losses);
        let parts = source::parts(&lowered, map, &mut losses);
        let place = |part: &source::Part<'_>| {
            map.sources().iter().position(|source| std::ptr::eq(source, part.source))
        };
        parts.iter().filter_map(place).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use aql_catalog::{Catalog, Profile};
    use aql_event::Column;

    use crate::Target;

    fn columns(names: &[&str]) -> BTreeSet<Column> {
        let column = |name: &&str| match Catalog::get().event_field(name) {
            Some(field) => Some(field.column.clone()),
            None => Catalog::get().property(name, Profile::Ibm).map(|found| found.0),
        };
        names.iter().filter_map(column).collect()
    }

    fn fields(target: &str, names: &[&str]) -> Vec<String> {
        let documents = Target::find(target).and_then(|t| t.documents(&columns(names)));
        let windows = documents.and_then(|sources| sources.into_iter().next());
        let fields = windows.into_iter().flat_map(|source| source.fields);
        let mut shown: Vec<String> = fields
            .map(|field| {
                let of: Vec<String> = field.columns.iter().map(Column::arrow_name).collect();
                format!("{} = {}", field.name, of.join(" or "))
            })
            .collect();
        shown.sort();
        shown
    }

    #[test]
    fn fields_are_filled_by_columns_or_by_themselves() {
        assert_eq!(
            fields("eql", &["Process Path", "username"]),
            [
                "event.code = qideventid or Event ID",
                "process.executable = Process Path",
                "user.name = username",
                "winlog.channel = qideventcategory",
            ]
        );
        let sigma = fields("sigma", &["Parent Process Path"]);
        assert!(sigma.contains(&"ParentImage = field:ParentImage".to_owned()), "{sigma:?}");
        assert!(sigma.contains(&"ParentProcessName = field:ParentProcessName".to_owned()));
        assert!(Target::find("duckdb").and_then(|t| t.documents(&BTreeSet::new())).is_none());
    }
}
