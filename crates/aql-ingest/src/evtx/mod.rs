//! Windows Event Log files (EVTX): bytes in, values out.
//!
//! A file is a [`FileHeader`] and [`Chunk`]s of 64 KiB; a chunk holds records, and everything
//! its records refer to. A record is BinXML, a tokenised XML, and nearly always an instance of a
//! template: the template's definition stands once in the chunk, the record lists the values to
//! put into it, and one of these values (the event's data) is an instance of another template.
//!
//! Read [`Decoder`] first: [`Decoder::decode`] finds a chunk's records, and [`Record`] gives
//! their values, each decoded when it is asked for. No tree is built for a record. Where a
//! field stands is worked out once per [`ShapeId`]:
//!
//! - `file`: the file header, and where the chunks are.
//! - `chunk`: the chunk header, its defects, and where the records are.
//! - `program`: template definitions, compiled to flat lists of steps.
//! - `decoder`: the values of each record's template instances; what is kept between chunks.
//! - `plan`: from the programs of a shape to the places of its fields.
//! - `record`, `xml`: what a record can be asked for.
//! - `value`, `time`, `text`: typed values and UTF-16 to text.
//!
//! ```
//! use aql_ingest::evtx::{Decoder, FileHeader, FileSlot, SystemField, chunks};
//!
//! fn count_logons(file: &[u8]) -> Result<usize, aql_ingest::evtx::Error> {
//!     let header = FileHeader::parse(file)?;
//!     let mut decoder = Decoder::new();
//!     let mut scratch = String::new();
//!     let mut count = 0;
//!     for slot in chunks(file, &header) {
//!         let FileSlot::Chunk(chunk) = slot else { continue };
//!         for record in decoder.decode(&chunk).flatten() {
//!             let channel = record.system_text(SystemField::Channel, &mut scratch);
//!             if channel == Some("Security") && record.event_id() == Some(4624) {
//!                 count += 1;
//!             }
//!         }
//!     }
//!     Ok(count)
//! }
//! ```
//!
//! Any input is safe: reads are bounds-checked, nesting is limited, and the work a chunk can ask
//! for is bounded. What cannot be read is an [`Error`] with its place; the rest is delivered.

mod bytes;
mod chunk;
mod decoder;
mod error;
mod file;
mod plan;
mod program;
mod record;
mod sample;
mod text;
mod time;
mod value;
mod xml;

pub use chunk::{CHUNK_MAGIC, CHUNK_SIZE, Chunk};
pub use decoder::{Decoder, Records, ShapeId};
pub use error::{Defect, Error, RecordError};
pub use file::{Chunks, FILE_HEADER_SIZE, FILE_MAGIC, FileHeader, FileSlot, carve_chunks, chunks};
pub use plan::{Section, SystemField};
pub use record::{Record, Slot};
pub use value::Value;
