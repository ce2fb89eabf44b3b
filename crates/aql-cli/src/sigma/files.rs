//! Files of Sigma rules.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use aql_diag::{SourceText, codes};

use crate::messages;

/// The longest file that is read: rules have some kilobytes.
const MOST_BYTES: u64 = 4 << 20;

/// The files, and those of folders (sorted) that end in `.yml` or `.yaml`; and how many could not be
/// read, each of which is said in one line.
pub(crate) fn read(paths: &[PathBuf]) -> anyhow::Result<(Vec<SourceText>, usize)> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            let mut inside = Vec::new();
            collect(path, &mut inside)?;
            if inside.is_empty() {
                bail!("{}: has no file that ends in .yml or .yaml", path.display());
            }
            inside.sort();
            found.append(&mut inside);
        } else if path.exists() {
            found.push(path.clone());
        } else {
            bail!("{}: there is no such file or folder", path.display());
        }
    }
    let mut files = Vec::with_capacity(found.len());
    let mut unread = 0;
    for path in found {
        match read_one(&path) {
            Ok(text) => files.push(SourceText::new(path.display().to_string(), text)),
            Err(error) => {
                unread += 1;
                messages::line(&format!("error[{}]: {error:#}", codes::SIGMA_UNREADABLE));
            }
        }
    }
    Ok((files, unread))
}

fn read_one(path: &Path) -> anyhow::Result<String> {
    let cannot = || format!("{}: cannot be read", path.display());
    let length = fs::metadata(path).with_context(cannot)?.len();
    if length > MOST_BYTES {
        bail!("{}: is longer than {} MB, which no rule is", path.display(), MOST_BYTES >> 20);
    }
    let bytes = fs::read(path).with_context(cannot)?;
    // A byte that is no UTF-8 should not stop a rule, nor go by unsaid.
    Ok(String::from_utf8(bytes).unwrap_or_else(|error| {
        messages::line(&format!(
            "warning[{}]: {}: has bytes that are no UTF-8; they are read as `\u{fffd}`",
            codes::SIGMA_UNREADABLE,
            path.display()
        ));
        String::from_utf8_lossy(error.as_bytes()).into_owned()
    }))
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
