//! Engines that are no part of `aql`: a program in Python hands them events and statements.
//!
//! The program (`execute.py`) is in the binary. It gets a request as a JSON file and answers in JSON
//! lines; an engine that is not installed is told, and proves nothing.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use aql_event::{Column, EventTable};
use aql_semantic::BoundQuery;
use aql_translate::Target;
use serde::Deserialize;
use serde_json::{Value, json};

use super::documents;

const PROGRAM: &str = include_str!("execute.py");

/// An engine.
pub(super) struct Engine {
    /// As the program calls it.
    name: &'static str,
    /// The target whose translations it runs.
    pub(super) target: &'static str,
    /// Does it count, so that groups can be compared?
    pub(super) counts: bool,
    /// What `pip install` is to be given.
    packages: &'static str,
}

/// All engines.
pub(super) const ALL: &[Engine] = &[
    Engine { name: "duckdb", target: "duckdb", counts: true, packages: "duckdb" },
    Engine { name: "clickhouse", target: "clickhouse", counts: true, packages: "chdb" },
    Engine { name: "spark", target: "spark", counts: true, packages: "pyspark" },
    Engine { name: "snowflake", target: "snowflake", counts: true, packages: "sqlglot duckdb" },
    Engine { name: "eql", target: "eql", counts: false, packages: "eql" },
    Engine {
        name: "pysigma",
        target: "sigma",
        counts: false,
        packages: "pysigma-backend-sqlite pysigma-pipeline-windows",
    },
];

/// A translation that an engine is to run.
pub(super) struct Statement {
    /// Position of the translation that it proves.
    pub(super) piece: usize,
    /// What it is a translation of.
    pub(super) query: BoundQuery,
    /// Does it list groups?
    pub(super) groups: bool,
    pub(super) text: String,
    /// The columns that it reads.
    pub(super) columns: BTreeSet<Column>,
    /// Places that it is run over, for targets with documents.
    pub(super) searched: Vec<usize>,
}

/// What a statement gave.
pub(super) enum Answer {
    /// File and record of events.
    Events(Vec<(String, i64)>),
    /// Rows.
    Groups(Vec<Vec<Value>>),
}

/// What an engine answers.
pub(super) struct Answers {
    /// Its name and version.
    pub(super) engine: String,
    /// One for each statement, or what the engine said instead.
    pub(super) list: Vec<Result<Answer, String>>,
}

/// A line of the program.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Engine { engine: String },
    Missing { missing: String },
    Found { id: usize, found: Vec<(String, Vec<i64>)> },
    Rows { id: usize, rows: Vec<Vec<Value>> },
    Error { id: usize, error: String },
}

/// Asks an engine; the inner error says why it is not there.
pub(super) fn ask(
    engine: &Engine,
    python: &Path,
    statements: &[Statement],
    stores: &[PathBuf],
    table: &dyn EventTable,
    work: &Path,
) -> anyhow::Result<Result<Answers, String>> {
    let request = request(engine, statements, stores, table, work)?;
    let path = work.join(format!("{}.json", engine.name));
    fs::write(&path, request.to_string())
        .with_context(|| format!("{}: cannot be written", path.display()))?;
    let program = work.join("execute.py");
    fs::write(&program, PROGRAM)
        .with_context(|| format!("{}: cannot be written", program.display()))?;
    let started = Command::new(python)
        .arg(&program)
        .arg(&path)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(error) => {
            return Ok(Err(format!("`{}` does not start: {error}", python.display())));
        }
    };
    // Read beside standard output, or a full pipe would stop the program.
    let stderr = child.stderr.take();
    let talk = std::thread::spawn(move || {
        let mut text = String::new();
        if let Some(mut stderr) = stderr {
            let _ = stderr.read_to_string(&mut text);
        }
        text
    });
    let mut name = engine.name.to_owned();
    let mut list: Vec<Result<Answer, String>> =
        statements.iter().map(|_| Err("the engine gave no answer".to_owned())).collect();
    let mut missing = None;
    for line in child.stdout.take().map(BufReader::new).into_iter().flat_map(BufReader::lines) {
        let line = line.context("an answer of the engine cannot be read")?;
        let line = serde_json::from_str(&line)
            .with_context(|| format!("an answer of the engine cannot be read: {line:.200}"))?;
        let (id, answer) = match line {
            Line::Engine { engine } => {
                name = engine;
                continue;
            }
            Line::Missing { missing: module } => {
                missing = Some(format!(
                    "`{}` has no module `{module}`; `pip install {}`",
                    python.display(),
                    engine.packages
                ));
                continue;
            }
            Line::Found { id, found } => {
                let each = |(file, records): (String, Vec<i64>)| {
                    records.into_iter().map(move |record| (file.clone(), record))
                };
                (id, Ok(Answer::Events(found.into_iter().flat_map(each).collect())))
            }
            Line::Rows { id, rows } => (id, Ok(Answer::Groups(rows))),
            Line::Error { id, error } => (id, Err(error)),
        };
        if let Some(slot) = list.get_mut(id) {
            *slot = answer;
        }
    }
    let status = child.wait().context("the engine cannot be waited for")?;
    let talk = talk.join().unwrap_or_default();
    if let Some(missing) = missing {
        return Ok(Err(missing));
    }
    if !status.success() {
        let last = talk.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        bail!("{} ended with {status}: {last}", engine.name);
    }
    Ok(Ok(Answers { engine: name, list }))
}

fn request(
    engine: &Engine,
    statements: &[Statement],
    stores: &[PathBuf],
    table: &dyn EventTable,
    work: &Path,
) -> anyhow::Result<Value> {
    let columns: BTreeSet<Column> = statements.iter().flat_map(|s| s.columns.clone()).collect();
    let documents = match Target::find(engine.target).and_then(|t| t.documents(&columns)) {
        Some(sources) => {
            let path = work.join(format!("{}.jsonl", engine.target));
            documents::write(&path, &sources, table)?;
            let tables: Vec<&String> = sources.iter().map(|source| &source.table).collect();
            json!({ "path": path, "sources": tables })
        }
        None => Value::Null,
    };
    let columns: Vec<Value> = columns
        .iter()
        .map(|column| json!({ "name": column.arrow_name(), "type": column.ty.name() }))
        .collect();
    let statements: Vec<Value> = statements
        .iter()
        .enumerate()
        .map(|(id, s)| {
            json!({ "id": id, "text": s.text, "groups": s.groups, "sources": s.searched })
        })
        .collect();
    Ok(json!({
        "engine": engine.name,
        "stores": stores,
        "columns": columns,
        "documents": documents,
        "statements": statements,
    }))
}
