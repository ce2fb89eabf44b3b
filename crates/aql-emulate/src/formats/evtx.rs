//! Event log files: a header, and chunks of 64 KiB with records in binary XML.
//!
//! Every record brings its own template, with the values that the log has types for as values; names
//! are written once in a chunk. Windows shares templates between records, which saves room and changes
//! nothing for a reader.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::windows;
use crate::play::Emitted;
use crate::record::WindowsEvent;

const CHUNK: usize = 65_536;
/// Where the records of a chunk begin.
const CHUNK_HEADER: usize = 512;
/// Where the offsets of a chunk's names stand, by their hash.
const NAMES: usize = 128;
const FILE_HEADER: usize = 4096;
/// Seconds from the first of January 1601 to that of 1970.
const FILETIME_EPOCH: i128 = 11_644_473_600;

/// Types of values.
const TEXT: u8 = 0x01;
const BYTE: u8 = 0x04;
const U16: u8 = 0x06;
const U32: u8 = 0x08;
const U64: u8 = 0x0a;
const FILETIME: u8 = 0x11;
const HEX64: u8 = 0x15;

/// Writes a file.
pub(super) fn write(records: &[&Emitted], out: &mut dyn Write) -> io::Result<()> {
    let mut chunks: Vec<Chunk> = Vec::new();
    let mut next = 1;
    for event in windows(records) {
        let added = match chunks.last_mut() {
            Some(chunk) => chunk.add(next, event)?,
            None => false,
        };
        if !added {
            let mut chunk = Chunk::new(next);
            if !chunk.add(next, event)? {
                return Err(too_long("an event is longer than a chunk of an event log"));
            }
            chunks.push(chunk);
        }
        next += 1;
    }
    let count = u16::try_from(chunks.len()).map_err(|_| too_long("more than 65535 chunks"))?;
    let mut header = Vec::with_capacity(FILE_HEADER);
    header.extend_from_slice(b"ElfFile\0");
    header.extend_from_slice(&0_u64.to_le_bytes());
    header.extend_from_slice(&u64::from(count.saturating_sub(1)).to_le_bytes());
    header.extend_from_slice(&next.to_le_bytes());
    header.extend_from_slice(&128_u32.to_le_bytes());
    for number in [1_u16, 3, 4096, count] {
        header.extend_from_slice(&number.to_le_bytes());
    }
    header.resize(120, 0);
    let checksum = crc32([header.as_slice()]);
    header.extend_from_slice(&0_u32.to_le_bytes());
    header.extend_from_slice(&checksum.to_le_bytes());
    header.resize(FILE_HEADER, 0);
    out.write_all(&header)?;
    for chunk in chunks {
        out.write_all(&chunk.finish())?;
    }
    Ok(())
}

fn too_long(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, what)
}

/// A chunk that is being filled.
#[derive(Clone)]
struct Chunk {
    /// Everything behind the header.
    data: Vec<u8>,
    /// Where a name stands.
    names: BTreeMap<String, u32>,
    /// The name that was written last with each hash.
    buckets: [u32; 64],
    first: u64,
    last: u64,
    last_record: u32,
}

/// What a template leaves open.
type Values = Vec<(u8, Vec<u8>)>;

impl Chunk {
    fn new(first: u64) -> Chunk {
        Chunk {
            data: Vec::new(),
            names: BTreeMap::new(),
            buckets: [0; 64],
            first,
            last: first,
            last_record: 0,
        }
    }

    /// Adds a record; `false` if there is no room for it.
    fn add(&mut self, number: u64, event: &WindowsEvent) -> io::Result<bool> {
        let mut chunk = self.clone();
        chunk.record(number, event)?;
        if CHUNK_HEADER + chunk.data.len() > CHUNK {
            return Ok(false);
        }
        *self = chunk;
        Ok(true)
    }

    fn record(&mut self, number: u64, event: &WindowsEvent) -> io::Result<()> {
        let start = self.data.len();
        self.last_record = self.here();
        self.last = number;
        self.put(b"\x2a\x2a\0\0");
        let size = self.hole();
        self.put(&number.to_le_bytes());
        self.put(&filetime(event).to_le_bytes());
        self.put(&[0x0f, 1, 1, 0, 0x0c, 1]);
        self.put(&u32::from(event.id).to_le_bytes());
        // The definition stands right here; none follows it in a list.
        let definition = self.here() + 4;
        self.put(&definition.to_le_bytes());
        self.put(&[0; 4]);
        self.put(&[0; 16]);
        let body = self.hole();
        self.put(&[0x0f, 1, 1, 0]);
        let mut values = Values::new();
        self.event(event, &mut values)?;
        self.put(&[0]);
        self.fill(body, 0);
        self.put(&u32::try_from(values.len()).unwrap_or(u32::MAX).to_le_bytes());
        for (kind, bytes) in &values {
            let length = u16::try_from(bytes.len());
            let length = length.map_err(|_| too_long("a value is longer than 64 KiB"))?;
            self.put(&length.to_le_bytes());
            self.put(&[*kind, 0]);
        }
        for (_, bytes) in &values {
            self.put(bytes);
        }
        self.put(&[0]);
        let length = u32::try_from(self.data.len() - start + 4).unwrap_or(u32::MAX);
        self.put(&length.to_le_bytes());
        self.fill(size, 8);
        Ok(())
    }

    fn event(&mut self, event: &WindowsEvent, values: &mut Values) -> io::Result<()> {
        let open = self.open("Event", &[("xmlns", Is::Text(XMLNS))], values)?;
        let system = self.open("System", &[], values)?;
        let guid = event.guid.as_ref().map(|guid| format!("{{{guid}}}"));
        let mut provider = vec![("Name", Is::Text(&event.provider))];
        provider.extend(guid.as_deref().map(|guid| ("Guid", Is::Text(guid))));
        self.leaf("Provider", &provider, None, values)?;
        let qualifiers = event.qualifiers.map(u16::to_le_bytes);
        let attributes: Vec<_> =
            qualifiers.iter().map(|bytes| ("Qualifiers", Is::Value(U16, bytes))).collect();
        self.leaf("EventID", &attributes, Some((U16, &event.id.to_le_bytes())), values)?;
        if let Some(version) = event.version {
            self.leaf("Version", &[], Some((BYTE, &[version])), values)?;
        }
        self.leaf("Level", &[], Some((BYTE, &[event.level])), values)?;
        self.leaf("Task", &[], Some((U16, &event.task.to_le_bytes())), values)?;
        if event.version.is_some() {
            self.leaf("Opcode", &[], Some((BYTE, &[event.opcode])), values)?;
        }
        let keywords = u64::from_str_radix(event.keywords.trim_start_matches("0x"), 16);
        let keywords = keywords.unwrap_or(0).to_le_bytes();
        self.leaf("Keywords", &[], Some((HEX64, &keywords)), values)?;
        let created = filetime(event).to_le_bytes();
        self.leaf("TimeCreated", &[("SystemTime", Is::Value(FILETIME, &created))], None, values)?;
        self.leaf("EventRecordID", &[], Some((U64, &event.number.to_le_bytes())), values)?;
        let (process, thread) = (event.writer.0.to_le_bytes(), event.writer.1.to_le_bytes());
        let execution =
            [("ProcessID", Is::Value(U32, &process)), ("ThreadID", Is::Value(U32, &thread))];
        self.leaf("Execution", &execution, None, values)?;
        self.leaf("Channel", &[], Some((TEXT, &utf16(&event.channel))), values)?;
        self.leaf("Computer", &[], Some((TEXT, &utf16(&event.computer))), values)?;
        let user = event.account.iter().map(|(sid, ..)| ("UserID", Is::Text(sid)));
        self.leaf("Security", &user.collect::<Vec<_>>(), None, values)?;
        self.close(system);
        let data = self.open("EventData", &[], values)?;
        for (name, value) in &event.data {
            let name = Some(("Name", Is::Text(name))).filter(|_| !name.is_empty());
            let attributes: Vec<_> = name.into_iter().collect();
            self.leaf("Data", &attributes, Some((TEXT, &utf16(value))), values)?;
        }
        self.close(data);
        self.close(open);
        Ok(())
    }

    /// An element and its value.
    fn leaf(
        &mut self,
        name: &str,
        attributes: &[(&str, Is<'_>)],
        value: Option<(u8, &[u8])>,
        values: &mut Values,
    ) -> io::Result<()> {
        let open = self.open(name, attributes, values)?;
        if let Some((kind, bytes)) = value {
            self.value(kind, bytes, values);
        }
        self.close(open);
        Ok(())
    }

    /// The start of an element with its attributes; what `close` wants to know.
    fn open(
        &mut self,
        name: &str,
        attributes: &[(&str, Is<'_>)],
        values: &mut Values,
    ) -> io::Result<usize> {
        self.put(&[if attributes.is_empty() { 0x01 } else { 0x41 }, 0xff, 0xff]);
        let size = self.hole();
        self.name(name)?;
        if !attributes.is_empty() {
            let list = self.hole();
            for (position, (name, is)) in attributes.iter().enumerate() {
                let more = if position + 1 < attributes.len() { 0x40 } else { 0 };
                self.put(&[0x06 | more]);
                self.name(name)?;
                match is {
                    Is::Text(text) => {
                        self.put(&[0x05, TEXT]);
                        self.text(text)?;
                    }
                    Is::Value(kind, bytes) => self.value(*kind, bytes, values),
                }
            }
            self.fill(list, 0);
        }
        self.put(&[0x02]);
        Ok(size)
    }

    fn close(&mut self, size: usize) {
        self.put(&[0x04]);
        self.fill(size, 0);
    }

    /// A value that the template leaves open.
    fn value(&mut self, kind: u8, bytes: &[u8], values: &mut Values) {
        let index = u16::try_from(values.len()).unwrap_or(u16::MAX);
        self.put(&[0x0d]);
        self.put(&index.to_le_bytes());
        self.put(&[kind]);
        values.push((kind, bytes.to_vec()));
    }

    /// A name: in place the first time, by its offset after that.
    fn name(&mut self, name: &str) -> io::Result<()> {
        if let Some(offset) = self.names.get(name).copied() {
            self.put(&offset.to_le_bytes());
            return Ok(());
        }
        let offset = self.here() + 4;
        let hash = name
            .encode_utf16()
            .fold(0_u32, |hash, unit| hash.wrapping_mul(65_599).wrapping_add(u32::from(unit)));
        self.put(&offset.to_le_bytes());
        let before = self.buckets.get_mut((hash % 64) as usize);
        let before = before.map(|bucket| std::mem::replace(bucket, offset)).unwrap_or_default();
        self.put(&before.to_le_bytes());
        self.put(&((hash & 0xffff) as u16).to_le_bytes());
        self.text(name)?;
        self.put(&[0, 0]);
        self.names.insert(name.to_owned(), offset);
        Ok(())
    }

    /// A text with its length before it.
    fn text(&mut self, text: &str) -> io::Result<()> {
        let bytes = utf16(text);
        let length = u16::try_from(bytes.len() / 2);
        let length = length.map_err(|_| too_long("a name is longer than 64 Ki characters"))?;
        self.put(&length.to_le_bytes());
        self.put(&bytes);
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) {
        self.data.extend_from_slice(bytes);
    }

    /// The offset in the chunk at which the next byte will stand.
    fn here(&self) -> u32 {
        u32::try_from(CHUNK_HEADER + self.data.len()).unwrap_or(u32::MAX)
    }

    /// Four bytes for a length that is not known yet.
    fn hole(&mut self) -> usize {
        self.put(&[0; 4]);
        self.data.len()
    }

    /// The length of what was written since, and of so many bytes before.
    fn fill(&mut self, hole: usize, before: usize) {
        let length = u32::try_from(self.data.len() - hole + before).unwrap_or(u32::MAX);
        if let Some(place) = self.data.get_mut(hole - 4..hole) {
            place.copy_from_slice(&length.to_le_bytes());
        }
    }

    fn finish(mut self) -> Vec<u8> {
        let mut header = Vec::with_capacity(CHUNK);
        header.extend_from_slice(b"ElfChnk\0");
        for number in [self.first, self.last, self.first, self.last] {
            header.extend_from_slice(&number.to_le_bytes());
        }
        for number in [128, self.last_record, self.here(), crc32([self.data.as_slice()])] {
            header.extend_from_slice(&number.to_le_bytes());
        }
        header.resize(NAMES, 0);
        header.extend(self.buckets.iter().flat_map(|offset| offset.to_le_bytes()));
        header.resize(CHUNK_HEADER, 0);
        let (start, rest) = header.split_at(120);
        let checksum = crc32([start, rest.get(8..).unwrap_or_default()]);
        if let Some(place) = header.get_mut(124..128) {
            place.copy_from_slice(&checksum.to_le_bytes());
        }
        header.append(&mut self.data);
        header.resize(CHUNK, 0);
        header
    }
}

/// What an attribute is.
#[derive(Clone, Copy)]
enum Is<'v> {
    /// The same text in every event of the template.
    Text(&'v str),
    /// A value of a type.
    Value(u8, &'v [u8]),
}

const XMLNS: &str = "http://schemas.microsoft.com/win/2004/08/events/event";

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Steps of 100 nanoseconds since 1601.
fn filetime(event: &WindowsEvent) -> u64 {
    let steps = (event.time.as_nanosecond() + FILETIME_EPOCH * 1_000_000_000) / 100;
    u64::try_from(steps).unwrap_or(0)
}

/// The checksum of ZIP and of event logs.
fn crc32<'b>(parts: impl IntoIterator<Item = &'b [u8]>) -> u32 {
    let bytes = parts.into_iter().flatten();
    !bytes.fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::crc32;

    #[test]
    fn checksum() {
        assert_eq!(crc32([b"1234".as_slice(), b"56789".as_slice()]), 0xcbf4_3926);
    }
}
