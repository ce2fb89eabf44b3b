//! Log source instances: who sent an event.

use std::hash::Hasher;
use std::sync::{PoisonError, RwLock};

use rustc_hash::FxHashMap;

/// A log source instance: one sender of one log source type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSource {
    /// The `logsourceid` of its events.
    pub id: i64,
    /// The `devicetype` of its events.
    pub type_id: i64,
    /// Its name: what LOGSOURCENAME answers.
    pub name: String,
}

/// The log sources met in the evidence.
///
/// An appliance numbers its sources as they are configured. Here the number is a hash of type and
/// host, so that it is the same in every run, whatever the order of files and the number of
/// threads.
#[derive(Debug, Default)]
pub struct LogSources {
    by_id: RwLock<FxHashMap<i64, LogSource>>,
}

/// The lowest id given to a source; an appliance uses the ones below for itself.
const FIRST_ID: u64 = 100;
const ID_RANGE: u64 = 1_000_000_000;

impl LogSources {
    /// The id of the source of this type on this host (compared without case), which is entered
    /// under the name `<type name> @ <host in lower case>` if it is new. (In the spelling of the
    /// log the name would depend on which file was read first.)
    pub fn enter(&self, type_id: i64, type_name: &str, host: &str) -> i64 {
        let id = hash(type_id, host);
        let mut by_id = self.by_id.write().unwrap_or_else(PoisonError::into_inner);
        by_id.entry(id).or_insert_with(|| LogSource {
            id,
            type_id,
            name: format!("{type_name} @ {}", host.to_lowercase()),
        });
        id
    }

    /// The id of a source whose name is known: the number it has where it was configured, if that
    /// is known, else a hash of type and name.
    pub fn enter_named(&self, type_id: i64, name: &str, id: Option<i64>) -> i64 {
        let id = id.unwrap_or_else(|| hash(type_id, name));
        let mut by_id = self.by_id.write().unwrap_or_else(PoisonError::into_inner);
        by_id.entry(id).or_insert_with(|| LogSource { id, type_id, name: name.to_owned() });
        id
    }

    /// Enters a source that was met before, such as one of a store.
    pub fn add(&self, source: LogSource) {
        let mut by_id = self.by_id.write().unwrap_or_else(PoisonError::into_inner);
        by_id.entry(source.id).or_insert(source);
    }

    /// The source with this id.
    pub fn get(&self, id: i64) -> Option<LogSource> {
        self.by_id.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// All sources, by id.
    pub fn all(&self) -> Vec<LogSource> {
        let by_id = self.by_id.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = by_id.values().cloned().collect();
        all.sort_by_key(|s| s.id);
        all
    }
}

/// A number for a source that nobody numbered.
fn hash(type_id: i64, host: &str) -> i64 {
    let mut hasher = Fnv::default();
    hasher.write(&type_id.to_le_bytes());
    for byte in host.bytes() {
        hasher.write(&[byte.to_ascii_lowercase()]);
    }
    i64::try_from(FIRST_ID + hasher.finish() % ID_RANGE).unwrap_or(0)
}

/// FNV-1a: stable across platforms and versions, which the standard hashers are not.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Fnv(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::LogSources;

    #[test]
    fn ids_are_stable_and_ignore_case() {
        let sources = LogSources::default();
        let a = sources.enter(12, "WindowsAuthServer", "HOST.example");
        assert_eq!(a, sources.enter(12, "WindowsAuthServer", "host.example"));
        assert_ne!(a, sources.enter(397, "Office365", "host.example"));
        assert_eq!(sources.get(a).map(|s| s.name), Some("WindowsAuthServer @ host.example".into()));
        assert_eq!(a, LogSources::default().enter(12, "other", "host.EXAMPLE"));
        let named = sources.enter_named(12, "Sysmon @ WS01", Some(73));
        assert_eq!(named, 73);
        assert_eq!(sources.get(73).map(|s| s.name), Some("Sysmon @ WS01".into()));
        assert!(sources.enter_named(12, "Sysmon @ WS01", None) >= 100);
    }
}
