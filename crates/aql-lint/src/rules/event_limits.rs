//! The events that a query selects show less than it seems to ask: facts of `data/event_limits.toml`.

use std::sync::LazyLock;

use aql_diag::{Diagnostic, codes};
use aql_semantic::ExprKind;
use serde::Deserialize;

use crate::class;
use crate::cx::Cx;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    limit: Vec<Limit>,
}

/// What a kind of events does not show.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Limit {
    channel: String,
    event_id: String,
    /// Only for queries that read this property.
    property: Option<String>,
    message: String,
    note: String,
}

static LIMITS: LazyLock<Vec<Limit>> = LazyLock::new(|| {
    let text = include_str!("../../data/event_limits.toml");
    toml::from_str::<File>(text).map(|file| file.limit).unwrap_or_else(|e| {
        panic!("embedded event_limits.toml: {e}");
    })
});

pub(super) fn check(cx: &Cx<'_>, out: &mut Vec<Diagnostic>) {
    let Some(events) = cx.events.as_ref().filter(|e| !e.is_empty()) else { return };
    for limit in LIMITS.iter() {
        let only = events.iter().all(|q| {
            q.event_category.eq_ignore_ascii_case(&limit.channel) && q.event_id == limit.event_id
        });
        if !only {
            continue;
        }
        let place = match &limit.property {
            Some(property) => {
                let mut place = None;
                cx.walk(&mut |expr| {
                    let ExprKind::Column(column) = &expr.kind else { return };
                    if place.is_none() && column.name.eq_ignore_ascii_case(property) {
                        place = Some(expr.span);
                    }
                });
                place
            }
            None => class::deciding(cx).map(|term| term.span),
        };
        let Some(place) = place else { continue };
        out.push(
            Diagnostic::note_severity(codes::EVENT_LIMITS, &limit.message)
                .at(place, "")
                .note(&limit.note),
        );
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_data_file_is_read() {
        assert!(super::LIMITS.len() >= 3);
    }
}
