//! Rows as records of other formats: as the JSON objects of their columns, or as rows of a table.

use aql_diag::{Diagnostic, codes};
use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, Fields};

use super::names::has_column;
use super::shown::Members;
use super::{FORMAT, guarded};
use crate::cells::{Cells, Header};
use crate::formats::{FORMATS, Format, JsonRecord, Layout, csv, json};
use crate::json::{Json, parse_whole};
use crate::normalise::generic::NamedFields;
use crate::out::{At, Out};

/// Makes records of rows.
pub(super) struct Rows {
    names: Header,
    /// The CSV format that knows these columns.
    table: Option<&'static Format>,
    /// May a row be a record of a JSON format?
    may_be_json: bool,
}

impl Rows {
    /// For the columns of a file.
    pub(super) fn new(fields: &Fields) -> Self {
        let names: Vec<String> = fields.iter().map(|field| field.name().clone()).collect();
        let table = FORMATS.iter().find(|format| match format.layout {
            Layout::Csv { is, .. } => format.name != csv::FORMAT.name && is(&names),
            _ => false,
        });
        let may_be_json = json::may_be_known(&|key| has_column(fields, key));
        Rows { names: Header::new(names), table, may_be_json }
    }

    /// May a format know a row?
    pub(super) fn may_be_known(&self) -> bool {
        self.may_be_json || self.table.is_some()
    }

    /// Takes all rows of a batch, of which the first has this number. A row with a value that cannot
    /// be shown is lost.
    pub(super) fn take(&self, batch: &RecordBatch, first: u64, out: &mut Out<'_>) {
        let numbers = (0..batch.num_rows()).zip(first..);
        let lost = |problem: &str, at: At, out: &mut Out<'_>| {
            let message = format!("row {} cannot be read: {problem}", at.record);
            out.lost(Diagnostic::error(codes::DAMAGED, message), Some(at));
        };
        let schema = batch.schema();
        let members = guarded(|| {
            Members::new(schema.fields(), batch.columns()).map_err(|problem| problem.to_string())
        });
        let mut text = String::new();
        for (row, record) in numbers {
            let at = At { record, offset: 0 };
            let shown = match &members {
                Ok(members) => {
                    text.clear();
                    let shown = guarded(|| members.json(row, &mut text).map_err(|e| e.to_string()));
                    shown.map(|()| members)
                }
                Err(problem) => Err(problem.clone()),
            };
            match shown {
                Ok(members) => self.give(members, row, &text, at, out),
                Err(problem) => lost(&problem, at, out),
            }
            if out.stopped() {
                return;
            }
        }
    }

    fn give(&self, members: &Members<'_>, row: usize, text: &str, at: At, out: &mut Out<'_>) {
        let mut nodes = std::mem::take(&mut out.nodes);
        let parsed = parse_whole(text, &mut nodes, out.options.max_depth);
        let json = parsed.ok().and_then(|()| Json::root(text, &nodes));
        self.give_object(members, row, text.as_bytes(), json, at, out);
        out.nodes = nodes;
    }

    fn give_object(
        &self,
        members: &Members<'_>,
        row: usize,
        payload: &[u8],
        json: Option<Json<'_>>,
        at: At,
        out: &mut Out<'_>,
    ) {
        let fields = json.map_or(NamedFields::None, NamedFields::Json);
        if let Some(own) = out.own_mapping(fields) {
            return own.take(fields, payload, None, at, out);
        }
        let known = json.filter(|_| self.may_be_json).map(|json| (json, json::format_of(json)));
        if let Some((json, format)) = known.filter(|(_, format)| format.name != json::FORMAT.name) {
            return json::give(format, JsonRecord { json, payload, at }, out);
        }
        match self.table.map(|format| (format.name, &format.layout)) {
            Some((name, Layout::Csv { take, .. })) => {
                let cells = cells(members, row).unwrap_or_default();
                let cells = Cells::Texts(&cells);
                take(name, csv::Row { header: &self.names, cells, payload, at }, out);
            }
            _ => out.unparsed(FORMAT.name, payload, fields, at.record),
        }
    }
}

/// The cells of a row as CSV would have them.
fn cells(members: &Members<'_>, row: usize) -> Result<Vec<String>, ArrowError> {
    let cell = |column: &super::shown::Shown<'_>| {
        let mut text = String::new();
        column.text(row, &mut text)?;
        Ok(text)
    };
    members.columns().iter().map(cell).collect()
}
