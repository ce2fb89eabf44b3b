//! `aql check`.

use std::fs;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use aql_catalog::{Catalog, Profile};
use aql_diag::{Diagnostic, Severity, SourceText, render};
use aql_lint::baseline::Baseline;
use aql_lint::{Config, Fixes, check, fix};
use aql_semantic::BindOptions;

use crate::args::{CheckArgs, CheckFormat, ProfileArg};
use crate::prove::Prover;
use crate::{Outcome, evidence, messages, queries};

pub(crate) fn run(args: &CheckArgs) -> anyhow::Result<Outcome> {
    let (config, folder) = config(args.config.as_deref())?;
    let Some(options) = options(&config, &folder, args.profile)? else {
        return Ok(Outcome::Failed);
    };
    let prover = match args.prove.as_slice() {
        [] => None,
        evidence => match Prover::open(evidence, args.context.clone(), &options)? {
            Some(prover) => Some(prover),
            None => return Ok(Outcome::Failed),
        },
    };
    let mut proved = true;
    let mut found: Vec<(SourceText, Vec<Diagnostic>)> = Vec::new();
    let mut out = std::io::stdout().lock();
    for file in queries::read(&args.paths)? {
        if !(args.fix || args.unsafe_fixes || args.diff || prover.is_some()) {
            let checked = check(&file.source.text, &options, &config, Catalog::get());
            found.push((file.source, checked.diagnostics));
            continue;
        }
        let fixes = if args.unsafe_fixes { Fixes::Unsafe } else { Fixes::Safe };
        let fixed = fix(&file.source.text, fixes, &options, &config, Catalog::get());
        let rewrite = args.fix || args.unsafe_fixes;
        if fixed.text != file.source.text {
            let name = &file.source.name;
            if let Some(prover) = &prover {
                let (before, json) = (&file.source.text, args.format == CheckFormat::Json);
                // Where other data goes to standard output, it goes there alone.
                let to_stdout = json || (args.format == CheckFormat::Text && file.path.is_some());
                let mut err = std::io::stderr().lock();
                let to: &mut dyn Write = if to_stdout { &mut out } else { &mut err };
                proved &= prover.prove(name, before, &fixed.text, json, to)?;
            }
            if args.diff {
                write!(out, "{}", queries::diff(name, &file.source.text, &fixed.text))?;
            } else if !rewrite {
                // Only the proof was asked for.
            } else if let Some(path) = &file.path {
                queries::rewrite(path, &fixed.text)?;
                messages::line(&format!("{name}: {} fixed", fixed.applied.len()));
            }
        }
        if file.path.is_none() && rewrite && !args.diff {
            write!(out, "{}", fixed.text)?;
        }
        // What is left is reported, or what there is where nothing has been rewritten.
        if rewrite || args.diff {
            found.push((SourceText::new(file.source.name, fixed.text), fixed.left.diagnostics));
        } else {
            let checked = check(&file.source.text, &options, &config, Catalog::get());
            found.push((file.source, checked.diagnostics));
        }
    }
    let baseline = args.baseline.clone().or(config.baseline.as_ref().map(|b| folder.join(b)));
    if let Some(path) = &baseline {
        if args.write_baseline {
            let all = found.iter().flat_map(|(s, list)| list.iter().map(move |d| (s, d)));
            fs::write(path, Baseline::of(all).write())
                .with_context(|| format!("{}: cannot be written", path.display()))?;
            return Ok(Outcome::Done);
        }
        let text = fs::read_to_string(path)
            .with_context(|| format!("{}: cannot be read", path.display()))?;
        let baseline = Baseline::read(&text).map_err(|e| anyhow!("{}: {e}", path.display()))?;
        let mut filter = baseline.filter();
        for (source, list) in &mut found {
            list.retain(|d| !filter.accepts(source, d));
        }
    }
    if !args.diff {
        // Where the mended query itself goes to standard output, it goes there alone.
        let fixes = args.fix || args.unsafe_fixes;
        if fixes && args.paths.iter().any(|path| evidence::is_stdin(path)) {
            let mut err = std::io::stderr().lock();
            let colour = messages::colour_wanted() && err.is_terminal();
            write_findings(&mut err, args.format, colour, &found)?;
        } else {
            let colour = messages::colour_wanted() && out.is_terminal();
            write_findings(&mut out, args.format, colour, &found)?;
        }
    }
    if !proved {
        return Ok(Outcome::Failed);
    }
    let least = config.fail_on.unwrap_or(Severity::Warning);
    let fails = found.iter().any(|(_, list)| list.iter().any(|d| d.severity >= least));
    Ok(if fails { Outcome::Found } else { Outcome::Done })
}

/// The settings, and the folder that their paths are relative to.
pub(crate) fn config(named: Option<&Path>) -> anyhow::Result<(Config, PathBuf)> {
    let here = std::env::current_dir()?;
    let above = || here.ancestors().map(|a| a.join("aql.toml")).find(|p| p.is_file());
    let Some(path) = named.map(Path::to_path_buf).or_else(above) else {
        return Ok((Config::default(), here));
    };
    let text =
        fs::read_to_string(&path).with_context(|| format!("{}: cannot be read", path.display()))?;
    let config = Config::read(&text).map_err(|e| anyhow!("{}: {e}", path.display()))?;
    Ok((config, path.parent().map_or(here, Path::to_path_buf)))
}

/// How queries are read, by the settings; nothing if a profile file of theirs has an error.
pub(crate) fn options(
    config: &Config,
    folder: &Path,
    named: Option<ProfileArg>,
) -> anyhow::Result<Option<BindOptions>> {
    let files: Vec<PathBuf> = config.profile_files.iter().map(|f| folder.join(f)).collect();
    let Some(site) = crate::query::read_profiles(&files, false)? else { return Ok(None) };
    let profile = profile(named, config)?;
    Ok(Some(BindOptions::default().with_profile_file(site, profile)))
}

fn profile(named: Option<ProfileArg>, config: &Config) -> anyhow::Result<Option<Profile>> {
    Ok(match (named, config.profile.as_deref()) {
        (Some(ProfileArg::Ibm), _) | (None, Some("ibm")) => Some(Profile::Ibm),
        (Some(ProfileArg::Raw), _) | (None, Some("raw")) => Some(Profile::Raw),
        (None, Some(other)) => return Err(anyhow!("aql.toml: there is no profile `{other}`")),
        (None, None) => None,
    })
}

fn write_findings(
    out: &mut impl Write,
    format: CheckFormat,
    colour: bool,
    found: &[(SourceText, Vec<Diagnostic>)],
) -> anyhow::Result<()> {
    let each = || found.iter().flat_map(|(s, list)| list.iter().map(move |d| (s, d)));
    match format {
        CheckFormat::Text => {
            for (source, diagnostic) in each() {
                writeln!(out, "{}\n", messages::text(diagnostic, Some(source), colour))?;
            }
        }
        CheckFormat::Json => {
            for (source, diagnostic) in each() {
                writeln!(out, "{}", render::json(diagnostic, Some(source)))?;
            }
        }
        CheckFormat::Github => {
            for (source, diagnostic) in each() {
                writeln!(out, "{}", render::github(diagnostic, source))?;
            }
        }
        CheckFormat::Sarif => {
            let list: Vec<_> = each().collect();
            writeln!(out, "{:#}", render::sarif(&list, env!("CARGO_PKG_VERSION")))?;
        }
    }
    Ok(())
}
