//! `aql translate`: queries and packs in the languages of other platforms.

mod jobs;
mod proof;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use aql_diag::{Severity, render};
use aql_translate::{Checked, Loss, Target, Translation, translate};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use self::jobs::{Job, bind, jobs};
use self::proof::{Means, Piece, Proofs};
use crate::args::ProfileArg;
use crate::output::{Sink, list};
use crate::{Outcome, messages, query};

#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 everything is translated, 1 something was refused, 2 could not run. \
                  With --prove: 0 everything that ran finds the same or what was announced, 1 \
                  something differs or does not run, 2 could not run."
)]
pub(crate) struct TranslateArgs {
    /// Queries, files and folders of queries, packs (a name or a folder), rules of the packs in the
    /// binary; with `--from sigma` files and folders of Sigma rules.
    #[arg(value_name = "QUERY|FILE|RULE|PACK")]
    pub(crate) operands: Vec<String>,
    /// The targets, with commas between; `all`, or `list` to see them.
    #[arg(long, value_name = "TARGET", required = true, value_delimiter = ',')]
    pub(crate) to: Vec<String>,
    /// What the operands are written in.
    #[arg(long, value_name = "LANGUAGE", default_value = "aql")]
    pub(crate) from: From,
    /// The most that may be lost; what loses more is refused. With `exact`, constructs that are exact
    /// come before those that are easy to read.
    #[arg(long, value_name = "LOSS", default_value = "approximate")]
    pub(crate) max_loss: MaxLoss,
    /// Leave the time clause out.
    #[arg(long)]
    pub(crate) all_time: bool,
    /// Whose property names queries use; `ibm`, unless a profile file says otherwise; `raw` for
    /// Sigma rules.
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
    /// Run originals and translations over this evidence, and tell which events only one of them
    /// finds. May be repeated.
    #[arg(long, value_name = "EVIDENCE", help_heading = "Proof")]
    pub(crate) prove: Vec<PathBuf>,
    /// The Python whose modules run translations (docs/translation.md).
    #[arg(
        long,
        value_name = "PROGRAM",
        default_value = "python3",
        env = "AQL_PYTHON",
        help_heading = "Proof"
    )]
    pub(crate) python: PathBuf,
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
pub(crate) enum From {
    /// AQL.
    Aql,
    /// Sigma rules, which become AQL first.
    Sigma,
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

pub(crate) fn run(args: &TranslateArgs) -> anyhow::Result<Outcome> {
    if args.to.iter().any(|name| name == "list") {
        return targets();
    }
    let targets = chosen(&args.to)?;
    let Some(profile) = query::read_profiles(&args.profile_file, args.quiet)? else {
        return Ok(Outcome::Failed);
    };
    let (jobs, refused) = jobs(args, &profile)?;
    if jobs.is_empty() && refused == 0 {
        bail!("nothing to translate: name a query, a file, a rule or a pack");
    }
    let mut outcome = if refused > 0 { Outcome::Found } else { Outcome::Done };
    let mut bound = Vec::new();
    for job in &jobs {
        let query = if job.correlation { None } else { bind(job, args) };
        if query.is_none() && !job.correlation {
            outcome = Outcome::Failed;
        }
        bound.push(query);
    }
    let mut pieces = Vec::new();
    for (job, bound) in jobs.iter().zip(&bound) {
        if bound.is_none() && !job.correlation {
            continue;
        }
        pieces.extend(targets.iter().map(|target| piece(job, bound.as_ref(), *target, args)));
    }
    if outcome == Outcome::Done && pieces.iter().any(|piece| piece.text().is_none()) {
        outcome = Outcome::Found;
    }
    let mut sink = Sink::open(None)?;
    let proofs = match args.prove.as_slice() {
        [] => None,
        paths => {
            let exact = args.max_loss == MaxLoss::Exact;
            let means = Means { paths, python: &args.python, exact, quiet: args.quiet };
            Some(proof::prove(&pieces, &means)?)
        }
    };
    write(&pieces, proofs.as_ref(), args, &mut sink)?;
    sink.finish()?;
    Ok(match &proofs {
        // What was refused is no difference.
        Some(proofs) if outcome != Outcome::Failed => {
            if proofs.is_refuted() {
                Outcome::Found
            } else {
                Outcome::Done
            }
        }
        _ => outcome,
    })
}

fn piece<'a>(
    job: &'a Job,
    bound: Option<&'a aql_semantic::BoundQuery>,
    target: Target,
    args: &TranslateArgs,
) -> Piece<'a> {
    let exact = args.max_loss == MaxLoss::Exact;
    let mut translation =
        bound.map(|bound| translate(bound, target, &job.options(args.all_time, exact)));
    let before = job.before.as_ref().map_or(Loss::Exact, |before| before.loss);
    let loss = translation.as_ref().map_or(Loss::Impossible, |t| t.loss().max(before));
    if let Some(translation) = translation.as_mut().filter(|_| exact && loss == Loss::Approximate) {
        translation.text = None;
    }
    Piece { job, bound, target, translation, loss }
}

/// Writes translations, what is lost, and what was proved.
fn write(
    pieces: &[Piece<'_>],
    proofs: Option<&Proofs>,
    args: &TranslateArgs,
    sink: &mut Sink,
) -> anyhow::Result<()> {
    let mut report = vec!["name\ttarget\tloss\tcodes\n".to_owned()];
    for (at, piece) in pieces.iter().enumerate() {
        report.push(report_line(piece));
        if args.format == TranslateFormat::Jsonl {
            let mut line = object(piece);
            if let (Some(proofs), Some(object)) = (proofs, line.as_object_mut()) {
                object.insert("proofs".to_owned(), proof::objects(proofs, at));
            }
            serde_json::to_writer(&mut sink.out, &line)?;
            writeln!(sink.out)?;
        } else if proofs.is_none() {
            // Of a correlation there is the same to say for every target.
            let before = at.checked_sub(1).and_then(|before| pieces.get(before));
            let is_told = piece.translation.is_none()
                && before.is_some_and(|before| std::ptr::eq(before.job, piece.job));
            if !is_told {
                say(piece, args);
            }
        }
        match (&args.output, piece.text()) {
            (Some(folder), Some(text)) => write_file(folder, piece.target, &piece.job.name, text)?,
            (None, Some(text)) if args.format == TranslateFormat::Text && proofs.is_none() => {
                if pieces.len() > 1 {
                    let comment = piece.target.comment();
                    let mark = if comment.is_empty() { "#" } else { comment };
                    writeln!(sink.out, "{mark} {} ({})", piece.job.name, piece.target.name())?;
                }
                sink.out.write_all(text.as_bytes())?;
            }
            _ => {}
        }
    }
    if let Some(folder) = &args.output {
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(folder.join("report.tsv"), report.concat()))
            .with_context(|| format!("{}: cannot be written", folder.display()))?;
    }
    match proofs {
        Some(proofs) if args.format == TranslateFormat::Text => proof::write(sink, pieces, proofs)?,
        Some(proofs) => proofs.missing.iter().for_each(|(target, why)| {
            messages::line(&format!("not proved: {target}: {why}"));
        }),
        None => {}
    }
    Ok(())
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

/// Tells what is lost, on standard error.
fn say(piece: &Piece<'_>, args: &TranslateArgs) {
    let (job, target) = (piece.job, piece.target);
    let Some(translation) = &piece.translation else {
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
        let why = match piece.loss {
            Loss::Approximate => "only approximately",
            _ => "not",
        };
        messages::line(&format!("{}: {why} to be said in {}: refused", job.name, target.title()));
    }
}

fn object(piece: &Piece<'_>) -> Value {
    let (job, translation) = (piece.job, piece.translation.as_ref());
    let mut value = json!({
        "name": job.name,
        "target": piece.target.name(),
        "loss": piece.loss,
        "text": piece.text(),
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
    if let Some(before) = &job.before {
        object.insert("sigma".to_owned(), before.object());
    }
    value
}

fn report_line(piece: &Piece<'_>) -> String {
    let (job, target) = (piece.job, piece.target);
    let remarks = piece.translation.iter().flat_map(|t: &Translation| &t.remarks);
    let before = job.before.iter().flat_map(|before| &before.diagnostics);
    let of_both = before.chain(remarks.map(|remark| &remark.diagnostic));
    let mut codes: Vec<&str> = of_both.map(|d| d.code.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    let loss = json!(piece.loss);
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
