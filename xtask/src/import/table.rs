//! Reading a reference table, writing a data file.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};

/// The folder of the reference tables.
pub(super) struct Tables {
    folder: PathBuf,
}

impl Tables {
    pub(super) fn new(folder: &Path) -> Self {
        Tables { folder: folder.to_owned() }
    }

    /// The rows of a table; every cell by the name of its column.
    pub(super) fn rows(&self, name: &str) -> Result<Vec<Row>> {
        rows(&self.folder.join(name))
    }
}

/// The rows of a CSV file with a head line.
pub(super) fn rows(path: &Path) -> Result<Vec<Row>> {
    let mut reader =
        csv::Reader::from_path(path).with_context(|| format!("cannot read {}", path.display()))?;
    let head = reader.headers()?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.with_context(|| format!("in {}", path.display()))?;
        rows.push(Row { head: head.clone(), record });
    }
    Ok(rows)
}

/// A row of a table.
pub(super) struct Row {
    head: csv::StringRecord,
    record: csv::StringRecord,
}

impl Row {
    /// A cell as it stands.
    pub(super) fn raw(&self, column: &str) -> Result<&str> {
        let at = self
            .head
            .iter()
            .position(|h| h == column)
            .ok_or_else(|| anyhow!("no column {column:?} among {:?}", self.head))?;
        Ok(self.record.get(at).unwrap_or(""))
    }

    /// A cell without blanks around.
    pub(super) fn get(&self, column: &str) -> Result<&str> {
        Ok(self.raw(column)?.trim())
    }
}

/// A data file being written.
pub(super) struct Output(csv::Writer<Vec<u8>>);

impl Output {
    pub(super) fn new(head: &[&str]) -> Result<Self> {
        let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
        writer.write_record(head)?;
        Ok(Output(writer))
    }

    pub(super) fn row(&mut self, cells: &[&str]) -> Result<()> {
        Ok(self.0.write_record(cells)?)
    }

    pub(super) fn finish(self) -> Result<String> {
        Ok(String::from_utf8(self.0.into_inner().map_err(|e| anyhow!("{e}"))?)?)
    }
}
