//! The file of a segment, as the Parquet reader wants it: read at any place, by several threads.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::sync::Arc;

use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};

/// Bytes that are read ahead where it is not known how many are wanted.
const READ_AHEAD: usize = 4096;

/// A segment that is open. Clones share the file.
#[derive(Clone, Debug)]
pub(crate) struct SegmentFile {
    file: Arc<File>,
    length: u64,
}

impl SegmentFile {
    /// Of an open file and its length.
    pub(crate) fn new(file: File, length: u64) -> Self {
        SegmentFile { file: Arc::new(file), length }
    }

    /// Reads exactly as many bytes as there is room for.
    #[cfg(unix)]
    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&*self.file, buffer, at)
    }

    /// Reads exactly as many bytes as there is room for. The place in the file belongs to all that
    /// share it, so that only one may read at a time.
    #[cfg(not(unix))]
    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<()> {
        use std::io::{Seek, SeekFrom};
        use std::sync::{Mutex, PoisonError};
        static ONE: Mutex<()> = Mutex::new(());
        let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let mut file = &*self.file;
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(buffer)
    }
}

impl Length for SegmentFile {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for SegmentFile {
    type T = BufReader<From>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        let from = From { file: self.clone(), at: start };
        Ok(BufReader::with_capacity(READ_AHEAD, from))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let end = start.checked_add(length as u64);
        if end.is_none_or(|end| end > self.length) {
            return Err(ParquetError::EOF(format!(
                "{length} bytes at {start} are more than the file has"
            )));
        }
        let mut buffer = vec![0; length];
        self.read_at(&mut buffer, start)?;
        Ok(buffer.into())
    }
}

/// Reads on from a place of the file.
#[derive(Debug)]
pub(crate) struct From {
    file: SegmentFile,
    at: u64,
}

impl Read for From {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.file.length.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let count = buffer.len().min(left);
        let buffer = buffer.get_mut(..count).unwrap_or_default();
        self.file.read_at(buffer, self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}
