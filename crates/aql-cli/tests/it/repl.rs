//! `aql repl`, fed from a pipe: sessions as data.
//!
//! A file `tests/data/repl/NAME.session` is what a session looks like: the command line, then lines
//! typed behind a prompt, and what comes of them on both outputs, and the exit code at the end.
//! `AQL_WRITE_SESSIONS=1` writes what really comes.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{Seek, Write as _};
use std::path::Path;
use std::process::Command;

use crate::support::{aql, root};

const PROMPTS: [&str; 2] = ["aql>", "...>"];

/// Runs the session of a file; gives what it should look like.
fn play(text: &str) -> String {
    let command = text.lines().next().expect("a command line");
    let args = command.strip_prefix("$ aql repl").expect("`$ aql repl …`");
    let mut input = tempfile::tempfile().expect("a file");
    for line in text.lines() {
        if let Some(typed) = PROMPTS.iter().find_map(|prompt| line.strip_prefix(prompt)) {
            writeln!(input, "{}", typed.strip_prefix(' ').unwrap_or(typed)).expect("written");
        }
    }
    input.rewind().expect("rewound");
    let output = tempfile::NamedTempFile::new().expect("a file");
    let both = || File::options().append(true).open(output.path()).expect("opened");
    let status = Command::new(env!("CARGO_BIN_EXE_aql"))
        .args(["repl", "--echo"])
        .args(args.split_whitespace())
        .current_dir(root())
        .env_remove("AQL_CONTEXT")
        .env_remove("AQL_PROFILE")
        .env_remove("AQL_TIMEZONE")
        .env_remove("AQL_THREADS")
        .stdin(input)
        .stdout(both())
        .stderr(both())
        .status()
        .expect("aql starts");
    let mut played = format!("{command}\n");
    for line in fs::read_to_string(output.path()).expect("UTF-8").lines() {
        writeln!(played, "{}", timeless(line).trim_end()).expect("written");
    }
    writeln!(played, "exit {}", status.code().unwrap_or(-1)).expect("written");
    played
}

/// The line about reading without how long it took.
fn timeless(line: &str) -> String {
    let measured = line.strip_suffix(" MB/s").and_then(|line| line.rsplit_once(", "));
    let measured = measured.and_then(|(line, _)| line.rsplit_once(", "));
    measured.map_or_else(|| line.to_owned(), |(line, _)| format!("{line}, … s"))
}

#[test]
fn sessions() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/repl");
    let mut files: Vec<_> = fs::read_dir(&folder)
        .expect("sessions")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "session"))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    let mut wrong = Vec::new();
    for file in files {
        let expected = fs::read_to_string(&file).expect("a session");
        let played = play(&expected);
        if std::env::var_os("AQL_WRITE_SESSIONS").is_some() {
            fs::write(&file, played).expect("written");
        } else if played != expected {
            wrong.push(format!("--- {}\n{played}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "not as recorded:\n{}", wrong.join("\n"));
}

#[test]
fn a_pipe_gets_data_alone_on_standard_output() {
    let mut input = tempfile::tempfile().expect("a file");
    writeln!(input, "SELECT COUNT(*) AS n FROM events;").expect("written");
    input.rewind().expect("rewound");
    let run = crate::support::aql_with(&["repl", "examples/evidence/test1-copy-stores"], input);
    assert_eq!((run.code, run.out.as_str()), (0, "{\"n\":21.0}\n"), "{}", run.err);
    assert!(!run.err.contains('\x1b'), "{}", run.err);
}

#[test]
fn the_schema_is_that_of_the_evidence() {
    let mut input = tempfile::tempfile().expect("a file");
    writeln!(input, ".schema\n.profile raw\n.schema").expect("written");
    input.rewind().expect("rewound");
    let run = crate::support::aql_with(&["repl", "examples/evidence/test1-copy-stores"], input);
    assert_eq!(run.code, 0, "{}", run.err);
    let (ibm, raw) = run.out.split_once(" field of the log ").expect("two lists");
    assert!(ibm.contains(" username ") && ibm.contains("\"File Path\""), "{ibm}");
    assert!(!ibm.contains("\"TargetFilename\"") && raw.contains("\"TargetFilename\""), "{raw}");
}

#[test]
fn standard_input_is_no_evidence() {
    let run = aql(&["repl", "-"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("standard input is where statements are read from"), "{}", run.err);
}
