//! A text that every match of an expression contains.

/// Shorter ones are hardly rarer than their letters.
const SHORTEST: usize = 3;

/// The longest text that a value must contain, as it is written (of whatever case, if case does not
/// count), for this Java expression to match it; nothing if none is plain to see. Only what stands
/// outside of groups is looked at, and letters, digits and punctuation of ASCII only.
pub fn required(java: &str) -> Option<String> {
    let mut reader = Reader { rest: java, run: String::new(), best: String::new() };
    reader.flags();
    while !reader.rest.is_empty() {
        reader.step()?;
    }
    reader.end_run();
    (reader.best.len() >= SHORTEST).then_some(reader.best)
}

struct Reader<'p> {
    rest: &'p str,
    run: String,
    best: String,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let next = chars.next();
        self.rest = chars.as_str();
        next
    }

    fn skip_if(&mut self, wanted: char) -> bool {
        let rest = self.rest.strip_prefix(wanted);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn end_run(&mut self) {
        if self.run.len() > self.best.len() {
            std::mem::swap(&mut self.run, &mut self.best);
        }
        self.run.clear();
    }

    /// Passes over flags for the whole expression that change no letter into another.
    fn flags(&mut self) {
        if let Some(rest) = self.rest.strip_prefix("(?")
            && let Some(behind) = rest.trim_start_matches(['s', 'm', 'd']).strip_prefix(')')
        {
            self.rest = behind;
        }
    }

    /// Reads one element; nothing if it cannot be told what it means.
    fn step(&mut self) -> Option<()> {
        match self.next()? {
            '|' => return None,
            '(' => {
                self.end_run();
                self.group()?;
            }
            '[' => {
                self.end_run();
                self.class()?;
            }
            '.' | '^' | '$' => self.end_run(),
            '?' | '*' => {
                self.run.pop();
                self.end_run();
                self.suffix();
            }
            '+' => {
                self.end_run();
                self.suffix();
            }
            '{' => {
                self.run.pop();
                self.end_run();
                self.rest = self.rest.split_once('}')?.1;
                self.suffix();
            }
            '\\' => self.escape()?,
            c if c.is_ascii_graphic() || c == ' ' => self.run.push(c),
            _ => self.end_run(),
        }
        Some(())
    }

    /// What makes a quantifier reluctant or possessive.
    fn suffix(&mut self) {
        let _ = self.skip_if('?') || self.skip_if('+');
    }

    /// Behind a backslash.
    fn escape(&mut self) -> Option<()> {
        match self.next()? {
            c if c.is_ascii_punctuation() => self.run.push(c),
            // Classes, places and characters of one letter.
            'd' | 'D' | 's' | 'S' | 'w' | 'W' | 'h' | 'H' | 'v' | 'V' | 'b' | 'B' | 'A' | 'Z'
            | 'z' | 'G' | 'R' | 't' | 'n' | 'r' | 'f' | 'a' | 'e' => self.end_run(),
            'x' => {
                self.end_run();
                let (digits, rest) = self.rest.split_at_checked(2)?;
                digits.bytes().all(|b| b.is_ascii_hexdigit()).then_some(())?;
                self.rest = rest;
            }
            _ => return None,
        }
        Some(())
    }

    /// Passes over a group, which may match anything.
    fn group(&mut self) -> Option<()> {
        if self.skip_if('?') {
            // Flags that hold from here on would change what follows.
            let known = [":", "=", "!", "<", ">"];
            known.iter().any(|kind| self.rest.starts_with(kind)).then_some(())?;
        }
        let mut depth = 1;
        while depth > 0 {
            match self.next()? {
                '(' => depth += 1,
                ')' => depth -= 1,
                '[' => self.class()?,
                '\\' => self.skip_escaped()?,
                _ => {}
            }
        }
        Some(())
    }

    /// Passes over a class.
    fn class(&mut self) -> Option<()> {
        self.class_start()?;
        let mut depth = 1;
        while depth > 0 {
            match self.next()? {
                '[' => {
                    self.class_start()?;
                    depth += 1;
                }
                ']' => depth -= 1,
                '\\' => self.skip_escaped()?,
                _ => {}
            }
        }
        Some(())
    }

    /// Behind the bracket of a class, also of one in another.
    fn class_start(&mut self) -> Option<()> {
        self.skip_if('^');
        // Whether this ends the class is told differently.
        (!self.rest.starts_with(']')).then_some(())
    }

    /// Passes over what a backslash takes the meaning from; a quotation is not followed.
    fn skip_escaped(&mut self) -> Option<()> {
        (self.next()? != 'Q').then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::required;

    #[test]
    fn the_longest_text_outside_of_groups() {
        for (java, text) in [
            (
                r"(?s).*Set-CASMailbox\b.*-ActiveSyncAllowedDeviceIDs[\s:]+(?!\$null).*",
                "-ActiveSyncAllowedDeviceIDs",
            ),
            ("abc", "abc"),
            ("abcd?e*fgh+i", "abc"),
            ("abcd{0}xyz{2,3}", "abc"),
            ("abcdef+?g", "abcdef"),
            (r"a\.exe -enc\s", "a.exe -enc"),
            (r"(x|y)[a|b]foo\x27ba", "foo"),
            ("[\\]]foo", "foo"),
        ] {
            assert_eq!(required(java).as_deref(), Some(text), "{java}");
        }
        for java in [
            "ab",
            "abc|def",
            "(abc)",
            "a(?i)bcdef",
            "(?i)abc",
            "(?x)a b c",
            r"\Qabc\E",
            "[]abc]def",
            "[[]abc]def]ghi",
            r"\u0041bcd",
            "abc{",
            "[abc",
            "(abc",
            r"\p{L}abc",
            "a.b.c",
            r"(\Qx)\E)abc",
        ] {
            assert_eq!(required(java), None, "{java}");
        }
    }
}
