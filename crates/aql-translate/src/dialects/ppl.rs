//! The Piped Processing Language of OpenSearch 3, over ECS fields. Its regular expressions are Java's.

use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use aql_semantic::{AggregateFunction, CompareBy, CompareOp};

use super::{Checked, Dialect};
use crate::Options;
use crate::condition::{Language, Term, as_texts, one_of, only_numbers_are_ordered};
use crate::loss::Losses;
use crate::map::Map;
use crate::pattern::Pattern;
use crate::pipeline::{self, Commands, Naming, PartText, Pipeline};
use crate::pred::{Lowered, Number};
use crate::regex::java_regex;
use crate::text::{bang_operator, is_word, number, operator};
use crate::time::{Bounds, Format};

pub(super) const DIALECT: Dialect = Dialect {
    name: "ppl",
    title: "OpenSearch PPL",
    extension: "ppl",
    checked: Checked::Golden,
    comment: "//",
    write,
};

static MAP: LazyLock<Result<Map, String>> =
    LazyLock::new(|| Map::read(include_str!("../../maps/opensearch.toml")));

fn write(query: &Lowered, options: &Options, losses: &mut Losses) -> String {
    pipeline::write(query, &MAP, &Ppl, options, losses)
}

struct Ppl;

fn text(text: &str) -> String {
    format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'"))
}

impl Language for Ppl {
    fn like(&self, field: &str, pattern: &Pattern, ignore_case: bool) -> Term {
        // The backslash escapes in a pattern, and once more in a text.
        let pattern = text(&pattern.render(|t| t.replace('\\', r"\\"), "%", "_"));
        // Whether `like` ignores case by default is a setting of the cluster.
        Ok(if ignore_case {
            format!("ilike({field}, {pattern})")
        } else {
            format!("like({field}, {pattern}, true)")
        })
    }

    fn equals(&self, field: &str, values: &[Arc<str>], ignore_case: bool) -> Term {
        let field = if ignore_case { format!("lower({field})") } else { field.to_owned() };
        let write = |v: &Arc<str>| if ignore_case { text(&v.to_lowercase()) } else { text(v) };
        Ok(one_of(&field, "=", "in", &values.iter().map(write).collect::<Vec<_>>()))
    }

    fn numbers(&self, field: &str, is_number: bool, values: &[Number]) -> Term {
        if !is_number {
            return self.equals(field, &as_texts(values), false);
        }
        Ok(one_of(field, "=", "in", &values.iter().map(number).collect::<Vec<_>>()))
    }

    fn number(&self, field: &str, is_number: bool, op: CompareOp, value: Number) -> Term {
        let field = if is_number { field.to_owned() } else { self.to_number(field) };
        Ok(format!("({field} {} {})", operator(op), number(&value)))
    }

    fn regex(&self, field: &str, java: &str, ignore_case: bool, full: bool) -> Term {
        Ok(format!("regexp_match({field}, {})", text(&java_regex(java, ignore_case, full)?)))
    }

    fn network(&self, field: &str, address: IpAddr, bits: u8) -> Term {
        Ok(format!("cidrmatch({field}, '{address}/{bits}')"))
    }

    fn present(&self, field: &str, _: bool) -> String {
        format!("isnotnull({field})")
    }

    fn missing(&self, field: &str, _: bool) -> String {
        format!("isnull({field})")
    }

    fn fields(&self, left: &str, op: CompareOp, by: CompareBy, right: &str) -> Term {
        only_numbers_are_ordered(op, by)?;
        let op = bang_operator(op);
        if by == CompareBy::Number {
            return Ok(format!("({} {op} {})", self.to_number(left), self.to_number(right)));
        }
        Ok(format!("({left} {op} {right})"))
    }

    fn lower(&self, field: &str) -> Option<String> {
        Some(format!("lower({field})"))
    }

    fn first_of(&self, fields: &[String]) -> Option<String> {
        Some(format!("coalesce({})", fields.join(", ")))
    }

    fn not(&self, inner: &str, _: bool, _: bool) -> String {
        format!("(not {inner})")
    }

    fn empty_is_missing(&self) -> bool {
        false
    }

    fn three_valued(&self) -> bool {
        true
    }

    fn keeps_missing_by_guard(&self) -> bool {
        true
    }
}

static COMMANDS: Commands = Commands {
    filter: "| where ",
    set: "| eval ",
    set_each: false,
    set_name: Naming::Before(" = "),
    // Without it a cluster may leave out the events without a key.
    group: "| stats bucket_nullable=true ",
    group_name: Naming::Behind(" as "),
    by: " by ",
    sort: "| sort ",
    limit: "| head ",
    keep: "| fields ",
    count: "count()",
    aggregates: &[
        (AggregateFunction::Count, "count({})"),
        (AggregateFunction::UniqueCount, "distinct_count({})"),
        (AggregateFunction::DistinctCount, "distinct_count_approx({})"),
        (AggregateFunction::Sum, "sum({})"),
        (AggregateFunction::Avg, "avg({})"),
        (AggregateFunction::Min, "min({})"),
        (AggregateFunction::Max, "max({})"),
        (AggregateFunction::First, "earliest({})"),
        (AggregateFunction::Last, "latest({})"),
        (AggregateFunction::StdevSample, "stddev_samp({})"),
        (AggregateFunction::StdevPopulation, "stddev_pop({})"),
    ],
};

impl Pipeline for Ppl {
    fn commands(&self) -> &'static Commands {
        &COMMANDS
    }

    fn sources(&self, parts: &[PartText<'_>]) -> String {
        let tables: Vec<&str> = parts.iter().map(|p| p.source.table.as_str()).collect();
        self.merged_sources(format!("source = {}", tables.join(", ")), parts)
    }

    fn window(&self, time: &str, bounds: &Bounds) -> Option<String> {
        let seconds = |ms: &i64| format!("{}.{:03}", ms.div_euclid(1000), ms.rem_euclid(1000));
        Some(match bounds {
            Bounds::None => return None,
            Bounds::Last(ms) => {
                format!("({time} >= date_sub(now(), interval {} second))", ms.div_euclid(1000))
            }
            Bounds::Range(from, to) => format!(
                "(({time} >= from_unixtime({})) and ({time} <= from_unixtime({})))",
                seconds(from),
                seconds(to)
            ),
        })
    }

    fn sort_key(&self, column: &str, descending: bool) -> String {
        format!("{} {column}", if descending { "-" } else { "+" })
    }

    fn name(&self, name: &str) -> String {
        if is_word(name) { name.to_owned() } else { format!("`{}`", name.replace('`', "")) }
    }

    fn text(&self, value: &str) -> String {
        text(value)
    }

    fn date(&self, time: &str, format: &Format) -> String {
        let words = format.render(["%Y", "%m", "%d", "%H", "%i", "%s"]);
        format!("date_format({time}, {})", text(&words))
    }

    fn part(&self, text: &str, start: i64, length: i64) -> Option<String> {
        Some(format!("substring({text}, {}, {length})", start + 1))
    }

    fn estimates(&self, function: AggregateFunction) -> bool {
        function == AggregateFunction::UniqueCount
    }

    fn having_operator(&self, op: CompareOp) -> &'static str {
        bang_operator(op)
    }

    fn to_number(&self, field: &str) -> String {
        format!("cast({field} as double)")
    }
}
