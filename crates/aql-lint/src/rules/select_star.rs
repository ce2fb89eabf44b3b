//! A query selects `*`.

use aql_diag::{Diagnostic, codes};

use crate::cx::Cx;

pub(super) fn check(cx: &Cx<'_>, out: &mut Vec<Diagnostic>) {
    let star = cx.query.output.iter().find(|o| cx.slice(o.expr.span) == "*");
    let Some(star) = star.filter(|_| cx.reads_events()) else { return };
    out.push(
        Diagnostic::note_severity(codes::SELECT_STAR, "`*` selects the default columns only")
            .at(star.expr.span, "custom properties are not among them")
            .help("list the columns that an analyst needs"),
    );
}
