//! Why an event was found: the leaves of a condition that it satisfies.

use std::collections::BTreeSet;
use std::sync::Arc;

use aql_eval::{Context, Program};
use aql_event::EventBatch;
use aql_semantic::{Expr, ExprKind, NullSemantics};
use arrow_array::Array;
use arrow_array::cast::AsArray;

/// The leaves of one rule's condition.
pub(crate) struct Reasons {
    leaves: Vec<(String, Program)>,
}

impl Reasons {
    /// Takes the conditions apart. Only leaves that a true condition can owe its truth to count:
    /// not those under NOT, which say what an event is not. Leaves that only say what kind of event
    /// it is are left out where others remain. So are leaves that do not compile; the condition, which
    /// was compiled before, would not either.
    pub(crate) fn new(
        filter: Option<&Expr>,
        text: &str,
        nulls: NullSemantics,
        cx: &Arc<Context>,
    ) -> Reasons {
        let mut found = Vec::new();
        if let Some(filter) = filter {
            leaves(filter, &mut found);
        }
        if found.iter().any(|e| !is_kind_of_event(e)) {
            found.retain(|e| !is_kind_of_event(e));
        }
        let mut leaves = Vec::new();
        for expr in found {
            let words = expr.span.slice(text);
            let shown = words.split_whitespace().collect::<Vec<_>>().join(" ");
            if shown.is_empty() || leaves.iter().any(|(known, _)| *known == shown) {
                continue;
            }
            if let Ok(program) = Program::compile(expr, nulls, cx) {
                leaves.push((shown, program));
            }
        }
        Reasons { leaves }
    }

    /// Per row of the batch, the leaves that are true.
    pub(crate) fn evaluate(&self, events: &EventBatch) -> Vec<Vec<String>> {
        let mut why = vec![Vec::new(); events.num_rows()];
        for (text, program) in &self.leaves {
            let array = program.evaluate(events);
            let Some(booleans) = array.as_boolean_opt() else { continue };
            for (row, why) in why.iter_mut().enumerate() {
                if !booleans.is_null(row) && booleans.value(row) {
                    why.push(text.clone());
                }
            }
        }
        why
    }
}

fn leaves<'a>(expr: &'a Expr, into: &mut Vec<&'a Expr>) {
    match &expr.kind {
        // Terms that all have the place of the whole were made from one predicate of the text:
        // BETWEEN, IN with values of two kinds, a name that is tried in two spellings.
        ExprKind::And(list) | ExprKind::Or(list) if list.iter().all(|e| e.span == expr.span) => {
            into.push(expr);
        }
        ExprKind::And(list) | ExprKind::Or(list) => list.iter().for_each(|e| leaves(e, into)),
        ExprKind::Not(_) | ExprKind::Literal(_) => {}
        _ => into.push(expr),
    }
}

/// Does the condition read nothing but what all events of one kind have in common?
fn is_kind_of_event(expr: &Expr) -> bool {
    const KIND: [&str; 8] = [
        "category",
        "devicetype",
        "highlevelcategory",
        "logsourceid",
        "qid",
        "qideventcategory",
        "qideventid",
        "Event ID",
    ];
    let mut columns = BTreeSet::new();
    expr.columns(&mut columns);
    columns.iter().all(|column| KIND.contains(&&*column.name))
}
