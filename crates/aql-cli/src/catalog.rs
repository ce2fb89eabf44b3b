//! `aql catalog`.

use anyhow::bail;
use aql_catalog::{Catalog, FieldInfo, FunctionInfo, similar_names};
use aql_event::Type;
use aql_semantic::dialect::OPTIONS;
use serde_json::{Map, Value, json};

use crate::Outcome;
use crate::args::{CatalogArgs, CatalogFormat, CatalogList};
use crate::output::{Sink, table};

/// What is listed: the columns of the table, and the entries.
struct List {
    /// What an entry is called in messages.
    noun: &'static str,
    /// The keys of an entry that a table shows; JSONL has all of them.
    columns: &'static [&'static str],
    entries: Vec<Entry>,
}

struct Entry {
    /// What a filter looks at: names, and a number.
    names: Vec<String>,
    object: Map<String, Value>,
}

pub(crate) fn run(args: &CatalogArgs) -> anyhow::Result<Outcome> {
    let mut list = list(args.list, Catalog::get());
    if let Some(name) = &args.name {
        let all: Vec<String> = list.entries.iter().flat_map(|e| e.names.clone()).collect();
        list.entries = filtered(list.entries, name);
        if list.entries.is_empty() {
            let similar = similar_names(name, all.iter().map(String::as_str));
            match similar.first() {
                Some(first) => bail!("there is no {} `{name}`; is it `{first}`?", list.noun),
                None => bail!("there is no {} `{name}`; without a name all are listed", list.noun),
            }
        }
    }
    let mut sink = Sink::open(None)?;
    let default = if sink.terminal { CatalogFormat::Table } else { CatalogFormat::Jsonl };
    match args.format.unwrap_or(default) {
        CatalogFormat::Jsonl => {
            for entry in &list.entries {
                serde_json::to_writer(&mut sink.out, &entry.object)?;
                sink.out.write_all(b"\n")?;
            }
        }
        CatalogFormat::Table => {
            let row = |entry: &Entry| -> Vec<String> {
                list.columns.iter().map(|c| cell(entry.object.get(*c))).collect()
            };
            let rows = list.entries.iter().map(row).collect();
            writeln!(sink.out, "{}", table(list.columns, rows, sink.terminal))?;
        }
    }
    sink.out.flush()?;
    Ok(Outcome::Done)
}

/// The entries of exactly this name, if there are any; else those that have it in a name.
fn filtered(entries: Vec<Entry>, name: &str) -> Vec<Entry> {
    let wanted = name.to_lowercase();
    let exact = |entry: &Entry| entry.names.iter().any(|n| n.to_lowercase() == wanted);
    let within = |entry: &Entry| entry.names.iter().any(|n| n.to_lowercase().contains(&wanted));
    let any_exact = entries.iter().any(exact);
    entries.into_iter().filter(|e| if any_exact { exact(e) } else { within(e) }).collect()
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(list)) => {
            list.iter().map(|v| cell(Some(v))).collect::<Vec<_>>().join(", ")
        }
        Some(other) => other.to_string(),
    }
}

fn entry(names: Vec<String>, object: Value) -> Entry {
    let object = match object {
        Value::Object(object) => object,
        _ => Map::new(),
    };
    Entry { names, object }
}

fn list(which: CatalogList, catalog: &'static Catalog) -> List {
    match which {
        CatalogList::Functions => List {
            noun: "function",
            columns: &["signature", "doc", "example", "example_result"],
            entries: catalog.functions().iter().filter(|f| !f.internal).map(function).collect(),
        },
        CatalogList::Fields => List {
            noun: "field",
            columns: &["database", "name", "type", "default", "doc"],
            entries: fields(catalog),
        },
        CatalogList::Properties => List {
            noun: "property",
            columns: &["name", "aliases", "doc"],
            entries: catalog
                .properties()
                .iter()
                .map(|p| {
                    let name = p.column.name.to_string();
                    let names = std::iter::once(name.clone()).chain(p.aliases.clone()).collect();
                    entry(names, json!({ "name": name, "aliases": p.aliases, "doc": p.doc }))
                })
                .collect(),
        },
        CatalogList::Types => List {
            noun: "log source type",
            columns: &["id", "name", "short"],
            entries: catalog
                .log_source_types()
                .iter()
                .map(|t| {
                    let names = vec![t.id.to_string(), t.name.clone(), t.short.clone()];
                    entry(names, json!({ "id": t.id, "name": t.name, "short": t.short }))
                })
                .collect(),
        },
        CatalogList::Qids => List {
            noun: "QID",
            columns: &[
                "qid",
                "name",
                "alternate",
                "type",
                "event_id",
                "event_category",
                "category",
            ],
            entries: qids(catalog),
        },
        CatalogList::Categories => List {
            noun: "category",
            columns: &["id", "name", "severity"],
            entries: catalog
                .categories()
                .iter()
                .map(|c| {
                    let names = vec![c.id.to_string(), c.name.clone()];
                    entry(names, json!({ "id": c.id, "name": c.name, "severity": c.severity }))
                })
                .collect(),
        },
        CatalogList::Dialect => List {
            noun: "dialect option",
            columns: &["code", "name", "values", "strict", "lenient", "doc"],
            entries: OPTIONS
                .iter()
                .map(|o| {
                    let names = vec![o.name.to_owned(), o.code.to_owned()];
                    let object = json!({
                        "code": o.code,
                        "name": o.name,
                        "values": o.values,
                        "strict": o.strict,
                        "lenient": o.lenient,
                        "doc": o.doc,
                        "source": o.source,
                    });
                    entry(names, object)
                })
                .collect(),
        },
    }
}

fn type_names(types: &[Type]) -> String {
    types.iter().map(|t| t.name()).collect::<Vec<_>>().join(" | ")
}

/// `STRPOS(text, part: text [, from: integer]) -> integer`
fn signature(function: &FunctionInfo) -> String {
    let mut text = format!("{}(", function.name);
    let mut open = 0;
    for (position, param) in function.params.iter().enumerate() {
        if param.optional {
            text.push_str(if position > 0 { " [, " } else { "[" });
            open += 1;
        } else if position > 0 {
            text.push_str(", ");
        }
        text.push_str(&param.name);
        if !param.types.is_empty() {
            text.push_str(": ");
            text.push_str(&type_names(&param.types));
        }
    }
    if function.variadic {
        text.push_str(", …");
    }
    text.push_str(&"]".repeat(open));
    text.push_str(") -> ");
    text.push_str(function.result.map_or("type of the argument", |ty| ty.name()));
    text
}

fn function(function: &FunctionInfo) -> Entry {
    let name = function.name.to_string();
    let names = std::iter::once(name.clone()).chain(function.aliases.clone()).collect();
    let params: Vec<Value> = function
        .params
        .iter()
        .map(|p| {
            let types: Vec<_> = p.types.iter().map(|t| t.name()).collect();
            json!({ "name": p.name, "types": types, "optional": p.optional })
        })
        .collect();
    let object = json!({
        "name": name,
        "aliases": function.aliases,
        "aggregate": function.aggregate,
        "signature": signature(function),
        "params": params,
        "variadic": function.variadic,
        "result": function.result.map(|ty| ty.name()),
        "doc": function.doc,
        "example": function.example,
        "example_result": function.example_result,
        "source": function.source,
    });
    entry(names, object)
}

fn fields(catalog: &Catalog) -> Vec<Entry> {
    let databases = [
        ("events", catalog.event_fields(), catalog.default_columns()),
        ("flows", catalog.flow_fields(), catalog.default_flow_columns()),
        ("simarc", catalog.simarc_fields(), catalog.simarc_fields()),
    ];
    let of_database = |(database, fields, default): (&str, &[FieldInfo], &[FieldInfo])| {
        fields
            .iter()
            .map(|field| {
                let name = field.column.name.to_string();
                let object = json!({
                    "database": database,
                    "name": name,
                    "type": field.column.ty.name(),
                    "default": default.contains(field),
                    "doc": field.doc,
                });
                entry(vec![name], object)
            })
            .collect::<Vec<_>>()
    };
    databases.into_iter().flat_map(of_database).collect()
}

fn qids(catalog: &Catalog) -> Vec<Entry> {
    let qids = catalog.qids().iter().map(|q| {
        let mut names = vec![q.id.to_string(), q.name.clone(), q.event_id.clone()];
        names.extend(q.alternate.clone());
        names.retain(|name| !name.is_empty());
        let object = json!({
            "qid": q.id,
            "name": q.name,
            "alternate": q.alternate,
            "type": q.device_type,
            "type_name": catalog.log_source_type(q.device_type).map(|t| &t.name),
            "event_id": q.event_id,
            "event_category": q.event_category,
            "category": q.category,
            "category_name": catalog.category_name(q.category),
            "severity": q.severity,
        });
        entry(names, object)
    });
    qids.collect()
}

#[cfg(test)]
mod tests {
    use super::signature;
    use aql_catalog::Catalog;

    #[test]
    fn signatures() {
        let cases = [
            ("STRPOS", "STRPOS(text, part: text [, from: integer]) -> integer"),
            ("COUNT", "COUNT([value]) -> number"),
            ("CONCAT", "CONCAT(value, …) -> text"),
            ("NOW", "NOW() -> time"),
            ("FIRST", "FIRST(value) -> type of the argument"),
        ];
        for (name, expected) in cases {
            let function = Catalog::get().function(name).expect(name);
            assert_eq!(signature(function), expected);
        }
    }
}
