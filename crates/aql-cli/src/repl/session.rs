//! What a session knows, and how it carries out what it is told.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Context as _, bail};
use aql_catalog::{Catalog, Profile};
use aql_diag::codes::Code;
use aql_diag::{Diagnostic, Severity, SourceText};
use aql_engine::{Engine, WindowPolicy};
use aql_eval::{Context, SiteData};
use aql_event::provenance;
use aql_lsp::Settings;
use aql_semantic::bound::Output;
use aql_semantic::{BindOptions, BoundQuery, Expr, ExprKind, Mode, ProfileFile, Source, bind_text};

use crate::args::{EvidenceArgs, QueryFormat, ReplArgs};
use crate::evidence::{self, Opened};
use crate::output::Sink;
use crate::query::{self, Job};
use crate::repl::input::{Input, Splitter};
use crate::repl::{Flow, commands};
use crate::rows::{Place, Shape};
use crate::{messages, site, summary};

/// Rows of a table: more are no use on a screen, and a table is laid out in memory.
const MAX_TABLE: u64 = 10_000;
/// Files that read each other.
const MAX_DEPTH: usize = 16;

/// A session: what was said about evidence and queries, and the last result.
pub(crate) struct Session {
    pub(super) evidence: EvidenceArgs,
    pub(super) paths: Vec<PathBuf>,
    pub(super) opened: Option<Opened>,
    pub(super) site: SiteData,
    pub(super) profile: Option<Profile>,
    pub(super) profile_file: ProfileFile,
    pub(super) timezone: String,
    /// As `--now`, or `all`.
    pub(super) now: Option<String>,
    pub(super) format: Option<QueryFormat>,
    pub(super) last: Option<Last>,
    strict: bool,
    /// Set by Ctrl-C.
    interrupted: Arc<AtomicBool>,
    failed: bool,
    depth: usize,
    /// Codes of the notes that were shown: in a session once is enough.
    noted: HashSet<Code>,
}

/// The last query that ran.
pub(crate) struct Last {
    pub(super) source: SourceText,
    pub(super) query: BoundQuery,
    /// Where its rows come from; nothing if a row is no single event.
    pub(super) places: Option<Vec<Place>>,
    pub(super) rows: u64,
}

impl Session {
    /// A session as the flags say; nothing if a profile file has an error.
    pub(crate) fn new(args: &ReplArgs) -> anyhow::Result<Option<Session>> {
        let evidence = EvidenceArgs {
            read: args.read.clone(),
            coalesce: args.coalesce,
            context: args.context.clone(),
            output: None,
        };
        let Some(profile_file) = query::read_profiles(&args.profile_file, args.read.quiet)? else {
            return Ok(None);
        };
        query::timezone(&args.timezone)?;
        let now = args.all_time.then(|| "all".to_owned()).or_else(|| args.now.clone());
        let mut session = Session {
            site: site::load(&evidence)?,
            evidence,
            paths: Vec::new(),
            opened: None,
            profile: args.profile.map(query::base_profile),
            profile_file,
            timezone: args.timezone.clone(),
            now,
            format: args.format,
            last: None,
            strict: args.strict,
            interrupted: Arc::default(),
            failed: false,
            depth: 0,
            noted: HashSet::new(),
        };
        session.window()?;
        if !args.paths.is_empty() {
            let opened = evidence::open(&args.paths, &session.evidence)?;
            session.failed |= opened.incomplete;
            session.opened = Some(opened);
            session.paths = args.paths.clone();
        }
        Ok(Some(session))
    }

    /// Could anything not be carried out?
    pub(crate) fn has_failed(&self) -> bool {
        self.failed
    }

    /// From now on Ctrl-C ends the query that runs; a second one, before it has ended, the session.
    pub(crate) fn end_queries_with_ctrl_c(&self) -> anyhow::Result<()> {
        use signal_hook::consts::SIGINT;
        const BY_SIGNAL: i32 = 128 + 2;
        let flag = || Arc::clone(&self.interrupted);
        signal_hook::flag::register_conditional_shutdown(SIGINT, BY_SIGNAL, flag())
            .and_then(|_| signal_hook::flag::register(SIGINT, flag()))
            .context("Ctrl-C cannot be caught")?;
        Ok(())
    }

    /// Does somebody want the query that runs to end?
    pub(super) fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// Opens evidence in the place of what was open, if all of it can be opened.
    pub(super) fn open(&mut self, paths: Vec<PathBuf>) -> anyhow::Result<()> {
        if paths.iter().any(|path| evidence::is_stdin(path)) {
            bail!("`-` is no evidence here: standard input is where statements are read from");
        }
        let opened = evidence::open(&paths, &self.evidence)?;
        if opened.incomplete {
            bail!("nothing was opened; what is open: {}", self.evidence_line());
        }
        self.opened = Some(opened);
        self.paths = paths;
        self.last = None;
        Ok(())
    }

    /// The evidence that is open.
    pub(super) fn opened(&self) -> anyhow::Result<&Opened> {
        match &self.opened {
            Some(opened) => Ok(opened),
            None => bail!("no evidence is open; `.open PATH` opens files, folders and stores"),
        }
    }

    /// What is open, in words.
    pub(crate) fn evidence_line(&self) -> String {
        if self.paths.is_empty() {
            return "no evidence".to_owned();
        }
        let paths: Vec<String> = self.paths.iter().map(|p| p.display().to_string()).collect();
        paths.join(", ")
    }

    /// Carries out a command or a query. What goes wrong is said, and remembered for the exit code;
    /// errors are those of the output only.
    pub(crate) fn carry_out(&mut self, input: &Input) -> anyhow::Result<Flow> {
        self.interrupted.store(false, Ordering::Relaxed);
        let done = match input {
            Input::Command(text) => commands::run(self, text),
            Input::Statement(source) => self.query(source).map(|()| Flow::Next),
        };
        // A Ctrl-C that came too late ends nothing else.
        self.interrupted.store(false, Ordering::Relaxed);
        match done {
            Err(error) if crate::is_broken_pipe(&error) => Err(error),
            Err(error) => {
                self.failed = true;
                messages::fatal(&error);
                Ok(Flow::Next)
            }
            Ok(flow) => Ok(flow),
        }
    }

    /// Carries out the statements and commands of a file.
    pub(super) fn read(&mut self, file: &Path) -> anyhow::Result<Flow> {
        if self.depth >= MAX_DEPTH {
            bail!("{}: files read each other {MAX_DEPTH} deep", file.display());
        }
        let source = query::read_text(file)?;
        let mut splitter = Splitter::new(source.name, false);
        let mut inputs: Vec<Input> =
            source.text.lines().flat_map(|line| splitter.line(line)).collect();
        inputs.extend(splitter.finish());
        self.depth += 1;
        let mut flow = Flow::Next;
        for input in &inputs {
            flow = self.carry_out(input)?;
            if flow == Flow::Quit {
                break;
            }
        }
        self.depth -= 1;
        Ok(flow)
    }

    /// How queries are read.
    pub(super) fn bind_options(&self) -> anyhow::Result<BindOptions> {
        let options = BindOptions {
            mode: if self.strict { Mode::Strict } else { Mode::Lenient },
            timezone: query::timezone(&self.timezone)?,
            ..BindOptions::default()
        };
        Ok(options.with_profile_file(self.profile_file.clone(), self.profile))
    }

    /// What completion and documentation go by.
    pub(crate) fn settings(&self) -> Settings {
        Settings {
            options: self.bind_options().unwrap_or_default(),
            reference_sets: self.site.reference_set_names().map(str::to_owned).collect(),
            ..Settings::default()
        }
    }

    pub(super) fn window(&self) -> anyhow::Result<WindowPolicy> {
        let all = self.now.as_deref() == Some("all");
        let (now, mode) = query::window(self.now.as_deref(), all, self.strict)?;
        Ok(WindowPolicy { now, mode })
    }

    /// What functions depend on besides their arguments.
    pub(super) fn context(&self) -> anyhow::Result<Arc<Context>> {
        let mut cx = Context::new(Catalog::get(), self.window()?.now);
        cx.timezone = query::timezone(&self.timezone)?;
        cx.site = self.site.clone();
        Ok(Arc::new(cx))
    }

    /// Shows what there is to say about a query; of notes only those that are new.
    fn show(&mut self, list: &[Diagnostic], source: &SourceText) {
        for diagnostic in list {
            let known = !self.noted.insert(diagnostic.code);
            if known && diagnostic.severity == Severity::Note {
                continue;
            }
            let quiet = self.evidence.read.quiet;
            messages::diagnostics(std::slice::from_ref(diagnostic), Some(source), quiet);
        }
    }

    /// Runs a query and shows its rows.
    fn query(&mut self, source: &SourceText) -> anyhow::Result<()> {
        let bound = bind_text(&source.text, &self.bind_options()?, Catalog::get());
        self.show(&bound.diagnostics, source);
        let Some(query) = bound.query else {
            self.failed = true;
            return Ok(());
        };
        let window = self.window()?;
        self.run_bound(source, query, window)
    }

    /// Runs a bound query and shows its rows, which become the last result.
    pub(super) fn run_bound(
        &mut self,
        source: &SourceText,
        query: BoundQuery,
        window: WindowPolicy,
    ) -> anyhow::Result<()> {
        let started = Instant::now();
        let quiet = self.evidence.read.quiet;
        let cx = self.context()?;
        let with_places = with_places(&query);
        let runs = with_places.as_ref().unwrap_or(&query);
        let plan = match Engine::prepare(runs, &cx) {
            Ok(plan) => plan,
            Err(problems) => {
                messages::diagnostics(&problems, Some(source), quiet);
                self.failed = true;
                return Ok(());
            }
        };
        self.show(&plan.notes(), source);
        let opened = self.opened()?;
        let job = Job {
            source,
            query: runs,
            plan: &plan,
            opened,
            window,
            format: self.format,
            shape: Shape {
                places: with_places.is_some(),
                numbered: with_places.is_some(),
                max_table: Some(MAX_TABLE),
            },
            read: &self.evidence.read,
            interrupted: Some(&self.interrupted),
        };
        let done = job.run(Sink::open(None)?, started)?;
        let incomplete = opened.incomplete || summary::is_incomplete(&done.outcome.report);
        let nothing_read = done.outcome.report.files.iter().all(|f| f.records == 0);
        self.failed |= done.outcome.diagnostics.iter().any(Diagnostic::is_error)
            || (incomplete && (self.evidence.read.strict_input || nothing_read));
        let places = with_places.is_some().then_some(done.places);
        let rows = done.outcome.rows;
        self.last = Some(Last { source: source.clone(), query, places, rows });
        Ok(())
    }
}

/// The same query with file and record as the last two columns; nothing if its rows are no events.
fn with_places(query: &BoundQuery) -> Option<BoundQuery> {
    let events =
        query.source == Source::Events && query.aggregate.is_none() && query.session.is_none();
    if !events {
        return None;
    }
    let mut query = query.clone();
    for name in [provenance::FILE, provenance::RECORD] {
        let column = &Catalog::get().event_field(name)?.column;
        let span = aql_diag::Span::default();
        let expr = Expr { ty: column.ty, kind: ExprKind::Column(column.clone()), span };
        query.output.push(Output { name: name.to_owned(), expr });
    }
    Some(query)
}
