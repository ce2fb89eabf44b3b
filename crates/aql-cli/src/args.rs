//! Flags.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::ArgPredicate;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::atomics::AtomicsArgs;
use crate::emulate::EmulateArgs;
use crate::sigma::SigmaArgs;
use crate::translate::TranslateArgs;

/// Runs IBM QRadar AQL detections over evidence files.
#[derive(Debug, Parser)]
#[command(name = "aql", version, about, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 nothing found or done, 1 something found, 2 could not run.")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Look for what the rules of a pack describe, in files and folders.
    Hunt(HuntArgs),
    /// Run one AQL query over files and folders.
    Query(QueryArgs),
    /// Ask questions in AQL, one after the other: a shell over files and folders.
    Repl(ReplArgs),
    /// Say why a rule matches an event or does not, and where the events of a run were lost.
    Why(WhyArgs),
    /// Say what files and folders hold, and which rules can see anything in it.
    Inspect(InspectArgs),
    /// Keep the events of files and folders as Parquet, to hunt and query in later.
    Import(ImportArgs),
    /// Check queries: what an appliance refuses, and what is unwise.
    Check(CheckArgs),
    /// Lay queries out in one canonical way.
    Fmt(FmtArgs),
    /// Write queries and packs in the languages of other platforms, and say what is lost.
    Translate(TranslateArgs),
    /// Say which tests of a checkout of Atomic Red Team are covered.
    Atomics(AtomicsArgs),
    /// Write the telemetry that a test of a technique would leave, without running it.
    Emulate(EmulateArgs),
    /// Run the cases of packs: is found what they expect, and nothing else?
    Test(TestArgs),
    /// Compare two runs of a hunt: which findings are gained, which are lost?
    Tune(TuneArgs),
    /// List, show and check packs of rules, and begin one.
    Pack {
        #[command(subcommand)]
        command: PackCommand,
    },
    /// Convert Sigma rules to AQL.
    Sigma(SigmaArgs),
    /// Explain a diagnostic code, such as AQL004.
    Explain(ExplainArgs),
    /// Serve an editor over standard input and output (Language Server Protocol).
    Lsp(LspArgs),
    /// List what queries can name: functions, fields, properties, types, QIDs, dialect options.
    Catalog(CatalogArgs),
}

/// A number of bytes: `1000`, `64K`, `64M`, `1G`, also `64MB` and `64MiB`.
fn size(text: &str) -> Result<usize, String> {
    let upper = text.trim().to_ascii_uppercase();
    let (digits, unit) =
        upper.split_at(upper.find(|c: char| !c.is_ascii_digit()).unwrap_or(upper.len()));
    let shift = match unit.trim_end_matches("IB").trim_end_matches('B') {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        _ => return Err("write bytes, or a number with K, M or G, such as `256M`".to_owned()),
    };
    let number: usize =
        digits.parse().map_err(|_| "write a number of bytes, such as `256M`".to_owned())?;
    match number.checked_mul(1 << shift) {
        Some(0) => Err("a record has at least one byte".to_owned()),
        Some(bytes) => Ok(bytes),
        None => Err("that is more than can be counted".to_owned()),
    }
}

/// A time in seconds, with a fraction if need be.
fn seconds(text: &str) -> Result<Duration, String> {
    let wrong = || "write a number of seconds above 0, such as `30` or `0.5`".to_owned();
    let seconds: f64 = text.trim().parse().map_err(|_| wrong())?;
    Duration::try_from_secs_f64(seconds).ok().filter(|time| !time.is_zero()).ok_or_else(wrong)
}

/// Flags about reading evidence.
/// How files are read, for every command that reads any.
#[derive(Clone, Debug, Args)]
pub(crate) struct ReadArgs {
    /// Threads that read and match; as many as there are cores by default.
    #[arg(long, value_name = "N", env = "AQL_THREADS", help_heading = "Evidence")]
    pub(crate) threads: Option<usize>,
    /// Longest record that is read: bytes, or with K, M or G.
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "64M", help_heading = "Evidence")]
    pub(crate) max_record: usize,
    /// Give up a file that takes longer than this many seconds, and go on with the next.
    #[arg(long, value_name = "SECONDS", value_parser = seconds, help_heading = "Evidence")]
    pub(crate) max_file_seconds: Option<Duration>,
    /// Read CSV and JSON of your own as this file says (docs/formats.md). May be repeated; the first
    /// that is for a record counts.
    #[arg(long, value_name = "FILE", help_heading = "Evidence")]
    pub(crate) mapping: Vec<PathBuf>,
    /// Fail (exit code 2) if any file cannot be read whole.
    #[arg(long, help_heading = "Evidence")]
    pub(crate) strict_input: bool,
    /// Say everything about files that do not read whole, not one line each.
    #[arg(long, short, conflicts_with = "quiet", help_heading = "Output")]
    pub(crate) verbose: bool,
    /// Say nothing but errors on standard error.
    #[arg(long, short, help_heading = "Output")]
    pub(crate) quiet: bool,
}

#[derive(Debug, Args)]
pub(crate) struct EvidenceArgs {
    #[command(flatten)]
    pub(crate) read: ReadArgs,
    /// Merge like events as an appliance does that coalesces: from the fourth within ten seconds on,
    /// one record stands for all. Evidence is read twice.
    #[arg(long, help_heading = "Evidence")]
    pub(crate) coalesce: bool,
    /// Folder of what a site knows: reference sets, assets, networks (docs/context.md).
    #[arg(long, value_name = "DIR", env = "AQL_CONTEXT", help_heading = "Evidence")]
    pub(crate) context: Option<PathBuf>,
    /// Write the result to this file instead of standard output.
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
}

/// What the flags say where none is given.
impl Default for EvidenceArgs {
    fn default() -> Self {
        let read = ReadArgs {
            threads: None,
            max_record: 64 << 20,
            max_file_seconds: None,
            mapping: Vec::new(),
            strict_input: false,
            verbose: false,
            quiet: false,
        };
        EvidenceArgs { read, coalesce: false, context: None, output: None }
    }
}

#[derive(Debug, Args)]
pub(crate) struct HuntArgs {
    /// Files, folders and quoted patterns (`logs/**/*.evtx`) of evidence, stores of `aql import`,
    /// `-` for standard input. Folders are read whole.
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// A pack: the name of one in the binary, or a folder. May be repeated.
    #[arg(long, value_name = "PACK", default_value = "t1114-email-collection")]
    #[arg(default_value_if("sigma", ArgPredicate::IsPresent, None::<&str>))]
    pub(crate) pack: Vec<String>,
    /// Sigma rules: files, or folders of them. May be repeated; with `--pack` both are hunted with.
    #[arg(long, value_name = "PATH")]
    pub(crate) sigma: Vec<PathBuf>,
    /// Only rules of this name. May be repeated.
    #[arg(long, value_name = "RULE")]
    pub(crate) rule: Vec<String>,
    /// Only rules of this level and above.
    #[arg(long, value_name = "LEVEL", default_value = "informational")]
    pub(crate) level: LevelArg,
    /// Only events from this time on: `2026-11-10` or `2026-11-10 08:30` (UTC).
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,
    /// Only events before this time.
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<String>,
    /// Read names, properties and dialect options of a site from this file (docs/profiles.md), for
    /// all rules. May be repeated; a later file counts more.
    #[arg(long, value_name = "FILE")]
    pub(crate) profile_file: Vec<PathBuf>,
    /// Values for the rules' parameters, and findings that are known: a file, or the name of a ready
    /// tuning of the pack (docs/packs.md). May be repeated; a later one counts more.
    #[arg(long, value_name = "TUNING")]
    pub(crate) tuning: Vec<String>,
    /// Refuse rules that the appliance would refuse, instead of repairing them.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Show every remark about the rules.
    #[arg(long, help_heading = "Output")]
    pub(crate) diagnostics: bool,
    /// Layout of the findings; a table on a terminal, JSONL otherwise.
    #[arg(long, value_name = "FORMAT", help_heading = "Output")]
    pub(crate) format: Option<HuntFormat>,
    #[command(flatten)]
    pub(crate) evidence: EvidenceArgs,
}

#[derive(Debug, Args)]
pub(crate) struct QueryArgs {
    /// The query, then files, folders and quoted patterns (`logs/**/*.evtx`) of evidence, stores of
    /// `aql import`, `-` for standard input; with `--file` only these.
    #[arg(value_name = "QUERY|PATH", required = true)]
    pub(crate) operands: Vec<String>,
    /// Read the query from this file.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Whose property names the query uses; `ibm`, unless a profile file says otherwise.
    #[arg(long, value_name = "PROFILE", env = "AQL_PROFILE")]
    pub(crate) profile: Option<ProfileArg>,
    /// Read names, properties and dialect options of a site from this file (docs/profiles.md). May
    /// be repeated; a later file counts more.
    #[arg(long, value_name = "FILE")]
    pub(crate) profile_file: Vec<PathBuf>,
    /// Refuse what the appliance would refuse, instead of repairing it.
    #[arg(long)]
    pub(crate) strict: bool,
    /// The moment that LAST counts from: a time (UTC), `wall` for the clock, `newest` for the
    /// newest event. By default the clock; and if no event lies in that window, all of the
    /// evidence is read, with a warning.
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<String>,
    /// Read all of the evidence, whatever the time clause says.
    #[arg(long, conflicts_with = "now")]
    pub(crate) all_time: bool,
    /// Time zone of times without one, and of DATEFORMAT: `UTC`, `+02:00`, `Europe/Berlin`.
    #[arg(long, value_name = "ZONE", default_value = "UTC", env = "AQL_TIMEZONE")]
    pub(crate) timezone: String,
    /// Layout of the rows; a table on a terminal, JSONL otherwise. `json` is the shape of
    /// QRadar's REST API.
    #[arg(long, value_name = "FORMAT", help_heading = "Output")]
    pub(crate) format: Option<QueryFormat>,
    #[command(flatten)]
    pub(crate) evidence: EvidenceArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ReplArgs {
    /// Files, folders and quoted patterns (`logs/**/*.evtx`) of evidence, stores of `aql import`.
    #[arg(value_name = "EVIDENCE")]
    pub(crate) paths: Vec<PathBuf>,
    /// Whose property names the queries use; `ibm`, unless a profile file says otherwise.
    #[arg(long, value_name = "PROFILE", env = "AQL_PROFILE")]
    pub(crate) profile: Option<ProfileArg>,
    /// Read names, properties and dialect options of a site from this file (docs/profiles.md). May
    /// be repeated; a later file counts more.
    #[arg(long, value_name = "FILE")]
    pub(crate) profile_file: Vec<PathBuf>,
    /// Refuse what the appliance would refuse, instead of repairing it.
    #[arg(long)]
    pub(crate) strict: bool,
    /// The moment that LAST counts from: a time (UTC), `wall` for the clock, `newest` for the
    /// newest event; as for `aql query`.
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<String>,
    /// Read all of the evidence, whatever time clauses say.
    #[arg(long, conflicts_with = "now")]
    pub(crate) all_time: bool,
    /// Time zone of times without one, and of DATEFORMAT: `UTC`, `+02:00`, `Europe/Berlin`.
    #[arg(long, value_name = "ZONE", default_value = "UTC", env = "AQL_TIMEZONE")]
    pub(crate) timezone: String,
    /// Merge like events as an appliance does that coalesces: from the fourth within ten seconds on,
    /// one record stands for all. Evidence is read twice.
    #[arg(long, help_heading = "Evidence")]
    pub(crate) coalesce: bool,
    /// Folder of what a site knows: reference sets, assets, networks (docs/context.md).
    #[arg(long, value_name = "DIR", env = "AQL_CONTEXT", help_heading = "Evidence")]
    pub(crate) context: Option<PathBuf>,
    /// Layout of the rows; a table on a terminal, JSONL otherwise.
    #[arg(long, value_name = "FORMAT", help_heading = "Output")]
    pub(crate) format: Option<QueryFormat>,
    /// Where the lines of earlier sessions are kept; by default in the user's folder for data.
    /// Empty: nowhere.
    #[arg(long, value_name = "FILE", env = "AQL_HISTORY", help_heading = "Shell")]
    pub(crate) history: Option<PathBuf>,
    /// Keep no history, and read none.
    #[arg(long, help_heading = "Shell")]
    pub(crate) no_history: bool,
    /// Print each line of a pipe before what comes of it.
    #[arg(long, help_heading = "Shell")]
    pub(crate) echo: bool,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("condition").required(true).args(["rule", "query"]))]
#[command(group = clap::ArgGroup::new("events").required(true).args(["event", "paths"]))]
pub(crate) struct WhyArgs {
    /// Files, folders and quoted patterns of evidence: counts how many events get past each
    /// condition.
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// The rule of a pack that is explained.
    #[arg(long, value_name = "RULE")]
    pub(crate) rule: Option<String>,
    /// A pack: the name of one in the binary, or a folder. May be repeated.
    #[arg(long, value_name = "PACK", default_value = "t1114-email-collection")]
    pub(crate) pack: Vec<String>,
    /// A query that is explained, instead of a rule: its text, or a file that holds it.
    #[arg(long, value_name = "TEXT|FILE")]
    pub(crate) query: Option<String>,
    /// One event: `FILE:RECORD` with file and record as a finding shows them, a file that holds one
    /// event, or `-` for one event on standard input, in any format that is read.
    #[arg(long, value_name = "FILE:RECORD", conflicts_with = "coalesce")]
    pub(crate) event: Option<String>,
    /// Whose property names a query uses; `ibm`, unless a profile file says otherwise.
    #[arg(long, value_name = "PROFILE", env = "AQL_PROFILE")]
    pub(crate) profile: Option<ProfileArg>,
    /// Read names, properties and dialect options of a site from this file (docs/profiles.md). May
    /// be repeated; a later file counts more.
    #[arg(long, value_name = "FILE")]
    pub(crate) profile_file: Vec<PathBuf>,
    /// Values for the rules' parameters: a file, or the name of a ready tuning of the pack
    /// (docs/packs.md). May be repeated; a later one counts more. Suppressions are left aside.
    #[arg(long, value_name = "TUNING")]
    pub(crate) tuning: Vec<String>,
    /// Layout: text for people, or one JSON document.
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub(crate) format: InspectFormat,
    #[command(flatten)]
    pub(crate) evidence: EvidenceArgs,
}

#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// Files, folders and quoted patterns (`logs/**/*.evtx`) of evidence, stores of `aql import`,
    /// `-` for standard input. Folders are read whole.
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// A pack whose rules are asked: the name of one in the binary, or a folder. May be repeated.
    #[arg(long, value_name = "PACK", default_value = "t1114-email-collection")]
    pub(crate) pack: Vec<String>,
    /// Also list the fields of the raw records, not only QRadar's properties.
    #[arg(long, help_heading = "Output")]
    pub(crate) fields: bool,
    /// Layout: text for people, or one JSON document.
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub(crate) format: InspectFormat,
    #[command(flatten)]
    pub(crate) evidence: EvidenceArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// Files, folders and quoted patterns (`logs/**/*.evtx`) of evidence, or `-` for standard input.
    /// Folders are read whole.
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// The folder of the store: a new one, or one that more is added to.
    #[arg(long = "output", short = 'o', value_name = "STORE")]
    pub(crate) store: PathBuf,
    /// Memory in which events are sorted; what is more is sorted on the disk of the store.
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "64M")]
    pub(crate) memory: usize,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Files with one query each, folders (every `.aql` file in them), or `-` for standard input.
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// Apply the fixes that keep what the author meant; files are rewritten.
    #[arg(long, help_heading = "Fixes")]
    pub(crate) fix: bool,
    /// Apply also those that may change which events are found.
    #[arg(long, help_heading = "Fixes")]
    pub(crate) unsafe_fixes: bool,
    /// Show what the fixes would change, and rewrite nothing.
    #[arg(long, help_heading = "Fixes")]
    pub(crate) diff: bool,
    /// Run each query before and after its fixes over this evidence, and show which rows it gains
    /// and loses. May be repeated.
    #[arg(long, value_name = "EVIDENCE", help_heading = "Fixes")]
    pub(crate) prove: Vec<PathBuf>,
    /// Folder of what a site knows, for --prove (docs/context.md).
    #[arg(long, value_name = "DIR", env = "AQL_CONTEXT", help_heading = "Fixes")]
    pub(crate) context: Option<PathBuf>,
    /// Settings; by default the `aql.toml` of this folder or of one above it.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Whose property names the queries use.
    #[arg(long, value_name = "PROFILE", env = "AQL_PROFILE")]
    pub(crate) profile: Option<ProfileArg>,
    /// Accept the findings of this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write all findings of this run to the baseline file.
    #[arg(long, requires = "baseline")]
    pub(crate) write_baseline: bool,
    /// Layout of the findings.
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub(crate) format: CheckFormat,
}

#[derive(Debug, Args)]
pub(crate) struct FmtArgs {
    /// Files with one query each, folders (every `.aql` file in them), or `-` for standard input.
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// Rewrite nothing; exit code 1 if a file is not in the canonical layout.
    #[arg(long)]
    pub(crate) check: bool,
    /// Show what would change, and rewrite nothing.
    #[arg(long)]
    pub(crate) diff: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    Text,
    Json,
    Sarif,
    Github,
}

#[derive(Debug, Args)]
pub(crate) struct LspArgs {
    /// Settings; by default the `aql.toml` of this folder or of one above it.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Whose property names the queries use.
    #[arg(long, value_name = "PROFILE", env = "AQL_PROFILE")]
    pub(crate) profile: Option<ProfileArg>,
    /// Folder of what a site knows: its reference sets are completed (docs/context.md).
    #[arg(long, value_name = "DIR", env = "AQL_CONTEXT")]
    pub(crate) context: Option<PathBuf>,
    /// Accepted for editors that add it; there is no other way to talk.
    #[arg(long, hide = true)]
    pub(crate) stdio: bool,
}

#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Folders of packs, or names of packs below `packs`; without one, this folder or all below
    /// `packs`.
    #[arg(value_name = "PACK")]
    pub(crate) packs: Vec<String>,
    /// Only the case of this name. May be repeated.
    #[arg(long, value_name = "CASE")]
    pub(crate) case: Vec<String>,
    /// A tuning laid over those of the cases: a file, or the name of a ready tuning of the pack. A
    /// positive case that it silences fails. May be repeated.
    #[arg(long, value_name = "TUNING")]
    pub(crate) tuning: Vec<String>,
    /// Instead of the cases, print which rule found which adversary test, as Markdown.
    #[arg(long, conflicts_with_all = ["case", "tuning", "format"], group = "written")]
    pub(crate) coverage: bool,
    /// Instead of the cases, print what this rule, which holds a published query, finds, misses and
    /// falsely finds beside the other rules of the pack, as Markdown.
    #[arg(
        long,
        value_name = "RULE",
        conflicts_with_all = ["case", "tuning", "format"],
        group = "written"
    )]
    pub(crate) beside: Option<String>,
    /// Instead of the cases, hunt in this benign evidence and count findings per million records;
    /// a rule above the `max_per_million` of its facts fails. May be repeated.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["case", "coverage", "beside"])]
    pub(crate) baseline: Vec<PathBuf>,
    /// Which records of the evidence are attacks: a file, or the name of labels of the pack. They do
    /// not count as benign, and one that no rule finds fails.
    #[arg(long, value_name = "LABELS", requires = "baseline", group = "written")]
    pub(crate) labels: Option<String>,
    /// Put the tables into the README of the pack, between its marks; with `--labels`, what was
    /// measured into its `results`.
    #[arg(long, requires = "written")]
    pub(crate) write: bool,
    /// Layout: text for people, or one JSON object per case and way.
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub(crate) format: TestFormat,
    /// Also write the results as JUnit XML to this file.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) junit: Option<PathBuf>,
    /// Only the cases that fail, and the last line.
    #[arg(long, short, help_heading = "Output")]
    pub(crate) quiet: bool,
    /// Write the result to this file instead of standard output.
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct TuneArgs {
    /// Two files of findings, before and after, as `aql hunt --format jsonl` writes them; with
    /// `--tuning`, evidence.
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// Hunt in the evidence without and with this tuning: a file, or the name of a ready tuning of the
    /// pack. May be repeated.
    #[arg(long, value_name = "TUNING", help_heading = "Hunting")]
    pub(crate) tuning: Vec<String>,
    /// A tuning that counts in both hunts, such as the one in use. May be repeated.
    #[arg(long, value_name = "TUNING", requires = "tuning", help_heading = "Hunting")]
    pub(crate) base: Vec<String>,
    /// The pack to hunt with: one in the binary, or a folder. May be repeated.
    #[arg(
        long,
        value_name = "PACK",
        default_value = "t1114-email-collection",
        help_heading = "Hunting"
    )]
    pub(crate) pack: Vec<String>,
    #[command(flatten)]
    pub(crate) evidence: EvidenceArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PackCommand {
    /// Make the folder of a new pack, with a rule, two cases, and what is left to write marked.
    New {
        /// The folder; its name is that of the pack.
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
        /// The ATT&CK technique that the pack is about.
        #[arg(long, value_name = "TECHNIQUE", default_value = "T0000")]
        technique: String,
    },
    /// Check packs: facts, queries, references, and whether every rule has a case and a twin.
    Check {
        /// Folders of packs, or names of packs below `packs`; without one, this folder or all below
        /// `packs`.
        #[arg(value_name = "PACK")]
        packs: Vec<String>,
        /// Only errors, and the last line.
        #[arg(long, short)]
        quiet: bool,
    },
    /// List the packs in the binary and below `packs`.
    List,
    /// Show a pack, or one of its rules, as a page.
    Show {
        /// The name of a pack in the binary, or a folder.
        #[arg(value_name = "PACK")]
        pack: String,
        /// The name of a rule.
        #[arg(value_name = "RULE")]
        rule: Option<String>,
        /// Layout of the page.
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: PageFormat,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PageFormat {
    Text,
    Markdown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TestFormat {
    Text,
    Jsonl,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// A code; without one, all codes are listed.
    #[arg(value_name = "CODE")]
    pub(crate) code: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct CatalogArgs {
    /// What to list.
    #[arg(value_name = "WHAT")]
    pub(crate) list: CatalogList,
    /// Only what has this text in its name, in any case; or this number.
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Layout; a table on a terminal, JSONL otherwise.
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<CatalogFormat>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CatalogList {
    /// Functions: signature, meaning, an example and its result.
    Functions,
    /// Built-in fields of events, flows and simarc.
    Fields,
    /// Custom properties with their other names.
    Properties,
    /// Log source types.
    Types,
    /// Kinds of events.
    Qids,
    /// Categories of both levels.
    Categories,
    /// Options of the dialect, for profile files.
    Dialect,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CatalogFormat {
    Table,
    Jsonl,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum InspectFormat {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum HuntFormat {
    /// A table for the terminal.
    Table,
    /// One JSON object per finding.
    Jsonl,
    /// One row per finding, safe to open in a spreadsheet.
    Csv,
    /// One self-contained page for browsers and paper.
    Html,
    /// Markdown for tickets and wikis.
    Markdown,
    /// A layer of the ATT&CK Navigator (format 4.5).
    Navigator,
    /// SARIF 2.1.0.
    Sarif,
    /// JSON Lines for Timesketch.
    Timesketch,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum QueryFormat {
    Table,
    Json,
    Jsonl,
    Csv,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProfileArg {
    /// As IBM's content extensions name and fill properties.
    Ibm,
    /// As the log names and fills its fields.
    Raw,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LevelArg {
    Informational,
    Low,
    Medium,
    High,
    Critical,
}

#[cfg(test)]
mod tests {
    use super::{seconds, size};

    #[test]
    fn sizes() {
        for (text, bytes) in
            [("1000", 1000), ("64k", 64 << 10), ("64MiB", 64 << 20), ("1gb", 1 << 30)]
        {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "0", "M", "-1", "1.5M", "64X", "99999999999999999999", "99999999999999G"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn times() {
        assert_eq!(seconds("0.5").map(|time| time.as_millis()), Ok(500));
        for text in ["", "0", "-1", "nan", "inf", "1s"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
