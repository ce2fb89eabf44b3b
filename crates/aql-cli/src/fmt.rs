//! `aql fmt`.

use std::io::Write;

use aql_diag::Diagnostic;
use aql_syntax::{format_with_comments, parse};

use crate::args::FmtArgs;
use crate::{Outcome, messages, queries};

pub(crate) fn run(args: &FmtArgs) -> anyhow::Result<Outcome> {
    let mut out = std::io::stdout().lock();
    let (mut changed, mut failed) = (0, false);
    for file in queries::read(&args.paths)? {
        let text = &file.source.text;
        let parsed = parse(text);
        let query = parsed.query.as_ref().filter(|_| !parsed.has_errors());
        let Some(query) = query else {
            let errors: Vec<Diagnostic> =
                parsed.diagnostics.iter().filter(|d| d.is_error()).cloned().collect();
            messages::diagnostics(&errors, Some(&file.source), false);
            messages::line(&format!("{}: left as it is", file.source.name));
            failed = true;
            continue;
        };
        let mut formatted = format_with_comments(query, text, &parsed.comments);
        formatted.push('\n');
        let differs = formatted != *text;
        changed += usize::from(differs);
        if args.diff {
            if differs {
                write!(out, "{}", queries::diff(&file.source.name, text, &formatted))?;
            }
        } else if args.check {
            if differs {
                writeln!(out, "{}", file.source.name)?;
            }
        } else {
            match &file.path {
                Some(path) if differs => queries::rewrite(path, &formatted)?,
                Some(_) => {}
                None => write!(out, "{formatted}")?,
            }
        }
    }
    Ok(match (failed, changed > 0 && (args.check || args.diff)) {
        (true, _) => Outcome::Failed,
        (false, true) => Outcome::Found,
        (false, false) => Outcome::Done,
    })
}
