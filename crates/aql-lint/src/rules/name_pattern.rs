//! Kinds of events are chosen by a pattern over their names.

use aql_diag::{Applicability, Diagnostic, codes};
use aql_semantic::ExprKind;

use crate::class;
use crate::cx::Cx;
use crate::mends::{in_place, negated};

pub(super) fn check(cx: &Cx<'_>, out: &mut Vec<Diagnostic>) {
    let mut seen = Vec::new();
    cx.walk(&mut |test| {
        let ExprKind::Like { expr, .. } = &test.kind else { return };
        let ExprKind::Call { function, .. } = &expr.kind else { return };
        if &**function != "QIDNAME" || seen.contains(&test.span) {
            return;
        }
        seen.push(test.span);
        let message = "kinds of events are chosen by a pattern over their names";
        let mut found = Diagnostic::note_severity(codes::NAME_PATTERN, message)
            .at(test.span, "the name of every event is looked up and searched")
            .note(format!("of the names that the catalog knows, {}", known(cx, test)));
        match class::event_ids(cx, test).filter(|_| !negated(cx, test)) {
            Some(ids) => {
                found = found.replace(
                    format!("test the event id: `{ids}`"),
                    Applicability::Unsafe,
                    test.span,
                    in_place(cx, test.span, &ids),
                );
            }
            None => found = found.help("test `qid` or the event id: both are numbers and indexed"),
        }
        out.push(found);
    });
}

/// The names that the pattern covers, in words.
fn known(cx: &Cx<'_>, test: &aql_semantic::Expr) -> String {
    const SHOWN: usize = 4;
    let mut names: Vec<&str> = Vec::new();
    for qid in cx.catalog.qids() {
        for name in std::iter::once(&qid.name).chain(&qid.alternate) {
            if class::accepts(test, name) == Some(true) && !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
    }
    let shown: Vec<String> = names.iter().take(SHOWN).map(|n| format!("`{n}`")).collect();
    match names.len() {
        0 => "it fits none".to_owned(),
        n if n > SHOWN => format!("it fits {} and {} more", shown.join(", "), n - SHOWN),
        _ => format!("it fits {}", shown.join(", ")),
    }
}
