//! The query language of CrowdStrike LogScale, over the events of the Falcon sensor. Filters know two
//! values: a test of a missing field fails, and its negation holds.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, LazyLock};

use aql_semantic::{AggregateFunction, CompareOp};

use super::{Checked, Dialect};
use crate::Options;
use crate::condition::{Language, Term, inline};
use crate::loss::Losses;
use crate::map::Map;
use crate::pattern::{Pattern, Piece};
use crate::pipeline::{self, Commands, Naming, PartText, Pipeline};
use crate::plain_regex::{self, Engine, PlainRegex};
use crate::pred::{Lowered, Number};
use crate::text::{bang_operator, c_text, is_word, number, operator, slashed};
use crate::time::{Bounds, Format};

pub(super) const DIALECT: Dialect = Dialect {
    name: "logscale",
    title: "CrowdStrike LogScale",
    extension: "logscale",
    checked: Checked::Grammar("logscale-tools"),
    comment: "//",
    write,
};

static MAP: LazyLock<Result<Map, String>> =
    LazyLock::new(|| Map::read(include_str!("../../maps/falcon.toml")));

fn write(query: &Lowered, options: &Options, losses: &mut Losses) -> String {
    pipeline::write(query, &MAP, &LogScale, options, losses)
}

struct LogScale;

/// Tests a field with a regular expression: `i` ignores case, `d` lets a dot pass over line breaks.
fn regex(field: &str, regex: &str, ignore_case: bool, dot_all: bool) -> String {
    let (i, d) = (if ignore_case { "i" } else { "" }, if dot_all { "d" } else { "" });
    format!("({field} = {}{i}{d})", slashed(regex))
}

/// The addresses of a network, as their text.
fn network(address: Ipv4Addr, bits: u8) -> String {
    let octets = address.octets();
    let whole = usize::from(bits / 8).min(4);
    let mut out = "^".to_owned();
    for (n, octet) in octets.iter().enumerate().take(whole) {
        out.push_str(&format!("{octet}{}", if n < 3 { r"\." } else { "$" }));
    }
    if let Some(octet) = octets.get(whole).filter(|_| !bits.is_multiple_of(8)) {
        let size = 1_u16 << (8 - bits % 8);
        let low = u16::from(*octet) / size * size;
        let list: Vec<String> = (low..low + size).map(|n| n.to_string()).collect();
        out.push_str(&format!("({}){}", list.join("|"), if whole < 3 { r"\." } else { "$" }));
    } else if whole == 0 {
        out.push_str(r"[0-9]+\.");
    }
    out
}

/// One of these tests.
fn any(tests: Vec<String>) -> String {
    match tests.as_slice() {
        [one] => one.clone(),
        many => inline(many, "or"),
    }
}

impl Language for LogScale {
    fn like(&self, field: &str, pattern: &Pattern, ignore_case: bool) -> Term {
        // What stands at the ends is no dot in the expression.
        let inner = pattern.pieces.get(1..pattern.pieces.len().saturating_sub(1));
        let dot_all = pattern.pieces.contains(&Piece::AnyOne)
            || inner.is_some_and(|pieces| pieces.contains(&Piece::AnyRun));
        Ok(regex(field, &pattern.regex(), ignore_case, dot_all))
    }

    fn equals(&self, field: &str, values: &[Arc<str>], ignore_case: bool) -> Term {
        let one = |value: &Arc<str>| {
            // A star would be a wildcard, and `=` has no form that ignores case.
            if ignore_case || value.contains('*') {
                let pattern = Pattern { pieces: vec![Piece::Text(value.to_string())] };
                regex(field, &pattern.regex(), ignore_case, false)
            } else {
                format!("({field} = {})", c_text(value))
            }
        };
        Ok(any(values.iter().map(one).collect()))
    }

    fn numbers(&self, field: &str, _: bool, values: &[Number]) -> Term {
        Ok(any(values.iter().map(|n| format!("({field} = {})", number(n))).collect()))
    }

    fn number(&self, field: &str, _: bool, op: CompareOp, value: Number) -> Term {
        Ok(format!("({field} {} {})", operator(op), number(&value)))
    }

    fn regex(&self, field: &str, java: &str, ignore_case: bool, full: bool) -> Term {
        let PlainRegex { text, ignore_case, dot_all } =
            plain_regex::translated(java, ignore_case, full, Engine::Lazy)?;
        Ok(regex(field, &text, ignore_case, dot_all))
    }

    fn network(&self, field: &str, address: IpAddr, bits: u8) -> Term {
        // `cidr()` is a step of its own and no part of a condition: the addresses are spelled out.
        let IpAddr::V4(address) = address else {
            return Err("networks of IPv6 addresses have no counterpart".to_owned());
        };
        Ok(regex(field, &network(address, bits), false, false))
    }

    fn present(&self, field: &str, _: bool) -> String {
        format!("({field} = *)")
    }

    fn missing(&self, field: &str, _: bool) -> String {
        format!("({field} != *)")
    }

    fn lower(&self, field: &str) -> Option<String> {
        // A function takes a field, not what another one gives.
        (!field.contains('(')).then(|| format!("lower({field})"))
    }

    fn first_of(&self, fields: &[String]) -> Option<String> {
        Some(format!("coalesce([{}], ignoreEmpty=false)", fields.join(", ")))
    }

    fn not(&self, inner: &str, _: bool, _: bool) -> String {
        format!("(not {inner})")
    }

    fn constant(&self, value: bool) -> &'static str {
        // Every event has a time.
        if value { "(@timestamp = *)" } else { "(not (@timestamp = *))" }
    }

    fn empty_is_missing(&self) -> bool {
        false
    }
}

/// What begins an aggregate that takes a field of one event.
const SELECT: &str = "selectFrom";

/// The aggregates are open: the name of the result is their last argument.
static COMMANDS: Commands = Commands {
    filter: "| ",
    set: "| ",
    set_each: true,
    set_name: Naming::Before(" := "),
    group: "| groupBy",
    group_name: Naming::Behind("as="),
    by: "",
    sort: "| sort",
    limit: "| head",
    keep: "| select",
    count: "count(",
    aggregates: &[
        (AggregateFunction::Count, "count({}, "),
        (AggregateFunction::UniqueCount, "count({}, distinct=true, "),
        (AggregateFunction::DistinctCount, "count({}, distinct=true, "),
        (AggregateFunction::Sum, "sum({}, "),
        (AggregateFunction::Avg, "avg({}, "),
        (AggregateFunction::Min, "min({}, "),
        (AggregateFunction::Max, "max({}, "),
        (AggregateFunction::First, "selectFromMin(@timestamp, include=[{}])"),
        (AggregateFunction::Last, "selectFromMax(@timestamp, include=[{}])"),
    ],
};

impl Pipeline for LogScale {
    fn commands(&self) -> &'static Commands {
        &COMMANDS
    }

    fn sources(&self, parts: &[PartText<'_>]) -> String {
        let one = |part: &PartText<'_>| self.one_source(part.source.table.clone(), part);
        match parts {
            [part] => one(part),
            // An event takes the first branch whose filters it passes, and is dropped without one.
            many => {
                let many: Vec<String> = many.iter().map(|p| one(p).replace('\n', "\n  ")).collect();
                format!("case {{\n  {}\n}}", many.join(";\n  "))
            }
        }
    }

    fn window(&self, _: &str, _: &Bounds) -> Option<String> {
        None
    }

    fn window_is_outside(&self) -> bool {
        true
    }

    fn group(&self, calls: &[(String, String)], keys: &[String]) -> String {
        let mut list = Vec::new();
        let mut named = String::new();
        for (name, call) in calls {
            if call.starts_with(SELECT) {
                // The field of an event keeps its name: that of the argument, with the same number.
                list.push(call.clone());
                named.push_str(&format!("\n| {name} := {}", name.replace('c', "a")));
            } else {
                list.push(format!("{call}as={name})"));
            }
        }
        let list = list.join(", ");
        let grouped = if keys.is_empty() {
            format!("| stats([{list}])")
        } else {
            format!("| groupBy([{}], function=[{list}], limit=max)", keys.join(", "))
        };
        grouped + &named
    }

    fn aggregate(&self, function: AggregateFunction, argument: Option<&str>) -> Option<String> {
        use AggregateFunction as F;
        match (function, argument) {
            (F::First, Some("@timestamp")) => self.known(F::Min, argument),
            (F::Last, Some("@timestamp")) => self.known(F::Max, argument),
            _ => self.known(function, argument),
        }
    }

    fn sort_key(&self, column: &str, _: bool) -> String {
        column.to_owned()
    }

    fn sort(&self, by: &[(String, bool)]) -> String {
        let columns: Vec<&str> = by.iter().map(|(c, _)| c.as_str()).collect();
        let orders: Vec<&str> =
            by.iter().map(|(_, down)| if *down { "desc" } else { "asc" }).collect();
        let (columns, orders) = (columns.join(", "), orders.join(", "));
        format!("| sort([{columns}], order=[{orders}], limit=20000)")
    }

    fn sort_limit(&self) -> Option<&'static str> {
        Some("the target sorts at most 20,000 events")
    }

    fn limit(&self, limit: u64) -> String {
        format!("| head({limit})")
    }

    fn keep(&self, columns: &[String]) -> String {
        format!("| select([{}])", columns.join(", "))
    }

    fn name(&self, name: &str) -> String {
        if is_word(name) { name.to_owned() } else { c_text(name) }
    }

    fn text(&self, value: &str) -> String {
        c_text(value)
    }

    fn date(&self, time: &str, format: &Format) -> String {
        let words = format.render(["%Y", "%m", "%d", "%H", "%M", "%S"]);
        format!("formatTime({}, field={time}, timezone=\"Z\")", c_text(&words))
    }

    fn part(&self, _: &str, _: i64, _: i64) -> Option<String> {
        None
    }

    fn estimates(&self, function: AggregateFunction) -> bool {
        function == AggregateFunction::UniqueCount
    }

    fn drops_missing_keys(&self) -> bool {
        true
    }

    fn having_operator(&self, op: CompareOp) -> &'static str {
        bang_operator(op)
    }

    fn to_number(&self, field: &str) -> String {
        field.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::network;

    #[test]
    fn networks_are_spelled_out() {
        let text = |a, b, c, d, bits| network(Ipv4Addr::new(a, b, c, d), bits);
        assert_eq!(text(10, 0, 0, 0, 8), r"^10\.");
        assert_eq!(text(40, 97, 0, 0, 14), r"^40\.(96|97|98|99)\.");
        assert_eq!(text(192, 0, 2, 6, 31), r"^192\.0\.2\.(6|7)$");
        assert_eq!(text(192, 0, 2, 6, 32), r"^192\.0\.2\.6$");
        assert_eq!(text(0, 0, 0, 0, 0), r"^[0-9]+\.");
    }
}
