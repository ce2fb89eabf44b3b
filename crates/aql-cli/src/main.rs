//! The `aql` command: flags, progress, tables, exit codes. Everything else is in the libraries.

mod args;
mod atomics;
mod baseline;
mod catalog;
mod check;
mod emulate;
mod evidence;
mod explain;
mod findings_table;
mod fmt;
mod hunt;
mod import;
mod inspect;
mod inspect_view;
mod junit;
mod lsp;
mod messages;
mod output;
mod pack;
mod pack_new;
mod prove;
mod queries;
mod query;
mod repl;
mod rows;
mod sigma;
mod site;
mod summary;
mod test;
mod translate;
mod tune;
mod tuning;
mod why;
mod why_view;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Cli, Command};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How a run ended; the numbers are the exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Nothing found, or done.
    Done = 0,
    /// Something found.
    Found = 1,
    /// Could not run, or not all of it.
    Failed = 2,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.command {
        Command::Hunt(args) => hunt::run(&args),
        Command::Query(args) => query::run(&args),
        Command::Repl(args) => repl::run(&args),
        Command::Why(args) => why::run(&args),
        Command::Translate(args) => translate::run(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Import(args) => import::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Fmt(args) => fmt::run(&args),
        Command::Atomics(args) => atomics::run(&args),
        Command::Emulate(args) => emulate::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Tune(args) => tune::run(&args),
        Command::Pack { command } => pack::run(&command),
        Command::Sigma(args) => sigma::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Lsp(args) => lsp::run(&args),
        Command::Catalog(args) => catalog::run(&args),
    };
    match outcome {
        Ok(outcome) => ExitCode::from(outcome as u8),
        // Whoever reads the output has enough of it: no error of ours.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            messages::fatal(&error);
            ExitCode::from(Outcome::Failed as u8)
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
    })
}
