//! Byte sources: decompression with limits, UTF-16, files that are opened again by path.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Output of a decompressor below which its ratio does not matter.
const RATIO_FLOOR: u64 = 64 << 20;

/// What a decompressor may give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inflation {
    /// Bytes in all.
    pub max_bytes: u64,
    /// Bytes out for each byte in, once 64 MiB have come out.
    pub max_ratio: u64,
}

/// Text of errors that mean a decompression bomb.
pub(crate) const BOMB: &str = "decompression limit";

/// Counts the bytes that go through.
pub(crate) struct Counting<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R> Counting<R> {
    /// Adds to a counter what is read from `inner`.
    pub(crate) fn new(inner: R, count: Arc<AtomicU64>) -> Self {
        Counting { inner, count }
    }
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        let read = self.inner.read(out)?;
        self.count.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// What went into the outermost decompressor of a file, and what came out of all of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flow {
    pub(crate) input: Arc<AtomicU64>,
    output: Arc<AtomicU64>,
}

/// The output of a decompressor; an error once all that belong to a file give more than it can be
/// worth.
pub(crate) struct Inflated<R> {
    inner: R,
    flow: Flow,
    limit: Inflation,
}

impl<R> Inflated<R> {
    /// Watches a decompressor whose bytes belong to this flow.
    pub(crate) fn new(inner: R, flow: Flow, limit: Inflation) -> Self {
        Inflated { inner, flow, limit }
    }
}

impl<R: Read> Read for Inflated<R> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        let read = self.inner.read(out)?;
        let before = self.flow.output.fetch_add(read as u64, Ordering::Relaxed);
        let output = before.saturating_add(read as u64);
        let Inflation { max_bytes, max_ratio } = self.limit;
        if output > max_bytes {
            let message = format!("{BOMB}: more than {max_bytes} bytes come out");
            return Err(Error::new(ErrorKind::FileTooLarge, message));
        }
        let input = self.flow.input.load(Ordering::Relaxed).max(1);
        if output > RATIO_FLOOR && output / input > max_ratio {
            let message =
                format!("{BOMB}: more than {max_ratio} bytes come out for each byte that goes in");
            return Err(Error::new(ErrorKind::FileTooLarge, message));
        }
        Ok(read)
    }
}

/// UTF-16, as UTF-8 without a byte order mark. Half surrogates become U+FFFD.
pub(crate) struct Utf16<R> {
    inner: R,
    big_endian: bool,
    /// Bytes read but not decoded: half a unit.
    odd: Option<u8>,
    high: Option<u16>,
    pending: Vec<u8>,
    given: usize,
    ended: bool,
    at_start: bool,
}

impl<R> Utf16<R> {
    /// Decodes a reader, with a byte order mark at its start or without.
    pub(crate) fn new(inner: R, big_endian: bool) -> Self {
        Utf16 {
            inner,
            big_endian,
            odd: None,
            high: None,
            pending: Vec::new(),
            given: 0,
            ended: false,
            at_start: true,
        }
    }

    fn push(&mut self, unit: u16) {
        if std::mem::take(&mut self.at_start) && unit == 0xfeff {
            return;
        }
        let mut push = |c: char| {
            let mut bytes = [0; 4];
            self.pending.extend_from_slice(c.encode_utf8(&mut bytes).as_bytes());
        };
        if let Some(high) = self.high.take() {
            if (0xdc00..0xe000).contains(&unit) {
                let code =
                    0x1_0000 + ((u32::from(high) - 0xd800) << 10) + (u32::from(unit) - 0xdc00);
                push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                return;
            }
            push(char::REPLACEMENT_CHARACTER);
        }
        if (0xd800..0xdc00).contains(&unit) {
            self.high = Some(unit);
        } else {
            push(char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        while self.given == self.pending.len() && !self.ended {
            self.pending.clear();
            self.given = 0;
            let mut block = [0; 16 << 10];
            let read = self.inner.read(&mut block)?;
            if read == 0 {
                self.ended = true;
                if self.odd.take().is_some() | self.high.take().is_some() {
                    self.pending.extend_from_slice("\u{fffd}".as_bytes());
                }
                break;
            }
            for &byte in block.get(..read).unwrap_or_default() {
                match self.odd.take() {
                    None => self.odd = Some(byte),
                    Some(first) if self.big_endian => self.push(u16::from_be_bytes([first, byte])),
                    Some(first) => self.push(u16::from_le_bytes([first, byte])),
                }
            }
        }
        let ready = self.pending.get(self.given..).unwrap_or_default();
        let count = ready.len().min(out.len());
        if let (Some(to), Some(from)) = (out.get_mut(..count), ready.get(..count)) {
            to.copy_from_slice(from);
        }
        self.given += count;
        Ok(count)
    }
}

/// A file that a clone opens again, so that an archive's directory is read once for all threads.
pub(crate) struct Reopen {
    path: Arc<Path>,
    file: Option<File>,
    position: u64,
}

impl Reopen {
    /// A file by path; opened when it is first read.
    pub(crate) fn new(path: Arc<Path>) -> Self {
        Reopen { path, file: None, position: 0 }
    }

    fn file(&mut self) -> Result<&mut File> {
        let file = match self.file.take() {
            Some(file) => file,
            None => {
                let mut file = File::open(&self.path)?;
                file.seek(SeekFrom::Start(self.position))?;
                file
            }
        };
        Ok(self.file.insert(file))
    }
}

impl Clone for Reopen {
    fn clone(&self) -> Self {
        Reopen::new(Arc::clone(&self.path))
    }
}

impl Read for Reopen {
    fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        self.file()?.read(out)
    }
}

impl Seek for Reopen {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        self.position = self.file()?.seek(to)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::{Flow, Inflated, Inflation, Utf16};

    #[test]
    fn utf16_of_both_ends() {
        let text = "é😀\r\nx";
        for big_endian in [false, true] {
            let mut bytes = Vec::new();
            for unit in std::iter::once(0xfeff).chain(text.encode_utf16()).chain([0xd800]) {
                let pair: [u8; 2] =
                    if big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() };
                bytes.extend_from_slice(&pair);
            }
            bytes.push(1);
            let mut out = String::new();
            Utf16::new(bytes.as_slice(), big_endian).read_to_string(&mut out).unwrap();
            assert_eq!(out, format!("{text}\u{fffd}"));
        }
    }

    #[test]
    fn bombs_end() {
        let limit = Inflation { max_bytes: 10, max_ratio: 1000 };
        let mut reader = Inflated::new(std::io::repeat(1), Flow::default(), limit);
        let error = reader.read_to_end(&mut Vec::new()).unwrap_err();
        assert!(error.to_string().contains("10 bytes"), "{error}");
        let limit = Inflation { max_bytes: u64::MAX, max_ratio: 1000 };
        let mut reader = Inflated::new(std::io::repeat(1), Flow::default(), limit);
        let error = reader.read_to_end(&mut Vec::new()).unwrap_err();
        assert!(error.to_string().contains("each byte"), "{error}");
    }
}
