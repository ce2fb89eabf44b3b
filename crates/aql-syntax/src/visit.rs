//! Walking over expressions.
//!
//! The walks recurse; the parser bounds the height of every tree ([`crate::MAX_DEPTH`]).

use crate::ast::{Expr, ExprKind, From, Query, SelectItem, TimeKind};

/// Calls `visit` for each expression directly under `expr`, in the order of the text. A subquery
/// is not an expression; its own expressions are not visited.
pub fn for_each_child<'a>(expr: &'a Expr, visit: &mut dyn FnMut(&'a Expr)) {
    match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Name(_) | ExprKind::Error => {}
        ExprKind::Call { args: list, .. } | ExprKind::And(list) | ExprKind::Or(list) => {
            list.iter().for_each(visit)
        }
        ExprKind::Unary { expr, .. }
        | ExprKind::Not(expr)
        | ExprKind::IsNull { expr, .. }
        | ExprKind::InQuery { expr, .. } => visit(expr),
        ExprKind::Binary { left, right, .. } => {
            visit(left);
            visit(right);
        }
        ExprKind::Pattern { expr, pattern, .. } => {
            visit(expr);
            visit(pattern);
        }
        ExprKind::InList { expr, list, .. } => {
            visit(expr);
            list.iter().for_each(visit);
        }
        ExprKind::Between { expr, low, high, .. } => {
            visit(expr);
            visit(low);
            visit(high);
        }
        ExprKind::Case { operand, branches, otherwise } => {
            if let Some(operand) = operand {
                visit(operand);
            }
            for (when, then) in branches {
                visit(when);
                visit(then);
            }
            if let Some(otherwise) = otherwise {
                visit(otherwise);
            }
        }
        ExprKind::If { condition, then, otherwise } => {
            visit(condition);
            visit(then);
            if let Some(otherwise) = otherwise {
                visit(otherwise);
            }
        }
    }
}

/// Calls `visit` for `expr` and every expression below it, parents first. Subqueries are left out.
pub fn walk_expr<'a>(expr: &'a Expr, visit: &mut dyn FnMut(&'a Expr)) {
    visit(expr);
    for_each_child(expr, &mut |child| walk_expr(child, visit));
}

/// Calls `visit` for each top expression of a query: select items, conditions, keys, times,
/// parameters; in the order in which AQL wants the clauses. Subqueries are left out.
pub fn for_each_root<'a>(query: &'a Query, visit: &mut dyn FnMut(&'a Expr)) {
    for item in &query.select {
        if let SelectItem::Expr { expr, .. } = item {
            visit(expr);
        }
    }
    query.condition.iter().for_each(&mut *visit);
    if let Some(session) = &query.session {
        visit(&session.time);
        session.by.iter().for_each(&mut *visit);
        for edge in [&session.begin, &session.end].into_iter().flatten() {
            visit(&edge.condition);
        }
        session.timeout.iter().for_each(&mut *visit);
        session.time_window.iter().for_each(&mut *visit);
    }
    query.group_by.iter().for_each(&mut *visit);
    query.having.iter().for_each(&mut *visit);
    for item in &query.order_by {
        visit(&item.expr);
    }
    match query.time.as_ref().map(|time| &time.kind) {
        Some(TimeKind::Range { start, stop }) => {
            visit(start);
            stop.iter().for_each(&mut *visit);
        }
        Some(TimeKind::Offense(id)) => visit(id),
        Some(TimeKind::Last { .. }) | None => {}
    }
    for parameter in &query.parameters {
        visit(&parameter.value);
    }
}

/// Calls `visit` for every expression of a query, parents first. Subqueries are left out.
pub fn walk_query<'a>(query: &'a Query, visit: &mut dyn FnMut(&'a Expr)) {
    for_each_root(query, &mut |expr| walk_expr(expr, visit));
}

/// Calls `visit` for each query directly inside `query`: that of FROM, and those of IN.
pub fn for_each_subquery<'a>(query: &'a Query, visit: &mut dyn FnMut(&'a Query)) {
    if let Some(From::Subquery { query: inner, .. }) = &query.from {
        visit(inner);
    }
    walk_query(query, &mut |expr| {
        if let ExprKind::InQuery { query: inner, .. } = &expr.kind {
            visit(inner);
        }
    });
}
