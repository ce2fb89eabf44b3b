//! JSON files of all formats: how their records are framed, parsed and told apart; and JSON
//! records of no known kind, which are unparsed events.

use std::ops::Range;
use std::sync::LazyLock;

use aql_diag::{Code, Diagnostic, codes};

use super::text::{decode, not_a_record};
use super::{FORMATS, Format, JsonRecord, Layout, elastic};
use crate::evidence::Options;
use crate::frame::{Frame, Frames, JsonValues, Lines, Member, Wrapper};
use crate::json::{Fault, Json, JsonError, Kind, parse_whole};
use crate::names::sketch;
use crate::normalise::generic::NamedFields;
use crate::out::{At, Out};
use crate::stream::Stream;

/// JSON of no known kind.
pub(crate) const FORMAT: Format = Format {
    name: "json",
    about: "JSON of no known kind, kept as unparsed events",
    by: "JSON values, of no known keys",
    layout: Layout::Json {
        keys: &[],
        beside: &[],
        is: |_| true,
        take: |name, record, out| {
            let fields = NamedFields::Json(record.json);
            out.unparsed(name, record.payload, fields, record.at.record);
        },
    },
};

/// Keys of the array in objects that only wrap an array of records.
const WRAPPERS: &[&str] = &["value", "records", "events", "Results", "items"];

/// Keys that may stand beside that array: how many there are, where the next ones are, how the
/// query went, which columns it has. Anything else says something about the records, so the object is a record itself.
const BOOKKEEPING: &[&str] = &[
    "schema",
    "stats",
    "kind",
    "etag",
    "count",
    "total",
    "totalCount",
    "total_count",
    "totalResults",
    "recordCount",
    "resultCount",
    "size",
    "limit",
    "offset",
    "page",
    "pages",
    "pageSize",
    "page_size",
    "totalPages",
    "total_pages",
    "paging",
    "pagination",
    "hasMore",
    "has_more",
    "next",
    "nextLink",
    "next_link",
    "nextPage",
    "next_page",
    "nextPageToken",
    "nextToken",
    "next_token",
    "previous",
    "prev",
    "link",
    "links",
    "_links",
    "cursor",
    "nextCursor",
    "next_cursor",
    "continuationToken",
    "status",
    "statusCode",
    "status_code",
    "success",
    "ok",
    "took",
    "timed_out",
];

/// Reads one value per line; a line that is none is lost, and the next one is read.
pub(crate) fn read_lines(stream: &mut Stream<'_>, out: &mut Out<'_>) {
    read(stream, Lines::default(), 1, None, out);
}

/// The same for the lines that begin before `end`; those before are `first` - 1.
pub(crate) fn read(
    stream: &mut Stream<'_>,
    lines: Lines,
    first: u64,
    end: Option<u64>,
    out: &mut Out<'_>,
) {
    let mut record = first;
    let mut frames = Frames::new(stream, lines, out.options.max_record, end);
    while let Some(frame) = frames.next_frame() {
        match frame {
            Frame::Record { offset, bytes, .. } => {
                let at = At { record, offset };
                match out.look(bytes, at, take, take_again) {
                    Ok(taken) => record += taken,
                    Err(error) => {
                        let diagnostic = bad_record(error, "");
                        let offset = offset + error.offset as u64;
                        out.lost(diagnostic, Some(At { record, offset }));
                        record += 1;
                    }
                }
            }
            other => {
                not_a_record(&other, record, out);
                record += 1;
            }
        }
        if out.stopped() {
            return;
        }
    }
}

/// Reads values one after the other and elements of arrays, up to the first that is none.
pub(crate) fn read_values(stream: &mut Stream<'_>, out: &mut Out<'_>) {
    let mut record = 1;
    let mut frames =
        Frames::new(stream, JsonValues::of_wrappers(LONG_WRAPPERS), out.options.max_record, None);
    while let Some(frame) = frames.next_frame() {
        match frame {
            Frame::Tail { offset, bytes } => tail(bytes, At { record, offset }, out),
            Frame::Record { offset, bytes: [], .. } => {
                let diagnostic = Diagnostic::error(
                    codes::TRUNCATED,
                    "the file ends inside an array; expected another record or `]`",
                );
                out.lost(diagnostic, Some(At { record, offset }));
                record += 1;
            }
            Frame::Record { offset, bytes, .. } => {
                let at = At { record, offset };
                match out.look(bytes, at, take, take_again) {
                    Ok(taken) => record += taken,
                    // Too deep is whole all the same: what follows can be read.
                    Err(error @ JsonError { fault: Fault::Depth(_), .. }) => {
                        let offset = offset + error.offset as u64;
                        out.lost(bad_record(error, ""), Some(At { record, offset }));
                        record += 1;
                    }
                    Err(error) => {
                        let offset = offset + error.offset as u64;
                        let rest = "; the rest was not read";
                        out.lost(bad_record(error, rest), Some(At { record, offset }));
                        return;
                    }
                }
            }
            other => {
                not_a_record(&other, record, out);
                record += 1;
            }
        }
        if out.stopped() {
            return;
        }
    }
}

/// Objects that wrap records, where they are too long to be read whole.
const LONG_WRAPPERS: &[Wrapper] = &[
    |depth, key| match key {
        _ if depth > 0 => None,
        key if is_one_of(key, WRAPPERS) => Some(Member::Records),
        key if is_bookkeeping(key) => Some(Member::Beside),
        _ => None,
    },
    elastic::LONG_RESPONSES[0],
    elastic::LONG_RESPONSES[1],
];

/// Looks at what stands behind the records that a long object wraps. Its records are read by then,
/// so that what is no bookkeeping can only be told.
fn tail(bytes: &[u8], at: At, out: &mut Out<'_>) {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start();
    let text = text.strip_prefix(',').unwrap_or(text);
    let mut nodes = Vec::new();
    let place = Some(At { record: at.record.saturating_sub(1), ..at });
    // Nobody remembers how many objects are around the records.
    let whole = |around: usize| format!("{}{{{text}", AROUND.repeat(around));
    let max_depth = out.options.max_depth;
    let found = (0..=elastic::MAX_AROUND)
        .find(|around| parse_whole(&whole(*around), &mut nodes, max_depth).is_ok());
    let mut around = found.unwrap_or(0);
    let object = whole(around);
    if let Err(error) = parse_whole(&object, &mut nodes, max_depth) {
        let message = format!("what stands behind the records is not valid JSON: {error}");
        return out.diagnose(Diagnostic::warning(codes::BAD_RECORD, message), place);
    }
    let mut level = Json::root(&object, &nodes);
    while let Some(json) = level.take() {
        for member in json.children() {
            let key = member.key().unwrap_or_default();
            if around > 0 && key.is_empty() {
                around -= 1;
                level = Some(member);
            } else if !is_bookkeeping(key) && !elastic::is_beside_hits(key) {
                let message =
                    format!("`{key}` stands beside the records of a long object; it was not read");
                out.diagnose(Diagnostic::warning(codes::BAD_RECORD, message), place);
            }
        }
    }
}

/// What is put in place of an object around the records, whose start is gone.
const AROUND: &str = "{\"\":";

fn bad_record(error: JsonError, rest: &str) -> Diagnostic {
    let code: Code = match error.fault {
        Fault::End => codes::TRUNCATED,
        Fault::Depth(_) => codes::TOO_NESTED,
        Fault::Expected(_) => codes::BAD_RECORD,
        Fault::Size => codes::TOO_LONG,
    };
    Diagnostic::error(code, format!("record is not valid JSON: {error}{rest}"))
}

/// Parses a record and gives it to its format; a wrapper's elements are records of their own.
/// Returns how many records there were.
fn take(bytes: &[u8], at: At, out: &mut Out<'_>) -> Result<u64, JsonError> {
    let text = decode(bytes, at, out);
    let mut nodes = std::mem::take(&mut out.nodes);
    let result = out.shapes.parse_whole(&text, &mut nodes, out.options.max_depth);
    let taken = result.map(|shape| match Json::root(&text, &nodes) {
        Some(json) => dispatch(json.shaped(shape), bytes, at, out),
        None => 0,
    });
    out.nodes = nodes;
    taken
}

fn take_again(bytes: &[u8], at: At, out: &mut Out<'_>) {
    // What is wrong with a record was said when it was looked at.
    let _ = take(bytes, at, out);
}

fn dispatch(json: Json<'_>, payload: &[u8], at: At, out: &mut Out<'_>) -> u64 {
    let format = format_of(json);
    if format.name == FORMAT.name
        && let Some(array) = wrapped(json)
    {
        let mut record = at.record;
        for element in array.children() {
            let payload = element.raw().as_bytes();
            let record_at = At { record, ..at };
            give_document(JsonRecord { json: element, payload, at: record_at }, None, out);
            record += 1;
        }
        return record - at.record;
    }
    give_document(JsonRecord { json, payload, at }, Some(format), out);
    1
}

/// Hands a record, or what it has inside if it is a hit of a search, to the mapping of the user that
/// is for it, else to its format, which may be known.
fn give_document(record: JsonRecord<'_>, format: Option<&'static Format>, out: &mut Out<'_>) {
    let (record, format) = match elastic::document(record.json) {
        Some(json) => (JsonRecord { json, payload: json.raw().as_bytes(), at: record.at }, None),
        None => (record, format),
    };
    let fields = NamedFields::Json(record.json);
    match out.own_mapping(fields) {
        Some(own) => own.take(fields, record.payload, None, record.at, out),
        None => give(format.unwrap_or_else(|| format_of(record.json)), record, out),
    }
}

/// Hands a record to its format.
pub(super) fn give(format: &'static Format, record: JsonRecord<'_>, out: &mut Out<'_>) {
    if let Layout::Json { take, .. } = format.layout {
        take(format.name, record, out);
    }
}

/// The array of records that an object is the wrapper of. An empty one is only that if it stands
/// alone: what stands beside it would be dropped.
fn wrapped(json: Json<'_>) -> Option<Json<'_>> {
    if json.kind() == Kind::Array {
        return Some(json);
    }
    // Every key of a wrapper is one of a few, so the first one is.
    let first = json.children().next().filter(|_| json.is_object())?;
    let first = first.key().unwrap_or_default();
    let is_response = elastic::begins_response(first);
    if !(is_response || is_one_of(first, WRAPPERS) || is_bookkeeping(first)) {
        return None;
    }
    if let Some(hits) = elastic::hits(json).filter(|_| is_response) {
        return Some(hits);
    }
    let mut found = None;
    let mut stands_alone = true;
    for member in json.children() {
        let key = member.key().unwrap_or_default();
        let is_array = member.kind() == Kind::Array && member.children().all(|e| e.is_object());
        if found.is_none() && is_array && is_one_of(key, WRAPPERS) {
            found = Some(member);
        } else if is_bookkeeping(key) {
            stands_alone = false;
        } else {
            return None;
        }
    }
    found.filter(|array| stands_alone || array.children().next().is_some())
}

fn is_one_of(key: &str, keys: &[&str]) -> bool {
    keys.iter().any(|known| key.eq_ignore_ascii_case(known))
}

fn is_bookkeeping(key: &str) -> bool {
    let has_at = memchr::memchr(b'@', key.as_bytes()).is_some();
    key.starts_with("odata.") || (has_at && key.contains("@odata.")) || is_one_of(key, BOOKKEEPING)
}

/// Where the first key of the object stands that a line begins with, if it ends soon and has no
/// escapes.
fn first_key(line: &[u8]) -> Option<Range<usize>> {
    let object = line.trim_ascii_start().strip_prefix(b"{")?;
    let key = object.trim_ascii_start().strip_prefix(b"\"")?;
    let near = key.get(..64).unwrap_or(key);
    let end = memchr::memchr2(b'"', b'\\', near).filter(|end| near.get(*end) == Some(&b'"'))?;
    let start = line.len() - key.len();
    Some(start..start + end)
}

/// May a line hold more than one record, or none? Looks at its start only: every key of a wrapper
/// is one of a few, so the first one is. A start that is too short to tell may.
pub(crate) fn may_wrap(line: &[u8]) -> bool {
    if let Some(key) = first_key(line) {
        let key = String::from_utf8_lossy(line.get(key).unwrap_or_default());
        return is_one_of(&key, WRAPPERS) || is_bookkeeping(&key) || elastic::begins_response(&key);
    }
    let line = line.trim_ascii_start();
    let Some(object) = line.strip_prefix(b"{") else { return line.starts_with(b"[") };
    let object = object.trim_ascii_start();
    object.is_empty() || object.starts_with(b"\"")
}

/// Asks [`may_wrap`] once for all lines that begin alike, as those of a log do.
#[derive(Debug, Default)]
pub(crate) struct Beginnings {
    /// A line that wraps nothing, up to the quote behind its first key.
    plain: Vec<u8>,
}

impl Beginnings {
    /// May the line hold more than one record, or none?
    pub(crate) fn may_wrap(&mut self, line: &[u8]) -> bool {
        if !self.plain.is_empty() && line.starts_with(&self.plain) {
            return false;
        }
        if may_wrap(line) {
            return true;
        }
        self.plain.clear();
        if let Some(key) = first_key(line) {
            self.plain.extend_from_slice(line.get(..=key.end).unwrap_or_default());
        }
        false
    }
}

/// How many record numbers [`read_lines`] gives to a line that is not blank.
pub(crate) fn records_in(line: &[u8], options: &Options) -> u64 {
    let line = line.trim_ascii();
    if line.len() > options.max_record || !may_wrap(line) {
        return 1;
    }
    let text = String::from_utf8_lossy(line);
    let mut nodes = Vec::new();
    if parse_whole(&text, &mut nodes, options.max_depth).is_err() {
        return 1;
    }
    let array = Json::root(&text, &nodes)
        .filter(|json| format_of(*json).name == FORMAT.name)
        .and_then(wrapped);
    array.map_or(1, |array| array.children().count() as u64)
}

/// The JSON formats, each with the sketch of the keys of which its records have one.
static JSON_FORMATS: LazyLock<Vec<(u64, &'static Format)>> = LazyLock::new(|| {
    let sketched = |format: &'static Format| match format.layout {
        Layout::Json { keys: [], .. } => Some((u64::MAX, format)),
        Layout::Json { keys, .. } => {
            Some((keys.iter().fold(0, |bits, key| bits | sketch(key.as_bytes())), format))
        }
        _ => None,
    };
    FORMATS.iter().filter_map(sketched).collect()
});

/// The format of a record.
pub(crate) fn format_of(json: Json<'_>) -> &'static Format {
    let of_record = json.sketch();
    let is = |(keys, format): &&(u64, &'static Format)| {
        let Layout::Json { is, keys: known, .. } = format.layout else { return false };
        let may_be = known.is_empty() || keys & of_record != 0;
        debug_assert!(may_be || !is(json), "{}: a record without any of its keys", format.name);
        let is_one = may_be && is(json);
        debug_assert!(
            !is_one || has_keys(format, &|key| json.path(key).is_some()),
            "{}: a record without its keys",
            format.name
        );
        is_one
    };
    JSON_FORMATS.iter().find(is).map_or(&FORMAT_STATIC, |(_, format)| *format)
}

static FORMAT_STATIC: Format = FORMAT;

/// May a format know records that have no other keys than those that `has` knows?
pub(crate) fn may_be_known(has: &dyn Fn(&str) -> bool) -> bool {
    JSON_FORMATS.iter().any(|(_, format)| format.name != FORMAT.name && has_keys(format, has))
}

/// Are the keys there without which a record is none of this format?
fn has_keys(format: &Format, has: &dyn Fn(&str) -> bool) -> bool {
    let Layout::Json { keys, beside, .. } = format.layout else { return false };
    let any = |keys: &[&str]| keys.iter().any(|key| has(key));
    (keys.is_empty() || any(keys)) && beside.iter().all(|keys| any(keys))
}
