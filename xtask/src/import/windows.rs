//! Which field of a Windows event fills which column.

use anyhow::{Result, bail};

use super::names::Aliases;
use super::table::{Output, Tables};

/// Rows that say the same about several event ids become one.
#[derive(PartialEq)]
struct Key {
    column: String,
    channel: &'static str,
    all_ids: bool,
    field: String,
    transform: String,
}

pub(super) fn generate(tables: &Tables, aliases: &Aliases) -> Result<String> {
    let mut merged: Vec<(Key, Vec<String>, String)> = Vec::new();
    for row in tables.rows("em_windows_property_map.csv")? {
        let selector = row.get("selector")?;
        let Some((group, id)) = selector.split_once(':') else {
            bail!("selector {selector:?} has no colon");
        };
        let key = Key {
            column: aliases.column(row.get("canonical_property")?).to_owned(),
            channel: channel(group)?,
            all_ids: id == "*",
            field: row.get("raw_field")?.split('@').next().unwrap_or_default().to_owned(),
            transform: transform(row.get("transform")?)?,
        };
        let ids = if id == "*" { Vec::new() } else { vec![id.to_owned()] };
        match merged.iter_mut().find(|(k, ..)| *k == key) {
            Some((_, known, _)) => {
                known.extend(ids);
                known.sort_by_key(|id| id.parse::<u32>().unwrap_or(u32::MAX));
                known.dedup();
            }
            None => merged.push((key, ids, row.get("note")?.to_owned())),
        }
    }
    let mut out = Output::new(&["column", "channel", "event_ids", "field", "transform", "basis"])?;
    for (key, ids, note) in &merged {
        out.row(&[&key.column, key.channel, &ids.join(";"), &key.field, &key.transform, note])?;
    }
    out.finish()
}

/// The channel that the tables mean by a short name.
fn channel(group: &str) -> Result<&'static str> {
    Ok(match group {
        "sysmon" => "Microsoft-Windows-Sysmon/Operational",
        "security" => "Security",
        "powershell" => "Microsoft-Windows-PowerShell/Operational",
        "winevt" => "",
        other => bail!("unknown group of events {other:?}"),
    })
}

/// The words of the table in the transform language of the catalog.
fn transform(words: &str) -> Result<String> {
    if let Some(key) = words.strip_prefix("split \",\" then \"=\", key ") {
        return Ok(format!("hash:{key}"));
    }
    if let Some(text) = words.strip_prefix("value of \"").and_then(|w| w.strip_suffix('"')) {
        return Ok(format!("after:{}", text.trim_end()));
    }
    Ok(match words {
        // Numbers need no transform for a number column; "-" and empty are absent everywhere;
        // joining the parts of a script is the reader's business.
        "" | "int" | "\"-\" -> NULL" | "\"-\" -> fallback chain" | "%%44nn codes kept" => "",
        "parts with one ScriptBlockId joined by MessageNumber (batch option)"
        | "ShareLocalPath + RelativeTargetName when both known" => "",
        "basename"
        | "basename (profile ibm) or identity (profile raw)"
        | "basename (ibm) or identity (raw)" => "basename",
        "dirname" => "directory",
        "text after last dot, lower case" => "extension",
        "hex to int" => "number",
        "tcp->6 udp->17" => "protocol",
        "UTC" | "UTC, \"yyyy-MM-dd HH:mm:ss.SSS\"" => "time",
        other => bail!("unknown transform {other:?} of a Windows field"),
    }
    .to_owned())
}
