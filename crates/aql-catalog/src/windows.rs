//! Where columns come from in Windows events.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use serde::Deserialize;

use crate::data;
use crate::transform::Transform;

/// Where a column comes from in a Windows event.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowsSource {
    /// Which events.
    pub selector: WindowsSelector,
    /// EventData or UserData field; `System/EventID` and the like for the header of the event,
    /// `RenderingInfo/Message` for the rendered text, `Data#0` for the first value without a name.
    pub raw_field: String,
    /// What is done to its text.
    pub transform: Transform,
}

/// A group of Windows events.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowsSelector {
    /// Channel, compared without case; nothing for any.
    pub channel: Option<String>,
    /// Event ids; empty for all of the channel.
    pub event_ids: Vec<u32>,
}

impl WindowsSelector {
    /// Does the group hold this event?
    pub fn matches(&self, channel: &str, event_id: u32) -> bool {
        self.channel.as_ref().is_none_or(|c| c.eq_ignore_ascii_case(channel))
            && (self.event_ids.is_empty() || self.event_ids.contains(&event_id))
    }
}

#[derive(Deserialize)]
struct Row {
    column: String,
    channel: String,
    event_ids: String,
    field: String,
    transform: String,
}

#[derive(Deserialize)]
struct TwinRow {
    channel: String,
    #[serde(rename = "as")]
    like: String,
}

#[derive(Deserialize)]
struct EcsRow {
    field: String,
    path: String,
}

/// Sources by column name in lower case.
pub(crate) type Sources = FxHashMap<String, Vec<WindowsSource>>;

pub(crate) fn read() -> Sources {
    let twins: Vec<TwinRow> =
        data::rows("windows_twins.csv", include_str!("../data/windows_twins.csv"));
    let mut sources = Sources::default();
    for (file, text) in [
        ("windows.csv", include_str!("../data/windows.csv")),
        ("windows_extra.csv", include_str!("../data/windows_extra.csv")),
    ] {
        for row in data::rows::<Row>(file, text) {
            let of_column = sources.entry(row.column.to_lowercase()).or_default();
            let event_ids: Vec<u32> = data::list(&row.event_ids)
                .map(|id| id.parse().unwrap_or_else(|_| panic!("embedded {file}: event id {id:?}")))
                .collect();
            let twin_channels =
                twins.iter().filter(|t| t.like == row.channel).map(|t| t.channel.as_str());
            for channel in std::iter::once(row.channel.as_str()).chain(twin_channels) {
                let selector = WindowsSelector {
                    channel: (!channel.is_empty()).then(|| channel.to_owned()),
                    event_ids: event_ids.clone(),
                };
                of_column.push(WindowsSource {
                    selector,
                    raw_field: row.field.clone(),
                    transform: Transform::read(file, &row.transform),
                });
            }
        }
    }
    sources
}

/// Raw fields in lower case, in order, each with its ECS paths.
pub(crate) type EcsPaths = Vec<(String, Vec<String>)>;

pub(crate) fn read_ecs() -> EcsPaths {
    let mut paths: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (file, text) in [
        ("ecs_extra.csv", include_str!("../data/ecs_extra.csv")),
        ("ecs.csv", include_str!("../data/ecs.csv")),
    ] {
        for row in data::rows::<EcsRow>(file, text) {
            let of_field = paths.entry(row.field.to_lowercase()).or_default();
            if !of_field.contains(&row.path) {
                of_field.push(row.path);
            }
        }
    }
    paths.into_iter().collect()
}
