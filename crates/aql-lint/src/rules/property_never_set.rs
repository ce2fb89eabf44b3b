//! A property that the Sysmon events which the query selects do not have.

use aql_diag::{Diagnostic, codes};
use aql_event::ColumnKind;
use aql_semantic::ExprKind;

use crate::cx::Cx;

const CHANNEL: &str = "Microsoft-Windows-Sysmon/Operational";

pub(super) fn check(cx: &Cx<'_>, out: &mut Vec<Diagnostic>) {
    let Some(events) = cx.sysmon_events() else { return };
    let mut named = Vec::new();
    cx.walk(&mut |expr| {
        let ExprKind::Column(column) = &expr.kind else { return };
        let sources = cx.catalog.windows_sources(&column.name);
        if column.kind != ColumnKind::Property || sources.is_empty() || named.contains(&column.name)
        {
            return;
        }
        // What stands outside EventData is not in the lists of fields.
        let carried = events.iter().any(|id| {
            let Some(fields) = cx.catalog.sysmon_fields(*id) else { return true };
            sources.iter().any(|s| {
                s.selector.matches(CHANNEL, *id)
                    && (s.raw_field.contains(['/', '#'])
                        || fields.iter().any(|f| f.eq_ignore_ascii_case(&s.raw_field)))
            })
        });
        if carried {
            return;
        }
        named.push(column.name.clone());
        let ids: Vec<String> = events.iter().map(u32::to_string).collect();
        out.push(
            Diagnostic::note_severity(
                codes::PROPERTY_NEVER_SET,
                format!("Sysmon event {} has no `{}`", ids.join(" or "), column.name),
            )
            .at(expr.span, "always empty here"),
        );
    });
}
