//! How the fields of Windows events are called in the text that Windows renders of them.
//!
//! Collectors that pass on the text alone (WinCollect, Snare, Splunk's classic inputs) leave it to
//! the receiver to find the fields in it again. The texts are those of the English message tables.

use rustc_hash::FxHashMap;
use serde::Deserialize;

use crate::data;

/// A label in the text of a Windows event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageLabel {
    /// Events that have it; empty for all of the channel.
    pub event_ids: Vec<u32>,
    /// The heading under which it stands; empty for anywhere.
    pub section: String,
    /// The label as written, colon and all; `#` stands for digits. Without a colon it is only
    /// where the value before it ends.
    pub text: String,
    /// The fields of the event's data that follow: one for each `#`, then one for the text behind
    /// the label. None for a heading.
    pub fields: Vec<String>,
    /// Does its value run to the end, or to a text without a colon, whatever stands in it?
    pub last: bool,
}

impl MessageLabel {
    /// Does an event have it?
    pub fn is_of(&self, event_id: u32) -> bool {
        self.event_ids.is_empty() || self.event_ids.contains(&event_id)
    }
}

#[derive(Deserialize)]
struct Row {
    channel: String,
    event_ids: String,
    section: String,
    text: String,
    field: String,
    last: String,
}

/// Labels by channel in lower case. Those of certain events come before those of all.
pub(crate) type Labels = FxHashMap<String, Vec<MessageLabel>>;

pub(crate) fn read() -> Labels {
    const FILE: &str = "windows_messages.csv";
    let mut labels = Labels::default();
    for row in data::rows::<Row>(FILE, include_str!("../data/windows_messages.csv")) {
        let event_ids = data::list(&row.event_ids)
            .map(|id| id.parse().unwrap_or_else(|_| panic!("embedded {FILE}: event id {id:?}")));
        labels.entry(row.channel.to_lowercase()).or_default().push(MessageLabel {
            event_ids: event_ids.collect(),
            section: row.section,
            text: row.text,
            last: row.last == "yes",
            fields: row.field.split_whitespace().map(str::to_owned).collect(),
        });
    }
    for of_channel in labels.values_mut() {
        of_channel.sort_by_key(|label| label.event_ids.is_empty());
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn labels_stand_under_headings_that_are_there() {
        for (channel, labels) in read() {
            for label in &labels {
                let numbers = label.text.matches('#').count();
                let is_filled = label.fields.len() == numbers + 1 || label.fields.is_empty();
                assert!(is_filled && !label.text.is_empty(), "{channel}: {label:?}");
                if label.section.is_empty() {
                    continue;
                }
                let has_heading = |id: u32| {
                    labels.iter().any(|heading| {
                        heading.text == label.section
                            && heading.fields.is_empty()
                            && heading.is_of(id)
                    })
                };
                let ids: &[u32] = if label.event_ids.is_empty() { &[0] } else { &label.event_ids };
                for id in ids {
                    assert!(has_heading(*id), "{channel} {id}: {label:?}");
                }
            }
        }
    }
}
