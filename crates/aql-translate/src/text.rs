//! What most languages write in the same way: numbers, operators, text in double quotes.

use aql_semantic::CompareOp;

use crate::pred::Number;

/// An operator as SQL and most others have it.
pub(crate) fn operator(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => "=",
        CompareOp::NotEq => "<>",
        CompareOp::Lt => "<",
        CompareOp::LtEq => "<=",
        CompareOp::Gt => ">",
        CompareOp::GtEq => ">=",
    }
}

/// An operator as SQL has it, but for `!=`.
pub(crate) fn bang_operator(op: CompareOp) -> &'static str {
    if op == CompareOp::NotEq { "!=" } else { operator(op) }
}

/// An operator as languages like C have it.
pub(crate) fn c_operator(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => "==",
        CompareOp::NotEq => "!=",
        other => operator(other),
    }
}

/// A number.
pub(crate) fn number(number: &Number) -> String {
    match number {
        Number::Integer(value) => value.to_string(),
        Number::Double(value) => format!("{value:?}"),
    }
}

/// Can a name be written as it is: letters, digits and `_`, a letter or `_` first?
pub(crate) fn is_word(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

/// A text in double quotes, with the escapes of C for backslash, quote and three control characters.
pub(crate) fn c_text(text: &str) -> String {
    let mut out = "\"".to_owned();
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out + "\""
}

/// A regular expression between slashes, on one line.
pub(crate) fn slashed(regex: &str) -> String {
    let mut out = "/".to_owned();
    let mut chars = regex.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                out.push(c);
                out.extend(chars.next());
            }
            '/' => out.push_str("\\/"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out + "/"
}

#[cfg(test)]
mod tests {
    use super::{c_text, slashed};

    #[test]
    fn texts() {
        assert_eq!(c_text("a\\b\"c\n"), r#""a\\b\"c\n""#);
    }

    #[test]
    fn slashes_are_escaped_once() {
        assert_eq!(slashed("a/b\\/c\\\\/\n"), "/a\\/b\\/c\\\\\\/\\n/");
    }
}
