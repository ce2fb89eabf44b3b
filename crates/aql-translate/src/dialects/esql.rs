//! ES|QL of Elasticsearch, over ECS fields.

use std::net::IpAddr;
use std::sync::Arc;

use aql_semantic::{AggregateFunction, CompareBy, CompareOp};

use super::{Checked, Dialect};
use crate::Options;
use crate::condition::{Language, Term, as_texts, one_of};
use crate::loss::Losses;
use crate::lucene_regex::automaton;
use crate::map::ELASTIC;
use crate::pattern::Pattern;
use crate::pipeline::{self, Commands, Naming, PartText, Pipeline};
use crate::pred::{Lowered, Number};
use crate::text::{c_operator, c_text, is_word, number, operator};
use crate::time::{Bounds, Format};

pub(super) const DIALECT: Dialect = Dialect {
    name: "esql",
    title: "Elastic ES|QL",
    extension: "esql",
    checked: Checked::Parser("esql-parser"),
    comment: "//",
    write,
};

fn write(query: &Lowered, options: &Options, losses: &mut Losses) -> String {
    pipeline::write(query, &ELASTIC, &Esql, options, losses)
}

struct Esql;

/// A pattern, raw where backslashes would have to be doubled once more.
fn pattern_text(pattern: &str) -> String {
    let raw =
        pattern.contains('\\') && !pattern.contains('"') && !pattern.chars().any(char::is_control);
    if raw { format!("\"\"\"{pattern}\"\"\"") } else { c_text(pattern) }
}

fn lowered(field: &str, ignore_case: bool) -> String {
    if ignore_case { format!("TO_LOWER({field})") } else { field.to_owned() }
}

impl Language for Esql {
    fn like(&self, field: &str, pattern: &Pattern, ignore_case: bool) -> Term {
        let literal = |t: &str| {
            let t = if ignore_case { t.to_lowercase() } else { t.to_owned() };
            t.replace('\\', "\\\\").replace('*', "\\*").replace('?', "\\?")
        };
        let pattern = pattern.render(literal, "*", "?");
        Ok(format!("({} LIKE {})", lowered(field, ignore_case), pattern_text(&pattern)))
    }

    fn equals(&self, field: &str, values: &[Arc<str>], ignore_case: bool) -> Term {
        let write = |v: &Arc<str>| if ignore_case { c_text(&v.to_lowercase()) } else { c_text(v) };
        let values: Vec<String> = values.iter().map(write).collect();
        Ok(one_of(&lowered(field, ignore_case), "==", "IN", &values))
    }

    fn numbers(&self, field: &str, is_number: bool, values: &[Number]) -> Term {
        if !is_number {
            return self.equals(field, &as_texts(values), false);
        }
        Ok(one_of(field, "==", "IN", &values.iter().map(number).collect::<Vec<_>>()))
    }

    fn number(&self, field: &str, is_number: bool, op: CompareOp, value: Number) -> Term {
        let field = if is_number { field.to_owned() } else { self.to_number(field) };
        Ok(format!("({field} {} {})", operator(op), number(&value)))
    }

    fn regex(&self, field: &str, java: &str, ignore_case: bool, full: bool) -> Term {
        let regex = automaton(java, ignore_case, full)?;
        Ok(format!("({field} RLIKE {})", pattern_text(&regex)))
    }

    fn network(&self, field: &str, address: IpAddr, bits: u8) -> Term {
        Ok(format!("CIDR_MATCH({field}, \"{address}/{bits}\")"))
    }

    fn present(&self, field: &str, _: bool) -> String {
        format!("({field} IS NOT NULL)")
    }

    fn fields(&self, left: &str, op: CompareOp, by: CompareBy, right: &str) -> Term {
        let op = c_operator(op);
        if by == CompareBy::Number {
            return Ok(format!("({} {op} {})", self.to_number(left), self.to_number(right)));
        }
        Ok(format!("({left} {op} {right})"))
    }

    fn lower(&self, field: &str) -> Option<String> {
        Some(format!("TO_LOWER({field})"))
    }

    fn first_of(&self, fields: &[String]) -> Option<String> {
        Some(format!("COALESCE({})", fields.join(", ")))
    }

    fn not(&self, inner: &str, two_valued: bool, _: bool) -> String {
        if two_valued {
            format!("(NOT COALESCE({inner}, false))")
        } else {
            format!("(NOT {inner})")
        }
    }

    fn words(&self) -> (&'static str, &'static str) {
        ("AND", "OR")
    }

    fn empty_is_missing(&self) -> bool {
        false
    }

    fn three_valued(&self) -> bool {
        true
    }
}

static COMMANDS: Commands = Commands {
    filter: "| WHERE ",
    set: "| EVAL ",
    set_each: false,
    set_name: Naming::Before(" = "),
    group: "| STATS ",
    group_name: Naming::Before(" = "),
    by: " BY ",
    sort: "| SORT ",
    limit: "| LIMIT ",
    keep: "| KEEP ",
    count: "COUNT(*)",
    aggregates: &[
        (AggregateFunction::Count, "COUNT({})"),
        (AggregateFunction::UniqueCount, "COUNT_DISTINCT({})"),
        (AggregateFunction::DistinctCount, "COUNT_DISTINCT({})"),
        (AggregateFunction::Sum, "SUM({})"),
        (AggregateFunction::Avg, "AVG({})"),
        (AggregateFunction::Min, "MIN({})"),
        (AggregateFunction::Max, "MAX({})"),
        (AggregateFunction::First, "TOP({}, 1, \"asc\")"),
        (AggregateFunction::Last, "TOP({}, 1, \"desc\")"),
        (AggregateFunction::StdevPopulation, "STD_DEV({})"),
    ],
};

impl Pipeline for Esql {
    fn commands(&self) -> &'static Commands {
        &COMMANDS
    }

    fn sources(&self, parts: &[PartText<'_>]) -> String {
        let tables: Vec<&str> = parts.iter().map(|p| p.source.table.as_str()).collect();
        self.merged_sources(format!("FROM {}", tables.join(",")), parts)
    }

    fn window(&self, time: &str, bounds: &Bounds) -> Option<String> {
        Some(match bounds {
            Bounds::None => return None,
            Bounds::Last(ms) => format!("{time} >= NOW() - {} seconds", ms.div_euclid(1000)),
            Bounds::Range(from, to) => {
                format!("({time} >= TO_DATETIME({from}) AND {time} <= TO_DATETIME({to}))")
            }
        })
    }

    fn sort_key(&self, column: &str, descending: bool) -> String {
        let order = if descending { "DESC NULLS LAST" } else { "ASC NULLS FIRST" };
        format!("{column} {order}")
    }

    fn name(&self, name: &str) -> String {
        if is_word(name) { name.to_owned() } else { format!("`{}`", name.replace('`', "``")) }
    }

    fn text(&self, value: &str) -> String {
        c_text(value)
    }

    fn date(&self, time: &str, format: &Format) -> String {
        let words = format.render(["yyyy", "MM", "dd", "HH", "mm", "ss"]);
        format!("DATE_FORMAT({}, {time})", c_text(&words))
    }

    fn first_and_last(&self) -> &'static str {
        "FIRST and LAST give the least and the greatest value of the group"
    }

    fn part(&self, text: &str, start: i64, length: i64) -> Option<String> {
        Some(format!("SUBSTRING({text}, {}, {length})", start + 1))
    }

    fn estimates(&self, function: AggregateFunction) -> bool {
        function == AggregateFunction::UniqueCount
    }

    fn to_number(&self, field: &str) -> String {
        format!("TO_DOUBLE({field})")
    }
}
