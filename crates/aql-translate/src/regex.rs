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
    let inner = full.then(|| inside(java)).flatten();
    let (pattern, mode) = match &inner {
        Some(inner) => (inner.as_str(), Mode::Find),
        None => (java, if full { Mode::Full } else { Mode::Find }),
    };
    let regex = JavaRegex::new(pattern, ignore_case, mode).map_err(|e| e.message)?;
    let text = regex.translated().to_owned();
    if has_class_operators(&text) {
        return Err("character classes inside classes have no counterpart".to_owned());
    }
    Ok(Portable { text, backtracks: regex.backtracks() })
}

/// `(?s).*X.*` covers the whole value where X is found anywhere.
fn inside(java: &str) -> Option<String> {
    let inner = java.strip_prefix("(?s).*")?.strip_suffix(".*")?;
    if inner.ends_with('\\') || inner.contains(r"\Q") {
        return None;
    }
    let mut depth = 0_u32;
    let mut class = false;
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                chars.next();
            }
            '[' => class = true,
            ']' => class = false,
            '(' if !class => depth += 1,
            ')' if !class => depth = depth.checked_sub(1)?,
            // Either side would take one of the two runs with it.
            '|' if !class && depth == 0 => return None,
            _ => {}
        }
    }
    // A run before X could give way to a quantifier or flag that begins it.
    let starts_well = !inner.starts_with(['?', '+', '*', '{']) && !inner.starts_with("(?s)");
    (depth == 0 && starts_well && !inner.is_empty()).then(|| format!("(?s){inner}"))
}

/// Has it a class inside a class, or an operator between classes?
fn has_class_operators(text: &str) -> bool {
    let mut class = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                chars.next();
            }
            '[' if class => {
                if chars.peek() != Some(&':') {
                    return true;
                }
            }
            '[' => class = true,
            ']' => class = false,
            '&' | '~' | '-' if class && chars.peek() == Some(&c) => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::portable;

    #[test]
    fn whole_values_become_searches_where_that_is_the_same() {
        let text = |java| portable(java, false, true).map(|p| p.text);
        assert_eq!(text("(?s).*ab?c.*"), Ok("(?s:ab?c)".to_owned()));
        assert!(text("(?s).*a|b.*").is_ok_and(|t| t.starts_with(r"\A")));
        assert!(text("a.*").is_ok_and(|t| t.starts_with(r"\A")));
        assert!(portable("(?!x)y", false, false).is_ok_and(|p| p.backtracks));
        assert!(portable("(", false, false).is_err());
    }
}
