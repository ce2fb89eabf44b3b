//! The names of raw fields that some known record has.

use std::collections::HashMap;

use anyhow::Result;

use super::table::{Output, Tables};

pub(super) fn raw_fields(tables: &Tables) -> Result<String> {
    let mut names = Names::default();
    for row in tables.rows("em_sysmon_fields.csv")? {
        names.add(row.get("field")?, "sysmon", "schema 4.90");
    }
    for row in tables.rows("em_windows_events.csv")? {
        let fields = row.get("event_data_fields")?;
        // Classic logs have positional values; their row says so in words.
        if fields.contains(' ') {
            continue;
        }
        for field in fields.split(';').filter(|f| !f.is_empty()) {
            names.add(field, "windows", "event data field");
        }
    }
    for row in tables.rows("em_o365_fields.csv")? {
        names.add(row.get("field")?, "office365", "audit schema");
    }
    for row in tables.rows("em_o365_property_map.csv")? {
        let path = row.get("raw_path")?;
        if path.contains('.') && path.chars().all(|c| c.is_ascii_alphanumeric() || c == '.') {
            names.add(path, "office365", "path of a record");
        }
    }
    for row in tables.rows("em_o365_operations.csv")? {
        let keys = row.get("key_fields")?;
        for part in keys.split("Parameters[").skip(1) {
            let list = part.split(']').next().unwrap_or("");
            for name in list.split(',').map(str::trim).filter(|n| !n.is_empty()) {
                names.add(name, "office365 parameter", "parameter of an operation");
            }
        }
    }
    for row in tables.rows("em_defender_columns.csv")? {
        names.add(row.get("column")?, "defender", "advanced hunting schema");
    }
    names.finish()
}

#[derive(Default)]
struct Names {
    rows: Vec<[String; 3]>,
    seen: HashMap<String, ()>,
}

impl Names {
    /// Keeps the first spelling of a name.
    fn add(&mut self, name: &str, group: &str, basis: &str) {
        if self.seen.insert(name.to_lowercase(), ()).is_none() {
            self.rows.push([name, group, basis].map(str::to_owned));
        }
    }

    fn finish(self) -> Result<String> {
        let mut out = Output::new(&["name", "group", "basis"])?;
        for row in &self.rows {
            out.row(&row.each_ref().map(String::as_str))?;
        }
        out.finish()
    }
}
