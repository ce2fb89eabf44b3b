//! Runs `tests/slt/*.slt`: a table, then queries with their rows.
//!
//! ```text
//! # A comment: what is pinned, and the section that says so.
//! table
//! starttime | username | "or any" property
//! 1000      | alice    | -
//! part
//! 2000      | bob      | x
//!
//! query nulls=sql now=60000 window=auto tz=Europe/Berlin mode=strict memory=1000
//! SELECT …
//! ----
//! alice | 1.0
//! ! AQL127
//! ```
//!
//! `-` is null; doubles are printed with a point; `! CODE` stands for a diagnostic of the run.
//! Every query runs with one and with four threads, and must give the same.

use std::fmt::Write as _;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use aql_catalog::Catalog;
use aql_engine::{Engine, RunOptions, WindowMode, WindowPolicy};
use aql_eval::Context;
use aql_semantic::{BindOptions, Mode, bind_text};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, RecordBatch};
use jiff::tz::TimeZone;

use crate::table::MemoryTable;

#[test]
fn slt_files() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slt");
    let mut files: Vec<_> = fs::read_dir(&folder)
        .expect("the folder of test files")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "slt"))
        .collect();
    files.sort();
    assert!(files.len() >= 6, "test files are missing");
    let mut failures = String::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a readable file");
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        check_file(&name, &text, &mut failures);
    }
    assert!(failures.is_empty(), "{failures}");
}

fn check_file(name: &str, text: &str, failures: &mut String) {
    let mut table = MemoryTable::default();
    let mut line_number = 1;
    for block in text.split("\n\n") {
        let start = line_number;
        line_number += block.matches('\n').count() + 2;
        let lines: Vec<&str> =
            block.lines().filter(|l| !l.starts_with('#') && !l.is_empty()).collect();
        let Some((head, rest)) = lines.split_first() else { continue };
        if *head == "table" {
            table = MemoryTable::parse(rest.iter().copied());
            continue;
        }
        let settings = head.strip_prefix("query").expect("a block is a table or a query");
        let (query, expected) = rest
            .iter()
            .position(|l| *l == "----")
            .map(|at| (rest[..at].join("\n"), &rest[at + 1..]))
            .expect("---- between query and rows");
        let normal = |cells: &str| cells.split('|').map(str::trim).collect::<Vec<_>>().join(" | ");
        let expected: Vec<String> = expected.iter().map(|l| normal(l)).collect();
        for threads in [1, 4] {
            table.threads = threads;
            let found = answer(&table, settings, &query);
            if found != expected {
                let _ = writeln!(
                    failures,
                    "\n{name}:{start}, {threads} threads\n{query}\nexpected\n  {}\nfound\n  {}",
                    expected.join("\n  "),
                    found.join("\n  ")
                );
            }
        }
    }
}

/// The rows of a query, and the codes of what the run has to say.
pub(crate) fn answer(table: &MemoryTable, settings: &str, query: &str) -> Vec<String> {
    let mut bind = BindOptions::default();
    let mut options = RunOptions::new(WindowPolicy { now: 0, mode: WindowMode::Ignore });
    for setting in settings.split_whitespace() {
        match setting.split_once('=') {
            Some(("mode", "strict")) => bind.mode = Mode::Strict,
            Some(("now", now)) => options.window.now = now.parse().expect("a time"),
            Some(("window", "auto")) => options.window.mode = WindowMode::Auto,
            Some(("window", "ignore")) => options.window.mode = WindowMode::Ignore,
            Some(("window", "newest")) => options.window.mode = WindowMode::Newest,
            Some(("window", "honour")) => options.window.mode = WindowMode::Honour,
            Some(("mode", "strict")) => bind.mode = Mode::Strict,
            Some(("tz", zone)) => bind.timezone = TimeZone::get(zone).expect("a time zone"),
            Some(("memory", bytes)) => options.memory_limit = bytes.parse().ok(),
            // Any option of the dialect.
            Some((name, value)) if bind.dialect.set(name, value).is_ok() => {}
            _ => panic!("unknown setting {setting}"),
        }
    }
    let bound = bind_text(query, &bind, Catalog::get());
    let Some(query) = bound.query else {
        let errors = bound.diagnostics.iter().filter(|d| d.is_error());
        return errors.map(|e| format!("! {} {}", e.code, e.message)).collect();
    };
    let mut context = Context::new(Catalog::get(), options.window.now);
    context.timezone = bind.timezone;
    let context = Arc::new(context);
    let plan = match Engine::prepare(&query, &context) {
        Ok(plan) => plan,
        Err(errors) => return errors.iter().map(|e| format!("! {}", e.code)).collect(),
    };
    let mut rows = Vec::new();
    let outcome = plan.run(table, &options, &mut |batch| {
        rows.extend(print(&batch));
        ControlFlow::Continue(())
    });
    assert_eq!(outcome.rows, rows.len() as u64);
    rows.extend(outcome.diagnostics.iter().map(|d| format!("! {}", d.code)));
    rows
}

/// A line per row.
pub(crate) fn print(batch: &RecordBatch) -> Vec<String> {
    (0..batch.num_rows())
        .map(|row| batch.columns().iter().map(|c| cell(c, row)).collect::<Vec<_>>().join(" | "))
        .collect()
}

fn cell(column: &ArrayRef, row: usize) -> String {
    if column.is_null(row) {
        "-".to_owned()
    } else if let Some(text) = column.as_string_opt::<i32>() {
        text.value(row).to_owned()
    } else if let Some(numbers) = column.as_primitive_opt::<Int64Type>() {
        numbers.value(row).to_string()
    } else if let Some(numbers) = column.as_primitive_opt::<Float64Type>() {
        format!("{:?}", numbers.value(row))
    } else if let Some(booleans) = column.as_boolean_opt() {
        booleans.value(row).to_string()
    } else {
        panic!("no printer for {}", column.data_type())
    }
}
