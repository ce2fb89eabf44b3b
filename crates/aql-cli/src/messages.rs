//! Talk: everything that goes to standard error.
use std::io::{self, IsTerminal, Write};

use aql_diag::{Diagnostic, Severity, SourceText, render};

use crate::output::{one_line, printable};

/// Is colour wanted at all? `NO_COLOR` (no-color.org) turns it off.
pub(crate) fn colour_wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
}

/// Colour on standard error?
fn colour() -> bool {
    io::stderr().is_terminal() && colour_wanted()
}

/// Writes to standard error. That nobody listens any more is no reason to stop, nor one to tell.
fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// One diagnostic, with the text it is about.
pub(crate) fn diagnostic(diagnostic: &Diagnostic, source: Option<&SourceText>) {
    say(&format!("{}\n", text(diagnostic, source, colour())));
}

/// The text of a diagnostic, for a terminal.
pub(crate) fn text(diagnostic: &Diagnostic, source: Option<&SourceText>, colour: bool) -> String {
    render::text(&safe(diagnostic), source, colour)
}

/// The same diagnostic without what could drive the terminal: names of files and bits of evidence
/// stand in messages.
fn safe(diagnostic: &Diagnostic) -> Diagnostic {
    let mut safe = diagnostic.clone();
    safe.message = printable(&safe.message);
    for text in safe.notes.iter_mut().chain(&mut safe.help) {
        *text = printable(text);
    }
    if let Some(place) = &mut safe.input {
        place.file = printable(&place.file);
    }
    safe
}

/// The diagnostics of one text; `quiet` leaves only the errors.
pub(crate) fn diagnostics(list: &[Diagnostic], source: Option<&SourceText>, quiet: bool) {
    for d in list.iter().filter(|d| !quiet || d.severity == Severity::Error) {
        diagnostic(d, source);
    }
}

/// One line.
pub(crate) fn line(text: &str) {
    say(&one_line(text));
}

/// Why the command could not run.
pub(crate) fn fatal(error: &anyhow::Error) {
    say(&format!("aql: {}", printable(&format!("{error:#}"))));
}
