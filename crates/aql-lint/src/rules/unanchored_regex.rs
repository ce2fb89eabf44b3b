//! A regular expression whose meaning depends on whether MATCHES covers the whole value.

use aql_diag::{Applicability, Diagnostic, codes};
use aql_semantic::ExprKind;

use crate::cx::Cx;
use crate::tests_of::text;

pub(super) fn check(cx: &Cx<'_>, out: &mut Vec<Diagnostic>) {
    let mut seen = Vec::new();
    cx.walk(&mut |expr| {
        let ExprKind::Matches { pattern, ignore_case, .. } = &expr.kind else { return };
        let Some(written) = text(pattern).filter(|_| !seen.contains(&pattern.span)) else { return };
        let (flags, body) = flags(written);
        let from = ["^", ".*", "\\A"].iter().any(|s| body.starts_with(s));
        let to = ["$", ".*", "\\z", "\\Z"].iter().any(|s| body.ends_with(s));
        if from && to {
            return;
        }
        seen.push(pattern.span);
        let word = if *ignore_case { "IMATCHES" } else { "MATCHES" };
        let inner = if body.contains('|') { format!("({body})") } else { body.to_owned() };
        let (before, after) = (if from { "" } else { ".*" }, if to { "" } else { ".*" });
        let open = format!("{flags}{before}{inner}{after}");
        out.push(
            Diagnostic::note_severity(
                codes::UNANCHORED_REGEX,
                format!("a regular expression that leaves open what {word} covers"),
            )
            .at(pattern.span, "found anywhere in the value, or the whole value?")
            .note(
                "IBM's guide does not say which; Aquiline finds it anywhere unless told otherwise",
            )
            .replace(
                format!("write `{open}`, which means the same either way"),
                Applicability::Unsafe,
                pattern.span,
                format!("'{}'", open.replace('\'', "''")),
            ),
        );
    });
}

/// Inline flags such as `(?i)`, and the rest.
fn flags(pattern: &str) -> (&str, &str) {
    let end = match pattern.strip_prefix("(?").and_then(|rest| rest.find(')')) {
        Some(at) if pattern[2..2 + at].bytes().all(|b| b.is_ascii_lowercase()) => at + 3,
        _ => 0,
    };
    pattern.split_at(end)
}
