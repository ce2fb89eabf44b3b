//! What is translated: queries, files, rules, packs, Sigma rules.

use std::path::Path;
use std::sync::Arc;

use anyhow::{anyhow, bail};
use aql_catalog::{Catalog, Profile};
use aql_diag::{Diagnostic, SourceText};
use aql_eval::{Context, SiteData};
use aql_pack::{Pack, settings};
use aql_semantic::{BindOptions, BoundQuery, Mode, ProfileFile, bind_text};
use aql_translate::Options;

use super::{From, TranslateArgs};
use crate::{messages, queries, query, sigma, tuning};

/// A query that is translated.
pub(crate) struct Job {
    pub(crate) name: String,
    pub(crate) source: SourceText,
    /// For a correlation, which has no query.
    pub(crate) correlation: bool,
    pub(crate) cx: Arc<Context>,
    /// What was lost on the way to the query.
    pub(crate) before: Option<sigma::Before>,
    options: BindOptions,
}

impl Job {
    /// How it is translated.
    pub(crate) fn options(&self, all_time: bool, exact: bool) -> Options {
        Options { name: self.name.clone(), cx: Arc::clone(&self.cx), all_time, exact }
    }
}

/// What the operands name; and how many of them cannot be translated, each of which is said.
pub(crate) fn jobs(
    args: &TranslateArgs,
    profile: &ProfileFile,
) -> anyhow::Result<(Vec<Job>, usize)> {
    match args.from {
        From::Aql => Ok((of_aql(args, profile)?, 0)),
        From::Sigma => of_sigma(args, profile),
    }
}

fn of_sigma(args: &TranslateArgs, profile: &ProfileFile) -> anyhow::Result<(Vec<Job>, usize)> {
    let paths: Vec<_> = args.operands.iter().map(std::path::PathBuf::from).collect();
    // The names of the log are those that most platforms keep.
    let own = args.profile.map_or(Profile::Raw, query::base_profile);
    let mode = if args.strict { Mode::Strict } else { Mode::Lenient };
    let cx = context(site(args)?);
    let (rules, refused) = sigma::queries(&paths, own, args.quiet)?;
    let job = |rule: sigma::Query| {
        let names = rule.profile.then(profile.clone());
        Job {
            name: rule.name,
            source: SourceText::new(rule.path, rule.query),
            correlation: false,
            cx: Arc::clone(&cx),
            before: Some(rule.before),
            options: BindOptions { mode, ..BindOptions::default() }
                .with_profile_file(names, Some(own)),
        }
    };
    let jobs: Vec<Job> = rules.into_iter().map(job).collect();
    Ok((jobs, refused))
}

fn of_aql(args: &TranslateArgs, profile: &ProfileFile) -> anyhow::Result<Vec<Job>> {
    let site = site(args)?;
    let mode = if args.strict { Mode::Strict } else { Mode::Lenient };
    let plain = BindOptions { mode, ..BindOptions::default() }
        .with_profile_file(profile.clone(), args.profile.map(query::base_profile));
    let plain_cx = context(site.clone());
    let mut jobs = Vec::new();
    for operand in &args.operands {
        let path = Path::new(operand);
        if let Some(pack) = pack(operand)? {
            let packs = [pack];
            let cx = rule_context(&packs, args, &site)?;
            let [pack] = &packs;
            jobs.extend(pack.rules.iter().map(|rule| job_of(rule, mode, profile, &cx)));
        } else if path.exists() || operand == "-" {
            for file in queries::read(&[path.to_path_buf()])? {
                let name = file.path.as_deref().and_then(Path::file_stem).unwrap_or_default();
                let name = name.to_string_lossy();
                jobs.push(Job {
                    name: if name.is_empty() { "query".to_owned() } else { name.into_owned() },
                    source: file.source,
                    correlation: false,
                    before: None,
                    options: plain.clone(),
                    cx: Arc::clone(&plain_cx),
                });
            }
        } else if let Some((pack, name)) = rule(operand)? {
            let packs = [pack];
            let cx = rule_context(&packs, args, &site)?;
            let [pack] = &packs;
            let found = pack.rules.iter().filter(|rule| rule.name == name);
            jobs.extend(found.map(|rule| job_of(rule, mode, profile, &cx)));
        } else if operand.contains(char::is_whitespace) {
            jobs.push(Job {
                name: "query".to_owned(),
                source: SourceText::new("query", operand.clone()),
                correlation: false,
                before: None,
                options: plain.clone(),
                cx: Arc::clone(&plain_cx),
            });
        } else {
            bail!("`{operand}` is no query, no file, no pack and no rule of a pack in the binary");
        }
    }
    Ok(jobs)
}

fn job_of(rule: &aql_pack::Rule, mode: Mode, profile: &ProfileFile, cx: &Arc<Context>) -> Job {
    Job {
        name: rule.name.clone(),
        source: SourceText::new(rule.path.clone(), rule.query.clone()),
        correlation: rule.query.is_empty(),
        before: None,
        options: rule.bind_options(mode, profile),
        cx: Arc::clone(cx),
    }
}

fn context(site: SiteData) -> Arc<Context> {
    let mut cx = Context::new(Catalog::get(), query::wall_clock());
    cx.site = site;
    Arc::new(cx)
}

/// The site's data, with what the parameters of the rules say where it has none.
fn rule_context(
    packs: &[Pack],
    args: &TranslateArgs,
    site: &SiteData,
) -> anyhow::Result<Arc<Context>> {
    let tunings = tuning::load(&args.tuning, packs)?;
    let (site, problems) = settings(packs, &tunings, site);
    messages::diagnostics(&problems, None, args.quiet);
    if problems.iter().any(Diagnostic::is_error) {
        bail!("the tuning cannot be used");
    }
    Ok(context(site))
}

fn site(args: &TranslateArgs) -> anyhow::Result<SiteData> {
    let Some(folder) = &args.context else { return Ok(SiteData::default()) };
    let (site, problems) = SiteData::load(folder);
    messages::diagnostics(&problems, None, args.quiet);
    if problems.iter().any(Diagnostic::is_error) {
        bail!("the context folder cannot be used");
    }
    Ok(site)
}

/// A pack in the binary, or a folder with a `pack.toml`.
fn pack(name: &str) -> anyhow::Result<Option<Pack>> {
    let path = Path::new(name);
    let loaded = match Pack::bundled(name) {
        Some(loaded) => loaded,
        None if path.join("pack.toml").is_file() => Pack::load(path),
        None => return Ok(None),
    };
    loaded.map(Some).map_err(|problems| {
        messages::diagnostics(&problems, None, true);
        anyhow!("pack `{name}` cannot be used")
    })
}

/// A rule of a pack in the binary, with its pack.
fn rule(name: &str) -> anyhow::Result<Option<(Pack, String)>> {
    for known in Pack::bundled_names() {
        let Some(pack) = pack(known)? else { continue };
        if pack.rules.iter().any(|rule| rule.name == name) {
            return Ok(Some((pack, name.to_owned())));
        }
    }
    Ok(None)
}

/// The bound query; nothing if it has an error, which is said.
pub(crate) fn bind(job: &Job, args: &TranslateArgs) -> Option<BoundQuery> {
    let bound = bind_text(&job.source.text, &job.options, Catalog::get());
    let failed = bound.query.is_none();
    if failed || !args.quiet {
        let told: Vec<Diagnostic> =
            bound.diagnostics.into_iter().filter(|d| failed || d.repaired.is_some()).collect();
        messages::diagnostics(&told, Some(&job.source), args.quiet);
    }
    bound.query
}
