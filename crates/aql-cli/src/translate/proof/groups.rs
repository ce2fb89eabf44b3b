//! Groups: what GROUP BY, the aggregates and HAVING make of events.

use std::ops::ControlFlow;

use aql_engine::{Engine, RunOptions, WindowMode, WindowPolicy};
use aql_event::EventTable;
use aql_pack::cell_json;
use aql_semantic::{BoundQuery, Expr, ExprKind, Output};
use serde_json::Value;

use super::{Piece, whole};

/// The query that lists all groups: their keys and aggregates.
pub(super) fn listing(query: &BoundQuery) -> BoundQuery {
    let span = query.output.first().map(|o| o.expr.span).unwrap_or_default();
    let mut output = Vec::new();
    if let Some(aggregate) = &query.aggregate {
        for (at, key) in aggregate.keys.iter().enumerate() {
            let expr = Expr { kind: ExprKind::Key(at), ty: key.ty, span };
            output.push(Output { name: format!("k{at}"), expr });
        }
        for (at, call) in aggregate.calls.iter().enumerate() {
            let expr = Expr { kind: ExprKind::Aggregate(at), ty: call.ty, span };
            output.push(Output { name: format!("c{at}"), expr });
        }
    }
    BoundQuery { output, ..whole(query) }
}

/// The groups of the original.
pub(super) fn rows(
    piece: &Piece<'_>,
    query: &BoundQuery,
    table: &dyn EventTable,
) -> Result<Vec<Vec<Value>>, String> {
    let cx = &piece.job.cx;
    let plan = Engine::prepare(query, cx).map_err(|problems| {
        problems.first().map_or_else(String::new, |problem| problem.message.clone())
    })?;
    let policy = WindowPolicy { now: cx.now, mode: WindowMode::Ignore };
    let mut rows = Vec::new();
    let outcome = plan.run(table, &RunOptions::new(policy), &mut |batch| {
        for row in 0..batch.num_rows() {
            rows.push(batch.columns().iter().map(|cells| cell_json(cells, row)).collect());
        }
        ControlFlow::Continue(())
    });
    match outcome.diagnostics.iter().find(|d| d.is_error()) {
        Some(problem) => Err(problem.message.clone()),
        None => Ok(rows),
    }
}
