//! What can be worked out before a translation: constants, and conditions over numbers that the
//! catalog knows all of (`QIDNAME(qid) ILIKE '%File Create%'`), which become lists of numbers.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use aql_eval::{Context, Datum, Program, Rows, ValueRows};
use aql_event::{Column, ColumnKind};
use aql_semantic::{Expr, ExprKind, NullSemantics, Value};
use arrow_array::{ArrayRef, Int64Array};

/// A number that no catalog has.
const UNKNOWN: i64 = -987_654;

/// Functions whose value depends on the clock: they stay.
const CLOCK: &[&str] = &["NOW", "PARSEDATETIME", "OFFENSE_TIME"];

pub(crate) struct Folder<'a> {
    pub(crate) cx: &'a Arc<Context>,
    pub(crate) nulls: NullSemantics,
}

/// The outcome of a condition over one column with a known domain.
pub(crate) enum Domain {
    /// True for these values only.
    Only(Vec<i64>),
    /// True for all values but these.
    AllBut(Vec<i64>),
}

/// Rows with one column.
struct OneColumn {
    column: Column,
    values: ArrayRef,
}

impl Rows for OneColumn {
    fn len(&self) -> usize {
        self.values.len()
    }

    fn column(&self, column: &Column) -> Option<&ArrayRef> {
        (*column == self.column).then_some(&self.values)
    }
}

impl Folder<'_> {
    /// The value of an expression that reads nothing.
    pub(crate) fn constant(&self, expr: &Expr) -> Option<Value> {
        if let ExprKind::Literal(value) = &expr.kind {
            return Some(value.clone());
        }
        let mut reads = false;
        expr.walk(&mut |e| match &e.kind {
            ExprKind::Column(_)
            | ExprKind::Input(_)
            | ExprKind::Key(_)
            | ExprKind::Aggregate(_)
            | ExprKind::InQuery { .. } => reads = true,
            ExprKind::Call { function, .. } if CLOCK.contains(&&**function) => reads = true,
            _ => {}
        });
        if reads {
            return None;
        }
        let program = Program::compile(expr, self.nulls, self.cx).ok()?;
        if let Some(datum) = program.constant() {
            return value(datum);
        }
        let rows = ValueRows { rows: 1, ..ValueRows::default() };
        if expr.ty == aql_event::Type::Boolean {
            let outcome = program.evaluate_condition(&rows).value(0);
            return Some(outcome.map_or(Value::Null, Value::Boolean));
        }
        None
    }

    /// The expression with everything constant in it worked out.
    pub(crate) fn fold(&self, expr: &Expr) -> Expr {
        if let Some(value) = self.constant(expr) {
            return Expr { kind: ExprKind::Literal(value), ty: expr.ty, span: expr.span };
        }
        let mut folded = expr.clone();
        folded.for_each_child(&mut |child| *child = self.fold(child));
        folded
    }

    /// For which values of its only column a condition is true, if it asks the catalog.
    pub(crate) fn domain(&self, expr: &Expr) -> Option<(Column, Domain)> {
        let mut calls = false;
        let mut pure = true;
        expr.walk(&mut |e| match &e.kind {
            ExprKind::Call { function, .. } => {
                calls |= function.ends_with("NAME") || function.ends_with("_ALTERNATE");
                pure &= !CLOCK.contains(&&**function);
            }
            ExprKind::InQuery { .. }
            | ExprKind::Input(_)
            | ExprKind::Key(_)
            | ExprKind::Aggregate(_) => {
                pure = false;
            }
            _ => {}
        });
        let mut columns = BTreeSet::new();
        expr.columns(&mut columns);
        let column = columns.pop_first()?;
        if !calls || !pure || !columns.is_empty() || column.kind != ColumnKind::Builtin {
            return None;
        }
        let catalog = self.cx.catalog;
        let mut values: Vec<i64> = match &*column.name {
            "qid" => catalog.qids().iter().map(|q| q.id).collect(),
            "devicetype" => catalog.log_source_types().iter().map(|t| t.id).collect(),
            "category" | "highlevelcategory" => catalog.categories().iter().map(|c| c.id).collect(),
            "protocolid" => (0..=255).collect(),
            _ => return None,
        };
        values.push(UNKNOWN);
        let program = Program::compile(expr, self.nulls, self.cx).ok()?;
        let array: ArrayRef = Arc::new(Int64Array::from(values.clone()));
        let rows = OneColumn { column: column.clone(), values: array };
        let outcome = program.evaluate_condition(&rows);
        let (mut yes, mut no) = (Vec::new(), Vec::new());
        for (row, id) in values.into_iter().enumerate() {
            if outcome.value(row) == Some(true) { yes.push(id) } else { no.push(id) }
        }
        let domain = if yes.contains(&UNKNOWN) { Domain::AllBut(no) } else { Domain::Only(yes) };
        Some((column, domain))
    }
}

fn value(datum: &Datum<'_>) -> Option<Value> {
    Some(match datum {
        Datum::Null => Value::Null,
        Datum::Text(text) => Value::Text(Arc::from(&**text)),
        Datum::Host(text) => Value::Host(text.parse::<IpAddr>().ok()?),
        Datum::Integer(value) => Value::Integer(*value),
        Datum::Double(value) => Value::Double(*value),
        Datum::Boolean(value) => Value::Boolean(*value),
        Datum::Bytes(_) | Datum::List(_) => return None,
    })
}
