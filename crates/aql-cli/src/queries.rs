//! Files of queries: finding, reading, comparing, rewriting.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use aql_diag::SourceText;

use crate::query;

/// A query, and the file it came from; none for standard input.
pub(crate) struct QueryFile {
    pub(crate) source: SourceText,
    pub(crate) path: Option<PathBuf>,
}

/// The queries of files, of folders (sorted), and of standard input.
pub(crate) fn read(paths: &[PathBuf]) -> anyhow::Result<Vec<QueryFile>> {
    let mut files = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            let mut source = query::read_text(path)?;
            source.name = "<stdin>".to_owned();
            files.push(QueryFile { source, path: None });
            continue;
        }
        let mut found = Vec::new();
        if path.is_dir() {
            collect(path, &mut found)?;
            found.sort();
        } else {
            found.push(path.clone());
        }
        for path in found {
            let source = query::read_text(&path)?;
            files.push(QueryFile { source, path: Some(path) });
        }
    }
    Ok(files)
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("{}: cannot be read", folder.display()))?;
    for entry in entries {
        let entry = entry.with_context(|| format!("{}: cannot be read", folder.display()))?;
        let path = entry.path();
        let kind =
            entry.file_type().with_context(|| format!("{}: cannot be read", path.display()))?;
        // A link could lead round in a circle.
        if kind.is_dir() {
            collect(&path, found)?;
        } else if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("aql")) {
            found.push(path);
        }
    }
    Ok(())
}

/// Puts a new text into a file, whole or not at all.
pub(crate) fn rewrite(path: &Path, text: &str) -> anyhow::Result<()> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    fs::write(&partial, text)
        .and_then(|()| fs::set_permissions(&partial, fs::metadata(path)?.permissions()))
        .and_then(|()| fs::rename(&partial, path))
        .with_context(|| format!("{}: cannot be written", path.display()))
}

/// The difference of two texts, line by line: one hunk from the first line that differs to the last.
pub(crate) fn diff(name: &str, before: &str, after: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - head;
    let tail =
        old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let (gone, come) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
    let at = |lines: &[&str]| if lines.is_empty() { head } else { head + 1 };
    let mut out = format!(
        "--- {name}\n+++ {name}\n@@ -{},{} +{},{} @@\n",
        at(gone),
        gone.len(),
        at(come),
        come.len()
    );
    for (sign, lines) in [('-', gone), ('+', come)] {
        for line in lines {
            out.push(sign);
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}
