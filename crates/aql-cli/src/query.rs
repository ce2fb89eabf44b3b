//! `aql query`.

use std::fs;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail};
use aql_catalog::{Catalog, Profile};
use aql_diag::{Diagnostic, SourceText};
use aql_engine::{Engine, RunOptions, WindowMode, WindowPolicy};
use aql_eval::Context;
use aql_pack::{cell_json, cell_text};
use aql_semantic::{BindOptions, Mode, ProfileFile, bind_text};
use arrow_array::RecordBatch;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use crate::Outcome;
use crate::args::{ProfileArg, QueryArgs, QueryFormat};
use crate::evidence::{self, ProgressGuard};
use crate::output::{Sink, distinct_names, table};
use crate::{messages, site, summary};

pub(crate) fn run(args: &QueryArgs) -> anyhow::Result<Outcome> {
    let started = Instant::now();
    let quiet = args.evidence.read.quiet;
    let (source, paths) = query_and_paths(args)?;
    let timezone = timezone(&args.timezone)?;
    let (now, mode) = window(args)?;
    let profile = args.profile.map(base_profile);
    let Some(profile_file) = read_profiles(&args.profile_file, quiet)? else {
        return Ok(Outcome::Failed);
    };
    let options = BindOptions {
        mode: if args.strict { Mode::Strict } else { Mode::Lenient },
        timezone: timezone.clone(),
        ..BindOptions::default()
    };
    let options = options.with_profile_file(profile_file, profile);
    let bound = bind_text(&source.text, &options, Catalog::get());
    messages::diagnostics(&bound.diagnostics, Some(&source), quiet);
    let Some(query) = bound.query else { return Ok(Outcome::Failed) };
    let mut cx = Context::new(Catalog::get(), now);
    cx.timezone = timezone;
    cx.site = site::load(&args.evidence)?;
    let cx = Arc::new(cx);
    let plan = match Engine::prepare(&query, &cx) {
        Ok(plan) => plan,
        Err(problems) => {
            messages::diagnostics(&problems, Some(&source), quiet);
            return Ok(Outcome::Failed);
        }
    };
    messages::diagnostics(&plan.notes(), Some(&source), quiet);

    let opened = evidence::open(&paths, &args.evidence)?;
    let progress = ProgressGuard::start(&opened, quiet);
    let mut sink = Sink::open(args.evidence.output.as_deref())?;
    let format =
        args.format.unwrap_or(if sink.terminal { QueryFormat::Table } else { QueryFormat::Jsonl });
    let names: Vec<String> = plan.columns().iter().map(|(name, _)| name.clone()).collect();
    let mut writer = Writer::new(&mut sink, format, names, &query.source)?;
    let limit = query.time_limit.map(Duration::from_millis);
    let deadline = || limit.is_some_and(|limit| started.elapsed() > limit);
    let mut options = RunOptions::new(WindowPolicy { now, mode });
    options.deadline = Some(&deadline);
    let mut failure = None;
    let outcome = plan.run(&opened.evidence, &options, &mut |batch| match writer.rows(batch) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            failure = Some(error);
            ControlFlow::Break(())
        }
    });
    drop(progress);
    if let Some(error) = failure {
        return Err(error);
    }
    writer.finish()?;
    sink.finish()?;
    summary::files(&outcome.report, &args.evidence.read);
    // LIMIT may stop the reading before a record comes that a mapping is for.
    if query.limit.is_none() {
        messages::diagnostics(&opened.mappings.unused(), None, quiet);
    }
    messages::diagnostics(&outcome.diagnostics, Some(&source), quiet);
    if !quiet {
        messages::line(&summary::reading(&outcome.report, started.elapsed()));
        let s = if outcome.rows == 1 { "" } else { "s" };
        messages::line(&format!("{} row{s}", summary::thousands(outcome.rows)));
    }
    let incomplete = opened.incomplete || summary::is_incomplete(&outcome.report);
    let nothing_read = outcome.report.files.iter().all(|f| f.records == 0);
    let failed = !outcome.is_complete()
        || (args.evidence.read.strict_input && incomplete)
        || (incomplete && nothing_read);
    Ok(if failed { Outcome::Failed } else { Outcome::Done })
}

/// The profile of a flag.
pub(crate) fn base_profile(profile: ProfileArg) -> Profile {
    match profile {
        ProfileArg::Ibm => Profile::Ibm,
        ProfileArg::Raw => Profile::Raw,
    }
}

/// The one place that reads the clock.
#[expect(clippy::disallowed_methods, reason = "the command is where the clock is read")]
pub(crate) fn wall_clock() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}

fn query_and_paths(args: &QueryArgs) -> anyhow::Result<(SourceText, Vec<PathBuf>)> {
    let paths_read_stdin = |paths: &[String]| paths.iter().any(|path| path == "-");
    let text_reads_stdin =
        args.file.iter().chain(&args.profile_file).any(|file| evidence::is_stdin(file));
    if text_reads_stdin && paths_read_stdin(&args.operands) {
        bail!(
            "standard input cannot be both the evidence and a file of the command line: `-` is \
             given twice; write one of them to a file"
        );
    }
    let (source, paths) = match &args.file {
        Some(file) => (read_text(file)?, args.operands.as_slice()),
        None => {
            let (query, paths) = args.operands.split_first().ok_or_else(|| anyhow!("no query"))?;
            if paths.is_empty() && Path::new(query).exists() {
                bail!("`{query}` is a file; write the query first, or give it with --file");
            }
            (SourceText::new("query", query.clone()), paths)
        }
    };
    if paths.is_empty() {
        bail!("no evidence: name files or folders after the query");
    }
    Ok((source, paths.iter().map(PathBuf::from).collect()))
}

/// All profile files laid over each other; nothing if one of them has an error.
pub(crate) fn read_profiles(files: &[PathBuf], quiet: bool) -> anyhow::Result<Option<ProfileFile>> {
    let mut all = ProfileFile::default();
    let mut failed = false;
    for file in files {
        let source = read_text(file)?;
        let (profile, diagnostics) = ProfileFile::parse(&source.text);
        messages::diagnostics(&diagnostics, Some(&source), quiet);
        failed |= diagnostics.iter().any(Diagnostic::is_error);
        all = all.then(profile);
    }
    Ok((!failed).then_some(all))
}

/// A file of text, or standard input if it is called `-`.
pub(crate) fn read_text(file: &Path) -> anyhow::Result<SourceText> {
    let name = file.display().to_string();
    let bytes = if name == "-" {
        let mut bytes = Vec::new();
        io::stdin().read_to_end(&mut bytes)?;
        bytes
    } else {
        fs::read(file).with_context(|| format!("{name}: cannot be read"))?
    };
    let text = String::from_utf8(bytes)
        .map_err(|e| anyhow!("{name}: not UTF-8 at byte {}", e.utf8_error().valid_up_to()))?;
    let text = text.strip_prefix('\u{feff}').map(str::to_string).unwrap_or(text);
    Ok(SourceText::new(name, text))
}

fn timezone(name: &str) -> anyhow::Result<TimeZone> {
    if name.eq_ignore_ascii_case("utc") || name == "Z" {
        return Ok(TimeZone::UTC);
    }
    if let Some(offset) = fixed_offset(name) {
        return Ok(TimeZone::fixed(offset));
    }
    TimeZone::get(name).map_err(|_| {
        anyhow!(
            "unknown time zone `{name}`; write `UTC`, `+02:00` or a name such as `Europe/Berlin`"
        )
    })
}

/// `+02:00`, `-0530`, `+2`.
fn fixed_offset(text: &str) -> Option<jiff::tz::Offset> {
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let digits = rest.replace(':', "");
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = match digits.len() {
        1 | 2 => (digits.parse::<i32>().ok()?, 0),
        4 => (digits[..2].parse().ok()?, digits[2..].parse().ok()?),
        _ => return None,
    };
    if minutes > 59 {
        return None;
    }
    jiff::tz::Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

fn window(args: &QueryArgs) -> anyhow::Result<(i64, WindowMode)> {
    let clock = wall_clock();
    if args.all_time {
        return Ok((clock, WindowMode::Ignore));
    }
    Ok(match args.now.as_deref() {
        // Strict means as the appliance: its clock, and nothing moved.
        None if args.strict => (clock, WindowMode::Honour),
        None => (clock, WindowMode::Auto),
        Some("wall") => (clock, WindowMode::Honour),
        Some("newest") => (clock, WindowMode::Newest),
        Some(text) => {
            let at =
                aql_semantic::datetime::parse_absolute(text, &TimeZone::UTC).ok_or_else(|| {
                    anyhow!(
                        "`{text}` is not a time; write `2026-11-10 08:30` (UTC), `wall` or `newest`"
                    )
                })?;
            (at, WindowMode::Honour)
        }
    })
}

/// Rows in one of the layouts.
struct Writer<'a> {
    sink: &'a mut Sink,
    format: QueryFormat,
    names: Vec<String>,
    /// Rows of a table wait for the end: its columns are as wide as the widest value.
    table: Vec<Vec<String>>,
    written: u64,
}

impl<'a> Writer<'a> {
    fn new(
        sink: &'a mut Sink,
        format: QueryFormat,
        names: Vec<String>,
        source: &aql_semantic::Source,
    ) -> anyhow::Result<Self> {
        let database = match source {
            aql_semantic::Source::Flows => "flows",
            _ => "events",
        };
        let mut writer = Writer { sink, format, names, table: Vec::new(), written: 0 };
        match format {
            QueryFormat::Json => write!(writer.sink.out, "{{\"{database}\":[")?,
            QueryFormat::Csv => writer.csv_row(&writer.names.clone())?,
            QueryFormat::Table | QueryFormat::Jsonl => {}
        }
        if matches!(format, QueryFormat::Json | QueryFormat::Jsonl) {
            writer.names = distinct_names(&writer.names);
        }
        Ok(writer)
    }

    fn csv_row(&mut self, row: &[String]) -> anyhow::Result<()> {
        let mut writer = csv::Writer::from_writer(&mut self.sink.out);
        writer.write_record(row)?;
        writer.flush()?;
        Ok(())
    }

    fn rows(&mut self, batch: RecordBatch) -> anyhow::Result<()> {
        for row in 0..batch.num_rows() {
            match self.format {
                QueryFormat::Table => {
                    let cells = batch.columns().iter().map(|c| cell_text(c, row)).collect();
                    self.table.push(cells);
                }
                QueryFormat::Csv => {
                    let cells: Vec<_> = batch.columns().iter().map(|c| cell_text(c, row)).collect();
                    self.csv_row(&cells)?;
                }
                QueryFormat::Json | QueryFormat::Jsonl => {
                    let object: Map<String, Value> = self
                        .names
                        .iter()
                        .zip(batch.columns())
                        .map(|(name, column)| (name.clone(), cell_json(column, row)))
                        .collect();
                    let out = &mut self.sink.out;
                    if self.format == QueryFormat::Json {
                        out.write_all(if self.written > 0 { b",\n" } else { b"\n" })?;
                        serde_json::to_writer(out, &object)?;
                    } else {
                        serde_json::to_writer(&mut *out, &object)?;
                        out.write_all(b"\n")?;
                    }
                }
            }
            self.written += 1;
        }
        Ok(())
    }

    fn finish(self) -> anyhow::Result<()> {
        match self.format {
            QueryFormat::Json => writeln!(self.sink.out, "\n]}}")?,
            QueryFormat::Table if !self.table.is_empty() => {
                let text = table(&self.names, self.table, self.sink.terminal);
                writeln!(self.sink.out, "{text}")?;
            }
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::fixed_offset;

    #[test]
    fn fixed_offsets() {
        let seconds = |t| fixed_offset(t).map(jiff::tz::Offset::seconds);
        assert_eq!(seconds("+02:00"), Some(7200));
        assert_eq!(seconds("-0530"), Some(-19_800));
        assert_eq!(seconds("+2"), Some(7200));
        assert_eq!(seconds("+02:75"), None);
        assert_eq!(seconds("+1é2"), None);
        assert_eq!(seconds("--5"), None);
        assert_eq!(seconds("Europe/Berlin"), None);
    }
}
