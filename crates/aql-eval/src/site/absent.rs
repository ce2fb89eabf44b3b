//! What is said about a function that asks for data which is not there.

use aql_diag::{Diagnostic, codes};

/// A call asks for site data that no context folder gave.
pub(crate) fn absent(what: &str, file: &str, answer: &str) -> Diagnostic {
    Diagnostic::warning(codes::NO_SITE_DATA, format!("there is no {what}"))
        .note(format!("the answer is {answer} for every row"))
        .help(format!("put it into `{file}` of the folder that `--context` names"))
}

/// A call asks for a source of data that cannot be had here.
pub(crate) fn no_source(function: &str) -> Diagnostic {
    Diagnostic::warning(codes::NO_DATA_SOURCE, format!("{function}: no data source configured"))
        .note("X-Force is a licensed feed of the appliance; the answer is null for every row")
}

/// Adds what a program notes to what others did. Site data that is missing is missing wherever a
/// query asks for it: it is told once.
pub fn add_note(notes: &mut Vec<Diagnostic>, note: &Diagnostic) {
    let of_site = [codes::NO_SITE_DATA, codes::NO_DATA_SOURCE].contains(&note.code);
    let told = |known: &Diagnostic| known == note || of_site && known.message == note.message;
    if !notes.iter().any(told) {
        notes.push(note.clone());
    }
}
