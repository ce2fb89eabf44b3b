//! Files of Sigma rules.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use aql_diag::SourceText;

/// The longest file that is read: rules have some kilobytes.
const MOST_BYTES: u64 = 4 << 20;

/// The files, and those of folders (sorted) that end in `.yml` or `.yaml`.
pub(crate) fn read(paths: &[PathBuf]) -> anyhow::Result<Vec<SourceText>> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = found.len();
            collect(path, &mut found)?;
            if found.len() == before {
                bail!("{}: has no file that ends in .yml or .yaml", path.display());
            }
            found[before..].sort();
        } else {
            found.push(path.clone());
        }
    }
    let mut files = Vec::with_capacity(found.len());
    for path in found {
        let cannot = || format!("{}: cannot be read", path.display());
        let length = fs::metadata(&path).with_context(cannot)?.len();
        if length > MOST_BYTES {
            bail!("{}: is longer than {} MB, which no rule is", path.display(), MOST_BYTES >> 20);
        }
        // A byte that is no UTF-8 should not stop thousands of other rules.
        let bytes = fs::read(&path).with_context(cannot)?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        files.push(SourceText::new(path.display().to_string(), text));
    }
    Ok(files)
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let cannot = || format!("{}: cannot be read", folder.display());
    for entry in fs::read_dir(folder).with_context(cannot)? {
        let entry = entry.with_context(cannot)?;
        let (path, kind) = (entry.path(), entry.file_type().with_context(cannot)?);
        let is_yaml =
            |e: &std::ffi::OsStr| e.eq_ignore_ascii_case("yml") || e.eq_ignore_ascii_case("yaml");
        // A link could lead round in a circle.
        if kind.is_dir() {
            collect(&path, found)?;
        } else if path.extension().is_some_and(is_yaml) {
            found.push(path);
        }
    }
    Ok(())
}
