//! DuckDB.

use std::net::IpAddr;

use aql_semantic::AggregateFunction;

use super::sql::{Flavour, ipv4_range};
use super::{Checked, Dialect};
use crate::loss::Losses;
use crate::pred::Lowered;
use crate::{Options, time};

pub(super) const DIALECT: Dialect = Dialect {
    name: "duckdb",
    title: "DuckDB SQL",
    extension: "sql",
    checked: Checked::Engine("duckdb"),
    comment: "--",
    write,
};

fn write(query: &Lowered, options: &Options, losses: &mut Losses) -> String {
    super::sql::write(query, &DuckDb, options, losses)
}

struct DuckDb;

impl Flavour for DuckDb {
    fn text(&self, text: &str) -> String {
        format!("'{}'", text.replace('\'', "''"))
    }

    fn name(&self, name: &str) -> String {
        format!("\"{}\"", name.replace('"', "\"\""))
    }

    fn millis(&self, column: &str) -> String {
        format!("epoch_ms({column})")
    }

    fn to_text(&self, term: &str) -> String {
        format!("CAST({term} AS VARCHAR)")
    }

    fn to_number(&self, term: &str) -> String {
        format!("TRY_CAST({term} AS DOUBLE)")
    }

    fn regex(&self, term: &str, regex: &str) -> String {
        format!("regexp_matches({term}, {})", self.text(regex))
    }

    fn change(&self, term: &str, lower: bool) -> String {
        if lower { format!("lower({term})") } else { format!("upper({term})") }
    }

    fn network(&self, term: &str, address: IpAddr, bits: u8) -> Option<String> {
        ipv4_range(self, term, address, bits, |n| {
            format!("TRY_CAST(split_part({term}, '.', {n}) AS BIGINT)")
        })
    }

    fn date_format(&self, millis: &str, format: &time::Format) -> Option<String> {
        let words = format.render(["%Y", "%m", "%d", "%H", "%M", "%S"]);
        Some(format!("strftime(make_timestamp({millis} * 1000), {})", self.text(&words)))
    }

    fn now(&self) -> &'static str {
        "epoch_ms(now())"
    }

    fn aggregate(&self, function: AggregateFunction, argument: &str) -> Option<String> {
        let order = r#"ORDER BY "aql.file", "aql.record""#;
        Some(match function {
            AggregateFunction::First => format!("first({argument} {order})"),
            AggregateFunction::Last => format!("last({argument} {order})"),
            AggregateFunction::StdevSample => {
                format!("stddev_samp(TRY_CAST({argument} AS DOUBLE))")
            }
            AggregateFunction::StdevPopulation => {
                format!("stddev_pop(TRY_CAST({argument} AS DOUBLE))")
            }
            _ => format!("CAST(approx_count_distinct({argument}) AS DOUBLE)"),
        })
    }

    fn replace(&self, term: &str, regex: &str, with: &str, all: bool) -> String {
        let flags = if all { ", 'g'" } else { "" };
        format!("regexp_replace({term}, {}, {}{flags})", self.text(regex), self.text(with))
    }

    fn part(&self, term: &str, start: i64, length: i64) -> String {
        format!("substr({term}, {start}, {length})")
    }

    fn length(&self, term: &str) -> String {
        format!("length({term})")
    }

    fn other_letters(&self) -> &'static str {
        "the letters ſ, ς, ı and İ"
    }
}
