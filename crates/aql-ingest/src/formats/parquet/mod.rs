//! Parquet files of any columns: exports of Spark, DuckDB, a data lake.
//!
//! A row is the JSON object of its columns: a struct is an object, a list an array, a column without a
//! value is left out, times are written in ISO 8601. What a mapping of the user or another format
//! knows by its keys or columns is read as such (`rows`); other rows are unparsed events, whose
//! columns are made of those of the file, and only of those that are needed (`columns`). The object
//! is the payload.
//!
//! Parquet is read from its end. A file on disk is read where it lies, a large one by several threads;
//! one inside of something else is held in memory.

mod columns;
mod disk;
mod names;
mod parts;
mod reading;
mod rows;
mod shown;

use std::panic::{AssertUnwindSafe, catch_unwind};

use aql_diag::{Diagnostic, codes};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::file::reader::ChunkReader;

use super::{Format, Layout};
use crate::out::Out;
use crate::patience::Watch;

pub(crate) use disk::OnDisk;
pub(crate) use parts::{Part, parts};
use reading::Reading;

/// Parquet of no known columns.
pub(crate) const FORMAT: Format = Format {
    name: "parquet",
    about: "Parquet of no known columns, each row kept as an unparsed event",
    by: "`PAR1` at the start",
    layout: Layout::Parquet,
};

/// The first bytes of a file, and its last.
pub(crate) const MAGIC: &[u8] = b"PAR1";

/// What the footer of a file of our own store has.
const STORE_KEY: &str = "aquiline.segment";

/// Reads all rows of a file.
pub(crate) fn read<R: ChunkReader + Clone + 'static>(input: R, watch: &Watch, out: &mut Out<'_>) {
    out.report().bytes += input.len();
    match open(&input) {
        Ok(metadata) => {
            let parts = parts::groups(&metadata);
            Reading::new(input, metadata, watch).read(&parts, out);
        }
        Err(diagnostic) => out.lost(*diagnostic, None),
    }
}

/// Reads the rows of a part of a file.
pub(crate) fn read_part<R: ChunkReader + Clone + 'static>(
    input: R,
    part: &Part,
    watch: &Watch,
    out: &mut Out<'_>,
) {
    out.report().bytes += part.bytes;
    Reading::new(input, part.metadata.clone(), watch).read(std::slice::from_ref(part), out);
}

/// Reads the footer of a file, or says why its rows cannot be read.
fn open<R: ChunkReader>(input: &R) -> Result<ArrowReaderMetadata, Box<Diagnostic>> {
    let bytes = input.len();
    let is_whole =
        bytes >= 12 && input.get_bytes(bytes - 4, 4).is_ok_and(|end| end.as_ref() == MAGIC);
    if !is_whole {
        let message = "the file ends without the footer that every Parquet file has";
        let diagnostic = Diagnostic::error(codes::TRUNCATED, message)
            .note("without it nothing in the file can be read")
            .help("copy the file again, when nobody writes to it any more");
        return Err(Box::new(diagnostic));
    }
    let loaded = guarded(|| {
        let options = ArrowReaderOptions::new();
        ArrowReaderMetadata::load(input, options).map_err(|problem| problem.to_string())
    });
    let metadata = loaded.map_err(|problem| {
        let message = format!("the footer of the Parquet file cannot be read: {problem}");
        Box::new(Diagnostic::error(codes::DAMAGED, message))
    })?;
    let pairs = metadata.metadata().file_metadata().key_value_metadata();
    if pairs.is_some_and(|pairs| pairs.iter().any(|pair| pair.key == STORE_KEY)) {
        let message = "the file belongs to a store, and is no evidence by itself";
        let diagnostic = Diagnostic::error(codes::UNKNOWN_FORMAT, message)
            .help("name the folder of the store, the one with `manifest.json`, instead");
        return Err(Box::new(diagnostic));
    }
    Ok(metadata)
}

/// Decoding what is damaged may panic.
fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err("its data cannot be decoded".to_owned()))
}
