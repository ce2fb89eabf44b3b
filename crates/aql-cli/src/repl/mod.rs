//! `aql repl`: a shell over evidence.
//!
//! [`input`] cuts what is typed or piped into statements and commands, [`session`] carries them
//! out, [`commands`] is the list of commands, [`editor`] is the line editor of a terminal.

mod commands;
mod editor;
mod input;
mod schema;
mod session;
mod why;

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::PathBuf;

use anyhow::{Context as _, anyhow, bail};

use crate::args::ReplArgs;
use crate::evidence::is_stdin;
use crate::repl::editor::{Editor, Read};
use crate::repl::input::{Input, Splitter};
use crate::repl::session::Session;
use crate::{Outcome, messages};

/// Before a line that begins something, and before one that goes on.
const PROMPTS: [&str; 2] = ["aql> ", "...> "];

/// What comes after an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    /// The next.
    Next,
    /// The end of the session.
    Quit,
}

pub(crate) fn run(args: &ReplArgs) -> anyhow::Result<Outcome> {
    if args.paths.iter().any(|path| is_stdin(path)) {
        bail!(
            "`-` is no evidence here: standard input is where statements are read from; \
             write the evidence to a file"
        );
    }
    let Some(mut session) = Session::new(args)? else { return Ok(Outcome::Failed) };
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        interactive(&mut session, history(args))?;
        return Ok(Outcome::Done);
    }
    piped(&mut session, args.echo)?;
    Ok(if session.has_failed() { Outcome::Failed } else { Outcome::Done })
}

/// Reads from a terminal until there is no more.
fn interactive(session: &mut Session, history: Option<PathBuf>) -> anyhow::Result<()> {
    session.end_queries_with_ctrl_c()?;
    messages::line(&format!(
        "aql {}: {}. End a query with `;` or an empty line; `.help` lists the commands.",
        env!("CARGO_PKG_VERSION"),
        session.evidence_line()
    ));
    let mut editor = Editor::new(history)?;
    loop {
        let text = match editor.read(session)? {
            Read::Text(text) => text,
            Read::Interrupted => continue,
            Read::End => return Ok(()),
        };
        let mut splitter = Splitter::new("query", true);
        let mut inputs: Vec<Input> = text.lines().flat_map(|line| splitter.line(line)).collect();
        inputs.extend(splitter.finish());
        for input in inputs {
            if session.carry_out(&input)? == Flow::Quit {
                return Ok(());
            }
        }
    }
}

/// Reads statements from a pipe or file until it ends.
fn piped(session: &mut Session, echo: bool) -> anyhow::Result<()> {
    let mut splitter = Splitter::new("stdin", true);
    let mut bytes = Vec::new();
    let mut stdin = io::stdin().lock();
    for number in 1.. {
        bytes.clear();
        if stdin.read_until(b'\n', &mut bytes).context("standard input cannot be read")? == 0 {
            break;
        }
        let line = std::str::from_utf8(&bytes)
            .map_err(|_| anyhow!("standard input: line {number} is not UTF-8"))?;
        let line = line.trim_end_matches(['\n', '\r']);
        if echo {
            let prompt = if splitter.is_pending() { PROMPTS[1] } else { PROMPTS[0] };
            writeln!(io::stdout(), "{}", format!("{prompt}{line}").trim_end())?;
        }
        for input in splitter.line(line) {
            if session.carry_out(&input)? == Flow::Quit {
                return Ok(());
            }
        }
    }
    if let Some(input) = splitter.finish() {
        session.carry_out(&input)?;
    }
    Ok(())
}

/// Where the history is kept: what the flag says, or a file in the user's folder for data.
fn history(args: &ReplArgs) -> Option<PathBuf> {
    if args.no_history {
        return None;
    }
    match &args.history {
        Some(file) if file.as_os_str().is_empty() => None,
        Some(file) => Some(file.clone()),
        None => Some(data_folder()?.join("aquiline").join("history")),
    }
}

/// The user's folder for data of programs, as the system has it.
fn data_folder() -> Option<PathBuf> {
    let of = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    if cfg!(windows) {
        of("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        Some(of("HOME")?.join("Library/Application Support"))
    } else {
        of("XDG_DATA_HOME").or_else(|| Some(of("HOME")?.join(".local/share")))
    }
}
