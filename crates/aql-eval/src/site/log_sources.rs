//! Log sources as a site names and groups them.

use aql_catalog::Catalog;
use aql_event::LogSources;
use rustc_hash::FxHashMap;

use super::table::{Loader, list};

/// A log source of the site.
#[derive(Clone, Debug, Default)]
struct Entry {
    name: Option<Box<str>>,
    groups: Vec<i64>,
}

/// The log sources of `log_sources.csv`, by the number that their events carry.
#[derive(Clone, Debug, Default)]
pub(crate) struct SiteLogSources {
    by_id: FxHashMap<i64, Entry>,
}

impl SiteLogSources {
    /// A row gives the number, or the type and the host from which the number is made.
    pub(super) fn read(loader: &mut Loader<'_>) -> Self {
        let mut sources = SiteLogSources::default();
        let Some(mut table) = loader.table("log_sources.csv") else { return sources };
        let expected = ["name", "id", "type", "host", "groups"];
        let Some(columns) = loader.columns(&mut table, &expected, 1) else { return sources };
        let [name, id, ty, host, groups] = columns.at.as_slice() else { return sources };
        let numbers = LogSources::default();
        for row in &columns.rows {
            let by_number = row.cell(*id).and_then(|id| id.parse().ok());
            let by_host = || {
                let ty = type_number(row.cell(*ty)?)?;
                Some(numbers.enter(ty, "", row.cell(*host)?))
            };
            let Some(id) = by_number.or_else(by_host) else {
                loader.bad_row(
                    &table,
                    row,
                    "an id, or a type (number or name) and a host, are needed",
                );
                continue;
            };
            let entry = sources.by_id.entry(id).or_default();
            entry.name = row.cell(*name).map(Box::from).or(entry.name.take());
            for group in list(row.cell(*groups).unwrap_or_default()) {
                match group.parse() {
                    Ok(group) => entry.groups.push(group),
                    Err(_) => {
                        loader.bad_row(
                            &table,
                            row,
                            format_args!("`{group}` is no number of a group"),
                        );
                    }
                }
            }
        }
        sources
    }

    pub(crate) fn name(&self, id: i64) -> Option<&str> {
        self.by_id.get(&id)?.name.as_deref()
    }

    /// The numbers of the groups of a log source.
    pub(crate) fn groups(&self, id: i64) -> &[i64] {
        self.by_id.get(&id).map_or(&[], |entry| &entry.groups)
    }
}

fn type_number(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| {
        let types = Catalog::get().log_source_types();
        types.iter().find(|t| t.name.eq_ignore_ascii_case(text)).map(|t| t.id)
    })
}
