//! Comparing trees without regard to where their parts stand in the text.

use aql_diag::Span;

use crate::ast::{Expr, ExprKind, From, Name, Query, SelectItem, Text, TimeKind};

/// Do two queries say the same, spans apart?
pub fn same_tree(a: &Query, b: &Query) -> bool {
    let (mut a, mut b) = (a.clone(), b.clone());
    strip_spans(&mut a);
    strip_spans(&mut b);
    a == b
}

/// Do two expressions say the same, spans apart?
pub fn same_expr(a: &Expr, b: &Expr) -> bool {
    let (mut a, mut b) = (a.clone(), b.clone());
    strip_expr(&mut a);
    strip_expr(&mut b);
    a == b
}

/// Sets every span of a query to nothing.
pub fn strip_spans(query: &mut Query) {
    query.span = Span::default();
    for item in &mut query.select {
        match item {
            SelectItem::Star(span) => *span = Span::default(),
            SelectItem::Expr { expr, alias } => {
                strip_expr(expr);
                alias.iter_mut().for_each(strip_name);
            }
        }
    }
    match &mut query.from {
        None => {}
        Some(From::Database(name)) => strip_name(name),
        Some(From::Subquery { query, alias, span }) => {
            strip_spans(query);
            alias.iter_mut().for_each(strip_name);
            *span = Span::default();
        }
        Some(From::GlobalView { search, interval, span }) => {
            strip_text(search);
            strip_text(interval);
            *span = Span::default();
        }
    }
    query.into.iter_mut().for_each(strip_name);
    query.text_search.iter_mut().for_each(strip_text);
    query.condition.iter_mut().for_each(strip_expr);
    if let Some(session) = &mut query.session {
        session.span = Span::default();
        strip_expr(&mut session.time);
        session.by.iter_mut().for_each(strip_expr);
        for edge in [&mut session.begin, &mut session.end].into_iter().flatten() {
            strip_expr(&mut edge.condition);
        }
        session.timeout.iter_mut().for_each(strip_expr);
        session.time_window.iter_mut().for_each(strip_expr);
    }
    query.group_by.iter_mut().for_each(strip_expr);
    query.having.iter_mut().for_each(strip_expr);
    for item in &mut query.order_by {
        strip_expr(&mut item.expr);
        item.collate.iter_mut().for_each(strip_text);
    }
    if let Some(limit) = &mut query.limit {
        limit.span = Span::default();
    }
    if let Some(time) = &mut query.time {
        time.span = Span::default();
        match &mut time.kind {
            TimeKind::Last { .. } => {}
            TimeKind::Range { start, stop } => {
                strip_expr(start);
                stop.iter_mut().for_each(strip_expr);
            }
            TimeKind::Offense(id) => strip_expr(id),
        }
    }
    for parameter in &mut query.parameters {
        strip_name(&mut parameter.name);
        strip_expr(&mut parameter.value);
    }
}

fn strip_name(name: &mut Name) {
    name.span = Span::default();
}

fn strip_text(text: &mut Text) {
    text.span = Span::default();
}

fn strip_expr(expr: &mut Expr) {
    expr.span = Span::default();
    match &mut expr.kind {
        ExprKind::Literal(_) | ExprKind::Error => {}
        ExprKind::Name(name) => strip_name(name),
        ExprKind::Call { name, args, .. } => {
            strip_name(name);
            args.iter_mut().for_each(strip_expr);
        }
        ExprKind::And(list) | ExprKind::Or(list) => list.iter_mut().for_each(strip_expr),
        ExprKind::Unary { expr, .. } | ExprKind::Not(expr) | ExprKind::IsNull { expr, .. } => {
            strip_expr(expr)
        }
        ExprKind::Binary { op_span, left, right, .. } => {
            *op_span = Span::default();
            strip_expr(left);
            strip_expr(right);
        }
        ExprKind::Pattern { op_span, expr, pattern, .. } => {
            *op_span = Span::default();
            strip_expr(expr);
            strip_expr(pattern);
        }
        ExprKind::InList { expr, list, .. } => {
            strip_expr(expr);
            list.iter_mut().for_each(strip_expr);
        }
        ExprKind::InQuery { expr, query, .. } => {
            strip_expr(expr);
            strip_spans(query);
        }
        ExprKind::Between { expr, low, high, .. } => {
            strip_expr(expr);
            strip_expr(low);
            strip_expr(high);
        }
        ExprKind::Case { operand, branches, otherwise } => {
            operand.iter_mut().for_each(|e| strip_expr(e));
            for (when, then) in branches {
                strip_expr(when);
                strip_expr(then);
            }
            otherwise.iter_mut().for_each(|e| strip_expr(e));
        }
        ExprKind::If { condition, then, otherwise } => {
            strip_expr(condition);
            strip_expr(then);
            otherwise.iter_mut().for_each(|e| strip_expr(e));
        }
    }
}
