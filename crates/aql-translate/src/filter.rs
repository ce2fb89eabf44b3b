//! Languages that only filter: columns, order and limit of a query are no part of their text.

use aql_semantic::Window;

use crate::condition::{Language, Writer};
use crate::loss::{Direction, Losses};
use crate::map::{Map, Source};
use crate::pred::Lowered;
use crate::source::parts;

/// Said where the time clause has no place in the text.
pub(crate) const TIME_IS_OUTSIDE: &str =
    "the time clause is no part of the translation: set it where it runs";

/// Writes the filter of a query; `wrap` puts what a source needs around its condition.
pub(crate) fn write(
    query: &Lowered,
    map: &Result<Map, String>,
    language: &dyn Language,
    losses: &mut Losses,
    wrap: &dyn Fn(String, &Source) -> String,
    or: &str,
) -> String {
    let span = query.output.first().map_or_else(Default::default, |o| o.expr.span);
    let Some(map) = losses.map(map) else { return String::new() };
    if query.group.is_some() {
        losses.impossible(span, "groups and aggregates have no counterpart");
        return String::new();
    }
    outside(query, losses);
    let mut texts = Vec::new();
    let mut folds = false;
    for part in parts(query, map, losses) {
        let mut writer = Writer {
            language,
            source: part.source,
            nulls: query.nulls,
            losses,
            folds: false,
            aliases: Vec::new(),
        };
        let text = writer.pred(&part.pred, 0);
        folds |= writer.folds;
        texts.push(wrap(text, part.source));
    }
    if folds {
        let message = "the target folds letters beyond ASCII otherwise";
        losses.approximate(None, Direction::Either, message);
    }
    texts.join(or) + "\n"
}

/// Tells what of a query stands outside of a filter.
pub(crate) fn outside(query: &Lowered, losses: &mut Losses) {
    losses.result(None, "result columns are no part of the translation");
    if query.window != Window::None {
        losses.result(None, TIME_IS_OUTSIDE);
    }
    if !query.order.is_empty() || query.limit.is_some() {
        losses.result(None, "order and limit are no part of the translation");
    }
}
