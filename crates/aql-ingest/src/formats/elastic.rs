//! What Elasticsearch puts around documents: search responses, and hits as `elasticdump` writes
//! them, one per line.
//!
//! It is no format of its own: the documents are what is read. `{"hits":{"hits":[…]}}` gives its
//! hits, and a hit gives its `_source`, which is told apart by its own keys as if it stood alone.
//! What was counted beside the hits (`aggregations`, `suggest`) is no event.

use crate::frame::{Member, Wrapper};
use crate::json::{Json, Kind};

/// The key under which the response of an asynchronous search, or of Kibana, lies.
const ENVELOPES: &[&str] = &["response", "rawResponse"];

/// What stands beside the hits of a search response, or beside the response in its envelope.
const BESIDE_HITS: &[&str] = &[
    "took",
    "timed_out",
    "terminated_early",
    "num_reduce_phases",
    "_shards",
    "_clusters",
    "_scroll_id",
    "pit_id",
    "status",
    "total",
    "max_score",
    "aggregations",
    "suggest",
    "profile",
    "id",
    "is_partial",
    "is_running",
    "isPartial",
    "isRunning",
    "isRestored",
    "loaded",
    "start_time_in_millis",
    "expiration_time_in_millis",
    "completion_time_in_millis",
];

/// What stands beside `_source` in a hit, apart from keys that begin with an underscore.
const BESIDE_SOURCE: &[&str] =
    &["sort", "fields", "highlight", "inner_hits", "matched_queries", "found"];

/// Objects around the array of hits, apart from the outermost.
pub(crate) const MAX_AROUND: usize = 2;

/// Search responses that are too long to be read whole, plain and in an envelope.
pub(crate) const LONG_RESPONSES: [Wrapper; 2] = [
    |depth, key| member(depth, key),
    |depth, key| match depth {
        0 if ENVELOPES.contains(&key) => Some(Member::Inside),
        0 => is_beside_hits(key).then_some(Member::Beside),
        _ => member(depth - 1, key),
    },
];

/// What a key of a search response means.
fn member(depth: usize, key: &str) -> Option<Member> {
    match key {
        "hits" => Some(if depth == 0 { Member::Inside } else { Member::Records }),
        key if is_beside_hits(key) => Some(Member::Beside),
        _ => None,
    }
}

/// Can an object that begins with this key be a search response?
pub(crate) fn begins_response(key: &str) -> bool {
    key == "hits" || is_beside_hits(key) || ENVELOPES.contains(&key)
}

/// Does this key stand beside the hits of a response?
pub(crate) fn is_beside_hits(key: &str) -> bool {
    BESIDE_HITS.contains(&key)
}

/// The hits of a search response, if nothing stands beside them but what a search says about
/// itself.
pub(crate) fn hits(json: Json<'_>) -> Option<Json<'_>> {
    let response = match ENVELOPES.iter().find_map(|key| only(json, key)) {
        Some(response) => response,
        None => json,
    };
    let hits = only(only(response, "hits")?, "hits")?;
    let is_array = hits.kind() == Kind::Array && hits.children().all(|hit| hit.is_object());
    is_array.then_some(hits)
}

/// The member of this name, if all others are known to stand beside it.
fn only<'d>(json: Json<'d>, name: &str) -> Option<Json<'d>> {
    if !json.is_object() {
        return None;
    }
    let mut found = None;
    for member in json.children() {
        match member.key().unwrap_or_default() {
            key if key == name => found = found.or(Some(member)),
            key if is_beside_hits(key) => {}
            _ => return None,
        }
    }
    found
}

/// The document of a hit.
pub(crate) fn document(json: Json<'_>) -> Option<Json<'_>> {
    // The cheap question first: it is asked of every JSON record.
    if !json.children().next()?.key()?.starts_with('_') {
        return None;
    }
    let document = json.get("_source").filter(Json::is_object)?;
    let is_hit = json.children().all(|member| {
        let key = member.key().unwrap_or_default();
        key.starts_with('_') || BESIDE_SOURCE.contains(&key)
    });
    (is_hit && (json.get("_index").is_some() || json.get("_id").is_some())).then_some(document)
}
