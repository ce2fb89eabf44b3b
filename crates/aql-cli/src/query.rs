//! `aql query`.

use std::fs;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail};
use aql_catalog::{Catalog, Profile};
use aql_diag::{Diagnostic, SourceText, codes};
use aql_engine::{Engine, Plan, RunOptions, RunOutcome, WindowMode, WindowPolicy};
use aql_eval::Context;
use aql_semantic::{BindOptions, BoundQuery, Mode, ProfileFile, bind_text};
use jiff::tz::TimeZone;

use crate::Outcome;
use crate::args::{ProfileArg, QueryArgs, QueryFormat, ReadArgs};
use crate::evidence::{self, Opened, ProgressGuard};
use crate::output::Sink;
use crate::rows::{Place, Shape, Writer};
use crate::{messages, site, summary};

pub(crate) fn run(args: &QueryArgs) -> anyhow::Result<Outcome> {
    let started = Instant::now();
    let quiet = args.evidence.read.quiet;
    let (source, paths) = query_and_paths(args)?;
    let timezone = timezone(&args.timezone)?;
    let (now, mode) = window(args.now.as_deref(), args.all_time, args.strict)?;
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
    let sink = Sink::open(args.evidence.output.as_deref())?;
    let job = Job {
        source: &source,
        query: &query,
        plan: &plan,
        opened: &opened,
        window: WindowPolicy { now, mode },
        format: args.format,
        shape: Shape::default(),
        read: &args.evidence.read,
        interrupted: None,
    };
    let done = job.run(sink, started)?;
    let incomplete = opened.incomplete || summary::is_incomplete(&done.outcome.report);
    let nothing_read = done.outcome.report.files.iter().all(|f| f.records == 0);
    let failed = !done.outcome.is_complete()
        || (args.evidence.read.strict_input && incomplete)
        || (incomplete && nothing_read);
    Ok(if failed { Outcome::Failed } else { Outcome::Done })
}

/// One run of a query that is ready: rows go to the sink, talk to standard error.
pub(crate) struct Job<'a> {
    pub(crate) source: &'a SourceText,
    pub(crate) query: &'a BoundQuery,
    pub(crate) plan: &'a Plan,
    pub(crate) opened: &'a Opened,
    pub(crate) window: WindowPolicy,
    pub(crate) format: Option<QueryFormat>,
    pub(crate) shape: Shape,
    pub(crate) read: &'a ReadArgs,
    /// Set by whoever wants the run to end.
    pub(crate) interrupted: Option<&'a AtomicBool>,
}

/// What came of a [`Job`].
pub(crate) struct Done {
    pub(crate) outcome: RunOutcome,
    /// Where the rows come from, if the shape asks for it.
    pub(crate) places: Vec<Place>,
}

impl Job<'_> {
    pub(crate) fn run(&self, mut sink: Sink, started: Instant) -> anyhow::Result<Done> {
        let quiet = self.read.quiet;
        let progress = ProgressGuard::start(self.opened, quiet);
        let default = if sink.terminal { QueryFormat::Table } else { QueryFormat::Jsonl };
        let format = self.format.unwrap_or(default);
        let mut writer = Writer::new(&mut sink, format, self.shape, self.query)?;
        let limit = self.query.time_limit.map(Duration::from_millis);
        let interrupted = || self.interrupted.is_some_and(|flag| flag.load(Ordering::Relaxed));
        let over = || limit.is_some_and(|limit| started.elapsed() > limit) || interrupted();
        let mut options = RunOptions::new(self.window);
        options.deadline = Some(&over);
        let mut failure = None;
        let mut cut = false;
        let mut outcome = self.plan.run(&self.opened.evidence, &options, &mut |batch| {
            if interrupted() {
                return ControlFlow::Break(());
            }
            match writer.rows(&batch) {
                Ok(flow) => {
                    cut = flow.is_break();
                    flow
                }
                Err(error) => {
                    failure = Some(error);
                    ControlFlow::Break(())
                }
            }
        });
        drop(progress);
        if let Some(error) = failure {
            return Err(error);
        }
        let written = writer.written;
        let places = writer.finish()?;
        sink.finish()?;
        summary::files(&outcome.report, self.read);
        if interrupted() {
            // The engine takes it for the time limit.
            outcome.diagnostics.retain(|d| d.code != codes::TIME_LIMIT);
        }
        // LIMIT may stop the reading before a record comes that a mapping is for.
        if self.query.limit.is_none() && !cut && !interrupted() {
            messages::diagnostics(&self.opened.mappings.unused(), None, quiet);
        }
        messages::diagnostics(&outcome.diagnostics, Some(self.source), quiet);
        if !quiet {
            messages::line(&summary::reading(&outcome.report, started.elapsed()));
            let s = if written == 1 { "" } else { "s" };
            let more = match (interrupted(), cut) {
                (true, _) => " so far: interrupted",
                (false, true) => ", and more: a table ends here; `.format jsonl` shows all",
                (false, false) => "",
            };
            messages::line(&format!("{} row{s}{more}", summary::thousands(written)));
        }
        Ok(Done { outcome, places })
    }
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
            let is_name = query.to_ascii_lowercase().ends_with(".aql")
                && !query.contains(char::is_whitespace);
            if is_name || Path::new(query).exists() {
                bail!(
                    "`{query}` is the name of a file, where the text of a query belongs; \
                     `--file {query}` reads the query from it"
                );
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

/// A time zone by its name or offset.
pub(crate) fn timezone(name: &str) -> anyhow::Result<TimeZone> {
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

/// The moment that counts as now, and what time clauses mean, by the flags.
pub(crate) fn window(
    now: Option<&str>,
    all_time: bool,
    strict: bool,
) -> anyhow::Result<(i64, WindowMode)> {
    let clock = wall_clock();
    if all_time {
        return Ok((clock, WindowMode::Ignore));
    }
    Ok(match now {
        // Strict means as the appliance: its clock, and nothing moved.
        None if strict => (clock, WindowMode::Honour),
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
