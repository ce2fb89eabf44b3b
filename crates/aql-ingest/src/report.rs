//! What one part of a scan has to say about its file, and how parts become one report.

use std::collections::BTreeMap;
use std::sync::Arc;

use aql_diag::{Code, Diagnostic, InputPlace, codes};
use aql_event::FileReport;

/// Diagnostics of one code that a file's report shows in full; the others are counted.
const SHOWN_PER_CODE: u64 = 5;

/// What was read from one file, or from a part of one.
#[derive(Debug)]
pub(crate) struct PartReport {
    /// Path as shown to the user.
    pub path: Arc<str>,
    /// The format of the first record that had one.
    pub format: Option<&'static str>,
    /// Bytes read, after decompression.
    pub bytes: u64,
    /// Records read, whether wanted or not.
    pub records: u64,
    /// Records that the needs ruled out.
    pub ruled_out: u64,
    /// Records kept as unparsed events.
    pub unparsed: u64,
    /// Records without a time, left out because a time range was asked for.
    pub undated: u64,
    /// Records or parts that could not be read.
    pub lost: u64,
    /// Is it an archive, whose members have reports of their own?
    pub is_container: bool,
    shown: Vec<Diagnostic>,
    counts: BTreeMap<Code, u64>,
}

impl PartReport {
    /// An empty report.
    pub(crate) fn new(path: Arc<str>) -> Self {
        PartReport {
            path,
            format: None,
            bytes: 0,
            records: 0,
            ruled_out: 0,
            unparsed: 0,
            undated: 0,
            lost: 0,
            is_container: false,
            shown: Vec::new(),
            counts: BTreeMap::new(),
        }
    }

    /// Takes a finding about this file: it is put at a place of the file, and shown unless there
    /// are many of its code.
    pub(crate) fn add(&mut self, diagnostic: Diagnostic, offset: Option<u64>, record: Option<u64>) {
        let count = self.counts.entry(diagnostic.code).or_default();
        *count += 1;
        if *count <= SHOWN_PER_CODE {
            let file = self.path.to_string();
            self.shown.push(diagnostic.input(InputPlace { file, offset, record }));
        }
    }

    /// Has a finding of this code been taken?
    pub(crate) fn has(&self, code: Code) -> bool {
        self.counts.contains_key(&code)
    }

    /// Is there anything to tell?
    pub(crate) fn has_findings(&self) -> bool {
        !self.counts.is_empty()
    }

    /// Adds the report of the next part of the same file.
    pub(crate) fn join(&mut self, next: PartReport) {
        self.format = self.format.or(next.format);
        self.bytes += next.bytes;
        self.records += next.records;
        self.ruled_out += next.ruled_out;
        self.unparsed += next.unparsed;
        self.undated += next.undated;
        self.lost += next.lost;
        for diagnostic in next.shown {
            let so_far = self.shown.iter().filter(|d| d.code == diagnostic.code).count() as u64;
            if so_far < SHOWN_PER_CODE {
                self.shown.push(diagnostic);
            }
        }
        for (code, count) in next.counts {
            *self.counts.entry(code).or_default() += count;
        }
    }

    /// The report on the whole file.
    pub(crate) fn finish(mut self) -> FileReport {
        if self.records == 0 && self.lost == 0 && self.shown.is_empty() && !self.is_container {
            let what =
                if self.bytes == 0 { "the file is empty" } else { "the file holds no record" };
            self.add(Diagnostic::note_severity(codes::EMPTY, what), None, None);
        }
        if self.unparsed * 2 > self.records {
            let message = format!(
                "{} of {} records are of no known kind and were kept as unparsed events",
                self.unparsed, self.records
            );
            let diagnostic = Diagnostic::warning(codes::UNPARSED, message)
                .help("their text can be searched with UTF8(payload)");
            self.add(diagnostic, None, None);
        }
        if self.undated > 0 {
            let (events, lie) = match self.undated {
                1 => ("event has", "lies"),
                _ => ("events have", "lie"),
            };
            let message = format!("{} {events} no time and {lie} in no time range", self.undated);
            let diagnostic = Diagnostic::warning(codes::UNDATED, message)
                .help("search without a time range to see them");
            self.add(diagnostic, None, None);
        }
        let mut report = FileReport::new(self.path, self.format);
        report.bytes = self.bytes;
        report.records = self.records;
        report.ruled_out = self.ruled_out;
        report.unparsed = self.unparsed;
        report.lost = self.lost;
        report.diagnostics = self.shown;
        for (code, count) in self.counts {
            let shown = report.diagnostics.iter().filter(|d| d.code == code).count() as u64;
            let more = count.saturating_sub(shown);
            let last = report.diagnostics.iter_mut().rfind(|d| d.code == code);
            if let (Some(last), true) = (last, more > 0) {
                last.notes.push(format!("{more} more of this kind in the same file"));
            }
        }
        report
    }
}
