//! The line editor of a terminal: history, completion, colours, statements of several lines.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use aql_diag::codes::REGISTRY;
use aql_lsp::{Completion, CompletionKind, Highlight, Settings, completions, highlight};
use rustyline::completion::{Completer, FilenameCompleter, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::DefaultHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Helper};

use crate::messages;
use crate::output::one_line;
use crate::repl::commands::{COMMANDS, Takes};
use crate::repl::input::is_whole;
use crate::repl::session::Session;
use crate::repl::{self};

/// Statements of earlier sessions that are kept.
const MAX_HISTORY: usize = 1000;
/// Completions that are shown at once without asking.
const MAX_SHOWN: usize = 60;

/// What was read.
pub(super) enum Read {
    /// A whole text, of one or more lines.
    Text(String),
    /// Ctrl-C: what was written is dropped.
    Interrupted,
    /// Ctrl-D.
    End,
}

/// Reads from a terminal.
pub(super) struct Editor {
    lines: rustyline::Editor<Shell, DefaultHistory>,
    history: Option<PathBuf>,
}

impl Editor {
    /// An editor that keeps what was read in this file.
    pub(super) fn new(history: Option<PathBuf>) -> anyhow::Result<Editor> {
        let config = Config::builder()
            .max_history_size(MAX_HISTORY)
            .and_then(|config| config.history_ignore_dups(true))
            .context("the history cannot be set up")?
            .history_ignore_space(true)
            .completion_type(CompletionType::List)
            .completion_prompt_limit(MAX_SHOWN)
            .build();
        let mut lines = rustyline::Editor::with_config(config)
            .context("the terminal cannot be used for editing")?;
        if let Some(file) = history.as_deref().filter(|file| file.exists())
            && let Err(error) = lines.load_history(file)
        {
            messages::line(&unusable(file, &error));
        }
        Ok(Editor { lines, history })
    }

    /// Reads until a statement or command is whole.
    pub(super) fn read(&mut self, session: &Session) -> anyhow::Result<Read> {
        self.lines.set_helper(Some(Shell {
            settings: session.settings(),
            files: FilenameCompleter::new(),
            colour: messages::colour_wanted(),
        }));
        let text = match self.lines.readline(repl::PROMPTS[0]) {
            Ok(text) => text,
            Err(ReadlineError::Interrupted) => return Ok(Read::Interrupted),
            Err(ReadlineError::Eof) => return Ok(Read::End),
            Err(error) => return Err(error).context("the terminal cannot be read"),
        };
        if !text.trim().is_empty() {
            self.keep(text.trim_end());
        }
        Ok(Read::Text(text))
    }

    /// Adds to the history. A file that cannot be written is said once.
    fn keep(&mut self, text: &str) {
        let added = self.lines.add_history_entry(text).unwrap_or(false);
        let Some(file) = self.history.as_deref().filter(|_| added) else { return };
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        let written = folder
            .map_or(Ok(()), std::fs::create_dir_all)
            .map_err(ReadlineError::from)
            .and_then(|()| self.lines.append_history(file));
        if let Err(error) = written {
            messages::line(&unusable(file, &error));
            self.history = None;
        }
    }
}

fn unusable(file: &Path, error: &ReadlineError) -> String {
    format!("{}: no history is kept: {error}", file.display())
}

/// What the editor asks while somebody types.
struct Shell {
    settings: Settings,
    files: FilenameCompleter,
    colour: bool,
}

impl Helper for Shell {}

impl Hinter for Shell {
    type Hint = String;
}

impl Validator for Shell {
    fn validate(&self, text: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let whole = is_whole(text.input());
        Ok(if whole { ValidationResult::Valid(None) } else { ValidationResult::Incomplete })
    }
}

impl Completer for Shell {
    type Candidate = Pair;

    fn complete(
        &self,
        text: &str,
        at: usize,
        _: &rustyline::Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        if !text.trim_start().starts_with('.') {
            return Ok(of_query(text, at, &self.settings));
        }
        let written = text.get(..at).unwrap_or_default();
        let start = written.rfind(char::is_whitespace).map_or(0, |blank| blank + 1);
        let word = written.get(start..).unwrap_or_default();
        let (name, is_name) = match written.trim_start().split_once(char::is_whitespace) {
            Some((name, _)) => (name.trim_start_matches('.'), false),
            None => ("", true),
        };
        let takes = COMMANDS.iter().find(|c| c.name == name).map_or(Takes::Nothing, |c| c.takes);
        let fitting = |all: &mut dyn Iterator<Item = String>| {
            let fits = |candidate: &String| {
                candidate.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word))
            };
            let pair = |word: String| Pair { display: word.clone(), replacement: word };
            all.filter(fits).map(pair).collect::<Vec<_>>()
        };
        let names = || COMMANDS.iter().map(|c| c.name.to_owned());
        Ok(match takes {
            _ if is_name => (start, fitting(&mut names().map(|name| format!(".{name}")))),
            Takes::Nothing => (start, Vec::new()),
            Takes::Command => (start, fitting(&mut names())),
            Takes::Code => (start, fitting(&mut REGISTRY.iter().map(|c| c.code.to_string()))),
            Takes::Field => {
                // As if it stood in a query.
                const BEFORE: &str = "SELECT ";
                let text = format!("{BEFORE}{word}");
                let (from, mut found) = of_query(&text, text.len(), &self.settings);
                found.retain(|pair| !pair.replacement.ends_with(['(', ')']));
                (start + from.saturating_sub(BEFORE.len()), found)
            }
            Takes::Path => self.files.complete_path(text, at)?,
            Takes::Words(words) => {
                let found = fitting(&mut words.iter().map(|word| (*word).to_owned()));
                if found.is_empty() { self.files.complete_path(text, at)? } else { (start, found) }
            }
        })
    }
}

/// What can stand at a place of a query, and begins with what is written there; if nothing does,
/// what has it anywhere.
fn of_query(text: &str, at: usize, settings: &Settings) -> (usize, Vec<Pair>) {
    let all = completions(text, at, settings);
    let Some(start) = all.first().map(|c| c.replace.start as usize) else {
        return (at, Vec::new());
    };
    let written = text.get(start..at).unwrap_or_default();
    let written = written.trim_matches('"').to_lowercase();
    let key = |c: &Completion| c.filter.as_deref().unwrap_or(&c.text).to_lowercase();
    let begins = |c: &&Completion| key(c).starts_with(&written);
    let mut found: Vec<&Completion> = all.iter().filter(begins).collect();
    if found.is_empty() {
        found = all.iter().filter(|c| key(c).contains(&written)).collect();
    }
    let pair = |c: &Completion| {
        let display = match c.kind {
            CompletionKind::Id => format!("{} {}", c.text, c.label),
            _ => c.label.clone(),
        };
        Pair { display: one_line(&display), replacement: c.text.clone() }
    };
    (start, found.into_iter().map(pair).collect())
}

impl Highlighter for Shell {
    fn highlight<'l>(&self, text: &'l str, _: usize) -> Cow<'l, str> {
        if !self.colour || text.trim_start().starts_with('.') {
            return Cow::Borrowed(text);
        }
        let mut painted = String::with_capacity(text.len() * 2);
        let mut done = 0;
        for (span, what) in highlight(text) {
            let Some(code) = colour(what) else { continue };
            let (start, end) = (span.start as usize, span.end as usize);
            painted.push_str(text.get(done..start).unwrap_or_default());
            painted.push_str(&format!("\x1b[{code}m{}\x1b[0m", span.slice(text)));
            done = end;
        }
        painted.push_str(text.get(done..).unwrap_or_default());
        Cow::Owned(painted)
    }

    fn highlight_char(&self, _: &str, _: usize, kind: CmdKind) -> bool {
        // Any letter can begin a text or end a name.
        self.colour && kind != CmdKind::MoveCursor
    }
}

fn colour(what: Highlight) -> Option<&'static str> {
    match what {
        Highlight::Keyword => Some("1;34"),
        Highlight::Function => Some("36"),
        Highlight::Alias => Some("33"),
        Highlight::Text => Some("32"),
        Highlight::Number => Some("35"),
        Highlight::Comment => Some("2"),
        Highlight::Property | Highlight::Database | Highlight::Operator => None,
    }
}

#[cfg(test)]
mod tests {
    use aql_lsp::Settings;
    use rustyline::completion::{Completer, FilenameCompleter};
    use rustyline::highlight::Highlighter;
    use rustyline::history::DefaultHistory;

    use super::Shell;

    fn shell(colour: bool) -> Shell {
        Shell { settings: Settings::default(), files: FilenameCompleter::new(), colour }
    }

    /// The text with the first completion in its place, and the number of completions.
    fn completed(text: &str) -> (String, usize) {
        let history = DefaultHistory::new();
        let cx = rustyline::Context::new(&history);
        let (start, found) = shell(false).complete(text, text.len(), &cx).expect("completions");
        let first = found.first().map_or("", |pair| &pair.replacement);
        (format!("{}{first}", &text[..start]), found.len())
    }

    #[test]
    fn completions() {
        for (text, expected) in [
            (".sch", ".schema"),
            (".explain aql00", ".explain AQL001"),
            (".format t", ".format table"),
            (".profile ", ".profile ibm"),
            (".schema usern", ".schema username"),
            (".schema Machine", ".schema \"Machine Identifier\""),
            ("SELECT usern", "SELECT username"),
            ("SELECT a, \"Machine I", "SELECT a, \"Machine Identifier"),
            ("SELECT dateform", "SELECT DATEFORMAT("),
            ("SELECT a FROM ev", "SELECT a FROM events"),
            ("SELECT a FROM events LAST 5 da", "SELECT a FROM events LAST 5 DAYS"),
            (
                "SELECT a FROM events WHERE LOGSOURCETYPENAME(devicetype) = 'Microsoft Windows Sec",
                "SELECT a FROM events WHERE LOGSOURCETYPENAME(devicetype) = \
                 'Microsoft Windows Security Event Log",
            ),
        ] {
            assert_eq!(completed(text).0, expected);
        }
        // A number by the name that it stands for.
        let number = "SELECT a FROM events WHERE devicetype = windows";
        assert_eq!(completed(number), (number.replace("windows", "12"), 1));
        assert_eq!(completed(".quit x").1, 0);
    }

    #[test]
    fn colours_change_no_letter() {
        let text = "SELECT a, 'é' FROM events -- why";
        let painted = shell(true).highlight(text, 0).into_owned();
        assert!(
            painted.starts_with("\x1b[1;34mSELECT\x1b[0m a, \x1b[32m'é'\x1b[0m "),
            "{painted:?}"
        );
        let mut plain = painted;
        for code in ["1;34", "32", "2", "0"] {
            plain = plain.replace(&format!("\x1b[{code}m"), "");
        }
        assert_eq!(plain, text);
        assert_eq!(shell(false).highlight(text, 0), text);
    }
}
