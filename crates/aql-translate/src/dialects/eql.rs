//! EQL of Elasticsearch, over ECS fields.

use std::net::IpAddr;
use std::sync::Arc;

use aql_semantic::CompareOp;

use super::{Checked, Dialect};
use crate::Options;
use crate::condition::{Language, Term, as_texts, one_of};
use crate::filter;
use crate::loss::Losses;
use crate::lucene_regex::automaton;
use crate::map::ELASTIC;
use crate::pattern::Pattern;
use crate::pred::{Lowered, Number};
use crate::text::{c_text, number, operator};

pub(super) const DIALECT: Dialect = Dialect {
    name: "eql",
    title: "Elastic EQL",
    extension: "eql",
    checked: Checked::Engine("Elastic's eql package, which never looks at case"),
    comment: "//",
    write,
};

fn write(query: &Lowered, _: &Options, losses: &mut Losses) -> String {
    let text = |condition: String, _: &crate::map::Source| condition;
    format!("any where {}", filter::write(query, &ELASTIC, &Eql, losses, &text, " or "))
}

struct Eql;

/// A field; in backquotes, if it has other characters than those of words.
fn name(field: &str) -> String {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    if field.chars().all(word) { field.to_owned() } else { format!("`{}`", field.replace('`', "")) }
}

impl Language for Eql {
    fn like(&self, field: &str, pattern: &Pattern, ignore_case: bool) -> Term {
        let field = &name(field);
        if pattern.literals().any(|t| t.contains(['*', '?'])) {
            return Err("a wildcard cannot be a plain character in the target".to_owned());
        }
        let tilde = if ignore_case { "~" } else { "" };
        let pattern = pattern.render(str::to_owned, "*", "?");
        Ok(format!("({field} like{tilde} {})", c_text(&pattern)))
    }

    fn equals(&self, field: &str, values: &[Arc<str>], ignore_case: bool) -> Term {
        let field = &name(field);
        let tilde = if ignore_case { "~" } else { "" };
        let values: Vec<String> = values.iter().map(|v| c_text(v)).collect();
        Ok(match values.as_slice() {
            // There is no `==` that ignores case.
            [one] if ignore_case => format!("({field} in~ ({one}))"),
            many => one_of(field, "==", &format!("in{tilde}"), many),
        })
    }

    fn numbers(&self, field: &str, is_number: bool, values: &[Number]) -> Term {
        let field = &name(field);
        if !is_number {
            return self.equals(field, &as_texts(values), false);
        }
        Ok(one_of(field, "==", "in", &values.iter().map(number).collect::<Vec<_>>()))
    }

    fn number(&self, field: &str, is_number: bool, op: CompareOp, value: Number) -> Term {
        let field = &name(field);
        let field = if is_number { field.to_owned() } else { format!("number({field})") };
        Ok(format!("({field} {} {})", operator(op), number(&value)))
    }

    fn regex(&self, field: &str, java: &str, ignore_case: bool, full: bool) -> Term {
        let field = &name(field);
        let tilde = if ignore_case { "~" } else { "" };
        // The operator ignores case itself.
        Ok(format!("({field} regex{tilde} {})", c_text(&automaton(java, false, full)?)))
    }

    fn network(&self, field: &str, address: IpAddr, bits: u8) -> Term {
        let field = &name(field);
        Ok(format!("cidrMatch({field}, \"{address}/{bits}\")"))
    }

    fn present(&self, field: &str, _: bool) -> String {
        format!("({} != null)", name(field))
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
