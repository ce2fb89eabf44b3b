//! Which texts occur in the raw records of a segment: four letters at a time, block by block.
//!
//! Looking for a text in raw records means decoding all of them, unless something says where it
//! cannot be. Beside a segment lies a file that does: for every block of some hundred records a set
//! of the four-letter pieces that occur in them, kept as bits at places given by a hash. A text can
//! be in a block only if all of its pieces are; what a block seems to hold because other pieces have
//! the same places costs time and nothing else.
//!
//! Letters are taken without regard to case. Whatever folding, or a change to upper or lower case,
//! can make of a text is entered, so that the answer holds for every way in which AQL compares.
//! Only pieces of ASCII count; a text without any may be anywhere.
//!
//! A file that is missing, cut or damaged is as good as none: then everything is read.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use aql_event::{Column, ColumnKind, Occurrences};
use parquet::file::reader::ChunkReader;
use xxhash_rust::xxh64::xxh64;

use crate::columns::PAYLOAD;
use crate::segment_file::SegmentFile;

/// What the file begins with; the digit is its version.
const MAGIC: &[u8; 8] = b"AQLTEXT1";
/// The ending of its name, in the place of that of the segment.
const EXTENSION: &str = "texts";
/// Records of a block, and bytes of raw records after which a block is full all the same.
const BLOCK_ROWS: u32 = 512;
const BLOCK_BYTES: usize = 384 << 10;
/// Bits of a set while it is filled, as an exponent of two, and the fewest that it may shrink to.
const MOST: u32 = 18;
const LEAST: u32 = 9;
/// Bytes of the head, and of what it says of each block.
const HEAD: usize = 32;
const ENTRY: usize = 16;
/// Letters of a piece.
const PIECE: usize = 4;

/// Where the file beside a segment lies.
pub(crate) fn beside(segment: &Path) -> PathBuf {
    segment.with_extension(EXTENSION)
}

/// Is this the name of such a file?
pub(crate) fn is_beside(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == EXTENSION)
}

/// The place of a piece among as many bits as there may be at most.
fn place(piece: u32) -> u32 {
    piece.wrapping_mul(0x9e37_79b1) >> (32 - MOST)
}

/// Calls `each` with the pieces of a text, ASCII letters in lower case.
fn pieces(text: &str, mut each: impl FnMut(u32)) {
    let (mut piece, mut letters) = (0u32, 0);
    for byte in text.bytes() {
        letters = if byte.is_ascii() { letters + 1 } else { 0 };
        piece = piece << 8 | u32::from(byte.to_ascii_lowercase());
        if letters >= PIECE {
            each(piece);
        }
    }
}

/// The letters outside of ASCII that fold to one inside, as that one.
fn simple(text: &str) -> Cow<'_, str> {
    match text.contains(['\u{17f}', '\u{212a}']) {
        true => text.replace('\u{17f}', "s").replace('\u{212a}', "k").into(),
        false => text.into(),
    }
}

/// Enters a piece.
#[inline]
fn set(bits: &mut [u64], piece: u32) {
    let at = place(piece);
    if let Some(word) = bits.get_mut((at >> 6) as usize) {
        *word |= 1 << (at & 63);
    }
}

/// Collects the texts of a segment that is being written.
pub(crate) struct TextsWriter {
    bits: Vec<u64>,
    /// The record at hand in lower case.
    lower: Vec<u8>,
    rows: u32,
    bytes: usize,
    entries: Vec<u8>,
    /// The sets, one after the other.
    sets: Vec<u8>,
}

impl TextsWriter {
    pub(crate) fn new() -> Self {
        TextsWriter {
            bits: vec![0; 1 << (MOST - 6)],
            lower: Vec::new(),
            rows: 0,
            bytes: 0,
            entries: Vec::new(),
            sets: Vec::new(),
        }
    }

    /// Takes the raw record of the next row.
    pub(crate) fn row(&mut self, payload: Option<&[u8]>) {
        if let Some(payload) = payload {
            if payload.is_ascii() {
                self.enter_ascii(payload);
            } else {
                let text = String::from_utf8_lossy(payload);
                self.enter(&simple(&text));
                self.enter(&simple(&text.to_lowercase()));
                self.enter(&simple(&text.to_uppercase()));
            }
            self.bytes += payload.len();
        }
        self.rows += 1;
        if self.rows >= BLOCK_ROWS || self.bytes >= BLOCK_BYTES {
            self.end_block();
        }
    }

    fn enter(&mut self, text: &str) {
        let bits = &mut self.bits;
        pieces(text, |piece| set(bits, piece));
    }

    /// The same for a text of ASCII letters, which nearly all are.
    fn enter_ascii(&mut self, text: &[u8]) {
        self.lower.clear();
        self.lower.extend(text.iter().map(u8::to_ascii_lowercase));
        for piece in self.lower.windows(PIECE).filter_map(<[u8]>::first_chunk) {
            set(&mut self.bits, u32::from_be_bytes(*piece));
        }
    }

    fn end_block(&mut self) {
        if self.rows == 0 {
            return;
        }
        // Halves are laid over each other as long as at most every second bit is set.
        let mut exponent = MOST;
        let mut words = self.bits.len();
        while exponent > LEAST {
            let (low, high) = self.bits.split_at(words / 2);
            let high = high.get(..words / 2).unwrap_or_default();
            let set: u32 = low.iter().zip(high).map(|(a, b)| (a | b).count_ones()).sum();
            if set > 1 << (exponent - 2) {
                break;
            }
            let (low, high) = self.bits.split_at_mut(words / 2);
            low.iter_mut().zip(high).for_each(|(a, b)| *a |= *b);
            words /= 2;
            exponent -= 1;
        }
        let start = self.sets.len();
        for word in self.bits.iter().take(words) {
            self.sets.extend_from_slice(&word.to_le_bytes());
        }
        let hash = xxh64(self.sets.get(start..).unwrap_or_default(), 0);
        self.entries.extend_from_slice(&self.rows.to_le_bytes());
        self.entries.extend_from_slice(&exponent.to_le_bytes());
        self.entries.extend_from_slice(&hash.to_le_bytes());
        self.bits.fill(0);
        self.rows = 0;
        self.bytes = 0;
    }

    /// Writes the file of a segment of so many bytes; gives its own.
    pub(crate) fn finish(mut self, path: &Path, segment: u64) -> io::Result<u64> {
        self.end_block();
        let blocks = (self.entries.len() / ENTRY) as u64;
        let mut file = File::create(path)?;
        file.write_all(MAGIC)?;
        file.write_all(&segment.to_le_bytes())?;
        file.write_all(&blocks.to_le_bytes())?;
        file.write_all(&xxh64(&self.entries, segment).to_le_bytes())?;
        file.write_all(&self.entries)?;
        file.write_all(&self.sets)?;
        file.sync_all()?;
        Ok((HEAD + self.entries.len() + self.sets.len()) as u64)
    }
}

/// What is known of the texts of a segment.
#[derive(Debug)]
pub(crate) struct Texts {
    file: SegmentFile,
    blocks: Vec<Block>,
}

#[derive(Debug)]
struct Block {
    /// Its rows, counted from the first one of the file.
    rows: Range<usize>,
    /// Where its set lies.
    bytes: Range<u64>,
    hash: u64,
}

impl Texts {
    /// Opens the file beside a segment of so many bytes and rows; nothing if there is none that can
    /// be used.
    pub(crate) fn open(segment: &Path, bytes: u64, rows: u64) -> Option<Self> {
        let file = File::open(beside(segment)).ok()?;
        let length = file.metadata().ok()?.len();
        let file = SegmentFile::new(file, length);
        let head = file.get_bytes(0, HEAD).ok()?;
        let number =
            |at: usize| Some(u64::from_le_bytes(*head.get(at..at + 8)?.first_chunk::<8>()?));
        if head.get(..8)? != MAGIC || number(8)? != bytes {
            return None;
        }
        let size = usize::try_from(number(16)?).ok()?.checked_mul(ENTRY)?;
        let entries = file.get_bytes(HEAD as u64, size).ok()?;
        if xxh64(&entries, bytes) != number(24)? {
            return None;
        }
        let mut blocks = Vec::with_capacity(size / ENTRY);
        let (mut row, mut at) = (0, (HEAD + size) as u64);
        for entry in entries.chunks_exact(ENTRY) {
            let [a, b, c, d, e, f, g, h, hash @ ..] = *entry.first_chunk::<ENTRY>()?;
            let rows = u32::from_le_bytes([a, b, c, d]) as usize;
            let exponent = u32::from_le_bytes([e, f, g, h]);
            if !(LEAST..=MOST).contains(&exponent) {
                return None;
            }
            let end = at + (1u64 << (exponent - 3));
            blocks.push(Block {
                rows: row..row + rows,
                bytes: at..end,
                hash: u64::from_le_bytes(hash),
            });
            row += rows;
            at = end;
        }
        (row as u64 == rows && at == length).then_some(Texts { file, blocks })
    }

    /// Leaves of some rows of the file those of blocks for which `may_match` holds.
    pub(crate) fn narrow(
        &self,
        ranges: &[Range<usize>],
        mut may_match: impl FnMut(&dyn Occurrences) -> bool,
    ) -> Vec<Range<usize>> {
        let mut kept: Vec<Range<usize>> = Vec::new();
        let (Some(start), Some(end)) = (ranges.first(), ranges.last()) else { return kept };
        let first = self.blocks.partition_point(|block| block.rows.end <= start.start);
        let last = self.blocks.partition_point(|block| block.rows.start < end.end);
        let blocks = self.blocks.get(first..last).unwrap_or_default();
        let span = blocks.first().zip(blocks.last()).map(|(a, b)| a.bytes.start..b.bytes.end);
        let Some(span) = span else { return ranges.to_vec() };
        let length = usize::try_from(span.end - span.start).unwrap_or(usize::MAX);
        let Ok(sets) = self.file.get_bytes(span.start, length) else { return ranges.to_vec() };
        let mut ranges = ranges.iter().peekable();
        for block in blocks {
            let offset = |at: u64| usize::try_from(at - span.start).unwrap_or(usize::MAX);
            let set = sets.get(offset(block.bytes.start)..offset(block.bytes.end));
            let mut verdict = None;
            while let Some(range) = ranges.peek() {
                let (start, end) =
                    (range.start.max(block.rows.start), range.end.min(block.rows.end));
                if start < end {
                    let is_wanted = *verdict.get_or_insert_with(|| match set {
                        Some(set) if xxh64(set, 0) == block.hash => may_match(&Set { bits: set }),
                        _ => true,
                    });
                    if is_wanted {
                        match kept.last_mut().filter(|last| last.end == start) {
                            Some(last) => last.end = end,
                            None => kept.push(start..end),
                        }
                    }
                }
                if range.end > block.rows.end {
                    break;
                }
                ranges.next();
            }
        }
        kept
    }
}

/// Is this the column that it is known for?
pub(crate) fn is_of(column: &Column) -> bool {
    column.kind == ColumnKind::Builtin && &*column.name == PAYLOAD
}

/// The pieces of a block.
struct Set<'s> {
    bits: &'s [u8],
}

impl Occurrences for Set<'_> {
    fn may_occur(&self, column: &Column, text: &str) -> bool {
        if !is_of(column) {
            return true;
        }
        let mut all = true;
        // As many bits as a power of two.
        let mask = u32::try_from(self.bits.len() * 8 - 1).unwrap_or(u32::MAX);
        pieces(text, |piece| {
            let at = place(piece) & mask;
            let byte = self.bits.get((at >> 3) as usize).copied().unwrap_or(u8::MAX);
            all &= byte >> (at & 7) & 1 == 1;
        });
        all
    }
}

#[cfg(test)]
mod tests {
    use aql_event::{Column, ColumnKind, Encoding, Type};

    use super::{Texts, TextsWriter, beside};

    fn payload() -> Column {
        Column::new(ColumnKind::Builtin, "payload", Type::Binary, Encoding::Plain)
    }

    /// The rows that are left of records when a text is looked for.
    fn left(records: &[&str], text: &str, damage: impl Fn(&mut Vec<u8>)) -> Vec<(usize, usize)> {
        let folder = tempfile::tempdir().unwrap();
        let segment = folder.path().join("aql-1.parquet");
        let mut writer = TextsWriter::new();
        records.iter().for_each(|record| writer.row(Some(record.as_bytes())));
        let bytes = writer.finish(&beside(&segment), 7).unwrap();
        let mut content = std::fs::read(beside(&segment)).unwrap();
        assert_eq!(content.len() as u64, bytes);
        damage(&mut content);
        std::fs::write(beside(&segment), content).unwrap();
        let all = 0..records.len();
        let Some(texts) = Texts::open(&segment, 7, records.len() as u64) else {
            return vec![(0, records.len())];
        };
        let left = texts.narrow(std::slice::from_ref(&all), |set| set.may_occur(&payload(), text));
        left.into_iter().map(|range| (range.start, range.end)).collect()
    }

    #[test]
    fn texts_are_found_in_any_case() {
        for (record, text, is_there) in [
            ("a needle in it", "needle", true),
            ("a Needle in it", "NEEDLE", true),
            ("a needle in it", "noodle", false),
            ("a needle in it", "dle", true),
            ("", "needle", false),
            // Too short, or nothing of ASCII in it: may be anywhere.
            ("", "abc", true),
            ("", "äöüß", true),
            ("", "äöüßabcd", false),
            // What folds to letters of ASCII, or becomes them.
            ("\u{212a}elvin", "kelvin", true),
            ("mi\u{17f}t", "mist", true),
            ("straße", "strasse", true),
            ("straße", "stra", true),
            ("STRASSE", "straße", true),
        ] {
            let found = !left(&[record], text, |_| {}).is_empty();
            assert_eq!(found, is_there, "{text:?} in {record:?}");
        }
    }

    #[test]
    fn blocks_without_a_text_are_left_out() {
        let records: Vec<String> =
            (0..2000).map(|n| format!("event number {n:07} of many")).collect();
        let mut records: Vec<&str> = records.iter().map(String::as_str).collect();
        records[1100] = "a Needle in a haystack";
        assert_eq!(left(&records, "needle in a haystack", |_| {}), [(1024, 1536)]);
        assert_eq!(left(&records, "event number", |_| {}), [(0, 2000)]);
    }

    #[test]
    fn what_is_damaged_leaves_nothing_out() {
        let records = vec!["no such thing"; 600];
        assert_eq!(left(&records, "needle", |_| {}), []);
        for at in [0, 9, 17, 25, 33, 37] {
            assert_eq!(left(&records, "needle", |content| content[at] ^= 1), [(0, 600)], "{at}");
        }
        assert_eq!(left(&records, "needle", |content| content.truncate(50)), [(0, 600)]);
        let last = left(&records, "needle", |content| *content.last_mut().unwrap() ^= 1);
        assert_eq!(last, [(512, 600)]);
    }
}
