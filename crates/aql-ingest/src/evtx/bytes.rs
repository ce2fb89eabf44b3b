//! Bounds-checked little-endian reads. Every read of untrusted bytes goes through here.

use super::error::Error;

/// The `N` bytes at `pos`, if all of them are there.
#[inline]
pub(super) fn array<const N: usize>(data: &[u8], pos: usize) -> Option<[u8; N]> {
    data.get(pos..)?.first_chunk::<N>().copied()
}

#[inline]
pub(super) fn u16_at(data: &[u8], pos: usize) -> Option<u16> {
    array(data, pos).map(u16::from_le_bytes)
}

#[inline]
pub(super) fn u32_at(data: &[u8], pos: usize) -> Option<u32> {
    array(data, pos).map(u32::from_le_bytes)
}

#[inline]
pub(super) fn u64_at(data: &[u8], pos: usize) -> Option<u64> {
    array(data, pos).map(u64::from_le_bytes)
}

/// The error for `needed` bytes at `pos` of a container that ends at `end`.
#[cold]
pub(super) fn truncated(what: &'static str, pos: usize, needed: usize, end: usize) -> Error {
    Error::Truncated {
        what,
        offset: pos as u64,
        needed: needed as u64,
        available: end.saturating_sub(pos) as u64,
    }
}

/// A read position that never passes `end`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a> {
    data: &'a [u8],
    pos: usize,
}

impl<'a> Cursor<'a> {
    /// Reads `data[pos..end]`; positions stay relative to `data`.
    pub(super) fn new(data: &'a [u8], pos: usize, end: usize) -> Self {
        Cursor { data: data.get(..end).unwrap_or(data), pos }
    }

    #[inline]
    pub(super) fn pos(&self) -> usize {
        self.pos
    }

    #[inline]
    pub(super) fn at_end(&self) -> bool {
        self.pos >= self.data.len()
    }

    #[inline]
    pub(super) fn take(&mut self, len: usize, what: &'static str) -> Result<&'a [u8], Error> {
        match self.data.get(self.pos..).and_then(|rest| rest.get(..len)) {
            Some(bytes) => {
                self.pos += len;
                Ok(bytes)
            }
            None => Err(truncated(what, self.pos, len, self.data.len())),
        }
    }

    #[inline]
    fn take_array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], Error> {
        match array::<N>(self.data, self.pos) {
            Some(bytes) => {
                self.pos += N;
                Ok(bytes)
            }
            None => Err(truncated(what, self.pos, N, self.data.len())),
        }
    }

    #[inline]
    pub(super) fn u8(&mut self, what: &'static str) -> Result<u8, Error> {
        self.take_array::<1>(what).map(|[byte]| byte)
    }

    #[inline]
    pub(super) fn u16(&mut self, what: &'static str) -> Result<u16, Error> {
        self.take_array(what).map(u16::from_le_bytes)
    }

    #[inline]
    pub(super) fn u32(&mut self, what: &'static str) -> Result<u32, Error> {
        self.take_array(what).map(u32::from_le_bytes)
    }
}
