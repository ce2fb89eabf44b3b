//! Modifiers that give a value other forms: UTF-16, Base64 at any place, dashes of command lines.

use crate::pattern::{Pattern, Piece};

/// Dashes that programs take for the sign of a flag.
const DASHES: [char; 5] = ['-', '/', '\u{2013}', '\u{2014}', '\u{2015}'];

/// More dashes than these in one value would give more than 125 values.
const MOST_DASHES: usize = 3;

/// Text as UTF-16.
pub(crate) fn utf16(text: &str, big_endian: bool, mark: bool) -> Vec<u8> {
    let mark = mark.then_some(0xfeff);
    mark.into_iter()
        .chain(text.encode_utf16())
        .flat_map(|unit| if big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() })
        .collect()
}

/// Base64 with padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let digit = (bits >> (18 - 6 * at)) & 63;
            let digit = DIGITS.get(digit as usize).copied().unwrap_or(b'=');
            text.push(char::from(if at <= chunk.len() { digit } else { b'=' }));
        }
    }
    text
}

/// What does not change in the Base64 of a text that has these bytes somewhere: one text for each
/// of the three places in a group of three bytes.
pub(crate) fn base64_shifted(bytes: &[u8]) -> [String; 3] {
    [0usize, 1, 2].map(|shift| {
        let mut shifted = vec![b' '; shift];
        shifted.extend_from_slice(bytes);
        let text = base64(&shifted);
        // Digits that hold bits of the bytes in front or behind.
        let start = [0, 2, 3].get(shift).copied().unwrap_or(0);
        let cut = [0, 3, 2].get(shifted.len() % 3).copied().unwrap_or(0);
        let end = text.len().saturating_sub(cut);
        text.get(start..end).unwrap_or_default().to_owned()
    })
}

/// A value with each dash of a flag written in every way; nothing if that are too many.
pub(crate) fn dashes(pattern: &Pattern) -> Option<Vec<Pattern>> {
    let mut found = 0;
    let mut all: Vec<Vec<Piece>> = vec![Vec::new()];
    let mut before: Option<char> = None;
    for piece in &pattern.0 {
        let Piece::Literal(text) = piece else {
            all.iter_mut().for_each(|pieces| pieces.push(piece.clone()));
            before = None;
            continue;
        };
        let chars: Vec<char> = text.chars().collect();
        let mut variants = vec![String::new()];
        for (at, &c) in chars.iter().enumerate() {
            let word = |c: Option<&char>| c.is_some_and(|c| c.is_alphanumeric() || *c == '_');
            // As `\B[-/]\b`: no word in front, a word behind.
            if DASHES.contains(&c) && !word(before.as_ref()) && word(chars.get(at + 1)) {
                found += 1;
                if found > MOST_DASHES {
                    return None;
                }
                variants = variants
                    .iter()
                    .flat_map(|text| DASHES.map(|dash| format!("{text}{dash}")))
                    .collect();
            } else {
                variants.iter_mut().for_each(|text| text.push(c));
            }
            before = Some(c);
        }
        all = all
            .iter()
            .flat_map(|pieces| {
                variants.iter().map(move |text| {
                    let mut pieces = pieces.clone();
                    pieces.push(Piece::Literal(text.clone()));
                    pieces
                })
            })
            .collect();
    }
    Some(all.into_iter().map(Pattern).collect())
}

#[cfg(test)]
mod tests {
    use super::{base64, base64_shifted, dashes, utf16};
    use crate::pattern::Pattern;

    #[test]
    fn base64_of_the_standard() {
        for (text, encoded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(text.as_bytes()), encoded);
        }
    }

    /// Whatever stands around a text, one of the three forms is in the Base64 of the whole.
    #[test]
    fn a_shifted_form_is_always_found() {
        let forms = base64_shifted(b"http://");
        for front in ["", "a", "ab", "abc", "abcd"] {
            for back in ["", "x", "xy", "xyz"] {
                let whole = base64(format!("{front}http://{back}").as_bytes());
                let at = front.len() % 3;
                assert!(whole.contains(&forms[at]), "{front}|{back}: {whole} {forms:?}");
            }
        }
        assert_eq!(forms, ["aHR0cDovL", "h0dHA6Ly", "odHRwOi8v"]);
    }

    #[test]
    fn wide_text() {
        assert_eq!(utf16("cmd", false, false), b"c\0m\0d\0");
        assert_eq!(utf16("c", true, false), b"\0c");
        assert_eq!(utf16("c", false, true), b"\xff\xfec\0");
    }

    #[test]
    fn dashes_of_flags_only() {
        let all = dashes(&Pattern::parse("* -param-name")).expect("one dash");
        let shown: Vec<String> = all.iter().map(Pattern::to_like).collect();
        assert_eq!(
            shown,
            ["% -param-name", "% /param-name", "% –param-name", "% —param-name", "% ―param-name"]
        );
        assert_eq!(dashes(&Pattern::parse("-a -b")).map(|all| all.len()), Some(25));
        assert_eq!(dashes(&Pattern::parse("-a -b -c -d")), None);
        assert_eq!(dashes(&Pattern::parse("a-b -")).map(|all| all.len()), Some(1));
    }
}
