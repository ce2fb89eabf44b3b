//! The commands of the shell, one entry each.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::bail;
use aql_catalog::{Profile, similar_names};
use clap::ValueEnum;

use crate::args::{ExplainArgs, ProfileArg, QueryFormat};
use crate::repl::session::Session;
use crate::repl::{Flow, input, schema, why};
use crate::{explain, query};

/// What can stand behind a command, for completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    Nothing,
    Command,
    Code,
    Field,
    Path,
    /// One of these words, or a path.
    Words(&'static [&'static str]),
}

/// A command.
pub(super) struct Command {
    pub(super) name: &'static str,
    /// What it takes, as it is written.
    args: &'static str,
    doc: &'static str,
    pub(super) takes: Takes,
    run: fn(&mut Session, &str) -> anyhow::Result<Flow>,
}

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "help",
        args: "[COMMAND]",
        doc: "list the commands, or say what one does",
        takes: Takes::Command,
        run: help,
    },
    Command {
        name: "schema",
        args: "[FIELD]",
        doc: "what the evidence has; what a field, property or function means, and its values",
        takes: Takes::Field,
        run: |session, rest| {
            match rest {
                "" => schema::all(session)?,
                field => schema::one(session, field)?,
            }
            Ok(Flow::Next)
        },
    },
    Command {
        name: "why",
        args: "[N | FILE:RECORD]",
        doc: "why row N of the last result matched, or an event did not; without one, how many \
              events get past each condition",
        takes: Takes::Nothing,
        run: |session, rest| why::why(session, rest).map(|()| Flow::Next),
    },
    Command {
        name: "explain",
        args: "[CODE]",
        doc: "what a diagnostic means; without a code, list all",
        takes: Takes::Code,
        run: |_, rest| {
            let code = (!rest.is_empty()).then(|| rest.to_owned());
            explain::run(&ExplainArgs { code }).map(|_| Flow::Next)
        },
    },
    Command {
        name: "profile",
        args: "[ibm | raw | FILE]",
        doc: "whose property names queries use; a file is laid over what was read before",
        takes: Takes::Words(&["ibm", "raw"]),
        run: profile,
    },
    Command {
        name: "timezone",
        args: "[ZONE]",
        doc: "zone of times without one: `UTC`, `+02:00`, `Europe/Berlin`",
        takes: Takes::Words(&["UTC"]),
        run: |session, rest| {
            if rest.is_empty() {
                return say(&session.timezone);
            }
            query::timezone(rest)?;
            session.timezone = rest.to_owned();
            Ok(Flow::Next)
        },
    },
    Command {
        name: "now",
        args: "[TIME | wall | newest | all | auto]",
        doc: "the moment that LAST counts from; `all` reads everything, `auto` too if a window \
              holds no event",
        takes: Takes::Words(&["wall", "newest", "all", "auto"]),
        run: now,
    },
    Command {
        name: "format",
        args: "[table | json | jsonl | csv | auto]",
        doc: "layout of rows; `auto` is a table on a terminal, JSONL otherwise",
        takes: Takes::Words(&["table", "json", "jsonl", "csv", "auto"]),
        run: format,
    },
    Command {
        name: "open",
        args: "[PATH…]",
        doc: "open other evidence, or the same again if it has grown; without one, say what is open",
        takes: Takes::Path,
        run: |session, rest| {
            if rest.is_empty() {
                return say(&session.evidence_line());
            }
            session.open(input::words(rest).into_iter().map(PathBuf::from).collect())?;
            Ok(Flow::Next)
        },
    },
    Command {
        name: "read",
        args: "FILE",
        doc: "carry out the queries and commands of a file; there, only `;` ends a query",
        takes: Takes::Path,
        run: |session, rest| match input::words(rest).as_slice() {
            [file] if file != "-" => session.read(Path::new(file)),
            _ => bail!("`.read` takes the name of one file"),
        },
    },
    Command {
        name: "quit",
        args: "",
        doc: "end the session; so does Ctrl-D",
        takes: Takes::Nothing,
        run: |_, _| Ok(Flow::Quit),
    },
];

/// Carries out a command, given without its dot.
pub(super) fn run(session: &mut Session, text: &str) -> anyhow::Result<Flow> {
    let text = text.trim().trim_end_matches(';').trim_end();
    let (name, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (find(name)?.run)(session, rest.trim())
}

fn find(name: &str) -> anyhow::Result<&'static Command> {
    let name = name.trim_start_matches('.').to_lowercase();
    let name = if name == "exit" { "quit" } else { &name };
    if let Some(command) = COMMANDS.iter().find(|c| c.name == name) {
        return Ok(command);
    }
    match similar_names(name, COMMANDS.iter().map(|c| c.name)).first() {
        Some(known) => bail!("there is no command `.{name}`; is it `.{known}`?"),
        None => bail!("there is no command `.{name}`; `.help` lists them"),
    }
}

fn help(_: &mut Session, rest: &str) -> anyhow::Result<Flow> {
    let mut out = io::stdout().lock();
    let usage = |c: &Command| format!(".{} {}", c.name, c.args).trim_end().to_owned();
    if !rest.is_empty() {
        let command = find(rest)?;
        writeln!(out, "{}\n    {}", usage(command), command.doc)?;
        return Ok(Flow::Next);
    }
    for command in COMMANDS {
        writeln!(out, "{}\n    {}", usage(command), command.doc)?;
    }
    writeln!(out, "\nAnything else is a query; `;` or an empty line ends it.")?;
    Ok(Flow::Next)
}

fn profile(session: &mut Session, rest: &str) -> anyhow::Result<Flow> {
    if rest.is_empty() {
        return say(match session.bind_options()?.profile {
            Profile::Ibm => "ibm",
            Profile::Raw => "raw",
        });
    }
    if let Ok(profile) = ProfileArg::from_str(rest, true) {
        session.profile = Some(query::base_profile(profile));
        return Ok(Flow::Next);
    }
    let files: Vec<PathBuf> = input::words(rest).into_iter().map(PathBuf::from).collect();
    if let [file] = files.as_slice()
        && !file.exists()
    {
        bail!("`{rest}` is neither `ibm`, nor `raw`, nor a file");
    }
    match query::read_profiles(&files, session.evidence.read.quiet)? {
        Some(file) => session.profile_file = session.profile_file.clone().then(file),
        None => bail!("the profile file cannot be used"),
    }
    Ok(Flow::Next)
}

fn now(session: &mut Session, rest: &str) -> anyhow::Result<Flow> {
    match rest {
        "" => return say(session.now.as_deref().unwrap_or("auto")),
        "auto" => session.now = None,
        _ => {
            let before = session.now.replace(rest.to_owned());
            if let Err(error) = session.window() {
                session.now = before;
                return Err(error);
            }
        }
    }
    Ok(Flow::Next)
}

fn format(session: &mut Session, rest: &str) -> anyhow::Result<Flow> {
    let name = |format: QueryFormat| {
        format.to_possible_value().map(|v| v.get_name().to_owned()).unwrap_or_default()
    };
    match rest {
        "" => return say(&session.format.map_or_else(|| "auto".to_owned(), name)),
        "auto" => session.format = None,
        _ => match QueryFormat::from_str(rest, true) {
            Ok(format) => session.format = Some(format),
            Err(_) => bail!("there is no layout `{rest}`; write table, json, jsonl, csv or auto"),
        },
    }
    Ok(Flow::Next)
}

fn say(text: &str) -> anyhow::Result<Flow> {
    writeln!(io::stdout(), "{text}")?;
    Ok(Flow::Next)
}
