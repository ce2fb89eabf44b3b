//! Talk: everything that goes to standard error.
#![expect(clippy::print_stderr, reason = "this is where the command talks")]

use std::io::IsTerminal;

use aql_diag::{Diagnostic, Severity, SourceText, render};

/// Is colour wanted at all? `NO_COLOR` (no-color.org) turns it off.
pub(crate) fn colour_wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
}

/// Colour on standard error?
fn colour() -> bool {
    std::io::stderr().is_terminal() && colour_wanted()
}

/// One diagnostic, with the text it is about.
pub(crate) fn diagnostic(diagnostic: &Diagnostic, source: Option<&SourceText>) {
    eprintln!("{}\n", render::text(diagnostic, source, colour()));
}

/// The diagnostics of one text; `quiet` leaves only the errors.
pub(crate) fn diagnostics(list: &[Diagnostic], source: Option<&SourceText>, quiet: bool) {
    for d in list.iter().filter(|d| !quiet || d.severity == Severity::Error) {
        diagnostic(d, source);
    }
}

/// One line.
pub(crate) fn line(text: &str) {
    eprintln!("{text}");
}

/// Why the command could not run.
pub(crate) fn fatal(error: &anyhow::Error) {
    eprintln!("aql: {error:#}");
}
