//! Records of no known kind: kept as unparsed events.
//!
//! Nothing is known of them but their text and, where they have a structure, the fields they call
//! by name. They are events of the "SIM Generic Log DSM" (event model, 2 and 6.0).

use std::borrow::Cow;
use std::rc::Rc;

use aql_event::{ColumnKind, Needs};
use rustc_hash::FxHashMap;

use super::{ClassFacts, Plan, Record, Resolved, Texts};
use crate::cells::{Cells, Header};
use crate::json::{Json, Kind};
use crate::names;
use crate::time::parse_iso;

/// `devicetype` of records that no format knows.
pub(crate) const DEVICE_TYPE: i64 = 67;

/// The name of a raw field.
pub(crate) type Field = String;

/// Makes and keeps the plan of each format.
#[derive(Debug, Default)]
pub(crate) struct Generic {
    plans: FxHashMap<(&'static str, bool), Rc<Plan<Field>>>,
}

impl Generic {
    /// The plan of a format's records; `has_fields` if they have fields with names.
    pub(crate) fn class(
        &mut self,
        needs: &Needs,
        format: &'static str,
        has_fields: bool,
    ) -> Rc<Plan<Field>> {
        if let Some(plan) = self.plans.get(&(format, has_fields)) {
            return Rc::clone(plan);
        }
        let count = self.plans.len();
        let plan = self.plans.entry((format, has_fields)).or_insert_with(|| {
            let facts = ClassFacts {
                format,
                device_type: DEVICE_TYPE,
                event_id: "",
                event_category: "",
                qid_category: None,
                severity: None,
                fields_first: false,
                unparsed: true,
            };
            Rc::new(Plan::new(count, needs, &facts, |column| {
                let is_field = has_fields && column.kind == ColumnKind::Field;
                Resolved::Fields(is_field.then(|| column.name.to_string()).into_iter().collect())
            }))
        });
        Rc::clone(plan)
    }
}

/// The fields of a record that nobody knows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NamedFields<'r> {
    /// None.
    None,
    /// The keys of a JSON object, also by dotted path.
    Json(Json<'r>),
    /// The cells of a CSV row under their header.
    Cells {
        /// The header.
        header: &'r Header,
        /// The row.
        cells: Cells<'r>,
    },
    /// Names and values. Where a name occurs twice, the first counts.
    Pairs {
        /// The pairs.
        pairs: &'r [(Cow<'r, str>, Cow<'r, str>)],
        /// A bit for each name.
        sketch: u64,
    },
}

/// The member of this name, else what is at this path.
fn find<'d>(json: Json<'d>, name: &str) -> Option<Json<'d>> {
    json.get(name).or_else(|| name.contains('.').then(|| json.path(name)).flatten())
}

impl<'r> NamedFields<'r> {
    /// Names and values.
    pub(crate) fn of_pairs(pairs: &'r [(Cow<'r, str>, Cow<'r, str>)]) -> Self {
        let bits = |bits, (name, _): &(Cow<'_, str>, _)| bits | names::sketch(name.as_bytes());
        NamedFields::Pairs { pairs, sketch: pairs.iter().fold(0, bits) }
    }

    /// The value of this name; in any case, unless another is spelled exactly so. An empty value is
    /// none.
    pub(crate) fn get<'v>(&self, name: &str, scratch: &'v mut String) -> Option<Cow<'v, str>>
    where
        'r: 'v,
    {
        match *self {
            NamedFields::None => None,
            NamedFields::Json(json) => find(json, name)?.text(scratch).map(Cow::Borrowed),
            NamedFields::Cells { header, cells } => cells.get(header.column(name)?),
            NamedFields::Pairs { sketch, .. } if sketch & names::sketch(name.as_bytes()) == 0 => {
                None
            }
            NamedFields::Pairs { pairs, .. } => pairs
                .iter()
                .find(|(key, _)| key == name)
                .or_else(|| pairs.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)))
                .map(|(_, value)| Cow::Borrowed(&**value)),
        }
        .filter(|value| !value.is_empty())
    }

    /// Is there a field of this name, be it empty?
    pub(crate) fn has(&self, name: &str) -> bool {
        match *self {
            NamedFields::None => false,
            NamedFields::Json(json) => find(json, name).is_some(),
            NamedFields::Cells { header, .. } => header.column(name).is_some(),
            NamedFields::Pairs { pairs, .. } => {
                pairs.iter().any(|(key, _)| key.eq_ignore_ascii_case(name))
            }
        }
    }

    /// Calls `visit` with the name and the value of every field that has one, in order; fields of
    /// objects inside JSON by their dotted path.
    pub(crate) fn each(&self, visit: &mut dyn FnMut(&str, &str)) {
        match *self {
            NamedFields::None => {}
            NamedFields::Json(json) => {
                let mut scratch = String::new();
                json.each_leaf(&mut |path, value| {
                    if let Some(text) = value.text(&mut scratch).filter(|text| !text.is_empty()) {
                        visit(path, text);
                    }
                });
            }
            NamedFields::Cells { header, cells } => {
                let named = header.iter().zip(cells.iter()).filter(|(_, cell)| !cell.is_empty());
                named.for_each(|(name, cell)| visit(name, &cell));
            }
            NamedFields::Pairs { pairs, .. } => {
                let filled = pairs.iter().filter(|(_, value)| !value.is_empty());
                filled.for_each(|(name, value)| visit(name, value));
            }
        }
    }
}

impl<'r> NamedFields<'r> {
    /// Calls `visit` as [`each`](Self::each) does, with copies only of what does not stand so in the
    /// record.
    pub(crate) fn each_pair(&self, visit: &mut dyn FnMut(Cow<'r, str>, Cow<'r, str>)) {
        let mut visit = |name: Cow<'r, str>, value: Cow<'r, str>| {
            if !value.is_empty() {
                visit(name, value);
            }
        };
        match *self {
            NamedFields::None => {}
            NamedFields::Json(json) => {
                for member in json.children() {
                    if !member.is_object() {
                        if let Some(value) = text_of(member) {
                            visit(member.key_text(), value);
                        }
                        continue;
                    }
                    let mut path = member.key_text().into_owned();
                    leaves(member, &mut path, &mut visit);
                }
            }
            NamedFields::Cells { header, cells } => {
                for (name, cell) in header.iter().zip(cells.iter()) {
                    visit(Cow::Borrowed(name), cell);
                }
            }
            NamedFields::Pairs { pairs, .. } => {
                pairs.iter().for_each(|(name, value)| {
                    visit(Cow::Borrowed(&**name), Cow::Borrowed(&**value));
                });
            }
        }
    }
}

/// Calls `visit` with the values inside, as [`Json::each_leaf`] does. The nesting is bounded.
fn leaves<'r>(
    json: Json<'r>,
    path: &mut String,
    visit: &mut impl FnMut(Cow<'r, str>, Cow<'r, str>),
) {
    for member in json.children() {
        let length = path.len();
        if length > 0 {
            path.push('.');
        }
        path.push_str(&member.key_text());
        if member.is_object() {
            leaves(member, path, visit);
        } else if let Some(value) = text_of(member) {
            visit(Cow::Owned(path.clone()), value);
        }
        path.truncate(length);
    }
}

/// The text of a value, as [`Json::text`] gives it.
pub(crate) fn text_of(json: Json<'_>) -> Option<Cow<'_, str>> {
    let raw = json.raw();
    match json.kind() {
        Kind::Null => None,
        Kind::Text if memchr::memchr(b'\\', raw.as_bytes()).is_some() => {
            json.owned_text().map(Cow::Owned)
        }
        _ => Some(Cow::Borrowed(raw)),
    }
}

/// An unparsed record: its text, and its fields if it has any.
pub(crate) struct Unparsed<'r> {
    /// The raw record.
    pub payload: &'r [u8],
    /// Its fields.
    pub fields: NamedFields<'r>,
}

/// Keys of the time of a record, in the order in which they are tried.
pub(crate) const TIME_KEYS: &[&str] =
    &["Timestamp", "TimeGenerated", "@timestamp", "EventTime", "CreationTime", "time", "datetime"];

impl Unparsed<'_> {
    /// A time under one of the usual names.
    pub(crate) fn time(&self) -> Option<i64> {
        if let NamedFields::Cells { header, cells } = self.fields {
            return header.times().iter().find_map(|column| parse_iso(&cells.get(*column)?));
        }
        let mut scratch = String::new();
        TIME_KEYS.iter().find_map(|key| parse_iso(&self.fields.get(key, &mut scratch)?))
    }
}

impl Record<Field> for Unparsed<'_> {
    fn value<'v>(&'v self, field: &Field, scratch: &'v mut Texts) -> Option<Cow<'v, str>> {
        let [scratch, _] = scratch;
        self.fields.get(field, scratch)
    }

    fn host<'v>(&'v self, _: &'v mut String) -> Option<Cow<'v, str>> {
        None
    }

    fn payload(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.payload);
    }

    fn each_field(&self, visit: &mut dyn FnMut(&str, &str)) {
        self.fields.each(visit);
    }
}
