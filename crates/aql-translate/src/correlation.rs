//! Queries with groups as targets see them that only correlate: so many events, or so many values of
//! a field, with the same keys within a time span.

use aql_semantic::{AggregateFunction, CompareOp, Expr, ExprKind, Window};

use crate::loss::{Direction, Losses};
use crate::map::Source;
use crate::pred::{Lowered, Number, Pred, What};

/// What is told of every correlation.
pub(crate) const SLIDES: &str =
    "a correlation counts in a sliding time span, the query in its window";

/// A count over groups and what it is compared with.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Correlation {
    /// The field whose values are counted; nothing if events are.
    pub(crate) field: Option<String>,
    /// Fields that are the same within a group.
    pub(crate) keys: Vec<String>,
    /// The time span, in milliseconds.
    pub(crate) span: i64,
    /// An order: never equality.
    pub(crate) op: CompareOp,
    /// What the count is compared with.
    pub(crate) bound: Number,
}

impl Correlation {
    /// Reads the groups of a query; an error if they are no such correlation.
    pub(crate) fn read(
        query: &Lowered,
        source: &Source,
        losses: &mut Losses,
    ) -> Result<Correlation, &'static str> {
        let mut name = |expr: &Expr| name(expr, source, losses);
        let group = query.group.as_ref().ok_or("a correlation has groups")?;
        let Window::Last(span) = query.window else {
            return Err("a correlation needs LAST as its time span");
        };
        let Some(Pred::Test(test)) = &query.having else {
            return Err("a correlation has one condition over one count");
        };
        let ExprKind::Aggregate(index) = test.of.kind else {
            return Err("a correlation tests a count");
        };
        let call = group.calls.get(index).ok_or("a correlation tests a count")?;
        let field = match (call.function, &call.argument) {
            (AggregateFunction::Count, None) => None,
            (AggregateFunction::UniqueCount, Some(argument)) => {
                Some(name(argument).ok_or("a correlation counts values of a field")?)
            }
            _ => return Err("a correlation counts events or values"),
        };
        let What::Number(op, bound) = test.what else {
            return Err("a correlation compares a count with a number");
        };
        if matches!(op, CompareOp::Eq | CompareOp::NotEq) {
            return Err("a correlation needs an order");
        }
        let keys: Option<Vec<String>> = group.keys.iter().map(name).collect();
        let keys = keys.ok_or("a correlation groups by fields")?;
        Ok(Correlation { field, keys, span, op, bound })
    }
}

/// The field of a column; tells if it holds the value in another form, or one of several.
fn name(expr: &Expr, source: &Source, losses: &mut Losses) -> Option<String> {
    let ExprKind::Column(column) = &expr.kind else { return None };
    let field = source.field(column)?;
    let name = field.names.first()?;
    let message = if field.other_form || field.name_only {
        format!("the target holds `{}` in another form", column.name)
    } else if field.names.len() > 1 {
        format!("of the fields of `{}` only `{name}` is read", column.name)
    } else {
        return Some(name.clone());
    };
    losses.approximate(Some(expr.span), Direction::Either, message);
    Some(name.clone())
}
