//! Importing evidence: reads it once, sorts its events, writes them by the day, and only then
//! names them in the manifest.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use aql_diag::{Diagnostic, InputPlace, Severity, codes};
use aql_event::{EventBatch, EventTable, ScanReport, ScanStep};
use aql_ingest::Evidence;
use arrow_array::Array;
use arrow_array::cast::AsArray;
use jiff::Timestamp;
use parquet::errors::ParquetError;

use crate::columns;
use crate::files::{self, Lock, PART, SEGMENT_PREFIX, SPILL, cannot_write, error};
use crate::manifest::{Manifest, ReadFile, Segment, Source, StoredLogSource};
use crate::names::{BatchNames, Names, PartitionColumns};
use crate::row::{RowEncoder, Span, UNDATED, unordered};
use crate::runs::Runs;
use crate::segment::SegmentWriter;
use crate::texts;

/// What standard input is called.
const STDIN: &str = "<stdin>";

/// What Hive calls the partition of rows without a value.
const NO_PARTITION: &str = "__HIVE_DEFAULT_PARTITION__";

/// How evidence is imported.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// Bytes of events that are sorted in memory; more are sorted on the disk of the store.
    pub memory: usize,
    /// The present, in epoch milliseconds: when the import was.
    pub now: i64,
    /// The program that writes, for the manifest.
    pub written_by: String,
}

impl Default for ImportOptions {
    fn default() -> Self {
        ImportOptions {
            memory: 64 << 20,
            now: 0,
            written_by: concat!("aquiline ", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

/// What came of an import.
#[derive(Debug, Default)]
pub struct Imported {
    /// What was read, with its defects.
    pub report: ScanReport,
    /// Files that were in the store already, or are of the store itself, and other remarks.
    pub remarks: Vec<Diagnostic>,
    /// Files that were added.
    pub added: usize,
    /// Files whose content was in the store already.
    pub known: usize,
    /// Events that were added.
    pub events: u64,
    /// Parquet files that were added, and their bytes.
    pub segments: usize,
    /// Bytes of these.
    pub bytes: u64,
}

/// Adds the events of the evidence to the store in this folder, which is made if it does not exist.
/// Files whose content is in the store are left out and told.
///
/// # Errors
///
/// Why nothing was added: the folder is no store, somebody else writes to it, the disk is full. The
/// store is then as before.
pub fn import(
    evidence: Evidence,
    store: &Path,
    options: &ImportOptions,
) -> Result<Imported, Box<Diagnostic>> {
    import_with(evidence, None, store, options)
}

/// As [`import`]; a reader that is handed in (standard input) is written to the disk of the store
/// first, so that it is known by its content, and is evidence under the name `<stdin>`.
///
/// # Errors
///
/// As those of [`import`]; and what the reader gives cannot be read.
pub fn import_with(
    mut evidence: Evidence,
    reader: Option<&mut dyn Read>,
    store: &Path,
    options: &ImportOptions,
) -> Result<Imported, Box<Diagnostic>> {
    make_folder(store)?;
    let _lock = Lock::take(store)?;
    let manifest = match Manifest::read(store) {
        Err(problem) if problem.code == codes::STORE_NO_MANIFEST && !Manifest::is_store(store) => {
            // From here on the folder is a store, whenever the import ends.
            let manifest = Manifest::empty();
            manifest.write(store)?;
            manifest
        }
        other => other?,
    };
    let known_paths: std::collections::HashSet<PathBuf> =
        manifest.segments.iter().map(|segment| PathBuf::from(&segment.path)).collect();
    files::clean(store, &|path| known_paths.contains(path))
        .map_err(|problem| cannot_write(store, &problem))?;
    let stream = store.join(files::STREAM);
    if let Some(reader) = reader {
        let copied = fs::File::create(&stream)
            .and_then(|mut file| io::copy(reader, &mut file))
            .and_then(|_| evidence.add_file(&stream, STDIN));
        if let Err(problem) = copied {
            let _ = files::remove(&stream);
            return Err(Box::new(cannot_write(&stream, &problem)));
        }
    }
    let mut run = Run {
        store,
        options,
        number: manifest.imports + 1,
        manifest,
        imported: Imported::default(),
        pending: Vec::new(),
    };
    let outcome = run.add(evidence);
    // What is left, if this fails, goes with the next import.
    let _ = files::remove(&stream);
    if outcome.is_err() {
        let _ = files::clean(store, &|path| known_paths.contains(path));
    }
    outcome?;
    Ok(run.imported)
}

fn make_folder(store: &Path) -> Result<(), Box<Diagnostic>> {
    if store.exists() && !store.is_dir() {
        let message = format!("`{}` is a file, and a store is a folder", store.display());
        let problem = error(codes::STORE_WRITE, store, message).help("name another folder");
        return Err(Box::new(problem));
    }
    fs::create_dir_all(store).map_err(|problem| cannot_write(store, &problem))?;
    let mut entries = fs::read_dir(store).map_err(|problem| cannot_write(store, &problem))?;
    let is_lock = |entry: &fs::DirEntry| entry.file_name() == files::LOCK;
    let is_other = entries.any(|entry| entry.is_ok_and(|entry| !is_lock(&entry)));
    // A first import that was killed right at its start leaves no manifest, but the lock.
    let began = store.join(files::LOCK).exists();
    if is_other && !began && !Manifest::is_store(store) {
        let message = format!("`{}` is not empty, and no store", store.display());
        let problem = error(codes::STORE_WRITE, store, message)
            .help("name a folder that does not exist, an empty one, or a store");
        return Err(Box::new(problem));
    }
    Ok(())
}

/// One import.
struct Run<'r> {
    store: &'r Path,
    options: &'r ImportOptions,
    manifest: Manifest,
    number: u32,
    imported: Imported,
    /// Segments that are written, but not named yet.
    pending: Vec<Segment>,
}

/// What the threads that read have in common.
struct Shared {
    names: Names,
    runs: Runs,
    failed: Option<io::Error>,
}

impl Run<'_> {
    fn add(&mut self, mut evidence: Evidence) -> Result<(), Box<Diagnostic>> {
        let sources = self.new_sources(&mut evidence)?;
        if sources.is_empty() {
            return Ok(());
        }
        let needs = columns::needs();
        let spill = self.store.join(SPILL);
        let shared = Mutex::new(Shared {
            names: Names::default(),
            runs: Runs::new(&spill, self.options.memory),
            failed: None,
        });
        let encoder = RowEncoder::new(needs.columns(), self.manifest.span());
        let all_fields = columns::all_fields();
        let report = evidence.scan(&needs, &|step| {
            let ScanStep::Batch { events, .. } = step else { return ControlFlow::Continue(()) };
            let mut rows = Vec::with_capacity(events.records().get_array_memory_size());
            let names = encode(&encoder, &events, &all_fields, &mut rows);
            let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
            shared.names.join(names);
            match shared.runs.add(&rows) {
                Ok(()) if shared.failed.is_none() => ControlFlow::Continue(()),
                Ok(()) => ControlFlow::Break(()),
                Err(problem) => {
                    shared.failed.get_or_insert(problem);
                    ControlFlow::Break(())
                }
            }
        });
        let Shared { names, mut runs, failed } =
            shared.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(problem) = failed {
            return Err(Box::new(cannot_write(&spill, &problem)));
        }
        self.write_segments(&names, &mut runs, needs.columns())?;
        let read: u64 = report.files.iter().map(|file| file.records).sum();
        if read != runs.count() {
            let message = format!(
                "internal error: {read} records were read, and {} events came of them",
                runs.count()
            );
            let problem = error(codes::STORE_WRITE, self.store, message)
                .note("the store is as it was before this import")
                .help("please report it, if you can with the files");
            return Err(Box::new(problem));
        }
        self.imported.events = read;
        self.imported.added = sources.len();
        self.imported.segments = self.pending.len();
        self.imported.bytes = self.pending.iter().map(|segment| segment.bytes).sum();
        self.enter(sources, &report, needs.log_sources.all());
        self.imported.report = report;
        self.commit()
    }

    /// Leaves out the files that are known already; gives the others.
    fn new_sources(&mut self, evidence: &mut Evidence) -> Result<Vec<Source>, Box<Diagnostic>> {
        let own = fs::canonicalize(self.store).map_err(|error| cannot_write(self.store, &error))?;
        let mut by_hash: HashMap<String, String> = HashMap::new();
        let mut by_path: HashMap<&str, ()> = HashMap::new();
        for source in &self.manifest.sources {
            by_hash.insert(source.sha256.clone(), source.path.clone());
            by_path.insert(&source.path, ());
        }
        let mut sources = Vec::new();
        let imported = &mut self.imported;
        let (import, now) = (self.number, self.options.now);
        let mut remark = |diagnostic: Diagnostic, shown: &str| {
            let place = InputPlace { file: shown.to_owned(), offset: None, record: None };
            imported.remarks.push(diagnostic.input(place));
        };
        let mut known = 0;
        evidence.retain(|path, shown| {
            let is_stream = shown == STDIN && path.ends_with(files::STREAM);
            let is_own = || fs::canonicalize(path).is_ok_and(|path| path.starts_with(&own));
            if !is_stream && is_own() {
                let message = "the file belongs to the store, and was not imported into itself";
                remark(Diagnostic::note_severity(codes::STORE_KNOWN, message), shown);
                return false;
            }
            // What cannot be read is told by the reader.
            let (Ok(sha256), Ok(metadata)) = (files::sha256(path), fs::metadata(path)) else {
                return true;
            };
            if let Some(other) = by_hash.get(&sha256) {
                known += 1;
                let message = match other.as_str() {
                    other if other == shown => "the store has this file already".to_owned(),
                    other => format!("the store has this file already, as `{other}`"),
                };
                let diagnostic = Diagnostic::note_severity(codes::STORE_KNOWN, message)
                    .note("its content is the same (SHA-256); nothing was added");
                remark(diagnostic, shown);
                return false;
            }
            if !is_stream && by_path.contains_key(shown) {
                let message = "a file of this name but other content is in the store already";
                let diagnostic = Diagnostic::warning(codes::STORE_KNOWN, message)
                    .note("the events of both are kept; what both hold is in the store twice");
                remark(diagnostic, shown);
            }
            by_hash.insert(sha256.clone(), shown.to_owned());
            let bytes = metadata.len();
            sources.push(Source { path: shown.to_owned(), sha256, bytes, import, imported: now });
            true
        });
        self.imported.known = known;
        Ok(sources)
    }

    fn write_segments(
        &mut self,
        names: &Names,
        runs: &mut Runs,
        fixed: &[aql_event::Column],
    ) -> Result<(), Box<Diagnostic>> {
        let spill = self.store.join(SPILL);
        let mut merge = runs.merge().map_err(|problem| cannot_write(&spill, &problem))?;
        let mut open: Option<(u64, PathBuf, SegmentWriter<'_>)> = None;
        let result: Result<(), ParquetError> = merge.each(|row| {
            let partition = row.partition();
            if open.as_ref().is_none_or(|(of, _, writer)| *of != partition || writer.is_full()) {
                if let Some((_, path, writer)) = open.take() {
                    self.close(&path, writer)?;
                }
                let path = self.segment_path(partition);
                let columns: PartitionColumns = names.columns(partition);
                let part = part_of(&self.store.join(&path));
                if let Some(folder) = part.parent() {
                    fs::create_dir_all(folder)?;
                }
                let beside = part_of(&texts::beside(&self.store.join(&path)));
                let writer = SegmentWriter::create(&part, &beside, fixed, &columns)?;
                open = Some((partition, path, writer));
            }
            match &mut open {
                Some((_, _, writer)) => writer.row(row),
                None => Ok(()),
            }
        });
        let result = result.and_then(|()| match open.take() {
            Some((_, path, writer)) => self.close(&path, writer),
            None => Ok(()),
        });
        result.map_err(|problem| cannot_write(self.store, &problem))?;
        Ok(())
    }

    fn close(&mut self, path: &Path, writer: SegmentWriter<'_>) -> Result<(), ParquetError> {
        let written = writer.finish()?;
        let path: Vec<_> = path.iter().filter_map(|part| part.to_str()).collect();
        self.pending.push(Segment {
            path: path.join("/"),
            bytes: written.bytes,
            rows: written.rows,
            oldest: written.span.map(|(oldest, _)| oldest),
            newest: written.span.map(|(_, newest)| newest),
            texts: written.texts,
        });
        Ok(())
    }

    /// Where the next segment of a partition lies in the store.
    fn segment_path(&self, partition: u64) -> PathBuf {
        let span = self.manifest.span();
        let start = (partition != UNDATED).then(|| unordered(partition).checked_mul(span.length()));
        let start = start.flatten();
        let start = start.and_then(|time| Timestamp::from_millisecond(time).ok());
        let start = start.map(|time| time.to_zoned(jiff::tz::TimeZone::UTC));
        let (day, hour) = match start {
            Some(time) => (time.date().to_string(), format!("{:02}", time.hour())),
            None => (NO_PARTITION.to_owned(), NO_PARTITION.to_owned()),
        };
        let number = self.pending.len();
        let mut path = PathBuf::from(format!("day={day}"));
        if span == Span::Hour {
            path.push(format!("hour={hour}"));
        }
        path.push(format!("{SEGMENT_PREFIX}{:06}-{number:06}.parquet", self.number));
        path
    }

    fn enter(
        &mut self,
        sources: Vec<Source>,
        report: &ScanReport,
        log_sources: Vec<aql_event::LogSource>,
    ) {
        let manifest = &mut self.manifest;
        manifest.written_by.clone_from(&self.options.written_by);
        manifest.imports = self.number;
        manifest.sources.extend(sources);
        for file in &report.files {
            let worth = |d: &&Diagnostic| d.severity >= Severity::Warning;
            let told = |d: &Diagnostic| format!("{}: {}", d.code, d.message);
            manifest.files.push(ReadFile {
                path: file.path.to_string(),
                format: file.format.map(str::to_owned),
                records: file.records,
                unparsed: file.unparsed,
                lost: file.lost,
                problems: file.diagnostics.iter().filter(worth).map(told).collect(),
            });
        }
        manifest.segments.extend(self.pending.iter().cloned());
        manifest.segments.sort_by(|a, b| (a.oldest, &a.path).cmp(&(b.oldest, &b.path)));
        for source in log_sources {
            if manifest.log_sources.iter().all(|known| known.id != source.id) {
                let (id, type_id, name) = (source.id, source.type_id, source.name);
                manifest.log_sources.push(StoredLogSource { id, type_id, name });
            }
        }
        manifest.log_sources.sort_by_key(|source| source.id);
    }

    /// Gives the segments their names, and then the store its manifest.
    fn commit(&mut self) -> Result<(), Box<Diagnostic>> {
        for segment in &self.pending {
            let path = self.store.join(&segment.path);
            if segment.texts.is_some() {
                let texts = texts::beside(&path);
                fs::rename(part_of(&texts), &texts)
                    .map_err(|problem| cannot_write(&texts, &problem))?;
            }
            let done = fs::rename(part_of(&path), &path).and_then(|()| files::sync_folder(&path));
            done.map_err(|problem| cannot_write(&path, &problem))?;
        }
        self.manifest.write(self.store)
    }
}

fn part_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(PART);
    PathBuf::from(name)
}

/// Appends the rows of a batch; gives the names of their fields.
fn encode(
    encoder: &RowEncoder,
    events: &EventBatch,
    all_fields: &aql_event::Column,
    rows: &mut Vec<u8>,
) -> BatchNames {
    let mut names = BatchNames::default();
    let fields = events.column(all_fields).and_then(|array| array.as_binary_opt::<i32>());
    encoder.encode(events, rows, |row, partition, filled| {
        let bytes = fields.filter(|array| array.is_valid(row)).map(|array| array.value(row));
        names.add(partition, filled, bytes.unwrap_or_default());
    });
    names
}
