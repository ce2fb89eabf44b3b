//! `aql check --prove`: a query before and after its fixes, run over evidence.
//!
//! Each is run as an appliance would read it (strict; a query that it refuses finds nothing) and as
//! `aql query` reads it (repaired). Rows are compared by the event that they come from, or by their
//! values where a row is no single event. Time clause, ORDER BY and LIMIT do not count: the question
//! is what the conditions let through.

use std::collections::HashMap;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use aql_catalog::Catalog;
use aql_diag::SourceText;
use aql_engine::{Engine, RunOptions, WindowMode, WindowPolicy};
use aql_eval::Context;
use aql_ingest::Evidence;
use aql_pack::cell_text;
use aql_semantic::{
    BindOptions, BoundQuery, Expr, ExprKind, Mode, Output, Source, Window, bind_text,
};
use arrow_array::RecordBatch;
use serde_json::json;

use crate::args::EvidenceArgs;
use crate::output::one_line;
use crate::{evidence, messages, site, summary};

/// Rows that are shown of those gained and of those lost.
const SHOWN: usize = 5;
/// Values that are shown of a row.
const VALUES: usize = 4;
/// What is put in front of the values of a row that is an event.
const PLACE: [&str; 2] = ["aql.file", "aql.record"];

/// Evidence that queries are proved with.
pub(crate) struct Prover {
    evidence: Evidence,
    cx: Arc<Context>,
    options: BindOptions,
}

/// How a query is read.
#[derive(Clone, Copy)]
struct Reading {
    mode: Mode,
    name: &'static str,
}

const READINGS: [Reading; 2] = [
    Reading { mode: Mode::Strict, name: "as an appliance reads it" },
    Reading { mode: Mode::Lenient, name: "with aql's repairs" },
];

/// What one reading gives; nothing where the query is refused.
type Found = Option<HashMap<String, u64>>;

struct Difference {
    reading: &'static str,
    before: Option<u64>,
    after: Option<u64>,
    gained: u64,
    lost: u64,
    /// The first rows gained (`+`) and lost (`-`).
    rows: Vec<(char, String)>,
}

impl Prover {
    /// Opens the evidence; nothing if some of it is not there.
    pub(crate) fn open(
        paths: &[PathBuf],
        context: Option<PathBuf>,
        options: &BindOptions,
    ) -> anyhow::Result<Option<Prover>> {
        let args = EvidenceArgs {
            threads: None,
            max_record: 64 << 20,
            max_file_seconds: None,
            strict_input: false,
            verbose: false,
            context,
            quiet: false,
            output: None,
        };
        let opened = evidence::open(paths, &args)?;
        if opened.incomplete {
            return Ok(None);
        }
        let mut cx = Context::new(Catalog::get(), crate::query::wall_clock());
        cx.site = site::load(&args)?;
        let (evidence, cx) = (opened.evidence, Arc::new(cx));
        Ok(Some(Prover { evidence, cx, options: options.clone() }))
    }

    /// Runs a query before and after, and writes what differs. False if one could not run to its end.
    pub(crate) fn prove(
        &self,
        name: &str,
        before: &str,
        after: &str,
        as_json: bool,
        out: &mut dyn Write,
    ) -> anyhow::Result<bool> {
        let mut complete = true;
        let mut differences = Vec::new();
        for reading in READINGS {
            let (old, new) = (self.bind(before, reading.mode), self.bind(after, reading.mode));
            // Events are compared as events only if rows are events on both sides.
            let events = old.iter().chain(&new).all(is_event_query);
            let keep = |query: Option<BoundQuery>| query.map(|q| comparable(q, events));
            let (old, new) = (keep(old), keep(new));
            let had = self.found(name, old.as_ref(), events, &mut complete)?;
            let has = self.found(name, new.as_ref(), events, &mut complete)?;
            let (gained, lost) = (less(&has, &had), less(&had, &has));
            let mut rows = self.shown(new.as_ref(), &gained, '+', events)?;
            rows.extend(self.shown(old.as_ref(), &lost, '-', events)?);
            differences.push(Difference {
                reading: reading.name,
                before: had.as_ref().map(|f| f.values().sum()),
                after: has.as_ref().map(|f| f.values().sum()),
                gained: gained.values().sum(),
                lost: lost.values().sum(),
                rows,
            });
        }
        if as_json {
            let list: Vec<_> = differences.iter().map(Difference::json).collect();
            writeln!(out, "{}", json!({ "proof": name, "readings": list }))?;
        } else {
            writeln!(out, "proof: {}", one_line(name))?;
            for difference in &differences {
                difference.write(out)?;
            }
            writeln!(out)?;
        }
        Ok(complete)
    }

    fn bind(&self, text: &str, mode: Mode) -> Option<BoundQuery> {
        let options = BindOptions { mode, ..self.options.clone() };
        bind_text(text, &options, Catalog::get()).query
    }

    /// The rows of a query and how often each occurs.
    fn found(
        &self,
        name: &str,
        query: Option<&BoundQuery>,
        events: bool,
        complete: &mut bool,
    ) -> anyhow::Result<Found> {
        let Some(query) = query else { return Ok(None) };
        let mut rows = HashMap::new();
        let ran = self.run(name, query, &mut |batch, row| {
            *rows.entry(key(batch, row, events)).or_default() += 1;
            ControlFlow::Continue(())
        })?;
        *complete &= ran;
        Ok(ran.then_some(rows))
    }

    /// The first of these rows, in the order of the evidence, in words.
    fn shown(
        &self,
        query: Option<&BoundQuery>,
        wanted: &HashMap<String, u64>,
        sign: char,
        events: bool,
    ) -> anyhow::Result<Vec<(char, String)>> {
        let mut shown = Vec::new();
        let Some(query) = query.filter(|_| !wanted.is_empty()) else { return Ok(shown) };
        let names: Vec<&str> = query.output.iter().map(|o| o.name.as_str()).collect();
        let mut left = wanted.clone();
        self.run("", query, &mut |batch, row| {
            if let Some(count) = left.get_mut(&key(batch, row, events)).filter(|count| **count > 0)
            {
                *count -= 1;
                shown.push((sign, in_words(batch, row, &names, events)));
            }
            if shown.len() == SHOWN { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        Ok(shown)
    }

    /// Runs a query; false, and a message under this name, if it did not run to its end.
    fn run(
        &self,
        name: &str,
        query: &BoundQuery,
        row: &mut dyn FnMut(&RecordBatch, usize) -> ControlFlow<()>,
    ) -> anyhow::Result<bool> {
        let plan = match Engine::prepare(query, &self.cx) {
            Ok(plan) => plan,
            Err(problems) => {
                messages::diagnostics(&problems, None, false);
                return Ok(false);
            }
        };
        let policy = WindowPolicy { now: self.cx.now, mode: WindowMode::Ignore };
        let outcome = plan.run(&self.evidence, &RunOptions::new(policy), &mut |batch| {
            for at in 0..batch.num_rows() {
                if row(&batch, at).is_break() {
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        });
        if name.is_empty() {
            return Ok(true);
        }
        let failed = outcome.diagnostics.iter().any(aql_diag::Diagnostic::is_error);
        if failed {
            let source = SourceText::new(name, "");
            messages::diagnostics(&outcome.diagnostics, Some(&source), false);
        }
        Ok(!failed)
    }
}

/// Is every row one event?
fn is_event_query(query: &BoundQuery) -> bool {
    query.source == Source::Events && query.aggregate.is_none() && query.session.is_none()
}

/// The query without what only cuts and orders its rows; where rows are events, with their places.
fn comparable(mut query: BoundQuery, events: bool) -> BoundQuery {
    query.order_by.clear();
    query.limit = None;
    query.window = Window::None;
    query.time_limit = None;
    if events {
        for name in PLACE.iter().rev() {
            let Some(field) = Catalog::get().event_field(name) else { continue };
            let column = field.column.clone();
            let span = query.output.first().map(|o| o.expr.span).unwrap_or_default();
            let expr = Expr { ty: column.ty, kind: ExprKind::Column(column), span };
            query.output.insert(0, Output { name: (*name).to_owned(), expr });
        }
    }
    query
}

/// What makes a row itself: the place of its event, which comes first, or all its values.
fn key(batch: &RecordBatch, row: usize, events: bool) -> String {
    let columns = if events { PLACE.len() } else { batch.num_columns() };
    let cells = batch.columns().iter().take(columns).map(|c| cell_text(c, row));
    cells.collect::<Vec<_>>().join("\u{1f}")
}

fn in_words(batch: &RecordBatch, row: usize, names: &[&str], events: bool) -> String {
    let cells: Vec<String> = batch.columns().iter().map(|c| cell_text(c, row)).collect();
    let values = |from: usize| {
        names
            .iter()
            .zip(&cells)
            .skip(from)
            .filter(|(_, cell)| !cell.is_empty())
            .take(VALUES)
            .map(|(name, cell)| format!("{name}={cell}"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    match cells.as_slice() {
        [file, record, ..] if events => {
            one_line(&format!("{file}, record {record}: {}", values(PLACE.len())))
        }
        _ => one_line(&values(0)),
    }
}

/// What `a` has more often than `b`.
fn less(a: &Found, b: &Found) -> HashMap<String, u64> {
    let (Some(a), none) = (a, HashMap::new()) else { return HashMap::new() };
    let b = b.as_ref().unwrap_or(&none);
    a.iter()
        .map(|(key, n)| (key.clone(), n.saturating_sub(b.get(key).copied().unwrap_or(0))))
        .filter(|(_, n)| *n > 0)
        .collect()
}

impl Difference {
    fn json(&self) -> serde_json::Value {
        let rows =
            |sign| self.rows.iter().filter(|(s, _)| *s == sign).map(|(_, r)| r).collect::<Vec<_>>();
        json!({
            "reading": self.reading,
            "before": self.before,
            "after": self.after,
            "gained": self.gained,
            "lost": self.lost,
            "first_gained": rows('+'),
            "first_lost": rows('-'),
        })
    }

    fn write(&self, out: &mut dyn Write) -> anyhow::Result<()> {
        let count = |rows: Option<u64>| match rows {
            None => "refused".to_owned(),
            Some(1) => "1 row".to_owned(),
            Some(n) => format!("{} rows", summary::thousands(n)),
        };
        writeln!(
            out,
            "  {}: before {}, after {}; {} gained, {} lost",
            self.reading,
            count(self.before),
            count(self.after),
            summary::thousands(self.gained),
            summary::thousands(self.lost),
        )?;
        for (sign, row) in &self.rows {
            writeln!(out, "    {sign} {row}")?;
        }
        for (sign, all) in [('+', self.gained), ('-', self.lost)] {
            let shown = self.rows.iter().filter(|(s, _)| *s == sign).count();
            let rest = all.saturating_sub(u64::try_from(shown).unwrap_or(all));
            if rest > 0 {
                writeln!(out, "    {sign} and {} more", summary::thousands(rest))?;
            }
        }
        Ok(())
    }
}
