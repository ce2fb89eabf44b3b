//! What one site knows about itself: reference data, assets, networks, names, offenses, places.
//!
//! Read [`SiteData`] first: it is loaded from a folder of plain files (`docs/context.md`), each of
//! which may be missing. Functions look into it through [`Context`](crate::Context).

mod absent;
mod assets;
mod element;
mod geo;
mod hierarchy;
mod log_sources;
mod names;
mod offenses;
mod processors;
mod reference;
mod table;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use aql_diag::{Diagnostic, codes};
use rustc_hash::FxHashMap;

pub use absent::add_note;
pub(crate) use absent::{absent, no_source};
use assets::Assets;
pub use element::ElementType;
pub(crate) use geo::{Geo, part, words};
use hierarchy::Hierarchy;
use log_sources::SiteLogSources;
use names::Names;
pub(crate) use offenses::Contributor;
pub use offenses::Offense;
use offenses::Offenses;
use processors::Processors;
pub use reference::{ReferenceMap, ReferenceMapOfSets, ReferenceSet};
use reference::{ReferenceTable, folded};
use table::Loader;

/// Data of one site. Without any, functions that ask for it answer null or false.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct SiteData {
    reference_sets: FxHashMap<String, Arc<ReferenceSet>>,
    reference_maps: FxHashMap<String, ReferenceMap>,
    reference_maps_of_sets: FxHashMap<String, ReferenceMapOfSets>,
    reference_tables: FxHashMap<String, ReferenceTable>,
    asset_searches: FxHashMap<String, Arc<ReferenceSet>>,
    pub(crate) assets: Assets,
    pub(crate) networks: Hierarchy,
    pub(crate) log_source_groups: Names,
    pub(crate) log_sources: SiteLogSources,
    pub(crate) domains: Names,
    pub(crate) rules: Names,
    pub(crate) applications: Names,
    pub(crate) processors: Processors,
    offenses: Offenses,
    pub(crate) geo: Option<Arc<Geo>>,
}

/// The files of a context folder.
const FILES: [&str; 11] = [
    "applications.csv",
    "assets.csv",
    "domains.csv",
    "geo.mmdb",
    "log_source_groups.csv",
    "log_sources.csv",
    "networks.csv",
    "offense_events.csv",
    "offenses.csv",
    "processors.csv",
    "rules.csv",
];

/// Its folders.
const FOLDERS: [&str; 5] = [
    "asset_searches",
    "reference_map_of_sets",
    "reference_maps",
    "reference_sets",
    "reference_tables",
];

impl SiteData {
    /// Reads a context folder. Whatever can be read is kept; the diagnostics say what was not.
    pub fn load(folder: &Path) -> (SiteData, Vec<Diagnostic>) {
        let mut loader = Loader::new(folder);
        if !check_names(folder, &mut loader) {
            return (SiteData::default(), loader.finish());
        }
        let site = SiteData {
            reference_sets: sets(&mut loader, "reference_sets"),
            reference_maps: read_all(&mut loader, "reference_maps", ReferenceMap::read),
            reference_maps_of_sets: read_all(
                &mut loader,
                "reference_map_of_sets",
                ReferenceMapOfSets::read,
            ),
            reference_tables: read_all(&mut loader, "reference_tables", ReferenceTable::read),
            asset_searches: sets(&mut loader, "asset_searches"),
            assets: Assets::read(&mut loader),
            networks: Hierarchy::read(&mut loader),
            log_source_groups: Names::read(&mut loader, "log_source_groups.csv"),
            log_sources: SiteLogSources::read(&mut loader),
            domains: Names::read(&mut loader, "domains.csv"),
            rules: Names::read(&mut loader, "rules.csv"),
            applications: Names::read(&mut loader, "applications.csv"),
            processors: Processors::read(&mut loader),
            offenses: Offenses::read(&mut loader),
            geo: geo(&mut loader),
        };
        (site, loader.finish())
    }

    /// Puts a reference set in, in place of one of the same name.
    pub fn insert_reference_set(&mut self, name: &str, set: ReferenceSet) {
        self.reference_sets.insert(folded(name), Arc::new(set));
    }

    /// Puts a reference map in, in place of one of the same name.
    pub fn insert_reference_map(&mut self, name: &str, map: ReferenceMap) {
        self.reference_maps.insert(folded(name), map);
    }

    /// Puts a reference map of sets in, in place of one of the same name.
    pub fn insert_reference_map_of_sets(&mut self, name: &str, map: ReferenceMapOfSets) {
        self.reference_maps_of_sets.insert(folded(name), map);
    }

    /// Takes from other data the reference sets and maps that are missing here.
    pub fn fill_references(&mut self, other: SiteData) {
        fill(&mut self.reference_sets, other.reference_sets);
        fill(&mut self.reference_maps, other.reference_maps);
        fill(&mut self.reference_maps_of_sets, other.reference_maps_of_sets);
    }

    /// The reference set of a name, found without regard to case.
    pub fn reference_set(&self, name: &str) -> Option<&Arc<ReferenceSet>> {
        self.reference_sets.get(&folded(name))
    }

    /// The names of all reference sets, as they are compared, in order.
    pub fn reference_set_names(&self) -> impl Iterator<Item = &str> {
        let mut names: Vec<&str> = self.reference_sets.keys().map(AsRef::as_ref).collect();
        names.sort_unstable();
        names.into_iter()
    }

    /// The offense of a number.
    pub fn offense(&self, id: i64) -> Option<&Offense> {
        self.offenses.get(id)
    }

    pub(crate) fn reference_map(&self, name: &str) -> Option<&ReferenceMap> {
        self.reference_maps.get(&folded(name))
    }

    /// A reference map of sets by name, in any case.
    pub fn reference_map_of_sets(&self, name: &str) -> Option<&ReferenceMapOfSets> {
        self.reference_maps_of_sets.get(&folded(name))
    }

    pub(crate) fn reference_table(&self, name: &str) -> Option<&ReferenceTable> {
        self.reference_tables.get(&folded(name))
    }

    pub(crate) fn asset_search(&self, name: &str) -> Option<&Arc<ReferenceSet>> {
        self.asset_searches.get(&folded(name))
    }
}

fn fill<T>(here: &mut FxHashMap<String, T>, other: FxHashMap<String, T>) {
    for (name, data) in other {
        here.entry(name).or_insert(data);
    }
}

fn read_all<T>(
    loader: &mut Loader<'_>,
    folder: &str,
    read: fn(&mut Loader<'_>, table::Table) -> (String, T),
) -> FxHashMap<String, T> {
    let tables = loader.tables(folder);
    tables.into_iter().map(|table| read(loader, table)).collect()
}

fn sets(loader: &mut Loader<'_>, folder: &str) -> FxHashMap<String, Arc<ReferenceSet>> {
    read_all(loader, folder, ReferenceSet::read)
}

fn geo(loader: &mut Loader<'_>) -> Option<Arc<Geo>> {
    let (path, bytes) = loader.bytes("geo.mmdb")?;
    match Geo::new(bytes) {
        Ok(geo) => Some(Arc::new(geo)),
        Err(error) => {
            loader.problem(&path, format_args!("is no database in the format of MaxMind: {error}"));
            None
        }
    }
}

/// Looks for names that are none of a context, so that a misspelt one is noticed. No if the folder
/// cannot be read.
fn check_names(folder: &Path, loader: &mut Loader<'_>) -> bool {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            let message = format!("{}: cannot be read: {error}", folder.display());
            loader.diagnostics.push(Diagnostic::error(codes::CONTEXT_FILE, message));
            return false;
        }
    };
    let mut unknown: Vec<_> = entries
        .flatten()
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let known = if entry.path().is_dir() { &FOLDERS[..] } else { &FILES[..] };
            let text = name.starts_with('.') || name.ends_with(".md") || name.ends_with(".txt");
            !text && !known.contains(&&*name)
        })
        .map(|entry| entry.path())
        .collect();
    unknown.sort();
    for path in unknown {
        loader
            .problem(&path, "is no file of a context and is left out; docs/context.md lists them");
    }
    true
}

#[cfg(test)]
pub(crate) mod tests;
