//! `aql lsp`.

use anyhow::Context as _;
use aql_lsp::{Settings, serve};
use lsp_server::Connection;

use crate::args::LspArgs;
use crate::{Outcome, check, messages};

pub(crate) fn run(args: &LspArgs) -> anyhow::Result<Outcome> {
    let (config, folder) = check::config(args.config.as_deref())?;
    let Some(options) = check::options(&config, &folder, args.profile)? else {
        return Ok(Outcome::Failed);
    };
    let reference_sets = match &args.context {
        None => Vec::new(),
        Some(folder) => {
            let (site, problems) = aql_eval::SiteData::load(folder);
            messages::diagnostics(&problems, None, false);
            site.reference_set_names().map(str::to_owned).collect()
        }
    };
    let settings = Settings { options, config, reference_sets };
    let (connection, threads) = Connection::stdio();
    serve(&connection, &settings)?;
    // The threads of the connection end when it is gone.
    drop(connection);
    threads.join().context("standard input or output")?;
    Ok(Outcome::Done)
}
