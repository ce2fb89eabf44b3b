//! Bursts of events that differ only in what coalescing does not look at.

use aql_diag::{Diagnostic, codes};

use crate::class;
use crate::cx::Cx;

pub(super) fn check(cx: &Cx<'_>, out: &mut Vec<Diagnostic>) {
    let Some(events) = cx.events.as_ref().filter(|e| !e.is_empty()) else { return };
    if !events.iter().all(|q| bursts(&q.event_category, &q.event_id, q.device_type)) {
        return;
    }
    let Some(term) = class::deciding(cx) else { return };
    out.push(
        Diagnostic::note_severity(
            codes::COALESCED_BURST,
            "coalescing keeps three of a burst of these events",
        )
        .at(term.span, "one user and one address for many files, processes or messages")
        .note("of equal QID, addresses, port and user within 10 seconds, the fourth and later are counted, and their text is lost")
        .help("switch coalescing off for the log source, or tune for the first events of a burst"),
    );
}

/// Kinds of events whose detail lies outside the key of coalescing.
fn bursts(channel: &str, event_id: &str, device_type: i64) -> bool {
    const OFFICE_365: i64 = 397;
    let sysmon = channel.eq_ignore_ascii_case("Microsoft-Windows-Sysmon/Operational");
    // Connections differ by address and port.
    (sysmon && event_id != "3")
        || (channel.eq_ignore_ascii_case("Security")
            && matches!(event_id, "4656" | "4663" | "4670"))
        || device_type == OFFICE_365
}
