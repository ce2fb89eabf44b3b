//! Opening evidence, with a progress bar on long work.

use std::io::{self, IsTerminal};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::bail;
use aql_ingest::{Evidence, Options, Patience, Progress};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::args::EvidenceArgs;
use crate::messages;

/// Evidence, and whether all of it could be found.
pub(crate) struct Opened {
    pub(crate) evidence: Evidence,
    /// How far a scan of it has come.
    pub(crate) progress: Arc<Progress>,
    /// Was there a path that does not exist or cannot be read?
    pub(crate) incomplete: bool,
}

/// Is it the path that stands for standard input?
pub(crate) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Opens files, folders and patterns, and standard input as `-`; says which paths cannot be read.
pub(crate) fn open(paths: &[PathBuf], args: &EvidenceArgs) -> anyhow::Result<Opened> {
    let options = options(args);
    let progress = options.progress.clone().unwrap_or_default();
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
    Ok(Opened { evidence, progress, incomplete })
}

/// How the flags say that evidence is read; progress is counted.
pub(crate) fn options(args: &EvidenceArgs) -> Options {
    let threads = args
        .threads
        .or_else(|| std::thread::available_parallelism().ok().map(NonZero::get))
        .unwrap_or(1)
        .max(1);
    let started = Instant::now();
    let patience = args
        .max_file_seconds
        .map(|per_file| Patience { per_file, clock: Arc::new(move || started.elapsed()) });
    Options {
        threads,
        max_record: args.max_record,
        patience,
        now: Some(crate::query::wall_clock()),
        progress: Some(Arc::default()),
        ..Options::default()
    }
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
    pub(crate) fn start(opened: &Opened, quiet: bool) -> Option<ProgressGuard> {
        if quiet || !io::stderr().is_terminal() {
            return None;
        }
        let progress = Arc::clone(&opened.progress);
        let bar = ProgressBar::with_draw_target(
            Some(opened.evidence.total_bytes()),
            ProgressDrawTarget::hidden(),
        );
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
                    bar.set_position(progress.done());
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
