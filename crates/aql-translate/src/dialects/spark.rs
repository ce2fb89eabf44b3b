//! Spark SQL, which is also that of Databricks. Its regular expressions are Java's own.

use std::net::IpAddr;

use aql_semantic::AggregateFunction;

use super::sql::{Flavour, ipv4_range};
use super::{Checked, Dialect};
use crate::loss::Losses;
use crate::pattern::{Pattern, regex_literal};
use crate::pred::Lowered;
use crate::regex::java_regex;
use crate::{Options, time};

pub(super) const DIALECT: Dialect = Dialect {
    name: "spark",
    title: "Spark SQL, Databricks SQL",
    extension: "sql",
    checked: Checked::Engine("pyspark"),
    comment: "--",
    write,
};

fn write(query: &Lowered, options: &Options, losses: &mut Losses) -> String {
    super::sql::write(query, &Spark, options, losses)
}

struct Spark;

/// A literal as a regular expression that folds letters as AQL does. Java's own flags do so for all
/// letters but `ı` and `İ`, which they take for an `i`.
fn folded(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        let twin = match c.to_ascii_lowercase() {
            'k' => "\u{212a}",
            's' => "\u{17f}",
            _ => "",
        };
        match c {
            'ı' | 'İ' => out.push(c),
            c if c.is_ascii_alphabetic() => out.extend([
                "[",
                &c.to_ascii_lowercase().to_string(),
                &c.to_ascii_uppercase().to_string(),
                twin,
                "]",
            ]),
            c if c.is_alphabetic() => out.push_str(&format!("(?iu:{c})")),
            c => out.push_str(&regex_literal(&c.to_string())),
        }
    }
    out
}

impl Flavour for Spark {
    fn text(&self, text: &str) -> String {
        // `${name}` is replaced before a statement is read.
        let text = text.replace('\\', r"\\").replace('\'', r"\'").replace("${", r"\u0024{");
        format!("'{text}'")
    }

    fn name(&self, name: &str) -> String {
        format!("`{}`", name.replace('`', "``"))
    }

    fn millis(&self, column: &str) -> String {
        format!("unix_millis({column})")
    }

    fn to_text(&self, term: &str) -> String {
        format!("CAST({term} AS STRING)")
    }

    fn to_number(&self, term: &str) -> String {
        format!("TRY_CAST({term} AS DOUBLE)")
    }

    fn whole(&self, number: &str) -> String {
        // A cast to a whole number leaves the fraction out; `trunc` is for dates.
        format!("TRY_CAST({number} AS BIGINT)")
    }

    fn literal(&self, text: &str) -> String {
        // The backslash is LIKE's escape character.
        text.replace('\\', r"\\")
    }

    fn exact_ilike(&self, term: &str, pattern: &Pattern) -> Option<String> {
        let body = pattern.render(folded, ".*", ".");
        Some(self.regex(term, &format!(r"(?s)\A{body}\z")))
    }

    fn regex(&self, term: &str, regex: &str) -> String {
        format!("({term} RLIKE {})", self.text(regex))
    }

    fn java_regex(
        &self,
        term: &str,
        java: &str,
        ignore_case: bool,
        full: bool,
    ) -> Result<String, String> {
        Ok(self.regex(term, &java_regex(java, ignore_case, full)?))
    }

    fn regex_letters(&self) -> Option<&'static str> {
        Some("the letters ı and İ")
    }

    fn change(&self, term: &str, lower: bool) -> String {
        if lower { format!("lower({term})") } else { format!("upper({term})") }
    }

    fn network(&self, term: &str, address: IpAddr, bits: u8) -> Option<String> {
        ipv4_range(self, term, address, bits, |n| {
            format!("TRY_CAST(split_part({term}, '.', {n}) AS BIGINT)")
        })
    }

    fn date_format(&self, millis: &str, format: &time::Format) -> Option<String> {
        if format.has_text(|c| matches!(c, '[' | ']' | '{' | '}' | '#')) {
            return None;
        }
        let words = format.render(["yyyy", "MM", "dd", "HH", "mm", "ss"]);
        Some(format!("date_format(timestamp_millis({millis}), {})", self.text(&words)))
    }

    fn now(&self) -> &'static str {
        "unix_millis(current_timestamp())"
    }

    fn aggregate(&self, function: AggregateFunction, argument: &str) -> Option<String> {
        let order = "struct(`aql.file`, `aql.record`)";
        Some(match function {
            AggregateFunction::First => format!("min_by({argument}, {order})"),
            AggregateFunction::Last => format!("max_by({argument}, {order})"),
            AggregateFunction::StdevSample => {
                format!("stddev_samp(TRY_CAST({argument} AS DOUBLE))")
            }
            AggregateFunction::StdevPopulation => {
                format!("stddev_pop(TRY_CAST({argument} AS DOUBLE))")
            }
            _ => format!("CAST(approx_count_distinct({argument}) AS DOUBLE)"),
        })
    }

    fn replace(&self, term: &str, regex: &str, with: &str, _: bool) -> String {
        format!("regexp_replace({term}, {}, {})", self.text(regex), self.text(with))
    }

    fn java_replace(
        &self,
        term: &str,
        java: &str,
        with: &str,
        all: bool,
    ) -> Result<String, String> {
        if !all {
            return Err("REPLACEFIRST has no counterpart".to_owned());
        }
        Ok(self.replace(term, java, with, all))
    }

    fn part(&self, term: &str, start: i64, length: i64) -> String {
        format!("substring({term}, {start}, {length})")
    }

    fn length(&self, term: &str) -> String {
        format!("char_length({term})")
    }

    fn other_letters(&self) -> &'static str {
        "letters beyond ASCII, and ASCII letters that have a twin beyond it,"
    }
}

#[cfg(test)]
mod tests {
    use super::{Flavour, Spark, folded};

    #[test]
    fn texts_are_safe_from_substitution_and_escapes() {
        assert_eq!(Spark.text(r"a\b'${env:HOME}"), r"'a\\b\'\u0024{env:HOME}'");
    }

    #[test]
    fn letters_fold_one_by_one() {
        assert_eq!(folded("ik.É"), "[iI][kK\u{212a}]\\.(?iu:É)");
    }
}
