//! Reference data: sets, maps, maps of sets, tables.

use std::path::Path;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::ElementType;
use super::element::Elements;
use super::table::{Loader, Table};
use crate::Datum;
use crate::network::Network;

/// A reference set.
#[derive(Clone, Debug)]
pub struct ReferenceSet {
    elements: Elements,
}

impl ReferenceSet {
    /// A set of these elements; those that are none of the type are left out.
    pub fn new<'e>(ty: ElementType, elements: impl IntoIterator<Item = &'e str>) -> Self {
        let mut set = Elements::new(ty);
        for element in elements {
            set.insert(element);
        }
        ReferenceSet { elements: set }
    }

    /// A set of these elements. Without a type it gets that which a file of a context folder would
    /// get. Also gives the elements that are none of the type, which are left out.
    pub fn of<'e>(declared: Option<ElementType>, elements: &[&'e str]) -> (Self, Vec<&'e str>) {
        let ty = declared.unwrap_or_else(|| likely_type(elements.iter().copied()));
        let mut set = Elements::new(ty);
        let rejected = elements.iter().copied().filter(|element| !set.insert(element)).collect();
        (ReferenceSet { elements: set }, rejected)
    }

    /// Type of its elements.
    pub fn element_type(&self) -> ElementType {
        self.elements.ty()
    }

    /// Its elements as they are compared, sorted; nothing for a set of networks.
    pub fn spellings(&self) -> Option<Vec<&str>> {
        self.elements.spellings()
    }

    /// Does it hold the value? No for a value that is none of its type.
    pub fn contains(&self, value: &Datum<'_>) -> bool {
        self.elements.contains(value)
    }

    /// A set as a file has it. Without a word about the type it is one of networks or addresses if
    /// every row is, and of text otherwise.
    pub(super) fn read(loader: &mut Loader<'_>, mut table: Table) -> (String, Arc<Self>) {
        let declared = loader.element_type(&table, "element_type");
        let mut set = Elements::default();
        if let Some(columns) = loader.columns(&mut table, &["value"], 1) {
            let at = columns.at.first().copied().flatten();
            let values = || columns.rows.iter().filter_map(|row| Some((row, row.cell(at)?)));
            let ty = declared.unwrap_or_else(|| likely_type(values().map(|(_, text)| text)));
            set = Elements::new(ty);
            for (row, text) in values() {
                if !set.insert(text) {
                    loader.bad_row(&table, row, not_of_type(text, ty));
                }
            }
        }
        (folded(&table.name), Arc::new(ReferenceSet { elements: set }))
    }
}

fn likely_type<'e>(values: impl Iterator<Item = &'e str> + Clone) -> ElementType {
    let host = |text: &str| aql_event::canonical_host(text).is_some();
    if values.clone().next().is_none() {
        ElementType::Aln
    } else if values.clone().all(host) {
        ElementType::Ip
    } else if values.clone().all(|text| Network::new(text).is_some()) {
        ElementType::Cidr
    } else {
        ElementType::Aln
    }
}

fn not_of_type(text: &str, ty: ElementType) -> String {
    format!("`{text}` is no element of type {}", ty.name())
}

/// Names are found without regard to case.
pub(super) fn folded(name: &str) -> String {
    name.to_lowercase()
}

/// A reference map: one value per key.
#[derive(Clone, Debug, Default)]
pub struct ReferenceMap {
    key: ElementType,
    values: FxHashMap<Box<str>, Box<str>>,
}

impl ReferenceMap {
    /// A map without entries, with keys of this type. Networks are no keys: they are taken as
    /// addresses.
    pub fn new(key: ElementType) -> Self {
        ReferenceMap { key: key_of(key), ..ReferenceMap::default() }
    }

    /// Adds an entry, in place of one of the same key; not, if the key is none of the type.
    pub fn insert(&mut self, key: &str, value: &str) -> bool {
        let spelling = self.key.spelling(&Datum::text_of(key)).map(Box::from);
        spelling.map(|spelling| self.values.insert(spelling, value.into())).is_some()
    }

    pub(super) fn read(loader: &mut Loader<'_>, mut table: Table) -> (String, Self) {
        let key = key_type(loader, &table);
        let values = loader.element_type(&table, "element_type").unwrap_or_default();
        let mut map = ReferenceMap { key, ..ReferenceMap::default() };
        pairs(loader, &mut table, key, &mut |key, value| {
            if values != ElementType::Aln && !Elements::new(values).insert(value) {
                return Err(not_of_type(value, values));
            }
            map.values.insert(key.into(), value.into());
            Ok(())
        });
        (folded(&table.name), map)
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &Datum<'_>) -> Option<&str> {
        self.values.get(&*self.key.spelling(key)?).map(|value| &**value)
    }
}

/// A reference map of sets.
#[derive(Clone, Debug, Default)]
pub struct ReferenceMapOfSets {
    key: ElementType,
    sets: FxHashMap<Box<str>, Elements>,
}

impl ReferenceMapOfSets {
    /// A map without entries, with keys of this type. Networks are no keys: they are taken as
    /// addresses.
    pub fn new(key: ElementType) -> Self {
        ReferenceMapOfSets { key: key_of(key), ..ReferenceMapOfSets::default() }
    }

    /// Adds a value of this type to the set of a key; not, if one of them is none of its type.
    pub fn insert(&mut self, key: &str, ty: ElementType, value: &str) -> bool {
        let key = Datum::text_of(key);
        let Some(spelling) = self.key.spelling(&key) else { return false };
        self.sets.entry(spelling.into()).or_insert_with(|| Elements::new(ty)).insert(value)
    }

    pub(super) fn read(loader: &mut Loader<'_>, mut table: Table) -> (String, Self) {
        let key = key_type(loader, &table);
        let ty = loader.element_type(&table, "element_type").unwrap_or_default();
        let mut map = ReferenceMapOfSets { key, ..ReferenceMapOfSets::default() };
        pairs(loader, &mut table, key, &mut |key, value| {
            let set = map.sets.entry(key.into()).or_insert_with(|| Elements::new(ty));
            if set.insert(value) { Ok(()) } else { Err(not_of_type(value, ty)) }
        });
        (folded(&table.name), map)
    }

    /// Its keys as they are compared, sorted, each with the elements of its set; nothing if one
    /// holds networks.
    pub fn spellings(&self) -> Option<Vec<(&str, Vec<&str>)>> {
        let mut all = Vec::with_capacity(self.sets.len());
        for (key, set) in &self.sets {
            all.push((&**key, set.spellings()?));
        }
        all.sort_unstable();
        Some(all)
    }

    /// Does the set of the key hold the value?
    pub(crate) fn contains(&self, key: &Datum<'_>, value: &Datum<'_>) -> bool {
        let set = self.key.spelling(key).and_then(|key| self.sets.get(&*key));
        set.is_some_and(|set| set.contains(value))
    }
}

/// A reference table: values by key and column.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReferenceTable {
    key: ElementType,
    /// Names of the columns, folded.
    columns: Vec<String>,
    rows: FxHashMap<Box<str>, Vec<Option<Box<str>>>>,
}

impl ReferenceTable {
    pub(super) fn read(loader: &mut Loader<'_>, mut table: Table) -> (String, Self) {
        let name = folded(&table.name);
        let key = key_type(loader, &table);
        let mut out = ReferenceTable { key, ..ReferenceTable::default() };
        let Some(columns) = loader.columns(&mut table, &["key"], 1) else { return (name, out) };
        if columns.names.is_empty() {
            loader.problem(
                Path::new(&format!("{name}.csv")),
                "a reference table begins with a row that names its columns, `key` and others",
            );
            return (name, out);
        }
        let key_at = columns.at.first().copied().flatten();
        let inner: Vec<usize> = (0..columns.names.len()).filter(|at| Some(*at) != key_at).collect();
        out.columns =
            inner.iter().filter_map(|at| columns.names.get(*at)).map(|n| folded(n)).collect();
        for row in &columns.rows {
            let text = row.cell(key_at).unwrap_or_default();
            match key.spelling(&Datum::text_of(text)) {
                Some(spelling) if !text.is_empty() => {
                    let cells = inner.iter().map(|at| row.cell(Some(*at)).map(Box::from));
                    out.rows.insert(spelling.into(), cells.collect());
                }
                _ => loader.bad_row(&table, row, not_of_type(text, key)),
            }
        }
        (name, out)
    }

    /// Is there a column of this name?
    pub(crate) fn has_column(&self, column: &str) -> bool {
        self.columns.contains(&folded(column))
    }

    /// The value of a column for a key.
    pub(crate) fn get(&self, column: &str, key: &Datum<'_>) -> Option<&str> {
        let at = self.columns.iter().position(|c| *c == folded(column))?;
        self.rows.get(&*self.key.spelling(key)?)?.get(at)?.as_deref()
    }
}

/// The type of the keys of a map or table. Networks are none.
fn key_type(loader: &mut Loader<'_>, table: &Table) -> ElementType {
    key_of(loader.element_type(table, "key_type").unwrap_or_default())
}

fn key_of(ty: ElementType) -> ElementType {
    if ty == ElementType::Cidr { ElementType::Ip } else { ty }
}

/// Hands over the rows of a file of keys and values.
fn pairs(
    loader: &mut Loader<'_>,
    table: &mut Table,
    key_type: ElementType,
    add: &mut dyn FnMut(&str, &str) -> Result<(), String>,
) {
    let Some(columns) = loader.columns(table, &["key", "value"], 2) else { return };
    let [key_at, value_at] = columns.at.as_slice() else { return };
    for row in &columns.rows {
        let (Some(key), Some(value)) = (row.cell(*key_at), row.cell(*value_at)) else {
            loader.bad_row(table, row, "a key and a value are needed");
            continue;
        };
        let added = match key_type.spelling(&Datum::text_of(key)) {
            Some(spelling) => add(&spelling, value),
            None => Err(not_of_type(key, key_type)),
        };
        if let Err(message) = added {
            loader.bad_row(table, row, message);
        }
    }
}
