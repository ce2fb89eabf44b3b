//! Java regular expressions for engines that know less: groups without names or flags, no look-around,
//! no `\A` and `\z`. What flags say stands beside the expression.

use crate::regex::portable;

/// An expression without flags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PlainRegex {
    pub(crate) text: String,
    /// Is case ignored?
    pub(crate) ignore_case: bool,
    /// Does a dot pass over line breaks?
    pub(crate) dot_all: bool,
}

/// What an engine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    /// Only greedy quantifiers, as POSIX.
    Greedy,
    /// Lazy quantifiers too, and characters by their number.
    Lazy,
}

/// The expression; an error that says what of it is missing there.
pub(crate) fn translated(
    java: &str,
    ignore_case: bool,
    full: bool,
    engine: Engine,
) -> Result<PlainRegex, String> {
    let regex = portable(java, ignore_case, full)?;
    if regex.backtracks {
        return Err("the target's regular expressions have no look-around, back-references or \
                    possessive quantifiers"
            .to_owned());
    }
    let (body, ignore_case) = match regex.text.strip_prefix("(?i)") {
        Some(rest) => (rest, true),
        None => (regex.text.as_str(), false),
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
                Some('A') if !in_class => text.push('^'),
                Some('z') if !in_class => text.push('$'),
                Some('x') => {
                    let hex: String = if chars.next_if_eq(&'{').is_some() {
                        chars.by_ref().take_while(|c| *c != '}').collect()
                    } else {
                        chars.by_ref().take(2).collect()
                    };
                    match u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32) {
                        Some(c) if engine == Engine::Lazy && !c.is_ascii_graphic() => {
                            text.push_str(&code_point(c));
                        }
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
                if chars.peek() == Some(&'?') && engine == Engine::Greedy {
                    return refuse("lazy quantifiers");
                }
            }
            c => text.push(c),
        }
    }
    Ok(PlainRegex { text, ignore_case, dot_all })
}

/// A character by its number.
fn code_point(c: char) -> String {
    match u32::from(c) {
        n @ ..=0xff => format!("\\x{n:02x}"),
        n => format!("\\u{n:04x}"),
    }
}

/// A character that means itself.
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
    use super::{Engine, translated};

    #[test]
    fn what_engines_have() {
        let text = |java, case, full| {
            translated(java, case, full, Engine::Greedy).map(|r| (r.text, r.ignore_case, r.dot_all))
        };
        let is = |text: &str, case, dot| Ok((text.to_owned(), case, dot));
        assert_eq!(text(r"(?s).*a\.b.*", true, true), is(r"a\.b", true, false));
        assert_eq!(text("(?s)a.+b", false, false), is("a(.)+b", false, true));
        assert_eq!(text("a|b", false, true), is("^(a|b)$", false, false));
        assert_eq!(
            text(r"[\s:]x\d+", false, false),
            is("[\t\n\u{b}\u{c}\r :]x[0-9]+", false, false)
        );
        for java in [".*?x", "a(?!b)", "(?i:a)b", "a++"] {
            assert!(translated(java, false, false, Engine::Greedy).is_err(), "{java}");
        }
        let lazy = translated(r"[\v]", false, false, Engine::Lazy).map(|r| r.text);
        assert_eq!(
            lazy,
            Ok(r"[\n\x0b\x0c\r\x85\u2028\u2029]".to_owned())
                .map(|t| t.replace(r"\n", "\n").replace(r"\r", "\r"))
        );
        let lazy = translated("a+?x", false, false, Engine::Lazy).map(|r| r.text);
        assert_eq!(lazy, Ok("a+?x".to_owned()));
    }
}
