//! EQL of Elasticsearch, over ECS fields.

use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use aql_semantic::{CompareBy, CompareOp};

use super::sql::number;
use super::{Checked, Dialect};
use crate::Options;
use crate::condition::{Language, Term};
use crate::filter;
use crate::loss::Losses;
use crate::lucene_regex::automaton;
use crate::map::Map;
use crate::pattern::Pattern;
use crate::pred::{Lowered, Number};

pub(super) const DIALECT: Dialect = Dialect {
    name: "eql",
    title: "Elastic EQL",
    extension: "eql",
    checked: Checked::Parser("eql"),
    comment: "//",
    write,
};

static MAP: LazyLock<Result<Map, String>> =
    LazyLock::new(|| Map::read(include_str!("../../maps/elastic.toml")));

fn write(query: &Lowered, _: &Options, losses: &mut Losses) -> String {
    let text = |condition: String, _: &crate::map::Source| condition;
    format!("any where {}", filter::write(query, &MAP, &Eql, losses, &text, " or "))
}

struct Eql;

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

impl Language for Eql {
    fn like(&self, field: &str, pattern: &Pattern, ignore_case: bool) -> Term {
        if pattern.literals().any(|t| t.contains(['*', '?'])) {
            return Err("a wildcard cannot be a plain character in the target".to_owned());
        }
        let tilde = if ignore_case { "~" } else { "" };
        let pattern = pattern.render(str::to_owned, "*", "?");
        Ok(format!("({field} like{tilde} {})", text(&pattern)))
    }

    fn equals(&self, field: &str, values: &[Arc<str>], ignore_case: bool) -> Term {
        let tilde = if ignore_case { "~" } else { "" };
        Ok(match values {
            [one] if !ignore_case => format!("({field} == {})", text(one)),
            many => {
                let many: Vec<String> = many.iter().map(|v| text(v)).collect();
                format!("({field} in{tilde} ({}))", many.join(", "))
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
                format!("({field} in ({}))", many.join(", "))
            }
        })
    }

    fn number(&self, field: &str, is_number: bool, op: CompareOp, value: Number) -> Term {
        let field = if is_number { field.to_owned() } else { format!("number({field})") };
        Ok(format!("({field} {} {})", super::sql::operator(op), number(&value)))
    }

    fn regex(&self, field: &str, java: &str, ignore_case: bool, full: bool) -> Term {
        let tilde = if ignore_case { "~" } else { "" };
        // The operator ignores case itself.
        Ok(format!("({field} regex{tilde} {})", text(&automaton(java, false, full)?)))
    }

    fn network(&self, field: &str, address: IpAddr, bits: u8) -> Term {
        Ok(format!("cidrMatch({field}, \"{address}/{bits}\")"))
    }

    fn present(&self, field: &str, _: bool) -> String {
        format!("({field} != null)")
    }

    fn fields(&self, left: &str, op: CompareOp, by: CompareBy, right: &str) -> Term {
        let op = match op {
            CompareOp::Eq => "==",
            CompareOp::NotEq => "!=",
            other if by == CompareBy::Number => super::sql::operator(other),
            _ => return Err("text is not ordered in the target".to_owned()),
        };
        Ok(format!("({left} {op} {right})"))
    }

    fn first_of(&self, _: &[String]) -> Option<String> {
        None
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
