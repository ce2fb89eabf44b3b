//! Records of pairs of names and values, filled as a mapping says.
//!
//! A mapping is data (`aql_catalog::Mapping`): the ones of LEEF, CEF and their like are embedded,
//! and a user can hand in others for logs that nobody else has. Classes are log source type, event
//! id, event category and severity.
//!
//! Not in here: how a format is taken apart into pairs.

use std::borrow::Cow;
use std::rc::Rc;

use aql_catalog::{Catalog, FieldSource, Mapping, Transform};
use aql_event::{Column, ColumnKind, Needs};
use jiff::tz::TimeZone;
use rustc_hash::FxHashMap;

use super::generic::NamedFields;
use super::{ClassFacts, Plan, Record, Resolved, Texts, transform, windows};
use crate::time::{parse_any, parse_in_zone, parse_month_first};

/// A field of a mapped record that a plan asks for.
#[derive(Clone, Debug)]
pub(crate) enum Field {
    /// As the mapping says.
    Source(FieldSource),
    /// By its own name.
    Raw(String),
}

/// What a class of mapped records has in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Class {
    mapping: String,
    device_type: i64,
    event_id: String,
    event_category: String,
    severity: Option<i64>,
}

/// Makes and keeps the plans of the classes that were met.
#[derive(Debug, Default)]
pub(crate) struct Mapped {
    plans: FxHashMap<Class, Rc<Plan<Field>>>,
}

/// Plans that are kept; hostile input could hold any number of event ids.
const MAX_PLANS: usize = 1 << 14;

impl Mapped {
    /// The plan of a record's class.
    pub(crate) fn class(
        &mut self,
        needs: &Needs,
        format: &'static str,
        record: &MappedRecord<'_>,
    ) -> Rc<Plan<Field>> {
        let class = record.class();
        if let Some(plan) = self.plans.get(&class) {
            return Rc::clone(plan);
        }
        let facts = ClassFacts {
            format,
            device_type: class.device_type,
            event_id: &class.event_id,
            event_category: &class.event_category,
            qid_category: None,
            severity: class.severity,
            fields_first: true,
            unparsed: record.mapping.unparsed,
        };
        let plan = Plan::new(self.plans.len(), needs, &facts, |column| {
            resolve(column, record.mapping, &class)
        });
        let plan = Rc::new(plan);
        if self.plans.len() >= MAX_PLANS {
            self.plans.clear();
        }
        self.plans.insert(class, Rc::clone(&plan));
        plan
    }
}

/// Built-in columns that a Windows event's own fields may fill.
const FACTS: &[&str] =
    &["sourceip", "destinationip", "sourceport", "destinationport", "protocolid", "username"];

fn resolve(column: &Column, mapping: &Mapping, class: &Class) -> Resolved<Field> {
    if column.kind == ColumnKind::Field {
        let named = mapping.fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(&column.name));
        let sources = named.into_iter().flat_map(|(_, sources)| sources.iter().cloned());
        let raw = Field::Raw(column.name.to_string());
        return Resolved::Fields(sources.map(Field::Source).chain([raw]).collect());
    }
    let is_one = |list: &[String], value: &str| {
        list.is_empty() || list.iter().any(|of| of.eq_ignore_ascii_case(value))
    };
    let is_of = |source: &&FieldSource| {
        is_one(&source.categories, &class.event_category) && is_one(&source.events, &class.event_id)
    };
    let mut fields: Vec<Field> =
        mapping.sources(&column.name).iter().filter(is_of).cloned().map(Field::Source).collect();
    // What is the same for the whole class stays so.
    let is_of_record = column.kind == ColumnKind::Property || FACTS.contains(&&*column.name);
    if mapping.windows && is_of_record && class.device_type == windows::DEVICE_TYPE {
        let id = class.event_id.parse().ok();
        let sources = Catalog::get().windows_sources(&column.name).iter();
        let of_class = sources.filter(|s| windows::selects(s, &class.event_category, id));
        fields.extend(of_class.map(|source| {
            let field = source.raw_field.strip_prefix("System/").unwrap_or(&source.raw_field);
            Field::Source(FieldSource {
                field: field.to_owned(),
                transform: source.transform.clone(),
                categories: Vec::new(),
                events: Vec::new(),
            })
        }));
    }
    // A property that the mapping does not know may be a field of that very name: so QRadar names
    // the custom properties of LEEF and CEF keys.
    if column.kind == ColumnKind::Property {
        fields.push(Field::Raw(column.name.to_string()));
    }
    Resolved::Fields(fields)
}

/// A record with its mapping.
pub(crate) struct MappedRecord<'r> {
    /// How it becomes an event.
    pub mapping: &'r Mapping,
    /// Its fields.
    pub fields: NamedFields<'r>,
    /// The raw record.
    pub payload: &'r [u8],
    /// Its time in epoch milliseconds where no field of the mapping gives one: that of the header.
    pub header_time: Option<i64>,
    /// Its event category, if the format knows better than the mapping; also its event id where no
    /// field gives one.
    pub category: Option<&'r str>,
}

impl MappedRecord<'_> {
    /// The value of the first of these fields that has one.
    fn first(&self, sources: &[FieldSource]) -> Option<String> {
        let mut scratch = Texts::default();
        sources.iter().find_map(|source| self.source(source, &mut scratch).map(Cow::into_owned))
    }

    /// The value of a field, transformed.
    pub(super) fn source<'v>(
        &'v self,
        source: &FieldSource,
        scratch: &'v mut Texts,
    ) -> Option<Cow<'v, str>> {
        let [first, second] = scratch;
        let value = self.fields.get(&source.field, first)?;
        match &source.transform {
            Transform::WithDomain(field) => Some(match self.fields.get(field, second) {
                Some(domain) => Cow::Owned(format!("{domain}\\{value}")),
                None => value,
            }),
            Transform::WithFile(field) => Some(match self.fields.get(field, second) {
                Some(file) => with_file(value, &file),
                None => value,
            }),
            Transform::TimeFormat(pattern) => {
                let zone = self.mapping.timezone.clone().unwrap_or(TimeZone::UTC);
                let time = pattern.parse(value.trim(), &zone, transform::CENTURY)?;
                Some(Cow::Owned(time.to_string()))
            }
            Transform::If(field) => self.fields.get(field, second).map(|_| value),
            transform => transform::apply(transform, value),
        }
    }

    fn class(&self) -> Class {
        let mut scratch = String::new();
        let told = self.first(&self.mapping.type_field).and_then(|id| id.trim().parse().ok());
        let told = told.filter(|id| Catalog::get().log_source_type(*id).is_some());
        let by_conditions = self.mapping.device_type(|condition| {
            condition.holds(self.fields.get(&condition.field, &mut scratch).as_deref())
        });
        Class {
            mapping: self.mapping.name.clone(),
            device_type: told.unwrap_or(by_conditions),
            event_id: self
                .first(&self.mapping.event_id)
                .or_else(|| self.category.map(str::to_owned))
                .unwrap_or_default(),
            event_category: match self.category {
                Some(category) => category.to_owned(),
                None => self.first(&self.mapping.event_category).unwrap_or_default(),
            },
            severity: self.first(&self.mapping.severity).as_deref().and_then(severity),
        }
    }

    /// Its time in epoch milliseconds; one without a year lies before `now`.
    pub(crate) fn time(&self, now: Option<i64>) -> Option<i64> {
        let mut scratch = Texts::default();
        let mut sources = self.mapping.time.iter();
        let told = sources.find_map(|source| {
            let text = self.source(source, &mut scratch)?;
            match (&source.transform, &self.mapping.timezone) {
                // What these give is epoch milliseconds, however few digits it has.
                (Transform::Time | Transform::Epoch | Transform::TimeFormat(_), _) => {
                    text.parse().ok()
                }
                (_, Some(zone)) => parse_in_zone(&text, zone),
                (_, None) => parse_any(&text),
            }
            .or_else(|| Some(parse_month_first(&text, now)?.0))
        });
        told.or(self.header_time)
    }
}

/// A path that ends in a file's name: the name is appended if the path is that of the folder alone.
fn with_file<'v>(path: Cow<'v, str>, file: &str) -> Cow<'v, str> {
    let last = path.rsplit(['\\', '/']).next().unwrap_or_default();
    if last.eq_ignore_ascii_case(file) {
        return path;
    }
    let separator = if path.contains('/') && !path.contains('\\') { '/' } else { '\\' };
    Cow::Owned(format!("{}{separator}{file}", path.trim_end_matches(['\\', '/'])))
}

/// A severity from 0 to 10, or one of CEF's words for it (event model, 6.8).
fn severity(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(number) = text.parse::<i64>() {
        return (0..=10).contains(&number).then_some(number);
    }
    Some(match text.to_ascii_lowercase().as_str() {
        "unknown" => 3,
        "low" => 2,
        "medium" => 5,
        "high" => 8,
        "very-high" => 10,
        _ => return None,
    })
}

impl Record<Field> for MappedRecord<'_> {
    fn value<'v>(&'v self, field: &Field, scratch: &'v mut Texts) -> Option<Cow<'v, str>> {
        match field {
            Field::Raw(name) => self.fields.get(name, &mut scratch[0]),
            Field::Source(source) => self.source(source, scratch),
        }
    }

    fn host<'v>(&'v self, scratch: &'v mut String) -> Option<Cow<'v, str>> {
        *scratch = self.first(&self.mapping.host)?;
        Some(Cow::Borrowed(scratch))
    }

    fn sender<'v>(&'v self, scratch: &'v mut String) -> Option<Cow<'v, str>> {
        *scratch = self.first(&self.mapping.sender)?;
        Some(Cow::Borrowed(scratch))
    }

    fn log_source(&self) -> (Option<String>, Option<i64>) {
        let number = self.first(&self.mapping.log_source_id);
        (self.first(&self.mapping.log_source), number.and_then(|id| id.trim().parse().ok()))
    }

    fn payload(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.payload);
    }

    fn each_field(&self, visit: &mut dyn FnMut(&str, &str)) {
        for (name, sources) in &self.mapping.fields {
            if let Some(value) = self.first(sources) {
                visit(name, &value);
            }
        }
        self.fields.each(visit);
    }
}

#[cfg(test)]
mod tests {
    use super::{severity, with_file};

    #[test]
    fn paths_with_and_without_their_file() {
        for (path, file, expected) in [
            ("C:\\a\\B.exe", "b.exe", "C:\\a\\B.exe"),
            ("C:\\a", "b.exe", "C:\\a\\b.exe"),
            ("C:\\a\\", "b.exe", "C:\\a\\b.exe"),
            ("/usr/bin", "b", "/usr/bin/b"),
            ("b.exe", "b.exe", "b.exe"),
        ] {
            assert_eq!(with_file(path.into(), file), expected, "{path}");
        }
    }

    #[test]
    fn severities() {
        let cases = [
            ("0", Some(0)),
            ("10", Some(10)),
            (" 7 ", Some(7)),
            ("11", None),
            ("-1", None),
            ("Very-High", Some(10)),
            ("medium", Some(5)),
            ("warning", None),
        ];
        for (text, expected) in cases {
            assert_eq!(severity(text), expected, "{text}");
        }
    }
}
