//! Office 365 audit records: classes, plans, and where in the record a field is.
//!
//! A record is JSON. Its classes are workload, operation and record type. Any key can be asked for
//! by name, in any case: a key of the record, a name in one of its Name/Value arrays
//! (`Parameters` and its like), or a dotted path. Rules: event model 6.9, `t1114-pack.md` 3.2.

use std::borrow::Cow;
use std::rc::Rc;

use aql_catalog::{Catalog, FieldSource, O365Source, PathStep, Transform};
use aql_event::{Column, ColumnKind, Needs};
use rustc_hash::{FxHashMap, FxHashSet};

use super::mapped::MappedRecord;
use super::{ClassFacts, Fixed, Plan, Record, Resolved, Texts, transform};
use crate::json::{Json, Kind};
use crate::time::parse_iso;

/// `devicetype` of Office 365 audit records.
pub(crate) const DEVICE_TYPE: i64 = 397;

/// Keys that hold arrays of names and values.
const NAME_VALUE_ARRAYS: &[&str] = &[
    "Parameters",
    "OperationProperties",
    "ExtendedProperties",
    "ModifiedProperties",
    "DeviceProperties",
    "Item",
];

/// A field of an audit record that a plan asks for.
#[derive(Clone, Debug)]
pub(crate) enum Field {
    /// A source of the catalog.
    Source(&'static O365Source),
    /// A key by its own name.
    Raw(String),
    /// A column of the row that the record lay in.
    Outer(FieldSource),
}

/// What a class of audit records has in common.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Class {
    /// Name of the format.
    pub format: &'static str,
    /// `Workload`.
    pub workload: String,
    /// `Operation`.
    pub operation: String,
    /// `RecordType`, as written.
    pub record_type: String,
    /// The table that the record lay in: its event category then, instead of the workload.
    pub table: Option<&'static str>,
}

/// Makes and keeps the plans of the classes that were met.
#[derive(Debug, Default)]
pub(crate) struct O365 {
    plans: FxHashMap<Class, Rc<Plan<Field>>>,
    /// The class of the current record; its buffers are used again.
    class: Class,
}

impl O365 {
    /// The plan of a record's class.
    pub(crate) fn class(
        &mut self,
        needs: &Needs,
        format: &'static str,
        table: Option<&'static str>,
        record: Json<'_>,
    ) -> Rc<Plan<Field>> {
        let mut scratch = String::new();
        self.class.format = format;
        self.class.table = table;
        for (text, key) in [
            (&mut self.class.workload, "Workload"),
            (&mut self.class.operation, "Operation"),
            (&mut self.class.record_type, "RecordType"),
        ] {
            text.clear();
            if let Some(value) = record.get(key) {
                text.push_str(value.text(&mut scratch).unwrap_or_default());
            }
        }
        if let Some(plan) = self.plans.get(&self.class) {
            return Rc::clone(plan);
        }
        let plan = Rc::new(make(self.plans.len(), needs, &self.class));
        // Bounded: hostile input could hold any number of operations.
        if self.plans.len() >= 1 << 14 {
            self.plans.clear();
        }
        self.plans.insert(self.class.clone(), Rc::clone(&plan));
        plan
    }
}

fn make(id: usize, needs: &Needs, class: &Class) -> Plan<Field> {
    let facts = ClassFacts {
        format: class.format,
        device_type: DEVICE_TYPE,
        event_id: &class.operation,
        event_category: class.table.unwrap_or(&class.workload),
        qid_category: Some(&class.workload),
        severity: None,
        fields_first: false,
        unparsed: false,
    };
    Plan::new(id, needs, &facts, |column| resolve(column, class))
}

fn resolve(column: &Column, class: &Class) -> Resolved<Field> {
    if column.kind == ColumnKind::Field {
        return match class_value(&column.name, class) {
            Some(fixed) => Resolved::Fixed(fixed),
            None => Resolved::Fields(vec![Field::Raw(column.name.to_string())]),
        };
    }
    let sources: Vec<&'static O365Source> = Catalog::get()
        .o365_sources(&column.name)
        .iter()
        .filter(|source| {
            source.operations.is_empty()
                || source.operations.iter().any(|o| o.eq_ignore_ascii_case(&class.operation))
        })
        .collect();
    if let [O365Source { path, transform: Transform::Identity, .. }] = sources.as_slice()
        && let [PathStep::Key(key)] = path.as_slice()
        && let Some(fixed) = class_value(key, class)
    {
        return Resolved::Fixed(fixed);
    }
    let mut fields: Vec<Field> = sources.into_iter().map(Field::Source).collect();
    if let Some(table) = class.table {
        let of_row = Catalog::get().defender_mapping().sources(&column.name).iter();
        let of_row = of_row.filter(|source| {
            source.categories.is_empty() || source.categories.iter().any(|of| of == table)
        });
        fields.extend(of_row.cloned().map(Field::Outer));
    }
    Resolved::Fields(fields)
}

/// The value of a key that is the same for all records of a class.
fn class_value(key: &str, class: &Class) -> Option<Fixed> {
    let text = match key {
        k if k.eq_ignore_ascii_case("Workload") => &class.workload,
        k if k.eq_ignore_ascii_case("Operation") => &class.operation,
        k if k.eq_ignore_ascii_case("RecordType") => &class.record_type,
        _ => return None,
    };
    Some(if text.is_empty() { Fixed::Null } else { Fixed::Text(text.clone()) })
}

/// The time of a record: UTC, though it does not say so.
pub(crate) fn time_of(record: Json<'_>) -> Option<i64> {
    let mut scratch = String::new();
    ["CreationTime", "TimeGenerated", "CreationDate", "createdDateTime"]
        .iter()
        .find_map(|key| parse_iso(record.get(key)?.text(&mut scratch)?))
}

/// The row of a hunting table that an audit record lay in.
pub(crate) struct Outer<'r> {
    /// The table.
    pub table: &'static str,
    /// The column that holds the record.
    pub column: &'static str,
    /// The row: what the record does not say is looked for in it.
    pub row: MappedRecord<'r>,
}

impl Outer<'_> {
    /// Is it the column that holds the record, or a name that leads into it?
    fn is_record(&self, name: &str) -> bool {
        name.get(..self.column.len()).is_some_and(|name| name.eq_ignore_ascii_case(self.column))
    }
}

/// An audit record with the text it came as.
pub(crate) struct AuditRecord<'r> {
    /// The record.
    pub json: Json<'r>,
    /// The row that it lay in.
    pub outer: Option<&'r Outer<'r>>,
    /// The raw record, wrapper and all.
    pub payload: &'r [u8],
}

impl Record<Field> for AuditRecord<'_> {
    fn value<'v>(&'v self, field: &Field, scratch: &'v mut Texts) -> Option<Cow<'v, str>> {
        match field {
            Field::Raw(name) => {
                let [inner, outer] = scratch;
                let found = raw(self.json, name, inner);
                // The column that holds the record is what was found in it.
                let row = self.outer.filter(|of| !of.is_record(name));
                found.or_else(|| row?.row.fields.get(name, outer))
            }
            Field::Source(source) => {
                let text = follow(self.json, &source.path, &mut scratch[0])?;
                transform::apply(&source.transform, text)
            }
            Field::Outer(source) => self.outer?.row.source(source, scratch),
        }
    }

    fn host<'v>(&'v self, scratch: &'v mut String) -> Option<Cow<'v, str>> {
        // One log source per tenant.
        let tenant = self.json.get("OrganizationId").filter(|id| !id.raw().is_empty());
        let tenant = tenant.or_else(|| self.json.get("OrganizationName"));
        tenant?.text(scratch).map(Cow::Borrowed)
    }

    fn payload(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.payload);
    }

    fn each_field(&self, visit: &mut dyn FnMut(&str, &str)) {
        let mut scratch = String::new();
        // A name that has been met hides later ones, even if its value is empty.
        let mut seen = FxHashSet::default();
        let mut give = |name: &str, value: Json<'_>| {
            if seen.insert(name.to_ascii_lowercase())
                && let Some(text) = value.text(&mut scratch).filter(|text| !text.is_empty())
            {
                visit(name, text);
            }
        };
        for member in self.json.children() {
            give(&member.key_text(), member);
        }
        // What Name/Value arrays name is found by the plain name and below the array's.
        for array in NAME_VALUE_ARRAYS {
            let Some(elements) = self.json.get(array).filter(|a| a.kind() == Kind::Array) else {
                continue;
            };
            for element in elements.children() {
                let name = element.get("Name").or_else(|| element.get("Key"));
                let value = element.get("Value").or_else(|| element.get("NewValue"));
                if let (Some(name), Some(value)) = (name.and_then(|n| n.owned_text()), value) {
                    give(&name, value);
                    give(&format!("{array}.{name}"), value);
                }
            }
        }
        let Some(outer) = self.outer else { return };
        outer.row.fields.each(&mut |name, value| {
            if !outer.is_record(name) && seen.insert(name.to_ascii_lowercase()) {
                visit(name, value);
            }
        });
    }

    /// `"tenant path/user" on behalf of "…"` is the tail `tenant/user` of the first name (IBM, "Microsoft
    /// Office 365 sample event messages").
    fn username<'v>(&self, value: &'v str) -> &'v str {
        let Some((first, _)) = value.split_once(" on behalf of ") else { return value };
        let name = first.trim().trim_matches('"');
        name.rmatch_indices('/').nth(1).and_then(|(at, _)| name.get(at + 1..)).unwrap_or(name)
    }
}

/// A key by its own name: of the record, in a Name/Value array, or as a dotted path.
fn raw<'v>(record: Json<'v>, name: &str, scratch: &'v mut String) -> Option<Cow<'v, str>> {
    let found = record
        .get(name)
        .or_else(|| record.path(name))
        .or_else(|| NAME_VALUE_ARRAYS.iter().find_map(|array| named(record.get(array)?, name)));
    match found {
        Some(value) => value.text(scratch).filter(|t| !t.is_empty()).map(Cow::Borrowed),
        None => {
            // `Parameters.ForwardTo`, or a name in an array that is itself JSON in a string.
            let path: Vec<PathStep> = match name.split_once('.') {
                Some((array, key)) => {
                    vec![PathStep::Key(array.to_owned()), PathStep::Named(key.to_owned())]
                }
                None => {
                    vec![PathStep::Key("Parameters".to_owned()), PathStep::Named(name.to_owned())]
                }
            };
            follow(record, &path, scratch)
        }
    }
}

/// The value of the element with this name.
fn named<'d>(array: Json<'d>, name: &str) -> Option<Json<'d>> {
    if array.kind() != Kind::Array {
        return None;
    }
    array.children().find_map(|element| {
        let key = element.get("Name").or_else(|| element.get("Key"))?;
        let mut scratch = String::new();
        if !key.text(&mut scratch)?.eq_ignore_ascii_case(name) {
            return None;
        }
        // Elements of ModifiedProperties have an old and a new value.
        element.get("Value").or_else(|| element.get("NewValue"))
    })
}

/// Follows a path; the texts of several values are joined by `;`.
fn follow<'v>(
    record: Json<'v>,
    path: &[PathStep],
    scratch: &'v mut String,
) -> Option<Cow<'v, str>> {
    // The common case first: one key, no copy.
    if let [PathStep::Key(key)] = path {
        return record.get(key)?.text(scratch).filter(|t| !t.is_empty()).map(Cow::Borrowed);
    }
    let mut texts = Vec::new();
    collect(record, path, 0, &mut texts);
    texts.retain(|t| !t.is_empty());
    (!texts.is_empty()).then(|| Cow::Owned(texts.join(";")))
}

/// Strings that hold JSON are looked into this many levels deep.
const MAX_INNER: usize = 3;

fn collect(value: Json<'_>, path: &[PathStep], inner: usize, out: &mut Vec<String>) {
    let Some((step, rest)) = path.split_first() else {
        out.extend(value.owned_text());
        return;
    };
    if value.kind() == Kind::Text && inner < MAX_INNER {
        let Some(text) = value.owned_text().filter(|t| t.trim_start().starts_with(['[', '{']))
        else {
            return;
        };
        let mut nodes = Vec::new();
        if crate::json::parse_whole(&text, &mut nodes, 64).is_ok()
            && let Some(root) = Json::root(&text, &nodes)
        {
            collect(root, path, inner + 1, out);
        }
        return;
    }
    match step {
        PathStep::Key(key) => {
            if let Some(child) = value.get(key) {
                collect(child, rest, inner, out);
            }
        }
        PathStep::Each => {
            for child in value.children() {
                collect(child, rest, inner, out);
            }
        }
        PathStep::Named(name) => {
            if let Some(child) = named(value, name) {
                collect(child, rest, inner, out);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use aql_catalog::PathStep;

    use super::{AuditRecord, follow, raw};
    use crate::json::{Json, parse_whole};
    use crate::normalise::Record as _;

    const RECORD: &str = r#"{
        "operation": "Set-Mailbox",
        "Parameters": [{"Name":"Identity","Value":"a"},{"Name":"ForwardTo","Value":"b;c"},{"Name":"Empty","Value":""}],
        "ModifiedProperties": [{"Name":"Role","NewValue":"x","OldValue":"y"}],
        "Folders": [{"Path":"\\In","FolderItems":[{"Id":"1"},{"Id":"2"}]},{"Path":"\\Out","FolderItems":[{"Id":"3"}]}],
        "Inner": "[{\"Name\":\"Deep\",\"Value\":\"z\"}]",
        "Item": {"Subject": "s"}
    }"#;

    fn with_record<T>(check: impl FnOnce(Json<'_>) -> T) -> T {
        let mut nodes = Vec::new();
        parse_whole(RECORD, &mut nodes, 64).unwrap();
        check(Json::root(RECORD, &nodes).unwrap())
    }

    #[test]
    fn keys_by_name() {
        with_record(|json| {
            let get = |name: &str| raw(json, name, &mut String::new()).map(|v| v.into_owned());
            assert_eq!(get("Operation").as_deref(), Some("Set-Mailbox"));
            assert_eq!(get("forwardto").as_deref(), Some("b;c"));
            assert_eq!(get("Parameters.ForwardTo").as_deref(), Some("b;c"));
            assert_eq!(get("Role").as_deref(), Some("x"));
            assert_eq!(get("Item.Subject").as_deref(), Some("s"));
            assert_eq!(get("Inner.Deep").as_deref(), Some("z"));
            assert_eq!(get("Empty"), None);
            assert_eq!(get("Absent"), None);
        });
    }

    #[test]
    fn paths_join_their_values() {
        with_record(|json| {
            let key = |k: &str| PathStep::Key(k.to_owned());
            let get =
                |path: &[PathStep]| follow(json, path, &mut String::new()).map(|v| v.into_owned());
            let ids =
                [key("Folders"), PathStep::Each, key("FolderItems"), PathStep::Each, key("Id")];
            assert_eq!(get(&ids).as_deref(), Some("1;2;3"));
            assert_eq!(
                get(&[key("Folders"), PathStep::Each, key("Path")]).as_deref(),
                Some("\\In;\\Out")
            );
            let parameters = get(&[key("Parameters")]).unwrap();
            assert!(parameters.starts_with(r#"[{"Name":"Identity""#), "the raw text is kept");
        });
    }

    #[test]
    fn users_on_behalf_of_others() {
        with_record(|json| {
            let record = AuditRecord { json, outer: None, payload: b"" };
            let name = "\"P.PROD/Hosted Organizations/t.example/admin.user\" on behalf of \"x/y\"";
            assert_eq!(record.username(name), "t.example/admin.user");
            assert_eq!(record.username("a@t.example"), "a@t.example");
        });
    }
}
