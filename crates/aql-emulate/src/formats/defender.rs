//! Rows of Microsoft Defender's advanced hunting tables.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::{json_line, rows};
use crate::play::Emitted;
use crate::record::Row;

/// Records of one batch of the streaming API, at most.
const BATCH: usize = 100;

/// The export of a query that unites the tables: every column that a row has.
pub(super) fn csv(records: &[&Emitted], out: &mut dyn Write) -> io::Result<()> {
    let columns = columns(records);
    out.write_all("\u{feff}".as_bytes())?;
    let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    csv.write_record(columns.iter().map(|(name, _)| name))?;
    for row in rows(records) {
        let cells = cells(row);
        csv.write_record(columns.iter().map(|(name, _)| match cells.get(&**name) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Bool(yes)) => if *yes { "True" } else { "False" }.to_owned(),
            Some(other) => other.to_string(),
        }))?;
    }
    csv.flush()
}

/// The answer of the hunting API of Defender for Endpoint.
pub(super) fn api(records: &[&Emitted], out: &mut dyn Write) -> io::Result<()> {
    let (columns, results) = united(records);
    let schema: Vec<Value> =
        columns.iter().map(|(name, kind)| json!({ "Name": name, "Type": kind })).collect();
    let rows = results.len();
    json_line(
        &json!({
            "Stats": {
                "ExecutionTime": 0.4,
                "resource_usage": { "cpu": { "total cpu": "00:00:00" } },
                "dataset_statistics": [{ "table_row_count": rows, "table_size": rows * 1024 }],
            },
            "Schema": schema,
            "Results": results,
        }),
        out,
    )
}

/// The answer of Microsoft Graph's `runHuntingQuery`.
pub(super) fn graph(records: &[&Emitted], out: &mut dyn Write) -> io::Result<()> {
    let (columns, results) = united(records);
    let schema: Vec<Value> =
        columns.iter().map(|(name, kind)| json!({ "name": name, "type": kind })).collect();
    let context =
        "https://graph.microsoft.com/v1.0/$metadata#microsoft.graph.security.huntingQueryResults";
    json_line(&json!({ "@odata.context": context, "schema": schema, "results": results }), out)
}

/// The streaming API, as an event hub or a storage account gets it.
pub(super) fn stream(records: &[&Emitted], out: &mut dyn Write) -> io::Result<()> {
    let all: Vec<&Row> = rows(records).collect();
    for batch in all.chunks(BATCH) {
        let list: Vec<Value> = batch
            .iter()
            .map(|row| {
                let cells = row.cells.iter();
                let properties: Map<String, Value> =
                    cells.map(|(name, cell)| (name.clone(), cell.value.clone())).collect();
                json!({
                    "time": row.time.strftime("%Y-%m-%dT%H:%M:%S.%7fZ").to_string(),
                    "tenantId": "0f1c7a52-6a34-4d0b-9a3e-51cbb2c8f1d7",
                    "operationName": "Publish",
                    "category": format!("AdvancedHunting-{}", row.table),
                    "properties": properties,
                    "Tenant": "DefaultTenant",
                })
            })
            .collect();
        json_line(&json!({ "records": list }), out)?;
    }
    Ok(())
}

/// Columns of all rows, in the order in which they first occur, with the type as schemas name it.
fn columns(records: &[&Emitted]) -> Vec<(String, &'static str)> {
    let mut columns: Vec<(String, &'static str)> = Vec::new();
    let mut seen = HashSet::new();
    for row in rows(records) {
        for (name, cell) in &row.cells {
            if seen.insert(name.clone()) {
                let kind = match cell.kind.as_str() {
                    "datetime" => "DateTime",
                    "long" => "Int64",
                    "int" => "Int32",
                    "bool" => "SByte",
                    "dynamic" => "Object",
                    _ => "String",
                };
                columns.push((name.clone(), kind));
            }
        }
    }
    columns
}

/// Rows that all have all columns.
fn united(records: &[&Emitted]) -> (Vec<(String, &'static str)>, Vec<Value>) {
    let columns = columns(records);
    let results = rows(records)
        .map(|row| {
            let cells = cells(row);
            let of = |name: &str| cells.get(name).map_or(Value::Null, |value| (*value).clone());
            Value::Object(columns.iter().map(|(name, _)| (name.clone(), of(name))).collect())
        })
        .collect();
    (columns, results)
}

fn cells(row: &Row) -> HashMap<&str, &Value> {
    row.cells.iter().map(|(name, cell)| (name.as_str(), &cell.value)).collect()
}
