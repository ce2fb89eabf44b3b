//! Which column of an advanced hunting table fills which column.

use anyhow::{Result, bail};

use super::names::Aliases;
use super::table::{Output, Tables};

pub(super) fn generate(tables: &Tables, aliases: &Aliases) -> Result<String> {
    let mut merged: Vec<([String; 4], Vec<String>)> = Vec::new();
    for row in tables.rows("em_defender_map.csv")? {
        let raw = row.get("column")?;
        // A nested audit record is read with the map of audit records.
        if raw == "RawEventData" {
            continue;
        }
        let column = aliases.column(row.get("canonical_property")?);
        let (field, domain) = match raw.split_once(" + ") {
            Some((domain, user)) => (user, Some(domain)),
            None => (raw, None),
        };
        let field = if field == "(table name)" { "@table" } else { field };
        let transform = match domain {
            Some(domain) => format!("domain:{domain}"),
            None => transform(row.get("transform")?, raw)?,
        };
        let key = [column, field, &transform, row.get("transform")?].map(str::to_owned);
        let table = row.get("table")?.to_owned();
        match merged.iter_mut().find(|(k, _)| *k == key) {
            Some((_, tables)) => tables.push(table),
            None => merged.push((key, vec![table])),
        }
    }
    let mut out = Output::new(&["column", "tables", "field", "transform", "basis"])?;
    for ([column, field, transform, basis], tables) in &merged {
        out.row(&[column, &tables.join(";"), field, transform, basis])?;
    }
    out.finish()
}

fn transform(words: &str, field: &str) -> Result<String> {
    Ok(match words {
        "ISO 8601 UTC" => "time",
        "dirname" => "directory",
        // The whole path in practice, though described as the folder's.
        w if field.ends_with("FolderPath") && (w.is_empty() || w.contains("append")) => {
            return Ok(format!("file:{}", field.replace("FolderPath", "FileName")));
        }
        // What a reader does beyond copying: the words stay in the basis column.
        "" | "int" | "host part" | "else NULL chain" | "(profile raw: FolderPath)" => "",
        "\"AdvancedHunting-\" prefix dropped"
        | "swap with LocalIP for InboundConnectionAccepted" => "",
        w if w.starts_with("Tcp->6 Udp->17") => "protocol",
        other => bail!("unknown transform {other:?} of a hunting column"),
    }
    .to_owned())
}
