//! What can go wrong while reading an EVTX file, and where.

use thiserror::Error;

/// Why a structure could not be read.
///
/// Offsets are relative to the structure's container: to the file for the file header and for
/// chunk magics, to the chunk for everything inside a chunk. [`RecordError`] carries the chunk's
/// own place in the file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes end inside a structure.
    #[error("{what} at offset {offset:#x} needs {needed} bytes, but only {available} are left")]
    Truncated {
        /// The structure being read.
        what: &'static str,
        /// Where it starts.
        offset: u64,
        /// How many bytes it takes.
        needed: u64,
        /// How many bytes its container still has.
        available: u64,
    },
    /// The file does not start with `ElfFile\0`.
    #[error("expected file magic `ElfFile\\0` at offset 0, found bytes {found:02x?}")]
    FileMagic {
        /// The first eight bytes.
        found: [u8; 8],
    },
    /// A chunk does not start with `ElfChnk\0`.
    #[error(
        "expected chunk magic `ElfChnk\\0` at file offset {offset:#x}, found bytes {found:02x?}"
    )]
    ChunkMagic {
        /// Offset in the file.
        offset: u64,
        /// The eight bytes there.
        found: [u8; 8],
    },
    /// No record starts where one should.
    #[error(
        "expected record magic `2a 2a 00 00` at chunk offset {offset:#x}, found bytes {found:02x?}"
    )]
    RecordMagic {
        /// Offset in the chunk.
        offset: u64,
        /// The four bytes there.
        found: [u8; 4],
    },
    /// A record's size field is smaller than its own header or larger than what is left.
    #[error(
        "record at chunk offset {offset:#x} claims {found} bytes, expected between 28 and {available}"
    )]
    RecordSize {
        /// Offset of the record in the chunk.
        offset: u64,
        /// The size field.
        found: u32,
        /// Bytes left in the chunk.
        available: u64,
    },
    /// A byte that is no BinXML token, or a token that cannot stand there.
    #[error("expected {expected} at chunk offset {offset:#x}, found token {found:#04x}")]
    Token {
        /// Offset in the chunk.
        offset: u64,
        /// What could have stood there.
        expected: &'static str,
        /// The token byte.
        found: u8,
    },
    /// A byte that names no BinXML value type.
    #[error("expected a value type at chunk offset {offset:#x}, found {found:#04x}")]
    ValueType {
        /// Offset in the chunk.
        offset: u64,
        /// The type byte.
        found: u8,
    },
    /// Elements or fragments nest deeper than any real record.
    #[error("{what} at chunk offset {offset:#x} nests deeper than {limit} levels")]
    Depth {
        /// What nests.
        what: &'static str,
        /// Offset in the chunk.
        offset: u64,
        /// The deepest level that is read.
        limit: usize,
    },
    /// A crafted chunk or record asks for far more work than a real one.
    #[error("{what} at chunk offset {offset:#x} exceeds the limit of {limit}")]
    Limit {
        /// What grew too large.
        what: &'static str,
        /// Offset in the chunk.
        offset: u64,
        /// The limit.
        limit: usize,
    },
}

/// A record that could not be read, with its place. The records around it are still delivered.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("record at file offset {:#x} (chunk at {chunk_offset:#x}): {source}", chunk_offset + record_offset)]
pub struct RecordError {
    /// Offset of the chunk in the file.
    pub chunk_offset: u64,
    /// Offset of the record in the chunk.
    pub record_offset: u64,
    /// The record number, when the record's header was readable.
    pub record_number: Option<u64>,
    /// What is wrong with it.
    pub source: Error,
}

/// A blemish that does not keep the data from being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Defect {
    /// The chunk header's CRC32 does not match its bytes.
    #[error("chunk header checksum is {stored:#010x}, expected {computed:#010x}")]
    HeaderChecksum {
        /// The checksum in the header.
        stored: u32,
        /// The checksum of the bytes.
        computed: u32,
    },
    /// The CRC32 over the records does not match their bytes.
    #[error("chunk data checksum is {stored:#010x}, expected {computed:#010x}")]
    DataChecksum {
        /// The checksum in the header.
        stored: u32,
        /// The checksum of the bytes.
        computed: u32,
    },
    /// The free space offset points outside the chunk, so the records' checksum is unknown.
    #[error("free space offset is {found:#x}, expected between 0x200 and {available:#x}")]
    FreeSpaceOffset {
        /// The offset in the header.
        found: u32,
        /// The chunk's length.
        available: u64,
    },
    /// The chunk is shorter than 64 KiB: the file ends inside it.
    #[error("chunk has {available} bytes, expected 65536")]
    Truncated {
        /// The bytes there are.
        available: u64,
    },
    /// The chunk's flags have bits that no log has, so it is not known whether it has checksums.
    #[error("chunk flags are {found:#010x}, of which only the lowest three bits are known")]
    Flags {
        /// The flags as stored.
        found: u32,
    },
    /// The chunk's magic is wrong; it was read all the same because the caller asked for it.
    #[error("chunk magic is {found:02x?}, expected `ElfChnk\\0`")]
    Magic {
        /// The eight bytes in its place.
        found: [u8; 8],
    },
}
