//! Running a plan.
//!
//! A plan is a chain: a source of rows, and the stages of the query, around which there may be the
//! stages of an outer query, and so on. The scan runs in threads of its own; everything behind it
//! is one stream, pulled by the calling thread.

use std::ops::ControlFlow;
use std::panic;
use std::sync::Arc;
use std::thread;

use aql_diag::Diagnostic;
use aql_eval::{Context, ValueRows};
use aql_event::EventTable;
use aql_semantic::bound::{BoundQuery, Source};
use arrow_array::{Int64Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use futures::StreamExt;
use futures::stream;

use crate::address;
use crate::failure::Failure;
use crate::in_query::{self, Gather};
use crate::options::{RunOptions, RunOutcome};
use crate::plan::{GroupStage, Plan, Stages, note_empty};
use crate::projection::with_columns;
use crate::relational::{Batches, Relational, SEQUENCE};
use crate::reorder::reorder;
use crate::scan::{Scanned, scan};
use crate::session::{Layout, Sessions};
use crate::window;

impl Plan {
    /// Runs the plan over a table and hands its rows to `sink`, which may break off.
    ///
    /// The same table gives the same batches' rows in the same order whatever its number of
    /// threads. Errors end the run and stand in the outcome.
    pub fn run(
        &self,
        table: &dyn EventTable,
        options: &RunOptions<'_>,
        sink: &mut dyn FnMut(RecordBatch) -> ControlFlow<()>,
    ) -> RunOutcome {
        let mut outcome = RunOutcome::default();
        let mut chain = Vec::new();
        if let Err(failure) =
            self.resolve(table, options, &mut outcome.diagnostics, &mut chain).and_then(|leaf| {
                let query = (leaf, &*self.context);
                run_chain(query, &chain, self.time_limit(), table, options, &mut outcome, sink)
            })
        {
            outcome.diagnostics.push(failure.into_diagnostic());
        }
        outcome
    }

    /// Runs the inner queries of IN, and gives the innermost query with the stages from there
    /// outwards.
    fn resolve<'a>(
        &'a self,
        table: &dyn EventTable,
        options: &RunOptions<'_>,
        diagnostics: &mut Vec<Diagnostic>,
        chain: &mut Vec<Link>,
    ) -> Result<&'a BoundQuery, Failure> {
        let leaf = match &self.source {
            Some(source) => source.resolve(table, options, diagnostics, chain)?,
            None => &self.query,
        };
        if self.lists.is_empty() {
            chain.push(Link { stages: Arc::clone(&self.stages), session: self.session });
            return Ok(leaf);
        }
        let mut lists = Vec::new();
        for (plan, place) in &self.lists {
            let ty = plan.columns().first().map_or(aql_event::Type::Null, |(_, ty)| *ty);
            let mut gather = Gather::new(ty);
            let outcome = plan.run(table, options, &mut |batch| gather.add(&batch));
            for diagnostic in outcome.diagnostics {
                if diagnostic.is_error() {
                    return Err(diagnostic.into());
                }
                diagnostics.push(diagnostic);
            }
            let (values, warning) = gather.finish(*place);
            diagnostics.extend(warning);
            lists.push(values);
        }
        let query = in_query::with_lists(&self.query, lists);
        let stages = Stages::compile(&query, &self.context).map_err(|mut errors| {
            // It compiled with empty lists; constants of the right kind cannot change that.
            errors.pop().map_or_else(|| Failure::internal("empty list of errors"), Failure::from)
        })?;
        chain.push(Link { stages: Arc::new(stages), session: self.session });
        Ok(leaf)
    }
}

/// What one query of a chain does.
struct Link {
    stages: Arc<Stages>,
    /// SESSION BY, which comes last.
    session: Option<Layout>,
}

fn run_chain(
    (leaf, context): (&BoundQuery, &Context),
    chain: &[Link],
    time_limit: Option<u64>,
    table: &dyn EventTable,
    options: &RunOptions<'_>,
    outcome: &mut RunOutcome,
    sink: &mut dyn FnMut(RecordBatch) -> ControlFlow<()>,
) -> Result<(), Failure> {
    let Some(innermost) = chain.first() else { return Ok(()) };
    if leaf.source != Source::Events {
        outcome.diagnostics.extend(note_empty(&leaf.source));
        return drive(chain, stream::empty().boxed(), options, &mut outcome.rows, sink);
    }
    let clause = &window::settle(&leaf.window, options.window, context)?;
    let (output, ordered) = reorder();
    thread::scope(|scope| {
        let scanning = thread::Builder::new()
            .name("aql-scan".to_owned())
            .spawn_scoped(scope, move || {
                let scanned = panic::catch_unwind(panic::AssertUnwindSafe(|| {
                    scan(table, &innermost.stages, clause, options, time_limit, &output)
                }));
                // Whatever happened, the reader must not wait for more.
                output.finish();
                scanned
            })
            .map_err(|error| Failure::internal(format!("no thread to read with: {error}")))?;
        let result = drive(chain, stream::iter(ordered).boxed(), options, &mut outcome.rows, sink);
        match scanning.join() {
            Ok(Ok(Scanned { report, window, diagnostics })) => {
                outcome.report = report;
                outcome.window = window;
                outcome.diagnostics.extend(diagnostics);
                result
            }
            Ok(Err(_)) | Err(_) => Err(Failure::internal("reading the evidence broke off")),
        }
    })
}

/// Pulls the rows through the chain into the sink.
fn drive(
    chain: &[Link],
    source: Batches,
    options: &RunOptions<'_>,
    rows: &mut u64,
    sink: &mut dyn FnMut(RecordBatch) -> ControlFlow<()>,
) -> Result<(), Failure> {
    // DataFusion asks for a runtime. Without timers and sockets it costs microseconds, so that
    // plain queries, which do without DataFusion, are pulled in the same way.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|error| Failure::internal(format!("no runtime: {error}")))?;
    runtime.block_on(async {
        let relational = match chain.iter().any(|link| link.stages.is_relational()) {
            true => Some(Relational::new(options)?),
            false => None,
        };
        let mut batches = source;
        for (position, Link { stages, session }) in chain.iter().enumerate() {
            if position > 0 {
                let stages = Arc::clone(stages);
                batches = map(batches, move |batch| {
                    let rows = ValueRows {
                        rows: batch.num_rows(),
                        inputs: batch.columns().to_vec(),
                        ..ValueRows::default()
                    };
                    stages.first.apply(rows, Vec::new())
                });
            }
            batches = match &relational {
                Some(relational) if stages.is_relational() => {
                    apply_relational(relational, stages, batches).await?
                }
                _ => batches,
            };
            if let Some(limit) = stages.limit {
                batches = take_rows(batches, limit);
            }
            if let Some(layout) = session {
                let mut sessions = Sessions::new(*layout);
                batches = map(batches, move |batch| sessions.number(&batch));
            }
        }
        while let Some(batch) = batches.next().await {
            let batch = batch?;
            if batch.num_rows() == 0 {
                continue;
            }
            *rows += batch.num_rows() as u64;
            if sink(batch).is_break() {
                break;
            }
        }
        Ok(())
    })
}

async fn apply_relational(
    relational: &Relational,
    stages: &Arc<Stages>,
    batches: Batches,
) -> Result<Batches, Failure> {
    let mut batches = number_rows(batches);
    let mut schema = with_sequence(stages.first.schema());
    let mut order: &[(String, bool)] = &stages.order;
    if let Some(group) = &stages.group {
        batches = relational.group(batches, schema, &group.keys, &group.calls).await?;
        let stages = Arc::clone(stages);
        batches = map(batches, move |batch| match &stages.group {
            Some(group) => compute_over_groups(group, &batch),
            None => Ok(batch),
        });
        schema = with_sequence(group.second.schema());
        if group.keys.is_empty() {
            // One group: there is nothing to sort.
            order = &[];
        }
    }
    let is_one_row = stages.group.as_ref().is_some_and(|group| group.keys.is_empty());
    if is_one_row {
        let width = stages.outputs.len();
        return Ok(map(batches, move |batch| Ok(batch.project(&(0..width).collect::<Vec<_>>())?)));
    }
    relational.sort(batches, schema, order, stages.limit, &stages.outputs).await
}

/// HAVING, results and sort keys over the rows that grouping gives.
fn compute_over_groups(group: &GroupStage, batch: &RecordBatch) -> Result<RecordBatch, Failure> {
    let mut columns = batch.columns().to_vec();
    let Some(sequence) = columns.pop() else { return Ok(batch.clone()) };
    let mut aggregates = columns.split_off(group.keys.len());
    for (column, &is_address) in aggregates.iter_mut().zip(&group.addresses) {
        if is_address {
            *column = address::from_keys(column);
        }
    }
    let rows =
        ValueRows { rows: batch.num_rows(), keys: columns, aggregates, ..ValueRows::default() };
    group.second.apply(rows, vec![(sequence_field(), sequence)])
}

fn sequence_field() -> Arc<Field> {
    Arc::new(Field::new(SEQUENCE, DataType::Int64, true))
}

fn with_sequence(schema: &SchemaRef) -> SchemaRef {
    let fields = schema.fields().iter().cloned().chain([sequence_field()]);
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// Numbers the rows in the order in which they come.
fn number_rows(batches: Batches) -> Batches {
    let mut next = 0_i64;
    map(batches, move |batch| {
        let end = next.saturating_add(i64::try_from(batch.num_rows()).unwrap_or(i64::MAX));
        let numbers = Int64Array::from_iter_values(next..end);
        next = end;
        with_columns(&batch, vec![(sequence_field(), Arc::new(numbers))])
    })
}

fn map(
    batches: Batches,
    mut f: impl FnMut(RecordBatch) -> Result<RecordBatch, Failure> + Send + 'static,
) -> Batches {
    batches.map(move |batch| f(batch?)).boxed()
}

/// The first rows; lets go of the source as soon as it has them, which stops a scan.
fn take_rows(batches: Batches, limit: usize) -> Batches {
    let start = (limit > 0).then_some(batches);
    stream::unfold((start, limit), |(batches, left)| async move {
        let mut batches = batches?;
        match batches.next().await? {
            Ok(batch) if batch.num_rows() < left => {
                let left = left - batch.num_rows();
                Some((Ok(batch), (Some(batches), left)))
            }
            Ok(batch) => Some((Ok(batch.slice(0, left)), (None, 0))),
            Err(failure) => Some((Err(failure), (None, 0))),
        }
    })
    .boxed()
}
