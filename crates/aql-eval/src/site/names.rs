//! Names of numbered things: rules, domains, applications, log source groups.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::table::Loader;
use crate::Datum;

/// What stands between the names of a list.
const SEPARATOR: &str = ", ";

/// Names by number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    by_id: FxHashMap<i64, Box<str>>,
}

impl Names {
    /// The names in a file with the columns `id` and `name`.
    pub(super) fn read(loader: &mut Loader<'_>, file: &str) -> Self {
        let mut names = Names::default();
        let Some(mut table) = loader.table(file) else { return names };
        let Some(columns) = loader.columns(&mut table, &["id", "name"], 2) else { return names };
        let [id_at, name_at] = columns.at.as_slice() else { return names };
        for row in &columns.rows {
            let id = row.cell(*id_at).and_then(|id| id.parse().ok());
            match (id, row.cell(*name_at)) {
                (Some(id), Some(name)) => {
                    names.by_id.insert(id, name.into());
                }
                _ => loader.bad_row(&table, row, "a number and a name are needed"),
            }
        }
        names
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    pub(crate) fn get(&self, id: i64) -> Option<&str> {
        self.by_id.get(&id).map(|name| &**name)
    }

    /// The names of a number or of a list of numbers, those that are known, one behind the other.
    /// Nothing if none is.
    pub(crate) fn joined(&self, ids: &Datum<'_>) -> Option<Cow<'_, str>> {
        match ids {
            Datum::List(ids) => {
                let names: Vec<&str> = ids.iter().filter_map(|id| self.get(*id)).collect();
                match names.as_slice() {
                    [] => None,
                    [one] => Some(Cow::Borrowed(*one)),
                    more => Some(Cow::Owned(more.join(SEPARATOR))),
                }
            }
            id => self.get(id.integer()?).map(Cow::Borrowed),
        }
    }
}
