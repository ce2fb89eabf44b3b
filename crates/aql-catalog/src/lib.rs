//! What QRadar knows, as data, and look-ups over it.
//!
//! Everything here is read from the files in `data/`, which are embedded in the binary. A table is
//! read when something of it is first asked for. Read [`Catalog`] first.
//!
//! Files whose name has a twin with `_extra` are made by `cargo run -p xtask -- import-catalog`
//! from the reference tables and are not edited; the twin is kept by hand and adds to them. All
//! other files are kept by hand.
//!
//! Not in here: what a function computes, how a raw record is taken apart, which event fits a
//! query.

mod data;
mod defender;
mod fields;
mod functions;
mod hayabusa;
mod mapping;
mod messages;
mod names;
mod office365;
mod properties;
mod qids;
mod similar;
mod sysmon;
mod transform;
mod windows;

use std::fmt;
use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use aql_event::Column;

pub use defender::DefenderSource;
pub use fields::FieldInfo;
pub use functions::{FunctionInfo, Param};
pub use hayabusa::ShortChannel;
pub use mapping::{BadMapping, Condition, FieldSource, Mapping, Records};
pub use messages::MessageLabel;
pub use names::{Category, LogSourceType, SYSMON_TYPE_NAME};
pub use office365::{O365Source, PathStep};
pub use properties::{Found, Profile, PropertyInfo};
pub use qids::Qid;
pub use similar::similar as similar_names;
pub use transform::Transform;
pub use windows::{WindowsSelector, WindowsSource};

/// The catalog: log source types, categories, QIDs, fields, properties, functions, and which raw
/// field of which record fills which column.
pub struct Catalog {
    events: LazyLock<fields::Fields>,
    flows: LazyLock<fields::Fields>,
    simarc: LazyLock<fields::Fields>,
    properties: LazyLock<properties::Properties>,
    functions: LazyLock<functions::Functions>,
    types: LazyLock<names::Types>,
    categories: LazyLock<names::Categories>,
    protocols: LazyLock<FxHashMap<i64, String>>,
    qids: LazyLock<qids::Qids>,
    windows: LazyLock<windows::Sources>,
    ecs: LazyLock<windows::EcsPaths>,
    office365: LazyLock<office365::Sources>,
    defender: LazyLock<defender::Sources>,
    defender_tables: LazyLock<Vec<defender::Table>>,
    defender_mapping: LazyLock<Mapping>,
    mappings: LazyLock<mapping::Mappings>,
    messages: LazyLock<messages::Labels>,
    hayabusa: LazyLock<hayabusa::ShortNames>,
    sysmon: LazyLock<sysmon::Fields>,
    sql: LazyLock<FxHashMap<String, Vec<String>>>,
    labels: LazyLock<FxHashMap<String, String>>,
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Catalog").finish_non_exhaustive()
    }
}

impl Catalog {
    /// The embedded catalog.
    pub fn get() -> &'static Catalog {
        static CATALOG: Catalog = Catalog {
            events: LazyLock::new(fields::Fields::events),
            flows: LazyLock::new(fields::Fields::flows),
            simarc: LazyLock::new(fields::Fields::simarc),
            properties: LazyLock::new(properties::Properties::read),
            functions: LazyLock::new(functions::Functions::read),
            types: LazyLock::new(names::Types::read),
            categories: LazyLock::new(names::Categories::read),
            protocols: LazyLock::new(names::read_protocols),
            qids: LazyLock::new(qids::Qids::read),
            windows: LazyLock::new(windows::read),
            ecs: LazyLock::new(windows::read_ecs),
            office365: LazyLock::new(office365::read),
            defender: LazyLock::new(defender::read),
            defender_tables: LazyLock::new(defender::read_tables),
            defender_mapping: LazyLock::new(|| defender::mapping(&Catalog::get().defender)),
            mappings: LazyLock::new(mapping::read),
            messages: LazyLock::new(messages::read),
            hayabusa: LazyLock::new(hayabusa::ShortNames::read),
            sysmon: LazyLock::new(sysmon::read),
            sql: LazyLock::new(similar::read_sql),
            labels: LazyLock::new(similar::read_labels),
        };
        &CATALOG
    }

    /// A built-in field of `events` by name, in any case; the provenance columns (`aql.file`) too.
    pub fn event_field(&self, name: &str) -> Option<&FieldInfo> {
        self.events.get(name)
    }

    /// A built-in field of `flows` by name, in any case.
    pub fn flow_field(&self, name: &str) -> Option<&FieldInfo> {
        self.flows.get(name)
    }

    /// A built-in field of `simarc` by name, in any case.
    pub fn simarc_field(&self, name: &str) -> Option<&FieldInfo> {
        self.simarc.get(name)
    }

    /// Every built-in field of `events`, provenance columns last.
    pub fn event_fields(&self) -> &[FieldInfo] {
        self.events.all()
    }

    /// Every built-in field of `flows`.
    pub fn flow_fields(&self) -> &[FieldInfo] {
        self.flows.all()
    }

    /// Every built-in field of `simarc`.
    pub fn simarc_fields(&self) -> &[FieldInfo] {
        self.simarc.all()
    }

    /// The columns that `SELECT *` gives over `events`.
    pub fn default_columns(&self) -> &[FieldInfo] {
        self.events.default_columns()
    }

    /// The columns that `SELECT *` gives over `flows`.
    pub fn default_flow_columns(&self) -> &[FieldInfo] {
        self.flows.default_columns()
    }

    /// A property, alias or raw field by name: the column that holds it, and how it was found.
    /// Built-in fields come first and are the caller's business.
    pub fn property(&self, name: &str, profile: Profile) -> Option<(Column, Found)> {
        self.properties.find(name, profile)
    }

    /// Every property, with its aliases.
    pub fn properties(&self) -> &[PropertyInfo] {
        self.properties.all()
    }

    /// The column of a raw field. The name is spelled as the catalog has it, if it has it.
    pub fn raw_column(&self, name: &str) -> Column {
        self.properties.raw_column(name)
    }

    /// Up to three known field or property names that look like this one, best first; for a label
    /// of the product's screens, what AQL has for it.
    pub fn similar_fields(&self, name: &str) -> Vec<String> {
        let mut found: Vec<String> =
            self.screen_label(name).map(str::to_owned).into_iter().collect();
        let fields = self.events.all().iter().map(|f| &*f.column.name);
        let properties = self.properties.all().iter().map(|p| &*p.column.name);
        let aliases =
            self.properties.all().iter().flat_map(|p| p.aliases.iter().map(String::as_str));
        for name in similar::similar(name, fields.chain(properties).chain(aliases)) {
            if found.len() < 3 && !found.iter().any(|f| f.eq_ignore_ascii_case(name)) {
                found.push(name.to_owned());
            }
        }
        found
    }

    /// What AQL has for a label of the product's screens or a name mistaken for a field:
    /// `QIDNAME(qid)` for `Event Name`. Blanks, underscores and case do not count.
    pub fn screen_label(&self, name: &str) -> Option<&str> {
        self.labels.get(&data::loose(name)).map(String::as_str)
    }

    /// A function by name or alias, in any case.
    pub fn function(&self, name: &str) -> Option<&FunctionInfo> {
        self.functions.get(name)
    }

    /// Every function, by name.
    pub fn functions(&self) -> &[FunctionInfo] {
        &self.functions.all
    }

    /// Up to three known function names that look like this one, best first; a well-known
    /// function of SQL gives what AQL has instead.
    pub fn similar_functions(&self, name: &str) -> Vec<String> {
        if let Some(instead) = self.sql.get(&name.to_uppercase()) {
            return instead.clone();
        }
        let names = self.functions.all.iter().filter(|f| !f.internal);
        let names = names
            .flat_map(|f| std::iter::once(&*f.name).chain(f.aliases.iter().map(String::as_str)));
        similar::similar(name, names).into_iter().map(str::to_owned).collect()
    }

    /// A log source type by id.
    pub fn log_source_type(&self, id: i64) -> Option<&LogSourceType> {
        self.types.get(id)
    }

    /// Every log source type, by id.
    pub fn log_source_types(&self) -> &[LogSourceType] {
        &self.types.all
    }

    /// A log source type by its display name, in any case.
    pub fn log_source_type_named(&self, name: &str) -> Option<&LogSourceType> {
        self.types.named(name)
    }

    /// Name of a low- or high-level category.
    pub fn category_name(&self, id: i64) -> Option<&str> {
        self.categories.get(id).map(|c| c.name.as_str())
    }

    /// Every category of both levels, by id.
    pub fn categories(&self) -> &[Category] {
        &self.categories.all
    }

    /// The low-level category of a name, in any case; blanks at its end do not count.
    pub fn category_named(&self, name: &str) -> Option<&Category> {
        self.categories.named(name)
    }

    /// The QID map entry of a log source type by its name, in any case.
    pub fn qid_named(&self, device_type: i64, name: &str) -> Option<&Qid> {
        self.qids.named(device_type, name)
    }

    /// A QID map entry by its id.
    pub fn qid(&self, id: i64) -> Option<&Qid> {
        self.qids.get(id)
    }

    /// Every QID map entry, by id.
    pub fn qids(&self) -> &[Qid] {
        &self.qids.all
    }

    /// The QID map entry of an event: by log source type, event id and event category (channel,
    /// workload; without case); the entry for unknown events of the type if there is none.
    pub fn qid_of(&self, device_type: i64, event_id: &str, event_category: &str) -> &Qid {
        self.qids.of(device_type, event_id, event_category)
    }

    /// Where a column (by built-in or canonical property name) comes from in Windows events, in
    /// the order in which the sources are tried: the first that gives a value counts.
    pub fn windows_sources(&self, name: &str) -> &[WindowsSource] {
        self.windows.get(&name.to_lowercase()).map_or(&[], Vec::as_slice)
    }

    /// The EventData fields that a Sysmon event has; nothing for an event that Sysmon does not write.
    pub fn sysmon_fields(&self, event_id: u32) -> Option<&[String]> {
        self.sysmon.get(&event_id).map(Vec::as_slice)
    }

    /// The labels of fields in the text that Windows renders of the events of a channel (in any
    /// case); those of certain events come before those of all.
    pub fn message_labels(&self, channel: &str) -> &[MessageLabel] {
        self.messages.get(&channel.to_lowercase()).map_or(&[], Vec::as_slice)
    }

    /// The channel that a timeline of Hayabusa means by a short name (`Sec`), in any case.
    pub fn hayabusa_channel(&self, short: &str) -> Option<&ShortChannel> {
        self.hayabusa.channel(short)
    }

    /// The field of a Windows event that a timeline of Hayabusa means by a key of its details
    /// (`TgtUser`), in any case.
    pub fn hayabusa_field(&self, channel: &str, event_id: u32, key: &str) -> Option<&str> {
        self.hayabusa.field(channel, event_id, key)
    }

    /// Where a column comes from in Office 365 audit records, in order: the first that gives a
    /// value counts.
    pub fn o365_sources(&self, name: &str) -> &[O365Source] {
        self.office365.get(&name.to_lowercase()).map_or(&[], Vec::as_slice)
    }

    /// Where a column comes from in rows of advanced hunting tables, in order.
    pub fn defender_sources(&self, name: &str) -> &[DefenderSource] {
        self.defender.get(&name.to_lowercase()).map_or(&[], Vec::as_slice)
    }

    /// How rows of advanced hunting tables become events; their event category is the table.
    pub fn defender_mapping(&self) -> &Mapping {
        &self.defender_mapping
    }

    /// An advanced hunting table by its name in any case.
    pub fn defender_table(&self, name: &str) -> Option<&str> {
        defender::table_named(&self.defender_tables, name)
    }

    /// The advanced hunting table that alone has an action type.
    pub fn defender_table_of_action(&self, action: &str) -> Option<&str> {
        defender::table_of_action(&self.defender_tables, action)
    }

    /// Every action type that only one advanced hunting table has, with its table in front.
    pub fn defender_actions(&self) -> impl Iterator<Item = (&str, &str)> {
        defender::actions(&self.defender_tables)
    }

    /// The advanced hunting table that alone has one of the columns of a row.
    pub fn defender_table_of_columns(&self, has: impl Fn(&str) -> bool) -> Option<&str> {
        defender::table_of_columns(&self.defender_tables, has)
    }

    /// An embedded mapping by name: how records of a format become events.
    pub fn mapping(&self, name: &str) -> Option<&Mapping> {
        self.mappings.get(name)
    }

    /// The ECS path of a raw Windows field (`process.executable` of `Image`), several if several
    /// are in use.
    pub fn ecs_paths(&self, windows_field: &str) -> &[String] {
        let name = windows_field.to_lowercase();
        let found = self.ecs.binary_search_by(|(field, _)| field.as_str().cmp(&name));
        found.ok().and_then(|at| self.ecs.get(at)).map_or(&[], |(_, paths)| paths.as_slice())
    }

    /// The raw Windows fields that have an ECS path, in lower case and in order, with their paths.
    pub fn ecs_fields(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.ecs.iter().map(|(field, paths)| (field.as_str(), paths.as_slice()))
    }

    /// Name of an IP protocol; PROTOCOLNAME.
    pub fn protocol_name(&self, id: i64) -> Option<&str> {
        self.protocols.get(&id).map(String::as_str)
    }
}
