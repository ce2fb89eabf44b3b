//! Evidence: the files that a user points at.

use std::collections::HashSet;
use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use aql_diag::{Diagnostic, InputPlace, codes};

use crate::mappings::Mappings;
use crate::patience::Patience;
use crate::source::Inflation;

/// How evidence is read.
#[derive(Clone, Debug)]
pub struct Options {
    /// Threads that read; 0 is taken as 1.
    pub threads: usize,
    /// Bytes of the longest record that is read; a longer one is lost.
    pub max_record: usize,
    /// Levels of nesting in JSON and XML; a deeper record is lost.
    pub max_depth: usize,
    /// What all that is compressed in one file, or in one member of a zip archive, may give.
    pub inflation: Inflation,
    /// Bytes of an archive inside an archive that are held in memory.
    pub max_nested_archive: u64,
    /// Bytes of a file above which several threads share it, and of their parts.
    pub split: u64,
    /// The present, in epoch milliseconds: syslog times without a year lie before it. Without it
    /// they are unknown.
    pub now: Option<i64>,
    /// How records of a user's own are read.
    pub mappings: Mappings,
    /// How long a file may take; for ever if nothing.
    pub patience: Option<Patience>,
    /// Where progress is counted, if somebody looks.
    pub progress: Option<Arc<Progress>>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            threads: 1,
            max_record: 64 << 20,
            max_depth: 128,
            inflation: Inflation { max_bytes: 64 << 30, max_ratio: 400 },
            max_nested_archive: 256 << 20,
            split: 8 << 20,
            now: None,
            mappings: Mappings::default(),
            patience: None,
            progress: None,
        }
    }
}

/// How far a scan is. Counts bytes of files as they lie on disk.
#[derive(Debug, Default)]
pub struct Progress {
    done: AtomicU64,
}

impl Progress {
    /// Bytes read so far.
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// Counts bytes.
    pub(crate) fn add(&self, bytes: u64) {
        self.done.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// A reader that can be read once.
pub(crate) type Once = Arc<Mutex<Option<Box<dyn Read + Send>>>>;

/// Where the bytes of a file come from.
#[derive(Clone)]
pub(crate) enum Origin {
    /// A file on disk.
    Disk,
    /// A reader that was handed in.
    Reader(Once),
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Origin::Disk => "Disk",
            Origin::Reader(_) => "Reader",
        })
    }
}

/// One file.
#[derive(Clone, Debug)]
pub(crate) struct EvidenceFile {
    pub(crate) path: Arc<Path>,
    /// The path for messages and `aql.file`.
    pub(crate) shown: Arc<str>,
    pub(crate) bytes: u64,
    pub(crate) origin: Origin,
}

/// The files that a user points at, in a fixed order. Read them with
/// [`EventTable::scan`](aql_event::EventTable::scan).
#[derive(Debug)]
pub struct Evidence {
    pub(crate) files: Vec<EvidenceFile>,
    pub(crate) options: Options,
}

/// Folders inside folders deeper than this are not looked into.
const MAX_FOLDERS: usize = 128;

impl Evidence {
    /// Finds the files under the paths: a file is itself, a folder all files in it and below, in
    /// the order of their names. What does not exist and has `*`, `?` or `[` in it is a pattern,
    /// and `**` in it stands for folders in folders. A file that is reached twice is read once.
    /// What cannot be found or listed is told in the diagnostics; the rest is there.
    pub fn open(paths: &[PathBuf], options: Options) -> (Evidence, Vec<Diagnostic>) {
        Evidence::open_with(paths, None, options)
    }

    /// Like [`open`](Evidence::open), where the path `-` is a reader such as standard input, shown
    /// as `<stdin>`. It is read as a stream, and once: a second scan reports it as unreadable.
    pub fn open_with(
        paths: &[PathBuf],
        mut reader: Option<Box<dyn Read + Send>>,
        options: Options,
    ) -> (Evidence, Vec<Diagnostic>) {
        let mut found = Found::default();
        let mut has_reader = false;
        for path in paths {
            if path.as_os_str() != "-" {
                found.add(path);
            } else if let Some(reader) = reader.take() {
                has_reader = true;
                found.files.push(Evidence::reader_file("<stdin>", reader));
            } else if !has_reader {
                found.add(path);
            }
        }
        (Evidence { files: found.files, options }, found.diagnostics)
    }

    /// Evidence that is no file: what a reader gives, shown under this name. It is read once.
    pub fn from_reader(
        shown: &str,
        reader: impl Read + Send + 'static,
        options: Options,
    ) -> Evidence {
        Evidence { files: vec![Evidence::reader_file(shown, Box::new(reader))], options }
    }

    fn reader_file(shown: &str, reader: Box<dyn Read + Send>) -> EvidenceFile {
        EvidenceFile {
            path: Arc::from(Path::new(shown)),
            shown: Arc::from(shown),
            bytes: 0,
            origin: Origin::Reader(Arc::new(Mutex::new(Some(reader)))),
        }
    }

    /// Adds a file that is shown under another name.
    ///
    /// # Errors
    ///
    /// The file is not there.
    pub fn add_file(&mut self, path: &Path, shown: &str) -> io::Result<()> {
        let bytes = fs::metadata(path)?.len();
        let (path, shown) = (Arc::from(path), Arc::from(shown));
        self.files.push(EvidenceFile { path, shown, bytes, origin: Origin::Disk });
        Ok(())
    }

    /// Number of files (archives count once).
    pub fn file_count(&self) -> usize {
        self.files.len()
    }

    /// Bytes of all files as they lie on disk: what [`Progress::done`] runs up to.
    pub fn total_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// Keeps only those files that `keep` wants, which gets the path and the path as it is shown.
    pub fn retain(&mut self, mut keep: impl FnMut(&Path, &str) -> bool) {
        self.files.retain(|file| keep(&file.path, &file.shown));
    }

    /// Paths as the user gave them, in evidence order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| &*file.shown)
    }
}

/// May a path that does not exist be a pattern?
fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

#[derive(Default)]
struct Found {
    files: Vec<EvidenceFile>,
    diagnostics: Vec<Diagnostic>,
    /// Files that are in the list already, by their real path.
    seen: HashSet<PathBuf>,
}

impl Found {
    fn add(&mut self, path: &Path) {
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(_) if path.to_str().is_some_and(is_pattern) => return self.pattern(path),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let message = format!("`{}` does not exist", path.display());
                let diagnostic = Diagnostic::error(codes::NOT_FOUND, message)
                    .help("check the path; relative paths start at the current folder");
                return self.tell(diagnostic, path);
            }
            Err(error) => return self.unreadable(path, &error),
        };
        if metadata.is_dir() {
            let before = self.files.len();
            let mut parents = Vec::new();
            self.folder(path, &mut parents);
            if self.files.len() == before {
                let message = format!("folder `{}` holds no file to read", path.display());
                self.tell(Diagnostic::warning(codes::EMPTY, message), path);
            }
        } else {
            self.file(path, &metadata);
        }
    }

    /// Adds what a pattern matches, in the order of names.
    fn pattern(&mut self, path: &Path) {
        let text = path.to_str().unwrap_or_default();
        let options = glob::MatchOptions {
            case_sensitive: !cfg!(windows),
            require_literal_separator: true,
            require_literal_leading_dot: false,
        };
        let matches = match glob::glob_with(text, options) {
            Ok(matches) => matches,
            Err(error) => {
                let message = format!(
                    "`{text}` does not exist, and is no pattern: {} at character {}",
                    error.msg,
                    error.pos + 1
                );
                return self.tell(Diagnostic::error(codes::NOT_FOUND, message), path);
            }
        };
        let mut any = false;
        for found in matches {
            any = true;
            match found {
                Ok(found) => self.add_found(&found),
                Err(error) => self.unreadable(error.path(), error.error()),
            }
        }
        if !any {
            let message = format!("no file matches `{text}`");
            let diagnostic = Diagnostic::error(codes::NOT_FOUND, message)
                .help("`*` stands for any name, `**` for folders in folders, `?` for a character");
            self.tell(diagnostic, path);
        }
    }

    /// Adds a path that a pattern matched.
    fn add_found(&mut self, path: &Path) {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => self.folder(path, &mut Vec::new()),
            Ok(metadata) => self.file(path, &metadata),
            Err(error) => self.unreadable(path, &error),
        }
    }

    fn tell(&mut self, diagnostic: Diagnostic, path: &Path) {
        let place = InputPlace { file: path.display().to_string(), offset: None, record: None };
        self.diagnostics.push(diagnostic.input(place));
    }

    fn unreadable(&mut self, path: &Path, error: &std::io::Error) {
        let message = format!("`{}` cannot be read: {error}", path.display());
        self.tell(Diagnostic::error(codes::UNREADABLE, message), path);
    }

    /// Adds the files of a folder and of those below it. `parents` are the real paths of the
    /// folders on the way: a link back to one of them is a loop and is left out.
    fn folder(&mut self, path: &Path, parents: &mut Vec<PathBuf>) {
        let real = match fs::canonicalize(path) {
            Ok(real) => real,
            Err(error) => return self.unreadable(path, &error),
        };
        if parents.contains(&real) {
            return;
        }
        if parents.len() >= MAX_FOLDERS {
            let message = format!(
                "folder `{}` lies more than {MAX_FOLDERS} folders deep and was not looked into",
                path.display()
            );
            let diagnostic = Diagnostic::error(codes::UNREADABLE, message)
                .help("name the folder itself as a path to read");
            return self.tell(diagnostic, path);
        }
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) => return self.unreadable(path, &error),
        };
        let mut children = Vec::new();
        for entry in entries {
            match entry {
                Ok(entry) => children.push(entry.path()),
                Err(error) => self.unreadable(path, &error),
            }
        }
        children.sort();
        parents.push(real);
        for child in children {
            match fs::metadata(&child) {
                Ok(metadata) if metadata.is_dir() => self.folder(&child, parents),
                Ok(metadata) => self.file(&child, &metadata),
                Err(error) => self.unreadable(&child, &error),
            }
        }
        parents.pop();
    }

    fn file(&mut self, path: &Path, metadata: &fs::Metadata) {
        // A pipe or a device may never end, and cannot be read twice.
        if !metadata.is_file() {
            let message = format!("`{}` is no regular file", path.display());
            return self.tell(Diagnostic::error(codes::UNREADABLE, message), path);
        }
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if !self.seen.insert(real) {
            return;
        }
        self.files.push(EvidenceFile {
            path: Arc::from(path),
            shown: Arc::from(path.display().to_string()),
            bytes: metadata.len(),
            origin: Origin::Disk,
        });
    }
}
