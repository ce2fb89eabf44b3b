//! Expressions for the `regex` crate, built when they are first used.
//!
//! A pack holds hundreds of expressions, most of them for columns of findings that never come;
//! building an automaton takes far longer than reading an expression.

use std::sync::{Arc, OnceLock};

use regex::Regex;
use regex_syntax::Parser;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::{RegexError, one_line};

/// States of an automaton up to which building it cannot fail: the `regex` crate refuses those of
/// more than 10 MB.
const SURELY_SMALL: u64 = 20_000;

/// An expression that is known to be valid.
#[derive(Clone, Debug)]
pub(super) struct Linear(Arc<Lazy>);

#[derive(Debug)]
struct Lazy {
    text: String,
    regex: OnceLock<Option<Regex>>,
}

impl Linear {
    /// Reads an expression; gives it with the names of its groups, by number.
    pub(super) fn new(text: &str) -> Result<(Self, Vec<Option<String>>), RegexError> {
        let hir = Parser::new().parse(text).map_err(|e| RegexError::new(one_line(&e)))?;
        let regex = OnceLock::new();
        if states(&hir) > SURELY_SMALL {
            let built = Regex::new(text).map_err(|e| RegexError::new(one_line(&e)))?;
            let _ = regex.set(Some(built));
        }
        let mut names = vec![None];
        name_groups(&hir, &mut names);
        Ok((Linear(Arc::new(Lazy { text: text.to_owned(), regex })), names))
    }

    /// Ready to match. There is always one: what can fail was built at once.
    pub(super) fn get(&self) -> Option<&Regex> {
        self.0.regex.get_or_init(|| Regex::new(&self.0.text).ok()).as_ref()
    }
}

/// About how many states an automaton has that is made of it.
fn states(hir: &Hir) -> u64 {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len() as u64,
        HirKind::Class(Class::Unicode(class)) => 4 * class.ranges().len() as u64,
        HirKind::Class(Class::Bytes(class)) => class.ranges().len() as u64,
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min.saturating_add(1)).max(1);
            states(&repetition.sub).saturating_mul(u64::from(times))
        }
        HirKind::Capture(capture) => states(&capture.sub).saturating_add(2),
        HirKind::Concat(list) | HirKind::Alternation(list) => {
            list.iter().map(states).fold(1, u64::saturating_add)
        }
    }
}

/// Groups that can never take part may be missing in between; they count all the same.
fn name_groups(hir: &Hir, names: &mut Vec<Option<String>>) {
    match hir.kind() {
        HirKind::Capture(capture) => {
            let index = capture.index as usize;
            if names.len() <= index {
                names.resize(index + 1, None);
            }
            if let Some(name) = names.get_mut(index) {
                *name = capture.name.as_deref().map(str::to_owned);
            }
            name_groups(&capture.sub, names);
        }
        HirKind::Repetition(repetition) => name_groups(&repetition.sub, names),
        HirKind::Concat(list) | HirKind::Alternation(list) => {
            list.iter().for_each(|hir| name_groups(hir, names));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{Linear, SURELY_SMALL, states};

    #[test]
    fn groups_have_the_names_that_the_engine_gives_them() {
        for text in ["a", "(a)(?<x>b(c))|(?:d)(?<y>e)*", "(?i)\\A(?:(é)+)\\z", "(a){0}(?<z>b)"] {
            let (linear, names) = Linear::new(text).expect(text);
            let regex = linear.get().expect(text);
            let expected: Vec<_> = regex.capture_names().map(|n| n.map(str::to_owned)).collect();
            assert_eq!(names, expected, "{text}");
        }
    }

    #[test]
    fn what_is_too_large_is_told_at_once() {
        for text in ["\\w{1000}", "(?:\\w{50}){50}", "[^a]{2000}\\p{L}{3000}"] {
            assert!(Linear::new(text).is_err(), "{text}");
            assert!(regex::Regex::new(text).is_err(), "{text}");
        }
        assert!(Linear::new("(a").is_err());
    }

    #[test]
    fn what_is_built_later_can_be_built() {
        for class in ["\\w", "\\p{L}", ".", "[^a-c]", "(?i)[a-z]", "\\d", "(?i:\\p{Lu}|k)"] {
            let mut times = 1;
            loop {
                let text = format!("(?:{class}){{{times}}}");
                let hir = regex_syntax::parse(&text).expect("valid");
                if states(&hir) > SURELY_SMALL {
                    break;
                }
                assert!(regex::Regex::new(&text).is_ok(), "{text}");
                times *= 2;
            }
        }
    }
}
