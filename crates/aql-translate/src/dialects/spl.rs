//! The search language of Splunk: a search that finds the source, and `where` for everything else,
//! whose operators say which case and which nulls they mean.

use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use aql_semantic::{AggregateFunction, CompareBy, CompareOp};

use super::{Checked, Dialect};
use crate::Options;
use crate::condition::{Language, Term, only_numbers_are_ordered};
use crate::loss::Losses;
use crate::map::Map;
use crate::pattern::Pattern;
use crate::pipeline::{self, Commands, Naming, PartText, Pipeline};
use crate::pred::{Lowered, Number};
use crate::regex::portable;
use crate::text::{bang_operator, number, operator};
use crate::time::{Bounds, Format};

pub(super) const DIALECT: Dialect = Dialect {
    name: "splunk",
    title: "Splunk SPL",
    extension: "spl",
    checked: Checked::Golden,
    comment: "",
    write,
};

static MAP: LazyLock<Result<Map, String>> =
    LazyLock::new(|| Map::read(include_str!("../../maps/splunk.toml")));

fn write(query: &Lowered, options: &Options, losses: &mut Losses) -> String {
    pipeline::write(query, &MAP, &Spl, options, losses)
}

struct Spl;

fn text(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A field in an expression.
fn field(name: &str) -> String {
    if name.chars().all(|c| {
        c.is_ascii_alphanumeric() || c == '_' || c == '(' || c == ')' || c == ',' || c == ' '
    }) {
        name.to_owned()
    } else {
        format!("'{name}'")
    }
}

impl Language for Spl {
    fn like(&self, name: &str, pattern: &Pattern, ignore_case: bool) -> Term {
        let flags = if ignore_case { "(?is)" } else { "(?s)" };
        // `$` also matches before a last line break in PCRE.
        let regex = pattern.regex();
        let regex = match regex.strip_suffix('$') {
            Some(front) => format!("{front}\\z"),
            None => regex,
        };
        Ok(format!("match({}, {})", field(name), text(&format!("{flags}{regex}"))))
    }

    fn equals(&self, name: &str, values: &[Arc<str>], ignore_case: bool) -> Term {
        let of = if ignore_case { format!("lower({})", field(name)) } else { field(name) };
        let write = |v: &Arc<str>| if ignore_case { text(&v.to_lowercase()) } else { text(v) };
        Ok(match values {
            [one] => format!("({of}={})", write(one)),
            many => {
                let many: Vec<String> = many.iter().map(write).collect();
                format!("in({of}, {})", many.join(", "))
            }
        })
    }

    fn numbers(&self, name: &str, _: bool, values: &[Number]) -> Term {
        let of = self.to_number(name);
        Ok(match values {
            [one] => format!("({of}={})", number(one)),
            many => {
                let many: Vec<String> = many.iter().map(number).collect();
                format!("in({of}, {})", many.join(", "))
            }
        })
    }

    fn number(&self, name: &str, _: bool, op: CompareOp, value: Number) -> Term {
        Ok(format!("({}{}{})", self.to_number(name), operator(op), number(&value)))
    }

    fn regex(&self, name: &str, java: &str, ignore_case: bool, full: bool) -> Term {
        let regex = portable(java, ignore_case, full)?;
        Ok(format!("match({}, {})", field(name), text(&regex.text)))
    }

    fn network(&self, name: &str, address: IpAddr, bits: u8) -> Term {
        Ok(format!("cidrmatch(\"{address}/{bits}\", {})", field(name)))
    }

    fn present(&self, name: &str, _: bool) -> String {
        format!("isnotnull({})", field(name))
    }

    fn fields(&self, left: &str, op: CompareOp, by: CompareBy, right: &str) -> Term {
        only_numbers_are_ordered(op, by)?;
        let op = bang_operator(op);
        if by == CompareBy::Number {
            return Ok(format!("({}{op}{})", self.to_number(left), self.to_number(right)));
        }
        Ok(format!("({}{op}{})", field(left), field(right)))
    }

    fn lower(&self, name: &str) -> Option<String> {
        Some(format!("lower({})", field(name)))
    }

    fn first_of(&self, fields: &[String]) -> Option<String> {
        let fields: Vec<String> = fields.iter().map(|f| field(f)).collect();
        Some(format!("coalesce({})", fields.join(", ")))
    }

    fn not(&self, inner: &str, two_valued: bool, _: bool) -> String {
        if two_valued {
            // `if` takes its last branch where the condition is null.
            format!("(if({inner}, 0, 1)=1)")
        } else {
            format!("(NOT {inner})")
        }
    }

    fn words(&self) -> (&'static str, &'static str) {
        ("AND", "OR")
    }

    fn constant(&self, value: bool) -> &'static str {
        if value { "(1=1)" } else { "(1=0)" }
    }

    fn empty_is_missing(&self) -> bool {
        false
    }

    fn three_valued(&self) -> bool {
        true
    }
}

static COMMANDS: Commands = Commands {
    filter: "| where ",
    set: "| eval ",
    set_each: false,
    set_name: Naming::Before("="),
    group: "| stats ",
    group_name: Naming::Behind(" AS "),
    by: " BY ",
    sort: "| sort 0 ",
    limit: "| head ",
    keep: "| table ",
    count: "count",
    aggregates: &[
        (AggregateFunction::Count, "count({})"),
        (AggregateFunction::UniqueCount, "dc({})"),
        (AggregateFunction::DistinctCount, "estdc({})"),
        (AggregateFunction::Sum, "sum({})"),
        (AggregateFunction::Avg, "avg({})"),
        (AggregateFunction::Min, "min({})"),
        (AggregateFunction::Max, "max({})"),
        (AggregateFunction::First, "earliest({})"),
        (AggregateFunction::Last, "latest({})"),
        (AggregateFunction::StdevSample, "stdev({})"),
        (AggregateFunction::StdevPopulation, "stdevp({})"),
    ],
};

impl Pipeline for Spl {
    fn commands(&self) -> &'static Commands {
        &COMMANDS
    }

    fn sources(&self, parts: &[PartText<'_>]) -> String {
        let one = |part: &PartText<'_>| {
            let window = part.window.as_ref().map_or(String::new(), |w| format!(" {w}"));
            self.one_source(format!("search {}{window}", part.source.table), part)
        };
        match parts {
            [part] => one(part),
            many => {
                let many: Vec<String> = many.iter().map(|p| format!("[{}]", one(p))).collect();
                format!("| multisearch\n{}", many.join("\n"))
            }
        }
    }

    fn window(&self, _: &str, bounds: &Bounds) -> Option<String> {
        Some(match bounds {
            Bounds::None => return None,
            Bounds::Last(ms) => format!("earliest=-{}s", ms.div_euclid(1000)),
            Bounds::Range(from, to) => {
                format!(
                    "earliest={}.000 latest={}.000",
                    from.div_euclid(1000),
                    to.div_euclid(1000) + 1
                )
            }
        })
    }

    fn value(&self, text: &str) -> String {
        // A bare field name may need quotes.
        if text.starts_with('"') || text.contains('(') { text.to_owned() } else { field(text) }
    }

    fn sort_key(&self, column: &str, descending: bool) -> String {
        format!("{}{column}", if descending { "-" } else { "+" })
    }

    fn name(&self, name: &str) -> String {
        if name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            name.to_owned()
        } else {
            format!("\"{}\"", name.replace('"', ""))
        }
    }

    fn text(&self, value: &str) -> String {
        text(value)
    }

    fn date(&self, time: &str, format: &Format) -> String {
        let words = format.render(["%Y", "%m", "%d", "%H", "%M", "%S"]);
        format!("strftime({time}, {})", text(&words))
    }

    fn part(&self, text: &str, start: i64, length: i64) -> Option<String> {
        Some(format!("substr({text}, {}, {length})", start + 1))
    }

    fn drops_missing_keys(&self) -> bool {
        true
    }

    fn to_number(&self, name: &str) -> String {
        format!("tonumber({})", field(name))
    }
}
