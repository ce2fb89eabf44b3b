//! Parts: how the evidence is cut up between threads.
//!
//! A [`Planner`] numbers parts in evidence order, whatever the number of threads: a small file is a
//! part, a large one several (chunks of an event log, lines, rows, events of a text), each member of
//! a zip archive is one.

use std::any::Any;
use std::collections::{HashSet, VecDeque};
use std::fs::File;
use std::io::{Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use aql_diag::{Diagnostic, codes};
use zip::ZipArchive;

use crate::evidence::{Evidence, EvidenceFile, Origin};
use crate::evtx::{CHUNK_SIZE, FileHeader};
use crate::formats::{csv, parquet, windows_xml};
use crate::frame::PLACES;
use crate::patience::Began;
use crate::sniff::{HEAD, LONG_HEAD, Sniffed, sniff, wants_more};
use crate::source::Reopen;

/// The place of a report in evidence order: file, member, member of the member.
pub(crate) type Key = Vec<u32>;

/// A part of the evidence.
pub(crate) struct Part {
    pub(crate) number: u64,
    pub(crate) key: Key,
    /// When the first part of its file was begun.
    pub(crate) began: Began,
    pub(crate) work: Work,
}

pub(crate) enum Work {
    /// Nothing to read, only something to tell.
    Tell(Arc<str>, Diagnostic),
    /// A whole file.
    Whole(EvidenceFile),
    /// Bytes of a file.
    Range(Range),
    /// Rows of a Parquet file.
    Rows(EvidenceFile, parquet::Part),
    /// A member of an archive.
    Member { shown: Arc<str>, archive: ZipArchive<Reopen>, index: usize },
}

pub(crate) struct Range {
    pub(crate) file: EvidenceFile,
    pub(crate) sniffed: Sniffed,
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// Which of the file's ranges it is, and how many records the others hold.
    pub(crate) index: usize,
    pub(crate) counts: Arc<Counts>,
}

/// What a range holds by the place that it begins at: rows of CSV may have line ends in quotes. To
/// records of other kinds all places are one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) ways: [Way; PLACES],
}

/// What a range holds if it begins at a certain place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Way {
    /// How many records.
    pub(crate) count: u64,
    /// The place at its end.
    pub(crate) end: usize,
    /// The last names of columns in it, where a file may have several.
    pub(crate) names: Option<Arc<[u8]>>,
}

impl Tally {
    /// As many records from all places.
    pub(crate) fn of(count: u64) -> Self {
        Tally { ways: std::array::from_fn(|_| Way { count, ..Way::default() }) }
    }
}

/// How many records each range of a file holds, so that records keep their numbers.
#[derive(Default)]
pub(crate) struct Counts {
    known: Mutex<Vec<Option<Tally>>>,
    changed: Condvar,
}

impl Counts {
    pub(crate) fn publish(&self, index: usize, tally: Tally) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() <= index {
            known.resize(index + 1, None);
        }
        if let Some(slot) = known.get_mut(index) {
            slot.get_or_insert(tally);
        }
        drop(known);
        self.changed.notify_all();
    }

    /// What the ranges before this one hold together. Waits for those that are still being counted:
    /// they were handed out earlier, and counting never waits.
    pub(crate) fn before(&self, index: usize) -> Way {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let found = (0..index).try_fold(Way::default(), |so_far, i| {
                let Way { count, end, names } = known.get(i)?.as_ref()?.ways.get(so_far.end)?;
                let names = names.clone().or(so_far.names);
                Some(Way { count: so_far.count + count, end: *end, names })
            });
            match found {
                Some(found) => return found,
                None => {
                    known = self.changed.wait(known).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }
}

/// Publishes a count even if the range could not be read.
pub(crate) struct Publish<'r>(pub(crate) &'r Range);

impl Drop for Publish<'_> {
    fn drop(&mut self) {
        self.0.counts.publish(self.0.index, Tally::default());
    }
}

/// Cuts the evidence into parts.
pub(crate) struct Planner<'e> {
    evidence: &'e Evidence,
    next_file: usize,
    next_part: u64,
    queue: VecDeque<(Key, Work)>,
    began: Began,
}

impl<'e> Planner<'e> {
    /// Cuts this evidence.
    pub(crate) fn new(evidence: &'e Evidence) -> Self {
        Planner {
            evidence,
            next_file: 0,
            next_part: 0,
            queue: VecDeque::new(),
            began: Began::default(),
        }
    }

    /// The next part.
    pub(crate) fn next(&mut self) -> Option<Part> {
        while self.queue.is_empty() {
            let file = self.evidence.files.get(self.next_file)?;
            let key = u32::try_from(self.next_file).unwrap_or(u32::MAX);
            self.next_file += 1;
            self.began = Began::default();
            let planned = catch_unwind(AssertUnwindSafe(|| self.plan(file, key)));
            let trouble = match planned {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(unreadable(&error)),
                Err(panic) => Some(internal_error(&*panic)),
            };
            if let Some(diagnostic) = trouble {
                self.queue.push_back((vec![key], Work::Tell(Arc::clone(&file.shown), diagnostic)));
            }
        }
        let (key, work) = self.queue.pop_front()?;
        let number = self.next_part;
        self.next_part += 1;
        Some(Part { number, key, began: Arc::clone(&self.began), work })
    }

    fn plan(&mut self, file: &EvidenceFile, key: u32) -> std::io::Result<()> {
        let options = &self.evidence.options;
        if let Origin::Reader(_) = file.origin {
            self.queue.push_back((vec![key], Work::Whole(file.clone())));
            return Ok(());
        }
        let mut handle = File::open(&file.path)?;
        let is_large = file.bytes > options.split.saturating_mul(2);
        let mut head = Vec::new();
        let wanted = if is_large { HEAD } else { 4 };
        (&mut handle).take(wanted as u64).read_to_end(&mut head)?;
        if is_large && wants_more(&head) {
            (&mut handle).take((LONG_HEAD - HEAD) as u64).read_to_end(&mut head)?;
        }
        let sniffed = sniff(&head, false);
        if sniffed == Sniffed::Zip {
            self.plan_zip(file, key);
            return Ok(());
        }
        if sniffed == Sniffed::Parquet
            && let Some(parts) = parquet::parts(&handle, options.split)
        {
            let rows = parts.into_iter().map(|part| Work::Rows(file.clone(), part));
            self.queue.extend(rows.map(|work| (vec![key], work)));
            return Ok(());
        }
        let first = match sniffed {
            Sniffed::JsonLines | Sniffed::Lines => 0,
            Sniffed::AuditLog | Sniffed::WinEventLog => 0,
            Sniffed::Csv(delimiter) if csv::Head::of(&head, delimiter).is_some() => 0,
            Sniffed::Xml if windows_xml::can_be_split(&head) => 0,
            Sniffed::Evtx => match FileHeader::parse(&head) {
                Ok(header) => header.block_size as u64,
                Err(_) => file.bytes,
            },
            _ => file.bytes,
        };
        if !is_large || first >= file.bytes {
            self.queue.push_back((vec![key], Work::Whole(file.clone())));
            return Ok(());
        }
        let counts = Arc::new(Counts::default());
        let step = options.split.next_multiple_of(CHUNK_SIZE as u64).max(CHUNK_SIZE as u64);
        let mut start = 0;
        let mut index = 0;
        while start < file.bytes {
            let end = (if start == 0 { first } else { start } + step).min(file.bytes);
            let file = file.clone();
            let counts = Arc::clone(&counts);
            let range = Range { file, sniffed, start, end, index, counts };
            self.queue.push_back((vec![key], Work::Range(range)));
            start = end;
            index += 1;
        }
        Ok(())
    }

    fn plan_zip(&mut self, file: &EvidenceFile, key: u32) {
        let archive = match ZipArchive::new(Reopen::new(Arc::clone(&file.path))) {
            Ok(archive) => archive,
            Err(error) => {
                let diagnostic = bad_archive(&format!("the archive cannot be read: {error}"));
                let work = Work::Tell(Arc::clone(&file.shown), diagnostic);
                return self.queue.push_back((vec![key], work));
            }
        };
        let mut archive = archive;
        let overlaps = overlaps(&mut archive);
        for index in 0..archive.len() {
            let Some(name) = member_name(&archive, index) else { continue };
            let shown: Arc<str> = Arc::from(format!("{}!/{name}", file.shown));
            let place = u32::try_from(index).unwrap_or(u32::MAX);
            if overlaps.contains(&index) {
                self.queue.push_back((vec![key, place], Work::Tell(shown, overlapping())));
                continue;
            }
            let work = Work::Member { shown, archive: archive.clone(), index };
            self.queue.push_back((vec![key, place], work));
        }
        if self.queue.is_empty() {
            let diagnostic = Diagnostic::note_severity(codes::EMPTY, "the archive holds no file");
            self.queue.push_back((vec![key], Work::Tell(Arc::clone(&file.shown), diagnostic)));
        }
    }
}

/// Members that share bytes with one that stands before them. Nobody packs like that; it makes a
/// small archive give any amount of bytes.
pub(crate) fn overlaps<R: Read + Seek>(archive: &mut ZipArchive<R>) -> HashSet<usize> {
    let mut places = Vec::new();
    for index in 0..archive.len() {
        // What cannot be found is told when it is read.
        let Ok(member) = archive.by_index_raw(index) else { continue };
        let start = member.header_start();
        let end = member.data_start().unwrap_or(start).saturating_add(member.compressed_size());
        places.push((start, end, index));
    }
    places.sort_unstable();
    let mut taken = 0;
    let mut overlaps = HashSet::new();
    for (start, end, index) in places {
        if start < taken {
            overlaps.insert(index);
        } else {
            taken = end;
        }
    }
    overlaps
}

/// Says that a member was not read because it overlaps another.
pub(crate) fn overlapping() -> Diagnostic {
    bad_archive("the archive member shares its bytes with another and was not read")
        .note("archives like that are made to exhaust whoever unpacks them")
}

/// A name from inside an archive as it is shown: control characters are escaped.
pub(crate) fn shown_name(name: &str) -> String {
    let mut shown = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_control() { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown
}

/// The name of a member; nothing for a folder.
pub(crate) fn member_name<R: Read + Seek>(archive: &ZipArchive<R>, index: usize) -> Option<String> {
    match archive.name_for_index(index)? {
        Ok(name) if name.ends_with('/') => None,
        Ok(name) => Some(shown_name(&name)),
        Err(_) => Some(format!("#{index}")),
    }
}

pub(crate) fn unreadable(error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(codes::UNREADABLE, format!("the file cannot be read: {error}"))
}

/// A panic while reading: a fault of the reader, but no reason to lose the rest.
pub(crate) fn internal_error(panic: &(dyn Any + Send)) -> Diagnostic {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let text = text.unwrap_or("no reason given");
    Diagnostic::error(codes::DAMAGED, format!("internal error while reading: {text}"))
        .note("the rest of this part of the file was not read")
        .help("please report it, if you can with the file")
}

pub(crate) fn bad_archive(message: &str) -> Diagnostic {
    Diagnostic::error(codes::ARCHIVE, message)
}
