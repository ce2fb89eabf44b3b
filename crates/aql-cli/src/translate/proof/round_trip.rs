//! Sigma translations, read back by our own reader.

use std::sync::Arc;

use aql_catalog::{Catalog, Profile};
use aql_diag::{Diagnostic, SourceText};
use aql_eval::Context;
use aql_semantic::{BindOptions, Mode, ProfileFile, bind_text};
use aql_sigma::{Options, convert};

use super::events::Filter;
use crate::query;

/// The condition of a Sigma rule, with the names of the log, as `aql hunt --sigma` reads it.
pub(super) fn read(text: &str) -> Result<Filter, String> {
    let files = [SourceText::new("translation", text)];
    let options = Options { profile: Profile::Raw, ..Options::default() };
    let converted = convert(&files, &options, Catalog::get());
    let rule = converted.iter().find(|one| one.source.is_some()).ok_or("there is no rule in it")?;
    let problem = || {
        let error = rule.diagnostics.iter().find(|d| d.is_error());
        error.map_or_else(|| "it has no query".to_owned(), |d| d.message.clone())
    };
    let text = rule.query.as_ref().ok_or_else(problem)?;
    let (profile, _) = ProfileFile::parse(&rule.profile_file());
    let options = BindOptions { mode: Mode::Strict, ..BindOptions::default() }
        .with_profile_file(profile, Some(Profile::Raw));
    let bound = bind_text(text, &options, Catalog::get());
    let query = bound.query.ok_or_else(|| {
        let error = bound.diagnostics.iter().find(|d: &&Diagnostic| d.is_error());
        error.map_or_else(|| "its query does not bind".to_owned(), |d| d.message.clone())
    })?;
    // Sets were written out: a rule needs no data of a site.
    let cx = Context::new(Catalog::get(), query::wall_clock());
    Ok(Filter::new(&query, &Arc::new(cx)))
}
