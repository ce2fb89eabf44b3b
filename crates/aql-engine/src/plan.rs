//! From a bound query to stages that can run.

use std::collections::BTreeSet;
use std::sync::Arc;

use aql_diag::{Diagnostic, Span, codes};
use aql_eval::Context;
use aql_eval::site::add_note;
use aql_event::{Column, Needs, Type};
use aql_match::{Matcher, RuleFilter, WantedRows};
use aql_semantic::bound::{
    Aggregate, AggregateCall, AggregateFunction, BoundQuery, Expr, ExprKind, Order, Source,
};
use arrow_schema::DataType;

use crate::in_query;
use crate::projection::{Form, Projection, ProjectionBuilder};
use crate::relational::{Call, plain_type};
use crate::session::{self, Layout};

/// Makes plans.
#[derive(Clone, Copy, Debug, Default)]
pub struct Engine;

/// A query that is ready to run, as often as wanted.
#[derive(Debug)]
pub struct Plan {
    pub(crate) query: BoundQuery,
    pub(crate) context: Arc<Context>,
    /// The query of `FROM (SELECT …)`.
    pub(crate) source: Option<Box<Plan>>,
    /// The queries of `IN (SELECT …)`, with the places of the conditions.
    pub(crate) lists: Vec<(Plan, Span)>,
    /// The sessions into which the rows are cut behind everything else; set for the inner half of a
    /// query with SESSION BY.
    pub(crate) session: Option<Layout>,
    /// Compiled; with empty lists in the place of `lists`.
    pub(crate) stages: Arc<Stages>,
    columns: Vec<(String, Type)>,
}

impl Engine {
    /// Compiles a query and its inner queries. Errors are about the query text.
    pub fn prepare(query: &BoundQuery, context: &Arc<Context>) -> Result<Plan, Vec<Diagnostic>> {
        let Some(split) = session::split(query) else {
            return Engine::prepare_over(query, None, context);
        };
        let mut rows = Engine::prepare_over(&split.rows, None, context)?;
        rows.session = Some(split.layout);
        Engine::prepare_over(&split.query, Some(rows), context)
    }

    /// Compiles a query without SESSION BY over rows that have a plan already, or whatever its
    /// source is.
    fn prepare_over(
        query: &BoundQuery,
        rows: Option<Plan>,
        context: &Arc<Context>,
    ) -> Result<Plan, Vec<Diagnostic>> {
        let mut diagnostics = Vec::new();
        let limit = query.time_limit;
        let mut inner = |query: &BoundQuery| {
            // The limit is that of the whole; an inner query that runs into it says so.
            let query = &BoundQuery { time_limit: limit.or(query.time_limit), ..query.clone() };
            Engine::prepare(query, context).map_err(|errors| diagnostics.extend(errors)).ok()
        };
        let source = match (rows, &query.source) {
            (Some(rows), _) => Some(Box::new(rows)),
            (None, Source::Query(query)) => inner(query).map(Box::new),
            (None, Source::Events | Source::Flows | Source::Simarc) => None,
        };
        let lists: Vec<_> = in_query::inner_queries(query)
            .into_iter()
            .filter_map(|(query, place)| inner(query).map(|plan| (plan, place)))
            .collect();
        let stages = Stages::compile(&in_query::with_lists(query, Vec::new()), context)
            .map_err(|errors| diagnostics.extend(errors));
        match stages {
            Ok(stages) if diagnostics.is_empty() => Ok(Plan {
                query: query.clone(),
                context: Arc::clone(context),
                source,
                lists,
                session: None,
                stages: Arc::new(stages),
                columns: query.output.iter().map(|o| (o.name.clone(), o.expr.ty)).collect(),
            }),
            _ => Err(diagnostics),
        }
    }
}

impl Plan {
    /// The result columns, in order; names may repeat. Text and addresses come as plain `Utf8`.
    pub fn columns(&self) -> &[(String, Type)] {
        &self.columns
    }

    /// What is worth knowing about the query before it runs, inner queries included: regular
    /// expressions that need backtracking, and site data that is not there.
    pub fn notes(&self) -> Vec<Diagnostic> {
        let inner = self.source.iter().map(|plan| &**plan);
        let inner = inner.chain(self.lists.iter().map(|(plan, _)| plan));
        let mut notes = Vec::new();
        inner.flat_map(Plan::notes).for_each(|note| add_note(&mut notes, &note));
        let stages = &self.stages;
        let filter = stages.events.iter().flat_map(|e| e.matcher.notes()).map(|(_, note)| note);
        let second = stages.group.iter().flat_map(|group| group.second.notes());
        for note in filter.chain(stages.first.notes()).chain(second) {
            add_note(&mut notes, note);
        }
        notes
    }

    /// `EXECUTIONTIMELIMIT` of the query, in milliseconds.
    pub fn time_limit(&self) -> Option<u64> {
        self.query.time_limit
    }
}

/// What is done to the rows of the source, compiled.
#[derive(Debug)]
pub(crate) struct Stages {
    /// How events are read, if they are the source.
    pub(crate) events: Option<EventStage>,
    /// The first columns: results and sort keys, or group keys and aggregate arguments. Over an
    /// inner query it also filters.
    pub(crate) first: Projection,
    /// Grouping.
    pub(crate) group: Option<GroupStage>,
    /// The sort keys, by name, and whether they are descending.
    pub(crate) order: Vec<(String, bool)>,
    /// The result columns, by name.
    pub(crate) outputs: Vec<String>,
    /// LIMIT.
    pub(crate) limit: Option<usize>,
}

/// Reading and filtering of events.
pub(crate) struct EventStage {
    /// Columns and class filter.
    pub(crate) needs: Needs,
    /// The WHERE clause.
    pub(crate) matcher: Arc<Matcher>,
    /// Of the needs, the columns that the first projection reads.
    pub(crate) kept: Vec<usize>,
    /// The same, as columns.
    pub(crate) kept_columns: Arc<[Column]>,
}

impl std::fmt::Debug for EventStage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventStage").field("needs", &self.needs).finish_non_exhaustive()
    }
}

/// Grouping, and what is computed over groups.
#[derive(Debug)]
pub(crate) struct GroupStage {
    /// The key columns, by name.
    pub(crate) keys: Vec<String>,
    /// The aggregate calls.
    pub(crate) calls: Vec<Call>,
    /// Which calls give addresses in their sortable form.
    pub(crate) addresses: Vec<bool>,
    /// HAVING, results and sort keys.
    pub(crate) second: Projection,
}

impl Stages {
    /// Compiles a query that has no inner queries of IN.
    pub(crate) fn compile(
        query: &BoundQuery,
        context: &Arc<Context>,
    ) -> Result<Stages, Vec<Diagnostic>> {
        let mut diagnostics = Vec::new();
        let mut first = ProjectionBuilder::new(context, query.nulls);
        // Without groups, HAVING is one more condition on rows.
        let condition = match (&query.aggregate, &query.filter, &query.having) {
            (None, Some(filter), Some(having)) => Some(Expr {
                kind: ExprKind::And(vec![filter.clone(), having.clone()]),
                ty: Type::Boolean,
                span: filter.span,
            }),
            (None, None, Some(having)) => Some(having.clone()),
            (_, filter, _) => filter.clone(),
        };
        let group = match &query.aggregate {
            Some(aggregate) => {
                let (keys, calls, addresses) = add_group(&mut first, aggregate);
                let mut second = ProjectionBuilder::new(context, query.nulls);
                if let Some(having) = &query.having {
                    second.condition(having);
                }
                add_results(&mut second, query);
                match second.build() {
                    Ok(second) => Some(GroupStage { keys, calls, addresses, second }),
                    Err(errors) => {
                        diagnostics.extend(errors);
                        None
                    }
                }
            }
            None => {
                add_results(&mut first, query);
                None
            }
        };
        let events = match &query.source {
            Source::Events => EventStage::compile(query, condition.as_ref(), context)
                .map_err(|errors| diagnostics.extend(errors))
                .ok(),
            Source::Query(_) => {
                if let Some(condition) = &condition {
                    first.condition(condition);
                }
                None
            }
            Source::Flows | Source::Simarc => None,
        };
        match first.build() {
            Ok(first) if diagnostics.is_empty() => Ok(Stages {
                events,
                first,
                group,
                order: order_names(query),
                outputs: (0..query.output.len()).map(output_name).collect(),
                limit: query.limit.map(|n| usize::try_from(n).unwrap_or(usize::MAX)),
            }),
            Ok(_) => Err(diagnostics),
            Err(errors) => {
                diagnostics.extend(errors);
                Err(diagnostics)
            }
        }
    }

    /// How many rows of the source can be in the result, if that is known while they are read:
    /// those that come first in the order.
    pub(crate) fn first_in_order(&self) -> Option<usize> {
        self.limit.filter(|_| self.group.is_none() && !self.order.is_empty())
    }

    /// Must all rows be there before the first can go on?
    pub(crate) fn is_relational(&self) -> bool {
        self.group.is_some() || !self.order.is_empty()
    }
}

impl EventStage {
    fn compile(
        query: &BoundQuery,
        condition: Option<&Expr>,
        context: &Arc<Context>,
    ) -> Result<EventStage, Vec<Diagnostic>> {
        let mut needs = Needs::new(query.columns());
        needs.log_sources = Arc::clone(&context.log_sources);
        let rule = RuleFilter { filter: condition, nulls: query.nulls };
        let matcher = Matcher::compile(&[rule], needs.columns(), context)
            .map_err(|errors| errors.into_iter().map(|(_, error)| error).collect::<Vec<_>>())?;
        let matcher = Arc::new(matcher);
        needs.class_filter = Some(Arc::clone(&matcher) as _);
        if condition.is_some() {
            needs.row_filter = Some(Arc::new(WantedRows::new(Arc::clone(&matcher))));
        }
        let mut read = BTreeSet::new();
        match &query.aggregate {
            Some(aggregate) => {
                let arguments = aggregate.calls.iter().filter_map(|c| c.argument.as_ref());
                aggregate.keys.iter().chain(arguments).for_each(|e| e.columns(&mut read));
            }
            None => {
                let order = query.order_by.iter().map(|o| &o.expr);
                query.output.iter().map(|o| &o.expr).chain(order).for_each(|e| {
                    e.columns(&mut read);
                });
            }
        }
        let kept = read.iter().filter_map(|c| needs.index_of(c)).collect();
        Ok(EventStage { needs, matcher, kept, kept_columns: read.into_iter().collect() })
    }
}

/// Adds group keys and aggregate arguments.
fn add_group(
    projection: &mut ProjectionBuilder<'_>,
    aggregate: &Aggregate,
) -> (Vec<String>, Vec<Call>, Vec<bool>) {
    let mut keys = Vec::new();
    for (position, key) in aggregate.keys.iter().enumerate() {
        let name = format!("k{position}");
        projection.column(name.clone(), key, Form::Value);
        keys.push(name);
    }
    let mut calls = Vec::new();
    let mut addresses = Vec::new();
    for (position, call) in aggregate.calls.iter().enumerate() {
        let name = format!("a{position}");
        let ordered = matches!(call.function, AggregateFunction::Min | AggregateFunction::Max);
        let mut is_address = false;
        let argument_type = match &call.argument {
            Some(argument) if reads_numbers(call, argument) => {
                projection.column(name.clone(), &as_double(argument), Form::Value)
            }
            Some(argument) if ordered && argument.ty == Type::Host => {
                is_address = true;
                projection.column(name.clone(), argument, Form::Sortable)
            }
            Some(argument) => projection.column(name.clone(), argument, Form::Value),
            None => DataType::Int64,
        };
        calls.push(Call {
            function: call.function,
            argument: call.argument.is_some().then_some(name),
            argument_type,
            result_type: if is_address { DataType::Binary } else { plain_type(call.ty) },
        });
        addresses.push(is_address);
    }
    (keys, calls, addresses)
}

/// Must the argument be read as a number first?
fn reads_numbers(call: &AggregateCall, argument: &Expr) -> bool {
    use AggregateFunction as F;
    let numeric = match call.function {
        F::Sum | F::Avg | F::StdevSample | F::StdevPopulation => true,
        F::Min | F::Max | F::First | F::Last => call.ty.is_numeric(),
        F::Count | F::UniqueCount | F::DistinctCount => false,
    };
    numeric && !argument.ty.is_numeric()
}

/// `DOUBLE(x)`: text that is no number becomes null.
fn as_double(argument: &Expr) -> Expr {
    Expr {
        kind: ExprKind::Call { function: Arc::from("DOUBLE"), args: vec![argument.clone()] },
        ty: Type::Double,
        span: argument.span,
    }
}

/// Adds result columns and sort keys.
fn add_results(projection: &mut ProjectionBuilder<'_>, query: &BoundQuery) {
    for (position, output) in query.output.iter().enumerate() {
        projection.column(output_name(position), &output.expr, Form::Value);
    }
    for (position, order) in query.order_by.iter().enumerate() {
        if sorted_output(query, &order.expr).is_none() {
            projection.column(key_name(position), &order.expr, Form::Sortable);
        }
    }
}

/// The result column that is the sort key itself, so that it is computed and moved once.
fn sorted_output(query: &BoundQuery, key: &Expr) -> Option<usize> {
    let sorts_as_it_is = !matches!(key.ty, Type::Host | Type::IntegerList);
    let same = || query.output.iter().position(|output| output.expr == *key);
    sorts_as_it_is.then(same).flatten()
}

fn output_name(position: usize) -> String {
    format!("c{position}")
}

fn key_name(position: usize) -> String {
    format!("o{position}")
}

fn order_names(query: &BoundQuery) -> Vec<(String, bool)> {
    let name = |(position, order): (usize, &Order)| {
        let output = sorted_output(query, &order.expr);
        (output.map_or_else(|| key_name(position), output_name), order.descending)
    };
    query.order_by.iter().enumerate().map(name).collect()
}

/// A note that a source of this name has no rows.
pub(crate) fn note_empty(source: &Source) -> Option<Diagnostic> {
    let name = match source {
        Source::Flows => "flows",
        Source::Simarc => "simarc",
        Source::Events | Source::Query(_) => return None,
    };
    Some(
        Diagnostic::note_severity(
            codes::NO_SUCH_EVIDENCE,
            format!("evidence holds no {name}; they are read as a table without rows"),
        )
        .help("ask events, or run the query on an appliance"),
    )
}
