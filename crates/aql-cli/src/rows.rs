//! Rows of a result in one of the layouts.

use std::ops::ControlFlow;

use aql_pack::{cell_json, cell_text};
use aql_semantic::{BoundQuery, Source};
use arrow_array::RecordBatch;
use serde_json::{Map, Value};

use crate::args::QueryFormat;
use crate::output::{Sink, distinct_names, table};

/// Where an event lies: its file and record.
pub(crate) type Place = (String, i64);

/// What is shown of the rows.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shape {
    /// The last two columns are file and record of the event: they are kept, not shown.
    pub(crate) places: bool,
    /// Tables begin with the number of the row.
    pub(crate) numbered: bool,
    /// Tables end after this many rows; they are laid out in memory.
    pub(crate) max_table: Option<u64>,
}

/// Places that are kept; who asks for more has another look at the evidence.
const MAX_PLACES: usize = 100_000;

/// Writes rows in one of the layouts.
pub(crate) struct Writer<'a> {
    sink: &'a mut Sink,
    format: QueryFormat,
    shape: Shape,
    names: Vec<String>,
    /// Rows of a table wait for the end: its columns are as wide as the widest value.
    table: Vec<Vec<String>>,
    pub(crate) written: u64,
    /// Where the rows come from, if they are events.
    pub(crate) places: Vec<Place>,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(
        sink: &'a mut Sink,
        format: QueryFormat,
        shape: Shape,
        query: &BoundQuery,
    ) -> anyhow::Result<Self> {
        let database = match query.source {
            Source::Flows => "flows",
            _ => "events",
        };
        let mut names: Vec<String> = query.output.iter().map(|o| o.name.clone()).collect();
        names.truncate(shown(names.len(), shape));
        let (table, places) = (Vec::new(), Vec::new());
        let mut writer = Writer { sink, format, shape, names, table, written: 0, places };
        match format {
            QueryFormat::Json => write!(writer.sink.out, "{{\"{database}\":[")?,
            QueryFormat::Csv => writer.csv_row(&writer.names.clone())?,
            QueryFormat::Table | QueryFormat::Jsonl => {}
        }
        if matches!(format, QueryFormat::Json | QueryFormat::Jsonl) {
            writer.names = distinct_names(&writer.names);
        }
        Ok(writer)
    }

    fn csv_row(&mut self, row: &[String]) -> anyhow::Result<()> {
        let mut writer = csv::Writer::from_writer(&mut self.sink.out);
        writer.write_record(row)?;
        writer.flush()?;
        Ok(())
    }

    /// Takes rows; breaks when no more are wanted.
    pub(crate) fn rows(&mut self, batch: &RecordBatch) -> anyhow::Result<ControlFlow<()>> {
        let all = batch.columns();
        let (columns, place) = all.split_at(shown(all.len(), self.shape));
        for row in 0..batch.num_rows() {
            if self.format == QueryFormat::Table
                && self.shape.max_table.is_some_and(|max| self.written >= max)
            {
                return Ok(ControlFlow::Break(()));
            }
            match self.format {
                QueryFormat::Table => {
                    let number = self.shape.numbered.then(|| (self.written + 1).to_string());
                    let cells = columns.iter().map(|c| cell_text(c, row));
                    self.table.push(number.into_iter().chain(cells).collect());
                }
                QueryFormat::Csv => {
                    let cells: Vec<_> = columns.iter().map(|c| cell_text(c, row)).collect();
                    self.csv_row(&cells)?;
                }
                QueryFormat::Json | QueryFormat::Jsonl => {
                    let object: Map<String, Value> = self
                        .names
                        .iter()
                        .zip(columns)
                        .map(|(name, column)| (name.clone(), cell_json(column, row)))
                        .collect();
                    let out = &mut self.sink.out;
                    if self.format == QueryFormat::Json {
                        out.write_all(if self.written > 0 { b",\n" } else { b"\n" })?;
                        serde_json::to_writer(out, &object)?;
                    } else {
                        serde_json::to_writer(&mut *out, &object)?;
                        out.write_all(b"\n")?;
                    }
                }
            }
            if let [file, record] = place
                && self.places.len() < MAX_PLACES
            {
                let record = cell_json(record, row).as_i64().unwrap_or_default();
                self.places.push((cell_text(file, row), record));
            }
            self.written += 1;
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Ends the layout; gives the places of the rows.
    pub(crate) fn finish(self) -> anyhow::Result<Vec<Place>> {
        match self.format {
            QueryFormat::Json => writeln!(self.sink.out, "\n]}}")?,
            QueryFormat::Table if !self.table.is_empty() => {
                let number = self.shape.numbered.then(|| "#".to_owned());
                let header: Vec<String> = number.into_iter().chain(self.names).collect();
                let text = table(&header, self.table, self.sink.terminal);
                writeln!(self.sink.out, "{text}")?;
            }
            _ => {}
        }
        Ok(self.places)
    }
}

/// How many of the columns are shown.
fn shown(columns: usize, shape: Shape) -> usize {
    if shape.places { columns.saturating_sub(2) } else { columns }
}
