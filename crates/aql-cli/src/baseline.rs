//! `aql test --baseline`: how often the rules of a pack fire where nothing is wrong.

use std::io::Write;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use aql_catalog::Catalog;
use aql_eval::Context;
use aql_ingest::{Evidence, Options};
use aql_pack::{Baseline, Hunt, HuntOptions, Labels, Pack, Results};
use serde_json::json;

use crate::args::{TestArgs, TestFormat};
use crate::output::{self, Sink, one_line};
use crate::{Outcome, messages, query, summary, test, tuning};

pub(crate) fn run(args: &TestArgs) -> anyhow::Result<Outcome> {
    let mut sink = Sink::open(args.output.as_deref())?;
    let mut failed = false;
    if args.labels.is_some() && args.baseline.len() > 1 {
        bail!("labels name files below one folder: give one `--baseline` with `--labels`");
    }
    let root = args.baseline.first().cloned().unwrap_or_default();
    for folder in test::folders(&args.packs)? {
        let fail = |problems: Vec<aql_diag::Diagnostic>| {
            messages::diagnostics(&problems, None, true);
            anyhow!("{}: the pack cannot be tested", folder.display())
        };
        let pack = Pack::load(&folder).map_err(fail)?;
        let labels = args.labels.as_deref().map(|name| labels(&folder, name)).transpose()?;
        let tunings = tuning::load(&args.tuning, std::slice::from_ref(&pack))?;
        let options = HuntOptions { tunings, ..HuntOptions::default() };
        let cx = Arc::new(Context::new(Catalog::get(), query::wall_clock()));
        let hunt = Hunt::prepare(std::slice::from_ref(&pack), &options, &cx).map_err(fail)?;
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
        let (evidence, problems) =
            Evidence::open(&args.baseline, Options { threads, ..Options::default() });
        messages::diagnostics(&problems, None, args.quiet);
        let baseline = Baseline::measure(&hunt, &evidence, &root, labels.as_ref());
        messages::diagnostics(&baseline.outcome.diagnostics, None, args.quiet);
        if baseline.records == 0 {
            bail!("no record was read, so nothing was measured");
        }
        failed |= baseline.rules.iter().any(|rule| rule.is_above());
        failed |= baseline.missed().next().is_some();
        write(&mut sink, args, &pack, &baseline)?;
        if let Some(labels) = labels.filter(|_| args.write) {
            let results = Results::new(&pack, &labels, &baseline, &root).map_err(fail)?;
            let path = folder.join("results").join(format!("{}.json", labels.name));
            let cannot = || format!("{}: cannot be written", path.display());
            std::fs::create_dir_all(folder.join("results")).with_context(cannot)?;
            std::fs::write(&path, results.json()).with_context(cannot)?;
        }
    }
    sink.finish()?;
    Ok(if failed { Outcome::Found } else { Outcome::Done })
}

/// Labels: those of the pack with this name, or a file.
fn labels(folder: &Path, name: &str) -> anyhow::Result<Labels> {
    let fail = |problems: Vec<aql_diag::Diagnostic>| {
        messages::diagnostics(&problems, None, true);
        anyhow!("labels `{name}` cannot be used")
    };
    let files = Labels::files(folder).map_err(fail)?;
    let has_name = |file: &&PathBuf| file.file_stem().is_some_and(|stem| stem == name);
    let path = files.iter().find(has_name).cloned().unwrap_or_else(|| PathBuf::from(name));
    if !path.exists() {
        bail!("there are no labels `{name}`: neither in the pack nor as a file");
    }
    Labels::load(&path).map_err(fail)
}

fn write(sink: &mut Sink, args: &TestArgs, pack: &Pack, baseline: &Baseline) -> anyhow::Result<()> {
    if args.format == TestFormat::Jsonl {
        for rule in &baseline.rules {
            let line = json!({
                "pack": pack.facts.name,
                "rule": rule.name,
                "records": baseline.benign,
                "positives": rule.positives,
                "findings": rule.findings,
                "per_million": rule.per_million,
                "max_per_million": rule.limit,
                "passed": !rule.is_above(),
            });
            serde_json::to_writer(&mut sink.out, &line)?;
            sink.out.write_all(b"\n")?;
        }
        return Ok(());
    }
    let shown =
        baseline.rules.iter().filter(|rule| rule.findings > 0 && !args.quiet || rule.is_above());
    let rows: Vec<Vec<String>> = shown
        .map(|rule| {
            vec![
                if rule.is_above() { "FAIL" } else { "ok" }.to_owned(),
                rule.name.clone(),
                summary::thousands(rule.findings),
                format!("{:.1}", rule.per_million),
                rule.limit.map_or_else(|| "-".to_owned(), |limit| format!("{limit}")),
            ]
        })
        .collect();
    if !rows.is_empty() {
        let header = ["", "rule", "findings", "per million", "allowed"];
        writeln!(sink.out, "{}", output::list(&header, rows, None))?;
    }
    let silent = baseline.rules.iter().filter(|rule| rule.findings == 0).count();
    writeln!(
        sink.out,
        "{}: {} benign records, {} findings; {silent} of {} rules silent",
        pack.facts.name,
        summary::thousands(baseline.benign),
        summary::thousands(baseline.rules.iter().map(|rule| rule.findings).sum()),
        baseline.rules.len(),
    )?;
    if !baseline.positives.is_empty() {
        let found = baseline.positives.iter().filter(|record| record.is_found).count();
        let all = baseline.positives.len();
        writeln!(sink.out, "attacks that the labels name: {found} of {all} found")?;
    }
    for missed in &baseline.positives {
        let place = format!("{} record {}", missed.file, missed.record);
        match &missed.blind_spot {
            _ if missed.is_found => {}
            Some(reason) => {
                writeln!(sink.out, "blind spot  {}: {}", one_line(&place), one_line(reason))?;
            }
            None => writeln!(sink.out, "FAIL  missed  {}", one_line(&place))?,
        }
    }
    Ok(())
}
