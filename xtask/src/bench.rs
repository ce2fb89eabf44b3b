//! `bench-evtx`: the hunt over one large EVTX file, beside `evtx_dump` over the same file.
//!
//! The file is made from the chunks of real logs, repeated up to a size, so that start-up does not
//! count. Both programs run in turn, and the medians are compared. `bench/evtx.sh` prepares both.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

const CHUNK: usize = 65_536;
const HEADER: usize = 4096;

/// What to compare.
pub(crate) struct Bench<'a> {
    /// Folder of EVTX files.
    pub(crate) logs: &'a Path,
    /// The `aql` binary.
    pub(crate) aql: &'a Path,
    /// The `evtx_dump` binary.
    pub(crate) evtx_dump: &'a Path,
    /// Where the large file goes.
    pub(crate) work: &'a Path,
    /// Size of the large file.
    pub(crate) megabytes: usize,
    /// Counted runs of each.
    pub(crate) runs: usize,
}

impl Bench<'_> {
    /// Runs and gives a Markdown table.
    pub(crate) fn run(&self) -> Result<String> {
        fs::create_dir_all(self.work)?;
        let file = self.work.join("corpus.evtx");
        let (chunks, size) = self.make(&file)?;
        let mut out = String::new();
        let records = self.records(&file)?;
        out.push_str(&format!(
            "{chunks} distinct chunks repeated to {:.0} MB, {records} records, {} runs each, in turn\n\n",
            mb(size),
            self.runs
        ));
        out.push_str("| threads | aql hunt (s) | evtx_dump -o jsonl (s) | aql MB/s | evtx_dump MB/s | aql records/s | times faster |\n|---|---|---|---|---|---|---|\n");
        for threads in [1, 2] {
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            for run in 0..=self.runs {
                let a = self.hunt(&file, threads)?;
                let b = self.dump(&file, threads)?;
                // The first run of each warms the cache.
                if run > 0 {
                    ours.push(a);
                    theirs.push(b);
                }
            }
            let (a, b) = (Spread::of(&mut ours), Spread::of(&mut theirs));
            #[expect(clippy::cast_precision_loss, reason = "rates are shown rounded")]
            let per_second = records as f64 / a.median;
            out.push_str(&format!(
                "| {threads} | {a} | {b} | {:.0} | {:.0} | {per_second:.0} | {:.1} |\n",
                mb(size) / a.median,
                mb(size) / b.median,
                b.median / a.median,
            ));
        }
        Ok(out)
    }

    /// Puts the chunks of all readable logs into one file, again and again.
    fn make(&self, file: &Path) -> Result<(usize, usize)> {
        let mut chunks: Vec<Vec<u8>> = Vec::new();
        let mut header = None;
        for path in logs(self.logs)? {
            let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
            if !bytes.starts_with(b"ElfFile\0") || bytes.len() < HEADER + CHUNK {
                continue;
            }
            header.get_or_insert_with(|| bytes[..HEADER].to_vec());
            for chunk in bytes[HEADER..].chunks_exact(CHUNK) {
                if chunk.starts_with(b"ElfChnk\0") && !chunks.iter().any(|c| c == chunk) {
                    chunks.push(chunk.to_vec());
                }
            }
        }
        let Some(mut header) = header.filter(|_| !chunks.is_empty()) else {
            bail!("{}: no EVTX file", self.logs.display());
        };
        let wanted = (self.megabytes * 1_000_000 / CHUNK).max(1);
        // Number of chunks; saturates at 16 bits, and readers do not rely on it.
        let count = u16::try_from(wanted).unwrap_or(u16::MAX);
        header[42..44].copy_from_slice(&count.to_le_bytes());
        let mut out = BufWriter::new(fs::File::create(file)?);
        out.write_all(&header)?;
        for chunk in chunks.iter().cycle().take(wanted) {
            out.write_all(chunk)?;
        }
        out.flush()?;
        Ok((chunks.len(), HEADER + wanted * CHUNK))
    }

    fn hunt(&self, file: &Path, threads: usize) -> Result<f64> {
        let mut command = Command::new(self.aql);
        command.args(["hunt", "--quiet", "--threads", &threads.to_string()]).arg(file);
        // Exit code 1 says that something was found.
        time(command, &[0, 1])
    }

    fn dump(&self, file: &Path, threads: usize) -> Result<f64> {
        let mut command = Command::new(self.evtx_dump);
        command.args(["-t", &threads.to_string(), "-o", "jsonl"]).arg(file);
        time(command, &[0])
    }

    /// Number of records, as `evtx_dump` counts them: one line each.
    fn records(&self, file: &Path) -> Result<usize> {
        let output = Command::new(self.evtx_dump)
            .args(["-t", "2", "-o", "jsonl"])
            .arg(file)
            .stderr(Stdio::null())
            .output()
            .context("evtx_dump does not start")?;
        Ok(output.stdout.iter().filter(|&&b| b == b'\n').count())
    }
}

fn time(mut command: Command, good: &[i32]) -> Result<f64> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let started = Instant::now();
    let status = command.status().with_context(|| format!("{command:?} does not start"))?;
    let elapsed: Duration = started.elapsed();
    if !status.code().is_some_and(|code| good.contains(&code)) {
        bail!("{command:?} ended with {status}");
    }
    Ok(elapsed.as_secs_f64())
}

fn logs(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            // Damaged files stop one program and not the other.
            let damaged = path.file_name().is_some_and(|n| n == "malformed");
            if path.is_dir() && !damaged {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "evtx") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

fn mb(bytes: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "shown rounded")]
    let bytes = bytes as f64;
    bytes / 1e6
}

/// Median with minimum and maximum.
struct Spread {
    min: f64,
    median: f64,
    max: f64,
}

impl Spread {
    fn of(values: &mut [f64]) -> Spread {
        values.sort_by(f64::total_cmp);
        let at = |i: usize| values.get(i).copied().unwrap_or(f64::NAN);
        Spread { min: at(0), median: at(values.len() / 2), max: at(values.len().saturating_sub(1)) }
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.3} ({:.3}-{:.3})", self.median, self.min, self.max)
    }
}
