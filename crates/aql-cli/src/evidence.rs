//! Opening evidence, with a progress bar on long work.

use std::io::{self, IsTerminal};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::bail;
use aql_event::EventTable;
use aql_ingest::{Coalesced, Evidence, Mappings, Options, Patience, Progress};
use aql_store::{Combined, Store, StoreOptions};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::args::{EvidenceArgs, ReadArgs};
use crate::{messages, query};

/// Evidence, and whether all of it could be found.
pub(crate) struct Opened<T = Combined> {
    /// Stores, then files.
    pub(crate) evidence: T,
    /// Bytes of all files as they lie on disk, without those of stores.
    total_bytes: u64,
    /// How far a scan of it has come.
    pub(crate) progress: Arc<Progress>,
    /// Was there a path that does not exist or cannot be read?
    pub(crate) incomplete: bool,
    /// The mapping files; they count what was read with them.
    pub(crate) mappings: Mappings,
}

/// Is it the path that stands for standard input?
pub(crate) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn threads(args: &ReadArgs) -> usize {
    let wanted = args.threads;
    let cores = || std::thread::available_parallelism().ok().map(NonZero::get);
    wanted.or_else(cores).unwrap_or(1).max(1)
}

/// Opens stores, files, folders and patterns, and standard input as `-`; says which paths cannot be
/// read.
pub(crate) fn open(paths: &[PathBuf], args: &EvidenceArgs) -> anyhow::Result<Opened> {
    let (stores, files): (Vec<_>, Vec<_>) =
        paths.iter().cloned().partition(|path| Store::is_store(path));
    if args.coalesce && files.iter().any(|path| is_stdin(path)) {
        bail!(
            "--coalesce reads evidence twice, and standard input can be read only once: write it to \
             a file"
        );
    }
    let options = StoreOptions { threads: threads(&args.read) };
    let mut tables: Vec<Box<dyn EventTable>> = Vec::new();
    let mut problems = Vec::new();
    for path in &stores {
        match Store::open(path, options) {
            Ok(store) => tables.push(Box::new(store)),
            Err(problem) => problems.push(*problem),
        }
    }
    messages::diagnostics(&problems, None, args.read.quiet);
    let opened = open_files(&files, &args.read)?;
    if !files.is_empty() {
        tables.push(Box::new(opened.evidence));
    }
    let mut evidence = Combined::new(tables);
    if args.coalesce {
        evidence = Combined::new(vec![Box::new(Coalesced::new(evidence))]);
    }
    Ok(Opened {
        evidence,
        total_bytes: opened.total_bytes,
        progress: opened.progress,
        incomplete: opened.incomplete || !problems.is_empty(),
        mappings: opened.mappings,
    })
}

/// Opens files, folders and patterns, and standard input as `-`; says which paths cannot be read.
pub(crate) fn open_files(paths: &[PathBuf], args: &ReadArgs) -> anyhow::Result<Opened<Evidence>> {
    let options = options(args)?;
    let progress = options.progress.clone().unwrap_or_default();
    let mappings = options.mappings.clone();
    let stdin = if paths.iter().any(|path| is_stdin(path)) {
        if io::stdin().is_terminal() {
            bail!("`-` reads standard input, which is a terminal: pipe evidence into it");
        }
        Some(Box::new(io::stdin()) as Box<dyn io::Read + Send>)
    } else {
        None
    };
    let (evidence, problems) = Evidence::open_with(paths, stdin, options);
    let incomplete = problems.iter().any(aql_diag::Diagnostic::is_error);
    messages::diagnostics(&problems, None, args.quiet);
    let total_bytes = evidence.total_bytes();
    Ok(Opened { evidence, total_bytes, progress, incomplete, mappings })
}

/// Reads mapping files, and says what is wrong with them.
fn read_mappings(files: &[PathBuf]) -> anyhow::Result<Mappings> {
    let mut mappings = Mappings::default();
    let mut failed = false;
    for file in files {
        if is_stdin(file) {
            bail!("a mapping file cannot be standard input");
        }
        let source = query::read_text(file)?;
        if let Err(faults) = mappings.add(&source.text) {
            messages::diagnostics(&faults, Some(&source), true);
            failed = true;
        }
    }
    if failed {
        bail!("the mapping files cannot be used");
    }
    Ok(mappings)
}

/// How the flags say that evidence is read; progress is counted.
pub(crate) fn options(args: &ReadArgs) -> anyhow::Result<Options> {
    let started = Instant::now();
    let patience = args
        .max_file_seconds
        .map(|per_file| Patience { per_file, clock: Arc::new(move || started.elapsed()) });
    Ok(Options {
        mappings: read_mappings(&args.mapping)?,
        threads: threads(args),
        max_record: args.max_record,
        patience,
        now: Some(crate::query::wall_clock()),
        progress: Some(Arc::default()),
        ..Options::default()
    })
}

/// Shows a bar on a terminal while the work lasts; the bar goes when the guard is dropped.
pub(crate) struct ProgressGuard {
    bar: ProgressBar,
    stop: Arc<std::sync::atomic::AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

/// Work shorter than this shows no bar.
const PATIENCE: Duration = Duration::from_millis(500);
const TICK: Duration = Duration::from_millis(100);

impl ProgressGuard {
    pub(crate) fn start<T>(opened: &Opened<T>, quiet: bool) -> Option<ProgressGuard> {
        if quiet || opened.total_bytes == 0 || !io::stderr().is_terminal() {
            return None;
        }
        let progress = Arc::clone(&opened.progress);
        // What is open may have been read before.
        let before = progress.done();
        let bar =
            ProgressBar::with_draw_target(Some(opened.total_bytes), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template(
            "{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta} left",
        ) {
            bar.set_style(style);
        }
        let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let thread = std::thread::spawn({
            let (bar, stop) = (bar.clone(), Arc::clone(&stop));
            move || {
                let mut waited = Duration::ZERO;
                while !stop.load(Ordering::Relaxed) {
                    std::thread::sleep(TICK);
                    waited += TICK;
                    if waited == PATIENCE {
                        bar.set_draw_target(ProgressDrawTarget::stderr());
                    }
                    bar.set_position(progress.done() - before);
                }
            }
        });
        Some(ProgressGuard { bar, stop, thread: Some(thread) })
    }
}

impl Drop for ProgressGuard {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        self.bar.finish_and_clear();
    }
}
