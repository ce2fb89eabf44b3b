//! The fields of Sysmon's events (schema 4.90).

use rustc_hash::FxHashMap;
use serde::Deserialize;

use crate::data;

#[derive(Deserialize)]
struct Row {
    event_id: u32,
    /// With blanks between them.
    fields: String,
}

/// EventData fields by event id.
pub(crate) type Fields = FxHashMap<u32, Vec<String>>;

pub(crate) fn read() -> Fields {
    let rows: Vec<Row> = data::rows("sysmon_fields.csv", include_str!("../data/sysmon_fields.csv"));
    rows.into_iter()
        .map(|row| (row.event_id, row.fields.split_whitespace().map(str::to_owned).collect()))
        .collect()
}
