//! `aql sigma`, and Sigma rules as a pack for `aql hunt --sigma`.

mod files;
mod pack;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::bail;
use aql_catalog::{Catalog, Profile};
use aql_diag::{Diagnostic, Severity, SourceText, codes};
use aql_pack::Pack;
use aql_semantic::ProfileFile;
use aql_sigma::{Converted, Options, Outcome as Kept, convert};
use aql_translate::Loss;
use clap::{Args, ValueEnum};
use serde_json::json;

use crate::args::ProfileArg;
use crate::output::Sink;
use crate::{Outcome, messages, summary};

#[derive(Debug, Args)]
#[command(after_help = "docs/sigma.md says what converts, and what does not.")]
pub(crate) struct SigmaArgs {
    /// Files of Sigma rules, and folders: every `.yml` and `.yaml` file in them. Correlations and
    /// filters find the rules that they name in any of the files.
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// Whose property names the queries use.
    #[arg(long, value_name = "PROFILE", default_value = "ibm", env = "AQL_PROFILE")]
    pub(crate) profile: ProfileArg,
    /// The time clause of the queries.
    #[arg(long, value_name = "CLAUSE", default_value = "LAST 24 HOURS")]
    pub(crate) window: String,
    /// Fail (exit code 2) if a rule cannot be converted.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Layout of the queries: text for people, or one JSON object per document.
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub(crate) format: SigmaFormat,
    /// Write a pack into this new folder, instead of queries to standard output.
    #[arg(long, short, value_name = "FOLDER", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
    /// Only errors.
    #[arg(long, short, help_heading = "Output")]
    pub(crate) quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SigmaFormat {
    Text,
    Jsonl,
}

pub(crate) fn run(args: &SigmaArgs) -> anyhow::Result<Outcome> {
    if let Some(folder) = &args.output
        && folder.exists()
    {
        bail!("{}: exists already", folder.display());
    }
    let (files, unread) = files::read(&args.paths)?;
    let profile = match args.profile {
        ProfileArg::Ibm => Profile::Ibm,
        ProfileArg::Raw => Profile::Raw,
    };
    let options = Options { profile, window: args.window.clone() };
    let converted = convert(&files, &options, Catalog::get());
    for one in &converted {
        for diagnostic in &one.diagnostics {
            if !args.quiet || diagnostic.severity == Severity::Error {
                remark(diagnostic, files.get(one.file));
            }
        }
    }
    match &args.output {
        Some(folder) => {
            let left_out = pack::write(folder, &converted, &files, profile)?;
            not_in_a_pack(&converted, &left_out, &files);
        }
        None => {
            let mut sink = Sink::open(None)?;
            for one in &converted {
                let file = files.get(one.file).map_or("", |file| file.name.as_str());
                match args.format {
                    SigmaFormat::Text => text(&mut sink, one, file)?,
                    SigmaFormat::Jsonl => writeln!(sink.out, "{}", object(one, file, &files))?,
                }
            }
            sink.finish()?;
        }
    }
    if !args.quiet {
        for line in summary_lines(&converted, files.len()) {
            messages::line(&line);
        }
    }
    let refused = unread > 0 || converted.iter().any(|one| one.outcome() == Kept::Refused);
    Ok(if args.strict && refused { Outcome::Failed } else { Outcome::Done })
}

fn text(sink: &mut Sink, one: &Converted, file: &str) -> anyhow::Result<()> {
    let Some(query) = &one.query else { return Ok(()) };
    let clean = crate::output::one_line;
    writeln!(sink.out, "-- {} ({})", clean(&one.about.title), clean(file))?;
    writeln!(sink.out, "{}\n", query.trim_end())?;
    Ok(())
}

fn object(one: &Converted, file: &str, files: &[SourceText]) -> serde_json::Value {
    let source = files.get(one.file);
    let diagnostics: Vec<_> = one
        .diagnostics
        .iter()
        .map(|d| {
            json!({
                "code": d.code, "severity": d.severity, "message": d.message,
                "line": line_of(d, source),
            })
        })
        .collect();
    json!({
        "file": file,
        "title": one.about.title,
        "id": one.about.id,
        "level": one.about.level,
        "outcome": word(one.outcome()),
        "filter": one.is_filter,
        "query": one.query,
        "properties": one.declares,
        "diagnostics": diagnostics,
    })
}

fn word(outcome: Kept) -> &'static str {
    match outcome {
        Kept::Exact => "exact",
        Kept::Approximate => "approximate",
        Kept::Refused => "refused",
    }
}

fn line_of(diagnostic: &Diagnostic, source: Option<&SourceText>) -> Option<usize> {
    let start = diagnostic.primary.as_ref()?.span.start as usize;
    Some(source?.text.get(..start)?.matches('\n').count() + 1)
}

/// One line: thousands of rules have thousands of remarks.
fn remark(diagnostic: &Diagnostic, source: Option<&SourceText>) {
    let file = source.map_or("", |source| source.name.as_str());
    let line = line_of(diagnostic, source).map_or(String::new(), |line| format!(":{line}"));
    let (severity, code) = (diagnostic.severity, diagnostic.code);
    messages::line(&format!("{severity}[{code}]: {file}{line}: {}", diagnostic.message));
}

fn summary_lines(converted: &[Converted], files: usize) -> Vec<String> {
    let rules: Vec<&Converted> = converted.iter().filter(|one| !one.is_filter).collect();
    let count = |kept| rules.iter().filter(|one| one.outcome() == kept).count();
    let shown = |n: usize| summary::thousands(n as u64);
    let (exact, approximate) = (count(Kept::Exact), count(Kept::Approximate));
    let refused = count(Kept::Refused);
    let defined = rules
        .iter()
        .filter(|one| one.outcome() != Kept::Refused && !one.declares.is_empty())
        .count();
    let rate = match rules.len() {
        0 => String::new(),
        all => format!(" ({:.1} % converted)", 100.0 * (exact + approximate) as f64 / all as f64),
    };
    let number =
        |n: usize, what: &str| format!("{} {what}{}", shown(n), if n == 1 { "" } else { "s" });
    let mut lines = vec![format!(
        "{} in {}: {} exact, {} approximate, {} refused{rate}; {} need{} properties that a site \
         defines",
        number(rules.len(), "rule"),
        number(files, "file"),
        shown(exact),
        shown(approximate),
        shown(refused),
        shown(defined),
        if defined == 1 { "s" } else { "" },
    )];
    let mut codes: BTreeMap<aql_diag::Code, usize> = BTreeMap::new();
    for one in converted {
        let mut own: Vec<_> = one.diagnostics.iter().map(|d| d.code).collect();
        own.sort();
        own.dedup();
        for code in own {
            *codes.entry(code).or_default() += 1;
        }
    }
    lines.extend(codes.into_iter().map(|(code, count)| {
        let title = code.info().map_or("", |info| info.title);
        format!("  {code} in {}: {title}", shown(count))
    }));
    lines
}

/// Says which documents have a query that only a live search can run.
fn not_in_a_pack(converted: &[Converted], left_out: &[usize], files: &[SourceText]) {
    for one in left_out.iter().filter_map(|at| converted.get(*at)) {
        if one.outcome() != Kept::Refused {
            let message = "the correlation has no counterpart in a pack: its query looks at one \
                           window of time, and a hunt at all of the evidence";
            let diagnostic = Diagnostic::error(codes::SIGMA_REFUSED, message);
            remark(&diagnostic, files.get(one.file));
        }
    }
}

/// Sigma rules as a pack, and how many of them are left out. Each of those is reported in one line.
pub(crate) fn load(paths: &[PathBuf], quiet: bool) -> anyhow::Result<Loaded> {
    let (files, unread) = files::read(paths)?;
    // Evidence has the log's own names.
    let options = Options { profile: Profile::Raw, ..Options::default() };
    let converted = convert(&files, &options, Catalog::get());
    for one in &converted {
        for diagnostic in one.diagnostics.iter().filter(|d| d.is_error()) {
            remark(diagnostic, files.get(one.file));
        }
    }
    let (pack, silent, left_out) = pack::build(&converted, &files, Profile::Raw);
    not_in_a_pack(&converted, &left_out, &files);
    let refused = left_out.len() + unread;
    if !quiet {
        let approximate = converted.iter().filter(|one| one.outcome() == Kept::Approximate).count();
        let number = |n: usize, what: &str| {
            format!("{} {what}{}", summary::thousands(n as u64), if n == 1 { "" } else { "s" })
        };
        messages::line(&format!(
            "{} of {}: {} left out, {} approximated; `aql sigma` says how",
            number(pack.rules.len(), "Sigma rule"),
            number(files.len(), "file"),
            summary::thousands(refused as u64),
            summary::thousands(approximate as u64),
        ));
    }
    Ok(Loaded { pack, silent, refused })
}

/// Sigma rules that are ready to hunt with.
pub(crate) struct Loaded {
    /// The rules.
    pub(crate) pack: Pack,
    /// Names of those that stand for a correlation alone.
    pub(crate) silent: Vec<String>,
    /// How many rules were left out.
    pub(crate) refused: usize,
}

/// A Sigma rule as a query that can be translated.
pub(crate) struct Query {
    pub(crate) name: String,
    /// Its file.
    pub(crate) path: String,
    pub(crate) query: String,
    /// What it needs to be bound.
    pub(crate) profile: ProfileFile,
    pub(crate) before: Before,
}

/// What converting a Sigma rule to AQL lost.
pub(crate) struct Before {
    pub(crate) loss: Loss,
    pub(crate) diagnostics: Vec<Diagnostic>,
    lines: Vec<Option<usize>>,
}

impl Before {
    /// As JSON.
    pub(crate) fn object(&self) -> serde_json::Value {
        let each = self.diagnostics.iter().zip(&self.lines);
        let list = each.map(|(d, line)| {
            json!({
                "code": d.code, "severity": d.severity, "message": d.message, "line": line,
            })
        });
        json!({ "loss": self.loss, "diagnostics": list.collect::<Vec<_>>() })
    }
}

/// Sigma rules as queries, correlations among them; and how many are left out, each of which is said.
/// Rules that stand for a correlation alone are no queries of their own.
pub(crate) fn queries(
    paths: &[PathBuf],
    profile: Profile,
    quiet: bool,
) -> anyhow::Result<(Vec<Query>, usize)> {
    let (files, unread) = files::read(paths)?;
    let converted = convert(&files, &Options { profile, ..Options::default() }, Catalog::get());
    let names = pack::names(&converted, &files);
    let mut queries = Vec::new();
    let mut left_out = unread;
    for (one, name) in converted.iter().zip(names) {
        let file = files.get(one.file);
        for diagnostic in &one.diagnostics {
            if !quiet || diagnostic.severity == Severity::Error {
                remark(diagnostic, file);
            }
        }
        if one.is_filter || one.silent {
            continue;
        }
        let Some(query) = one.query.clone().filter(|_| one.outcome() != Kept::Refused) else {
            left_out += 1;
            continue;
        };
        let exact = one.outcome() == Kept::Exact;
        queries.push(Query {
            name,
            path: file.map_or_else(String::new, |file| file.name.clone()),
            query,
            profile: ProfileFile::parse(&one.profile_file()).0,
            before: Before {
                loss: if exact { Loss::Exact } else { Loss::Approximate },
                lines: one.diagnostics.iter().map(|d| line_of(d, file)).collect(),
                diagnostics: one.diagnostics.clone(),
            },
        });
    }
    Ok((queries, left_out))
}
