//! Reading the files of a context folder.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use aql_diag::{Diagnostic, codes};

/// Bad rows of one file that are named; more are counted.
const MAX_NAMED: usize = 10;

/// A CSV file.
#[derive(Debug)]
pub(super) struct Table {
    /// Its name without folder and extension, or what its head says.
    pub(super) name: String,
    /// Path for messages.
    shown: String,
    /// The lines `# key: value` at its head; keys in lower case.
    head: BTreeMap<String, String>,
    rows: Vec<Row>,
}

/// A row of a file.
#[derive(Debug)]
pub(super) struct Row {
    line: u64,
    cells: Vec<String>,
}

impl Row {
    /// A cell; nothing if it is empty or not there.
    pub(super) fn cell(&self, column: Option<usize>) -> Option<&str> {
        column.and_then(|at| self.cells.get(at)).map(String::as_str).filter(|c| !c.is_empty())
    }
}

/// The columns of a file by name, and its rows without the header.
pub(super) struct Columns {
    /// Where the expected columns are, in the order they were asked for.
    pub(super) at: Vec<Option<usize>>,
    /// All columns by name, if the file names them.
    pub(super) names: Vec<String>,
    pub(super) rows: Vec<Row>,
}

/// Reads files below one folder, and collects what is wrong with them.
pub(super) struct Loader<'a> {
    folder: &'a Path,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Bad rows of each file so far.
    bad: BTreeMap<String, usize>,
}

impl<'a> Loader<'a> {
    pub(super) fn new(folder: &'a Path) -> Self {
        Loader { folder, diagnostics: Vec::new(), bad: BTreeMap::new() }
    }

    pub(super) fn problem(&mut self, path: &Path, message: impl std::fmt::Display) {
        let message = format!("{}: {message}", path.display());
        self.diagnostics.push(Diagnostic::warning(codes::CONTEXT_FILE, message));
    }

    /// The bytes of a file; nothing if there is none.
    pub(super) fn bytes(&mut self, file: &str) -> Option<(PathBuf, Vec<u8>)> {
        let path = self.folder.join(file);
        match fs::read(&path) {
            Ok(bytes) => Some((path, bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => {
                self.problem(&path, format_args!("cannot be read: {error}"));
                None
            }
        }
    }

    /// A CSV file; nothing if there is none.
    pub(super) fn table(&mut self, file: &str) -> Option<Table> {
        let (path, bytes) = self.bytes(file)?;
        self.parse(&path, bytes)
    }

    /// The CSV files of a folder, by name.
    pub(super) fn tables(&mut self, folder: &str) -> Vec<Table> {
        let path = self.folder.join(folder);
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Vec::new(),
            Err(error) => {
                self.problem(&path, format_args!("cannot be read: {error}"));
                return Vec::new();
            }
        };
        let mut names: Vec<String> = Vec::new();
        for entry in entries.flatten() {
            match entry.file_name().into_string() {
                Ok(name) if name.starts_with('.') => {}
                Ok(name) if is_csv(&name) => names.push(format!("{folder}/{name}")),
                _ => self.problem(&entry.path(), "is no CSV file and is left out"),
            }
        }
        names.sort();
        names.iter().filter_map(|name| self.table(name)).collect()
    }

    fn parse(&mut self, path: &Path, bytes: Vec<u8>) -> Option<Table> {
        let Ok(text) = String::from_utf8(bytes) else {
            self.problem(path, "is no UTF-8 text and is left out");
            return None;
        };
        let mut rest = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let mut head = BTreeMap::new();
        let mut skipped = 0;
        while rest.starts_with('#') {
            let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
            if let Some((key, value)) = line.trim_start_matches('#').split_once(':') {
                head.insert(key.trim().to_ascii_lowercase(), value.trim().to_owned());
            }
            rest = after;
            skipped += 1;
        }
        let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned());
        let name = head.get("name").cloned().or(stem).unwrap_or_default();
        let mut table = Table { name, shown: path.display().to_string(), head, rows: Vec::new() };
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(rest.as_bytes());
        for record in reader.records() {
            match record {
                Ok(record) => {
                    let line = record.position().map_or(0, csv::Position::line) + skipped;
                    let cells: Vec<String> = record.iter().map(str::to_owned).collect();
                    if cells.iter().any(|cell| !cell.is_empty()) {
                        table.rows.push(Row { line, cells });
                    }
                }
                Err(error) => {
                    self.problem(path, format_args!("cannot be read to its end: {error}"));
                    break;
                }
            }
        }
        Some(table)
    }

    /// A row that cannot be used.
    pub(super) fn bad_row(&mut self, table: &Table, row: &Row, message: impl std::fmt::Display) {
        let bad = self.bad.entry(table.shown.clone()).or_default();
        *bad += 1;
        if *bad <= MAX_NAMED {
            let message = format!("{}:{}: {message}", table.shown, row.line);
            self.diagnostics.push(Diagnostic::warning(codes::CONTEXT_ROW, message));
        }
    }

    /// The type that the head of a file gives under a key.
    pub(super) fn element_type(&mut self, table: &Table, key: &str) -> Option<super::ElementType> {
        let name = table.head.get(key)?;
        let ty = super::ElementType::find(name);
        if ty.is_none() {
            self.problem(
                Path::new(&table.shown),
                format_args!(
                    "`{name}` is no type of elements; it is one of ALN, ALNIC, NUM, IP, PORT, DATE, CIDR"
                ),
            );
        }
        ty
    }

    /// The columns of a file. Its first row names them if one of its cells is the first of the
    /// names; otherwise they have the order of the names. The first `required` have to be there.
    pub(super) fn columns(
        &mut self,
        table: &mut Table,
        expected: &[&str],
        required: usize,
    ) -> Option<Columns> {
        let mut rows = std::mem::take(&mut table.rows);
        let is = |cell: &String, name: &str| cell.eq_ignore_ascii_case(name);
        let key = expected.first().copied().unwrap_or_default();
        let named = rows.first().is_some_and(|row| row.cells.iter().any(|cell| is(cell, key)));
        if !named {
            let at = (0..expected.len()).map(Some).collect();
            return Some(Columns { at, names: Vec::new(), rows });
        }
        let names = rows.remove(0).cells;
        let at: Vec<Option<usize>> =
            expected.iter().map(|name| names.iter().position(|cell| is(cell, name))).collect();
        let missing = expected.iter().zip(&at).take(required).find(|(_, at)| at.is_none());
        if let Some((name, _)) = missing {
            self.problem(Path::new(&table.shown), format_args!("has no column `{name}`"));
            return None;
        }
        Some(Columns { at, names, rows })
    }

    /// What was wrong, with a line for each file that has more bad rows than were named.
    pub(super) fn finish(mut self) -> Vec<Diagnostic> {
        for (file, bad) in self.bad {
            if bad > MAX_NAMED {
                let message = format!("{file}: {} more rows cannot be used", bad - MAX_NAMED);
                self.diagnostics.push(Diagnostic::warning(codes::CONTEXT_ROW, message));
            }
        }
        self.diagnostics
    }
}

/// Is this the name of a CSV file?
pub(super) fn is_csv(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"))
}

/// The parts of a cell that holds a list.
pub(super) fn list(cell: &str) -> impl Iterator<Item = &str> {
    cell.split([';', ' ']).map(str::trim).filter(|part| !part.is_empty())
}
