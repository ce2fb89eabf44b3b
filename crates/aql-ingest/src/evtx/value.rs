//! Typed BinXML values: their text, their numbers, their times.
//!
//! [`Value`] is a type byte and the bytes of one substitution. Its text is what the event's XML
//! shows for it.

use std::fmt::Write as _;

use super::bytes;
use super::text;
use super::time::{self, SystemTime};

/// Type bytes of BinXML values. Array types have bit 7 set.
pub(super) mod ty {
    pub(in super::super) const NULL: u8 = 0x00;
    pub(in super::super) const STRING: u8 = 0x01;
    pub(in super::super) const ANSI_STRING: u8 = 0x02;
    pub(in super::super) const INT8: u8 = 0x03;
    pub(in super::super) const UINT8: u8 = 0x04;
    pub(in super::super) const INT16: u8 = 0x05;
    pub(in super::super) const UINT16: u8 = 0x06;
    pub(in super::super) const INT32: u8 = 0x07;
    pub(in super::super) const UINT32: u8 = 0x08;
    pub(in super::super) const INT64: u8 = 0x09;
    pub(in super::super) const UINT64: u8 = 0x0a;
    pub(in super::super) const REAL32: u8 = 0x0b;
    pub(in super::super) const REAL64: u8 = 0x0c;
    pub(in super::super) const BOOL: u8 = 0x0d;
    pub(in super::super) const BINARY: u8 = 0x0e;
    pub(in super::super) const GUID: u8 = 0x0f;
    pub(in super::super) const SIZE_T: u8 = 0x10;
    pub(in super::super) const FILETIME: u8 = 0x11;
    pub(in super::super) const SYSTEMTIME: u8 = 0x12;
    pub(in super::super) const SID: u8 = 0x13;
    pub(in super::super) const HEX32: u8 = 0x14;
    pub(in super::super) const HEX64: u8 = 0x15;
    pub(in super::super) const HANDLE: u8 = 0x20;
    pub(in super::super) const BINXML: u8 = 0x21;
    pub(in super::super) const XML: u8 = 0x23;
    /// Set in the types of arrays.
    pub(in super::super) const ARRAY: u8 = 0x80;
}

/// Whether `byte` names a value type.
#[inline]
pub(super) fn is_known(byte: u8) -> bool {
    // One bit for each byte below 0x40 that names a type, and for each that names an array's.
    const SCALARS: u64 = ((1 << 0x16) - 1) | (1 << ty::HANDLE) | (1 << ty::BINXML) | (1 << ty::XML);
    const ARRAYS: u64 = (1 << 0x16) - 2;
    let known = if byte & ty::ARRAY == 0 { SCALARS } else { ARRAYS };
    byte & 0x40 == 0 && (known >> (byte & 0x3f)) & 1 != 0
}

/// The width of a fixed-size type, in bytes.
pub(super) fn fixed_width(kind: u8) -> Option<usize> {
    Some(match kind {
        ty::INT8 | ty::UINT8 => 1,
        ty::INT16 | ty::UINT16 => 2,
        ty::INT32 | ty::UINT32 | ty::REAL32 | ty::BOOL | ty::HEX32 => 4,
        ty::INT64 | ty::UINT64 | ty::REAL64 | ty::FILETIME | ty::HEX64 => 8,
        ty::GUID | ty::SYSTEMTIME => 16,
        _ => return None,
    })
}

/// One value of a record, still encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Value<'a> {
    kind: u8,
    bytes: &'a [u8],
}

impl<'a> Value<'a> {
    pub(super) fn new(kind: u8, bytes: &'a [u8]) -> Self {
        Value { kind, bytes }
    }

    /// The BinXML type byte (MS-EVEN6 section 2.2.12), such as `0x01` for a UTF-16 string. Bit 7
    /// marks an array.
    pub fn type_byte(&self) -> u8 {
        self.kind
    }

    /// The value's bytes as they stand in the chunk.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Whether the value is the NULL type.
    pub fn is_null(&self) -> bool {
        self.kind == ty::NULL
    }

    /// The value's type and its bytes.
    pub(super) fn encoded(&self) -> (u8, &'a [u8]) {
        (self.kind, self.bytes)
    }

    /// Whether the value is an array.
    pub fn is_array(&self) -> bool {
        self.kind & ty::ARRAY != 0
    }

    /// The value as a number: integers of any width and sign (negative ones as their two's
    /// complement), hexadecimal types, booleans, FILETIMEs as ticks, and strings of decimal
    /// digits or of `0x` and hexadecimal digits.
    pub fn as_u64(&self) -> Option<u64> {
        let bytes = self.bytes;
        match self.kind {
            ty::UINT8 => bytes.first().copied().map(u64::from),
            ty::UINT16 => bytes::u16_at(bytes, 0).map(u64::from),
            ty::UINT32 | ty::HEX32 | ty::BOOL => bytes::u32_at(bytes, 0).map(u64::from),
            ty::UINT64 | ty::INT64 | ty::HEX64 | ty::FILETIME => bytes::u64_at(bytes, 0),
            ty::SIZE_T if bytes.len() == 4 => bytes::u32_at(bytes, 0).map(u64::from),
            ty::SIZE_T => bytes::u64_at(bytes, 0),
            ty::INT8 => bytes.first().map(|&byte| i64::from(byte as i8) as u64),
            ty::INT16 => bytes::u16_at(bytes, 0).map(|v| i64::from(v as i16) as u64),
            ty::INT32 => bytes::u32_at(bytes, 0).map(|v| i64::from(v as i32) as u64),
            ty::STRING | ty::ANSI_STRING => {
                let mut text = String::new();
                self.write_text(&mut text);
                parse_u64(&text)
            }
            _ => None,
        }
    }

    /// The value as milliseconds since 1970-01-01 UTC: a FILETIME, a SYSTEMTIME, or a string in
    /// ISO 8601 form.
    pub fn as_time_ms(&self) -> Option<i64> {
        match self.kind {
            ty::FILETIME => bytes::u64_at(self.bytes, 0).and_then(time::filetime_to_ms),
            ty::SYSTEMTIME => SystemTime::read(self.bytes.first_chunk()?).to_ms(),
            ty::STRING | ty::ANSI_STRING => {
                let mut text = String::new();
                self.write_text(&mut text);
                time::parse_time_ms(&text)
            }
            _ => None,
        }
    }

    /// Appends the value's text: what the event's XML shows, before escaping. Arrays are their
    /// items with commas between; a value shorter than its type is read as if zero bytes
    /// followed, and an empty one has no text.
    pub fn write_text(&self, out: &mut String) {
        if self.is_array() {
            let mut first = true;
            self.for_each_item(|item| {
                if !first {
                    out.push(',');
                }
                first = false;
                item.write_text(out);
                true
            });
            return;
        }
        let bytes = self.bytes;
        if bytes.is_empty() {
            return;
        }
        match self.kind {
            ty::STRING => text::push_utf16(out, bytes),
            ty::ANSI_STRING => text::push_ansi(out, bytes),
            ty::INT8 => push_int(out, i64::from(padded::<1>(bytes)[0] as i8)),
            ty::UINT8 => push_uint(out, u64::from(padded::<1>(bytes)[0])),
            ty::INT16 => push_int(out, i64::from(i16::from_le_bytes(padded(bytes)))),
            ty::UINT16 => push_uint(out, u64::from(u16::from_le_bytes(padded(bytes)))),
            ty::INT32 => push_int(out, i64::from(i32::from_le_bytes(padded(bytes)))),
            ty::UINT32 => push_uint(out, u64::from(u32::from_le_bytes(padded(bytes)))),
            ty::INT64 => push_int(out, i64::from_le_bytes(padded(bytes))),
            ty::UINT64 => push_uint(out, u64::from_le_bytes(padded(bytes))),
            // `Debug` keeps the fraction of whole numbers (`1.0`) and the exponent of large ones.
            ty::REAL32 => push_debug(out, f32::from_le_bytes(padded(bytes))),
            ty::REAL64 => push_debug(out, f64::from_le_bytes(padded(bytes))),
            // Windows stores bit masks in some booleans; they stay the number they are.
            ty::BOOL => match i32::from_le_bytes(padded(bytes)) {
                0 => out.push_str("false"),
                1 => out.push_str("true"),
                other => push_int(out, i64::from(other)),
            },
            ty::BINARY => push_hex_bytes(out, bytes),
            ty::GUID => push_guid(out, &padded(bytes)),
            ty::SIZE_T | ty::HEX64 => push_hex(out, u64::from_le_bytes(padded(bytes))),
            ty::HEX32 => push_hex(out, u64::from(u32::from_le_bytes(padded(bytes)))),
            ty::FILETIME => time::push_filetime(out, u64::from_le_bytes(padded(bytes))),
            ty::SYSTEMTIME => time::push_systemtime(out, &padded(bytes)),
            ty::SID => push_sid(out, bytes),
            _ => {}
        }
    }

    /// Whether the value's text may hold characters that XML has to escape.
    pub(super) fn is_text(&self) -> bool {
        matches!(self.kind & !ty::ARRAY, ty::STRING | ty::ANSI_STRING)
    }

    /// Calls `each` with the items of an array until it returns false, or once with the value
    /// itself when it is none.
    pub fn for_each_item(&self, mut each: impl FnMut(Value<'a>) -> bool) {
        if !self.is_array() {
            each(*self);
            return;
        }
        let kind = self.kind & !ty::ARRAY;
        let mut rest = self.bytes;
        while !rest.is_empty() {
            let (item, after) = split_item(kind, rest);
            rest = after;
            if !each(Value::new(kind, item)) {
                return;
            }
        }
    }

    /// How many items an array has; 1 for a value that is no array.
    pub fn item_count(&self) -> usize {
        let mut count = 0;
        self.for_each_item(|_| {
            count += 1;
            true
        });
        count
    }
}

/// The first item of an array's bytes and the bytes after it, which are always fewer.
fn split_item(kind: u8, bytes: &[u8]) -> (&[u8], &[u8]) {
    let (len, skip) = match kind {
        ty::STRING => {
            let units = bytes.as_chunks::<2>().0;
            match units.iter().position(|unit| *unit == [0, 0]) {
                Some(at) => (2 * at, 2 * at + 2),
                None => (bytes.len(), bytes.len()),
            }
        }
        ty::ANSI_STRING => match memchr::memchr(0, bytes) {
            Some(at) => (at, at + 1),
            None => (bytes.len(), bytes.len()),
        },
        ty::SID => {
            let len = bytes.get(1).map_or(bytes.len(), |&subs| 8 + 4 * usize::from(subs));
            (len, len)
        }
        // Arrays of pointers were never seen; the wider reading is a guess.
        ty::SIZE_T => (8, 8),
        _ => {
            let len = fixed_width(kind).unwrap_or(bytes.len());
            (len, len)
        }
    };
    let item = bytes.get(..len).unwrap_or(bytes);
    (item, bytes.get(skip.max(1)..).unwrap_or_default())
}

/// The first `N` bytes, with zeros for those that are missing.
fn padded<const N: usize>(bytes: &[u8]) -> [u8; N] {
    if let Some(whole) = bytes.first_chunk::<N>() {
        return *whole;
    }
    let mut out = [0; N];
    for (slot, &byte) in out.iter_mut().zip(bytes) {
        *slot = byte;
    }
    out
}

pub(super) fn push_uint(out: &mut String, mut value: u64) {
    let mut buf = [b'0'; 20];
    let mut start = buf.len();
    loop {
        start -= 1;
        buf[start] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    push_ascii(out, &buf[start..]);
}

fn push_int(out: &mut String, value: i64) {
    if value < 0 {
        out.push('-');
    }
    push_uint(out, value.unsigned_abs());
}

fn push_debug(out: &mut String, value: impl std::fmt::Debug) {
    // Writing to a string never fails.
    let _ = write!(out, "{value:?}");
}

/// Appends bytes the caller made from ASCII digits and punctuation.
pub(super) fn push_ascii(out: &mut String, bytes: &[u8]) {
    out.push_str(std::str::from_utf8(bytes).unwrap_or_default());
}

const LOWER: &[u8; 16] = b"0123456789abcdef";
const UPPER: &[u8; 16] = b"0123456789ABCDEF";

fn push_hex(out: &mut String, mut value: u64) {
    let mut buf = [b'0'; 18];
    let mut start = buf.len();
    loop {
        start -= 1;
        buf[start] = LOWER[(value & 15) as usize];
        value >>= 4;
        if value == 0 {
            break;
        }
    }
    start -= 2;
    buf[start + 1] = b'x';
    push_ascii(out, &buf[start..]);
}

fn push_hex_bytes(out: &mut String, bytes: &[u8]) {
    out.reserve(2 * bytes.len());
    let mut buf = [0_u8; 128];
    for part in bytes.chunks(buf.len() / 2) {
        for (pair, &byte) in buf.as_chunks_mut::<2>().0.iter_mut().zip(part) {
            *pair = [UPPER[usize::from(byte >> 4)], UPPER[usize::from(byte & 15)]];
        }
        push_ascii(out, &buf[..2 * part.len()]);
    }
}

/// Lower-case in braces, as Windows shows GUIDs.
fn push_guid(out: &mut String, bytes: &[u8; 16]) {
    const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    let mut buf = *b"{00000000-0000-0000-0000-000000000000}";
    let mut at = 1;
    for (i, &index) in ORDER.iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            at += 1;
        }
        buf[at] = LOWER[usize::from(bytes[index] >> 4)];
        buf[at + 1] = LOWER[usize::from(bytes[index] & 15)];
        at += 2;
    }
    push_ascii(out, &buf);
}

fn push_sid(out: &mut String, bytes: &[u8]) {
    let &[revision, count, a0, a1, a2, a3, a4, a5, ref subs @ ..] = bytes else {
        out.push_str("S-?");
        return;
    };
    out.push_str("S-");
    push_uint(out, u64::from(revision));
    out.push('-');
    push_uint(out, u64::from_be_bytes([0, 0, a0, a1, a2, a3, a4, a5]));
    for sub in subs.as_chunks::<4>().0.iter().take(usize::from(count)) {
        out.push('-');
        push_uint(out, u64::from(u32::from_le_bytes(*sub)));
    }
}

/// A decimal number, or a hexadecimal one after `0x`.
pub(super) fn parse_u64(text: &str) -> Option<u64> {
    let text = text.trim();
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(kind: u8, bytes: &[u8]) -> String {
        let mut out = String::new();
        Value::new(kind, bytes).write_text(&mut out);
        out
    }

    #[test]
    fn scalars_look_as_in_windows() {
        assert_eq!(shown(ty::INT8, &[0xff]), "-1");
        assert_eq!(shown(ty::INT64, &i64::MIN.to_le_bytes()), "-9223372036854775808");
        assert_eq!(shown(ty::UINT64, &u64::MAX.to_le_bytes()), "18446744073709551615");
        assert_eq!(
            shown(ty::HEX64, &0x8000_0000_0000_0000_u64.to_le_bytes()),
            "0x8000000000000000"
        );
        assert_eq!(shown(ty::HEX32, &[0; 4]), "0x0");
        assert_eq!(shown(ty::SIZE_T, &[0x10, 0, 0, 0]), "0x10");
        assert_eq!(shown(ty::BOOL, &[1, 0, 0, 0]), "true");
        assert_eq!(shown(ty::BOOL, &[6, 0, 0, 0]), "6");
        assert_eq!(shown(ty::REAL64, &1.0_f64.to_le_bytes()), "1.0");
        assert_eq!(shown(ty::BINARY, &[0xde, 0xad, 0x01]), "DEAD01");
        assert_eq!(
            shown(
                ty::GUID,
                &[
                    0x5f, 0x38, 0x70, 0x57, 0x2a, 0xc2, 0xe0, 0x43, 0xbf, 0x4c, 6, 0xf5, 0x69,
                    0x8f, 0xfb, 0xd9
                ]
            ),
            "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}"
        );
        assert_eq!(shown(ty::SID, &[1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0]), "S-1-5-18");
        assert_eq!(shown(ty::SID, &[1, 1]), "S-?");
        // Shorter than its type: no bytes is no text, some bytes are the low ones.
        assert_eq!(shown(ty::UINT32, &[]), "");
        assert_eq!(shown(ty::UINT32, &[7]), "7");
    }

    #[test]
    fn types_are_known() {
        for byte in 0..=u8::MAX {
            let known = matches!(byte, 0..=0x15 | 0x20 | 0x21 | 0x23 | 0x81..=0x95);
            assert_eq!(is_known(byte), known, "{byte:#x}");
        }
    }

    #[test]
    fn arrays_end() {
        let strings = Value::new(0x81, b"a\0\0\0\0\0b\0");
        let mut items = Vec::new();
        strings.for_each_item(|item| {
            let mut text = String::new();
            item.write_text(&mut text);
            items.push(text);
            true
        });
        assert_eq!(items, ["a", "", "b"]);
        assert_eq!(strings.item_count(), 3);
        assert_eq!(shown(0x88, &[1, 0, 0, 0, 2, 0, 0, 0]), "1,2");
        for kind in 0x81..=0x95 {
            // An odd length must not hang.
            Value::new(kind, &[0xff; 7]).item_count();
        }
        assert_eq!(Value::new(ty::UINT8, &[1]).item_count(), 1);
    }

    #[test]
    fn numbers_from_any_type() {
        assert_eq!(Value::new(ty::INT32, &[0xff; 4]).as_u64(), Some(u64::MAX));
        assert_eq!(Value::new(ty::STRING, b"4\x002\x00").as_u64(), Some(42));
        assert_eq!(Value::new(ty::UINT32, &[1]).as_u64(), None);
        assert_eq!(parse_u64("0x10"), Some(16));
        assert_eq!(parse_u64("x"), None);
    }
}
