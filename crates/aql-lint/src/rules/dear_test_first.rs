//! A regular expression or a search of the payload stands before a cheap test.

use aql_diag::{Applicability, Diagnostic, Edit, codes};
use aql_event::ColumnKind;
use aql_semantic::{Expr, ExprKind};

use super::payload_scan::is_payload;
use crate::cx::Cx;

pub(super) fn check(cx: &Cx<'_>, out: &mut Vec<Diagnostic>) {
    let terms = cx.conjuncts();
    // TEXT SEARCH must come first, and BETWEEN is two terms at one place.
    let apart = terms.windows(2).all(|w| w[0].span.end <= w[1].span.start);
    if terms.len() < 2 || !apart || cx.has_text_search() {
        return;
    }
    let costs: Vec<u8> = terms.iter().map(cost).collect();
    let Some(dear) = costs.iter().position(|c| *c >= DEAR) else { return };
    let Some(cheap) = (dear + 1..terms.len()).find(|&at| costs[at] == CHEAP) else { return };
    let mut order: Vec<usize> = (0..terms.len()).collect();
    order.sort_by_key(|&at| costs[at]);
    let edits = order
        .iter()
        .enumerate()
        .filter(|(to, from)| to != *from)
        .map(|(to, &from)| Edit {
            span: terms[to].span,
            text: cx.slice(terms[from].span).to_owned(),
        })
        .collect();
    let what = if costs[dear] == DEAR { "a search of the payload" } else { "a regular expression" };
    out.push(
        Diagnostic::note_severity(
            codes::DEAR_TEST_FIRST,
            format!("{what} stands before a cheap test"),
        )
        .at(terms[dear].span, "tried on every event")
        .label(terms[cheap].span, "would leave fewer of them")
        .fix("put the cheap tests first", Applicability::Safe, edits),
    );
}

const CHEAP: u8 = 0;
const DEAR: u8 = 2;

/// Cheap: a built-in field that is no text to be searched. Dear: payload, then regular expressions.
fn cost(expr: &Expr) -> u8 {
    let mut cost = match &expr.kind {
        ExprKind::Compare { left, .. } => plain(left),
        ExprKind::In { expr, .. } => plain(expr),
        ExprKind::Call { function, .. } if &**function == "INCIDR" => CHEAP,
        ExprKind::Not(inner) => return self::cost(inner),
        ExprKind::And(list) | ExprKind::Or(list) => list.iter().map(self::cost).max().unwrap_or(1),
        _ => 1,
    };
    expr.walk(&mut |e| match &e.kind {
        ExprKind::Matches { .. } => cost = DEAR + 1,
        ExprKind::Like { expr, .. } if is_payload(expr) => cost = cost.max(DEAR),
        ExprKind::InQuery { .. } => cost = cost.max(1),
        _ => {}
    });
    cost
}

fn plain(value: &Expr) -> u8 {
    match &value.kind {
        ExprKind::Column(column) if column.kind == ColumnKind::Builtin => CHEAP,
        _ => 1,
    }
}
