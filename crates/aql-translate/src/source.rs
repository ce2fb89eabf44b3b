//! From one condition over all events to one per source of a target: what a source or a kind of
//! event decides (log source type, QID, event id, channel) is decided, the rest is left.

use std::sync::Arc;

use aql_catalog::Catalog;
use aql_eval::like::LikePattern;
use aql_event::{Column, ColumnKind, Encoding, Type};
use aql_semantic::{Expr, ExprKind};

use crate::loss::{Direction, Losses};
use crate::map::{Class, Map, Source};
use crate::pattern::Pattern;
use crate::pred::{Lowered, Number, Pred, Test, What};

/// A source and what its events must satisfy.
#[derive(Debug)]
pub(crate) struct Part<'m> {
    pub(crate) source: &'m Source,
    pub(crate) pred: Pred,
}

/// The sources that can hold an event that the filter finds.
pub(crate) fn parts<'m>(query: &Lowered, map: &'m Map, losses: &mut Losses) -> Vec<Part<'m>> {
    let mut chosen = false;
    let mut unmapped = None;
    query.filter.map(&mut |test| {
        if let Some((column, _)) = subject(&test.of) {
            chosen |= matches!(&*column.name, "devicetype" | "qid" | "qideventcategory");
            if unmapped.is_none() && !decides(column, map) && !map.has(column) {
                unmapped = Some((test.span, column.name.clone()));
            }
        }
        Pred::Test(test.clone())
    });
    if let Some((span, name)) = unmapped {
        losses.impossible(span, format!("no field is known for `{name}`"));
        return Vec::new();
    }
    let mut parts = Vec::new();
    for source in map.sources() {
        let mut alternatives: Vec<Pred> = Vec::new();
        let classes: Vec<Option<&Class>> = if source.classes.is_empty() {
            vec![None]
        } else {
            source.classes.iter().map(Some).collect()
        };
        for class in classes {
            let pred = query.filter.map(&mut |test| decide(test, source, class, losses));
            if !alternatives.contains(&pred) {
                alternatives.push(pred);
            }
        }
        let pred = Pred::any(alternatives);
        if pred != Pred::Const(false) {
            // What a source does not have is missing in its events.
            let pred = pred.map(&mut |test| match subject(&test.of) {
                Some((column, _)) if source.field(column).is_none() => {
                    losses.approximate(
                        Some(test.span),
                        Direction::Either,
                        format!("`{}` has no field for `{}`", source.table, column.name),
                    );
                    Pred::Const(test.what == What::Missing)
                }
                _ => Pred::Test(test.clone()),
            });
            if pred != Pred::Const(false) {
                parts.push(Part { source, pred });
            }
        }
    }
    if parts.is_empty() && !losses.is_impossible() {
        let span = query.output.first().map_or_else(Default::default, |o| o.expr.span);
        losses.impossible(span, "no source of the target holds such events");
    } else if !chosen {
        let tables: Vec<&str> = parts.iter().map(|p| p.source.table.as_str()).collect();
        losses.approximate(
            None,
            Direction::Fewer,
            format!("the query names no log source: only {} is searched", tables.join(", ")),
        );
    }
    parts
}

/// How a value was changed before it is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    None,
    Lower,
    Upper,
}

/// The column that is tested, if it is one.
pub(crate) fn subject(expr: &Expr) -> Option<(&Column, Change)> {
    match &expr.kind {
        ExprKind::Column(column) => Some((column, Change::None)),
        ExprKind::Call { function, args } => {
            let change = match &**function {
                "LOWER" => Change::Lower,
                "UPPER" => Change::Upper,
                "UTF8" | "STR" | "LONG" | "DOUBLE" => Change::None,
                _ => return None,
            };
            let (column, inner) = subject(args.first()?)?;
            Some((column, if change == Change::None { inner } else { change }))
        }
        _ => None,
    }
}

/// Is the column decided by the source or the kind of event?
fn decides(column: &Column, map: &Map) -> bool {
    let kinds = map.sources().iter().any(|source| !source.classes.is_empty());
    match &*column.name {
        "devicetype" | "qid" => true,
        "qideventcategory" | "qideventid" | "Event ID" | "EventID" | "EventCode" => kinds,
        _ => false,
    }
}

fn decide(test: &Test, source: &Source, class: Option<&Class>, losses: &mut Losses) -> Pred {
    let Some((column, Change::None)) = subject(&test.of) else { return Pred::Test(test.clone()) };
    match (&*column.name, class) {
        ("devicetype", _) => {
            let outcomes: Vec<Option<bool>> =
                source.types.iter().map(|id| holds(&test.what, &id.to_string())).collect();
            match outcomes.first().copied().flatten() {
                Some(first) if outcomes.iter().all(|o| *o == Some(first)) => Pred::Const(first),
                _ => Pred::Test(test.clone()),
            }
        }
        ("qid", class) => kinds(test, source, class, losses),
        ("qideventcategory", Some(class)) => known(test, &class.category),
        ("qideventid" | "Event ID" | "EventID" | "EventCode", Some(class)) => {
            known(test, &class.event)
        }
        _ => Pred::Test(test.clone()),
    }
}

fn known(test: &Test, value: &str) -> Pred {
    holds(&test.what, value).map_or_else(|| Pred::Test(test.clone()), Pred::Const)
}

/// Does a known value pass? Nothing where that is not worked out.
fn holds(what: &What, value: &str) -> Option<bool> {
    let number = value.parse::<i64>().ok();
    Some(match what {
        What::TextIn(list) => list.iter().any(|v| **v == *value),
        What::Like { pattern, ignore_case } => {
            let text = pattern.render(str::to_owned, "%", "_");
            LikePattern::new(&text, *ignore_case).matches(value)
        }
        What::NumberIn(list) => {
            list.iter().any(|n| matches!((n, number), (Number::Integer(a), Some(b)) if *a == b))
        }
        What::Number(op, Number::Integer(wanted)) => op.holds(number?.cmp(wanted)),
        What::Missing => false,
        _ => return None,
    })
}

/// QIDs as kinds of events of the source.
fn kinds(test: &Test, source: &Source, class: Option<&Class>, losses: &mut Losses) -> Pred {
    let What::NumberIn(list) = &test.what else {
        losses.impossible(test.span, "this test of a QID has no counterpart");
        return Pred::Const(true);
    };
    let mut found = Vec::new();
    for number in list {
        let Number::Integer(id) = number else { continue };
        let Some(qid) = Catalog::get().qid(*id) else {
            losses.impossible(test.span, format!("QID {id} is not known"));
            return Pred::Const(true);
        };
        if !source.types.contains(&qid.device_type) {
            continue;
        }
        if qid.event_id.is_empty() {
            losses.approximate(
                Some(test.span),
                Direction::Fewer,
                format!("QID {id} (`{}`) stands for no one kind of event", qid.name),
            );
            continue;
        }
        if let Some(class) = class {
            if qid.event_id == class.event
                && (qid.event_category.is_empty()
                    || qid.event_category.eq_ignore_ascii_case(&class.category))
            {
                return Pred::Const(true);
            }
            continue;
        }
        let column = |kind, name| Expr {
            kind: ExprKind::Column(Column::new(kind, name, Type::Text, Encoding::Dictionary)),
            ty: Type::Text,
            span: test.span,
        };
        let event = Pred::Test(match qid.event_id.parse::<i64>() {
            Ok(id) if source.types == [12] => Test {
                of: column(ColumnKind::Property, "Event ID"),
                what: What::NumberIn(vec![Number::Integer(id)]),
                span: test.span,
            },
            _ => Test {
                of: column(ColumnKind::Builtin, "qideventid"),
                what: What::TextIn(vec![Arc::from(qid.event_id.as_str())]),
                span: test.span,
            },
        });
        let mut both = vec![event];
        if !qid.event_category.is_empty() {
            both.insert(
                0,
                Pred::Test(Test {
                    of: column(ColumnKind::Builtin, "qideventcategory"),
                    what: What::Like {
                        pattern: Pattern::like(&qid.event_category),
                        ignore_case: true,
                    },
                    span: test.span,
                }),
            );
        }
        found.push(Pred::all(both));
    }
    Pred::any(found)
}
