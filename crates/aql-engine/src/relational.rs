//! Grouping and sorting by DataFusion. The only module that builds DataFusion plans.
//!
//! Both operators get plain columns that `aql-eval` has computed, in evidence order, in one
//! stream: the order of a floating-point sum, of first appearance and of ties is then that of the
//! evidence, whatever the number of threads that read it. Reading, filtering and computing, which
//! cost the most, have been done by those threads.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aql_event::Type;
use aql_semantic::bound::AggregateFunction;
use arrow_array::RecordBatch;
use arrow_schema::{DataType, SchemaRef};
use datafusion::catalog::streaming::StreamingTable;
use datafusion::dataframe::DataFrame;
use datafusion::error::DataFusionError;
use datafusion::execution::TaskContext;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::functions_aggregate::expr_fn as agg;
use datafusion::logical_expr::{Expr, SortExpr, cast, col, lit, when};
use datafusion::physical_plan::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::StreamExt;
use futures::stream::BoxStream;

use crate::aggregates::{exact_average, exact_sum, first_row};
use crate::failure::{Failure, FailureSlot};
use crate::options::RunOptions;

/// Record batches on their way to the user.
pub(crate) type Batches = BoxStream<'static, Result<RecordBatch, Failure>>;

/// The hidden last column of the input of both operators: the number of the row in evidence order.
pub(crate) const SEQUENCE: &str = "seq";

/// An aggregate call over computed columns.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Which function.
    pub(crate) function: AggregateFunction,
    /// The input column; nothing for COUNT(*).
    pub(crate) argument: Option<String>,
    /// Arrow type of the input column.
    pub(crate) argument_type: DataType,
    /// Arrow type of the result.
    pub(crate) result_type: DataType,
}

/// A DataFusion session for one run.
pub(crate) struct Relational {
    context: SessionContext,
}

impl Relational {
    /// A session within the limits of the run.
    pub(crate) fn new(options: &RunOptions<'_>) -> Result<Self, Failure> {
        // One partition: the input is one ordered stream, and one thread drives it.
        let mut config = SessionConfig::new()
            .with_target_partitions(1)
            .with_create_default_catalog_and_schema(false)
            .with_collect_statistics(false);
        let disk = match &options.spill {
            Some(folder) => DiskManagerMode::Directories(vec![folder.clone()]),
            None => DiskManagerMode::Disabled,
        };
        let mut runtime = RuntimeEnvBuilder::new()
            .with_disk_manager_builder(DiskManagerBuilder::default().with_mode(disk));
        if let Some(limit) = options.memory_limit {
            // What a sort sets aside to merge its files; the default alone may exceed the limit.
            let reservation = (limit / 4).min(10 << 20);
            config = config.with_sort_spill_reservation_bytes(reservation);
            runtime = runtime.with_memory_pool(Arc::new(FairSpillPool::new(limit)));
        }
        let state = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(runtime.build_arc()?)
            .build();
        Ok(Relational { context: SessionContext::new_with_state(state) })
    }

    /// Groups rows by the columns `keys`. The result has the keys, one column `v0`, `v1`, … per
    /// call, and as sequence that of the first row of the group; it is in no order.
    pub(crate) async fn group(
        &self,
        input: Batches,
        schema: SchemaRef,
        keys: &[String],
        calls: &[Call],
    ) -> Result<Batches, Failure> {
        let slot = FailureSlot::default();
        let rows = self.read(input, schema, &slot)?;
        let mut aggregates: Vec<Expr> = Vec::new();
        let mut results: Vec<Expr> = keys.iter().map(col).collect();
        for (position, call) in calls.iter().enumerate() {
            let value = cast(aggregate(call, position, &mut aggregates), call.result_type.clone());
            let value = if sums(call) { finite(value)? } else { value };
            results.push(value.alias(format!("v{position}")));
        }
        aggregates.push(first_row(col(SEQUENCE)).alias("first"));
        results.push(col("first").alias(SEQUENCE));
        let groups = rows.aggregate(keys.iter().map(col).collect(), aggregates)?.select(results)?;
        stream(groups, slot).await
    }

    /// Sorts rows by the columns `by` (name and whether descending), then by sequence; keeps the
    /// first `fetch`. Nulls come first ascending, last descending (aql-language.md 7).
    pub(crate) async fn sort(
        &self,
        input: Batches,
        schema: SchemaRef,
        by: &[(String, bool)],
        fetch: Option<usize>,
        keep: &[String],
    ) -> Result<Batches, Failure> {
        let slot = FailureSlot::default();
        let rows = self.read(input, schema, &slot)?;
        let mut order: Vec<SortExpr> =
            by.iter().map(|(name, descending)| col(name).sort(!descending, !descending)).collect();
        order.push(col(SEQUENCE).sort(true, true));
        let mut sorted = rows.sort(order)?;
        if fetch.is_some() {
            sorted = sorted.limit(0, fetch)?;
        }
        let sorted = sorted.select(keep.iter().map(col).collect::<Vec<_>>())?;
        stream(sorted, slot).await
    }

    fn read(
        &self,
        input: Batches,
        schema: SchemaRef,
        slot: &FailureSlot,
    ) -> Result<DataFrame, Failure> {
        let part = Arc::new(Input {
            schema: Arc::clone(&schema),
            batches: Mutex::new(Some(input)),
            slot: slot.clone(),
        });
        let table = StreamingTable::try_new(schema, vec![part])?;
        Ok(self.context.read_table(Arc::new(table))?)
    }
}

/// Can the call overflow? Integers are summed exactly.
fn sums(call: &Call) -> bool {
    use AggregateFunction::{Avg, StdevPopulation, StdevSample, Sum};
    call.result_type == DataType::Float64
        && matches!(call.function, Sum | Avg | StdevSample | StdevPopulation)
}

/// A double, or null if it is infinite or no number: overflow is null, as in arithmetic.
fn finite(value: Expr) -> Result<Expr, Failure> {
    Ok(when(value.clone().between(lit(f64::MIN), lit(f64::MAX)), value).end()?)
}

/// Adds what the call needs to the aggregates, and gives the expression of its value over them.
fn aggregate(call: &Call, position: usize, aggregates: &mut Vec<Expr>) -> Expr {
    let name = format!("g{position}");
    let argument = || call.argument.as_ref().map_or_else(|| lit(1_i64), col);
    let is_integer = call.argument_type == DataType::Int64;
    let double = || cast(argument(), DataType::Float64);
    let in_order = || vec![col(SEQUENCE).sort(true, true)];
    let value = match call.function {
        AggregateFunction::Count => agg::count(argument()),
        // No sum of doubles would be exact beyond 2^53.
        AggregateFunction::Sum if is_integer => exact_sum(argument()),
        AggregateFunction::Avg if is_integer => exact_average(argument()),
        AggregateFunction::Sum => agg::sum(argument()),
        AggregateFunction::Avg => agg::avg(argument()),
        AggregateFunction::Min => agg::min(argument()),
        AggregateFunction::Max => agg::max(argument()),
        AggregateFunction::First => agg::first_value(argument(), in_order()),
        AggregateFunction::Last => agg::last_value(argument(), in_order()),
        AggregateFunction::StdevSample => agg::stddev(double()),
        AggregateFunction::StdevPopulation => agg::stddev_pop(double()),
        AggregateFunction::UniqueCount => agg::count_distinct(argument()),
        AggregateFunction::DistinctCount => agg::approx_distinct(match call.argument_type {
            // DataFusion estimates no doubles and no lists; different values have different texts.
            DataType::Float64 | DataType::List(_) => cast(argument(), DataType::Utf8),
            _ => argument(),
        }),
    };
    aggregates.push(value.alias(&name));
    col(name)
}

async fn stream(rows: DataFrame, slot: FailureSlot) -> Result<Batches, Failure> {
    let batches = rows.execute_stream().await?;
    Ok(batches.map(move |batch| batch.map_err(|error| slot.explain(error))).boxed())
}

/// One stream as an input of DataFusion.
struct Input {
    schema: SchemaRef,
    /// Taken at the first execution; the plans built here execute once.
    batches: Mutex<Option<Batches>>,
    slot: FailureSlot,
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input").field("schema", &self.schema).finish_non_exhaustive()
    }
}

impl PartitionStream for Input {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let batches = self.batches.lock().unwrap_or_else(PoisonError::into_inner).take();
        let slot = self.slot.clone();
        let stream = match batches {
            Some(batches) => {
                batches.map(move |batch| batch.map_err(|failure| slot.keep(failure))).boxed()
            }
            None => {
                let error = DataFusionError::Internal("input was read twice".to_owned());
                futures::stream::iter([Err(error)]).boxed()
            }
        };
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), stream))
    }
}

/// The plain Arrow type in which values of a type leave the evaluator.
pub(crate) fn plain_type(ty: Type) -> DataType {
    match ty {
        Type::Text | Type::Host | Type::Null => DataType::Utf8,
        Type::Integer | Type::Time => DataType::Int64,
        Type::Double => DataType::Float64,
        Type::Boolean => DataType::Boolean,
        Type::Binary => DataType::Binary,
        Type::IntegerList => {
            DataType::List(Arc::new(arrow_schema::Field::new("item", DataType::Int64, true)))
        }
    }
}
