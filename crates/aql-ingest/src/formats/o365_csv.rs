//! Office 365 audit records in CSV: exports of the Purview portal and of `Search-UnifiedAuditLog`,
//! whose `AuditData` column holds the record as JSON, and tables of the shape of Sentinel's
//! OfficeActivity, whose columns are the record's keys.
//!
//! The record is always the inner JSON; the outer columns, whose dates are in local formats, play
//! no part.

use std::borrow::Cow;

use super::csv::Row;
use super::{Format, Layout, o365};
use crate::json::{parse_whole, quote};
use crate::normalise::generic::NamedFields;
use crate::out::Out;

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "o365-csv",
    about: "Office 365 audit records in CSV: an `AuditData` column, or columns named as the keys",
    by: "the column `AuditData`, or columns named as the keys of audit records",
    layout: Layout::Csv { is, take },
};

fn has(header: &[String], name: &str) -> bool {
    header.iter().any(|h| h.trim().eq_ignore_ascii_case(name))
}

fn is(header: &[String]) -> bool {
    has(header, "AuditData")
        || (has(header, "Operation")
            && has(header, "UserId")
            && (has(header, "Parameters") || has(header, "OfficeWorkload")))
}

fn take(name: &'static str, row: Row<'_>, out: &mut Out<'_>) {
    let outer = NamedFields::Cells { header: row.header, cells: row.cells };
    let is_whole = row.header.column("AuditData").is_some() || has(row.header, "AuditData");
    let text =
        if is_whole { row.cell("AuditData").unwrap_or_default() } else { Cow::Owned(as_json(row)) };
    o365::take_text(name, &text, row.payload, row.at, out, outer);
}

/// The row as an audit record. Cells that hold JSON arrays or objects are taken as such.
fn as_json(row: Row<'_>) -> String {
    let mut text = String::from("{");
    let mut nodes = Vec::new();
    for (key, cell) in row.header.iter().zip(row.cells.iter()) {
        if cell.is_empty() {
            continue;
        }
        if text.len() > 1 {
            text.push(',');
        }
        // Sentinel's names of two keys.
        let key = match key.as_str() {
            k if k.eq_ignore_ascii_case("OfficeWorkload") => "Workload",
            k if k.eq_ignore_ascii_case("OfficeObjectId") => "ObjectId",
            k => k,
        };
        quote(key, &mut text);
        text.push(':');
        let is_json = cell.starts_with(['[', '{']) && parse_whole(&cell, &mut nodes, 64).is_ok();
        if is_json {
            text.push_str(&cell);
        } else {
            quote(&cell, &mut text);
        }
    }
    text.push('}');
    text
}
