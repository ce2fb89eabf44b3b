//! Regular expressions as Sigma has them: what PCRE, Python, RE2 and Java read alike.

/// What the translation of `.` and `$` comes to, which name the line ends of Java.
const NOT_LINE_END: &str = r"[^\n\r\x{85}\x{2028}\x{2029}]";
const LAST_LINE_END: &str = r"(?:(?:\r\n|[\n\r\x{85}\x{2028}\x{2029}])?\z)";

/// An expression of a rule.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Common {
    pub(crate) text: String,
    /// Does it ask where lines end, which each engine answers its own way?
    pub(crate) line_ends: bool,
}

/// The expression (of `regex`, with Java's differences worked in) in the common subset; nothing if
/// it needs more.
pub(crate) fn common(portable: &str) -> Option<Common> {
    let ends = portable.contains(NOT_LINE_END) || portable.contains(LAST_LINE_END);
    let mut text = portable.replace(NOT_LINE_END, ".").replace(LAST_LINE_END, "$");
    // Python has classes of its own kind only.
    if [r"\p", r"\P", "[:", r"\h", r"\R", r"\X"].iter().any(|special| has(&text, special)) {
        return None;
    }
    let lines = text.contains("(?m");
    let mut out = String::with_capacity(text.len());
    let mut exact_end = false;
    while let Some(at) = text.find('\\') {
        let (before, rest) = text.split_at(at);
        out.push_str(before);
        let mut chars = rest.char_indices().skip(1);
        let Some((_, escaped)) = chars.next() else { break };
        let mut end = 1 + escaped.len_utf8();
        match escaped {
            'A' if !lines => out.push('^'),
            'z' if !lines => {
                exact_end = true;
                out.push('$');
            }
            'A' | 'z' => return None,
            'x' if rest.as_bytes().get(2) == Some(&b'{') => {
                let close = rest.find('}')?;
                let code = u32::from_str_radix(rest.get(3..close)?, 16).ok()?;
                end = close + 1;
                match code {
                    0..=0xff => out.push_str(&format!("\\x{code:02x}")),
                    _ => out.push(char::from_u32(code)?),
                }
            }
            _ => out.push_str(rest.get(..end)?),
        }
        text = rest.get(end..)?.to_owned();
    }
    out.push_str(&text);
    Some(Common { text: out, line_ends: ends || exact_end })
}

/// Is it there, and not behind a backslash that is itself escaped?
fn has(text: &str, special: &str) -> bool {
    text.match_indices(special).any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default();
        let backslashes = before.len() - before.trim_end_matches('\\').len();
        backslashes % 2 == 0
    })
}

#[cfg(test)]
mod tests {
    use super::{Common, common};
    use crate::regex::portable;

    #[test]
    fn only_what_all_engines_read_is_written() {
        let text = |java| portable(java, false, false).ok().and_then(|p| common(&p.text));
        let made = |text: &str, line_ends| Some(Common { text: text.to_owned(), line_ends });
        assert_eq!(text(r"\.(pst|ost)$"), made(r"\.(pst|ost)$", true));
        assert_eq!(text(r"a.*b"), made("a.*b", true));
        assert_eq!(text(r"a\s+b"), made(r"a[\t\n\x0B\x0C\r\x20]+b", false));
        assert_eq!(text(r"\\z\\A"), made(r"\\z\\A", false));
        assert_eq!(text(r"\p{L}x"), None);
        assert_eq!(text(r"\\pipe"), made(r"\\pipe", false));
        let full = portable("a|b", false, true).ok().and_then(|p| common(&p.text));
        assert_eq!(full, made("^(?:a|b)$", true));
    }
}
