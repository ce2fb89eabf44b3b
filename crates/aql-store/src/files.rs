//! The files of a store: reading and writing them so that nothing is half done.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use aql_diag::{Code, Diagnostic, InputPlace, codes};
use sha2::{Digest, Sha256};

use crate::texts;

/// The manifest of a store.
pub(crate) const MANIFEST: &str = "manifest.json";
/// Held by whoever writes.
pub(crate) const LOCK: &str = ".lock";
/// Rows of an import that are more than memory holds.
pub(crate) const SPILL: &str = ".import.tmp";
/// Standard input, while it is imported.
pub(crate) const STREAM: &str = ".stdin.tmp";
/// Behind the name of what is being written.
pub(crate) const PART: &str = ".part";
/// In front of the names of our segments.
pub(crate) const SEGMENT_PREFIX: &str = "aql-";

/// An error about a file of a store.
pub(crate) fn error(code: Code, path: &Path, message: impl Into<String>) -> Diagnostic {
    let file = path.display().to_string();
    Diagnostic::error(code, message).input(InputPlace { file, offset: None, record: None })
}

/// Says that a file could not be written.
pub(crate) fn cannot_write(path: &Path, error: &dyn std::fmt::Display) -> Diagnostic {
    let message = format!("the store cannot be written: {error}");
    self::error(codes::STORE_WRITE, path, message)
        .note("the store is as it was before this import")
        .help("make room or mend the permissions, then import the same files again")
}

/// The SHA-256 of a file, in hexadecimal.
pub(crate) fn sha256(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hash.update(buffer.get(..read).unwrap_or_default());
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Replaces a file as a whole: whoever reads sees the old content or the new.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(PART);
    let part = Path::new(&name);
    let mut file = File::create(part)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(part, path)?;
    sync_folder(path)
}

/// Brings the names in the folder of a file to the disk. Where folders cannot be opened the system
/// sees to it by itself.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

/// The lock of a store, for as long as it lives. It belongs to the process: one that is killed
/// leaves none.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock.
    pub(crate) fn take(store: &Path) -> Result<Lock, Box<Diagnostic>> {
        let path = store.join(LOCK);
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| cannot_write(&path, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(fs::TryLockError::WouldBlock) => {
                let message = "another import is writing to this store";
                let problem = error(codes::STORE_LOCKED, store, message)
                    .help("wait for it to end, then import again; the store can be read meanwhile");
                Err(Box::new(problem))
            }
            Err(fs::TryLockError::Error(error)) => Err(Box::new(cannot_write(&path, &error))),
        }
    }
}

/// Removes what an import that ended early has left: temporary files, and segments that no
/// manifest names.
pub(crate) fn clean(store: &Path, is_known: &dyn Fn(&Path) -> bool) -> io::Result<()> {
    remove(&store.join(SPILL))?;
    remove(&store.join(STREAM))?;
    remove(&store.join(format!("{MANIFEST}{PART}")))?;
    for day in folders(store, "day=")? {
        for hour in folders(&day, "hour=")? {
            clean_partition(store, &hour, is_known)?;
        }
        clean_partition(store, &day, is_known)?;
    }
    Ok(())
}

fn clean_partition(
    store: &Path,
    partition: &Path,
    is_known: &dyn Fn(&Path) -> bool,
) -> io::Result<()> {
    for entry in fs::read_dir(partition)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let is_texts = texts::is_beside(&path);
        let is_ours = name.starts_with(SEGMENT_PREFIX)
            && (name.ends_with(".parquet") || name.ends_with(PART) || is_texts);
        // What lies beside a segment goes with it.
        let segment = if is_texts { path.with_extension("parquet") } else { path.clone() };
        if is_ours && !segment.strip_prefix(store).is_ok_and(is_known) {
            remove(&path)?;
        }
    }
    // Goes if nothing is left in it.
    let _ = fs::remove_dir(partition);
    Ok(())
}

pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The folders inside a folder whose names begin so.
pub(crate) fn folders(folder: &Path, prefix: &str) -> io::Result<Vec<std::path::PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let is_wanted = entry.file_name().to_str().is_some_and(|name| name.starts_with(prefix));
        if is_wanted && entry.file_type()?.is_dir() {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}
