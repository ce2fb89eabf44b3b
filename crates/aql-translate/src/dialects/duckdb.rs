//! DuckDB.

use std::net::IpAddr;

use aql_semantic::AggregateFunction;

use super::sql::Flavour;
use super::{Checked, Dialect};
use crate::loss::Losses;
use crate::pattern::Pattern;
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

    fn like(&self, term: &str, pattern: &Pattern, ignore_case: bool) -> String {
        // LIKE has no escape character here.
        let text = pattern.render(str::to_owned, "%", "_");
        let word = if ignore_case { "ILIKE" } else { "LIKE" };
        format!("({term} {word} {})", self.text(&text))
    }

    fn regex(&self, term: &str, regex: &str) -> String {
        format!("regexp_matches({term}, {})", self.text(regex))
    }

    fn change(&self, term: &str, lower: bool) -> String {
        if lower { format!("lower({term})") } else { format!("upper({term})") }
    }

    fn network(&self, term: &str, address: IpAddr, bits: u8) -> Option<String> {
        let address = match address {
            IpAddr::V4(address) => u32::from(address),
            IpAddr::V6(_) if bits == 128 => {
                return Some(format!("({term} = {})", self.text(&address.to_string())));
            }
            IpAddr::V6(_) => return None,
        };
        let mask = u32::MAX.checked_shl(32_u32.checked_sub(bits.into())?).unwrap_or(0);
        let (low, high) = (address & mask, (address & mask) | !mask);
        if low == high {
            return Some(format!(
                "({term} = {})",
                self.text(&std::net::Ipv4Addr::from(low).to_string())
            ));
        }
        // An address of the other family has no such parts, and so no number.
        let part =
            |n: u8, by: u32| format!("TRY_CAST(split_part({term}, '.', {n}) AS BIGINT) * {by}");
        let sum = [part(1, 1 << 24), part(2, 1 << 16), part(3, 1 << 8), part(4, 1)].join(" + ");
        Some(format!("({sum} BETWEEN {low} AND {high})"))
    }

    fn date_format(&self, millis: &str, format: &time::Format) -> Option<String> {
        let words = format.render(["%Y", "%m", "%d", "%H", "%M", "%S"]);
        Some(format!("strftime(make_timestamp({millis} * 1000), {})", self.text(&words)))
    }

    fn now(&self) -> &'static str {
        "epoch_ms(now())"
    }

    fn aggregate(&self, function: AggregateFunction, argument: &str) -> String {
        let order = r#"ORDER BY "aql.file", "aql.record""#;
        match function {
            AggregateFunction::First => format!("first({argument} {order})"),
            AggregateFunction::Last => format!("last({argument} {order})"),
            AggregateFunction::StdevSample => {
                format!("stddev_samp(TRY_CAST({argument} AS DOUBLE))")
            }
            AggregateFunction::StdevPopulation => {
                format!("stddev_pop(TRY_CAST({argument} AS DOUBLE))")
            }
            _ => format!("CAST(approx_count_distinct({argument}) AS DOUBLE)"),
        }
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
