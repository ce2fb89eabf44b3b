//! Offenses, and which events contributed to them.

use std::net::IpAddr;

use aql_event::canonical_host;
use rustc_hash::FxHashMap;

use super::element::time;
use super::table::{Loader, list};

/// An offense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offense {
    /// Time of its first event, epoch milliseconds.
    pub start: i64,
    /// Time of its last event; that of an offense without one lies in the far future.
    pub stop: i64,
    /// Source addresses; with none, every event in its time belongs to it.
    sources: Vec<IpAddr>,
    /// Files by record, if its events are listed one by one.
    events: FxHashMap<i64, Vec<Box<str>>>,
}

/// An event, as far as offenses look at it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Contributor<'e> {
    pub(crate) time: Option<i64>,
    pub(crate) source: Option<IpAddr>,
    pub(crate) file: Option<&'e str>,
    pub(crate) record: Option<i64>,
}

impl Offense {
    /// Did the event contribute to it? If the events of the offense are listed, the list decides;
    /// otherwise time and source address.
    pub(crate) fn holds(&self, event: Contributor<'_>) -> bool {
        if !self.events.is_empty() {
            let files = event.record.and_then(|record| self.events.get(&record));
            return files
                .zip(event.file)
                .is_some_and(|(files, read)| files.iter().any(|file| is_same_file(file, read)));
        }
        event.time.is_some_and(|time| (self.start..=self.stop).contains(&time))
            && (self.sources.is_empty()
                || event.source.is_some_and(|source| self.sources.contains(&source)))
    }
}

/// Is a file the one that was read? It may be named without the folders it is in.
fn is_same_file(file: &str, read: &str) -> bool {
    read.strip_suffix(file)
        .is_some_and(|folders| folders.is_empty() || folders.ends_with(['/', '\\']))
}

/// The offenses of `offenses.csv`, and their events of `offense_events.csv`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Offenses {
    by_id: FxHashMap<i64, Offense>,
}

impl Offenses {
    pub(super) fn read(loader: &mut Loader<'_>) -> Self {
        let mut offenses = Offenses::default();
        offenses.read_offenses(loader);
        offenses.read_events(loader);
        offenses
    }

    pub(crate) fn get(&self, id: i64) -> Option<&Offense> {
        self.by_id.get(&id)
    }

    fn read_offenses(&mut self, loader: &mut Loader<'_>) {
        let Some(mut table) = loader.table("offenses.csv") else { return };
        let expected = ["id", "start", "stop", "source_ip"];
        let Some(columns) = loader.columns(&mut table, &expected, 2) else { return };
        let [id, start, stop, source] = columns.at.as_slice() else { return };
        for row in &columns.rows {
            let number = row.cell(*id).and_then(|id| id.parse().ok());
            let end = row.cell(*stop).map_or(Some(i64::MAX), time);
            let sources: Option<Vec<IpAddr>> =
                list(row.cell(*source).unwrap_or_default()).map(canonical_host).collect();
            match (number, row.cell(*start).and_then(time), end, sources) {
                (Some(number), Some(start), Some(stop), Some(sources)) if start <= stop => {
                    let offense = Offense { start, stop, sources, events: FxHashMap::default() };
                    self.by_id.insert(number, offense);
                }
                _ => loader.bad_row(
                    &table,
                    row,
                    "an id, a start, and a stop and addresses that can be read are needed",
                ),
            }
        }
    }

    fn read_events(&mut self, loader: &mut Loader<'_>) {
        let Some(mut table) = loader.table("offense_events.csv") else { return };
        let expected = ["offense", "file", "record"];
        let Some(columns) = loader.columns(&mut table, &expected, 3) else { return };
        let [offense, file, record] = columns.at.as_slice() else { return };
        for row in &columns.rows {
            let id = row.cell(*offense).and_then(|id| id.parse().ok());
            let offense = id.and_then(|id: i64| self.by_id.get_mut(&id));
            let record = row.cell(*record).and_then(|r| r.parse().ok());
            match (offense, row.cell(*file), record) {
                (Some(offense), Some(file), Some(record)) => {
                    offense.events.entry(record).or_default().push(file.into());
                }
                _ => loader.bad_row(
                    &table,
                    row,
                    "an offense of offenses.csv, a file and the number of a record are needed",
                ),
            }
        }
    }
}
