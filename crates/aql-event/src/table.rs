//! Tables of events, and what came of reading one.

use std::ops::ControlFlow;
use std::sync::Arc;

use aql_diag::Diagnostic;

use crate::{EventBatch, Needs};

/// Something that events can be read from: files of evidence, a store.
pub trait EventTable: Send + Sync {
    /// Reads all events that the needs do not rule out.
    ///
    /// `visit` is called from several threads at once. Events come in parts, numbered from 0 in
    /// evidence order and handed to threads in that order; the batches of one part come one after
    /// the other from one thread, then [`ScanStep::PartDone`]. Who wants evidence order sorts by
    /// part, so that the outcome does not depend on the number of threads. `visit` may block
    /// (back-pressure) as long as the lowest unfinished part can go on. Breaking stops the scan.
    fn scan(
        &self,
        needs: &Needs,
        visit: &(dyn Fn(ScanStep) -> ControlFlow<()> + Sync),
    ) -> ScanReport;
}

/// One step of a scan.
#[derive(Clone, Debug)]
pub enum ScanStep {
    /// Some events of a part.
    Batch {
        /// Number of the part.
        part: u64,
        /// The events.
        events: EventBatch,
    },
    /// A part is finished, with or without events.
    PartDone {
        /// Number of the part.
        part: u64,
    },
}

/// What a scan read.
#[derive(Clone, Debug, Default)]
pub struct ScanReport {
    /// One entry per file (archive members apart), in evidence order.
    pub files: Vec<FileReport>,
    /// Findings about no single file.
    pub diagnostics: Vec<Diagnostic>,
    /// Oldest and newest `starttime` (epoch milliseconds) of all events read, also of those that
    /// the needs ruled out.
    pub time_span: Option<(i64, i64)>,
}

/// What came of one file.
#[derive(Clone, Debug)]
pub struct FileReport {
    /// Path as the user gave it; archive members as `archive.zip!/member`.
    pub path: Arc<str>,
    /// Name of the format that was recognised; nothing if none was.
    pub format: Option<&'static str>,
    /// Bytes read, after decompression.
    pub bytes: u64,
    /// Records read, also those that the needs ruled out.
    pub records: u64,
    /// Of these, records that the needs ruled out before their values were decoded.
    pub ruled_out: u64,
    /// Of these, records kept as unparsed events.
    pub unparsed: u64,
    /// Records or parts that could not be read at all.
    pub lost: u64,
    /// What went wrong, if anything.
    pub diagnostics: Vec<Diagnostic>,
}

impl FileReport {
    /// A report on a file of which nothing has been read yet.
    pub fn new(path: Arc<str>, format: Option<&'static str>) -> Self {
        FileReport {
            path,
            format,
            bytes: 0,
            records: 0,
            ruled_out: 0,
            unparsed: 0,
            lost: 0,
            diagnostics: Vec::new(),
        }
    }
}

impl ScanReport {
    /// Takes a moment into the time span.
    pub fn see_time(&mut self, time: i64) {
        self.time_span = Some(match self.time_span {
            Some((oldest, newest)) => (oldest.min(time), newest.max(time)),
            None => (time, time),
        });
    }
}
