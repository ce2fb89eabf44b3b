//! `aql explain`.

use std::io::Write;

use anyhow::bail;
use aql_diag::codes::{Code, REGISTRY};

use crate::Outcome;
use crate::args::ExplainArgs;

pub(crate) fn run(args: &ExplainArgs) -> anyhow::Result<Outcome> {
    let mut out = std::io::stdout().lock();
    let Some(text) = &args.code else {
        for info in REGISTRY {
            writeln!(out, "{:8} {}", info.code, info.title)?;
        }
        return Ok(Outcome::Done);
    };
    let Some(info) = Code::find(text).and_then(Code::info) else {
        bail!("there is no code `{text}`; `aql explain` lists all");
    };
    write!(out, "{}", info.page)?;
    Ok(Outcome::Done)
}
