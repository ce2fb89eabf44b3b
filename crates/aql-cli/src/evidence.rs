//! Opening evidence, with a progress bar on long work.

use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use aql_ingest::{Evidence, Options, Progress};
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

/// Opens files and folders; says which paths cannot be read.
pub(crate) fn open(paths: &[PathBuf], args: &EvidenceArgs) -> Opened {
    let threads = args
        .threads
        .or_else(|| std::thread::available_parallelism().ok().map(NonZero::get))
        .unwrap_or(1)
        .max(1);
    let progress = Arc::new(Progress::default());
    let options = Options {
        threads,
        progress: Some(Arc::clone(&progress)),
        now: Some(crate::query::wall_clock()),
        ..Options::default()
    };
    let (evidence, problems) = Evidence::open(paths, options);
    let incomplete = problems.iter().any(aql_diag::Diagnostic::is_error);
    messages::diagnostics(&problems, None, args.quiet);
    Opened { evidence, progress, incomplete }
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
        use std::io::IsTerminal;
        if quiet || !std::io::stderr().is_terminal() {
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
