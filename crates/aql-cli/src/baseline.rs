//! `aql test --baseline`: how often the rules of a pack fire where nothing is wrong.

use std::io::Write;
use std::num::NonZero;
use std::sync::Arc;

use anyhow::{anyhow, bail};
use aql_catalog::Catalog;
use aql_eval::Context;
use aql_ingest::{Evidence, Options};
use aql_pack::{Baseline, Hunt, HuntOptions, Pack};
use serde_json::json;

use crate::args::{TestArgs, TestFormat};
use crate::output::{self, Sink};
use crate::{Outcome, messages, query, summary, test, tuning};

pub(crate) fn run(args: &TestArgs) -> anyhow::Result<Outcome> {
    let mut sink = Sink::open(args.output.as_deref())?;
    let mut above = false;
    for folder in test::folders(&args.packs)? {
        let fail = |problems: Vec<aql_diag::Diagnostic>| {
            messages::diagnostics(&problems, None, true);
            anyhow!("{}: the pack cannot be tested", folder.display())
        };
        let pack = Pack::load(&folder).map_err(fail)?;
        let tunings = tuning::load(&args.tuning, std::slice::from_ref(&pack))?;
        let options = HuntOptions { tunings, ..HuntOptions::default() };
        let cx = Arc::new(Context::new(Catalog::get(), query::wall_clock()));
        let hunt = Hunt::prepare(std::slice::from_ref(&pack), &options, &cx).map_err(fail)?;
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
        let (evidence, problems) =
            Evidence::open(&args.baseline, Options { threads, ..Options::default() });
        messages::diagnostics(&problems, None, args.quiet);
        let baseline = Baseline::measure(&hunt, &evidence);
        messages::diagnostics(&baseline.outcome.diagnostics, None, args.quiet);
        if baseline.records == 0 {
            bail!("no record was read, so nothing was measured");
        }
        above |= baseline.rules.iter().any(|rule| rule.is_above());
        write(&mut sink, args, &pack, &baseline)?;
    }
    sink.finish()?;
    Ok(if above { Outcome::Found } else { Outcome::Done })
}

fn write(sink: &mut Sink, args: &TestArgs, pack: &Pack, baseline: &Baseline) -> anyhow::Result<()> {
    if args.format == TestFormat::Jsonl {
        for rule in &baseline.rules {
            let line = json!({
                "pack": pack.facts.name,
                "rule": rule.name,
                "records": baseline.records,
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
        "{}: {} records, {} findings; {silent} of {} rules silent",
        pack.facts.name,
        summary::thousands(baseline.records),
        summary::thousands(baseline.rules.iter().map(|rule| rule.findings).sum()),
        baseline.rules.len(),
    )?;
    Ok(())
}
