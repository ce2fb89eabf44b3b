//! Makes the generated files of the catalog from the reference tables.
//!
//! The reference tables are wide and written for readers; the files of the catalog are what
//! `aql-catalog` looks up: one fact per row, transforms in a small fixed language, and the column
//! that says how sure we are of a row (`basis`) kept. Text of a table that this importer does not
//! know is an error and never guessed at. Read [`generate`] first: one line per file.

mod columns;
mod defender;
mod ecs;
mod names;
mod office365;
mod qids;
mod table;
mod windows;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use table::Tables;

/// File name and content of every generated file. `data` is the folder of the committed files:
/// ids that were given out are read from there.
pub(crate) fn generate(tables: &Path, data: &Path) -> Result<Vec<(&'static str, String)>> {
    let tables = Tables::new(tables);
    let aliases = names::Aliases::read(&tables)?;
    let (qids, assigned) = qids::generate(&tables, data)?;
    Ok(vec![
        ("log_source_types.csv", names::log_source_types(&tables)?),
        ("categories_high.csv", names::high_level_categories(&tables)?),
        ("categories_low.csv", names::low_level_categories(&tables)?),
        ("aliases.csv", aliases.to_csv()?),
        ("raw_fields.csv", columns::raw_fields(&tables)?),
        ("windows.csv", windows::generate(&tables, &aliases)?),
        ("office365.csv", office365::generate(&tables, &aliases)?),
        ("defender.csv", defender::generate(&tables, &aliases)?),
        ("ecs.csv", ecs::generate(&tables)?),
        ("qids.csv", qids),
        ("qids_assigned.csv", assigned),
    ])
}

/// Writes the generated files whose content differs, and names them.
pub(crate) fn write(tables: &Path, data: &Path) -> Result<Vec<&'static str>> {
    let mut changed = Vec::new();
    for (name, text) in generate(tables, data)? {
        let path = data.join(name);
        if fs::read_to_string(&path).is_ok_and(|old| old == text) {
            continue;
        }
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        changed.push(name);
    }
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn importing_again_gives_the_committed_files() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let tables = root.join("../shared/reference/tables");
        if !tables.is_dir() {
            eprintln!("skipped: no reference tables at {}", tables.display());
            return;
        }
        let data = root.join("crates/aql-catalog/data");
        for (name, text) in super::generate(&tables, &data).unwrap_or_else(|e| panic!("{e:#}")) {
            let committed = std::fs::read_to_string(data.join(name)).unwrap_or_default();
            assert!(committed == text, "{name} is not what the importer makes of the tables");
        }
    }
}
