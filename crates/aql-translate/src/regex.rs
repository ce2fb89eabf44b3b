//! Java regular expressions for targets with RE2 or PCRE.

use aql_eval::regex::{JavaRegex, Mode};

/// A regular expression of a target, found anywhere in the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Portable {
    /// With its flags.
    pub(crate) text: String,
    /// Does it need look-around or the like?
    pub(crate) backtracks: bool,
}

/// The expression with Java's differences worked in: what a line terminator is, `\s` and its kin,
/// quoting. Where it covers the whole value, anchors say so.
pub(crate) fn portable(java: &str, ignore_case: bool, full: bool) -> Result<Portable, String> {
    let mode = if full { Mode::Full } else { Mode::Find };
    let regex = JavaRegex::new(java, ignore_case, mode).map_err(|e| e.message)?;
    let text = flattened(regex.translated())
        .ok_or("operators between character classes have no counterpart")?;
    Ok(Portable { text, backtracks: regex.backtracks() })
}

/// The expression with classes inside of classes written out, which other engines do not know;
/// nothing if it has a negated one, or an operator between classes.
fn flattened(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut depth = 0_u32;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                out.push(c);
                out.extend(chars.next());
                continue;
            }
            '[' if depth > 0 => {
                if chars.peek() == Some(&'^') {
                    return None;
                }
                if chars.peek() == Some(&':') {
                    out.push('[');
                    out.extend(chars.by_ref().take_while(|c| *c != ']'));
                    out.push(']');
                } else {
                    depth += 1;
                }
                continue;
            }
            '[' => depth = 1,
            ']' if depth > 1 => {
                depth -= 1;
                continue;
            }
            ']' => depth = 0,
            '&' | '~' | '-' if depth > 0 && chars.peek() == Some(&c) => return None,
            _ => {}
        }
        out.push(c);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::portable;

    #[test]
    fn whole_values_become_searches_where_that_is_the_same() {
        let text = |java| portable(java, false, true).map(|p| p.text);
        assert_eq!(text("(?s).*ab?c.*"), Ok("ab?c".to_owned()));
        assert!(text("(?s).*a|b.*").is_ok_and(|t| t.starts_with(r"\A")));
        let found = |java| portable(java, false, false).map(|p| p.text);
        assert_eq!(found(".*ab.*"), Ok("ab".to_owned()));
        assert_eq!(found("(?s)ab.*"), Ok("ab".to_owned()));
        assert!(found(r"a\.*").is_ok_and(|t| t.ends_with('*')));
        assert!(found(".*a|b").is_ok_and(|t| t.contains('*')));
        assert!(text("a.*").is_ok_and(|t| t.starts_with(r"\A")));
        assert!(portable("(?!x)y", false, false).is_ok_and(|p| p.backtracks));
        assert!(portable("(", false, false).is_err());
        let classes = text(r"(?s).*a[\s:\[]b.*");
        assert_eq!(classes, Ok(r"a[\t\n\x0B\x0C\r\x20\:\[]b".to_owned()));
    }
}
