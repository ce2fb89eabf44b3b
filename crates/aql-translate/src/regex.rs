//! Java regular expressions for targets with RE2 or PCRE, and for those that have Java's own.

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

/// For a target with Java's own: the expression as it is. In AQL case is ignored in all of Unicode.
pub(crate) fn java_regex(java: &str, ignore_case: bool, full: bool) -> Result<String, String> {
    JavaRegex::new(java, ignore_case, Mode::Find).map_err(|e| e.message)?;
    let flags = match (ignore_case, java.contains("(?")) {
        (true, _) => "(?iu)",
        (false, true) => "(?u)",
        (false, false) => "",
    };
    if !full {
        return Ok(format!("{flags}{java}"));
    }
    if is_open_ended(java) {
        return Err("a regular expression with comments or an open quotation".to_owned());
    }
    Ok(format!(r"{flags}\A(?:{java})\z"))
}

/// Does it ignore case, in a part at least?
pub(crate) fn ignores_case(java: &str) -> bool {
    has_flag(java, 'i')
}

/// Is there a group of flags with this one?
fn has_flag(java: &str, flag: char) -> bool {
    java.match_indices("(?").any(|(at, open)| {
        let rest = java.get(at + open.len()..).unwrap_or_default();
        rest.chars().take_while(char::is_ascii_alphabetic).any(|c| c == flag)
    })
}

/// Are there comments in a regular expression, or a quotation without end? Nothing can be put behind
/// such a one.
fn is_open_ended(java: &str) -> bool {
    has_flag(java, 'x')
        || java.rfind(r"\Q").is_some_and(|at| java.get(at..).is_some_and(|t| !t.contains(r"\E")))
}

#[cfg(test)]
mod tests {
    use super::{ignores_case, is_open_ended, java_regex, portable};

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

    #[test]
    fn what_cannot_be_put_in_a_group() {
        assert!(ignores_case("a(?si)b") && !ignores_case("(?s)i"));
        assert!(is_open_ended("(?ix) a # b"));
        assert!(is_open_ended(r"\Qa.b"));
        assert!(!is_open_ended(r"(?i)x\Qa\E(?:x)"));
    }

    #[test]
    fn expressions_of_java_stay_as_they_are() {
        let text = |java, case, full| java_regex(java, case, full);
        assert_eq!(text("a(?!b)", true, false), Ok("(?iu)a(?!b)".to_owned()));
        assert_eq!(text("a|b", false, true), Ok(r"\A(?:a|b)\z".to_owned()));
        assert!(text("(", false, false).is_err());
        assert!(text("(?x) a # b", false, true).is_err());
    }
}
