//! ES|QL of Elasticsearch, over ECS fields.

use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use aql_semantic::{AggregateFunction, CompareBy, CompareOp};

use super::sql::number;
use super::{Checked, Dialect};
use crate::Options;
use crate::condition::{Language, Term, joined};
use crate::loss::Losses;
use crate::lucene_regex::automaton;
use crate::map::Map;
use crate::pattern::Pattern;
use crate::pipeline::{self, PartText, Pipeline};
use crate::pred::{Lowered, Number};
use crate::time::{Bounds, Format};

pub(super) const DIALECT: Dialect = Dialect {
    name: "esql",
    title: "Elastic ES|QL",
    extension: "esql",
    checked: Checked::Parser("esql-parser"),
    comment: "//",
    write,
};

static MAP: LazyLock<Result<Map, String>> =
    LazyLock::new(|| Map::read(include_str!("../../maps/elastic.toml")));

fn write(query: &Lowered, options: &Options, losses: &mut Losses) -> String {
    match &*MAP {
        Ok(map) => pipeline::write(query, map, &Esql, &Esql, options, losses),
        Err(why) => {
            losses.impossible(aql_diag::Span::default(), format!("the field map: {why}"));
            String::new()
        }
    }
}

struct Esql;

fn text(text: &str) -> String {
    let mut out = "\"".to_owned();
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out + "\""
}

/// A pattern, raw where backslashes would have to be doubled once more.
fn pattern_text(pattern: &str) -> String {
    let raw =
        pattern.contains('\\') && !pattern.contains('"') && !pattern.chars().any(char::is_control);
    if raw { format!("\"\"\"{pattern}\"\"\"") } else { text(pattern) }
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
        let write = |v: &Arc<str>| if ignore_case { text(&v.to_lowercase()) } else { text(v) };
        let field = lowered(field, ignore_case);
        Ok(match values {
            [one] => format!("({field} == {})", write(one)),
            many => {
                let many: Vec<String> = many.iter().map(write).collect();
                format!("({field} IN ({}))", many.join(", "))
            }
        })
    }

    fn numbers(&self, field: &str, is_number: bool, values: &[Number]) -> Term {
        if !is_number {
            let values: Vec<Arc<str>> = values.iter().map(|n| Arc::from(number(n))).collect();
            return self.equals(field, &values, false);
        }
        Ok(match values {
            [one] => format!("({field} == {})", number(one)),
            many => {
                let many: Vec<String> = many.iter().map(number).collect();
                format!("({field} IN ({}))", many.join(", "))
            }
        })
    }

    fn number(&self, field: &str, is_number: bool, op: CompareOp, value: Number) -> Term {
        let field = if is_number { field.to_owned() } else { self.to_number(field) };
        Ok(format!("({field} {} {})", super::sql::operator(op), number(&value)))
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
        let op = match op {
            CompareOp::Eq => "==",
            CompareOp::NotEq => "!=",
            other => super::sql::operator(other),
        };
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

impl Pipeline for Esql {
    fn sources(&self, parts: &[PartText<'_>]) -> String {
        let tables: Vec<&str> = parts.iter().map(|p| p.source.table.as_str()).collect();
        let mut lines = vec![format!("FROM {}", tables.join(","))];
        lines.extend(parts.first().and_then(|p| p.window.as_ref()).map(|w| self.filter(w)));
        let mut aliases: Vec<(String, String)> = Vec::new();
        for alias in parts.iter().flat_map(|p| &p.aliases) {
            if !aliases.iter().any(|(known, _)| *known == alias.0) {
                aliases.push(alias.clone());
            }
        }
        lines.extend((!aliases.is_empty()).then(|| self.set(&aliases)));
        let conditions: Vec<String> = parts.iter().filter_map(|p| p.condition.clone()).collect();
        match conditions.as_slice() {
            [one] if parts.len() == 1 => lines.push(self.filter(one)),
            many if many.len() == parts.len() => {
                lines.push(self.filter(&joined(conditions, "OR", 0)));
            }
            _ => {}
        }
        let mut columns: Vec<(String, String)> = Vec::new();
        for (name, value) in parts.iter().flat_map(|p| &p.columns) {
            match columns.iter_mut().find(|(known, _)| known == name) {
                Some((_, known)) if known != value => {
                    *known = format!("COALESCE({known}, {value})")
                }
                Some(_) => {}
                None => columns.push((name.clone(), value.clone())),
            }
        }
        lines.extend((!columns.is_empty()).then(|| self.set(&columns)));
        lines.join("\n")
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

    fn filter(&self, condition: &str) -> String {
        format!("| WHERE {condition}")
    }

    fn set(&self, columns: &[(String, String)]) -> String {
        let columns: Vec<String> = columns.iter().map(|(n, e)| format!("{n} = {e}")).collect();
        format!("| EVAL {}", columns.join(",\n    "))
    }

    fn group(&self, calls: &[(String, String)], keys: &[String]) -> String {
        let calls: Vec<String> = calls.iter().map(|(n, e)| format!("{n} = {e}")).collect();
        let by = if keys.is_empty() { String::new() } else { format!(" BY {}", keys.join(", ")) };
        format!("| STATS {}{by}", calls.join(", "))
    }

    fn sort(&self, by: &[(String, bool)]) -> String {
        let by: Vec<String> =
            by.iter()
                .map(|(n, d)| {
                    if *d { format!("{n} DESC NULLS LAST") } else { format!("{n} ASC NULLS FIRST") }
                })
                .collect();
        format!("| SORT {}", by.join(", "))
    }

    fn limit(&self, limit: u64) -> String {
        format!("| LIMIT {limit}")
    }

    fn keep(&self, columns: &[String]) -> String {
        format!("| KEEP {}", columns.join(", "))
    }

    fn name(&self, name: &str) -> String {
        if name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !name.starts_with(|c: char| c.is_ascii_digit())
        {
            name.to_owned()
        } else {
            format!("`{}`", name.replace('`', "``"))
        }
    }

    fn text(&self, value: &str) -> String {
        text(value)
    }

    fn date(&self, time: &str, format: &Format) -> String {
        let words = format.render(["yyyy", "MM", "dd", "HH", "mm", "ss"]);
        format!("DATE_FORMAT({}, {time})", text(&words))
    }

    fn aggregate(&self, function: AggregateFunction, argument: Option<&str>) -> Option<String> {
        use AggregateFunction as F;
        Some(match (function, argument) {
            (F::Count, None) => "COUNT(*)".to_owned(),
            (F::Count, Some(a)) => format!("COUNT({a})"),
            (F::UniqueCount | F::DistinctCount, Some(a)) => format!("COUNT_DISTINCT({a})"),
            (F::Sum, Some(a)) => format!("SUM({a})"),
            (F::Avg, Some(a)) => format!("AVG({a})"),
            (F::Min, Some(a)) => format!("MIN({a})"),
            (F::Max, Some(a)) => format!("MAX({a})"),
            (F::First, Some(a)) => format!("TOP({a}, 1, \"asc\")"),
            (F::Last, Some(a)) => format!("TOP({a}, 1, \"desc\")"),
            (F::StdevPopulation, Some(a)) => format!("STD_DEV({a})"),
            _ => return None,
        })
    }

    fn first_and_last(&self) -> &'static str {
        "FIRST and LAST give the least and the greatest value of the group"
    }

    fn part(&self, text: &str, start: i64, length: i64) -> String {
        format!("SUBSTRING({text}, {}, {length})", start + 1)
    }

    fn estimates(&self, function: AggregateFunction) -> bool {
        function == AggregateFunction::UniqueCount
    }

    fn to_number(&self, field: &str) -> String {
        format!("TO_DOUBLE({field})")
    }

    fn other_letters(&self) -> &'static str {
        "letters beyond ASCII, and ASCII letters that have a twin beyond it,"
    }
}
