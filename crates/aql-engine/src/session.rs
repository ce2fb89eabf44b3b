//! SESSION BY: a query with sessions is run as two, one inside the other.
//!
//! The inner one filters and sorts by time, and gives the columns that the rest of the query reads,
//! with the values of the clause behind them. [`Sessions`] reads its rows in that order, puts the
//! number of the session in the place of the latter, and the outer query goes on from there.

use std::collections::HashMap;
use std::sync::Arc;

use aql_semantic::bound::{
    BoundQuery, Expr, ExprKind, Order, Output, Session, SessionEdge, Source, Window, session_id,
};
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, BooleanArray, Int64Array, RecordBatch};
use arrow_cast::cast;
use arrow_schema::{DataType, Field, Schema};
use datafusion::arrow::row::{RowConverter, SortField};

use crate::failure::Failure;

/// A query with sessions, as two.
pub(crate) struct Split {
    /// Gives the rows in order.
    pub(crate) rows: BoundQuery,
    /// Which of its columns are what.
    pub(crate) layout: Layout,
    /// Reads the rows with their sessions.
    pub(crate) query: BoundQuery,
}

/// The columns of the inner query: first those that the outer one reads, then the list, the time,
/// and the parts of the clause that there are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    kept: usize,
    by: usize,
    begin: Edge,
    end: Edge,
    timeout: bool,
    time_window: bool,
}

#[derive(Clone, Copy, Debug)]
struct Edge {
    written: bool,
    explicit: bool,
}

impl Edge {
    fn new(edge: Option<&SessionEdge>) -> Self {
        Edge { written: edge.is_some(), explicit: edge.is_some_and(|edge| edge.explicit) }
    }
}

/// Takes a query with SESSION BY apart; nothing for one without.
pub(crate) fn split(query: &BoundQuery) -> Option<Split> {
    let session = query.session.as_ref()?;
    let mut outer =
        BoundQuery { session: None, filter: None, window: Window::None, ..query.clone() };
    let mut kept = Vec::new();
    for expr in outer.expressions_mut() {
        read_input(expr, &mut kept);
    }
    let Session { time, by, begin, end, timeout, time_window } = session;
    let layout = Layout {
        kept: kept.len(),
        by: by.len(),
        begin: Edge::new(begin.as_ref()),
        end: Edge::new(end.as_ref()),
        timeout: timeout.is_some(),
        time_window: time_window.is_some(),
    };
    let edges = begin.iter().chain(end).map(|edge| &edge.condition);
    let columns = kept
        .iter()
        .chain(by)
        .chain(std::iter::once(time))
        .chain(edges)
        .chain(timeout)
        .chain(time_window);
    let rows = BoundQuery {
        session: None,
        aggregate: None,
        having: None,
        output: columns.map(|e| Output { name: String::new(), expr: e.clone() }).collect(),
        order_by: vec![Order { expr: time.clone(), descending: false }],
        limit: None,
        into: None,
        ..query.clone()
    };
    outer.source = Source::Query(Box::new(rows.clone()));
    Some(Split { rows, layout, query: outer })
}

/// Makes columns of the source into columns of the inner query. The session comes first.
fn read_input(expr: &mut Expr, kept: &mut Vec<Expr>) {
    match &expr.kind {
        ExprKind::Column(column) if *column == session_id() => expr.kind = ExprKind::Input(0),
        ExprKind::Column(_) | ExprKind::Input(_) => {
            let at = kept.iter().position(|known| known == expr).unwrap_or_else(|| {
                kept.push(expr.clone());
                kept.len() - 1
            });
            expr.kind = ExprKind::Input(at + 1);
        }
        _ => expr.for_each_child(&mut |child| read_input(child, kept)),
    }
}

/// Numbers the sessions of rows that come in the order of their time.
///
/// Holds one entry for each tuple of the list that has a session open, and nothing of rows.
pub(crate) struct Sessions {
    layout: Layout,
    tuples: Option<RowConverter>,
    open: HashMap<Box<[u8]>, Open>,
    last_id: i64,
}

/// A session that is open.
#[derive(Clone, Copy)]
struct Open {
    id: i64,
    first: Option<i64>,
    last: Option<i64>,
}

/// What a row says about sessions.
#[derive(Clone, Copy)]
struct Row {
    time: Option<i64>,
    begins: bool,
    ends: bool,
    timeout: Option<i64>,
    time_window: Option<i64>,
}

impl Sessions {
    pub(crate) fn new(layout: Layout) -> Self {
        Sessions { layout, tuples: None, open: HashMap::new(), last_id: 0 }
    }

    /// The next rows: the number of their session, then the columns that are kept.
    pub(crate) fn number(&mut self, batch: &RecordBatch) -> Result<RecordBatch, Failure> {
        let layout = self.layout;
        let mut kept = batch.columns().to_vec();
        let mut by = kept.split_off(layout.kept.min(kept.len()));
        let mut parts = by.split_off(layout.by.min(by.len())).into_iter();
        let mut next = |written: bool| if written { parts.next() } else { None };
        let time = numbers(next(true))?;
        let (begin, end) = (next(layout.begin.written), next(layout.end.written));
        let timeout = numbers(next(layout.timeout))?;
        let time_window = numbers(next(layout.time_window))?;
        let (begin, end) = (booleans(begin.as_ref()), booleans(end.as_ref()));

        let tuples = self.tuples(&by)?;
        let ids: Int64Array = (0..batch.num_rows())
            .map(|at| {
                let row = Row {
                    time: number(time.as_ref(), at),
                    begins: is_true(begin, at),
                    ends: is_true(end, at),
                    timeout: number(timeout.as_ref(), at),
                    time_window: number(time_window.as_ref(), at),
                };
                let tuple = tuples.as_ref().map(|tuples| tuples.row(at));
                self.session(tuple.as_ref().map_or(&[], |tuple| tuple.as_ref()), row)
            })
            .collect();

        let mut fields = vec![Arc::new(Field::new("session", DataType::Int64, true))];
        fields.extend(batch.schema().fields().iter().take(layout.kept).cloned());
        let mut columns: Vec<ArrayRef> = vec![Arc::new(ids)];
        columns.append(&mut kept);
        Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
    }

    /// The tuples of the list as bytes that are the same if the tuples are.
    fn tuples(&mut self, by: &[ArrayRef]) -> Result<Option<datafusion::arrow::row::Rows>, Failure> {
        if by.is_empty() {
            return Ok(None);
        }
        let converter = match &mut self.tuples {
            Some(converter) => converter,
            none => {
                let fields = by.iter().map(|c| SortField::new(c.data_type().clone())).collect();
                none.insert(RowConverter::new(fields)?)
            }
        };
        Ok(Some(converter.convert_columns(by)?))
    }

    /// The session of a row, and what it means for the rows to come.
    fn session(&mut self, tuple: &[u8], row: Row) -> Option<i64> {
        let (begin, end) = (self.layout.begin, self.layout.end);
        let open = self.open.get(tuple).copied().filter(|open| !open.is_over(row));
        let goes_on = match open {
            // BEGIN ends the session before it, unless only END may.
            Some(open) if !row.begins || end.explicit => {
                Some(Open { last: row.time.or(open.last), ..open })
            }
            None if begin.explicit && !row.begins => None,
            _ => {
                self.last_id = self.last_id.saturating_add(1);
                Some(Open { id: self.last_id, first: row.time, last: row.time })
            }
        };
        match goes_on {
            Some(open) if !row.ends => match self.open.get_mut(tuple) {
                Some(known) => *known = open,
                None => {
                    self.open.insert(tuple.into(), open);
                }
            },
            _ => {
                self.open.remove(tuple);
            }
        }
        goes_on.map(|open| open.id)
    }
}

impl Open {
    /// Has the session closed by the time of this row?
    fn is_over(&self, row: Row) -> bool {
        let longer = |since: Option<i64>, limit: Option<i64>| match (row.time, since, limit) {
            (Some(time), Some(since), Some(limit)) => time.saturating_sub(since) > limit,
            _ => false,
        };
        longer(self.last, row.timeout) || longer(self.first, row.time_window)
    }
}

/// A column as whole numbers.
fn numbers(column: Option<ArrayRef>) -> Result<Option<ArrayRef>, Failure> {
    match column {
        Some(column) if column.data_type() != &DataType::Int64 => {
            Ok(Some(cast(&column, &DataType::Int64)?))
        }
        column => Ok(column),
    }
}

fn number(column: Option<&ArrayRef>, at: usize) -> Option<i64> {
    let column = column?.as_primitive_opt::<Int64Type>()?;
    column.is_valid(at).then(|| column.value(at))
}

fn booleans(column: Option<&ArrayRef>) -> Option<&BooleanArray> {
    column?.as_boolean_opt()
}

fn is_true(column: Option<&BooleanArray>, at: usize) -> bool {
    column.is_some_and(|column| column.is_valid(at) && column.value(at))
}
