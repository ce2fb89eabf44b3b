//! The search language of Sumo Logic, over JSON whose fields are read automatically.

use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use aql_semantic::{AggregateFunction, CompareBy, CompareOp};

use super::{Checked, Dialect};
use crate::Options;
use crate::condition::{Language, Term, one_of, only_numbers_are_ordered};
use crate::loss::Losses;
use crate::map::Map;
use crate::pattern::Pattern;
use crate::pipeline::{self, Commands, Naming, PartText, Pipeline};
use crate::pred::{Lowered, Number};
use crate::regex::portable;
use crate::text::{is_word, number, operator, slashed};
use crate::time::{Bounds, Format};

pub(super) const DIALECT: Dialect = Dialect {
    name: "sumo",
    title: "Sumo Logic",
    extension: "sumo",
    checked: Checked::Golden,
    comment: "//",
    write,
};

static MAP: LazyLock<Result<Map, String>> =
    LazyLock::new(|| Map::read(include_str!("../../maps/sumo.toml")));

fn write(query: &Lowered, options: &Options, losses: &mut Losses) -> String {
    pipeline::write(query, &MAP, &Sumo, options, losses)
}

struct Sumo;

fn text(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""))
}

impl Language for Sumo {
    fn like(&self, field: &str, pattern: &Pattern, ignore_case: bool) -> Term {
        // Whether an expression has to cover the whole value is not documented: this one does.
        let flags = if ignore_case { "(?is)" } else { "(?s)" };
        let whole = pattern.whole_regex();
        Ok(format!("({field} matches {})", slashed(&format!("{flags}{whole}"))))
    }

    fn equals(&self, field: &str, values: &[Arc<str>], ignore_case: bool) -> Term {
        let field = if ignore_case { format!("toLowerCase({field})") } else { field.to_owned() };
        let write = |v: &Arc<str>| if ignore_case { text(&v.to_lowercase()) } else { text(v) };
        Ok(one_of(&field, "=", "in", &values.iter().map(write).collect::<Vec<_>>()))
    }

    fn numbers(&self, field: &str, _: bool, values: &[Number]) -> Term {
        if values.iter().any(|v| matches!(v, Number::Double(_))) {
            return Err("decimal numbers are not compared for equality in the target".to_owned());
        }
        let values: Vec<String> = values.iter().map(number).collect();
        // A whole number is compared as one; a text would not be among numbers.
        Ok(one_of(&format!("toLong({field})"), "=", "in", &values))
    }

    fn number(&self, field: &str, _: bool, op: CompareOp, value: Number) -> Term {
        // The order of numbers makes a text a number.
        Ok(format!("({field} {} {})", operator(op), number(&value)))
    }

    fn regex(&self, field: &str, java: &str, ignore_case: bool, full: bool) -> Term {
        let regex = portable(java, ignore_case, full)?;
        if regex.backtracks {
            return Err("regular expressions have no look-around here".to_owned());
        }
        // The same with a search and with a match of the whole value.
        let whole = format!("^(?s:.*)(?:{})(?s:.*)$", regex.text);
        Ok(format!("({field} matches {})", slashed(&whole)))
    }

    fn network(&self, field: &str, address: IpAddr, bits: u8) -> Term {
        if address.is_ipv6() {
            return Err("networks of IPv6 addresses have no counterpart".to_owned());
        }
        let test = format!("compareCIDRPrefix(\"{address}\", {field}, \"{bits}\")");
        Ok(format!("({} and {test})", self.present(field, false)))
    }

    fn present(&self, field: &str, _: bool) -> String {
        format!("(!isNull({field}))")
    }

    fn missing(&self, field: &str, _: bool) -> String {
        format!("isNull({field})")
    }

    fn fields(&self, left: &str, op: CompareOp, by: CompareBy, right: &str) -> Term {
        only_numbers_are_ordered(op, by)?;
        if by == CompareBy::Number {
            return Ok(format!("(toLong({left}) {} toLong({right}))", operator(op)));
        }
        Ok(format!("({left} {} {right})", operator(op)))
    }

    fn lower(&self, field: &str) -> Option<String> {
        Some(format!("toLowerCase({field})"))
    }

    fn first_of(&self, fields: &[String]) -> Option<String> {
        let (last, rest) = fields.split_last()?;
        Some(rest.iter().rev().fold(last.clone(), |otherwise, field| {
            format!("if(isNull({field}), {otherwise}, {field})")
        }))
    }

    fn not(&self, inner: &str, _: bool, _: bool) -> String {
        format!("(!{inner})")
    }

    fn constant(&self, value: bool) -> &'static str {
        if value { "(1 = 1)" } else { "(1 = 0)" }
    }

    fn empty_is_missing(&self) -> bool {
        false
    }

    fn keeps_missing_by_guard(&self) -> bool {
        // What a test of a null comes to is not documented.
        true
    }
}

static COMMANDS: Commands = Commands {
    filter: "| where ",
    set: "| ",
    set_each: true,
    set_name: Naming::Behind(" as "),
    group: "| ",
    group_name: Naming::Behind(" as "),
    by: " by ",
    sort: "| sort by ",
    limit: "| limit ",
    keep: "| fields ",
    count: "count",
    aggregates: &[
        (AggregateFunction::UniqueCount, "count_distinct({})"),
        (AggregateFunction::DistinctCount, "count_distinct({})"),
        (AggregateFunction::Sum, "sum({})"),
        (AggregateFunction::Avg, "avg({})"),
        (AggregateFunction::Min, "min({})"),
        (AggregateFunction::Max, "max({})"),
        // Results come newest first.
        (AggregateFunction::First, "last({})"),
        (AggregateFunction::Last, "first({})"),
    ],
};

impl Pipeline for Sumo {
    fn commands(&self) -> &'static Commands {
        &COMMANDS
    }

    fn sources(&self, parts: &[PartText<'_>]) -> String {
        let tables: Vec<&str> = parts.iter().map(|p| p.source.table.as_str()).collect();
        let head = match tables.as_slice() {
            [one] => (*one).to_owned(),
            many => format!("({})", many.join(" or ")),
        };
        self.merged_sources(head, parts)
    }

    fn window(&self, _: &str, _: &Bounds) -> Option<String> {
        None
    }

    fn window_is_outside(&self) -> bool {
        true
    }

    fn sort_key(&self, column: &str, descending: bool) -> String {
        format!("{column} {}", if descending { "desc" } else { "asc" })
    }

    fn name(&self, name: &str) -> String {
        if is_word(name) { name.to_owned() } else { format!("%{}", text(name)) }
    }

    fn text(&self, value: &str) -> String {
        text(value)
    }

    fn date(&self, time: &str, format: &Format) -> String {
        let words = format.render(["yyyy", "MM", "dd", "HH", "mm", "ss"]);
        format!("formatDate(toLong({time}), {}, \"UTC\")", text(&words))
    }

    fn first_and_last(&self) -> &'static str {
        "FIRST and LAST go by the order of the search, which is newest first"
    }

    fn part(&self, text: &str, start: i64, length: i64) -> Option<String> {
        Some(format!("substring({text}, {start}, {})", start.saturating_add(length)))
    }

    fn estimates(&self, function: AggregateFunction) -> bool {
        function == AggregateFunction::UniqueCount
    }

    fn drops_missing_keys(&self) -> bool {
        true
    }

    fn having_operator(&self, op: CompareOp) -> &'static str {
        operator(op)
    }

    fn to_number(&self, field: &str) -> String {
        format!("num({field})")
    }
}
