//! `--context`: what the site knows.

use anyhow::bail;
use aql_eval::SiteData;

use crate::args::EvidenceArgs;
use crate::messages;

/// Loads the context folder, if there is one, and says what of it cannot be used.
///
/// # Errors
/// If there is a folder and it cannot be read at all.
pub(crate) fn load(args: &EvidenceArgs) -> anyhow::Result<SiteData> {
    let Some(folder) = &args.context else { return Ok(SiteData::default()) };
    let (site, problems) = SiteData::load(folder);
    messages::diagnostics(&problems, None, args.read.quiet);
    if problems.iter().any(aql_diag::Diagnostic::is_error) {
        bail!("the context folder cannot be used");
    }
    Ok(site)
}
