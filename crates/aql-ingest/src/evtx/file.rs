//! The file header, and where the chunks of a file are.

use memchr::memmem;

use super::bytes;
use super::chunk::{CHUNK_MAGIC, CHUNK_SIZE, Chunk};
use super::error::Error;

/// The first eight bytes of an EVTX file.
pub const FILE_MAGIC: &[u8; 8] = b"ElfFile\0";

/// Bytes the header block usually takes; the first chunk follows it.
pub const FILE_HEADER_SIZE: usize = 4096;

/// Bytes of the header block that mean something.
const HEADER_LEN: usize = 128;

/// The header of an EVTX file.
///
/// Nothing in it is needed to find the chunks (see [`chunks`]), and a file that was not closed
/// cleanly has a stale one, so nothing in it is trusted either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileHeader {
    /// Number of the chunk that held the oldest records.
    pub first_chunk: u64,
    /// Number of the chunk that was written last.
    pub last_chunk: u64,
    /// The record number the next record would get.
    pub next_record_number: u64,
    /// Format version, minor part.
    pub minor_version: u16,
    /// Format version, major part (3 for every EVTX file).
    pub major_version: u16,
    /// Offset of the first chunk, in bytes.
    pub block_size: usize,
    /// How many chunks the header counts. A log that was being written holds more.
    pub chunk_count: u16,
    /// The flags as stored. Bit 0 is [`FileHeader::is_dirty`], bit 1 [`FileHeader::is_full`].
    pub flags: u32,
    /// Whether the header's checksum matches its bytes.
    pub checksum_ok: bool,
}

impl FileHeader {
    /// Reads the header from the start of a file.
    ///
    /// # Errors
    ///
    /// [`Error::Truncated`] below 128 bytes and [`Error::FileMagic`] for another magic. Chunks
    /// may still be found with [`carve_chunks`].
    pub fn parse(file: &[u8]) -> Result<Self, Error> {
        let Some(header) = file.get(..HEADER_LEN) else {
            return Err(bytes::truncated("file header", 0, HEADER_LEN, file.len()));
        };
        let short = || bytes::truncated("file header", 0, HEADER_LEN, file.len());
        let found = bytes::array::<8>(header, 0).ok_or_else(short)?;
        if found != *FILE_MAGIC {
            return Err(Error::FileMagic { found });
        }
        let u16_at = |pos| bytes::u16_at(header, pos).ok_or_else(short);
        let u32_at = |pos| bytes::u32_at(header, pos).ok_or_else(short);
        let u64_at = |pos| bytes::u64_at(header, pos).ok_or_else(short);
        let flags = u32_at(120)?;
        // Bit 2: the file carries no checksums.
        let checksum_ok = flags & 4 != 0 || u32_at(124)? == crc32(&[&header[..120]]);
        let block_size = usize::from(u16_at(40)?);
        Ok(FileHeader {
            first_chunk: u64_at(8)?,
            last_chunk: u64_at(16)?,
            next_record_number: u64_at(24)?,
            minor_version: u16_at(36)?,
            major_version: u16_at(38)?,
            block_size: match block_size {
                HEADER_LEN.. if block_size.is_multiple_of(8) => block_size,
                _ => FILE_HEADER_SIZE,
            },
            chunk_count: u16_at(42)?,
            flags,
            checksum_ok,
        })
    }

    /// Whether the log was not closed cleanly.
    pub fn is_dirty(&self) -> bool {
        self.flags & 1 != 0
    }

    /// Whether the log had reached its largest size.
    pub fn is_full(&self) -> bool {
        self.flags & 2 != 0
    }
}

/// CRC32 (IEEE) of several pieces in a row.
pub(super) fn crc32(parts: &[&[u8]]) -> u32 {
    let mut crc = flate2::Crc::new();
    for part in parts {
        crc.update(part);
    }
    crc.sum()
}

fn is_zero(data: &[u8]) -> bool {
    let (blocks, rest) = data.as_chunks::<64>();
    let zero = |bytes: &[u8]| bytes.iter().fold(0, |any, byte| any | byte) == 0;
    blocks.iter().all(|block| zero(block)) && zero(rest)
}

/// What stands at one place of a file.
#[derive(Debug, Clone)]
pub enum FileSlot<'d> {
    /// A chunk.
    Chunk(Chunk<'d>),
    /// 64 KiB of zeros (or fewer, at the end): space the log has not used yet.
    Unused {
        /// Offset in the file.
        offset: u64,
    },
    /// Bytes that are no chunk. Their records are lost, unless [`Chunk::salvage`] finds some.
    Lost {
        /// Offset in the file.
        offset: u64,
        /// The bytes up to the next place where a chunk can start.
        data: &'d [u8],
        /// Why they are no chunk.
        error: Error,
    },
    /// A second file header: files were concatenated. Its chunks follow.
    FileHeader {
        /// Offset in the file.
        offset: u64,
        /// The header.
        header: FileHeader,
    },
}

/// The chunks of `file`, from the first byte after its header block to its end.
///
/// The header's chunk count plays no part. Where no chunk starts, the search goes on at the next
/// chunk magic, or 64 KiB further on.
pub fn chunks<'d>(file: &'d [u8], header: &FileHeader) -> Chunks<'d> {
    Chunks { file, pos: header.block_size }
}

/// The chunks of bytes that do not start with a usable file header, such as a disk image or a
/// file whose first block was overwritten. Starts at the first chunk magic.
pub fn carve_chunks(file: &[u8]) -> Chunks<'_> {
    let pos = memmem::find(file, CHUNK_MAGIC).unwrap_or(file.len());
    Chunks { file, pos }
}

/// Iterator over the chunks of a file. Made by [`chunks`] and [`carve_chunks`].
#[derive(Debug, Clone)]
pub struct Chunks<'d> {
    file: &'d [u8],
    pos: usize,
}

impl<'d> Iterator for Chunks<'d> {
    type Item = FileSlot<'d>;

    fn next(&mut self) -> Option<FileSlot<'d>> {
        let rest = self.file.get(self.pos..).filter(|rest| !rest.is_empty())?;
        let offset = self.pos as u64;
        let data = &rest[..rest.len().min(CHUNK_SIZE)];
        let error = match Chunk::parse(data, offset) {
            Ok(chunk) => {
                self.pos += data.len();
                return Some(FileSlot::Chunk(chunk));
            }
            Err(error) => error,
        };
        if is_zero(data) {
            self.pos += data.len();
            return Some(FileSlot::Unused { offset });
        }
        if let Ok(header) = FileHeader::parse(rest) {
            self.pos += header.block_size.min(rest.len());
            return Some(FileSlot::FileHeader { offset, header });
        }
        // Chunks after a piece that was cut out or put in are not 64 KiB apart from the others.
        let window = &rest[..rest.len().min(CHUNK_SIZE + CHUNK_MAGIC.len() - 1)];
        let next = window
            .get(1..)
            .and_then(|window| memmem::find(window, CHUNK_MAGIC))
            .map_or(data.len(), |at| at + 1);
        self.pos += next;
        Some(FileSlot::Lost { offset, data: &rest[..next], error })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_no_header() {
        assert!(matches!(FileHeader::parse(b"ElfFile\0"), Err(Error::Truncated { .. })));
        assert!(matches!(FileHeader::parse(&[0; 4096]), Err(Error::FileMagic { .. })));
        let mut header = [0_u8; 128];
        header[..8].copy_from_slice(FILE_MAGIC);
        let parsed = FileHeader::parse(&header).unwrap();
        assert!(!parsed.checksum_ok);
        assert_eq!(parsed.block_size, FILE_HEADER_SIZE);
    }

    #[test]
    fn lost_chunks_do_not_hide_the_next_one() {
        let mut file = vec![0_u8; 4096];
        file[..8].copy_from_slice(FILE_MAGIC);
        file.extend_from_slice(&[7; 1000]);
        let mut chunk = vec![0_u8; CHUNK_SIZE];
        chunk[..8].copy_from_slice(CHUNK_MAGIC);
        file.extend_from_slice(&chunk);
        file.extend_from_slice(&[0; 100]);
        let header = FileHeader::parse(&file).unwrap();
        let found: Vec<FileSlot<'_>> = chunks(&file, &header).collect();
        assert!(matches!(
            found.as_slice(),
            [
                FileSlot::Lost { offset: 4096, .. },
                FileSlot::Chunk(_),
                FileSlot::Unused { offset: 70_632 }
            ]
        ));
        assert_eq!(carve_chunks(&file).count(), 2);
    }
}
