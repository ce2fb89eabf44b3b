//! The search language of Splunk: a search that finds the source, and `where` for everything else,
//! whose operators say which case and which nulls they mean.

use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use aql_semantic::{AggregateFunction, CompareBy, CompareOp};

use super::sql::number;
use super::{Checked, Dialect};
use crate::Options;
use crate::condition::{Language, Term};
use crate::loss::Losses;
use crate::map::Map;
use crate::pattern::Pattern;
use crate::pipeline::{self, PartText, Pipeline};
use crate::pred::{Lowered, Number};
use crate::regex::portable;
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
    match &*MAP {
        Ok(map) => pipeline::write(query, map, &Spl, &Spl, options, losses),
        Err(why) => {
            losses.impossible(aql_diag::Span::default(), format!("the field map: {why}"));
            String::new()
        }
    }
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
        Ok(format!("({}{}{})", self.to_number(name), super::sql::operator(op), number(&value)))
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
        let op = match op {
            CompareOp::Eq => "=",
            CompareOp::NotEq => "!=",
            other if by == CompareBy::Number => super::sql::operator(other),
            _ => return Err("text is not ordered in the target".to_owned()),
        };
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

impl Pipeline for Spl {
    fn sources(&self, parts: &[PartText<'_>]) -> String {
        let one = |part: &PartText<'_>| {
            let window = part.window.as_ref().map_or(String::new(), |w| format!(" {w}"));
            let mut lines = vec![format!("search {}{window}", part.source.table)];
            lines.extend((!part.aliases.is_empty()).then(|| self.set(&part.aliases)));
            lines.extend(part.condition.as_ref().map(|c| self.filter(c)));
            lines.extend((!part.columns.is_empty()).then(|| self.set(&part.columns)));
            lines.join("\n")
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

    fn filter(&self, condition: &str) -> String {
        format!("| where {condition}")
    }

    fn set(&self, columns: &[(String, String)]) -> String {
        let columns: Vec<String> =
            columns.iter().map(|(n, e)| format!("{n}={}", value(e))).collect();
        format!("| eval {}", columns.join(",\n    "))
    }

    fn group(&self, calls: &[(String, String)], keys: &[String]) -> String {
        let calls: Vec<String> = calls.iter().map(|(n, e)| format!("{e} AS {n}")).collect();
        let by = if keys.is_empty() { String::new() } else { format!(" BY {}", keys.join(", ")) };
        format!("| stats {}{by}", calls.join(", "))
    }

    fn sort(&self, by: &[(String, bool)]) -> String {
        let by: Vec<String> =
            by.iter().map(|(n, d)| format!("{}{n}", if *d { "-" } else { "+" })).collect();
        format!("| sort 0 {}", by.join(", "))
    }

    fn limit(&self, limit: u64) -> String {
        format!("| head {limit}")
    }

    fn keep(&self, columns: &[String]) -> String {
        format!("| table {}", columns.join(", "))
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

    fn aggregate(&self, function: AggregateFunction, argument: Option<&str>) -> Option<String> {
        use AggregateFunction as F;
        let name = match function {
            F::Count => "count",
            F::UniqueCount => "dc",
            F::DistinctCount => "estdc",
            F::Sum => "sum",
            F::Avg => "avg",
            F::Min => "min",
            F::Max => "max",
            F::First => "earliest",
            F::Last => "latest",
            F::StdevSample => "stdev",
            F::StdevPopulation => "stdevp",
        };
        match (function, argument) {
            (F::Count, None) => Some("count".to_owned()),
            (_, Some(argument)) => Some(format!("{name}({argument})")),
            (_, None) => None,
        }
    }

    fn part(&self, text: &str, start: i64, length: i64) -> String {
        format!("substr({text}, {}, {length})", start + 1)
    }

    fn drops_missing_keys(&self) -> bool {
        true
    }

    fn to_number(&self, name: &str) -> String {
        format!("tonumber({})", field(name))
    }

    fn other_letters(&self) -> &'static str {
        "letters beyond ASCII, and ASCII letters that have a twin beyond it,"
    }
}

/// A value in `eval`: a bare field name may need quotes.
fn value(text: &str) -> String {
    if text.starts_with('"') || text.contains('(') { text.to_owned() } else { field(text) }
}
