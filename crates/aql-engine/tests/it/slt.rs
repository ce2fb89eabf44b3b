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
//! : username | COUNT
//! alice | 1.0
//! ! AQL127
//! ```
//!
//! `-` is null; doubles are printed with a point; `! CODE` stands for a diagnostic of the run, or,
//! with or without its message, for an error of binding. A first line that begins with `:` holds
//! the names of the columns.
//! Every query runs with one and with four threads, and must give the same. Queries are read in
//! lenient mode unless `mode=strict` says otherwise. Any option of the dialect can be set by its name
//! (`aql catalog dialect` lists them), as `matches=full`; with `warnings` the warnings of binding are
//! listed too.

use std::fmt::Write as _;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use aql_catalog::Catalog;
use aql_diag::{Diagnostic, Severity};
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
    assert!(files.len() >= 22, "test files are missing");
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
            let names = expected.first().is_some_and(|line| line.starts_with(':'));
            let found = answer(&table, settings, &query, names);
            if !agree(&found, &expected) {
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

/// Is what was found what was expected? Of an error the code suffices.
fn agree(found: &[String], expected: &[String]) -> bool {
    let line = |(found, expected): (&String, &String)| {
        let code = found.strip_prefix(expected.as_str());
        found == expected || expected.starts_with("! ") && code.is_some_and(|m| m.starts_with(' '))
    };
    found.len() == expected.len() && found.iter().zip(expected).all(line)
}

/// The rows of a query, under the names of its columns if these are asked for, and the codes of
/// what there is to say.
pub(crate) fn answer(table: &MemoryTable, settings: &str, query: &str, names: bool) -> Vec<String> {
    let mut bind = BindOptions::default();
    let mut options = RunOptions::new(WindowPolicy { now: 0, mode: WindowMode::Ignore });
    let mut warnings = false;
    for setting in settings.split_whitespace() {
        match setting.split_once('=') {
            None if setting == "warnings" => warnings = true,
            Some(("mode", "strict")) => bind.mode = Mode::Strict,
            Some(("now", now)) => options.window.now = now.parse().expect("a time"),
            Some(("window", "auto")) => options.window.mode = WindowMode::Auto,
            Some(("window", "ignore")) => options.window.mode = WindowMode::Ignore,
            Some(("window", "newest")) => options.window.mode = WindowMode::Newest,
            Some(("window", "honour")) => options.window.mode = WindowMode::Honour,
            Some(("tz", zone)) => bind.timezone = TimeZone::get(zone).expect("a time zone"),
            Some(("memory", bytes)) => options.memory_limit = bytes.parse().ok(),
            // Any option of the dialect.
            Some((name, value)) if bind.dialect.set(name, value).is_ok() => {}
            _ => panic!("unknown setting {setting}"),
        }
    }
    let bound = bind_text(query, &bind, Catalog::get());
    let code = |d: &Diagnostic| format!("! {}", d.code);
    let Some(query) = bound.query else {
        let errors = bound.diagnostics.iter().filter(|d| d.is_error());
        return errors.map(|e| format!("! {} {}", e.code, e.message)).collect();
    };
    let mut context = Context::new(Catalog::get(), options.window.now);
    context.timezone = bind.timezone;
    let context = Arc::new(context);
    let plan = match Engine::prepare(&query, &context) {
        Ok(plan) => plan,
        Err(errors) => return errors.iter().map(code).collect(),
    };
    let mut head = Vec::new();
    if names {
        let names: Vec<&str> = query.output.iter().map(|o| o.name.as_str()).collect();
        head.push(format!(": {}", names.join(" | ")));
    }
    let mut rows = Vec::new();
    let outcome = plan.run(table, &options, &mut |batch| {
        rows.extend(print(&batch));
        ControlFlow::Continue(())
    });
    assert_eq!(outcome.rows, rows.len() as u64);
    if warnings {
        let binding = bound.diagnostics.iter().filter(|d| d.severity == Severity::Warning);
        rows.extend(binding.map(code));
    }
    rows.extend(outcome.diagnostics.iter().map(code));
    head.extend(rows);
    head
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
