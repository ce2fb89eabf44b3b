//! Where the Elastic Common Schema puts a field of a Windows event.

use anyhow::Result;

use super::table::{Output, Tables};

pub(super) fn generate(tables: &Tables) -> Result<String> {
    let mut out = Output::new(&["field", "path", "basis"])?;
    let mut seen: Vec<(String, String)> = Vec::new();
    for row in tables.rows("em_ecs_map.csv")? {
        let (field, condition) = (row.get("windows_field")?, row.get("condition")?);
        // The general rule, the record itself, and a sum of two paths: readers know these. Hashes
        // are a text in the event and an object in ECS: its parts are in `ecs_extra.csv`.
        if matches!(field, "*" | "raw XML" | "Hashes") || row.get("ecs_path")?.contains('+') {
            continue;
        }
        let all = row.get("ecs_path")?;
        for (i, part) in all.split("; ").flat_map(|p| p.split(" and ")).enumerate() {
            // The module also splits a path into name, folder and extension, which are derived
            // columns here.
            if i > 0 && matches!(field, "Image" | "TargetFilename") {
                continue;
            }
            let part = part.trim().trim_start_matches("in newer module ");
            let path = part.split(' ').next().unwrap_or_default();
            let pair = (field.to_owned(), path.to_owned());
            if path.is_empty() || seen.contains(&pair) {
                continue;
            }
            out.row(&[field, path, condition])?;
            seen.push(pair);
        }
    }
    out.finish()
}
