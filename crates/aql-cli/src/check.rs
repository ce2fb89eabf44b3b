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
use crate::{Outcome, evidence, messages, queries};

pub(crate) fn run(args: &CheckArgs) -> anyhow::Result<Outcome> {
    let (config, folder) = config(args)?;
    let profile_files: Vec<PathBuf> = config.profile_files.iter().map(|f| folder.join(f)).collect();
    let Some(site) = crate::query::read_profiles(&profile_files, false)? else {
        return Ok(Outcome::Failed);
    };
    let options = BindOptions::default().with_profile_file(site, profile(args, &config)?);
    let mut found: Vec<(SourceText, Vec<Diagnostic>)> = Vec::new();
    let mut out = std::io::stdout().lock();
    for file in queries::read(&args.paths)? {
        if !(args.fix || args.unsafe_fixes || args.diff) {
            let checked = check(&file.source.text, &options, &config, Catalog::get());
            found.push((file.source, checked.diagnostics));
            continue;
        }
        let fixes = if args.unsafe_fixes { Fixes::Unsafe } else { Fixes::Safe };
        let fixed = fix(&file.source.text, fixes, &options, &config, Catalog::get());
        if fixed.text != file.source.text {
            let name = &file.source.name;
            if args.diff {
                write!(out, "{}", queries::diff(name, &file.source.text, &fixed.text))?;
            } else if let Some(path) = &file.path {
                queries::rewrite(path, &fixed.text)?;
                messages::line(&format!("{name}: {} fixed", fixed.applied.len()));
            }
        }
        if file.path.is_none() && !args.diff {
            write!(out, "{}", fixed.text)?;
        }
        found.push((SourceText::new(file.source.name, fixed.text), fixed.left.diagnostics));
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
    let least = config.fail_on.unwrap_or(Severity::Warning);
    let fails = found.iter().any(|(_, list)| list.iter().any(|d| d.severity >= least));
    Ok(if fails { Outcome::Found } else { Outcome::Done })
}

/// The settings, and the folder that their paths are relative to.
fn config(args: &CheckArgs) -> anyhow::Result<(Config, PathBuf)> {
    let here = std::env::current_dir()?;
    let above = || here.ancestors().map(|a| a.join("aql.toml")).find(|p| p.is_file());
    let Some(path) = args.config.clone().or_else(above) else {
        return Ok((Config::default(), here));
    };
    let text =
        fs::read_to_string(&path).with_context(|| format!("{}: cannot be read", path.display()))?;
    let config = Config::read(&text).map_err(|e| anyhow!("{}: {e}", path.display()))?;
    Ok((config, path.parent().map_or(here, Path::to_path_buf)))
}

fn profile(args: &CheckArgs, config: &Config) -> anyhow::Result<Option<Profile>> {
    Ok(match (args.profile, config.profile.as_deref()) {
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
