//! Log source types, categories, property aliases: copied, with little to reshape.

use std::collections::{HashMap, HashSet};

use anyhow::{Result, bail};

use super::table::{Output, Row, Tables};

pub(super) fn log_source_types(tables: &Tables) -> Result<String> {
    let mut out = Output::new(&["id", "short", "name", "basis"])?;
    for row in tables.rows("em_log_source_types.csv")? {
        let short = row.get("pysigma_name")?;
        let display = row.get("display_name")?;
        let name = if display.is_empty() { short } else { display };
        out.row(&[row.get("device_type_id")?, short, name, row.get("basis")?])?;
    }
    out.finish()
}

pub(super) fn high_level_categories(tables: &Tables) -> Result<String> {
    let mut out = Output::new(&["id", "name", "basis"])?;
    for row in tables.rows("em_high_level_categories.csv")? {
        out.row(&[row.get("id")?, row.get("name")?, row.get("basis")?])?;
    }
    out.finish()
}

pub(super) fn low_level_categories(tables: &Tables) -> Result<String> {
    let mut out = Output::new(&["id", "name", "severity", "basis"])?;
    for row in tables.rows("em_low_level_categories.csv")? {
        let (id, high) = (number(&row, "id")?, number(&row, "high_level_id")?);
        if id - id % 1000 != high {
            bail!("category {id} is not below its high-level category {high}");
        }
        out.row(&[row.get("id")?, row.get("name")?, row.get("severity")?, row.get("basis")?])?;
    }
    out.finish()
}

pub(super) fn number(row: &Row, column: &str) -> Result<i64> {
    let text = row.get(column)?;
    text.parse().map_err(|_| anyhow::anyhow!("{column}: {text:?} is not a number"))
}

/// Parameters of Exchange cmdlets that the alias table lists under `Forward To`. They stay names
/// of their own, so that a query can tell a redirect from a forward; `Forward To` is filled from
/// all of them.
const OWN_NAMES: [&str; 5] = [
    "ForwardTo",
    "ForwardingSmtpAddress",
    "ForwardingAddress",
    "RedirectTo",
    "ForwardAsAttachmentTo",
];

/// The alias table.
pub(super) struct Aliases {
    rows: Vec<[String; 4]>,
    canonical: HashMap<String, String>,
    builtin: HashSet<String>,
}

impl Aliases {
    pub(super) fn read(tables: &Tables) -> Result<Self> {
        let mut rows = Vec::new();
        let mut canonical = HashMap::new();
        let mut builtin = HashSet::new();
        for row in tables.rows("em_aql_event_fields.csv")? {
            builtin.insert(row.get("field")?.to_lowercase());
        }
        let mut seen = HashSet::new();
        for row in tables.rows("em_property_aliases.csv")? {
            let (name, alias) = (row.get("canonical")?, row.get("alias")?);
            if OWN_NAMES.contains(&alias) || !seen.insert(alias.to_lowercase()) {
                continue;
            }
            canonical.insert(alias.to_lowercase(), name.to_owned());
            rows.push([name, alias, row.get("note")?, row.get("evidence")?].map(str::to_owned));
        }
        Ok(Aliases { rows, canonical, builtin })
    }

    pub(super) fn to_csv(&self) -> Result<String> {
        let mut out = Output::new(&["canonical", "alias", "note", "basis"])?;
        for row in &self.rows {
            out.row(&row.each_ref().map(String::as_str))?;
        }
        out.finish()
    }

    /// The name of the column that a mapping table means: the canonical name where it writes an
    /// alias (`DNS Request Domain` is `URL`). A built-in column is no alias, although some are
    /// also listed as one (`qideventid`).
    pub(super) fn column<'a>(&'a self, name: &'a str) -> &'a str {
        if self.builtin.contains(&name.to_lowercase()) {
            return name;
        }
        self.canonical.get(&name.to_lowercase()).map_or(name, String::as_str)
    }
}
