//! `x IN (SELECT …)`: the inner query runs first, and its values take its place.

use std::collections::HashSet;
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::sync::Arc;

use aql_diag::{Diagnostic, Span, codes};
use aql_event::Type;
use aql_semantic::bound::{BoundQuery, Expr, ExprKind, NullSemantics, Value};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, RecordBatch};

/// How many values of an inner query count (IBM AQL guide, subqueries).
const LIMIT: usize = aql_semantic::IN_QUERY_LIMIT;

/// The inner queries of IN of a query, in the order in which [`with_lists`] fills them, with the
/// place of the condition.
pub(crate) fn inner_queries(query: &BoundQuery) -> Vec<(&BoundQuery, Span)> {
    let mut found = Vec::new();
    for expr in query.expressions() {
        expr.walk(&mut |e| {
            if let ExprKind::InQuery { query, .. } = &e.kind {
                found.push((&**query, e.span));
            }
        });
    }
    found
}

/// The query with constants in the place of inner queries of IN. Lists that are missing are empty;
/// a null in one says that the inner query gave rows without a value.
pub(crate) fn with_lists(query: &BoundQuery, lists: Vec<Vec<Value>>) -> BoundQuery {
    let mut query = query.clone();
    let mut lists = lists.into_iter();
    let nulls = query.nulls;
    for expr in query.expressions_mut() {
        fill(expr, &mut lists, nulls);
    }
    query
}

fn fill(expr: &mut Expr, lists: &mut std::vec::IntoIter<Vec<Value>>, nulls: NullSemantics) {
    if let ExprKind::InQuery { expr: value, by, .. } = &mut expr.kind {
        let null = Expr { kind: ExprKind::Literal(Value::Null), ty: Type::Null, span: value.span };
        let value = std::mem::replace(&mut **value, null);
        let mut list = lists.next().unwrap_or_default();
        let before = list.len();
        list.retain(|value| *value != Value::Null);
        // Whether a value is in a list that holds nulls, SQL knows only if it is found there.
        let open = nulls == NullSemantics::Sql && list.len() < before;
        expr.kind = ExprKind::In { expr: Box::new(value), list, by: *by };
        if open {
            let kind = ExprKind::Literal(Value::Null);
            let unknown = Expr { kind, ty: Type::Boolean, span: expr.span };
            expr.kind = ExprKind::Or(vec![expr.clone(), unknown]);
        }
    }
    expr.for_each_child(&mut |child| fill(child, lists, nulls));
}

/// Gathers the distinct values of the one column of an inner query, in the order of its rows.
pub(crate) struct Gather {
    ty: Type,
    seen: HashSet<Key>,
    values: Vec<Value>,
    /// Was there a row without a value?
    null: bool,
    cut: bool,
}

#[derive(PartialEq, Eq, Hash)]
enum Key {
    Text(Arc<str>),
    Integer(i64),
    Double(u64),
    Boolean(bool),
}

impl Gather {
    pub(crate) fn new(ty: Type) -> Self {
        Gather { ty, seen: HashSet::new(), values: Vec::new(), null: false, cut: false }
    }

    /// Takes the values of some rows; breaks when no more count.
    pub(crate) fn add(&mut self, batch: &RecordBatch) -> ControlFlow<()> {
        let Some(column) = batch.columns().first() else { return ControlFlow::Break(()) };
        self.null |= column.null_count() > 0;
        for row in (0..column.len()).filter(|&row| column.is_valid(row)) {
            let (key, value) = if let Some(text) = column.as_string_opt::<i32>() {
                let text: Arc<str> = text.value(row).into();
                let value = match (self.ty, text.parse::<IpAddr>()) {
                    (Type::Host, Ok(address)) => Value::Host(address),
                    _ => Value::Text(Arc::clone(&text)),
                };
                (Key::Text(text), value)
            } else if let Some(numbers) = column.as_primitive_opt::<Int64Type>() {
                let number = numbers.value(row);
                (Key::Integer(number), Value::Integer(number))
            } else if let Some(numbers) = column.as_primitive_opt::<Float64Type>() {
                let number = numbers.value(row);
                (Key::Double(number.to_bits()), Value::Double(number))
            } else if let Some(booleans) = column.as_boolean_opt() {
                let boolean = booleans.value(row);
                (Key::Boolean(boolean), Value::Boolean(boolean))
            } else {
                // Bytes and lists are no constants of the language; the binder compares neither.
                return ControlFlow::Break(());
            };
            if self.seen.contains(&key) {
                continue;
            }
            if self.values.len() == LIMIT {
                self.cut = true;
                return ControlFlow::Break(());
            }
            self.seen.insert(key);
            self.values.push(value);
        }
        ControlFlow::Continue(())
    }

    /// The values, then a null if there was one, and a warning if there were too many.
    pub(crate) fn finish(mut self, place: Span) -> (Vec<Value>, Option<Diagnostic>) {
        let warning = self.cut.then(|| {
            Diagnostic::warning(
                codes::LIST_CUT,
                format!("the inner query has more than {LIMIT} different values"),
            )
            .at(place, format!("only the first {LIMIT} count"))
            .help("narrow the inner query")
        });
        self.values.extend(self.null.then_some(Value::Null));
        (self.values, warning)
    }
}
