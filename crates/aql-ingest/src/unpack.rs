//! Decompressors: gzip, zstd, bzip2 and xz as streams, all in Rust.
//!
//! Not in here: limits on what comes out ([`Inflated`](crate::source::Inflated)), archives with
//! members (`tar`, and zip in `plan` and `worker`).

use std::io::{Error, ErrorKind, Read, Result};

use bzip2::read::MultiBzDecoder;
use flate2::read::MultiGzDecoder;
use lzma_rust2::XzReader;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use xxhash_rust::xxh64::Xxh64;

/// KiB that the dictionary of an xz stream may take; `xz -9` makes streams that want 65 MiB.
const XZ_MEMORY: u32 = 160 << 10;
/// Bytes of the window of a zstd frame: what `zstd` itself takes without `--long`.
const ZSTD_WINDOW: u64 = 128 << 20;

/// A compression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    /// Gzip, one member or several.
    Gzip,
    /// Zstandard, frames one after the other.
    Zstd,
    /// Bzip2, streams one after the other.
    Bzip2,
    /// Xz, streams one after the other.
    Xz,
}

impl Packing {
    /// The compression that the bytes at the start of a file name.
    pub(crate) fn of(head: &[u8]) -> Option<Packing> {
        match head {
            [0x1f, 0x8b, ..] => Some(Packing::Gzip),
            // A frame, or one to be skipped that tools put in front.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => {
                Some(Packing::Zstd)
            }
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Packing::Xz),
            // The size of blocks, then the first block, or the end of an empty stream.
            [b'B', b'Z', b'h', b'1'..=b'9', rest @ ..]
                if rest.starts_with(b"\x31\x41\x59\x26\x53\x59")
                    || rest.starts_with(b"\x17\x72\x45\x38\x50\x90") =>
            {
                Some(Packing::Bzip2)
            }
            _ => None,
        }
    }

    /// What comes out of `packed`.
    pub(crate) fn unpack<'r>(self, packed: impl Read + 'r) -> Box<dyn Read + 'r> {
        match self {
            Packing::Gzip => Box::new(MultiGzDecoder::new(packed)),
            Packing::Zstd => Box::new(Zstd::new(packed)),
            Packing::Bzip2 => Box::new(MultiBzDecoder::new(packed)),
            Packing::Xz => Box::new(XzReader::new_mem_limit(packed, true, XZ_MEMORY)),
        }
    }
}

/// Frames of Zstandard, one after the other.
struct Zstd<R> {
    source: R,
    decoder: FrameDecoder,
    /// Of what has come out of the frame.
    hash: Xxh64,
    /// Is a frame being decoded?
    inside: bool,
    ended: bool,
}

impl<R: Read> Zstd<R> {
    fn new(source: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(ZSTD_WINDOW);
        Zstd { source, decoder, hash: Xxh64::new(0), inside: false, ended: false }
    }

    /// Begins the next frame that is not to be skipped; `false` at the end of the input.
    fn begin(&mut self) -> Result<bool> {
        loop {
            let mut magic = [0; 4];
            let mut have = 0;
            while have < magic.len() {
                match self.source.read(magic.get_mut(have..).unwrap_or_default()) {
                    Ok(0) if have == 0 => return Ok(false),
                    Ok(0) => return Err(cut()),
                    Ok(read) => have += read,
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
            let whole = magic.as_slice().chain(&mut self.source);
            match self.decoder.reset(whole) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let length = u64::from(length);
                    let skipped =
                        std::io::copy(&mut (&mut self.source).take(length), &mut std::io::sink())?;
                    if skipped < length {
                        return Err(cut());
                    }
                }
                Err(error) => return Err(Error::new(ErrorKind::InvalidData, error.to_string())),
            }
        }
    }
}

impl<R: Read> Read for Zstd<R> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            if self.ended {
                return Ok(0);
            }
            if !self.inside {
                // What cannot be decoded is told once, and nothing comes after it.
                self.ended = true;
                if !self.begin()? {
                    return Ok(0);
                }
                self.inside = true;
                self.hash.reset(0);
                self.ended = false;
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let step = BlockDecodingStrategy::UptoBlocks(1);
                if let Err(error) = self.decoder.decode_blocks(&mut self.source, step) {
                    self.ended = true;
                    return Err(Error::new(ErrorKind::InvalidData, error.to_string()));
                }
            }
            let read = self.decoder.read(out)?;
            if read > 0 {
                self.hash.update(out.get(..read).unwrap_or_default());
                return Ok(read);
            }
            self.inside = false;
            let told = self.decoder.get_checksum_from_data();
            // Of the hash the lower half is kept.
            if told.is_some_and(|told| u64::from(told) != self.hash.digest() & 0xffff_ffff) {
                self.ended = true;
                return Err(Error::new(ErrorKind::InvalidData, "the checksum of a frame is wrong"));
            }
        }
    }
}

fn cut() -> Error {
    Error::new(ErrorKind::UnexpectedEof, "the input ends inside a frame")
}
