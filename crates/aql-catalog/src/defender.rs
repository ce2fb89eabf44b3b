//! Where columns come from in rows of Microsoft's advanced hunting tables, and how a row's table is
//! told where nothing names it.
//!
//! `defender.csv` is the documented schema; `defender_extra.csv` adds further tables and the column
//! names of older exports; `defender_tables.csv` says which columns and action types only one table
//! has.

use rustc_hash::FxHashMap;
use serde::Deserialize;

use crate::data;
use crate::mapping::{FieldSource, Mapping};
use crate::transform::Transform;

/// Where a column comes from in an advanced hunting row.
#[derive(Clone, Debug, PartialEq)]
pub struct DefenderSource {
    /// Tables, by exact name.
    pub tables: Vec<String>,
    /// Column of the table; `@table` for the name of the table.
    pub field: String,
    /// What is done to its text.
    pub transform: Transform,
}

#[derive(Deserialize)]
struct Row {
    column: String,
    tables: String,
    field: String,
    transform: String,
}

/// Sources by column name in lower case.
pub(crate) type Sources = FxHashMap<String, Vec<DefenderSource>>;

pub(crate) fn read() -> Sources {
    let mut sources = Sources::default();
    for (file, text) in [
        ("defender.csv", include_str!("../data/defender.csv")),
        ("defender_extra.csv", include_str!("../data/defender_extra.csv")),
    ] {
        for row in data::rows::<Row>(file, text) {
            sources.entry(row.column.to_lowercase()).or_default().push(DefenderSource {
                tables: data::list(&row.tables).map(str::to_owned).collect(),
                field: row.field,
                transform: Transform::read(file, &row.transform),
            });
        }
    }
    sources
}

/// A table, and what only its rows have.
#[derive(Debug)]
pub(crate) struct Table {
    name: String,
    columns: Vec<String>,
    actions: Vec<String>,
}

pub(crate) fn read_tables() -> Vec<Table> {
    #[derive(Deserialize)]
    struct Row {
        table: String,
        columns: String,
        actions: String,
    }
    let list = |cell: &str| data::list(cell).map(str::to_owned).collect();
    let text = include_str!("../data/defender_tables.csv");
    data::rows::<Row>("defender_tables.csv", text)
        .into_iter()
        .map(|row| Table {
            name: row.table,
            columns: list(&row.columns),
            actions: list(&row.actions),
        })
        .collect()
}

/// A table by its name, in its own spelling.
pub(crate) fn table_named<'t>(tables: &'t [Table], name: &str) -> Option<&'t str> {
    tables.iter().map(|t| t.name.as_str()).find(|t| t.eq_ignore_ascii_case(name))
}

/// The table that alone has an action type.
pub(crate) fn table_of_action<'t>(tables: &'t [Table], action: &str) -> Option<&'t str> {
    let has = |table: &&Table| table.actions.iter().any(|a| a.eq_ignore_ascii_case(action));
    tables.iter().find(has).map(|table| table.name.as_str())
}

/// Every action type that only one table has, with its table.
pub(crate) fn actions(tables: &[Table]) -> impl Iterator<Item = (&str, &str)> {
    tables
        .iter()
        .flat_map(|table| table.actions.iter().map(|action| (table.name.as_str(), action.as_str())))
}

/// The first table that alone has one of the columns of a row.
pub(crate) fn table_of_columns(tables: &[Table], has: impl Fn(&str) -> bool) -> Option<&str> {
    let is = |table: &&Table| table.columns.iter().any(|column| has(column));
    tables.iter().find(is).map(|table| table.name.as_str())
}

/// `devicetype` of Microsoft 365 Defender.
const DEVICE_TYPE: i64 = 515;

/// Columns that a row's class says: its action type and its table.
const OF_THE_CLASS: &[&str] = &["qideventid", "qideventcategory", "devicetime"];

/// Of a connection that came in, the remote side is the source.
const INBOUND: (&str, &str) = ("DeviceNetworkEvents", "InboundConnectionAccepted");
const INBOUND_FIELDS: &[(&str, &str)] = &[
    ("sourceip", "RemoteIP"),
    ("sourceport", "RemotePort"),
    ("destinationip", "LocalIP"),
    ("destinationport", "LocalPort"),
];

/// The same as a mapping: the event category is the table.
pub(crate) fn mapping(sources: &Sources) -> Mapping {
    let of = |field: &str| FieldSource {
        field: field.to_owned(),
        transform: Transform::Identity,
        categories: Vec::new(),
        events: Vec::new(),
    };
    let mut columns: FxHashMap<String, Vec<FieldSource>> = FxHashMap::default();
    for (column, field) in INBOUND_FIELDS {
        let (table, action) = INBOUND;
        columns.entry((*column).to_owned()).or_default().push(FieldSource {
            categories: vec![table.to_owned()],
            events: vec![action.to_owned()],
            ..of(field)
        });
    }
    for (column, sources) in sources.iter().filter(|(c, _)| !OF_THE_CLASS.contains(&c.as_str())) {
        let fields = sources.iter().map(|source| FieldSource {
            transform: source.transform.clone(),
            categories: source.tables.clone(),
            ..of(&source.field)
        });
        columns.entry(column.clone()).or_default().extend(fields);
    }
    Mapping {
        name: "defender".to_owned(),
        unparsed: false,
        types: Vec::new(),
        default_type: DEVICE_TYPE,
        event_id: vec![of("ActionType")],
        event_category: Vec::new(),
        severity: Vec::new(),
        time: ["Timestamp", "TimeGenerated", "ReportTime"].map(of).into(),
        host: ["DeviceName", "ComputerDnsName", "TenantId"].map(of).into(),
        sender: Vec::new(),
        timezone: None,
        columns,
        fields: Vec::new(),
        records: None,
        type_field: Vec::new(),
        log_source: Vec::new(),
        log_source_id: Vec::new(),
        windows: false,
    }
}
