//! Snowflake SQL.

use std::net::IpAddr;

use aql_semantic::AggregateFunction;

use super::sql::{Flavour, ipv4_range};
use super::{Checked, Dialect};
use crate::loss::Losses;
use crate::pattern::Pattern;
use crate::plain_regex::{self, Engine, PlainRegex};
use crate::pred::Lowered;
use crate::{Options, time};

pub(super) const DIALECT: Dialect = Dialect {
    name: "snowflake",
    title: "Snowflake SQL",
    extension: "sql",
    checked: Checked::Grammar("sqlglot"),
    comment: "--",
    write,
};

fn write(query: &Lowered, options: &Options, losses: &mut Losses) -> String {
    super::sql::write(query, &Snowflake, options, losses)
}

struct Snowflake;

impl Flavour for Snowflake {
    fn text(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + 2);
        for c in text.chars() {
            match c {
                '\\' => out.push_str(r"\\"),
                '\'' => out.push_str("''"),
                // Nothing that ends a line for some readers of the text.
                '\n' => out.push_str(r"\n"),
                '\r' => out.push_str(r"\r"),
                '\t' => out.push_str(r"\t"),
                c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                    out.push_str(&format!("\\u{:04x}", u32::from(c)));
                }
                c => out.push(c),
            }
        }
        format!("'{out}'")
    }

    fn name(&self, name: &str) -> String {
        format!("\"{}\"", name.replace('"', "\"\""))
    }

    fn millis(&self, column: &str) -> String {
        format!("DATE_PART(EPOCH_MILLISECOND, {column})")
    }

    fn to_text(&self, term: &str) -> String {
        format!("TO_VARCHAR({term})")
    }

    fn to_number(&self, term: &str) -> String {
        format!("TRY_TO_DOUBLE({term})")
    }

    fn exact_ilike(&self, _: &str, _: &Pattern) -> Option<String> {
        None
    }

    fn regex(&self, term: &str, regex: &str) -> String {
        format!("(REGEXP_INSTR({term}, {}) > 0)", self.text(regex))
    }

    fn java_regex(
        &self,
        term: &str,
        java: &str,
        ignore_case: bool,
        full: bool,
    ) -> Result<String, String> {
        let PlainRegex { text, ignore_case, dot_all } =
            plain_regex::translated(java, ignore_case, full, Engine::Greedy)?;
        let case = if ignore_case { "i" } else { "c" };
        let dot = if dot_all { "s" } else { "" };
        let (text, flags) = (self.text(&text), self.text(&format!("{case}{dot}")));
        Ok(format!("(REGEXP_INSTR({term}, {text}, 1, 1, 0, {flags}) > 0)"))
    }

    fn regex_letters(&self) -> Option<&'static str> {
        Some("letters beyond ASCII, and ASCII letters that have a twin beyond it,")
    }

    fn change(&self, term: &str, lower: bool) -> String {
        if lower { format!("LOWER({term})") } else { format!("UPPER({term})") }
    }

    fn network(&self, term: &str, address: IpAddr, bits: u8) -> Option<String> {
        ipv4_range(self, term, address, bits, |n| {
            format!("TRY_TO_NUMBER(SPLIT_PART({term}, '.', {n}))")
        })
    }

    fn date_format(&self, millis: &str, format: &time::Format) -> Option<String> {
        if format.has_text(|c| c == '"') {
            return None;
        }
        let words = format.render(["YYYY", "MM", "DD", "HH24", "MI", "SS"]);
        Some(format!("TO_CHAR(TO_TIMESTAMP_NTZ({millis}, 3), {})", self.text(&words)))
    }

    fn now(&self) -> &'static str {
        "DATE_PART(EPOCH_MILLISECOND, CURRENT_TIMESTAMP())"
    }

    fn aggregate(&self, function: AggregateFunction, argument: &str) -> Option<String> {
        Some(match function {
            // There is none that goes by two columns, file and record, and keeps nulls.
            AggregateFunction::First | AggregateFunction::Last => return None,
            AggregateFunction::StdevSample => format!("STDDEV_SAMP({argument})"),
            AggregateFunction::StdevPopulation => format!("STDDEV_POP({argument})"),
            _ => format!("CAST(APPROX_COUNT_DISTINCT({argument}) AS DOUBLE)"),
        })
    }

    fn replace(&self, term: &str, regex: &str, with: &str, all: bool) -> String {
        let occurrence = u8::from(!all);
        let (regex, with) = (self.text(regex), self.text(with));
        format!("REGEXP_REPLACE({term}, {regex}, {with}, 1, {occurrence})")
    }

    fn java_replace(
        &self,
        term: &str,
        java: &str,
        with: &str,
        all: bool,
    ) -> Result<String, String> {
        let regex = plain_regex::translated(java, false, false, Engine::Greedy)?;
        if regex.ignore_case || regex.dot_all || with.contains(['$', '\\', '{']) {
            return Err("this replacement has no counterpart".to_owned());
        }
        Ok(self.replace(term, &regex.text, with, all))
    }

    fn part(&self, term: &str, start: i64, length: i64) -> String {
        format!("SUBSTR({term}, {start}, {length})")
    }

    fn length(&self, term: &str) -> String {
        format!("LENGTH({term})")
    }

    fn other_letters(&self) -> &'static str {
        "letters beyond ASCII, and ASCII letters that have a twin beyond it,"
    }
}

#[cfg(test)]
mod tests {
    use super::{Flavour, Snowflake};

    #[test]
    fn texts() {
        assert_eq!(Snowflake.text("a\\b'\u{2028}\t"), r"'a\\b''\u2028\t'");
    }
}
