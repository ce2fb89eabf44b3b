//! `aql emulate`.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use aql_catalog::similar_names;
use aql_emulate::{Emitted, FORMATS, Format, Kind, Library, Noise, Parameters, Test, left_out};
use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::Outcome;
use crate::messages;
use crate::output::{Sink, list};
use crate::query;

#[derive(Debug, Args)]
#[command(
    after_help = "docs/emulate.md has the tests, and what the pack finds of them in each format."
)]
pub(crate) struct EmulateArgs {
    /// Tests by name, or files of tests (`.toml`).
    #[arg(value_name = "TEST", required_unless_present = "list")]
    pub(crate) tests: Vec<String>,
    /// List the tests and formats.
    #[arg(long, conflicts_with_all = ["tests", "format", "show"])]
    pub(crate) list: bool,
    /// Show what a test is: its events, and how people would run it and clean up after it.
    #[arg(long, conflicts_with = "format")]
    pub(crate) show: bool,
    /// How to write the records.
    #[arg(long, value_name = "FORMAT", required_unless_present_any = ["list", "show"])]
    pub(crate) format: Option<String>,
    /// Name of the computer, without its domain.
    #[arg(long, value_name = "NAME", default_value = "WS-EMU-01", help_heading = "Scene")]
    pub(crate) host: String,
    /// Account name of whoever does it, without its domain.
    #[arg(long, value_name = "NAME", default_value = "megan.bowen", help_heading = "Scene")]
    pub(crate) user: String,
    /// DNS domain of computer and mailbox.
    #[arg(long, value_name = "DOMAIN", default_value = "contoso.example", help_heading = "Scene")]
    pub(crate) domain: String,
    /// Address of the computer.
    #[arg(long, value_name = "ADDRESS", default_value = "192.168.20.50", help_heading = "Scene")]
    pub(crate) ip: String,
    /// Address from which the tenant sees it.
    #[arg(long, value_name = "ADDRESS", default_value = "198.51.100.37", help_heading = "Scene")]
    pub(crate) client: String,
    /// Mail address outside that mail is forwarded to.
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "collector@mailbox.example.net",
        help_heading = "Scene"
    )]
    pub(crate) target: String,
    /// When the first test begins, such as `2026-11-10 09:14` (UTC); by default an hour ago.
    #[arg(long, value_name = "TIME", help_heading = "Scene")]
    pub(crate) time: Option<String>,
    /// What identifiers and noise are made from: the same seed gives the same bytes.
    #[arg(long, value_name = "N", default_value_t = 1, help_heading = "Scene")]
    pub(crate) seed: u64,
    /// Ordinary events of the same sources among them: this many a minute, from ten minutes before
    /// the first record to ten minutes after the last.
    #[arg(long, value_name = "RATE", default_value_t = 0.0, help_heading = "Scene")]
    pub(crate) noise: f64,
    /// Write the records to this file instead of standard output.
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
    /// Also write which record is of which event of which test: tab-separated, with a header.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) truth: Option<PathBuf>,
    /// Say nothing but errors on standard error.
    #[arg(long, short, help_heading = "Output")]
    pub(crate) quiet: bool,
}

pub(crate) fn run(args: &EmulateArgs) -> anyhow::Result<Outcome> {
    let mut library = Library::bundled()?;
    if args.list {
        return list_all(&library);
    }
    let mut names = Vec::new();
    for operand in &args.tests {
        names.push(name(operand, &mut library)?);
    }
    let tests = names.iter().map(|name| find(&library, name)).collect::<Result<Vec<_>, _>>()?;
    if args.show {
        return show(&tests);
    }
    let format = format(args.format.as_deref().unwrap_or_default())?;
    let parameters = parameters(args)?;
    let noise = Noise { per_minute: args.noise };
    let records = library.emulate(&tests, &parameters, noise)?;
    say_what_is_left_out(&tests, &records, format, args.quiet)?;
    let mut sink = Sink::open(args.output.as_deref())?;
    format.write(&records, &mut sink.out)?;
    sink.finish()?;
    if let Some(path) = &args.truth {
        truth(&tests, &format.carried(&records), path)?;
    }
    if !args.quiet && args.output.is_some() {
        let carried = format.carried(&records);
        let noise = carried.iter().filter(|record| record.test.is_none()).count();
        messages::line(&format!("{} records, {noise} of them noise", carried.len()));
    }
    Ok(Outcome::Done)
}

/// The name of a test; a file of one is read first.
fn name(operand: &str, library: &mut Library) -> anyhow::Result<String> {
    let path = Path::new(operand);
    if path.extension().is_none_or(|ending| ending != "toml") {
        return Ok(operand.to_owned());
    }
    let text =
        std::fs::read_to_string(path).with_context(|| format!("{operand}: cannot be read"))?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    library.add(Test::read(&name, &text)?);
    Ok(name)
}

fn find<'a>(library: &'a Library, name: &str) -> anyhow::Result<&'a Test> {
    if let Some(test) = library.test(name) {
        return Ok(test);
    }
    match similar_names(name, library.tests().map(|test| test.name.as_str())).first() {
        Some(first) => bail!("there is no test `{name}`; is it `{first}`?"),
        None => bail!("there is no test `{name}`; `aql emulate --list` lists them"),
    }
}

fn format(name: &str) -> anyhow::Result<&'static Format> {
    if let Some(format) = Format::find(name) {
        return Ok(format);
    }
    match similar_names(name, FORMATS.iter().map(|format| format.name)).first() {
        Some(first) => bail!("there is no format `{name}`; is it `{first}`?"),
        None => bail!("there is no format `{name}`; `aql emulate --list` lists them"),
    }
}

fn parameters(args: &EmulateArgs) -> anyhow::Result<Parameters> {
    let millis = match &args.time {
        Some(text) => aql_semantic::datetime::parse_absolute(text, &TimeZone::UTC)
            .ok_or_else(|| anyhow!("`{text}` is not a time; write `2026-11-10 09:14` (UTC)"))?,
        // So that all of it has happened, and LAST 24 HOURS sees it.
        None => query::wall_clock() - 3_600_000,
    };
    let start = Timestamp::from_millisecond(millis)?;
    Ok(Parameters {
        host: args.host.clone(),
        user: args.user.clone(),
        domain: args.domain.clone(),
        ip: args.ip.clone(),
        client: args.client.clone(),
        target: args.target.clone(),
        seed: args.seed,
        ..Parameters::at(start)
    })
}

/// Events that the format has no place for are named; a test of which nothing is left is an error.
fn say_what_is_left_out(
    tests: &[&Test],
    records: &[Emitted],
    format: &Format,
    quiet: bool,
) -> anyhow::Result<()> {
    let carries: Vec<&str> = format.sources.iter().map(|source| source.name()).collect();
    for test in tests {
        let left = left_out(records, test, format);
        let count: usize = left.iter().map(|kind| kind.events).sum();
        if count == 0 {
            continue;
        }
        let kinds: Vec<String> = left
            .iter()
            .map(|kind| {
                let sources: Vec<&str> = kind.sources.iter().map(|s| s.name()).collect();
                format!("{} {} ({})", kind.events, kind.action, sources.join(", "))
            })
            .collect();
        let all = test.events.len();
        let what = format!(
            "`{}` carries records of {}, and of this test there are only {}",
            format.name,
            carries.join(", "),
            kinds.join(", "),
        );
        if count == all {
            bail!("{}: no event can be written: {what}", test.name);
        }
        if !quiet {
            messages::line(&format!(
                "{}: {count} of {all} events are left out, which `{}` does not carry: {}",
                test.name,
                format.name,
                kinds.join(", ")
            ));
        }
    }
    Ok(())
}

fn truth(tests: &[&Test], carried: &[&Emitted], path: &Path) -> anyhow::Result<()> {
    let mut sink = Sink::open(Some(path))?;
    writeln!(sink.out, "record\ttime\ttest\tkind\tevent\taction\tsource")?;
    for (position, emitted) in carried.iter().enumerate() {
        let Some(test) = tests.iter().find(|t| Some(&t.name) == emitted.test.as_ref()) else {
            continue;
        };
        writeln!(
            sink.out,
            "{}\t{}\t{}\t{}\t{}\t{}\t{}",
            position + 1,
            emitted.time,
            test.name,
            kind(test),
            emitted.event + 1,
            test.events[emitted.event].action,
            emitted.source.name(),
        )?;
    }
    sink.finish()
}

fn kind(test: &Test) -> &'static str {
    match test.kind {
        Kind::Positive => "positive",
        Kind::Benign => "benign",
        Kind::Noise => "noise",
    }
}

fn list_all(library: &Library) -> anyhow::Result<Outcome> {
    let mut sink = Sink::open(None)?;
    let tests = library.tests().map(|test| {
        vec![test.name.clone(), kind(test).into(), test.attack.join(", "), test.title.clone()]
    });
    let tests = list(&["test", "kind", "ATT&CK", "what happens"], tests.collect(), sink.width);
    let formats = FORMATS.iter().map(|format| {
        let sources: Vec<&str> = format.sources.iter().map(|source| source.name()).collect();
        vec![format.name.into(), sources.join(", "), format.description.into()]
    });
    let formats = list(&["format", "records of", "what it is"], formats.collect(), sink.width);
    writeln!(sink.out, "{tests}\n\n{formats}")?;
    sink.finish()?;
    Ok(Outcome::Done)
}

/// A test for people.
fn show(tests: &[&Test]) -> anyhow::Result<Outcome> {
    let mut sink = Sink::open(None)?;
    for (position, test) in tests.iter().enumerate() {
        let out = &mut sink.out;
        if position > 0 {
            writeln!(out)?;
        }
        writeln!(out, "{}: {}", test.name, test.title)?;
        writeln!(out, "{}, {}", kind(test), test.attack.join(", "))?;
        if let Some(twin) = &test.twin {
            writeln!(out, "benign twin: {twin}")?;
        }
        if let Some(guid) = &test.atomic {
            writeln!(out, "Atomic Red Team: {guid}")?;
        }
        writeln!(out, "\n{}", test.description.trim())?;
        for (title, lines) in [("To run it", &test.steps), ("To clean up", &test.cleanup)] {
            if !lines.is_empty() {
                writeln!(out, "\n{title} (aql runs nothing):")?;
            }
            for (n, line) in lines.iter().enumerate() {
                writeln!(out, "{}. {line}", n + 1)?;
            }
        }
        writeln!(out, "\nEvents:")?;
        for event in &test.events {
            let process = event.process.as_deref().map(|p| format!(" by {p}")).unwrap_or_default();
            let operation = event.record.get("Operation").and_then(|o| o.as_str());
            let what = operation.or_else(|| event.with.get("path").map(String::as_str));
            let what = what.map(|w| format!(": {w}")).unwrap_or_default();
            writeln!(out, "{:>8.1} s  {}{process}{what}", event.at, event.action)?;
        }
    }
    sink.finish()?;
    Ok(Outcome::Done)
}
