//! Java regular expressions for engines of the POSIX family (Snowflake): groups without names or
//! flags, no lazy quantifiers, no look-around, no `\A` and `\z`. Flags stand beside the expression.

use crate::regex::portable;

/// An expression, and the flags that go with it: `c` or `i` for case, `s` for a dot that passes over
/// line breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Posix {
    pub(crate) text: String,
    pub(crate) flags: String,
}

/// The expression; an error that says what of it is missing there.
pub(crate) fn translated(java: &str, ignore_case: bool, full: bool) -> Result<Posix, String> {
    let regex = portable(java, ignore_case, full)?;
    if regex.backtracks {
        return Err("the target's regular expressions have no look-around, back-references or \
                    possessive quantifiers"
            .to_owned());
    }
    let (body, case) = match regex.text.strip_prefix("(?i)") {
        Some(rest) => (rest, "i"),
        None => (regex.text.as_str(), "c"),
    };
    // In the portable form a bare dot stands only in `(?s:.)`.
    let dot_all = body.contains("(?s:.)");
    let body = body.replace("(?s:.)", "(?:.)");
    let refuse = |what: &str| Err(format!("the target's regular expressions have no {what}"));
    let mut text = String::with_capacity(body.len());
    let mut chars = body.chars().peekable();
    let mut in_class = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('A') if text.is_empty() && !in_class => text.push('^'),
                Some('z') if chars.peek().is_none() => text.push('$'),
                Some('x') => {
                    let hex: String = if chars.next_if_eq(&'{').is_some() {
                        chars.by_ref().take_while(|c| *c != '}').collect()
                    } else {
                        chars.by_ref().take(2).collect()
                    };
                    match u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32) {
                        Some(c) => literal(c, in_class, &mut text),
                        None => return refuse("such characters"),
                    }
                }
                Some('t') => text.push('\t'),
                Some('n') => text.push('\n'),
                Some('r') => text.push('\r'),
                Some(c @ ('b' | 'B')) if !in_class => text.extend(['\\', c]),
                Some(c) if !c.is_ascii_alphanumeric() => literal(c, in_class, &mut text),
                _ => return refuse("such escapes"),
            },
            '[' if chars.peek() != Some(&':') => {
                in_class = true;
                text.push(c);
            }
            ']' => {
                in_class = false;
                text.push(c);
            }
            _ if in_class => text.push(c),
            '(' => {
                text.push('(');
                if chars.next_if_eq(&'?').is_some() && chars.next() != Some(':') {
                    return refuse("flags or names in groups");
                }
            }
            '*' | '+' | '?' | '}' => {
                text.push(c);
                if matches!(chars.peek(), Some('?' | '+')) {
                    return refuse("lazy or possessive quantifiers");
                }
            }
            c => text.push(c),
        }
    }
    Ok(Posix { text, flags: format!("{case}{}", if dot_all { "s" } else { "" }) })
}

/// A character that means itself. In a class a backslash would be one more character, so that what
/// is special there is moved into a place of its own only where the target's dialect has escapes.
fn literal(c: char, in_class: bool, out: &mut String) {
    let special = if in_class {
        matches!(c, '\\' | ']' | '[' | '^' | '-')
    } else {
        matches!(
            c,
            '\\' | '.' | '+' | '*' | '?' | '(' | ')' | '|' | '[' | ']' | '{' | '}' | '^' | '$'
        )
    };
    if special {
        out.push('\\');
    }
    out.push(c);
}

#[cfg(test)]
mod tests {
    use super::translated;

    #[test]
    fn what_posix_has() {
        let text = |java, case, full| translated(java, case, full).map(|p| (p.text, p.flags));
        let pair = |a: &str, b: &str| Ok((a.to_owned(), b.to_owned()));
        assert_eq!(text(r"(?s).*a\.b.*", true, true), pair(r"a\.b", "i"));
        assert_eq!(text("(?s)a.+b", false, false), pair("a(.)+b", "cs"));
        assert_eq!(text("a|b", false, true), pair("^(a|b)$", "c"));
        assert_eq!(text(r"[\s:]x\d+", false, false), pair("[\t\n\u{b}\u{c}\r :]x[0-9]+", "c"));
        for java in [".*?x", "a(?!b)", "(?i:a)b", "a++"] {
            assert!(translated(java, false, false).is_err(), "{java}");
        }
    }
}
