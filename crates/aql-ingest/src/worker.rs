//! One thread of a scan: opens parts, unpacks what is packed, and hands streams to their readers.

use std::any::Any;
use std::fs::File;
use std::io::{Cursor, Read, Seek};
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use aql_diag::{Diagnostic, codes};
use zip::ZipArchive;

use crate::evidence::{EvidenceFile, Origin, Progress};
use crate::formats::parquet::OnDisk;
use crate::formats::{audit_log, csv, evtx, json, parquet, text, windows_xml, wineventlog};
use crate::out::Out;
use crate::patience::Watch;
use crate::plan::{
    Key, Part, Work, bad_archive, internal_error, member_name, overlapping, overlaps, shown_name,
    unreadable,
};
use crate::report::PartReport;
use crate::sniff::{BOM, HEAD, LONG_HEAD, Sniffed, sniff, unknown, wants_more};
use crate::source::{Counting, Flow, Inflated, Utf16};
use crate::stream::Stream;
use crate::tar::{self, MemberKind};

/// Compressions inside compressions deeper than this are not unpacked.
const MAX_LAYERS: usize = 4;
/// Archives inside archives deeper than this are not unpacked.
const MAX_ARCHIVES: usize = 2;

/// Reports of one worker, with what they are ordered by.
pub(crate) type Reports = Vec<(Key, u64, PartReport)>;

/// Counts the bytes of a file as they are read.
pub(crate) struct Watched<'p, R> {
    pub(crate) inner: R,
    pub(crate) progress: Option<&'p Progress>,
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(out)?;
        if let Some(progress) = self.progress {
            progress.add(read as u64);
        }
        Ok(read)
    }
}

/// One thread of a scan.
pub(crate) struct Worker<'w> {
    pub(crate) out: Out<'w>,
    pub(crate) reports: Reports,
    pub(crate) progress: Option<&'w Progress>,
    /// The time of the file at hand.
    watch: Watch,
    /// What the stream of the last range was held in.
    pub(crate) memory: Vec<u8>,
}

/// What a stream is read from.
#[derive(Clone, Default)]
pub(crate) struct Layers {
    /// Compressions around it.
    all: usize,
    /// Archives around it.
    archives: usize,
    /// What went into the outermost compression, and came out of all.
    flow: Option<Flow>,
}

impl<'w> Worker<'w> {
    /// A worker with nothing done.
    pub(crate) fn new(out: Out<'w>, progress: Option<&'w Progress>) -> Self {
        let (reports, memory) = (Vec::new(), Vec::new());
        Worker { out, reports, progress, watch: Watch::default(), memory }
    }

    /// Reads a part.
    pub(crate) fn run(&mut self, part: Part) {
        self.out.begin_part(part.number);
        let key = part.key;
        self.watch = Watch::begin(self.out.options.patience.as_ref(), &part.began);
        match part.work {
            Work::Tell(shown, diagnostic) => {
                self.out.begin_file(shown);
                let is_note = diagnostic.severity == aql_diag::Severity::Note;
                self.out.report().lost += u64::from(!is_note);
                self.out.diagnose(diagnostic, None);
                self.end_file(&key, part.number);
            }
            Work::Whole(file) => {
                self.out.begin_file(Arc::clone(&file.shown));
                self.whole(&file, &key, part.number);
                self.end_file(&key, part.number);
            }
            Work::Range(range) => {
                self.out.begin_file(Arc::clone(&range.file.shown));
                if let Err(error) = self.range(&range) {
                    self.out.lost(unreadable(&error), None);
                }
                self.end_file(&key, part.number);
            }
            Work::Rows(file, rows) => {
                self.out.begin_file(Arc::clone(&file.shown));
                match File::open(&file.path) {
                    Ok(handle) => {
                        let input = OnDisk::new(handle);
                        parquet::read_part(input, &rows, &self.watch, &mut self.out);
                        if let Some(progress) = self.progress {
                            progress.add(rows.bytes);
                        }
                    }
                    Err(error) => self.out.lost(unreadable(&error), None),
                }
                self.end_file(&key, part.number);
            }
            Work::Member { shown, mut archive, index } => {
                self.out.begin_file(shown);
                let layers = Layers::default();
                let compressed = self.member(&mut archive, index, &key, part.number, layers);
                if let Some(progress) = self.progress {
                    progress.add(compressed);
                }
                self.end_file(&key, part.number);
            }
        }
        self.out.end_part();
    }

    /// Gives up a part whose reading panicked: it is told and counted, and the part is done.
    pub(crate) fn give_up(&mut self, key: &Key, number: u64, panic: &(dyn Any + Send)) {
        self.out.recover();
        self.out.lost(internal_error(panic), None);
        self.end_file(key, number);
        self.out.end_part();
    }

    fn end_file(&mut self, key: &Key, part: u64) {
        let report = self.out.end_file();
        self.reports.push((key.clone(), part, report));
    }

    /// Reads a file from its start to its end.
    fn whole(&mut self, file: &EvidenceFile, key: &Key, part: u64) {
        let progress = self.progress;
        match &file.origin {
            Origin::Reader(once) => {
                match once.lock().unwrap_or_else(PoisonError::into_inner).take() {
                    Some(inner) => {
                        let mut stream = self.open(Watched { inner, progress }, 0);
                        self.stream(&mut stream, key, part, Layers::default());
                    }
                    None => {
                        let message = "it was read already, and can be read only once";
                        let diagnostic = Diagnostic::error(codes::UNREADABLE, message)
                            .note("the query has to read its evidence more than once")
                            .help("write it to a file first");
                        self.out.lost(diagnostic, None);
                    }
                }
            }
            Origin::Disk => match File::open(&file.path) {
                Ok(handle) if is_parquet(&handle) => {
                    parquet::read(OnDisk::new(handle), &self.watch, &mut self.out);
                    if let Some(progress) = progress {
                        progress.add(file.bytes);
                    }
                }
                Ok(handle) => {
                    // No further than its length when the files were listed: a file that grows
                    // as fast as it is read, such as our own output, would never end.
                    let inner = (&handle).take(file.bytes);
                    let mut stream = self.open(Watched { inner, progress }, 0);
                    self.stream(&mut stream, key, part, Layers::default());
                    drop(stream);
                    self.compare_length(&handle, file);
                }
                Err(error) => self.out.lost(unreadable(&error), None),
            },
        }
    }

    /// Says so if a file is no longer as long as it was when the files were listed.
    pub(crate) fn compare_length(&mut self, handle: &File, file: &EvidenceFile) {
        let Ok(now) = handle.metadata().map(|metadata| metadata.len()) else { return };
        if now > file.bytes {
            let message = format!(
                "the file was being written: {} bytes came after reading had begun and were not read",
                now - file.bytes
            );
            let diagnostic = Diagnostic::warning(codes::CHANGED, message)
                .note("its last record may be cut")
                .help("read it again when nobody writes to it");
            self.out.diagnose_offset(diagnostic, file.bytes);
        } else if now < file.bytes {
            let message = format!(
                "the file became shorter while it was read: {now} of {} bytes are left",
                file.bytes
            );
            let diagnostic = Diagnostic::error(codes::CHANGED, message)
                .help("copy the file first, then read the copy");
            self.out.report().lost += 1;
            self.out.diagnose_offset(diagnostic, now);
        }
    }

    /// A stream that ends when the time of the file at hand does.
    pub(crate) fn open<'r>(&self, reader: impl Read + 'r, offset: u64) -> Stream<'r> {
        Stream::new(reader, offset).watched(&self.watch)
    }

    /// Reads a member of an archive; returns its compressed size.
    fn member<R: Read + Seek>(
        &mut self,
        archive: &mut ZipArchive<R>,
        index: usize,
        key: &Key,
        part: u64,
        layers: Layers,
    ) -> u64 {
        match archive.by_index(index) {
            Ok(member) => {
                let compressed = member.compressed_size();
                let flow = layers.flow.clone().unwrap_or_else(|| {
                    let flow = Flow::default();
                    flow.input.store(compressed, Ordering::Relaxed);
                    flow
                });
                let reader = Inflated::new(member, flow.clone(), self.out.options.inflation);
                let layers =
                    Layers { all: layers.all + 1, archives: layers.archives + 1, flow: Some(flow) };
                self.stream(&mut self.open(reader, 0), key, part, layers);
                compressed
            }
            Err(error) => {
                let message = format!("the archive member cannot be read: {error}");
                self.out.lost(bad_archive(&message), None);
                0
            }
        }
    }

    /// Reads a stream of any kind into the file at hand.
    fn stream(&mut self, stream: &mut Stream<'_>, key: &Key, part: u64, layers: Layers) {
        stream.fill(HEAD);
        if wants_more(stream.window()) {
            stream.fill(LONG_HEAD);
        }
        let sniffed = sniff(stream.window(), stream.ended());
        let too_deep = layers.all >= MAX_LAYERS
            || (matches!(sniffed, Sniffed::Zip | Sniffed::Tar) && layers.archives >= MAX_ARCHIVES);
        match sniffed {
            Sniffed::Packed(_) | Sniffed::Zip | Sniffed::Tar if too_deep => {
                let message = "archives inside archives are not unpacked this deep";
                self.out.lost(bad_archive(message).help("unpack the outer ones first"), None);
            }
            Sniffed::Packed(packing) => {
                let is_outermost = layers.flow.is_none();
                let flow = layers.flow.clone().unwrap_or_default();
                let input = if is_outermost { Arc::clone(&flow.input) } else { Arc::default() };
                let packed = Counting::new(&mut *stream, input);
                let limit = self.out.options.inflation;
                let inner = Inflated::new(packing.unpack(packed), flow.clone(), limit);
                let layers = Layers { all: layers.all + 1, flow: Some(flow), ..layers };
                self.stream(&mut self.open(inner, 0), key, part, layers);
            }
            Sniffed::Zip => self.nested_zip(stream, key, part, &layers),
            Sniffed::Parquet => self.nested_parquet(stream),
            Sniffed::Tar => self.tar(stream, key, part, &layers),
            Sniffed::Utf16(big_endian) => {
                let mut decoded = self.open(Utf16::new(&mut *stream, big_endian), 0);
                decoded.fill(HEAD);
                if wants_more(decoded.window()) {
                    decoded.fill(LONG_HEAD);
                }
                let sniffed = sniff(decoded.window(), decoded.ended());
                self.records(&mut decoded, sniffed);
                self.end_stream(&mut decoded, &layers);
            }
            _ => self.records(stream, sniffed),
        }
        self.end_stream(stream, &layers);
    }

    /// Says what ended a stream early.
    pub(crate) fn end_stream(&mut self, stream: &mut Stream<'_>, layers: &Layers) {
        let Some(error) = stream.take_error() else { return };
        let diagnostic = if error.kind() == std::io::ErrorKind::TimedOut {
            // Of streams in streams the innermost tells it.
            if self.out.report().has(codes::TOO_SLOW) {
                return;
            }
            Diagnostic::error(codes::TOO_SLOW, format!("reading was given up: {error}"))
                .note("what came before was read")
        } else if layers.all > 0 {
            let message = format!("the compressed data cannot be read to its end: {error}");
            bad_archive(&message).note("what came before was read")
        } else {
            unreadable(&error)
        };
        let offset = stream.offset() + stream.window().len() as u64;
        self.out.report().lost += 1;
        self.out.diagnose_offset(diagnostic, offset);
    }

    /// Reads the records of a stream whose kind is known.
    fn records(&mut self, stream: &mut Stream<'_>, sniffed: Sniffed) {
        if stream.window().starts_with(BOM) {
            stream.consume(BOM.len());
        }
        let out = &mut self.out;
        match sniffed {
            Sniffed::Evtx => evtx::read(stream, None, out),
            Sniffed::Xml => windows_xml::read(stream, out),
            Sniffed::JsonLines => json::read_lines(stream, out),
            Sniffed::JsonValues => json::read_values(stream, out),
            Sniffed::Csv(delimiter) => csv::read(stream, csv::Head::unread(delimiter), out),
            Sniffed::AuditLog => audit_log::read(stream, out),
            Sniffed::OctetCounted => text::read_counted(stream, out),
            Sniffed::WinEventLog => wineventlog::read(stream, out),
            Sniffed::Lines => text::read(stream, out),
            Sniffed::Empty => {}
            Sniffed::Unknown
            | Sniffed::Parquet
            | Sniffed::Packed(_)
            | Sniffed::Zip
            | Sniffed::Tar
            | Sniffed::Utf16(_) => {
                let diagnostic = unknown(stream.window());
                out.lost(diagnostic, None);
            }
        }
        let bytes = stream.total();
        self.out.report().bytes += bytes;
    }

    /// Reads a Parquet file inside something else, which has to be held in memory.
    fn nested_parquet(&mut self, stream: &mut Stream<'_>) {
        let limit = self.out.options.max_nested_archive;
        let mut bytes = Vec::new();
        if let Err(error) = (&mut *stream).take(limit + 1).read_to_end(&mut bytes) {
            return self.out.lost(unreadable(&error), None);
        }
        if bytes.len() as u64 > limit {
            let message = format!("the Parquet file inside is larger than {limit} bytes");
            return self.out.lost(bad_archive(&message).help("unpack it first"), None);
        }
        parquet::read(bytes::Bytes::from(bytes), &self.watch, &mut self.out);
    }

    /// Reads an archive inside something else, which has to be held in memory.
    fn nested_zip(&mut self, stream: &mut Stream<'_>, key: &Key, part: u64, layers: &Layers) {
        let limit = self.out.options.max_nested_archive;
        let mut bytes = Vec::new();
        if let Err(error) = (&mut *stream).take(limit + 1).read_to_end(&mut bytes) {
            let message = format!("the archive cannot be read: {error}");
            return self.out.lost(bad_archive(&message), None);
        }
        if bytes.len() as u64 > limit {
            let message = format!("the inner archive is larger than {limit} bytes");
            return self.out.lost(bad_archive(&message).help("unpack the outer one first"), None);
        }
        let mut archive = match ZipArchive::new(Cursor::new(bytes)) {
            Ok(archive) => archive,
            Err(error) => {
                let message = format!("the archive cannot be read: {error}");
                return self.out.lost(bad_archive(&message), None);
            }
        };
        let overlaps = overlaps(&mut archive);
        let outer = Arc::clone(&self.out.report().path);
        // The outer file's own report is put aside while those of the members are made.
        let mut aside = self.out.end_file();
        for index in 0..archive.len() {
            let Some(name) = member_name(&archive, index) else { continue };
            self.out.begin_file(Arc::from(format!("{outer}!/{name}")));
            let mut inner = key.clone();
            inner.push(u32::try_from(index).unwrap_or(u32::MAX));
            if overlaps.contains(&index) {
                self.out.lost(overlapping(), None);
            } else {
                self.member(&mut archive, index, &inner, part, layers.clone());
            }
            self.end_file(&inner, part);
            if self.out.stopped() || self.watch.check().is_err() {
                break;
            }
        }
        aside.is_container = true;
        self.out.resume_file(aside);
        self.out_of_time();
    }

    /// Says that the time of the file at hand is over, if it is.
    fn out_of_time(&mut self) {
        if let Err(error) = self.watch.check()
            && !self.out.report().has(codes::TOO_SLOW)
        {
            let message = format!("reading was given up: {error}");
            let diagnostic =
                Diagnostic::error(codes::TOO_SLOW, message).note("what came before was read");
            self.out.lost(diagnostic, None);
        }
    }

    /// Reads the members of a tar archive as they come.
    fn tar(&mut self, stream: &mut Stream<'_>, key: &Key, part: u64, layers: &Layers) {
        let outer = Arc::clone(&self.out.report().path);
        let mut aside = self.out.end_file();
        aside.is_container = true;
        let layers =
            Layers { all: layers.all + 1, archives: layers.archives + 1, ..layers.clone() };
        let mut index = 0;
        let mut any = false;
        let trouble = loop {
            let member = match tar::next_member(stream) {
                Ok(Some(member)) => member,
                Ok(None) => break None,
                Err(error) => break Some(error),
            };
            let begin = stream.offset();
            if member.kind != MemberKind::Other {
                any = true;
                let name = shown_name(&member.name);
                self.out.begin_file(Arc::from(format!("{outer}!/{name}")));
                let mut inner = key.clone();
                inner.push(index);
                if member.kind == MemberKind::File {
                    let content = (&mut *stream).take(member.size);
                    self.stream(&mut self.open(content, 0), &inner, part, layers.clone());
                } else {
                    let message = "the archive member is a sparse file, which is not read";
                    self.out.lost(bad_archive(message).help("unpack the archive first"), None);
                }
                self.end_file(&inner, part);
            }
            index = index.saturating_add(1);
            if self.out.stopped() {
                break None;
            }
            let end = begin.saturating_add(tar::padded(member.size));
            let left = end.saturating_sub(stream.offset());
            if !tar::skip(stream, left) {
                // The last content need not be padded.
                let is_short = stream.offset() < begin.saturating_add(member.size);
                break stream.take_error().or_else(|| {
                    is_short.then(|| {
                        let name = shown_name(&member.name);
                        let message = format!("it ends inside the member `{name}`");
                        std::io::Error::new(std::io::ErrorKind::UnexpectedEof, message)
                    })
                });
            }
        };
        self.out.resume_file(aside);
        match trouble {
            Some(error) if error.kind() == std::io::ErrorKind::TimedOut => self.out_of_time(),
            Some(error) => {
                let message = format!("the archive cannot be read to its end: {error}");
                let offset = stream.offset();
                self.out.report().lost += 1;
                let note = "the members before were read";
                self.out.diagnose_offset(bad_archive(&message).note(note), offset);
            }
            None if !any && !self.out.stopped() => {
                let note = Diagnostic::note_severity(codes::EMPTY, "the archive holds no file");
                self.out.diagnose(note, None);
            }
            None => {}
        }
    }
}

/// Does the file begin as Parquet does? It is left at its start.
fn is_parquet(mut file: &File) -> bool {
    let mut head = [0; parquet::MAGIC.len()];
    let is_parquet = file.read_exact(&mut head).is_ok() && head == parquet::MAGIC;
    is_parquet & file.rewind().is_ok()
}
