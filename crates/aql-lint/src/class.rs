//! Which kinds of events a query can be about: its filter evaluated over the QID map, with all that
//! the map does not say left open.

use aql_catalog::{Catalog, Qid, SYSMON_TYPE_NAME};
use aql_event::Column;
use aql_semantic::{BoundQuery, CompareBy, CompareOp, Expr, ExprKind, Source, Value, parse_number};

use crate::cx::Cx;
use crate::like;

/// The channel whose events those repairs tell apart; Sysmon for Linux is of another type.
const SYSMON_CHANNEL: &str = "Microsoft-Windows-Sysmon/Operational";

/// The entries of the QID map for which the filter is not certainly false; nothing if the filter
/// does not depend on what the map holds.
pub(crate) fn events(query: &BoundQuery, catalog: &'static Catalog) -> Option<Vec<&'static Qid>> {
    let filter = query.filter.as_ref().filter(|_| query.source == Source::Events)?;
    // An entry without an event id stands for what the map does not know.
    let all: Vec<&Qid> = catalog.qids().iter().filter(|q| !q.event_id.is_empty()).collect();
    let left: Vec<&Qid> =
        all.iter().copied().filter(|q| holds(filter, q, catalog) != Some(false)).collect();
    (left.len() < all.len()).then_some(left)
}

/// The condition that leaves the fewest kinds of events.
pub(crate) fn deciding<'a>(cx: &Cx<'a>) -> Option<&'a Expr> {
    let all = || cx.catalog.qids().iter().filter(|q| !q.event_id.is_empty());
    let left = |term: &Expr| all().filter(|q| holds(term, q, cx.catalog) != Some(false)).count();
    let term = cx.conjuncts().iter().min_by_key(|term| left(term))?;
    (left(term) < all().count()).then_some(term)
}

/// True, false, or it depends.
pub(crate) fn holds(expr: &Expr, qid: &Qid, catalog: &Catalog) -> Option<bool> {
    match &expr.kind {
        ExprKind::And(list) => {
            let mut all = Some(true);
            for term in list {
                match holds(term, qid, catalog) {
                    Some(false) => return Some(false),
                    None => all = None,
                    Some(true) => {}
                }
            }
            all
        }
        ExprKind::Or(list) => {
            let mut any = Some(false);
            for term in list {
                match holds(term, qid, catalog) {
                    Some(true) => return Some(true),
                    None => any = None,
                    Some(false) => {}
                }
            }
            any
        }
        ExprKind::Not(inner) => holds(inner, qid, catalog).map(|b| !b),
        ExprKind::Compare { op, by, left, right } => {
            let (known, op, constant) = match (&left.kind, &right.kind) {
                (_, ExprKind::Literal(value)) => (left, *op, value),
                (ExprKind::Literal(value), _) => (right, op.swapped(), value),
                _ => return None,
            };
            compare(&known_text(known, qid, catalog)?, op, constant, *by)
        }
        ExprKind::In { expr, list, by } => {
            let known = known_text(expr, qid, catalog)?;
            let mut any = false;
            for value in list {
                any |= compare(&known, CompareOp::Eq, value, *by)?;
            }
            Some(any)
        }
        ExprKind::Like { expr, pattern, ignore_case } => {
            let pattern = crate::tests_of::text(pattern)?;
            Some(like::matches(pattern, &known_text(expr, qid, catalog)?, *ignore_case))
        }
        _ => None,
    }
}

/// Would a test of one value against constants hold for this text?
pub(crate) fn accepts(test: &Expr, known: &str) -> Option<bool> {
    match &test.kind {
        ExprKind::Like { pattern, ignore_case, .. } => {
            Some(like::matches(crate::tests_of::text(pattern)?, known, *ignore_case))
        }
        ExprKind::Compare { op, by, right, .. } => match &right.kind {
            ExprKind::Literal(value) => compare(known, *op, value, *by),
            _ => None,
        },
        ExprKind::In { list, by, .. } => {
            let mut any = false;
            for value in list {
                any |= compare(known, CompareOp::Eq, value, *by)?;
            }
            Some(any)
        }
        _ => None,
    }
}

/// A test of event ids that means the same kinds of events as a test of their names, if these are
/// few and of one channel: `"Event ID" = 11`, with the channel if nothing else in the query says it.
pub(crate) fn event_ids(cx: &Cx<'_>, test: &Expr) -> Option<String> {
    const FEW: usize = 8;
    let known = |q: &Qid| !q.event_id.is_empty() && q.event_id.bytes().all(|b| b.is_ascii_digit());
    let named = |q: &Qid| {
        accepts(test, &q.name) == Some(true)
            || q.alternate.as_deref().is_some_and(|n| accepts(test, n) == Some(true))
    };
    // What the other conditions let through.
    let possible = |q: &&Qid| match cx.query.filter.as_ref().map(|f| &f.kind) {
        Some(ExprKind::And(terms)) => terms
            .iter()
            .filter(|t| t.span != test.span)
            .all(|t| holds(t, q, cx.catalog) != Some(false)),
        _ => true,
    };
    let meant: Vec<&Qid> = cx.catalog.qids().iter().filter(possible).filter(|q| named(q)).collect();
    let channel = &meant.first()?.event_category;
    let one = meant.iter().all(|q| q.event_category == *channel && known(q));
    if !one || meant.len() > FEW {
        return None;
    }
    let mut ids: Vec<u32> = meant.iter().filter_map(|q| q.event_id.parse().ok()).collect();
    ids.sort_unstable();
    ids.dedup();
    let ids: Vec<String> = ids.iter().map(u32::to_string).collect();
    let written = match ids.as_slice() {
        [id] => format!("\"Event ID\" = {id}"),
        ids => format!("\"Event ID\" IN ({})", ids.join(", ")),
    };
    let all = cx.catalog.qids().iter().filter(|q| !q.event_id.is_empty());
    let said = all.filter(possible).all(|q| q.event_category == *channel);
    Some(if said { written } else { format!("qideventcategory = '{channel}' AND {written}") })
}

fn compare(known: &str, op: CompareOp, constant: &Value, by: CompareBy) -> Option<bool> {
    match (by, constant) {
        (CompareBy::Text, Value::Text(text)) => Some(op.holds(known.cmp(text))),
        (CompareBy::Number, Value::Integer(n)) => match parse_number(known) {
            Some(Value::Integer(m)) => Some(op.holds(m.cmp(n))),
            // The event id of a log that has words for it is no number.
            _ => Some(false),
        },
        _ => None,
    }
}

/// What the map says about an expression.
fn known_text(expr: &Expr, qid: &Qid, catalog: &Catalog) -> Option<String> {
    match &expr.kind {
        ExprKind::Column(column) => column_text(column, qid),
        ExprKind::Call { function, args } => {
            let first = || args.first().and_then(|a| known_text(a, qid, catalog));
            match &**function {
                "LOWER" => Some(first()?.to_lowercase()),
                "UPPER" => Some(first()?.to_uppercase()),
                "STR" | "LONG" => first(),
                "QIDNAME" => Some(qid.name.clone()),
                "QIDNAME_ALTERNATE" => Some(qid.alternate.clone().unwrap_or_default()),
                "CATEGORYNAME" => catalog.category_name(qid.category).map(|n| n.trim().to_owned()),
                "LOGSOURCETYPENAME" => {
                    catalog.log_source_type(qid.device_type).map(|t| t.name.clone())
                }
                // Repairs: events of the Sysmon channel answer so.
                "LOGSOURCE_TYPENAME" | "SYSMON_TYPENAME" => {
                    if qid.event_category.eq_ignore_ascii_case(SYSMON_CHANNEL) {
                        Some(SYSMON_TYPE_NAME.to_owned())
                    } else {
                        catalog.log_source_type(qid.device_type).map(|t| t.name.clone())
                    }
                }
                _ => None,
            }
        }
        _ => None,
    }
}

fn column_text(column: &Column, qid: &Qid) -> Option<String> {
    match &*column.name {
        "qid" => Some(qid.id.to_string()),
        "devicetype" => Some(qid.device_type.to_string()),
        "category" => Some(qid.category.to_string()),
        "qideventid" | "Event ID" => (!qid.event_id.is_empty()).then(|| qid.event_id.clone()),
        "qideventcategory" => Some(qid.event_category.clone()),
        _ => None,
    }
}
