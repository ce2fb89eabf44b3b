//! Lucene queries, as Kibana, `query_string` and Graylog take them, over keyword fields with ECS
//! names. Only a filter: columns, order and limit are set around it.

use std::net::IpAddr;
use std::sync::Arc;

use aql_semantic::CompareOp;

use super::{Checked, Dialect};
use crate::Options;
use crate::condition::{Language, Term};
use crate::filter;
use crate::loss::Losses;
use crate::lucene_regex::{automaton, literal};
use crate::map::ELASTIC;
use crate::pattern::Pattern;
use crate::pred::{Lowered, Number};
use crate::text::{number, operator};

pub(super) const DIALECT: Dialect = Dialect {
    name: "lucene",
    title: "Lucene, Kibana",
    extension: "lucene",
    checked: Checked::Parser("luqum"),
    comment: "",
    write,
};

fn write(query: &Lowered, _: &Options, losses: &mut Losses) -> String {
    let text = |condition: String, _: &crate::map::Source| condition;
    filter::write(query, &ELASTIC, &Lucene, losses, &text, " OR ")
}

struct Lucene;

/// A text outside of quotes.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if "+-=&|><!(){}[]^\"~*?:\\/ \t\n\r".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A text as a regular expression; `/` ends one.
fn regex(text: &str, ignore_case: bool) -> String {
    let mut out = String::new();
    text.chars().for_each(|c| literal(c, ignore_case, &mut out));
    out
}

impl Language for Lucene {
    fn like(&self, field: &str, pattern: &Pattern, ignore_case: bool) -> Term {
        Ok(if ignore_case {
            format!("{field}:/{}/", pattern.render(|t| regex(t, true), ".*", "."))
        } else {
            format!("{field}:{}", pattern.render(escaped, "*", "?"))
        })
    }

    fn equals(&self, field: &str, values: &[Arc<str>], ignore_case: bool) -> Term {
        let write =
            |v: &Arc<str>| if ignore_case { format!("/{}/", regex(v, true)) } else { quoted(v) };
        Ok(match values {
            [one] => format!("{field}:{}", write(one)),
            many => {
                let many: Vec<String> = many.iter().map(write).collect();
                format!("{field}:({})", many.join(" OR "))
            }
        })
    }

    fn numbers(&self, field: &str, _: bool, values: &[Number]) -> Term {
        let values: Vec<Arc<str>> = values.iter().map(|n| Arc::from(number(n))).collect();
        self.equals(field, &values, false)
    }

    fn number(&self, field: &str, is_number: bool, op: CompareOp, value: Number) -> Term {
        if !is_number {
            return Err("text is not ordered by number in the target".to_owned());
        }
        Ok(format!("{field}:{}{}", operator(op), number(&value)))
    }

    fn regex(&self, field: &str, java: &str, ignore_case: bool, full: bool) -> Term {
        Ok(format!("{field}:/{}/", automaton(java, ignore_case, full)?))
    }

    fn network(&self, field: &str, address: IpAddr, bits: u8) -> Term {
        Ok(format!("{field}:\"{address}/{bits}\""))
    }

    fn present(&self, field: &str, _: bool) -> String {
        format!("_exists_:{field}")
    }

    fn first_of(&self, _: &[String]) -> Option<String> {
        None
    }

    fn not(&self, inner: &str, _: bool, _: bool) -> String {
        // A clause with nothing but NOT finds nothing.
        format!("(*:* AND NOT {inner})")
    }

    fn words(&self) -> (&'static str, &'static str) {
        ("AND", "OR")
    }

    fn constant(&self, value: bool) -> &'static str {
        if value { "*:*" } else { "(NOT *:*)" }
    }

    fn empty_is_missing(&self) -> bool {
        false
    }
}
