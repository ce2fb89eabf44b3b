//! UTF-16LE and ANSI text to UTF-8, and XML escaping.

/// Units decoded per step of the ASCII fast path.
const BLOCK: usize = 16;

/// Appends UTF-16LE `bytes` to `out`, up to the first NUL unit. Lone surrogates become U+FFFD,
/// an odd last byte is ignored.
pub(super) fn push_utf16(out: &mut String, bytes: &[u8]) {
    let mut units = bytes.as_chunks::<2>().0;
    // Decoded ASCII is collected here and appended in one piece.
    let mut buf = [0_u8; 8 * BLOCK];
    out.reserve(units.len());
    while !units.is_empty() {
        let mut filled = 0;
        while filled + BLOCK <= buf.len()
            && let Some(block) = units.first_chunk::<BLOCK>()
        {
            let mut bad = 0_u8;
            for (slot, &[low, high]) in buf[filled..filled + BLOCK].iter_mut().zip(block) {
                *slot = low;
                bad |= high | (low & 0x80) | u8::from(low == 0);
            }
            if bad != 0 {
                break;
            }
            filled += BLOCK;
            units = &units[BLOCK..];
        }
        while filled < buf.len()
            && let Some((&[low @ 1..=0x7f, 0], rest)) = units.split_first()
        {
            buf[filled] = low;
            filled += 1;
            units = rest;
        }
        // Only bytes below 0x80 were copied, so this never fails.
        out.push_str(std::str::from_utf8(&buf[..filled]).unwrap_or_default());
        if filled == buf.len() {
            continue;
        }
        let Some((&unit, rest)) = units.split_first() else {
            return;
        };
        let unit = u16::from_le_bytes(unit);
        if unit == 0 {
            return;
        }
        units = rest;
        match unit {
            0xd800..=0xdbff => match units.first().map(|unit| u16::from_le_bytes(*unit)) {
                Some(low @ 0xdc00..=0xdfff) => {
                    let code =
                        0x1_0000 + ((u32::from(unit) & 0x3ff) << 10) + (u32::from(low) & 0x3ff);
                    out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                    units = &units[1..];
                }
                _ => out.push(char::REPLACEMENT_CHARACTER),
            },
            _ => out.push(char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER)),
        }
    }
}

/// What the bytes 0x80 to 0x9f mean in Windows-1252; the others mean their own code point.
const CP1252_HIGH: [char; 32] = [
    '\u{20ac}', '\u{81}', '\u{201a}', '\u{192}', '\u{201e}', '\u{2026}', '\u{2020}', '\u{2021}',
    '\u{2c6}', '\u{2030}', '\u{160}', '\u{2039}', '\u{152}', '\u{8d}', '\u{17d}', '\u{8f}',
    '\u{90}', '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}', '\u{2022}', '\u{2013}', '\u{2014}',
    '\u{2dc}', '\u{2122}', '\u{161}', '\u{203a}', '\u{153}', '\u{9d}', '\u{17e}', '\u{178}',
];

/// Appends Windows-1252 `bytes` to `out`, without their NUL bytes.
pub(super) fn push_ansi(out: &mut String, bytes: &[u8]) {
    for &byte in bytes {
        match byte {
            0 => {}
            0x80..=0x9f => out.push(CP1252_HIGH[usize::from(byte - 0x80)]),
            _ => out.push(char::from(byte)),
        }
    }
}

/// Appends `text` to `out` as XML character data, or as the content of a double-quoted
/// attribute. Characters that XML does not allow become `_`, as Windows writes them.
pub(super) fn push_escaped(out: &mut String, text: &str, in_attribute: bool) {
    let mut rest = text;
    while let Some(at) = find_special(rest) {
        let (clean, tail) = rest.split_at(at);
        out.push_str(clean);
        // The byte found is ASCII or starts a character, so a character starts here.
        let Some(found) = tail.chars().next() else {
            return;
        };
        match found {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if in_attribute => out.push_str("&quot;"),
            '\'' if in_attribute => out.push_str("&apos;"),
            '\t' | '\n' | '\r' => out.push(found),
            '\u{fffe}' | '\u{ffff}' => out.push('_'),
            control if control < ' ' => out.push('_'),
            other => out.push(other),
        }
        rest = &tail[found.len_utf8()..];
    }
    out.push_str(rest);
}

/// Escapes what `out` holds from `start` on, like [`push_escaped`].
pub(super) fn escape_from(out: &mut String, start: usize, in_attribute: bool) {
    if let Some(tail) = out.get(start..)
        && find_special(tail).is_some()
    {
        let raw = out.split_off(start);
        push_escaped(out, &raw, in_attribute);
    }
}

/// The first byte that may need escaping.
fn find_special(text: &str) -> Option<usize> {
    let (blocks, rest) = text.as_bytes().as_chunks::<32>();
    let special = |&byte: &u8| {
        // U+FFFE and U+FFFF start with 0xef, as do other characters.
        (byte < b' ')
            | (byte == b'"')
            | (byte == b'&')
            | (byte == b'\'')
            | (byte == b'<')
            | (byte == b'>')
            | (byte == 0xef)
    };
    for (i, block) in blocks.iter().enumerate() {
        // Without early exit, so that a block is tested in a few vector instructions.
        if block.iter().fold(false, |any, byte| any | special(byte)) {
            return block.iter().position(special).map(|at| 32 * i + at);
        }
    }
    rest.iter().position(special).map(|at| 32 * blocks.len() + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    fn decoded(bytes: &[u8]) -> String {
        let mut out = String::new();
        push_utf16(&mut out, bytes);
        out
    }

    #[test]
    fn utf16_round_trips_around_block_borders() {
        for len in 0..300 {
            let ascii = "abcdefghij".chars().cycle().take(len).collect::<String>();
            assert_eq!(decoded(&utf16(&ascii)), ascii);
            let mixed = format!("{ascii}é日😀{ascii}");
            assert_eq!(decoded(&utf16(&mixed)), mixed);
            let cut = format!("{ascii}\0after");
            assert_eq!(decoded(&utf16(&cut)), ascii);
        }
    }

    #[test]
    fn lone_surrogates_and_odd_bytes_are_no_error() {
        assert_eq!(decoded(&[0x61, 0, 0x00, 0xd8]), "a\u{fffd}");
        assert_eq!(decoded(&[0x00, 0xdc, 0x62, 0]), "\u{fffd}b");
        assert_eq!(decoded(&[0x00, 0xd8, 0x62, 0, 0x63]), "\u{fffd}b");
    }

    #[test]
    fn escapes_as_windows_does() {
        let escape = |text: &str, in_attribute| {
            let mut out = String::new();
            push_escaped(&mut out, text, in_attribute);
            out
        };
        assert_eq!(escape("<a & \"b\"> 'c'", false), "&lt;a &amp; \"b\"&gt; 'c'");
        assert_eq!(escape("\"'", true), "&quot;&apos;");
        for len in 0..100 {
            let plain = "x".repeat(len);
            assert_eq!(escape(&format!("{plain}<{plain}é"), false), format!("{plain}&lt;{plain}é"));
            let mut out = format!("<{plain}&");
            escape_from(&mut out, 1, false);
            assert_eq!(out, format!("<{plain}&amp;"));
        }
        assert_eq!(
            escape("A\u{1}B\t\n\u{fffe}\u{fffd}\u{ff01}", false),
            "A_B\t\n_\u{fffd}\u{ff01}"
        );
    }

    #[test]
    fn ansi_drops_nuls() {
        let mut out = String::new();
        push_ansi(&mut out, b"a\0\x80\xe9");
        assert_eq!(out, "a€é");
    }
}
