//! Office 365 audit records as JSON: one object, an array, or one per line; also wrapped by
//! Microsoft Graph or `Search-UnifiedAuditLog`, whose `auditData` holds the record.
//!
//! Keys are matched in any case, since some pipelines lower them.

use aql_diag::{Diagnostic, codes};

use super::{Format, JsonRecord, Layout};
use crate::json::{Json, Kind, parse_whole};
use crate::normalise::generic::NamedFields;
use crate::out::{At, Out};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "o365",
    about: "Office 365 audit records as JSON, also inside `auditData`",
    by: "the keys `Operation`, `CreationTime` and `Workload` or `RecordType`, or `auditData`",
    layout: Layout::Json {
        keys: &["Operation", "auditData"],
        beside: &[&["CreationTime", "auditData"], &["Workload", "RecordType", "auditData"]],
        is,
        take,
    },
};

fn is(json: Json<'_>) -> bool {
    is_audit(json) || json.get("auditData").is_some()
}

/// Is it an audit record by its keys?
pub(crate) fn is_audit(json: Json<'_>) -> bool {
    json.get("Operation").is_some()
        && (json.get("Workload").is_some() || json.get("RecordType").is_some())
        && json.get("CreationTime").is_some()
}

fn take(name: &'static str, record: JsonRecord<'_>, out: &mut Out<'_>) {
    let JsonRecord { json, payload, at } = record;
    let Some(inner) = json.get("auditData") else {
        return out.audit(name, None, json, payload, at.record);
    };
    if inner.is_object() {
        return out.audit(name, None, inner, payload, at.record);
    }
    let text = if inner.kind() == Kind::Text { inner.owned_text() } else { None };
    take_text(name, text.as_deref().unwrap_or_default(), payload, at, out, NamedFields::Json(json));
}

/// Takes an audit record given as JSON text. If it is none, the outer record is kept as unparsed.
pub(crate) fn take_text(
    name: &'static str,
    text: &str,
    payload: &[u8],
    at: At,
    out: &mut Out<'_>,
    outer: NamedFields<'_>,
) {
    let mut nodes = std::mem::take(&mut out.nodes);
    let parsed = parse_whole(text, &mut nodes, out.options.max_depth);
    match Json::root(text, &nodes).filter(|json| parsed.is_ok() && json.is_object()) {
        Some(json) => out.audit(name, None, json, payload, at.record),
        None => {
            let why = match parsed {
                Err(error) => error.to_string(),
                Ok(()) => "expected an object".to_owned(),
            };
            let message = format!("the audit record inside is not valid JSON: {why}");
            let diagnostic = Diagnostic::warning(codes::BAD_RECORD, message)
                .note("it was kept as an unparsed event");
            out.diagnose(diagnostic, Some(at));
            out.unparsed(name, payload, outer, at.record);
        }
    }
    out.nodes = nodes;
}
