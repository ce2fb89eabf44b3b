//! The short names that Hayabusa's timelines have for channels and fields.

use rustc_hash::FxHashMap;
use serde::Deserialize;

use crate::data;

/// A channel that has a short name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ShortChannel {
    /// The short name.
    short: String,
    /// The channel.
    pub channel: String,
    /// The provider that writes to it; empty if there are several.
    pub provider: String,
}

#[derive(Deserialize)]
struct Row {
    channel: String,
    event_ids: String,
    key: String,
    field: String,
}

struct Detail {
    event_ids: Vec<u32>,
    channel: String,
    field: String,
}

/// The short names.
pub(crate) struct ShortNames {
    channels: Vec<ShortChannel>,
    /// By key in lower case; those of certain events come first.
    details: FxHashMap<String, Vec<Detail>>,
}

impl ShortNames {
    pub(crate) fn read() -> Self {
        const DETAILS: &str = "hayabusa_details.csv";
        let mut details: FxHashMap<String, Vec<Detail>> = FxHashMap::default();
        for row in data::rows::<Row>(DETAILS, include_str!("../data/hayabusa_details.csv")) {
            let event_ids = data::list(&row.event_ids).map(|id| {
                id.parse().unwrap_or_else(|_| panic!("embedded {DETAILS}: event id {id:?}"))
            });
            details.entry(row.key.to_lowercase()).or_default().push(Detail {
                event_ids: event_ids.collect(),
                channel: row.channel,
                field: row.field,
            });
        }
        for of_key in details.values_mut() {
            of_key.sort_by_key(|detail| detail.event_ids.is_empty());
        }
        let channels =
            data::rows("hayabusa_channels.csv", include_str!("../data/hayabusa_channels.csv"));
        ShortNames { channels, details }
    }

    pub(crate) fn channel(&self, short: &str) -> Option<&ShortChannel> {
        self.channels.iter().find(|channel| channel.short.eq_ignore_ascii_case(short))
    }

    pub(crate) fn field(&self, channel: &str, event_id: u32, key: &str) -> Option<&str> {
        let is_of = |detail: &&Detail| {
            detail.channel.eq_ignore_ascii_case(channel)
                && (detail.event_ids.is_empty() || detail.event_ids.contains(&event_id))
        };
        // A timeline asks for every field of every event: a key of usual length needs no memory.
        let mut lower = [0; 32];
        let of_key = match lower.get_mut(..key.len()) {
            Some(lower) if key.is_ascii() => {
                lower.copy_from_slice(key.as_bytes());
                lower.make_ascii_lowercase();
                self.details.get(std::str::from_utf8(lower).ok()?)
            }
            _ => self.details.get(&key.to_lowercase()),
        };
        let found = of_key?.iter().find(is_of)?;
        Some(&found.field)
    }
}
