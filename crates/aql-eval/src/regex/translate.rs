//! From the syntax of `java.util.regex.Pattern` to that of the `regex` and `fancy-regex` crates.
//!
//! Source of the rules: the documentation of `java.util.regex.Pattern` (Java 8). What differs and
//! is translated: what a line terminator is, `$` and `\Z` before a last line terminator, the
//! classes `\d \s \w` (ASCII), `\h \v \R`, names of properties, quoting with `\Q..\E`, comments
//! mode, operators inside classes that only one of the two knows. Case-insensitive matching is the
//! only flag that is left to the engine.

use super::{Mode, RegexError};

pub(super) struct Translation {
    pub(super) text: String,
    pub(super) backtracks: bool,
}

/// Deepest nesting of groups and classes; far below what exhausts a stack.
const MAX_DEPTH: usize = 100;

/// `[^…]` of Java's line terminators.
const NOT_LINE_END: &str = r"[^\n\r\x{85}\x{2028}\x{2029}]";
const LAST_LINE_END: &str = r"(?:(?:\r\n|[\n\r\x{85}\x{2028}\x{2029}])?\z)";

#[derive(Clone, Copy, Default)]
struct Flags {
    dot_all: bool,
    multi_line: bool,
    unix_lines: bool,
    comments: bool,
    unicode: bool,
}

struct Translator<'p> {
    chars: Vec<char>,
    at: usize,
    out: String,
    flags: Flags,
    /// Flags outside of each open group.
    open: Vec<Flags>,
    mode: Mode,
    backtracks: bool,
    groups: Vec<String>,
    pattern: &'p str,
}

type Step<T = ()> = Result<T, RegexError>;

pub(super) fn translate(pattern: &str, mode: Mode) -> Step<Translation> {
    let mut translator = Translator {
        chars: pattern.chars().collect(),
        at: 0,
        out: String::with_capacity(pattern.len() + 16),
        flags: Flags::default(),
        open: Vec::new(),
        mode,
        backtracks: false,
        groups: Vec::new(),
        pattern,
    };
    translator.run()?;
    Ok(Translation { text: translator.out, backtracks: translator.backtracks })
}

impl Translator<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    fn eat(&mut self, text: &str) -> bool {
        let fits = text.chars().enumerate().all(|(i, c)| self.chars.get(self.at + i) == Some(&c));
        if fits {
            self.at += text.chars().count();
        }
        fits
    }

    fn fail<T>(&self, message: &str) -> Step<T> {
        Err(RegexError::new(format!("{message} at character {}", self.at)))
    }

    fn literal(&mut self, c: char) {
        push_literal(&mut self.out, c);
    }

    fn run(&mut self) -> Step {
        while let Some(c) = self.next() {
            match c {
                '\\' => self.escape()?,
                '[' => self.class(0)?,
                '(' => {
                    self.group()?;
                    continue;
                }
                ')' => {
                    let Some(flags) = self.open.pop() else {
                        return self.fail("`)` closes nothing");
                    };
                    self.flags = flags;
                    self.out.push(')');
                    self.quantifier()?;
                    continue;
                }
                '.' => self.out.push_str(match (self.flags.dot_all, self.flags.unix_lines) {
                    (true, _) => "(?s:.)",
                    (false, true) => r"[^\n]",
                    (false, false) => NOT_LINE_END,
                }),
                '^' => self.out.push_str(match (self.flags.multi_line, self.flags.unix_lines) {
                    (false, _) => r"\A",
                    (true, true) => "(?m:^)",
                    (true, false) => "(?mR:^)",
                }),
                '$' => match (self.flags.multi_line, self.flags.unix_lines) {
                    (false, _) => self.end(),
                    (true, true) => self.out.push_str("(?m:$)"),
                    (true, false) => self.out.push_str("(?mR:$)"),
                },
                '|' => {
                    self.out.push('|');
                    continue;
                }
                '*' | '+' | '?' => return self.fail("quantifier without anything to repeat"),
                '{' => return self.fail("`{` without anything to repeat (write `\\{`)"),
                c if self.flags.comments && c.is_ascii_whitespace() => continue,
                '#' if self.flags.comments => {
                    self.comment();
                    continue;
                }
                c => self.literal(c),
            }
            self.quantifier()?;
        }
        if self.open.is_empty() { Ok(()) } else { self.fail("`(` is not closed") }
    }

    fn comment(&mut self) {
        while let Some(c) = self.next() {
            if matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}') {
                break;
            }
        }
    }

    /// The end of the value, or the place before a last line terminator.
    fn end(&mut self) {
        match self.mode {
            // A line terminator more or less makes no difference to whether there is a match.
            Mode::Find => self.out.push_str(LAST_LINE_END),
            Mode::Full => self.out.push_str(r"\z"),
            Mode::Replace => {
                self.out.push_str(&format!("(?={LAST_LINE_END})"));
                self.backtracks = true;
            }
        }
    }

    /// What may follow an atom: `*`, `+`, `?`, `{n,m}`, each with `?` or `+` behind it.
    fn quantifier(&mut self) -> Step {
        loop {
            match self.peek() {
                Some(c) if self.flags.comments && c.is_ascii_whitespace() => self.at += 1,
                Some('#') if self.flags.comments => self.comment(),
                _ => break,
            }
        }
        match self.peek() {
            Some(c @ ('*' | '+' | '?')) => {
                self.at += 1;
                self.out.push(c);
            }
            Some('{') => {
                self.at += 1;
                let start = self.at;
                let mut text = String::from("{");
                while let Some(c) = self.peek().filter(|c| c.is_ascii_digit() || *c == ',') {
                    text.push(c);
                    self.at += 1;
                }
                let shape = text.trim_start_matches('{');
                let commas = shape.matches(',').count();
                if self.next() != Some('}')
                    || !shape.starts_with(|c: char| c.is_ascii_digit())
                    || commas > 1
                {
                    self.at = start;
                    return self.fail("`{` begins no repetition (write `\\{`)");
                }
                text.push('}');
                self.out.push_str(&text);
            }
            _ => return Ok(()),
        }
        match self.peek() {
            Some('?') => {
                self.at += 1;
                self.out.push('?');
            }
            Some('+') => {
                self.at += 1;
                self.out.push('+');
                self.backtracks = true;
            }
            Some('*') => return self.fail("quantifier after a quantifier"),
            _ => {}
        }
        match self.peek() {
            Some('*' | '+' | '?' | '{') => self.fail("quantifier after a quantifier"),
            _ => Ok(()),
        }
    }

    fn group(&mut self) -> Step {
        if self.open.len() >= MAX_DEPTH {
            return self.fail("groups are nested too deeply");
        }
        if !self.eat("?") {
            self.open.push(self.flags);
            self.out.push('(');
            return Ok(());
        }
        for (form, hard) in
            [(":", false), ("=", true), ("!", true), ("<=", true), ("<!", true), (">", true)]
        {
            if self.eat(form) {
                self.backtracks |= hard;
                self.open.push(self.flags);
                self.out.push_str("(?");
                self.out.push_str(form);
                return Ok(());
            }
        }
        if self.eat("<") {
            let name = self.group_name()?;
            if self.groups.contains(&name) {
                return self.fail("group name used twice");
            }
            self.open.push(self.flags);
            self.out.push_str(&format!("(?<{name}>"));
            self.groups.push(name);
            return Ok(());
        }
        self.inline_flags()
    }

    fn group_name(&mut self) -> Step<String> {
        let mut name = String::new();
        while let Some(c) = self.next() {
            match c {
                '>' if !name.is_empty() => return Ok(name),
                c if c.is_ascii_alphabetic() || (c.is_ascii_digit() && !name.is_empty()) => {
                    name.push(c);
                }
                _ => break,
            }
        }
        self.fail("name of a group is not letters and digits in `<` and `>`")
    }

    /// `(?flags-flags)` and `(?flags-flags:`.
    fn inline_flags(&mut self) -> Step {
        let outside = self.flags;
        let mut on = true;
        let mut case: Option<bool> = None;
        loop {
            match self.next() {
                Some('i') => case = Some(on),
                Some('s') => self.flags.dot_all = on,
                Some('m') => self.flags.multi_line = on,
                Some('d') => self.flags.unix_lines = on,
                Some('x') => self.flags.comments = on,
                Some('U') => self.flags.unicode = on,
                // Case is ignored in all of Unicode anyway.
                Some('u') => {}
                Some('-') if on => on = false,
                Some(c @ (')' | ':')) => {
                    let flags = match case {
                        Some(true) => "i",
                        Some(false) => "-i",
                        None => "",
                    };
                    if c == ':' {
                        if self.open.len() >= MAX_DEPTH {
                            return self.fail("groups are nested too deeply");
                        }
                        self.open.push(outside);
                        self.out.push_str(&format!("(?{flags}:"));
                    } else if !flags.is_empty() {
                        self.out.push_str(&format!("(?{flags})"));
                    }
                    return Ok(());
                }
                _ => return self.fail("flag that Java does not know"),
            }
        }
    }

    fn escape(&mut self) -> Step {
        let Some(c) = self.peek() else { return self.fail("pattern ends in a single backslash") };
        match c {
            'Q' => {
                self.at += 1;
                return self.quoted();
            }
            'A' | 'z' | 'b' | 'B' => {
                self.at += 1;
                self.out.push('\\');
                self.out.push(c);
            }
            'Z' => {
                self.at += 1;
                self.end();
            }
            // Where the last match ended; the first search begins at the start.
            'G' => {
                self.at += 1;
                self.out.push_str(r"\A");
            }
            'R' => {
                self.at += 1;
                self.out.push_str(r"(?:\r\n|[\n\x0B\x0C\r\x{85}\x{2028}\x{2029}])");
            }
            'X' => {
                self.at += 1;
                return self.fail("`\\X` is not supported");
            }
            '1'..='9' => {
                self.at += 1;
                self.backtracks = true;
                self.out.push('\\');
                self.out.push(c);
                // A digit behind it is text: the engine must not take it for the group's number.
                if self.peek().is_some_and(|d| d.is_ascii_digit()) {
                    self.out.push_str("(?:)");
                }
            }
            'k' => {
                self.at += 1;
                if !self.eat("<") {
                    return self.fail("`\\k` without a group name");
                }
                let name = self.group_name()?;
                if !self.groups.contains(&name) {
                    return self.fail("group that does not exist");
                }
                self.backtracks = true;
                self.out.push_str(&format!("\\k<{name}>"));
            }
            _ => match self.escaped_set()? {
                Escaped::Set(set) => self.out.push_str(&format!("[{set}]")),
                Escaped::Char(c) => self.literal(c),
            },
        }
        Ok(())
    }

    /// `\Q…\E`; a quantifier behind it repeats the last character.
    fn quoted(&mut self) -> Step {
        while self.at < self.chars.len() && !self.eat("\\E") {
            if let Some(c) = self.next() {
                self.literal(c);
            }
        }
        Ok(())
    }

    /// What stands for a character or a set of them, inside classes and outside; the backslash has
    /// been read.
    fn escaped_set(&mut self) -> Step<Escaped> {
        let Some(c) = self.next() else { return self.fail("pattern ends in a single backslash") };
        let unicode = self.flags.unicode;
        let set = |s: &str| Ok(Escaped::Set(s.to_owned()));
        Ok(Escaped::Char(match c {
            'd' => return set(if unicode { r"\d" } else { "0-9" }),
            'D' => return set(if unicode { r"\D" } else { "^0-9" }),
            'w' => return set(if unicode { r"\w" } else { "a-zA-Z_0-9" }),
            'W' => return set(if unicode { r"\W" } else { "^a-zA-Z_0-9" }),
            's' => return set(if unicode { r"\s" } else { r"\t\n\x0B\x0C\r\x20" }),
            'S' => return set(if unicode { r"\S" } else { r"^\t\n\x0B\x0C\r\x20" }),
            'h' => return set(HORIZONTAL),
            'H' => return set(&format!("^{HORIZONTAL}")),
            'v' => return set(VERTICAL),
            'V' => return set(&format!("^{VERTICAL}")),
            'p' | 'P' => return self.property(c == 'P').map(Escaped::Set),
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'f' => '\u{c}',
            'a' => '\u{7}',
            'e' => '\u{1b}',
            'c' => match self.next() {
                Some(c) if c.is_ascii() => char::from((c as u8) ^ 0x40),
                _ => return self.fail("`\\c` without a control character"),
            },
            '0' => self.octal()?,
            'x' => {
                let braces = self.eat("{");
                let code = if braces { self.hex(1, 6)? } else { self.hex(2, 2)? };
                if braces && !self.eat("}") {
                    return self.fail("`\\x{` is not closed");
                }
                self.character(code)?
            }
            'u' => {
                let code = self.hex(4, 4)?;
                if (0xD800..0xDC00).contains(&code) && self.eat("\\u") {
                    let low = self.hex(4, 4)?;
                    if !(0xDC00..0xE000).contains(&low) {
                        return self.fail("surrogate without its other half");
                    }
                    self.character(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00))?
                } else {
                    self.character(code)?
                }
            }
            c if c.is_ascii_alphanumeric() => {
                return self.fail(&format!("escape `\\{c}` that Java does not know"));
            }
            c => c,
        }))
    }

    fn character(&self, code: u32) -> Step<char> {
        match char::from_u32(code) {
            Some(c) => Ok(c),
            None => self.fail("number that is no character"),
        }
    }

    fn hex(&mut self, least: usize, most: usize) -> Step<u32> {
        let (mut value, mut count) = (0, 0);
        while count < most
            && let Some(digit) = self.peek().and_then(|c| c.to_digit(16))
        {
            value = value * 16 + digit;
            count += 1;
            self.at += 1;
        }
        if count < least { self.fail("too few hexadecimal digits") } else { Ok(value) }
    }

    /// `\0n`, `\0nn`, `\0mnn` with m up to 3.
    fn octal(&mut self) -> Step<char> {
        let (mut value, mut count) = (0, 0);
        while count < 3
            && let Some(digit) = self.peek().and_then(|c| c.to_digit(8))
            && value * 8 + digit <= 0o377
        {
            value = value * 8 + digit;
            count += 1;
            self.at += 1;
        }
        if count == 0 { self.fail("`\\0` without octal digits") } else { self.character(value) }
    }

    /// `\p{Name}`, `\pL`.
    fn property(&mut self, negated: bool) -> Step<String> {
        let name: String = if self.eat("{") {
            let mut name = String::new();
            loop {
                match self.next() {
                    Some('}') => break name,
                    Some(c) => name.push(c),
                    None => return self.fail("`\\p{` is not closed"),
                }
            }
        } else {
            self.next().into_iter().collect()
        };
        let caret = if negated { "^" } else { "" };
        if let Some((_, set)) = ASCII_PROPERTIES.iter().find(|(n, _)| *n == name) {
            return Ok(format!("{caret}{set}"));
        }
        let known = match name.as_str() {
            "javaLowerCase" | "IsLowercase" => "Lowercase",
            "javaUpperCase" | "IsUppercase" => "Uppercase",
            "javaWhitespace" | "IsWhite_Space" => "White_Space",
            "javaAlphabetic" | "IsAlphabetic" => "Alphabetic",
            "javaLetter" => "L",
            "javaDigit" | "IsDigit" => "Nd",
            "javaLetterOrDigit" => {
                return Ok(if negated { r"^\p{L}\p{Nd}".into() } else { r"\p{L}\p{Nd}".into() });
            }
            "IsPunctuation" => "P",
            "IsControl" => "Cc",
            "IsLetter" => "L",
            "L1" => return Ok(format!("{caret}\\x00-\\xFF")),
            "all" => return Ok(format!("{caret}\\x00-\\x{{10FFFF}}")),
            other => other
                .strip_prefix("Is")
                .or_else(|| other.split_once('=').map(|(_, value)| value))
                .unwrap_or(other),
        };
        if known.is_empty() || !known.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return self.fail("name of a property that cannot be read");
        }
        Ok(format!("\\{}{{{known}}}", if negated { 'P' } else { 'p' }))
    }

    /// A class; its `[` has been read.
    fn class(&mut self, depth: usize) -> Step {
        if depth >= MAX_DEPTH {
            return self.fail("classes are nested too deeply");
        }
        self.out.push('[');
        if self.eat("^") {
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let Some(c) = self.next() else {
                return Err(RegexError::new(format!(
                    "`[` is not closed in `{}`",
                    self.pattern.chars().take(40).collect::<String>()
                )));
            };
            match c {
                ']' if !first => break,
                '[' => self.class(depth + 1)?,
                '&' if self.peek() == Some('&') => {
                    while self.eat("&") {}
                    self.out.push_str("&&");
                }
                c if self.flags.comments && c.is_ascii_whitespace() => continue,
                '#' if self.flags.comments => {
                    self.comment();
                    continue;
                }
                '\\' if self.eat("Q") => {
                    while self.at < self.chars.len() && !self.eat("\\E") {
                        if let Some(c) = self.next() {
                            push_literal(&mut self.out, c);
                        }
                    }
                }
                '\\' => match self.escaped_set()? {
                    Escaped::Set(set) => self.out.push_str(&format!("[{set}]")),
                    Escaped::Char(c) => self.range(c)?,
                },
                c => self.range(c)?,
            }
            first = false;
        }
        self.out.push(']');
        Ok(())
    }

    /// A character of a class, or the range that begins with it.
    fn range(&mut self, start: char) -> Step {
        push_literal(&mut self.out, start);
        if self.peek() != Some('-') {
            return Ok(());
        }
        let end = match self.chars.get(self.at + 1) {
            // `[a-]`, `[a-[b]]`, `[a-&&b]`: the dash is itself.
            None | Some(']' | '[') => return Ok(()),
            Some('&') if self.chars.get(self.at + 2) == Some(&'&') => return Ok(()),
            Some('\\') => {
                let before = self.at;
                self.at += 2;
                match self.escaped_set()? {
                    Escaped::Char(c) => c,
                    Escaped::Set(_) => {
                        self.at = before;
                        return Ok(());
                    }
                }
            }
            Some(&c) => {
                self.at += 2;
                c
            }
        };
        if end < start {
            return self.fail("range in a class that ends before it starts");
        }
        self.out.push('-');
        push_literal(&mut self.out, end);
        Ok(())
    }
}

enum Escaped {
    /// The inside of a class.
    Set(String),
    Char(char),
}

const HORIZONTAL: &str = r"\x20\t\xA0\x{1680}\x{180E}\x{2000}-\x{200A}\x{202F}\x{205F}\x{3000}";
const VERTICAL: &str = r"\n\x0B\x0C\r\x{85}\x{2028}\x{2029}";

/// The POSIX classes of Java; ASCII only.
const ASCII_PROPERTIES: &[(&str, &str)] = &[
    ("Lower", "a-z"),
    ("Upper", "A-Z"),
    ("ASCII", r"\x00-\x7F"),
    ("Alpha", "a-zA-Z"),
    ("Digit", "0-9"),
    ("Alnum", "a-zA-Z0-9"),
    ("Punct", r"!-/:-@\[-`\{-\~"),
    ("Graph", r"!-\~"),
    ("Print", r"\x20-\~"),
    ("Blank", r"\x20\t"),
    ("Cntrl", r"\x00-\x1F\x7F"),
    ("XDigit", "0-9a-fA-F"),
    ("Space", r"\t\n\x0B\x0C\r\x20"),
];

/// A character as itself. White space is written as a number, so that no engine can read it as
/// part of a pattern in comments mode.
fn push_literal(out: &mut String, c: char) {
    if c.is_ascii_whitespace() || c.is_ascii_control() {
        out.push_str(&format!("\\x{:02X}", c as u32));
    } else if c.is_ascii_punctuation() && c != '_' && c != '<' && c != '>' {
        out.push('\\');
        out.push(c);
    } else {
        out.push(c);
    }
}
