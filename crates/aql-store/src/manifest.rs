//! The manifest: what is in a store.
//!
//! It is one JSON document, and the only truth: a segment that it does not name is not there.

use std::collections::HashSet;
use std::fs;
use std::path::{Component, Path};

use aql_diag::{Diagnostic, codes};
use serde::{Deserialize, Serialize};

use crate::files::{self, MANIFEST, SEGMENT_PREFIX, error};
use crate::row::Span;

/// What the manifest says that it is.
const FORMAT: &str = "aquiline-store";
/// The version of new stores, and the newest that is read. In stores of version 1 there is a folder
/// for each hour; they are read, and added to as they are.
pub(crate) const VERSION: u32 = 2;

/// What is in a store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) format: String,
    pub(crate) version: u32,
    /// The program that wrote it.
    pub(crate) written_by: String,
    /// Imports so far; each gives its number to its segments.
    pub(crate) imports: u32,
    /// What was imported, as named on the command line or found in folders.
    pub(crate) sources: Vec<Source>,
    /// What came of it; members of archives have entries of their own.
    pub(crate) files: Vec<ReadFile>,
    /// The Parquet files, in the order of time.
    pub(crate) segments: Vec<Segment>,
    /// The log sources of the events.
    pub(crate) log_sources: Vec<StoredLogSource>,
}

/// An imported file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) sha256: String,
    pub(crate) bytes: u64,
    /// Number of the import.
    pub(crate) import: u32,
    /// When it was imported, epoch milliseconds.
    pub(crate) imported: i64,
}

/// What was read from a file, or from a member of an archive: what `aql.file` says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ReadFile {
    pub(crate) path: String,
    pub(crate) format: Option<String>,
    pub(crate) records: u64,
    pub(crate) unparsed: u64,
    /// Records or parts that could not be read.
    pub(crate) lost: u64,
    /// What was said about that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) problems: Vec<String>,
}

/// A Parquet file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Segment {
    /// Path in the store, with `/`.
    pub(crate) path: String,
    pub(crate) bytes: u64,
    pub(crate) rows: u64,
    /// Oldest and newest time of its events, epoch milliseconds; nothing if none has a time.
    pub(crate) oldest: Option<i64>,
    pub(crate) newest: Option<i64>,
    /// Bytes of the file that says which texts occur in the raw records, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) texts: Option<u64>,
}

/// A log source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredLogSource {
    pub(crate) id: i64,
    #[serde(rename = "type")]
    pub(crate) type_id: i64,
    pub(crate) name: String,
}

/// What every version of the manifest has.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: u32,
}

impl Manifest {
    /// Of a store without events.
    pub(crate) fn empty() -> Self {
        Manifest {
            format: FORMAT.to_owned(),
            version: VERSION,
            written_by: String::new(),
            imports: 0,
            sources: Vec::new(),
            files: Vec::new(),
            segments: Vec::new(),
            log_sources: Vec::new(),
        }
    }

    /// Reads and checks the manifest of a store.
    pub(crate) fn read(store: &Path) -> Result<Self, Box<Diagnostic>> {
        let path = store.join(MANIFEST);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(problem) if problem.kind() == std::io::ErrorKind::NotFound => {
                let message = format!("the store has lost its manifest `{MANIFEST}`");
                let problem = error(codes::STORE_NO_MANIFEST, store, message)
                    .note("its Parquet files can still be read by other programs")
                    .help(
                        "restore the manifest from a copy, or import the evidence into a new folder",
                    );
                return Err(Box::new(problem));
            }
            Err(problem) => {
                let message = format!("the manifest cannot be read: {problem}");
                return Err(Box::new(error(codes::STORE_MANIFEST, &path, message)));
            }
        };
        let damaged = |what: String| {
            error(codes::STORE_MANIFEST, &path, what)
                .note("it was edited or damaged: nothing but `aql import` writes it")
                .help("restore it from a copy, or import the evidence into a new folder")
        };
        let head: Head = serde_json::from_slice(&text)
            .map_err(|problem| damaged(format!("the manifest is not valid: {problem}")))?;
        if head.format != FORMAT {
            return Err(Box::new(damaged(format!(
                "the manifest is of a `{}`, not of a store",
                head.format
            ))));
        }
        if head.version > VERSION {
            let message = format!(
                "the store is of version {}, and this program reads up to version {VERSION}",
                head.version
            );
            let problem = error(codes::STORE_NEWER, &path, message)
                .help("use a newer `aql`, or import the evidence into a new folder");
            return Err(Box::new(problem));
        }
        let manifest: Manifest = serde_json::from_slice(&text)
            .map_err(|problem| damaged(format!("the manifest is not valid: {problem}")))?;
        manifest.check().map_err(damaged)?;
        Ok(manifest)
    }

    /// Is this folder a store, as far as a glance can tell? Also one whose manifest is gone.
    pub(crate) fn is_store(folder: &Path) -> bool {
        if let Ok(text) = fs::read(folder.join(MANIFEST)) {
            // A damaged manifest of ours is told as such.
            let is_ours = |text: &[u8]| {
                let start = text.get(..256).unwrap_or(text);
                String::from_utf8_lossy(start).contains(FORMAT)
            };
            if is_ours(&text) {
                return true;
            }
        }
        let days = files::folders(folder, "day=").unwrap_or_default();
        let hours = days.iter().flat_map(|day| files::folders(day, "hour=").unwrap_or_default());
        days.iter().cloned().chain(hours).take(16).any(|partition| {
            fs::read_dir(partition).into_iter().flatten().flatten().any(|entry| {
                entry.file_name().to_str().is_some_and(|name| name.starts_with(SEGMENT_PREFIX))
            })
        })
    }

    /// Says what does not fit together.
    fn check(&self) -> Result<(), String> {
        let mut seen = HashSet::new();
        for segment in &self.segments {
            let is_inside =
                Path::new(&segment.path).components().all(|c| matches!(c, Component::Normal(_)));
            if !is_inside || segment.path.is_empty() {
                return Err(format!("the manifest names a file outside of it: `{}`", segment.path));
            }
            if !seen.insert(&segment.path) {
                return Err(format!("the manifest names `{}` twice", segment.path));
            }
        }
        let (stored, read) = (self.rows(), self.files.iter().map(|file| file.records).sum::<u64>());
        if stored != read {
            return Err(format!(
                "the manifest does not add up: {stored} events in its segments, {read} in its files"
            ));
        }
        Ok(())
    }

    /// How much time the partitions of the store are of.
    pub(crate) fn span(&self) -> Span {
        if self.version < 2 { Span::Hour } else { Span::Day }
    }

    /// Number of events.
    pub(crate) fn rows(&self) -> u64 {
        self.segments.iter().map(|segment| segment.rows).sum()
    }

    /// Writes it: from then on the store is what it says.
    pub(crate) fn write(&self, store: &Path) -> Result<(), Box<Diagnostic>> {
        let path = store.join(MANIFEST);
        let mut text = serde_json::to_vec_pretty(self)
            .map_err(|problem| files::cannot_write(&path, &problem))?;
        text.push(b'\n');
        files::replace(&path, &text).map_err(|problem| files::cannot_write(&path, &problem))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use aql_diag::codes;

    use super::{MANIFEST, Manifest, Segment};

    fn code_of(text: &str) -> aql_diag::Code {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(MANIFEST), text).unwrap();
        assert_eq!(Manifest::is_store(folder.path()), text.contains("aquiline-store"));
        Manifest::read(folder.path()).expect_err("not a manifest").code
    }

    #[test]
    fn manifests_that_cannot_be_used() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!Manifest::is_store(folder.path()));
        let missing = Manifest::read(folder.path()).expect_err("there is none");
        assert_eq!(missing.code, codes::STORE_NO_MANIFEST);
        assert_eq!(code_of("{"), codes::STORE_MANIFEST);
        assert_eq!(code_of(r#"{"format":"other","version":1}"#), codes::STORE_MANIFEST);
        assert_eq!(code_of(r#"{"format":"aquiline-store","version":1}"#), codes::STORE_MANIFEST);
        assert_eq!(
            code_of(r#"{"format":"aquiline-store","version":3,"new":[]}"#),
            codes::STORE_NEWER
        );
    }

    #[test]
    fn manifests_that_do_not_add_up() {
        let segment = |path: &str, rows| Segment {
            path: path.to_owned(),
            bytes: 1,
            rows,
            oldest: None,
            newest: None,
            texts: None,
        };
        let check = |segments: Vec<Segment>| {
            let folder = tempfile::tempdir().unwrap();
            let manifest = Manifest { segments, ..Manifest::empty() };
            manifest.write(folder.path()).unwrap();
            Manifest::read(folder.path())
        };
        assert_eq!(check(Vec::new()), Ok(Manifest::empty()));
        for segments in [
            vec![segment("a", 1)],
            vec![segment("../a", 0)],
            vec![segment("/a", 0)],
            vec![segment("a", 0), segment("a", 0)],
        ] {
            assert_eq!(check(segments).expect_err("damaged").code, codes::STORE_MANIFEST);
        }
    }
}
