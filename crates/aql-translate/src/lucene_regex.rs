//! Java regular expressions for Lucene, whose own are plain: no look-around, no `\b`, no classes by
//! letter, and always over the whole value.

/// The expression; nothing but an error if it needs what Lucene has not.
pub(crate) fn automaton(java: &str, ignore_case: bool, full: bool) -> Result<String, String> {
    let refuse = || Err("Lucene has no such regular expression".to_owned());
    let body = java.strip_prefix("(?s)").unwrap_or(java);
    let mut out = String::new();
    let mut depth = 0_i32;
    let mut alternatives = false;
    let mut chars = body.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('x') => {
                    let hex: String = chars.by_ref().take(2).collect();
                    match u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32) {
                        Some(c) => literal(c, ignore_case, &mut out),
                        None => return refuse(),
                    }
                }
                Some(c) if !c.is_ascii_alphanumeric() => literal(c, ignore_case, &mut out),
                _ => return refuse(),
            },
            '(' => {
                depth += 1;
                if chars.peek() == Some(&'?') {
                    chars.next();
                    if chars.next() != Some(':') {
                        return refuse();
                    }
                }
                out.push('(');
            }
            ')' => {
                depth -= 1;
                out.push(')');
            }
            '|' => {
                alternatives |= depth == 0;
                out.push('|');
            }
            // A lazy or possessive quantifier, or one after nothing.
            '*' | '+' | '?' => {
                out.push(c);
                if matches!(chars.peek(), Some('?' | '+')) {
                    return refuse();
                }
            }
            '.' => out.push('.'),
            '[' | '{' | '^' | '$' => return refuse(),
            c => literal(c, ignore_case, &mut out),
        }
    }
    if full {
        return Ok(out);
    }
    if alternatives {
        out = format!("({out})");
    }
    let open = if out.starts_with(".*") { "" } else { ".*" };
    let close = if out.ends_with(".*") && !out.ends_with(r"\.*") { "" } else { ".*" };
    Ok(format!("{open}{out}{close}"))
}

/// A character, in either case if case is ignored.
pub(crate) fn literal(c: char, ignore_case: bool, out: &mut String) {
    if ignore_case && c.is_ascii_alphabetic() {
        out.extend(['[', c.to_ascii_lowercase(), c.to_ascii_uppercase(), ']']);
        return;
    }
    if !c.is_alphanumeric() && !c.is_whitespace() && c != '_' && c != ',' && c != '\'' {
        out.push('\\');
    }
    out.push(c);
}

#[cfg(test)]
mod tests {
    use super::automaton;

    #[test]
    fn what_lucene_has() {
        assert_eq!(automaton(r"(?s).*a\.b.*", false, true), Ok(r".*a\.b.*".to_owned()));
        assert_eq!(automaton("a|b", true, false), Ok(".*([aA]|[bB]).*".to_owned()));
        for java in [r"\bx", "a(?!b)", "a*?", "[ab]", "^a"] {
            assert!(automaton(java, false, false).is_err(), "{java}");
        }
    }
}
