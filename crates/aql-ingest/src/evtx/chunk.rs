//! Chunks: their header, their defects, and where their records are.

use memchr::memmem;

use super::bytes;
use super::error::{Defect, Error};
use super::file::crc32;

/// Bytes in a chunk.
pub const CHUNK_SIZE: usize = 65_536;

/// The first eight bytes of a chunk.
pub const CHUNK_MAGIC: &[u8; 8] = b"ElfChnk\0";

/// Bytes before the first record of a chunk.
const CHUNK_HEADER_SIZE: usize = 512;

/// Bits of a chunk's flags that mean something: written to, unknown, without checksums.
const KNOWN_FLAGS: u32 = 7;

const RECORD_MAGIC: &[u8; 4] = b"\x2a\x2a\0\0";

/// Bytes of a record before its BinXML, and of the size field repeated after it.
const RECORD_HEADER_SIZE: usize = 24;
const RECORD_TRAILER_SIZE: usize = 4;
const RECORD_MIN_SIZE: usize = RECORD_HEADER_SIZE + RECORD_TRAILER_SIZE;

/// One chunk: up to 64 KiB that hold records and everything the records refer to.
///
/// Read its records with [`Decoder::decode`](super::Decoder::decode).
#[derive(Debug, Clone, Copy)]
pub struct Chunk<'d> {
    data: &'d [u8],
    offset: u64,
    first_record_id: u64,
    last_record_id: u64,
    free_space: u32,
    data_checksum: u32,
    header_checksum: u32,
    computed_header_checksum: u32,
    flags: u32,
    magic: [u8; 8],
}

impl<'d> Chunk<'d> {
    /// Reads a chunk header. `data` holds the chunk's 64 KiB, or fewer where the file ends
    /// inside it; `offset` is the chunk's place in the file, for error messages.
    ///
    /// # Errors
    ///
    /// [`Error::Truncated`] below 512 bytes and [`Error::ChunkMagic`] for another magic. Wrong
    /// checksums are no error: see [`Chunk::defects`].
    pub fn parse(data: &'d [u8], offset: u64) -> Result<Self, Error> {
        let found = bytes::array::<8>(data, 0);
        if let Some(found) = found
            && found != *CHUNK_MAGIC
        {
            return Err(Error::ChunkMagic { offset, found });
        }
        Self::salvage(data, offset)
    }

    /// Reads a chunk whose magic may be overwritten. The rest of its header is taken as it
    /// stands.
    ///
    /// # Errors
    ///
    /// [`Error::Truncated`] below 512 bytes.
    pub fn salvage(data: &'d [u8], offset: u64) -> Result<Self, Error> {
        let data = data.get(..CHUNK_SIZE).unwrap_or(data);
        let short = || Error::Truncated {
            what: "chunk header",
            offset,
            needed: CHUNK_HEADER_SIZE as u64,
            available: data.len() as u64,
        };
        let header = data.get(..CHUNK_HEADER_SIZE).ok_or_else(short)?;
        let u32_at = |pos| bytes::u32_at(header, pos).ok_or_else(short);
        let u64_at = |pos| bytes::u64_at(header, pos).ok_or_else(short);
        Ok(Chunk {
            data,
            offset,
            first_record_id: u64_at(24)?,
            last_record_id: u64_at(32)?,
            free_space: u32_at(48)?,
            data_checksum: u32_at(52)?,
            flags: u32_at(120)?,
            header_checksum: u32_at(124)?,
            // Over the magic as it should be: it is checked for itself.
            computed_header_checksum: crc32(&[CHUNK_MAGIC, &header[8..120], &header[128..]]),
            magic: bytes::array(header, 0).ok_or_else(short)?,
        })
    }

    /// The chunk's bytes.
    pub fn data(&self) -> &'d [u8] {
        self.data
    }

    /// The chunk's place in the file.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The lowest and highest record id the header names.
    pub fn record_ids(&self) -> (u64, u64) {
        (self.first_record_id, self.last_record_id)
    }

    /// What is wrong with the chunk without keeping its records from being read. Computes the
    /// checksum over the chunk's data (about 64 KiB).
    pub fn defects(&self) -> Vec<Defect> {
        let mut defects = Vec::new();
        if self.magic != *CHUNK_MAGIC {
            defects.push(Defect::Magic { found: self.magic });
        }
        if self.data.len() < CHUNK_SIZE {
            defects.push(Defect::Truncated { available: self.data.len() as u64 });
        }
        if self.flags & !KNOWN_FLAGS != 0 {
            defects.push(Defect::Flags { found: self.flags });
        }
        // Bit 2: the chunk carries no checksums.
        if self.flags & 4 != 0 {
            return defects;
        }
        if !self.header_is_intact() {
            defects.push(Defect::HeaderChecksum {
                stored: self.header_checksum,
                computed: self.computed_header_checksum,
            });
        }
        match self.data.get(CHUNK_HEADER_SIZE..self.free_space as usize) {
            Some(records) => {
                let computed = crc32(&[records]);
                if computed != self.data_checksum {
                    let stored = self.data_checksum;
                    defects.push(Defect::DataChecksum { stored, computed });
                }
            }
            None => defects.push(Defect::FreeSpaceOffset {
                found: self.free_space,
                available: self.data.len() as u64,
            }),
        }
        defects
    }

    fn header_is_intact(&self) -> bool {
        self.flags & 4 != 0 || self.header_checksum == self.computed_header_checksum
    }

    /// The records as byte ranges, in order.
    pub(super) fn raw_records(&self) -> RawRecords<'d> {
        // Of a damaged header only what is plausible is used, and nothing to leave records out.
        let free_space = self.free_space as usize;
        let plausible = (CHUNK_HEADER_SIZE..=self.data.len()).contains(&free_space);
        let ids = (self.first_record_id, self.last_record_id);
        RawRecords {
            data: self.data,
            pos: CHUNK_HEADER_SIZE,
            live_end: if plausible { free_space } else { self.data.len() },
            ids: (self.header_is_intact() && ids.0 <= ids.1).then_some(ids),
            previous: None,
            suspect: None,
            past_last: false,
            done: false,
        }
    }
}

/// A record as it lies in its chunk.
#[derive(Debug, Clone, Copy)]
pub(super) struct RawRecord {
    /// Where the record starts.
    pub(super) offset: usize,
    pub(super) number: u64,
    /// FILETIME of the header.
    pub(super) time: u64,
    /// Where its BinXML starts and ends.
    pub(super) body: (usize, usize),
}

/// A place where a record should have been.
#[derive(Debug)]
pub(super) struct RawError {
    pub(super) offset: usize,
    pub(super) number: Option<u64>,
    pub(super) error: Error,
}

/// Walks the records of a chunk, one after another by their size fields, and looks for the next
/// record magic where that chain breaks.
#[derive(Debug)]
pub(super) struct RawRecords<'d> {
    data: &'d [u8],
    pos: usize,
    /// Where the header says the records end. Older records may follow in a chunk that was
    /// reused, so past it only a record that continues the numbers is one of this chunk.
    live_end: usize,
    /// The ids the header names, if the header can be trusted.
    ids: Option<(u64, u64)>,
    previous: Option<u64>,
    /// The last record, when the size repeated after it differs: its size may be wrong.
    suspect: Option<usize>,
    /// Whether the record with the header's last id was seen.
    past_last: bool,
    done: bool,
}

impl Iterator for RawRecords<'_> {
    type Item = Result<RawRecord, RawError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let offset = self.pos;
        if (offset >= self.live_end || self.past_last) && !self.continues(offset) {
            self.done = true;
            return None;
        }
        match self.record_at(offset) {
            Ok((record, end, confirmed)) => {
                self.pos = end;
                self.previous = Some(record.number);
                self.suspect = (!confirmed).then_some(offset);
                self.past_last |= self.ids.is_some_and(|(_, last)| last == record.number);
                Some(Ok(record))
            }
            Err(error) => {
                let from = self.suspect.take().map_or(offset + 1, |suspect| suspect + 4);
                match self.find_record(from) {
                    Some(next) => self.pos = next,
                    None => {
                        self.done = true;
                        // Zeros where a record should start are where the free space starts.
                        if self.is_blank(&error) {
                            return None;
                        }
                    }
                }
                Some(Err(error))
            }
        }
    }
}

impl RawRecords<'_> {
    /// Whether there is nothing where a record should start, or no room for one.
    fn is_blank(&self, broken: &RawError) -> bool {
        match broken.error {
            Error::RecordMagic { found, .. } => found == [0; 4],
            Error::Truncated { .. } => {
                let rest = self.data.get(broken.offset..).unwrap_or_default();
                !rest.starts_with(&RECORD_MAGIC[..2])
            }
            _ => false,
        }
    }

    /// The record at `offset`, where it ends, and whether the size after it is the same.
    fn record_at(&self, offset: usize) -> Result<(RawRecord, usize, bool), RawError> {
        let data = self.data;
        let fail = |error, number| RawError { offset, number, error };
        let Some(header) =
            data.get(offset..).and_then(|rest| rest.first_chunk::<RECORD_HEADER_SIZE>())
        else {
            let error = bytes::truncated("record header", offset, RECORD_HEADER_SIZE, data.len());
            return Err(fail(error, None));
        };
        let [m0, m1, m2, m3, s0, s1, s2, s3, n0, n1, n2, n3, n4, n5, n6, n7, time @ ..] = *header;
        let found = [m0, m1, m2, m3];
        if found != *RECORD_MAGIC {
            return Err(fail(Error::RecordMagic { offset: offset as u64, found }, None));
        }
        let number = u64::from_le_bytes([n0, n1, n2, n3, n4, n5, n6, n7]);
        let found = u32::from_le_bytes([s0, s1, s2, s3]);
        let size = found as usize;
        let available = data.len() - offset;
        if size < RECORD_MIN_SIZE || size > available {
            let available = available as u64;
            let error = Error::RecordSize { offset: offset as u64, found, available };
            return Err(fail(error, Some(number)));
        }
        let end = offset + size;
        let body = (offset + RECORD_HEADER_SIZE, end - RECORD_TRAILER_SIZE);
        let confirmed = bytes::u32_at(data, body.1) == Some(found);
        let record = RawRecord { offset, number, time: u64::from_le_bytes(time), body };
        Ok((record, end, confirmed))
    }

    /// Whether the record at `offset` follows the one before it by its number.
    fn continues(&self, offset: usize) -> bool {
        matches!(
            (self.record_at(offset), self.previous),
            (Ok((record, _, true)), Some(previous)) if record.number == previous.wrapping_add(1)
        )
    }

    /// The next record at or after `from` whose sizes agree and whose number is one of this
    /// chunk's.
    fn find_record(&self, from: usize) -> Option<usize> {
        let window = self.data.get(from..self.live_end)?;
        memmem::find_iter(window, RECORD_MAGIC).map(|at| from + at).find(|&offset| {
            matches!(
                self.record_at(offset),
                Ok((record, _, true))
                    if self.ids.is_none_or(|(first, last)| (first..=last).contains(&record.number))
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A chunk of records of 40 bytes with the given numbers, its free space after the first
    /// `live` of them.
    fn chunk(numbers: &[u64], live: usize) -> Vec<u8> {
        let mut data = vec![0; CHUNK_HEADER_SIZE];
        data[..8].copy_from_slice(CHUNK_MAGIC);
        data[24..32].copy_from_slice(&numbers[0].to_le_bytes());
        data[32..40].copy_from_slice(&numbers[live - 1].to_le_bytes());
        data[48..52].copy_from_slice(&(512 + 40 * live as u32).to_le_bytes());
        // No checksums.
        data[120] = 4;
        for number in numbers {
            data.extend_from_slice(RECORD_MAGIC);
            data.extend_from_slice(&40_u32.to_le_bytes());
            data.extend_from_slice(&number.to_le_bytes());
            data.extend_from_slice(&[0; 20]);
            data.extend_from_slice(&40_u32.to_le_bytes());
        }
        data.resize(CHUNK_SIZE, 0);
        data
    }

    /// The numbers of the records found, 0 for each error.
    fn found(data: &[u8]) -> Vec<u64> {
        let records = Chunk::parse(data, 0).unwrap().raw_records();
        records.map(|record| record.map_or(0, |record| record.number)).collect()
    }

    #[test]
    fn stale_records_are_left_alone_and_unflushed_ones_read() {
        assert_eq!(found(&chunk(&[5, 6, 7], 3)), [5, 6, 7]);
        // Older records in the free space.
        assert_eq!(found(&chunk(&[5, 6, 2, 3], 2)), [5, 6]);
        // Records the header does not know of yet.
        assert_eq!(found(&chunk(&[5, 6, 7, 8], 2)), [5, 6, 7, 8]);
    }

    #[test]
    fn a_broken_record_hides_only_itself() {
        let pristine = chunk(&[5, 6, 7, 8], 4);
        for (size, expected) in [
            (0_u32, vec![5, 0, 7, 8]),
            (u32::MAX, vec![5, 0, 7, 8]),
            // A plausible size that leads into the middle of another record.
            (60, vec![5, 6, 0, 7, 8]),
        ] {
            let mut data = pristine.clone();
            data[512 + 40 + 4..512 + 40 + 8].copy_from_slice(&size.to_le_bytes());
            assert_eq!(found(&data), expected, "size {size}");
        }
        let mut data = pristine.clone();
        data[512 + 40] = 0;
        assert_eq!(found(&data), [5, 0, 7, 8]);
        // The free space offset is garbage.
        let mut data = pristine;
        data[48..52].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(found(&data), [5, 6, 7, 8]);
    }

    #[test]
    fn a_cut_chunk_is_read_up_to_the_cut() {
        let data = chunk(&[5, 6, 7], 3);
        assert_eq!(found(&data[..512 + 100]), [5, 6, 0]);
        assert_eq!(found(&data[..512]), [0_u64; 0]);
        assert!(Chunk::parse(&data[..511], 0).is_err());
        assert!(Chunk::parse(&[], 0).is_err());
    }
}
