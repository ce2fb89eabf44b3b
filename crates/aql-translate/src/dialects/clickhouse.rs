//! ClickHouse.

use std::net::IpAddr;

use aql_semantic::AggregateFunction;

use super::sql::Flavour;
use super::{Checked, Dialect};
use crate::loss::Losses;
use crate::pred::Lowered;
use crate::{Options, time};

pub(super) const DIALECT: Dialect = Dialect {
    name: "clickhouse",
    title: "ClickHouse SQL",
    extension: "sql",
    checked: Checked::Engine("chdb"),
    comment: "--",
    write,
};

fn write(query: &Lowered, options: &Options, losses: &mut Losses) -> String {
    super::sql::write(query, &ClickHouse, options, losses)
}

struct ClickHouse;

impl Flavour for ClickHouse {
    fn text(&self, text: &str) -> String {
        format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'"))
    }

    fn name(&self, name: &str) -> String {
        format!("\"{}\"", name.replace('\\', r"\\").replace('"', "\\\""))
    }

    fn millis(&self, column: &str) -> String {
        format!("toUnixTimestamp64Milli({column})")
    }

    fn to_text(&self, term: &str) -> String {
        format!("toString({term})")
    }

    fn to_number(&self, term: &str) -> String {
        format!("toFloat64OrNull(trimBoth({term}))")
    }

    fn literal(&self, text: &str) -> String {
        // The backslash is LIKE's escape character.
        text.replace('\\', r"\\")
    }

    fn regex(&self, term: &str, regex: &str) -> String {
        // `match` lets `.` pass over line breaks unless told otherwise.
        format!("match({term}, {})", self.text(&format!("(?-s){regex}")))
    }

    fn change(&self, term: &str, lower: bool) -> String {
        if lower { format!("lowerUTF8({term})") } else { format!("upperUTF8({term})") }
    }

    fn network(&self, term: &str, address: IpAddr, bits: u8) -> Option<String> {
        let family = if address.is_ipv4() { "isIPv4String" } else { "isIPv6String" };
        let network = self.text(&format!("{address}/{bits}"));
        Some(format!("if({family}({term}), isIPAddressInRange({term}, {network}), FALSE)"))
    }

    fn date_format(&self, millis: &str, format: &time::Format) -> Option<String> {
        let words = format.render(["%Y", "%m", "%d", "%H", "%i", "%S"]);
        Some(format!(
            "formatDateTime(fromUnixTimestamp64Milli({millis}, 'UTC'), {}, 'UTC')",
            self.text(&words)
        ))
    }

    fn now(&self) -> &'static str {
        "toUnixTimestamp64Milli(now64(3))"
    }

    fn aggregate(&self, function: AggregateFunction, argument: &str) -> Option<String> {
        // A tuple keeps the nulls, which these functions otherwise pass over.
        let order = r#"("aql.file", "aql.record")"#;
        Some(match function {
            AggregateFunction::First => format!("argMin(tuple({argument}), {order}).1"),
            AggregateFunction::Last => format!("argMax(tuple({argument}), {order}).1"),
            AggregateFunction::StdevSample => format!("stddevSamp(toFloat64({argument}))"),
            AggregateFunction::StdevPopulation => format!("stddevPop(toFloat64({argument}))"),
            _ => format!("CAST(uniq({argument}) AS DOUBLE)"),
        })
    }

    fn replace(&self, term: &str, regex: &str, with: &str, all: bool) -> String {
        let function = if all { "replaceRegexpAll" } else { "replaceRegexpOne" };
        format!("{function}({term}, {}, {})", self.text(regex), self.text(with))
    }

    fn part(&self, term: &str, start: i64, length: i64) -> String {
        format!("substringUTF8({term}, {start}, {length})")
    }

    fn length(&self, term: &str) -> String {
        format!("lengthUTF8({term})")
    }

    // What is not called nullable may not be null.
    fn whole(&self, number: &str) -> String {
        format!("CAST(trunc({number}) AS Nullable(BIGINT))")
    }

    fn double(&self, number: &str) -> String {
        format!("CAST({number} AS Nullable(DOUBLE))")
    }

    fn columns_first(&self) -> Option<&'static str> {
        Some("SETTINGS prefer_column_name_to_alias = 1")
    }

    fn other_letters(&self) -> &'static str {
        "letters beyond ASCII, and ASCII letters that have a twin beyond it,"
    }
}
