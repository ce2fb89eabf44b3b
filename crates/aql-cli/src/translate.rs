//! `aql translate`: queries and packs in the languages of other platforms.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use aql_catalog::Catalog;
use aql_diag::{Diagnostic, Severity, SourceText, render};
use aql_eval::{Context, SiteData};
use aql_pack::{Pack, settings};
use aql_semantic::{BindOptions, BoundQuery, Mode, ProfileFile, bind_text};
use aql_translate::{Checked, Loss, Options, Target, Translation, translate};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::args::ProfileArg;
use crate::output::{Sink, list};
use crate::{Outcome, messages, queries, query, tuning};

#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 everything is translated, 1 something was refused, 2 could not run."
)]
pub(crate) struct TranslateArgs {
    /// Queries, files and folders of queries, packs (a name or a folder), rules of the packs in the
    /// binary.
    #[arg(value_name = "QUERY|FILE|RULE|PACK")]
    pub(crate) operands: Vec<String>,
    /// The targets, with commas between; `all`, or `list` to see them.
    #[arg(long, value_name = "TARGET", required = true, value_delimiter = ',')]
    pub(crate) to: Vec<String>,
    /// The most that may be lost; what loses more is refused. With `exact`, constructs that are exact
    /// come before those that are easy to read.
    #[arg(long, value_name = "LOSS", default_value = "approximate")]
    pub(crate) max_loss: MaxLoss,
    /// Leave the time clause out.
    #[arg(long)]
    pub(crate) all_time: bool,
    /// Whose property names queries use; `ibm`, unless a profile file says otherwise.
    #[arg(long, value_name = "PROFILE", env = "AQL_PROFILE")]
    pub(crate) profile: Option<ProfileArg>,
    /// Read names, properties and dialect options of a site from this file (docs/profiles.md). May
    /// be repeated; a later file counts more.
    #[arg(long, value_name = "FILE")]
    pub(crate) profile_file: Vec<PathBuf>,
    /// Refuse what the appliance would refuse, instead of repairing it.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Folder of what a site knows: its reference sets are written out (docs/context.md).
    #[arg(long, value_name = "DIR", env = "AQL_CONTEXT")]
    pub(crate) context: Option<PathBuf>,
    /// Values for the parameters of rules: a file, or the name of a ready tuning of the pack. May be
    /// repeated; a later one counts more.
    #[arg(long, value_name = "TUNING")]
    pub(crate) tuning: Vec<String>,
    /// Write one file per translation into this folder, as TARGET/NAME.ENDING, and a report.
    #[arg(long, short, value_name = "DIR", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
    /// Layout: the translations, or one JSON object per translation with what is lost.
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub(crate) format: TranslateFormat,
    /// Say nothing but errors on standard error.
    #[arg(long, short, help_heading = "Output")]
    pub(crate) quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum MaxLoss {
    /// The same events, perhaps by a guard.
    Exact,
    /// Other events where the target has nothing that is the same, with a warning.
    Approximate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TranslateFormat {
    Text,
    Jsonl,
}

/// A query that is translated.
struct Job {
    name: String,
    source: SourceText,
    /// For a correlation, which has no query.
    correlation: bool,
    options: BindOptions,
    cx: Arc<Context>,
}

pub(crate) fn run(args: &TranslateArgs) -> anyhow::Result<Outcome> {
    if args.to.iter().any(|name| name == "list") {
        return targets();
    }
    let targets = chosen(&args.to)?;
    let Some(profile) = query::read_profiles(&args.profile_file, args.quiet)? else {
        return Ok(Outcome::Failed);
    };
    let jobs = jobs(args, &profile)?;
    if jobs.is_empty() {
        bail!("nothing to translate: name a query, a file, a rule or a pack");
    }
    let many = jobs.len() * targets.len() > 1;
    let mut sink = Sink::open(None)?;
    let mut report = vec!["name\ttarget\tloss\tcodes\n".to_owned()];
    let mut outcome = Outcome::Done;
    for job in &jobs {
        let bound = if job.correlation { None } else { bind(job, args) };
        if bound.is_none() && !job.correlation {
            outcome = Outcome::Failed;
            continue;
        }
        for target in &targets {
            let (translation, loss) = match &bound {
                Some(bound) => {
                    let options = Options {
                        name: job.name.clone(),
                        cx: Arc::clone(&job.cx),
                        all_time: args.all_time,
                        exact: args.max_loss == MaxLoss::Exact,
                    };
                    let mut translation = translate(bound, *target, &options);
                    let loss = translation.loss();
                    if args.max_loss == MaxLoss::Exact && loss == Loss::Approximate {
                        translation.text = None;
                    }
                    (Some(translation), loss)
                }
                None => (None, Loss::Impossible),
            };
            let text = translation.as_ref().and_then(|t| t.text.as_deref());
            if text.is_none() && outcome == Outcome::Done {
                outcome = Outcome::Found;
            }
            report.push(report_line(job, *target, loss, translation.as_ref()));
            if args.format == TranslateFormat::Jsonl {
                let line = object(job, *target, loss, translation.as_ref());
                serde_json::to_writer(&mut sink.out, &line)?;
                writeln!(sink.out)?;
            } else {
                say(job, *target, loss, translation.as_ref(), args);
            }
            match (&args.output, text) {
                (Some(folder), Some(text)) => write_file(folder, *target, &job.name, text)?,
                (None, Some(text)) if args.format == TranslateFormat::Text => {
                    if many {
                        let mark = if target.comment().is_empty() { "#" } else { target.comment() };
                        writeln!(sink.out, "{mark} {} ({})", job.name, target.name())?;
                    }
                    sink.out.write_all(text.as_bytes())?;
                }
                _ => {}
            }
        }
    }
    sink.finish()?;
    if let Some(folder) = &args.output {
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(folder.join("report.tsv"), report.concat()))
            .with_context(|| format!("{}: cannot be written", folder.display()))?;
    }
    Ok(outcome)
}

fn targets() -> anyhow::Result<Outcome> {
    let rows = Target::all().map(|target| {
        let checked = match target.checked() {
            Checked::Engine(engine) => format!("run by {engine}"),
            Checked::Parser(parser) => format!("parsed by {parser}"),
            Checked::Grammar(parser) => format!("parsed by {parser}: preview"),
            Checked::Golden => "by no parser: preview".to_owned(),
        };
        vec![target.name().to_owned(), target.title().to_owned(), checked]
    });
    let mut sink = Sink::open(None)?;
    let text = list(&["target", "language", "checked"], rows.collect(), sink.width);
    writeln!(sink.out, "{text}")?;
    sink.finish()?;
    Ok(Outcome::Done)
}

fn chosen(names: &[String]) -> anyhow::Result<Vec<Target>> {
    if names.iter().any(|name| name == "all") {
        return Ok(Target::all().collect());
    }
    let find = |name: &String| {
        Target::find(name.trim()).ok_or_else(|| {
            let known: Vec<&str> = Target::all().map(Target::name).collect();
            anyhow!("there is no target `{name}`; there are {}", known.join(", "))
        })
    };
    names.iter().map(find).collect()
}

/// What the operands name.
fn jobs(args: &TranslateArgs, profile: &ProfileFile) -> anyhow::Result<Vec<Job>> {
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

fn bind(job: &Job, args: &TranslateArgs) -> Option<BoundQuery> {
    let bound = bind_text(&job.source.text, &job.options, Catalog::get());
    let failed = bound.query.is_none();
    if failed || !args.quiet {
        let told: Vec<Diagnostic> =
            bound.diagnostics.into_iter().filter(|d| failed || d.repaired.is_some()).collect();
        messages::diagnostics(&told, Some(&job.source), args.quiet);
    }
    bound.query
}

/// Tells what is lost, on standard error.
fn say(
    job: &Job,
    target: Target,
    loss: Loss,
    translation: Option<&Translation>,
    args: &TranslateArgs,
) {
    let Some(translation) = translation else {
        messages::line(&format!("{}: a correlation is not translated", job.name));
        return;
    };
    let refused = translation.text.is_none();
    for remark in &translation.remarks {
        if refused && remark.loss < Loss::Approximate {
            continue;
        }
        let quiet = args.quiet && remark.diagnostic.severity != Severity::Error;
        if !quiet {
            messages::diagnostic(&remark.diagnostic, Some(&job.source));
        }
    }
    if refused {
        let why = match loss {
            Loss::Approximate => "only approximately",
            _ => "not",
        };
        messages::line(&format!("{}: {why} to be said in {}: refused", job.name, target.title()));
    }
}

fn object(job: &Job, target: Target, loss: Loss, translation: Option<&Translation>) -> Value {
    let mut value = json!({
        "name": job.name,
        "target": target.name(),
        "loss": loss,
        "text": translation.and_then(|t| t.text.as_deref()),
    });
    let (Some(translation), Some(object)) = (translation, value.as_object_mut()) else {
        return value;
    };
    let columns = translation.columns.iter();
    let columns = columns.map(|c| json!({ "name": c.arrow_name(), "type": c.ty.name() }));
    object.insert("columns".to_owned(), columns.collect());
    let remarks = translation.remarks.iter().map(|remark| {
        let mut value = render::json(&remark.diagnostic, Some(&job.source));
        if let Some(object) = value.as_object_mut() {
            object.insert("loss".to_owned(), json!(remark.loss));
            object.insert("finds".to_owned(), json!(remark.finds));
        }
        value
    });
    object.insert("remarks".to_owned(), remarks.collect());
    value
}

fn report_line(job: &Job, target: Target, loss: Loss, translation: Option<&Translation>) -> String {
    let mut codes: Vec<&str> = translation
        .iter()
        .flat_map(|t| &t.remarks)
        .map(|remark| remark.diagnostic.code.as_str())
        .collect();
    codes.sort_unstable();
    codes.dedup();
    let loss = json!(loss);
    let loss = loss.as_str().unwrap_or_default();
    format!("{}\t{}\t{loss}\t{}\n", job.name, target.name(), codes.join(" "))
}

fn write_file(folder: &Path, target: Target, name: &str, text: &str) -> anyhow::Result<()> {
    let folder = folder.join(target.name());
    let path = folder.join(format!("{name}.{}", target.extension()));
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(&path, text))
        .with_context(|| format!("{}: cannot be written", path.display()))
}
