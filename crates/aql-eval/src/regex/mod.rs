//! Java regular expressions (MATCHES, IMATCHES, REPLACEALL, REPLACEFIRST).
//!
//! A pattern is translated to the syntax of the `regex` crate, whose time is linear in the text.
//! What that cannot do (look-around, back-references, atomic groups, possessive quantifiers) goes
//! to `fancy-regex`, with a limit on the number of steps: a value that would take more does not
//! match.
//!
//! Read [`JavaRegex`] first; the differences in syntax are all in `translate`.

mod linear;
mod required;
mod search;
mod translate;

use std::borrow::Cow;

pub use required::required;

use linear::Linear;
use translate::{Translation, translate};

/// Steps of the backtracking engine after which a value does not match.
const BACKTRACK_LIMIT: usize = 1_000_000;

/// Longest result of a replacement, in bytes; a longer one is null.
const MAX_REPLACED: usize = 64 << 20;

/// What a match has to cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Any part of the value.
    Find,
    /// The whole value.
    Full,
    /// Parts of the value that will be replaced: as [`Mode::Find`], with exact bounds.
    Replace,
}

/// Why a pattern cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RegexError {
    /// Lower case, no full stop.
    pub message: String,
}

impl RegexError {
    fn new(message: impl Into<String>) -> Self {
        RegexError { message: message.into() }
    }
}

/// A Java regular expression, ready to match.
#[derive(Clone, Debug)]
pub struct JavaRegex {
    engine: Engine,
    translated: String,
    /// Names of the groups, by number.
    names: Vec<Option<String>>,
}

#[derive(Clone, Debug)]
enum Engine {
    Linear(Linear),
    Backtracking(fancy_regex::Regex),
}

impl JavaRegex {
    /// Reads a pattern. `ignore_case` is IMATCHES: all of Unicode, by simple case folding.
    ///
    /// # Errors
    /// If it is no Java regular expression, or uses something that is not supported here.
    pub fn new(pattern: &str, ignore_case: bool, mode: Mode) -> Result<Self, RegexError> {
        if let Some(shorter) = search::searched(pattern, mode)
            && let Ok(regex) = JavaRegex::new(&shorter, ignore_case, Mode::Find)
        {
            return Ok(regex);
        }
        let Translation { text, backtracks } = translate(pattern, mode)?;
        let open = if ignore_case { "(?i)" } else { "" };
        let translated = match mode {
            Mode::Full => format!("{open}\\A(?:{text})\\z"),
            Mode::Find | Mode::Replace => format!("{open}{text}"),
        };
        let (engine, names) = if backtracks {
            let mut builder = fancy_regex::RegexBuilder::new(&translated);
            builder.backtrack_limit(BACKTRACK_LIMIT);
            let regex = builder.build().map_err(|e| RegexError::new(one_line(&e)))?;
            let names = regex.capture_names().map(|name| name.map(str::to_owned)).collect();
            (Engine::Backtracking(regex), names)
        } else {
            let (regex, names) = Linear::new(&translated)?;
            (Engine::Linear(regex), names)
        };
        Ok(JavaRegex { engine, translated, names })
    }

    /// Does it need the slower of the two engines?
    pub fn backtracks(&self) -> bool {
        matches!(self.engine, Engine::Backtracking(_))
    }

    /// The pattern in the syntax of the `regex` crate (of `fancy-regex` if it
    /// [backtracks](Self::backtracks)).
    pub fn translated(&self) -> &str {
        &self.translated
    }

    /// Does the value match? No, if that takes too many steps.
    pub fn is_match(&self, value: &str) -> bool {
        match &self.engine {
            Engine::Linear(regex) => regex.get().is_some_and(|regex| regex.is_match(value)),
            Engine::Backtracking(regex) => regex.is_match(value).unwrap_or(false),
        }
    }

    /// How many groups it has, the whole match counted as one.
    pub fn groups(&self) -> usize {
        self.names.len()
    }

    /// A group of the first match; 0 is the whole match. Nothing without a match, if the group took
    /// no part in it, or if matching takes too many steps. The pattern has to be read for
    /// [`Mode::Replace`], so that the bounds of a match are exact.
    pub fn group<'t>(&self, value: &'t str, number: usize) -> Option<&'t str> {
        let groups = self.groups_at(value, 0)??;
        let (start, end) = groups.spans.get(number).copied().flatten()?;
        value.get(start..end)
    }

    /// The value with the first match, or all, replaced. In the replacement `$1` and `${name}` are
    /// groups and a backslash takes the meaning of the next character away, as in
    /// `Matcher.replaceAll` of Java. Nothing if the replacement names no group of the pattern, or
    /// matching takes too many steps.
    pub fn replace<'t>(
        &self,
        value: &'t str,
        replacement: &Replacement,
        all: bool,
    ) -> Option<Cow<'t, str>> {
        let mut out = String::new();
        let (mut copied, mut from) = (0, 0);
        while from <= value.len() {
            let Some(groups) = self.groups_at(value, from)? else { break };
            let (start, end) = groups.whole()?;
            out.push_str(value.get(copied..start)?);
            replacement.write(&groups, value, &mut out)?;
            copied = end;
            if !all || out.len() > MAX_REPLACED {
                break;
            }
            // After an empty match the search goes on behind the next character.
            from = if end > start {
                end
            } else {
                end + value.get(end..)?.chars().next().map_or(1, char::len_utf8)
            };
        }
        if out.len() > MAX_REPLACED {
            return None;
        }
        if copied == 0 && out.is_empty() {
            return Some(Cow::Borrowed(value));
        }
        out.push_str(value.get(copied..)?);
        Some(Cow::Owned(out))
    }

    /// The groups of the next match; an error of the engine is nothing.
    #[expect(clippy::option_option, reason = "failure, and no match")]
    fn groups_at(&self, value: &str, from: usize) -> Option<Option<Groups<'_>>> {
        let spans = match &self.engine {
            Engine::Linear(regex) => regex
                .get()?
                .captures_at(value, from)
                .map(|c| c.iter().map(|m| m.map(|m| (m.start(), m.end()))).collect()),
            Engine::Backtracking(regex) => regex
                .captures_from_pos(value, from)
                .ok()?
                .map(|c| c.iter().map(|m| m.map(|m| (m.start(), m.end()))).collect()),
        };
        Some(spans.map(|spans| Groups { names: &self.names, spans }))
    }
}

struct Groups<'r> {
    names: &'r [Option<String>],
    spans: Vec<Option<(usize, usize)>>,
}

impl Groups<'_> {
    fn whole(&self) -> Option<(usize, usize)> {
        self.spans.first().copied().flatten()
    }
}

/// The replacement text of `Matcher.replaceAll`, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    /// Digits after `$`: the first is the group, further ones belong to it as long as there is
    /// such a group.
    Number(String),
    Name(String),
}

impl Replacement {
    /// Takes a replacement apart.
    ///
    /// # Errors
    /// If it ends in a backslash or a `$` is followed by no group.
    pub fn new(text: &str) -> Result<Self, RegexError> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '\\' => match rest.next() {
                    Some(next) => plain.push(next),
                    None => return Err(RegexError::new("replacement ends in a single backslash")),
                },
                '$' => {
                    if !plain.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut plain)));
                    }
                    let mut group = String::new();
                    if rest.next_if_eq(&'{').is_some() {
                        while let Some(c) = rest.next_if(char::is_ascii_alphanumeric) {
                            group.push(c);
                        }
                        if rest.next() != Some('}') || group.is_empty() {
                            return Err(RegexError::new("`${` is not closed in the replacement"));
                        }
                        parts.push(Part::Name(group));
                        continue;
                    }
                    while let Some(c) = rest.next_if(char::is_ascii_digit) {
                        group.push(c);
                    }
                    if group.is_empty() {
                        return Err(RegexError::new(
                            "`$` in the replacement is not followed by a group (write `\\$`)",
                        ));
                    }
                    parts.push(Part::Number(group));
                }
                other => plain.push(other),
            }
        }
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Replacement { parts })
    }

    fn write(&self, groups: &Groups<'_>, value: &str, out: &mut String) -> Option<()> {
        let group = |index: usize| groups.spans.get(index).copied();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Number(digits) => {
                    let mut digits = digits.chars().peekable();
                    let mut number = digits.next()?.to_digit(10)? as usize;
                    group(number)?;
                    while let Some(next) = digits.peek().and_then(|d| d.to_digit(10)) {
                        let longer = number.checked_mul(10)?.checked_add(next as usize)?;
                        if group(longer).is_none() {
                            break;
                        }
                        number = longer;
                        digits.next();
                    }
                    if let Some((start, end)) = group(number)? {
                        out.push_str(value.get(start..end)?);
                    }
                    out.extend(digits);
                }
                Part::Name(name) => {
                    let index =
                        groups.names.iter().position(|n| n.as_deref() == Some(name.as_str()))?;
                    if let Some((start, end)) = group(index)? {
                        out.push_str(value.get(start..end)?);
                    }
                }
            }
        }
        Some(())
    }
}

/// The message of an engine, in one line.
fn one_line(error: &dyn std::fmt::Display) -> String {
    let text = error.to_string();
    let line = text.lines().rev().find_map(|l| l.trim().strip_prefix("error: ")).map(str::to_owned);
    line.unwrap_or_else(|| text.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(pattern: &str, value: &str) -> bool {
        JavaRegex::new(pattern, false, Mode::Find).expect(pattern).is_match(value)
    }

    #[test]
    fn java_syntax_finds() {
        for (pattern, value, found) in [
            ("^.ARIEL.$", "xARIELx", true),
            ("^.ARIEL.$", "xARIELxx", false),
            (r"\Qa.b\E+", "a.bb", true),
            (r"\Qa.b\E", "axb", false),
            (r"\Q[", "[", true),
            (r"a\hb", "a\u{a0}b", true),
            (r"a\sb", "a\u{a0}b", false),
            (r"\d", "\u{661}", false),
            (r"(?U)\d", "\u{661}", true),
            (r"\w+é", "é", false),
            (r"\p{Alpha}\p{Digit}", "é1 b2", true),
            (r"^\p{Alpha}$", "é", false),
            (r"^\p{IsAlphabetic}$", "é", true),
            (r"^\p{L}\pL\p{IsL}$", "éaß", true),
            (r"^\P{Lu}$", "a", true),
            (r"^\p{Punct}+$", "![]^`{~-", true),
            (r"^\p{IsGreek}$", "λ", true),
            (r"^\p{javaUpperCase}$", "Ä", true),
            (r"a\Z", "a\n", true),
            (r"a\z", "a\n", false),
            ("a$", "a\r\n", true),
            ("a$", "a\n\n", false),
            ("^b", "a\nb", false),
            ("(?m)^b$", "a\r\nb\r\nc", true),
            ("a.b", "a\nb", false),
            ("a.b", "a\rb", false),
            ("a.b", "a\u{2028}b", false),
            ("(?s)a.b", "a\nb", true),
            ("(?s:a.)b.c", "a\nb\nc", false),
            ("(?d)a.b", "a\rb", true),
            ("(?i)É", "é", true),
            ("a(?i)b", "aB", true),
            ("(?i:a)b", "AB", false),
            ("(?i)a(?-i)b", "AB", false),
            ("(?x) a b # comment\n c", "abc", true),
            ("[a-z&&[^bc]]", "b", false),
            ("[a-z&&[^bc]]", "d", true),
            ("[a[bc]]+$", "cab", true),
            ("[]a]", "]", true),
            ("[^]a]", "]", false),
            ("[a-]", "-", true),
            (r"[\w-]", "-", true),
            ("[+--]", ",", true),
            ("[a~~b]", "~", true),
            (r"[\\/]outlook\.exe$", r"C:\outlook.exe", true),
            (r"\x41\u0042\0103\x{44}\t", "ABCD\t", true),
            (r"\uD83D\uDE00", "😀", true),
            (r"\cA", "\u{1}", true),
            (r"(?<name>a)\k<name>", "aa", true),
            (r"(a)\1", "aa", true),
            (r"a(?=b)", "ab", true),
            (r"a(?!b)", "ab", false),
            (r"(?<=a)b", "ab", true),
            (r"(?<!a)b", "ab", false),
            (r"(?>a+)a", "aaa", false),
            ("a++a", "aaa", false),
            ("a{1,3}+a", "aaa", false),
            ("a*?b", "aab", true),
            ("a{2,}", "aa", true),
            (r"\<x\>", "<x>", true),
            (r"\Rx", "\r\nx", true),
            (r"\bx\b", "a x b", true),
            ("a|", "", true),
            ("]}", "]}", true),
            ("", "", true),
            ("[[:alpha:]]", "p", true),
            ("[[:alpha:]]", "z", false),
        ] {
            assert_eq!(find(pattern, value), found, "{pattern} on {value:?}");
        }
    }

    #[test]
    fn full_covers_everything() {
        let full = |p: &str, v: &str| JavaRegex::new(p, false, Mode::Full).expect(p).is_match(v);
        assert!(full("a|ab", "ab"));
        assert!(!full("b", "ab"));
        assert!(!full("a$", "a\n"));
        assert!(full("(?m)a$\nb", "a\nb"));
    }

    #[test]
    fn case_is_ignored_in_all_of_unicode() {
        assert!(JavaRegex::new("straße É", true, Mode::Find).expect("valid").is_match("STRAßE é"));
        assert!(JavaRegex::new("(a)\\1", true, Mode::Find).expect("valid").is_match("aA"));
    }

    #[test]
    fn what_java_refuses_is_refused() {
        for pattern in [
            "(",
            ")",
            "[a",
            "a{",
            "*a",
            "a**b(",
            r"\",
            r"\y",
            r"\p{Nonsense}",
            "(?<n",
            "(?<1a>b)",
            "[z-a]",
            r"\u12",
            "a{2,1}",
            "(?z)",
            r"\k<none>",
            "{a}",
            r"\x{110000}",
            &"(".repeat(10_000),
            &format!("{}{}", "(".repeat(10_000), ")".repeat(10_000)),
            &"[".repeat(10_000),
            "a{1000000}",
            "[]",
            "(?",
            "[a&&",
        ] {
            let error = JavaRegex::new(pattern, false, Mode::Find);
            let short = pattern.chars().take(20).collect::<String>();
            let message = error.map(|r| r.translated).map_err(|e| e.message);
            assert!(message.as_ref().is_err_and(|m| !m.contains('\n')), "{short}: {message:?}");
        }
    }

    #[test]
    fn backtracking_only_where_needed_and_bounded() {
        let kind = |p: &str| JavaRegex::new(p, false, Mode::Find).expect(p).backtracks();
        assert!(!kind(r"^(a|b)+.*\w{3}\Z"));
        assert!(kind("a(?=b)"));
        let regex = JavaRegex::new("(a|aa)+(?=c)", false, Mode::Find).expect("valid");
        assert!(!regex.is_match(&format!("{}b", "a".repeat(5000))));
    }

    #[test]
    fn replacing() {
        for (pattern, value, replacement, first, all) in [
            ("\\n", "a\nb\nc", "", Some("ab\nc"), Some("abc")),
            ("(a)(b)?", "abac", "<$1$2>", Some("<ab>ac"), Some("<ab><a>c")),
            ("a", "aa", "$0$0", Some("aaa"), Some("aaaa")),
            ("(a)", "a", "$11", Some("a1"), Some("a1")),
            ("(?<x>a)", "ab", "${x}!", Some("a!b"), Some("a!b")),
            ("a", "ab", "\\$1", Some("$1b"), Some("$1b")),
            ("x", "ab", "y", Some("ab"), Some("ab")),
            ("", "ab", "-", Some("-ab"), Some("-a-b-")),
            ("b*", "abbc", "-", Some("-abbc"), Some("-a--c-")),
            ("a$", "a\n", "b", Some("b\n"), Some("b\n")),
            ("(?=b)", "ab", "-", Some("a-b"), Some("a-b")),
            ("a", "a", "$1", None, None),
            ("a", "a", "${x}", None, None),
            ("a", "b", "$1", Some("b"), Some("b")),
        ] {
            let regex = JavaRegex::new(pattern, false, Mode::Replace).expect(pattern);
            let replacement = Replacement::new(replacement).expect(replacement);
            assert_eq!(
                regex.replace(value, &replacement, false).as_deref(),
                first,
                "{pattern} first"
            );
            assert_eq!(regex.replace(value, &replacement, true).as_deref(), all, "{pattern} all");
        }
        for bad in ["$", "a\\", "${x", "${}", "$x"] {
            assert!(Replacement::new(bad).is_err(), "{bad}");
        }
    }
}
