//! The QID map: kinds of events.

use std::borrow::Cow;

use rustc_hash::FxHashMap;
use serde::Deserialize;

use crate::data;

/// An entry of the QID map.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Qid {
    /// `qid`. From 1,999,000,000 on the number is our own.
    pub id: i64,
    /// QIDNAME.
    pub name: String,
    /// The other spelling that may be right, where the documented one is not certain.
    pub alternate: Option<String>,
    /// Log source type.
    pub device_type: i64,
    /// Event id of the DSM: EventID of Windows, Operation of Office 365. Empty where it is not
    /// known, and in the entry of unknown events.
    pub event_id: String,
    /// Event category of the DSM: channel of Windows, Workload of Office 365; `unknown` in the
    /// entry of unknown events. Empty, with an event id, for any that has no entry of its own.
    pub event_category: String,
    /// Low-level category id.
    pub category: i64,
    /// Severity 0-10.
    pub severity: i64,
}

/// Type of records of which nothing is known (SIM Generic Log DSM).
const GENERIC: i64 = 67;

/// The map and its indexes.
#[derive(Debug)]
pub(crate) struct Qids {
    /// By id.
    pub(crate) all: Vec<Qid>,
    by_type: FxHashMap<i64, OfType>,
    /// Positions in `all` by log source type and name in lower case.
    by_name: FxHashMap<(i64, String), usize>,
}

/// The entries of one log source type, as positions in `all`.
#[derive(Debug, Default)]
struct OfType {
    by_event: FxHashMap<String, Vec<usize>>,
    unknown: usize,
}

impl Qids {
    pub(crate) fn read() -> Self {
        let mut all: Vec<Qid> = data::rows("qids.csv", include_str!("../data/qids.csv"));
        all.sort_by_key(|q| q.id);
        let mut by_type: FxHashMap<i64, OfType> = FxHashMap::default();
        for (at, qid) in all.iter().enumerate() {
            let of_type = by_type.entry(qid.device_type).or_default();
            if !qid.event_id.is_empty() {
                of_type.by_event.entry(qid.event_id.to_lowercase()).or_default().push(at);
            } else if qid.event_category == "unknown" {
                of_type.unknown = at;
            }
        }
        let mut by_name = FxHashMap::default();
        for (at, qid) in all.iter().enumerate() {
            by_name.entry((qid.device_type, qid.name.to_lowercase())).or_insert(at);
        }
        Qids { all, by_type, by_name }
    }

    pub(crate) fn get(&self, id: i64) -> Option<&Qid> {
        self.all.binary_search_by_key(&id, |q| q.id).ok().map(|i| &self.all[i])
    }

    pub(crate) fn named(&self, device_type: i64, name: &str) -> Option<&Qid> {
        self.all.get(*self.by_name.get(&(device_type, name.trim().to_lowercase()))?)
    }

    pub(crate) fn of(&self, device_type: i64, event_id: &str, event_category: &str) -> &Qid {
        let of_type = self
            .by_type
            .get(&device_type)
            .or_else(|| self.by_type.get(&GENERIC))
            .expect("qids.csv has an entry for unknown events of the generic type");
        let key = if event_id.bytes().all(|b| b.is_ascii_digit()) {
            Cow::Borrowed(event_id)
        } else {
            Cow::Owned(event_id.to_lowercase())
        };
        let entries = of_type.by_event.get(key.as_ref()).map_or(&[][..], Vec::as_slice);
        let of_category = |category: &str| {
            let is = |at: &&usize| self.all[**at].event_category.eq_ignore_ascii_case(category);
            entries.iter().find(is).copied()
        };
        let known = of_category(event_category).or_else(|| of_category(""));
        &self.all[known.unwrap_or(of_type.unknown)]
    }
}
