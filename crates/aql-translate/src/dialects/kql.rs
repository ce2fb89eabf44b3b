//! The Kusto query language of Microsoft: Sentinel and Defender, each with tables of its own.

use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use aql_semantic::{AggregateFunction, CompareBy, CompareOp};

use super::sql::number;
use super::{Checked, Dialect};
use crate::Options;
use crate::condition::{Language, Term, joined};
use crate::loss::Losses;
use crate::map::Map;
use crate::pattern::{Pattern, Shape};
use crate::pipeline::{self, PartText, Pipeline};
use crate::pred::{Lowered, Number};
use crate::regex::portable;
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
    match map {
        Ok(map) => pipeline::write(query, map, &Kql, &Kql, options, losses),
        Err(why) => {
            losses.impossible(aql_diag::Span::default(), format!("the field map: {why}"));
            String::new()
        }
    }
}

struct Kql;

/// A text constant; verbatim where backslashes would have to be doubled.
fn text(text: &str) -> String {
    if text.contains('\\') && !text.chars().any(char::is_control) {
        return format!("@\"{}\"", text.replace('"', "\"\""));
    }
    let mut out = "\"".to_owned();
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out + "\""
}

fn list(values: &[Arc<str>]) -> String {
    values.iter().map(|v| text(v)).collect::<Vec<_>>().join(", ")
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
        Ok(match values {
            [one] => format!("({field} {} {})", if ignore_case { "=~" } else { "==" }, text(one)),
            many => {
                format!("({field} {} ({}))", if ignore_case { "in~" } else { "in" }, list(many))
            }
        })
    }

    fn numbers(&self, field: &str, is_number: bool, values: &[Number]) -> Term {
        let field = if is_number { field.to_owned() } else { self.to_number(field) };
        Ok(match values {
            [one] => format!("({field} == {})", number(one)),
            many => {
                let many: Vec<String> = many.iter().map(number).collect();
                format!("({field} in ({}))", many.join(", "))
            }
        })
    }

    fn number(&self, field: &str, is_number: bool, op: CompareOp, value: Number) -> Term {
        let field = if is_number { field.to_owned() } else { self.to_number(field) };
        Ok(format!("({field} {} {})", super::sql::operator(op), number(&value)))
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
        let op = match op {
            CompareOp::Eq => "==",
            CompareOp::NotEq => "!=",
            other if by == CompareBy::Number => super::sql::operator(other),
            _ => return Err("text is not ordered in the target".to_owned()),
        };
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

impl Pipeline for Kql {
    fn sources(&self, parts: &[PartText<'_>]) -> String {
        let one = |part: &PartText<'_>| {
            let mut lines = vec![part.source.table.clone()];
            lines.extend(part.window.as_ref().map(|w| self.filter(w)));
            lines.extend(part.source.select.as_ref().map(|s| self.filter(s)));
            lines.extend((!part.aliases.is_empty()).then(|| self.set(&part.aliases)));
            lines.extend(part.condition.as_ref().map(|c| self.filter(c)));
            lines.extend((!part.columns.is_empty()).then(|| self.set(&part.columns)));
            lines.join("\n")
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

    fn filter(&self, condition: &str) -> String {
        format!("| where {condition}")
    }

    fn set(&self, columns: &[(String, String)]) -> String {
        let columns: Vec<String> = columns.iter().map(|(n, e)| format!("{n} = {e}")).collect();
        format!("| extend {}", columns.join(",\n    "))
    }

    fn group(&self, calls: &[(String, String)], keys: &[String]) -> String {
        let calls: Vec<String> = calls.iter().map(|(n, e)| format!("{n} = {e}")).collect();
        let by = if keys.is_empty() { String::new() } else { format!(" by {}", keys.join(", ")) };
        format!("| summarize {}{by}", calls.join(", "))
    }

    fn sort(&self, by: &[(String, bool)]) -> String {
        let by: Vec<String> =
            by.iter()
                .map(|(n, d)| {
                    if *d { format!("{n} desc nulls last") } else { format!("{n} asc nulls first") }
                })
                .collect();
        format!("| sort by {}", by.join(", "))
    }

    fn limit(&self, limit: u64) -> String {
        format!("| take {limit}")
    }

    fn keep(&self, columns: &[String]) -> String {
        format!("| project {}", columns.join(", "))
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

    fn aggregate(&self, function: AggregateFunction, argument: Option<&str>) -> Option<String> {
        use AggregateFunction as F;
        Some(match (function, argument) {
            (F::Count, None) => "count()".to_owned(),
            (F::Count, Some(a)) => format!("countif(isnotempty({a}))"),
            (F::UniqueCount, Some(a)) => format!("count_distinctif({a}, isnotempty({a}))"),
            (F::DistinctCount, Some(a)) => format!("dcountif({a}, isnotempty({a}))"),
            (F::Sum, Some(a)) => format!("sum({a})"),
            (F::Avg, Some(a)) => format!("avg({a})"),
            (F::Min, Some(a)) => format!("min({a})"),
            (F::Max, Some(a)) => format!("max({a})"),
            (F::First | F::Last, Some(a)) => format!("take_any({a})"),
            (F::StdevSample, Some(a)) => format!("stdev({a})"),
            (F::StdevPopulation, Some(a)) => format!("stdevp({a})"),
            (_, None) => return None,
        })
    }

    fn first_and_last(&self) -> &'static str {
        "FIRST and LAST give the value of any event of the group"
    }

    fn part(&self, text: &str, start: i64, length: i64) -> String {
        format!("substring({text}, {start}, {length})")
    }

    fn to_number(&self, field: &str) -> String {
        format!("todouble({field})")
    }

    fn other_letters(&self) -> &'static str {
        "letters beyond ASCII, and ASCII letters that have a twin beyond it,"
    }
}
