//! Reads the text of a mapping.
//!
//! Every fault is told with its place, so that a file is put right in one go.

use aql_event::ColumnKind;
use glob::Pattern;
use jiff::tz::TimeZone;
use rustc_hash::FxHashMap;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{BadMapping, Condition, FieldSource, Mapping, Records, TypeRule};
use crate::Catalog;
use crate::properties::Profile;
use crate::similar::similar;
use crate::transform::{BadTransform, Transform};

type Value<'i> = Spanned<DeValue<'i>>;
type Place = (usize, usize);

const KEYS: &[&str] = &[
    "name",
    "unparsed",
    "device_type",
    "device_types",
    "type_field",
    "log_source",
    "log_source_id",
    "windows",
    "event_id",
    "event_category",
    "severity",
    "time",
    "timezone",
    "host",
    "sender",
    "columns",
    "categories",
    "fields",
    "records",
];

/// `devicetype` of records that nothing else is said about (SIM Generic Log DSM).
const GENERIC: i64 = 67;

/// Reads a mapping, or says what is wrong with the text. One of a user (`taken` has the names that
/// are no longer free) must say which records it is for.
pub(super) fn parse(text: &str, taken: Option<&[&str]>) -> Result<Mapping, Vec<BadMapping>> {
    let table = DeTable::parse(text).map_err(|error| {
        let span = error.span().map_or((0, 0), |span| (span.start, span.end));
        let message = error.message().to_owned();
        vec![BadMapping { message, help: None, span, is_syntax: true }]
    })?;
    let mut reader =
        Reader { catalog: Catalog::get(), is_own: taken.is_some(), faults: Vec::new() };
    let mapping = reader.mapping(table.get_ref());
    if let Some(taken) = taken {
        reader.own(table.get_ref(), &mapping, taken);
    }
    let mut faults = reader.faults;
    faults.sort_by_key(|fault| fault.span);
    if faults.is_empty() { Ok(mapping) } else { Err(faults) }
}

struct Reader {
    catalog: &'static Catalog,
    /// Is it a mapping of a user?
    is_own: bool,
    faults: Vec<BadMapping>,
}

fn place<T>(spanned: &Spanned<T>) -> Place {
    let range = spanned.span();
    (range.start, range.end)
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// `did you mean …?`, or all there is if nothing looks alike and there is little.
fn did_you_mean(name: &str, known: &[&str]) -> Option<String> {
    let list = |names: Vec<&str>, by: &str| {
        names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(by)
    };
    match similar(name, known.iter().copied()) {
        found if !found.is_empty() => Some(format!("did you mean {}?", list(found, " or "))),
        _ => Some(format!("there are {}", list(known.to_vec(), ", "))),
    }
}

impl Reader {
    fn fault(&mut self, span: Place, message: String, help: Option<String>) {
        self.faults.push(BadMapping { message, help, span, is_syntax: false });
    }

    fn must_be(&mut self, value: &Value<'_>, key: &str, what: &str) {
        let message = format!("`{key}` must be {what}, not {}", kind(value.get_ref()));
        self.fault(place(value), message, None);
    }

    fn unknown(&mut self, span: Place, name: &str, known: &[&str]) {
        let message = format!("there is no key `{name}` here");
        self.fault(span, message, did_you_mean(name, known));
    }

    fn text(&mut self, value: &Value<'_>, key: &str) -> Option<String> {
        match value.get_ref() {
            DeValue::String(text) if text.is_empty() => {
                self.fault(place(value), format!("`{key}` is empty"), None);
                None
            }
            DeValue::String(text) => Some(text.to_string()),
            _ => {
                self.must_be(value, key, "text");
                None
            }
        }
    }

    /// A text, or a list of them, each with its place.
    fn texts(&mut self, value: &Value<'_>, key: &str) -> Vec<(String, Place)> {
        match value.get_ref() {
            DeValue::Array(list) => {
                list.iter().filter_map(|item| Some((self.text(item, key)?, place(item)))).collect()
            }
            DeValue::String(_) => {
                self.text(value, key).map(|text| (text, place(value))).into_iter().collect()
            }
            _ => {
                self.must_be(value, key, "text or a list of texts");
                Vec::new()
            }
        }
    }

    fn table<'a, 'i>(&mut self, value: &'a Value<'i>, key: &str) -> Option<&'a DeTable<'i>> {
        match value.get_ref() {
            DeValue::Table(table) => Some(table),
            _ => {
                self.must_be(value, key, "a table");
                None
            }
        }
    }

    /// The tables of a `[[list]]`.
    fn tables<'a, 'i>(&mut self, value: &'a Value<'i>, key: &str) -> Vec<&'a DeTable<'i>> {
        match value.get_ref() {
            DeValue::Array(list) => list.iter().filter_map(|item| self.table(item, key)).collect(),
            _ => {
                self.must_be(value, key, &format!("a list of tables (`[[{key}]]`)"));
                Vec::new()
            }
        }
    }

    fn is(&mut self, value: &Value<'_>, key: &str) -> bool {
        match value.get_ref() {
            DeValue::Boolean(is) => *is,
            _ => {
                self.must_be(value, key, "`true` or `false`");
                false
            }
        }
    }

    fn mapping(&mut self, table: &DeTable<'_>) -> Mapping {
        let mut mapping = Mapping {
            name: String::new(),
            unparsed: false,
            types: Vec::new(),
            default_type: GENERIC,
            type_field: Vec::new(),
            log_source: Vec::new(),
            log_source_id: Vec::new(),
            windows: false,
            event_id: Vec::new(),
            event_category: Vec::new(),
            severity: Vec::new(),
            time: Vec::new(),
            timezone: None,
            host: Vec::new(),
            sender: Vec::new(),
            columns: FxHashMap::default(),
            fields: Vec::new(),
            records: None,
        };
        // Columns of a category know more, so they come first.
        let mut general = FxHashMap::default();
        for (key, value) in table.iter() {
            match &**key.get_ref() {
                "name" => mapping.name = self.name(value),
                key @ "unparsed" => mapping.unparsed = self.is(value, key),
                key @ "windows" => mapping.windows = self.is(value, key),
                key @ "type_field" => mapping.type_field = self.sources(value, key),
                key @ "log_source" => mapping.log_source = self.sources(value, key),
                key @ "log_source_id" => mapping.log_source_id = self.sources(value, key),
                "device_type" => mapping.default_type = self.type_id(value, "device_type"),
                "device_types" => mapping.types = self.types(value),
                key @ "event_id" => mapping.event_id = self.sources(value, key),
                key @ "event_category" => mapping.event_category = self.sources(value, key),
                key @ "severity" => mapping.severity = self.sources(value, key),
                key @ "time" => mapping.time = self.sources(value, key),
                key @ "host" => mapping.host = self.sources(value, key),
                key @ "sender" => mapping.sender = self.sources(value, key),
                "timezone" => mapping.timezone = self.timezone(value),
                "columns" => self.columns(value, &[], &mut general),
                "categories" => self.categories(value, &mut mapping.columns),
                "fields" => mapping.fields = self.fields(value),
                "records" => mapping.records = self.records(value),
                other => self.unknown(place(key), other, KEYS),
            }
        }
        for (name, sources) in general {
            mapping.columns.entry(name).or_default().extend(sources);
        }
        if !table.iter().any(|(key, _)| &**key.get_ref() == "name") {
            let help = Some("write `name = \"…\"`: what `aql.format` says".to_owned());
            self.fault((0, 0), "a mapping needs a `name`".to_owned(), help);
        }
        mapping
    }

    /// What a mapping of a user has to say besides.
    fn own(&mut self, table: &DeTable<'_>, mapping: &Mapping, taken: &[&str]) {
        let name = table.iter().find(|(key, _)| &**key.get_ref() == "name");
        if let Some((_, value)) = name
            && taken.iter().any(|taken| taken.eq_ignore_ascii_case(&mapping.name))
        {
            let message = format!("`{}` is the name of another format", mapping.name);
            self.fault(place(value), message, Some("choose a name of your own".to_owned()));
        }
        if !table.iter().any(|(key, _)| &**key.get_ref() == "records") {
            let message = "the mapping does not say which records it is for".to_owned();
            let help = "add `[records]` with `files`, `fields` or `when`".to_owned();
            self.fault((0, 0), message, Some(help));
        }
    }

    fn name(&mut self, value: &Value<'_>) -> String {
        let Some(name) = self.text(value, "name") else { return String::new() };
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if !name.chars().all(is_word) {
            let message =
                format!("`name` is {name:?}; expected a word of letters, digits, `-` and `_`");
            self.fault(place(value), message, None);
        }
        name
    }

    fn type_id(&mut self, value: &Value<'_>, key: &str) -> i64 {
        let id = match value.get_ref() {
            DeValue::Integer(n) => i64::from_str_radix(n.as_str(), n.radix()).ok(),
            DeValue::String(name) => {
                let types = self.catalog.log_source_types();
                let found = types.iter().find(|t| {
                    t.name.eq_ignore_ascii_case(name) || t.short.eq_ignore_ascii_case(name)
                });
                let message = format!("`{key}` must be a number, not text");
                let help = match found {
                    Some(found) => format!("`{name}` is {}", found.id),
                    None => "`aql catalog types` lists them".to_owned(),
                };
                self.fault(place(value), message, Some(help));
                return GENERIC;
            }
            _ => {
                self.must_be(value, key, "the number of a log source type");
                return GENERIC;
            }
        };
        if let Some(id) = id.filter(|id| self.catalog.log_source_type(*id).is_some()) {
            return id;
        }
        let shown = id.map_or("this".to_owned(), |id| id.to_string());
        let help = Some("`aql catalog types` lists them".to_owned());
        self.fault(place(value), format!("{shown} is no log source type"), help);
        GENERIC
    }

    fn types(&mut self, value: &Value<'_>) -> Vec<TypeRule> {
        let mut rules = Vec::new();
        for table in self.tables(value, "device_types") {
            let mut rule = TypeRule { conditions: Vec::new(), id: GENERIC };
            for (key, value) in table.iter() {
                match &**key.get_ref() {
                    "id" => rule.id = self.type_id(value, "id"),
                    "when" => rule.conditions = self.conditions(value),
                    other => self.unknown(place(key), other, &["id", "when"]),
                }
            }
            for needed in ["id", "when"] {
                if !table.iter().any(|(key, _)| &**key.get_ref() == needed) {
                    let message = format!("an entry of `device_types` needs `{needed}`");
                    self.fault(place(value), message, None);
                }
            }
            rules.push(rule);
        }
        rules
    }

    fn conditions(&mut self, value: &Value<'_>) -> Vec<Condition> {
        let mut conditions = Vec::new();
        for (field, value) in self.table(value, "when").into_iter().flat_map(|t| t.iter()) {
            if let Some(value) = self.text(value, field.get_ref()) {
                conditions.push(Condition { field: field.get_ref().to_string(), value });
            }
        }
        conditions
    }

    /// `"field"`, `"field|transform"`, or a list of them.
    fn sources(&mut self, value: &Value<'_>, key: &str) -> Vec<FieldSource> {
        let texts = self.texts(value, key);
        texts.into_iter().filter_map(|(text, span)| self.source(&text, span)).collect()
    }

    fn source(&mut self, text: &str, span: Place) -> Option<FieldSource> {
        let (field, transform) = text.rsplit_once('|').unwrap_or((text, ""));
        let (message, help) = match Transform::parse(transform) {
            Ok(_) if field.is_empty() => ("the name of the field is missing".to_owned(), None),
            Ok(transform) => {
                let (categories, events) = (Vec::new(), Vec::new());
                return Some(FieldSource {
                    field: field.to_owned(),
                    transform,
                    categories,
                    events,
                });
            }
            Err(BadTransform::Unknown) => {
                let word = transform.split(':').next().unwrap_or_default();
                let message = format!("there is no transform `{transform}`");
                (message, did_you_mean(word, Transform::NAMES))
            }
            Err(BadTransform::Pattern(why)) => {
                (why, Some("write such as `dd.MM.yyyy HH:mm:ss`".to_owned()))
            }
        };
        self.fault(span, message, help);
        None
    }

    fn timezone(&mut self, value: &Value<'_>) -> Option<TimeZone> {
        let name = self.text(value, "timezone")?;
        let zone = match name.as_str() {
            "UTC" | "utc" | "Z" => Some(TimeZone::UTC),
            name => TimeZone::get(name).ok().or_else(|| fixed_offset(name).map(TimeZone::fixed)),
        };
        if zone.is_none() {
            let help = "write `UTC`, `+02:00` or a name such as `Europe/Berlin`".to_owned();
            self.fault(place(value), format!("there is no time zone `{name}`"), Some(help));
        }
        zone
    }

    fn columns(
        &mut self,
        value: &Value<'_>,
        of: &[String],
        columns: &mut FxHashMap<String, Vec<FieldSource>>,
    ) {
        for (name, value) in self.table(value, "columns").into_iter().flat_map(|t| t.iter()) {
            let Some(key) = self.column_key(name.get_ref(), place(name)) else { continue };
            let sources = self.sources(value, name.get_ref());
            let limited =
                sources.into_iter().map(|source| FieldSource { categories: of.to_vec(), ..source });
            columns.entry(key).or_default().extend(limited);
        }
    }

    /// The canonical name of a built-in column or property, in lower case.
    fn column_key(&mut self, name: &str, span: Place) -> Option<String> {
        if let Some(field) = self.catalog.event_field(name) {
            let own = match field.column.name.to_lowercase().as_str() {
                "starttime" | "endtime" | "devicetime" => Some("time"),
                "devicetype" => Some("device_type"),
                "qideventid" => Some("event_id"),
                "qideventcategory" => Some("event_category"),
                "severity" => Some("severity"),
                "logsourceid" => Some("host"),
                _ => None,
            };
            // Records of an appliance know these themselves.
            if let Some(key) = own.filter(|_| self.is_own) {
                let message = format!("`{name}` is not among the columns of a mapping");
                self.fault(span, message, Some(format!("the key `{key}` says what it is")));
                return None;
            }
            return Some(field.column.name.to_lowercase());
        }
        let found = self.catalog.property(name, Profile::Ibm);
        if found.is_some_and(|(column, _)| column.kind == ColumnKind::Property) {
            return Some(name.to_lowercase());
        }
        let help = match self.catalog.similar_fields(name).first() {
            Some(first) => format!("did you mean `{first}`?"),
            None => "a name of your own belongs under `[fields]`".to_owned(),
        };
        let message = format!("`{name}` is neither a built-in column nor a property");
        self.fault(span, message, Some(help));
        None
    }

    fn categories(&mut self, value: &Value<'_>, columns: &mut FxHashMap<String, Vec<FieldSource>>) {
        for table in self.tables(value, "categories") {
            let mut of = Vec::new();
            for (key, value) in table.iter() {
                match &**key.get_ref() {
                    "of" => of = self.texts(value, "of").into_iter().map(|(t, _)| t).collect(),
                    "columns" => {}
                    other => self.unknown(place(key), other, &["of", "columns"]),
                }
            }
            if of.is_empty() {
                let message = "an entry of `categories` needs `of`, a list of event categories";
                self.fault(place(value), message.to_owned(), None);
            }
            for (key, value) in table.iter() {
                if &**key.get_ref() == "columns" {
                    self.columns(value, &of, columns);
                }
            }
        }
    }

    fn fields(&mut self, value: &Value<'_>) -> Vec<(String, Vec<FieldSource>)> {
        let mut fields = Vec::new();
        for (name, value) in self.table(value, "fields").into_iter().flat_map(|t| t.iter()) {
            let name = name.get_ref();
            fields.push((name.to_string(), self.sources(value, name)));
        }
        fields
    }

    fn records(&mut self, value: &Value<'_>) -> Option<Records> {
        let mut records = Records::default();
        for (key, value) in self.table(value, "records")?.iter() {
            match &**key.get_ref() {
                "files" => records.files = self.patterns(value),
                "fields" => {
                    let texts = self.texts(value, "fields");
                    records.fields = texts.into_iter().map(|(text, _)| text).collect();
                }
                "when" => records.when = self.conditions(value),
                other => self.unknown(place(key), other, &["files", "fields", "when"]),
            }
        }
        let is_empty = self.faults.is_empty() && records == Records::default();
        if is_empty {
            let message = "`records` says nothing about the records";
            let help = "write at least one of `files`, `fields` and `when`".to_owned();
            self.fault(place(value), message.to_owned(), Some(help));
        }
        Some(records)
    }

    fn patterns(&mut self, value: &Value<'_>) -> Vec<Pattern> {
        let mut patterns = Vec::new();
        for (text, span) in self.texts(value, "files") {
            match Pattern::new(&text) {
                Ok(pattern) => patterns.push(pattern),
                Err(error) => {
                    let message = format!("`{text}` is no pattern: {}", error.msg);
                    self.fault(span, message, None);
                }
            }
        }
        patterns
    }
}

/// `+02:00`, `-0530`, `+2`.
fn fixed_offset(text: &str) -> Option<jiff::tz::Offset> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+')?),
    };
    let digits = digits.replace(':', "");
    let is_number = digits.bytes().all(|b| b.is_ascii_digit());
    let (hours, minutes) = match digits.len() {
        1 | 2 if is_number => (digits.as_str(), "0"),
        4 if is_number => digits.split_at(2),
        _ => return None,
    };
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let seconds = sign * (hours * 3600 + minutes * 60);
    (minutes < 60).then(|| jiff::tz::Offset::from_seconds(seconds).ok())?
}

#[cfg(test)]
mod tests {
    use super::{BadMapping, Mapping};

    fn parse(text: &str) -> Result<Mapping, Vec<BadMapping>> {
        super::parse(text, None)
    }

    #[test]
    fn faults_name_the_key_and_its_place() {
        for (text, place, expected) in [
            ("", "", "a mapping needs a `name`; write `name = \"…\"`: what `aql.format` says"),
            (
                "name = 'a b'",
                "'a b'",
                "`name` is \"a b\"; expected a word of letters, digits, `-` and `_`",
            ),
            ("name = 1", "1", "`name` must be text, not a whole number"),
            (
                "name = 'a'\ndevice_type = 99999",
                "99999",
                "99999 is no log source type; `aql catalog types` lists them",
            ),
            (
                "name = 'a'\ndevice_type = 'Linux OS'",
                "'Linux OS'",
                "`device_type` must be a number, not text; `Linux OS` is 11",
            ),
            (
                "name = 'a'\ntime = 'x|basenam'",
                "'x|basenam'",
                "there is no transform `basenam`; did you mean `basename`?",
            ),
            (
                "name = 'a'\ntime = ['x', 'y|timeformat:yyyy-qq']",
                "'y|timeformat:yyyy-qq'",
                "date pattern has the letter `q`, which means nothing (put text in single quotes); \
                 write such as `dd.MM.yyyy HH:mm:ss`",
            ),
            ("name = 'a'\ntime = '|number'", "'|number'", "the name of the field is missing"),
            (
                "name = 'a'\n[columns]\nuser_name = 'u'",
                "user_name",
                "`user_name` is neither a built-in column nor a property; did you mean `username`?",
            ),
            (
                "name = 'a'\ncolumn = 1",
                "column",
                "there is no key `column` here; did you mean `columns`?",
            ),
            (
                "name = 'a'\n[records]\nfile = 'x'\nfields = 'y'",
                "file",
                "there is no key `file` here; did you mean `files`?",
            ),
            (
                "name = 'a'\n[records]",
                "[records]",
                "`records` says nothing about the records; write at least one of `files`, `fields` \
                 and `when`",
            ),
            (
                "name = 'a'\ntimezone = 'Berlin'",
                "'Berlin'",
                "there is no time zone `Berlin`; write `UTC`, `+02:00` or a name such as \
                 `Europe/Berlin`",
            ),
            (
                "name = 'a'\n[[device_types]]\nid = 12",
                "[[device_types]]",
                "an entry of `device_types` needs `when`",
            ),
        ] {
            let faults = parse(text).expect_err(text);
            let found: Vec<String> = faults.iter().map(ToString::to_string).collect();
            assert_eq!(found, [expected], "{text}");
            let (start, end) = faults[0].span;
            assert_eq!(&text[start..end], place, "{text}");
        }
    }

    #[test]
    fn all_faults_are_told_in_order() {
        let faults = parse("host = 1\nname = 'a'\nevents = 'x'\ntime = 2").expect_err("three");
        let found: Vec<&str> = faults.iter().map(|fault| fault.message.as_str()).collect();
        assert_eq!(
            found,
            [
                "`host` must be text or a list of texts, not a whole number",
                "there is no key `events` here",
                "`time` must be text or a list of texts, not a whole number",
            ]
        );
        let fault = &parse("name = ").expect_err("no value")[0];
        assert!(fault.is_syntax, "{fault}");
    }

    #[test]
    fn mappings_of_users_say_which_records_they_are_for() {
        let parse = |text: &str| super::parse(text, Some(&["cef", "payroll"]));
        let fault = |text: &str| parse(text).expect_err(text)[0].to_string();
        assert_eq!(
            fault("name = 'CEF'\n[records]\nfields = 'a'"),
            "`CEF` is the name of another format; choose a name of your own"
        );
        assert_eq!(
            fault("name = 'a'\n[records]\nfields = 'a'\n[columns]\nstarttime = 'u'"),
            "`starttime` is not among the columns of a mapping; the key `time` says what it is"
        );
        assert_eq!(
            fault("name = 'a'"),
            "the mapping does not say which records it is for; add `[records]` with `files`, \
             `fields` or `when`"
        );
        assert_eq!(
            fault("name = 'a'\n[records]\nfiles = ['a[']"),
            "`a[` is no pattern: invalid range pattern"
        );
    }

    #[test]
    fn files_by_name_and_by_path() {
        let records = |files: &str| {
            let text = format!("name = 'a'\n[records]\nfiles = {files}");
            super::parse(&text, Some(&[])).expect(files).records.expect("has records")
        };
        for (files, path, expected) in [
            ("'pay*.csv'", "logs/payroll.csv", true),
            ("'pay*.csv'", "payroll.csv", true),
            ("'pay*.csv'", "logs/old.zip!/payroll.csv", true),
            ("'pay*.csv'", "logs/payroll.csv.gz", false),
            ("'vpn/*.jsonl'", "logs/vpn/a.jsonl", true),
            ("'vpn/*.jsonl'", "vpn/a.jsonl", true),
            ("'vpn/*.jsonl'", "vpn/b/a.jsonl", false),
            ("'vpn/**/*.jsonl'", "logs/vpn/b/c/a.jsonl", true),
            ("['x', '<stdin>']", "<stdin>", true),
        ] {
            assert_eq!(records(files).are_in(path), expected, "{files} {path}");
        }
    }

    #[test]
    fn zones() {
        for zone in ["UTC", "+02:00", "-0530", "+2", "Europe/Berlin"] {
            let text = format!("name = 'a'\ntimezone = '{zone}'");
            assert!(parse(&text).expect(zone).timezone.is_some(), "{zone}");
        }
        for no_zone in ["+", "+1:2:3", "+99:00", "+02:60", "2"] {
            parse(&format!("name = 'a'\ntimezone = '{no_zone}'")).expect_err(no_zone);
        }
    }
}
