//! The Kusto query language of Microsoft: Sentinel and Defender, each with tables of its own.

use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use aql_semantic::{AggregateFunction, CompareBy, CompareOp};

use super::{Checked, Dialect};
use crate::Options;
use crate::condition::{Language, Term, joined, one_of, only_numbers_are_ordered};
use crate::loss::Losses;
use crate::map::Map;
use crate::pattern::{Pattern, Shape};
use crate::pipeline::{self, Commands, Naming, PartText, Pipeline};
use crate::pred::{Lowered, Number};
use crate::regex::portable;
use crate::text::{c_operator, c_text, number, operator};
use crate::time::{Bounds, Format};

pub(super) const SENTINEL: Dialect = Dialect {
    name: "sentinel",
    title: "Microsoft Sentinel KQL",
    extension: "kql",
    checked: Checked::Parser("@kusto/language-service-next"),
    comment: "//",
    write: |query, options, losses| write(query, &SENTINEL_MAP, options, losses),
};

pub(super) const DEFENDER: Dialect = Dialect {
    name: "defender",
    title: "Microsoft Defender advanced hunting KQL",
    extension: "kql",
    checked: Checked::Parser("@kusto/language-service-next"),
    comment: "//",
    write: |query, options, losses| write(query, &DEFENDER_MAP, options, losses),
};

static SENTINEL_MAP: LazyLock<Result<Map, String>> =
    LazyLock::new(|| Map::read(include_str!("../../maps/sentinel.toml")));
static DEFENDER_MAP: LazyLock<Result<Map, String>> =
    LazyLock::new(|| Map::read(include_str!("../../maps/defender.toml")));

fn write(
    query: &Lowered,
    map: &Result<Map, String>,
    options: &Options,
    losses: &mut Losses,
) -> String {
    pipeline::write(query, map, &Kql, options, losses)
}

struct Kql;

/// A text constant; verbatim where backslashes would have to be doubled.
fn text(text: &str) -> String {
    if text.contains('\\') && !text.chars().any(char::is_control) {
        return format!("@\"{}\"", text.replace('"', "\"\""));
    }
    let mut out = String::new();
    for c in c_text(text).chars() {
        match c {
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

impl Language for Kql {
    fn like(&self, field: &str, pattern: &Pattern, ignore_case: bool) -> Term {
        let cs = if ignore_case { "" } else { "_cs" };
        Ok(match pattern.shape() {
            Shape::Prefix(part) => format!("({field} startswith{cs} {})", text(part)),
            Shape::Suffix(part) => format!("({field} endswith{cs} {})", text(part)),
            Shape::Contains(part) => format!("({field} contains{cs} {})", text(part)),
            _ => {
                let flags = if ignore_case { "(?is)" } else { "(?s)" };
                format!("({field} matches regex {})", text(&format!("{flags}{}", pattern.regex())))
            }
        })
    }

    fn equals(&self, field: &str, values: &[Arc<str>], ignore_case: bool) -> Term {
        let (equals, is_in) = if ignore_case { ("=~", "in~") } else { ("==", "in") };
        Ok(one_of(field, equals, is_in, &values.iter().map(|v| text(v)).collect::<Vec<_>>()))
    }

    fn numbers(&self, field: &str, is_number: bool, values: &[Number]) -> Term {
        let field = if is_number { field.to_owned() } else { self.to_number(field) };
        Ok(one_of(&field, "==", "in", &values.iter().map(number).collect::<Vec<_>>()))
    }

    fn number(&self, field: &str, is_number: bool, op: CompareOp, value: Number) -> Term {
        let field = if is_number { field.to_owned() } else { self.to_number(field) };
        Ok(format!("({field} {} {})", operator(op), number(&value)))
    }

    fn regex(&self, field: &str, java: &str, ignore_case: bool, full: bool) -> Term {
        let regex = portable(java, ignore_case, full)?;
        if regex.backtracks {
            return Err("regular expressions have no look-around here".to_owned());
        }
        Ok(format!("({field} matches regex {})", text(&regex.text)))
    }

    fn network(&self, field: &str, address: IpAddr, bits: u8) -> Term {
        let function = if address.is_ipv4() { "ipv4_is_in_range" } else { "ipv6_is_in_range" };
        Ok(format!("{function}({field}, \"{address}/{bits}\")"))
    }

    fn present(&self, field: &str, is_number: bool) -> String {
        if is_number { format!("isnotnull({field})") } else { format!("isnotempty({field})") }
    }

    fn fields(&self, left: &str, op: CompareOp, by: CompareBy, right: &str) -> Term {
        only_numbers_are_ordered(op, by)?;
        let op = c_operator(op);
        if by == CompareBy::Number {
            return Ok(format!("({} {op} {})", self.to_number(left), self.to_number(right)));
        }
        let parts = vec![
            self.present(left, false),
            self.present(right, false),
            format!("({left} {op} {right})"),
        ];
        Ok(joined(parts, "and", 1))
    }

    fn lower(&self, field: &str) -> Option<String> {
        Some(format!("tolower({field})"))
    }

    fn first_of(&self, fields: &[String]) -> Option<String> {
        Some(format!("coalesce({})", fields.join(", ")))
    }

    fn not(&self, inner: &str, two_valued: bool, numeric: bool) -> String {
        // Text is never null here; numbers are.
        if two_valued && numeric {
            format!("not(coalesce({inner}, false))")
        } else {
            format!("not({inner})")
        }
    }

    fn empty_is_missing(&self) -> bool {
        true
    }
}

static COMMANDS: Commands = Commands {
    filter: "| where ",
    set: "| extend ",
    set_each: false,
    set_name: Naming::Before(" = "),
    group: "| summarize ",
    group_name: Naming::Before(" = "),
    by: " by ",
    sort: "| sort by ",
    limit: "| take ",
    keep: "| project ",
    count: "count()",
    aggregates: &[
        (AggregateFunction::Count, "countif(isnotempty({}))"),
        (AggregateFunction::UniqueCount, "count_distinctif({}, isnotempty({}))"),
        (AggregateFunction::DistinctCount, "dcountif({}, isnotempty({}))"),
        (AggregateFunction::Sum, "sum({})"),
        (AggregateFunction::Avg, "avg({})"),
        (AggregateFunction::Min, "min({})"),
        (AggregateFunction::Max, "max({})"),
        (AggregateFunction::First, "take_any({})"),
        (AggregateFunction::Last, "take_any({})"),
        (AggregateFunction::StdevSample, "stdev({})"),
        (AggregateFunction::StdevPopulation, "stdevp({})"),
    ],
};

impl Pipeline for Kql {
    fn commands(&self) -> &'static Commands {
        &COMMANDS
    }

    fn sources(&self, parts: &[PartText<'_>]) -> String {
        let one = |part: &PartText<'_>| {
            let mut head = vec![part.source.table.clone()];
            head.extend(part.window.as_ref().map(|w| self.filter(w)));
            head.extend(part.source.select.as_ref().map(|s| self.filter(s)));
            self.one_source(head.join("\n"), part)
        };
        match parts {
            [part] => one(part),
            many => {
                let many: Vec<String> = many.iter().map(|p| format!("({})", one(p))).collect();
                format!("union\n{}", many.join(",\n"))
            }
        }
    }

    fn window(&self, time: &str, bounds: &Bounds) -> Option<String> {
        Some(match bounds {
            Bounds::None => return None,
            Bounds::Last(ms) => format!("{time} >= ago({}s)", ms.div_euclid(1000)),
            Bounds::Range(from, to) => format!(
                "{time} between (unixtime_milliseconds_todatetime({from}) .. \
                 unixtime_milliseconds_todatetime({to}))"
            ),
        })
    }

    fn sort_key(&self, column: &str, descending: bool) -> String {
        let order = if descending { "desc nulls last" } else { "asc nulls first" };
        format!("{column} {order}")
    }

    fn name(&self, name: &str) -> String {
        format!("['{}']", name.replace('\\', "\\\\").replace('\'', "\\'"))
    }

    fn text(&self, value: &str) -> String {
        text(value)
    }

    fn date(&self, time: &str, format: &Format) -> String {
        let words = format.render(["yyyy", "MM", "dd", "HH", "mm", "ss"]);
        format!("format_datetime({time}, {})", text(&words))
    }

    fn first_and_last(&self) -> &'static str {
        "FIRST and LAST give the value of any event of the group"
    }

    fn part(&self, text: &str, start: i64, length: i64) -> Option<String> {
        Some(format!("substring({text}, {start}, {length})"))
    }

    fn to_number(&self, field: &str) -> String {
        format!("todouble({field})")
    }
}
