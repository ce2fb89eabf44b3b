//! The QID map: events with the ids that were seen on appliances, and ids of our own for the rest.
//!
//! An id of our own is given out once, to a key of log source type, event id and event category,
//! and entered in `qids_assigned.csv`. That file only grows: an entry that disappears keeps its
//! id, so that no id ever means something else.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::names::number;
use super::table::{Output, Row, Tables, rows};

/// The first id of our own; no id seen on an appliance comes near it.
const FIRST: i64 = 1_999_000_000;

const SYSMON: &str = "Microsoft-Windows-Sysmon/Operational";
const WINDOWS: i64 = 12;
const OFFICE365: i64 = 397;

struct Entry {
    id: Option<i64>,
    name: String,
    alternate: String,
    device_type: i64,
    event_id: String,
    event_category: String,
    category: i64,
    severity: i64,
    basis: String,
}

impl Entry {
    fn key(&self) -> Key {
        Key(self.device_type, self.event_id.to_lowercase(), self.event_category.to_lowercase())
    }
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Key(i64, String, String);

/// The QID map, and the ids of our own that were given out.
pub(super) fn generate(tables: &Tables, data: &Path) -> Result<(String, String)> {
    let mut entries = Vec::new();
    sysmon(tables, &mut entries)?;
    windows(tables, &mut entries)?;
    office365(tables, &mut entries)?;
    extra(data, &mut entries)?;
    observed(tables, &mut entries)?;
    unknown(tables, &mut entries)?;

    let mut assigned = Assigned::read(data)?;
    let mut ids = HashMap::new();
    for entry in &mut entries {
        let id = match entry.id {
            Some(id) => id,
            None => assigned.id(entry)?,
        };
        if ids.insert(id, ()).is_some() {
            bail!("qid {id} ({}) occurs twice", entry.name);
        }
        entry.id = Some(id);
    }
    entries.sort_by_key(|e| e.id);
    let mut out = Output::new(&[
        "id",
        "name",
        "alternate",
        "device_type",
        "event_id",
        "event_category",
        "category",
        "severity",
        "basis",
    ])?;
    for e in &entries {
        out.row(&[
            &e.id.unwrap_or_default().to_string(),
            &e.name,
            &e.alternate,
            &e.device_type.to_string(),
            &e.event_id,
            &e.event_category,
            &e.category.to_string(),
            &e.severity.to_string(),
            &e.basis,
        ])?;
    }
    Ok((out.finish()?, assigned.to_csv()?))
}

fn sysmon(tables: &Tables, entries: &mut Vec<Entry>) -> Result<()> {
    for row in tables.rows("em_sysmon_events.csv")? {
        entries.push(Entry {
            id: optional(&row, "qid")?,
            name: row.get("qidname")?.to_owned(),
            alternate: row.get("qidname_alternate")?.to_owned(),
            device_type: WINDOWS,
            event_id: row.get("event_id")?.to_owned(),
            event_category: SYSMON.to_owned(),
            category: number(&row, "category_id")?,
            // IBM's pages for audit and system categories: 1 unless it is a failure.
            severity: optional(&row, "severity")?.unwrap_or(1),
            basis: format!(
                "name: {}; category: {}",
                row.get("qid_basis")?,
                row.get("category_basis")?
            ),
        });
    }
    Ok(())
}

fn windows(tables: &Tables, entries: &mut Vec<Entry>) -> Result<()> {
    for row in tables.rows("em_windows_events.csv")? {
        entries.push(Entry {
            id: optional(&row, "qid")?,
            name: row.get("qidname")?.to_owned(),
            alternate: String::new(),
            device_type: WINDOWS,
            event_id: row.get("event_id")?.to_owned(),
            event_category: row.get("channel")?.to_owned(),
            category: number(&row, "category_id")?,
            severity: number(&row, "severity")?,
            basis: row.get("basis")?.to_owned(),
        });
    }
    Ok(())
}

fn office365(tables: &Tables, entries: &mut Vec<Entry>) -> Result<()> {
    for row in tables.rows("em_o365_operations.csv")? {
        // Blanks at the end of an operation are part of it.
        let operation = row.raw("operation")?;
        let category = row.get("category_name")?;
        entries.push(Entry {
            id: None,
            name: operation.to_owned(),
            alternate: String::new(),
            device_type: OFFICE365,
            event_id: operation.to_owned(),
            event_category: row.get("workload")?.to_owned(),
            category: number(&row, "category_id")?,
            severity: if category.contains("Fail") { 3 } else { 1 },
            basis: row.get("basis")?.to_owned(),
        });
    }
    Ok(())
}

/// Entries kept by hand in `qids_extra.csv`.
fn extra(data: &Path, entries: &mut Vec<Entry>) -> Result<()> {
    for row in rows(&data.join("qids_extra.csv"))? {
        entries.push(Entry {
            id: None,
            name: row.get("name")?.to_owned(),
            alternate: row.get("alternate")?.to_owned(),
            device_type: number(&row, "device_type")?,
            event_id: row.raw("event_id")?.to_owned(),
            event_category: row.get("event_category")?.to_owned(),
            category: number(&row, "category")?,
            severity: number(&row, "severity")?,
            basis: row.get("basis")?.to_owned(),
        });
    }
    Ok(())
}

/// Ids seen on appliances. One whose event is already in the map gives that event its id; one
/// without a name answers nothing and is left out.
fn observed(tables: &Tables, entries: &mut Vec<Entry>) -> Result<()> {
    for row in tables.rows("em_observed_qids.csv")? {
        let (id, name) = (number(&row, "qid")?, row.get("qidname")?);
        let note = row.get("note")?;
        if name.is_empty() || entries.iter().any(|e| e.id == Some(id)) {
            continue;
        }
        let operation =
            note.strip_prefix("Office 365 operation ").and_then(|n| n.split(';').next());
        if let Some(operation) = operation {
            let Some(entry) =
                entries.iter_mut().find(|e| e.device_type == OFFICE365 && e.event_id == operation)
            else {
                bail!("observed qid {id}: no operation {operation:?}");
            };
            entry.id = Some(id);
            entry.name = name.to_owned();
            continue;
        }
        entries.push(Entry {
            id: Some(id),
            name: name.to_owned(),
            alternate: String::new(),
            device_type: number(&row, "device_type_id")?,
            event_id: String::new(),
            event_category: String::new(),
            category: optional(&row, "category_id")?.unwrap_or(10001),
            severity: severity_of(note),
            basis: format!("{}; {note}", row.get("source")?).trim_end_matches("; ").to_owned(),
        });
    }
    Ok(())
}

/// `sev 4 cred 5 …` of a note.
fn severity_of(note: &str) -> i64 {
    let behind = note.split("sev ").nth(1).unwrap_or_default();
    behind.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(1)
}

/// For every log source type the entry of events that the map does not know.
fn unknown(tables: &Tables, entries: &mut Vec<Entry>) -> Result<()> {
    for row in tables.rows("em_log_source_types.csv")? {
        let device_type = number(&row, "device_type_id")?;
        let category = match device_type {
            WINDOWS => 10006,
            18 => 12001,
            _ => 10001,
        };
        entries.push(Entry {
            id: None,
            name: "Unknown".to_owned(),
            alternate: String::new(),
            device_type,
            event_id: String::new(),
            event_category: "unknown".to_owned(),
            category,
            severity: 1,
            basis: "own choice: events without an entry".to_owned(),
        });
    }
    Ok(())
}

fn optional(row: &Row, column: &str) -> Result<Option<i64>> {
    if row.get(column)?.is_empty() { Ok(None) } else { number(row, column).map(Some) }
}

/// The ids of our own.
struct Assigned {
    ids: HashMap<Key, i64>,
    rows: Vec<(i64, i64, String, String)>,
    next: i64,
}

impl Assigned {
    fn read(data: &Path) -> Result<Self> {
        let mut assigned = Assigned { ids: HashMap::new(), rows: Vec::new(), next: FIRST };
        let path = data.join("qids_assigned.csv");
        if !path.exists() {
            return Ok(assigned);
        }
        for row in rows(&path).context("ids given out so far")? {
            let (id, device_type) = (number(&row, "id")?, number(&row, "device_type")?);
            assigned.enter(id, device_type, row.raw("event_id")?, row.raw("event_category")?);
        }
        Ok(assigned)
    }

    fn enter(&mut self, id: i64, device_type: i64, event_id: &str, event_category: &str) {
        let key = Key(device_type, event_id.to_lowercase(), event_category.to_lowercase());
        self.ids.insert(key, id);
        self.rows.push((id, device_type, event_id.to_owned(), event_category.to_owned()));
        self.next = self.next.max(id + 1);
    }

    fn id(&mut self, entry: &Entry) -> Result<i64> {
        if let Some(&id) = self.ids.get(&entry.key()) {
            return Ok(id);
        }
        let id = self.next;
        self.enter(id, entry.device_type, &entry.event_id, &entry.event_category);
        Ok(id)
    }

    fn to_csv(&self) -> Result<String> {
        let mut out = Output::new(&["id", "device_type", "event_id", "event_category"])?;
        for (id, device_type, event_id, event_category) in &self.rows {
            out.row(&[&id.to_string(), &device_type.to_string(), event_id, event_category])?;
        }
        out.finish()
    }
}
