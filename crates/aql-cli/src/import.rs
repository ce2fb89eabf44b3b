//! `aql import`.

use std::io::{self, IsTerminal, Read};
use std::time::Instant;

use anyhow::bail;
use aql_store::{ImportOptions, Imported, Store};

use crate::args::ImportArgs;
use crate::evidence::{self, ProgressGuard};
use crate::{Outcome, messages, query, summary};

pub(crate) fn run(args: &ImportArgs) -> anyhow::Result<Outcome> {
    let started = Instant::now();
    for path in &args.paths {
        if Store::is_store(path) {
            bail!("`{}` is a store: import the evidence that it was made of", path.display());
        }
    }
    let (streams, paths): (Vec<_>, Vec<_>) =
        args.paths.iter().cloned().partition(|path| evidence::is_stdin(path));
    let mut stdin = io::stdin();
    if !streams.is_empty() && stdin.is_terminal() {
        bail!("`-` reads standard input, which is a terminal: pipe evidence into it");
    }
    let opened = evidence::open_files(&paths, &args.read)?;
    let (incomplete, mappings) = (opened.incomplete, opened.mappings.clone());
    let progress = ProgressGuard::start(&opened, args.read.quiet);
    let options =
        ImportOptions { memory: args.memory, now: query::wall_clock(), ..ImportOptions::default() };
    let reader = (!streams.is_empty()).then_some(&mut stdin as &mut dyn Read);
    let outcome = aql_store::import_with(opened.evidence, reader, &args.store, &options);
    drop(progress);
    let imported = match outcome {
        Ok(imported) => imported,
        Err(problem) => {
            messages::diagnostics(&[*problem], None, args.read.quiet);
            return Ok(Outcome::Failed);
        }
    };
    summary::remarks(&imported.remarks, &args.read);
    summary::files(&imported.report, &args.read);
    messages::diagnostics(&mappings.unused(), None, args.read.quiet);
    if !args.read.quiet {
        messages::line(&summary::reading(&imported.report, started.elapsed()));
        messages::line(&line(&imported));
    }
    let incomplete = incomplete || summary::is_incomplete(&imported.report);
    let nothing = imported.events == 0 && imported.known == 0;
    Ok(if incomplete && (args.read.strict_input || nothing) {
        Outcome::Failed
    } else {
        Outcome::Done
    })
}

/// `12,300 events of 2 files added in 31 Parquet files (1.2 MB), 1 file was there already`
fn line(imported: &Imported) -> String {
    let count = |n: u64, what: &str| {
        format!("{} {what}{}", summary::thousands(n), if n == 1 { "" } else { "s" })
    };
    #[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
    let megabytes = imported.bytes as f64 / 1e6;
    let known = match imported.known {
        0 => String::new(),
        1 => ", 1 file was there already".to_owned(),
        n => format!(", {n} files were there already"),
    };
    format!(
        "{} of {} added in {} ({megabytes:.1} MB){known}",
        count(imported.events, "event"),
        count(imported.added as u64, "file"),
        count(imported.segments as u64, "Parquet file"),
    )
}
