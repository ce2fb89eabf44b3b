//! Events that a QRadar appliance has normalised already: forwarded as JSON by a routing rule, and
//! rows of a search as its API gives them (`events` in JSON, or CSV).
//!
//! What the appliance said goes before anything of our own: times, addresses, user, QID, category,
//! log source, custom properties. Names become numbers through the catalog where it knows them. The
//! payload is the event's own; where it is a line of WinCollect or Snare, its fields fill the
//! properties that the appliance did not send.
//!
//! Rows are told by the columns of AQL: one of the time, and one of the log source or QID. Not in
//! here: rows without these, and the console's own export, which has the titles of the screen.

use std::borrow::Cow;
use std::sync::Arc;

use aql_catalog::{Catalog, Profile};
use aql_event::ColumnKind;
use rustc_hash::FxHashMap;

use super::csv::Row;
use super::syslog::Pair;
use super::{Format, JsonRecord, Layout, syslog};
use crate::json::Json;
use crate::normalise::generic::NamedFields;
use crate::normalise::mapped::MappedRecord;
use crate::out::{At, Out};

/// Events forwarded as JSON.
pub(crate) const FORWARD: Format = Format {
    name: "qradar-forward",
    about: "events that QRadar forwards as JSON",
    by: "the keys `lowLevelCategory` and `isoTimeFormat` or `logSourceType`",
    layout: Layout::Json {
        keys: &["lowLevelCategory"],
        beside: &[&["isoTimeFormat", "logSourceType"]],
        is: is_forwarded,
        take: take_forwarded,
    },
};

/// Rows of a search as JSON.
pub(crate) const SEARCH: Format = Format {
    name: "qradar-search",
    about: "results of a QRadar search as JSON",
    by: "keys that are columns of AQL: a time, and a log source or QID",
    layout: Layout::Json {
        keys: TIMES,
        beside: &[OWN],
        is: |json| is_row(|name| json.get(name).is_some()),
        take: take_row,
    },
};

/// Rows of a search as CSV.
pub(crate) const SEARCH_CSV: Format = Format {
    name: "qradar-search-csv",
    about: "results of a QRadar search as CSV",
    by: "columns of AQL: a time, and a log source or QID",
    layout: Layout::Csv {
        is: |header| is_row(|name| header.iter().any(|column| column.eq_ignore_ascii_case(name))),
        take: take_csv,
    },
};

/// Columns of a time.
const TIMES: &[&str] = &["starttime", "devicetime", "endtime"];

/// Columns that nobody but QRadar has.
const OWN: &[&str] = &[
    "qid",
    "qidname_qid",
    "logsourceid",
    "logsourcename_logsourceid",
    "logsourcetypename_devicetype",
    "categoryname_category",
    "utf8_payload",
];

/// Keys of a forwarded event that are no custom properties, though they may be called like one.
const FORWARDED: &[&str] = &[
    "name",
    "version",
    "isoTimeFormat",
    "type",
    "category",
    "deploymentID",
    "eventName",
    "eventDescription",
    "lowLevelCategory",
    "highLevelCategory",
    "logSource",
    "logSourceType",
    "logSourceGroup",
    "logSourceIdentifier",
    "srcAssetName",
    "dstAssetName",
    "srcNetName",
    "dstNetName",
    "domainName",
];

/// Where the names of things are that have numbers, and the payload.
struct Names {
    event_id: Option<&'static str>,
    category: &'static [&'static str],
    log_source_type: &'static str,
    event_name: &'static str,
    payload: &'static [&'static str],
}

const FORWARD_NAMES: Names = Names {
    event_id: Some("category"),
    category: &["lowLevelCategory"],
    log_source_type: "logSourceType",
    event_name: "eventName",
    payload: &["payload"],
};

const SEARCH_NAMES: Names = Names {
    event_id: None,
    category: &["category", "categoryname_category"],
    log_source_type: "logsourcetypename_devicetype",
    event_name: "qidname_qid",
    payload: &["utf8_payload", "payload"],
};

fn is_forwarded(json: Json<'_>) -> bool {
    json.get("lowLevelCategory").is_some()
        && (json.get("isoTimeFormat").is_some() || json.get("logSourceType").is_some())
}

fn is_row(has: impl Fn(&str) -> bool) -> bool {
    TIMES.iter().any(|name| has(name)) && OWN.iter().any(|name| has(name))
}

fn take_forwarded(name: &'static str, record: JsonRecord<'_>, out: &mut Out<'_>) {
    let fields = NamedFields::Json(record.json);
    take_fields(name, fields, &FORWARD_NAMES, record.payload, record.at, out);
}

fn take_row(name: &'static str, record: JsonRecord<'_>, out: &mut Out<'_>) {
    let fields = NamedFields::Json(record.json);
    take_fields(name, fields, &SEARCH_NAMES, record.payload, record.at, out);
}

fn take_csv(name: &'static str, row: Row<'_>, out: &mut Out<'_>) {
    let fields = NamedFields::Cells { header: row.header, cells: row.cells };
    take_fields(name, fields, &SEARCH_NAMES, row.payload, row.at, out);
}

/// What the catalog says of names that appliances write; it is asked once for each.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Keys of custom properties that are called otherwise here, and how.
    properties: FxHashMap<String, Option<Arc<str>>>,
    log_source_types: FxHashMap<String, Option<i64>>,
    categories: FxHashMap<String, Option<i64>>,
    /// QIDs by log source type and name.
    qids: FxHashMap<i64, FxHashMap<String, Option<i64>>>,
}

/// Names that are kept of each kind; hostile input could hold any number.
const MAX_NAMES: usize = 1 << 14;

/// What is kept for a name, or found anew.
fn kept<V: Clone>(map: &mut FxHashMap<String, V>, name: &str, find: impl FnOnce() -> V) -> V {
    if let Some(value) = map.get(name) {
        return value.clone();
    }
    if map.len() >= MAX_NAMES {
        map.clear();
    }
    let value = find();
    map.insert(name.to_owned(), value.clone());
    value
}

impl Known {
    /// The property that a key is one of the other names of.
    fn property(&mut self, key: &str) -> Option<Arc<str>> {
        kept(&mut self.properties, key, || {
            let catalog = Catalog::get();
            let is_known = catalog.event_field(key).is_some()
                || FORWARDED.iter().any(|known| known.eq_ignore_ascii_case(key));
            let (column, _) = catalog.property(key, Profile::Ibm).filter(|_| !is_known)?;
            let is_other =
                column.kind == ColumnKind::Property && !column.name.eq_ignore_ascii_case(key);
            is_other.then(|| Arc::from(&*column.name))
        })
    }

    fn log_source_type(&mut self, name: &str) -> Option<i64> {
        kept(&mut self.log_source_types, name, || {
            Some(Catalog::get().log_source_type_named(name)?.id)
        })
    }

    fn category(&mut self, name: &str) -> Option<i64> {
        kept(&mut self.categories, name, || Some(Catalog::get().category_named(name)?.id))
    }

    fn qid(&mut self, device_type: i64, name: &str) -> Option<i64> {
        // Types are numbers that a record may make up.
        if self.qids.len() >= MAX_NAMES {
            self.qids.clear();
        }
        kept(self.qids.entry(device_type).or_default(), name, || {
            Some(Catalog::get().qid_named(device_type, name)?.id)
        })
    }
}

fn take_fields(
    name: &'static str,
    fields: NamedFields<'_>,
    names: &Names,
    record: &[u8],
    at: At,
    out: &mut Out<'_>,
) {
    let Some(mapping) = Catalog::get().mapping("qradar") else { return };
    let mut text = String::new();
    let mut get = |keys: &[&str]| -> Option<String> {
        keys.iter().find_map(|key| Some(fields.get(key, &mut text)?.into_owned()))
    };
    let known = &mut out.qradar;
    let device_type = get(&["devicetype"])
        .and_then(|id| id.trim().parse().ok())
        .or_else(|| known.log_source_type(&get(&[names.log_source_type])?));
    let qid = get(&[names.event_name]).and_then(|name| known.qid(device_type?, &name));
    let category = get(names.category).and_then(|category| match category.trim().parse() {
        Ok(number) => Some(number),
        Err(_) => known.category(&category),
    });
    let payload = get(names.payload);
    let event_id = names.event_id.and_then(|key| get(&[key]));

    let mut own: Vec<(Pair<'_>, Option<Arc<str>>)> = Vec::with_capacity(64);
    fields.each_pair(&mut |key, value| {
        // A custom property under one of its other names.
        let property = known.property(&key);
        own.push(((key, value), property));
    });
    let mut pairs: Vec<Pair<'_>> = Vec::with_capacity(128);
    let mut push = |name: &'static str, value: Option<String>| {
        pairs.extend(value.map(|value| (Cow::Borrowed(name), Cow::Owned(value))));
    };
    push("@devicetype", device_type.map(|id: i64| id.to_string()));
    push("@qid", qid.map(|qid| qid.to_string()));
    push("@category", category.map(|id: i64| id.to_string()));
    push("@highlevelcategory", category.map(|id| (id - id.rem_euclid(1000)).to_string()));
    push("qideventid", event_id);
    for ((key, value), property) in &own {
        pairs.push((Cow::Borrowed(key), Cow::Borrowed(value)));
        pairs.extend(
            property.as_ref().map(|name| (Cow::Borrowed(&**name), Cow::Borrowed(&**value))),
        );
    }
    let inner = payload.as_deref().unwrap_or_default();
    let event = syslog::windows_event(inner, inner.as_bytes(), out.options.now);
    let event = event.as_ref().map(|(_, event)| event.with_labels(&mut out.labels));
    if let Some(event) = &event {
        event.each(&mut |name, value| {
            if name == "Channel" {
                pairs.push((Cow::Borrowed("@channel"), Cow::Borrowed(value)));
            }
            pairs.push((Cow::Borrowed(name), Cow::Borrowed(value)));
        });
    }
    let payload = payload.as_deref().map_or(record, str::as_bytes);
    let fields = NamedFields::of_pairs(&pairs);
    let record = MappedRecord { mapping, fields, payload, header_time: None, category: None };
    out.mapped(name, &record, at.record);
}
