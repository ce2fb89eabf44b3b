//! From lines to statements and commands.

use aql_diag::SourceText;
use aql_syntax::lexemes::{LexemeKind, lexemes};

/// Something that can be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// A line that begins with a dot, without the dot.
    Command(String),
    /// A query without its semicolon. What stood before it is blank, so that places in messages are
    /// those of the whole input.
    Statement(SourceText),
}

/// Collects lines until a statement is whole.
#[derive(Debug)]
pub(crate) struct Splitter {
    /// What the input is called in messages.
    name: String,
    /// Does an empty line end a statement? In a file it does not: it may stand inside a query.
    blank_ends: bool,
    pending: String,
    /// Lines before the first of `pending`, and characters before it on its line.
    before: (usize, usize),
    /// Lines that were seen.
    lines: usize,
}

impl Splitter {
    pub(crate) fn new(name: impl Into<String>, blank_ends: bool) -> Self {
        let pending = String::new();
        Splitter { name: name.into(), blank_ends, pending, before: (0, 0), lines: 0 }
    }

    /// Is a statement begun and not ended?
    pub(crate) fn is_pending(&self) -> bool {
        !self.pending.trim().is_empty()
    }

    /// Takes a line, without its end; gives what is whole now.
    pub(crate) fn line(&mut self, line: &str) -> Vec<Input> {
        let line = line.trim_end_matches('\r');
        self.lines += 1;
        // Comments before a command belong to it.
        if let Some(command) = line.trim_start().strip_prefix('.')
            && is_comment(&self.pending)
        {
            self.pending.clear();
            return vec![Input::Command(command.trim().to_owned())];
        }
        if !self.is_pending() {
            self.pending.clear();
            self.before = (self.lines - 1, 0);
        }
        if line.trim().is_empty() && self.blank_ends {
            return self.finish().into_iter().collect();
        }
        self.pending.push_str(line);
        self.pending.push('\n');
        let mut whole = Vec::new();
        while line.contains(';') {
            let semicolon = lexemes(&self.pending)
                .into_iter()
                .find(|l| l.kind == LexemeKind::Punctuation && l.span.slice(&self.pending) == ";");
            let Some(semicolon) = semicolon else { break };
            let rest = self.pending.split_off(semicolon.span.end as usize);
            self.pending.truncate(semicolon.span.start as usize);
            let (lines, columns) = after(self.before, &self.pending);
            whole.extend(self.finish());
            self.before = (lines, columns + 1);
            self.pending = rest;
        }
        whole
    }

    /// What is pending, as if it had been ended.
    pub(crate) fn finish(&mut self) -> Option<Input> {
        let text = std::mem::take(&mut self.pending);
        if is_comment(&text) {
            return None;
        }
        let (lines, columns) = self.before;
        let blank = format!("{}{}", "\n".repeat(lines), " ".repeat(columns));
        Some(Input::Statement(SourceText::new(self.name.clone(), blank + text.trim_end())))
    }
}

/// Is there nothing but comments, all of them ended, and blanks?
fn is_comment(text: &str) -> bool {
    let ended = |comment: &str| !comment.starts_with("/*") || comment.ends_with("*/");
    lexemes(text).iter().all(|l| l.kind == LexemeKind::Comment && ended(l.span.slice(text)))
}

/// The place behind a text that begins at a place.
fn after((lines, columns): (usize, usize), text: &str) -> (usize, usize) {
    match text.rsplit_once('\n') {
        Some((_, last)) => (lines + text.matches('\n').count(), last.chars().count()),
        None => (lines, columns + text.chars().count()),
    }
}

/// Is the text that is being edited whole: a command, ended by a semicolon or by an empty line?
pub(crate) fn is_whole(text: &str) -> bool {
    let begun = text.trim_start();
    if begun.is_empty() || begun.starts_with('.') {
        return true;
    }
    if text.rsplit('\n').next().is_some_and(|last| last.trim().is_empty()) {
        return true;
    }
    let last = lexemes(text).into_iter().rfind(|l| l.kind != LexemeKind::Comment);
    last.is_some_and(|l| l.kind == LexemeKind::Punctuation && l.span.slice(text) == ";")
}

/// The words of the rest of a command; quotes keep blanks.
pub(crate) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in text.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if matches!(c, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::{Input, Splitter, is_whole, words};

    fn split(text: &str, blank_ends: bool) -> Vec<String> {
        let mut splitter = Splitter::new("test", blank_ends);
        let mut all: Vec<Input> = text.lines().flat_map(|line| splitter.line(line)).collect();
        all.extend(splitter.finish());
        all.into_iter()
            .map(|input| match input {
                Input::Command(text) => format!(".{text}"),
                Input::Statement(source) => source.text,
            })
            .collect()
    }

    #[test]
    fn statements_end_with_a_semicolon_or_an_empty_line() {
        assert_eq!(
            split("a\nb;\n\n.help x\nc\n\nd", true),
            ["a\nb", ".help x", "\n\n\n\nc", "\n\n\n\n\n\nd"]
        );
        assert_eq!(split("a; b;c", true), ["a", "   b", "     c"]);
    }

    #[test]
    fn signs_in_texts_and_comments_end_nothing() {
        assert_eq!(split("x = ';'; -- a;b\n", true), ["x = ';'"]);
        assert_eq!(split("x /* ;\n; */ y;", true), ["x /* ;\n; */ y"]);
    }

    #[test]
    fn in_files_empty_lines_belong_to_the_query() {
        assert_eq!(split("a\n\nb;\n\n.c", false), ["a\n\nb", ".c"]);
        assert_eq!(split("a\n.b", false), ["a\n.b"]);
        assert_eq!(split("-- why\n.b\na", false), [".b", "\n\na"]);
        assert_eq!(split("/* open\n.b\n*/ a", false), ["/* open\n.b\n*/ a"]);
    }

    #[test]
    fn what_is_being_edited() {
        for text in ["", "  ", ".help", "a;", "a; -- b", "a\n", "a\n  "] {
            assert!(is_whole(text), "{text:?}");
        }
        for text in ["a", "a\nb", "a ';", "a /* ;"] {
            assert!(!is_whole(text), "{text:?}");
        }
    }

    #[test]
    fn quotes_keep_blanks() {
        assert_eq!(words(r#" a "b c"  'd"' e"#), ["a", "b c", "d\"", "e"]);
        assert_eq!(words("\"\" open 'x y"), ["", "open", "x y"]);
    }
}
