//! Members of a tar archive, read as a stream.
//!
//! The `tar` crate knows the fields of headers; the walk from header to header is here, because the
//! crate's own keeps long names and extended headers of any size in memory.
//!
//! Not in here: what the members are (`worker`). Nothing is written anywhere, so that names with
//! `..` lead nowhere.

use std::io::{Error, ErrorKind, Result};

use tar::{EntryType, Header, PaxExtensions};

use crate::stream::Stream;

/// Bytes of a header, and what everything is a multiple of.
pub(crate) const BLOCK: usize = 512;
/// Bytes of a long name, or of an extended header.
const MAX_EXTENSION: u64 = 1 << 20;

/// Is this the first header of an archive? Its checksum has to be right, or its magic.
pub(crate) fn is_tar(head: &[u8]) -> bool {
    let Some(block) = head.get(..BLOCK) else { return false };
    block.get(257..262) == Some(b"ustar") || (block.first() != Some(&0) && header(block).is_some())
}

/// The header in a block, if its checksum is right.
fn header(block: &[u8]) -> Option<&Header> {
    let header = Header::from_byte_slice(block);
    let told = header.cksum().ok()?;
    let (front, rest) = block.split_at_checked(148)?;
    let sum = |bytes: &[u8]| bytes.iter().map(|b| u32::from(*b)).sum::<u32>();
    let found = sum(front) + 8 * u32::from(b' ') + sum(rest.get(8..)?);
    (told == found).then_some(header)
}

/// A member.
pub(crate) struct Member {
    /// Its name as it stands there.
    pub name: String,
    /// Bytes of its content.
    pub size: u64,
    /// Is it a file whose content lies there as it is?
    pub kind: MemberKind,
}

/// What a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MemberKind {
    /// A file.
    File,
    /// A file with holes that the archive leaves out.
    Sparse,
    /// A folder, a link, a device.
    Other,
}

/// Moves to the next member, whose content the stream then stands at; nothing at the end.
pub(crate) fn next_member(stream: &mut Stream<'_>) -> Result<Option<Member>> {
    let mut long_name = None;
    let mut size_told = None;
    loop {
        stream.fill(BLOCK);
        let at = stream.offset();
        let Some(block) = stream.window().get(..BLOCK) else {
            if let Some(error) = stream.take_error() {
                return Err(error);
            }
            let rest = stream.window();
            // Some writers leave out the blocks of zeros at the end.
            if rest.is_empty() && long_name.is_none() && size_told.is_none() {
                return Ok(None);
            }
            return Err(Error::new(
                ErrorKind::UnexpectedEof,
                format!("the archive ends inside a header at byte {at}"),
            ));
        };
        if block.iter().all(|b| *b == 0) {
            return Ok(None);
        }
        let Some(header) = header(block) else {
            let message = format!("the header at byte {at} has a wrong checksum");
            return Err(Error::new(ErrorKind::InvalidData, message));
        };
        let kind = header.entry_type();
        let size = header.entry_size()?;
        let name = String::from_utf8_lossy(&header.path_bytes()).into_owned();
        stream.consume(BLOCK);
        if matches!(kind, EntryType::GNULongName | EntryType::XHeader) {
            if size > MAX_EXTENSION {
                let message = format!("the extended header at byte {at} has {size} bytes");
                return Err(Error::new(ErrorKind::InvalidData, message));
            }
            let length = usize::try_from(size).unwrap_or(usize::MAX);
            stream.fill(length);
            let Some(bytes) = stream.window().get(..length) else {
                let message = format!("the archive ends inside the header at byte {at}");
                return Err(Error::new(ErrorKind::UnexpectedEof, message));
            };
            if kind == EntryType::XHeader {
                for pair in PaxExtensions::new(bytes).flatten() {
                    match pair.key_bytes() {
                        b"path" => {
                            long_name =
                                Some(String::from_utf8_lossy(pair.value_bytes()).into_owned());
                        }
                        b"size" => size_told = pair.value().ok().and_then(|v| v.parse().ok()),
                        _ => {}
                    }
                }
            } else {
                let text = bytes.split(|b| *b == 0).next().unwrap_or_default();
                long_name = Some(String::from_utf8_lossy(text).into_owned());
            }
            skip(stream, padded(size));
            continue;
        }
        if matches!(kind, EntryType::GNULongLink | EntryType::XGlobalHeader) {
            skip(stream, padded(size));
            continue;
        }
        let kind = match kind {
            EntryType::Regular | EntryType::Continuous => MemberKind::File,
            EntryType::GNUSparse => MemberKind::Sparse,
            _ => MemberKind::Other,
        };
        let name = long_name.unwrap_or(name);
        // What is no file may tell a size, but has no content.
        let size = if kind == MemberKind::Other { 0 } else { size_told.unwrap_or(size) };
        // Old archives mark folders by their names only.
        let kind = if name.ends_with('/') { MemberKind::Other } else { kind };
        return Ok(Some(Member { name, size, kind }));
    }
}

/// Bytes that a content of this size takes.
pub(crate) fn padded(size: u64) -> u64 {
    size.saturating_add(BLOCK as u64 - 1) / BLOCK as u64 * BLOCK as u64
}

/// Passes over bytes; `false` if there are not as many.
pub(crate) fn skip(stream: &mut Stream<'_>, mut bytes: u64) -> bool {
    while bytes > 0 {
        if stream.window().is_empty() && !stream.more() {
            return false;
        }
        let step = usize::try_from(bytes).unwrap_or(usize::MAX).min(stream.window().len());
        stream.consume(step);
        bytes -= step as u64;
    }
    true
}
