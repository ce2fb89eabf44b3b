//! A store that is open for reading.

use std::path::{Path, PathBuf};

use aql_diag::Diagnostic;

use crate::manifest::Manifest;

/// How a store is read.
#[derive(Clone, Copy, Debug)]
pub struct StoreOptions {
    /// Threads that read; 0 is taken as 1.
    pub threads: usize,
}

impl Default for StoreOptions {
    fn default() -> Self {
        StoreOptions { threads: 1 }
    }
}

/// Events that were imported. Read them with [`EventTable::scan`](aql_event::EventTable::scan).
///
/// A store is read as its manifest said when it was opened; an import at the same time changes
/// nothing of it.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) root: PathBuf,
    pub(crate) manifest: Manifest,
    pub(crate) options: StoreOptions,
}

/// What is in a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// Events.
    pub events: u64,
    /// Files that were imported.
    pub sources: usize,
    /// Parquet files.
    pub segments: usize,
    /// Bytes of these.
    pub bytes: u64,
    /// Oldest and newest `starttime`, epoch milliseconds.
    pub span: Option<(i64, i64)>,
}

impl Store {
    /// Is this folder a store? Also if its manifest is damaged or gone, so that opening it tells.
    pub fn is_store(folder: &Path) -> bool {
        folder.is_dir() && Manifest::is_store(folder)
    }

    /// Opens a store.
    ///
    /// # Errors
    ///
    /// The manifest is missing, damaged, or of a newer version.
    pub fn open(root: &Path, options: StoreOptions) -> Result<Store, Diagnostic> {
        Ok(Store { root: root.to_owned(), manifest: Manifest::read(root)?, options })
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What is in it.
    pub fn totals(&self) -> Totals {
        let segments = &self.manifest.segments;
        let oldest = segments.iter().filter_map(|segment| segment.oldest).min();
        let newest = segments.iter().filter_map(|segment| segment.newest).max();
        Totals {
            events: self.manifest.rows(),
            sources: self.manifest.sources.len(),
            segments: segments.len(),
            bytes: segments.iter().map(|segment| segment.bytes).sum(),
            span: oldest.zip(newest),
        }
    }
}
