//! Chores of the repository that are no part of the product: `cargo run -p xtask -- CHORE`.
//!
//! A chore is a module and a line in [`main`].
#![expect(clippy::print_stderr, reason = "a chore talks to the person who runs it")]

mod import;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "usage: cargo run -p xtask -- import-catalog PATH-TO-TABLES";

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(args: &[String]) -> Result<()> {
    match args {
        [chore, tables] if chore == "import-catalog" => {
            let changed = import::write(Path::new(tables), &catalog_data())?;
            for name in &changed {
                eprintln!("wrote {name}");
            }
            eprintln!("{} files changed", changed.len());
            Ok(())
        }
        _ => bail!("{USAGE}"),
    }
}

/// The data folder of the catalog crate.
fn catalog_data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/aql-catalog/data")
}
