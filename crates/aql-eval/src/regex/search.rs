//! Runs of anything at the ends of an expression, which make no difference to whether there is a
//! match, and keep the engine from looking for the literals in between.

use super::Mode;

/// The expression to be found anywhere that says the same as this one in this mode; nothing if there
/// is none, or it is not plain that there is.
pub(super) fn searched(java: &str, mode: Mode) -> Option<String> {
    let (flags, body) = split_flags(java);
    let whole = match mode {
        // Without the flag, a run of anything ends with the line.
        Mode::Full if flags.contains('s') => body.strip_prefix(".*")?.strip_suffix(".*")?,
        Mode::Full | Mode::Replace => return None,
        Mode::Find => {
            let front = body.strip_prefix(".*").filter(|rest| stands_alone(rest)).unwrap_or(body);
            front.strip_suffix(".*").filter(|rest| stands_alone(rest)).unwrap_or(front)
        }
    };
    // The end is another place for a value that is covered: the last line terminator is not left.
    let same_end = mode == Mode::Find || !whole.contains(['$', 'Z']);
    (whole.len() < body.len() && same_end && stands_alone(whole)).then(|| format!("{flags}{whole}"))
}

/// Flags for the whole expression, and the expression.
fn split_flags(java: &str) -> (&str, &str) {
    let end = java.strip_prefix("(?").and_then(|rest| {
        let end = rest.find(|c| c != 's' && c != 'i')?;
        (end > 0 && rest.get(end..)?.starts_with(')')).then_some(end + 3)
    });
    java.split_at_checked(end.unwrap_or(0)).unwrap_or(("", java))
}

/// May runs of anything around the expression be taken away? Not if it has alternatives, of which
/// one would lose it, begins with what would bind to the run, or ends with what took the run's
/// meaning away; nor if it changes flags.
fn stands_alone(inner: &str) -> bool {
    if inner.is_empty() || inner.starts_with(['?', '+', '*', '{']) {
        return false;
    }
    let (mut depth, mut class) = (0_i32, 0_i32);
    let mut chars = inner.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                None | Some('Q') => return false,
                Some(_) => {}
            },
            '[' => class += 1,
            ']' if class > 0 => class -= 1,
            _ if class > 0 => {}
            '(' => {
                depth += 1;
                if chars.next_if_eq(&'?').is_some()
                    && !chars.peek().is_some_and(|c| matches!(c, ':' | '=' | '!' | '<' | '>'))
                {
                    return false;
                }
            }
            ')' => depth -= 1,
            '|' if depth == 0 => return false,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0 && class == 0
}

#[cfg(test)]
mod tests {
    use super::super::JavaRegex;
    use super::{Mode, searched};

    #[test]
    fn runs_at_the_ends_are_taken_away_where_that_is_the_same() {
        let full = |java| searched(java, Mode::Full);
        assert_eq!(full("(?s).*ab?c.*").as_deref(), Some("(?s)ab?c"));
        assert_eq!(full("(?is).*(a|b)c.*").as_deref(), Some("(?is)(a|b)c"));
        assert_eq!(full(r"(?s).*[\s|:(\[]b.*").as_deref(), Some(r"(?s)[\s|:(\[]b"));
        let found = |java| searched(java, Mode::Find);
        assert_eq!(found(".*ab.*").as_deref(), Some("ab"));
        assert_eq!(found("(?s)ab.*").as_deref(), Some("(?s)ab"));
        assert_eq!(found(r".*\\.(a|b)$").as_deref(), Some(r"\\.(a|b)$"));
        for java in [
            ".*ab.*",
            "(?i).*ab.*",
            "(?s).*a",
            "(?s)a.*",
            "(?s).*a|b.*",
            "(?s).*?a.*",
            "(?s).*+a.*",
            "(?s).*.*",
            r"(?s).*a\.*",
            r"(?s).*\Qa.*",
            "(?s).*a$.*",
            "(?s).*(?-s)a.*",
            "(?sx).*a # b.*",
            "(?s).*(a.*",
            "(?s).*[a.*",
        ] {
            assert_eq!(full(java), None, "{java}");
        }
        for java in ["ab", r"a\.*", ".*a|b", "a|b.*"] {
            assert_eq!(found(java), None, "{java}");
        }
        assert_eq!(searched("(?s).*a.*", Mode::Replace), None);
    }

    /// What is matched is what the expression as written matches.
    #[test]
    fn the_same_values_match() {
        let values = ["", "a", "b", "ab", "a\nb", "\na\n", "xaby", "x\nab\ny", "aab", "b\na", "AB"];
        for java in ["(?s).*ab.*", "(?s).*a\\nb.*", "(?is).*(a|x)b.*", "(?s).*^ab.*", "(?s).*a.*"] {
            let regex = JavaRegex::new(java, false, Mode::Full).expect(java);
            // A group around the expression leaves it as it is written.
            let written = JavaRegex::new(&format!("(?:{java})"), false, Mode::Full).expect(java);
            for value in values {
                assert_eq!(regex.is_match(value), written.is_match(value), "{java} on {value:?}");
            }
        }
    }
}
