//! A file on disk, as the Parquet reader wants it.

use std::fs::File;
use std::sync::Arc;

use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};

/// A file as the Parquet reader wants it. Clones share the place in the file, so that one reads at a
/// time.
#[derive(Clone)]
pub(crate) struct OnDisk(Arc<File>);

impl OnDisk {
    /// Of an open file.
    pub(crate) fn new(file: File) -> Self {
        OnDisk(Arc::new(file))
    }
}

impl Length for OnDisk {
    fn len(&self) -> u64 {
        self.0.len()
    }
}

impl ChunkReader for OnDisk {
    type T = <File as ChunkReader>::T;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        self.0.get_read(start)
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        self.0.get_bytes(start, length)
    }
}
