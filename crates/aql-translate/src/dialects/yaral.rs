//! YARA-L 2.0 of Google SecOps, over UDM. A rule finds events; a count over groups becomes a rule of
//! several events within a time span. Missing text is the empty text there, a missing number 0.

use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use aql_semantic::{CompareBy, CompareOp};

use super::{Checked, Dialect};
use crate::Options;
use crate::condition::{Language, Term, Writer, inline, joined, only_numbers_are_ordered};
use crate::correlation::{self, Correlation};
use crate::filter::outside;
use crate::loss::{Direction, Losses};
use crate::map::{Map, Source};
use crate::pattern::Pattern;
use crate::pred::{Lowered, Number, Pred};
use crate::regex::portable;
use crate::source::parts;
use crate::text::{bang_operator, c_text, number, operator};

pub(super) const DIALECT: Dialect = Dialect {
    name: "secops",
    title: "Google SecOps YARA-L 2.0",
    extension: "yaral",
    checked: Checked::Grammar("tree-sitter-yaral"),
    comment: "//",
    write,
};

static MAP: LazyLock<Result<Map, String>> =
    LazyLock::new(|| Map::read(include_str!("../../maps/secops.toml")));

fn write(query: &Lowered, options: &Options, losses: &mut Losses) -> String {
    let span = query.output.first().map_or_else(Default::default, |o| o.expr.span);
    let Some(map) = losses.map(&MAP) else { return String::new() };
    outside(query, losses);
    let found = parts(query, map, losses);
    let Some(first) = found.first().filter(|_| !losses.is_impossible()) else {
        return String::new();
    };
    let grouped = query.group.is_some().then(|| {
        if found.len() > 1 {
            losses.impossible(span, "keys of groups have a name in one source only");
        }
        grouped(query, first.source, losses).unwrap_or_else(|why| {
            losses.impossible(span, why);
            Grouped::default()
        })
    });
    let mut folds = false;
    let mut texts = Vec::new();
    let depth = if found.len() > 1 { 4 } else { 2 };
    for part in &found {
        let mut writer = Writer {
            language: &YaraL,
            source: part.source,
            nulls: query.nulls,
            losses,
            folds: false,
            aliases: Vec::new(),
        };
        let mut both: Vec<String> = part.source.select.iter().cloned().collect();
        if part.pred != Pred::Const(true) {
            both.push(writer.pred(&part.pred, depth));
        }
        folds |= writer.folds;
        texts.push(if found.len() > 1 { joined(both, "and", 3) } else { both.join("\n    ") });
    }
    if folds {
        let message = "the target folds letters beyond ASCII otherwise";
        losses.approximate(None, Direction::Either, message);
    }
    let events = match texts.as_slice() {
        [one] => one.clone(),
        many => format!("(\n      {}\n    )", many.join("\n      or ")),
    };
    let mut text = format!(
        "rule {} {{\n  meta:\n    description = {}\n  events:\n    {events}\n",
        identifier(&options.name),
        c_text(&options.name)
    );
    let grouped = grouped.unwrap_or_default();
    text.push_str(&grouped.sections);
    text.push_str(&format!("  condition:\n    $e{}\n}}\n", grouped.condition));
    text
}

/// What groups add to a rule.
#[derive(Default)]
struct Grouped {
    /// The rest of `events`, `match` and `outcome`.
    sections: String,
    /// The rest of the condition.
    condition: String,
}

fn grouped(query: &Lowered, source: &Source, losses: &mut Losses) -> Result<Grouped, String> {
    let found = Correlation::read(query, source, losses)?;
    if found.keys.is_empty() {
        return Err("a rule of several events needs a key that they share".to_owned());
    }
    losses.approximate(None, Direction::Either, correlation::SLIDES);
    losses.approximate(None, Direction::Fewer, "events without a key are in no group");
    let span = duration(found.span).ok_or("a rule spans from a minute to 48 hours")?;
    let mut sections = String::new();
    for (n, key) in found.keys.iter().enumerate() {
        sections.push_str(&format!("    $k{n} = {key}\n"));
    }
    let keys: Vec<String> = (0..found.keys.len()).map(|n| format!("$k{n}")).collect();
    sections.push_str(&format!("  match:\n    {} over {span}\n", keys.join(", ")));
    let counted = match &found.field {
        None if matches!(found.op, CompareOp::Lt | CompareOp::LtEq) => {
            return Err("a rule does not ask for few events".to_owned());
        }
        None => "#e",
        Some(field) => {
            sections.push_str(&format!("  outcome:\n    $c0 = count_distinct({field})\n"));
            "$c0"
        }
    };
    let condition = format!(" and {counted} {} {}", operator(found.op), number(&found.bound));
    Ok(Grouped { sections, condition })
}

/// A time span as a rule has it.
fn duration(ms: i64) -> Option<String> {
    let minutes = (ms % 60_000 == 0).then_some(ms / 60_000)?;
    (1..=48 * 60).contains(&minutes).then(|| match minutes {
        m if m % 60 == 0 => format!("{}h", m / 60),
        m => format!("{m}m"),
    })
}

fn identifier(name: &str) -> String {
    let name: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) { name } else { format!("rule_{name}") }
}

struct YaraL;

/// Is a regular expression found in a field?
fn regex(field: &str, regex: &str, ignore_case: bool) -> String {
    let nocase = if ignore_case { " nocase" } else { "" };
    // Nothing is escaped between back quotes.
    format!("re.regex({field}, `{}`){nocase}", regex.replace('`', r"\x60"))
}

impl Language for YaraL {
    fn like(&self, field: &str, pattern: &Pattern, ignore_case: bool) -> Term {
        // Without the flag only the first line of a value is searched.
        Ok(regex(field, &format!("(?s){}", pattern.regex()), ignore_case))
    }

    fn equals(&self, field: &str, values: &[Arc<str>], ignore_case: bool) -> Term {
        let nocase = if ignore_case { " nocase" } else { "" };
        let tests: Vec<String> =
            values.iter().map(|v| format!("{field} = {}{nocase}", c_text(v))).collect();
        Ok(inline(&tests, "or"))
    }

    fn numbers(&self, field: &str, is_number: bool, values: &[Number]) -> Term {
        let write = |v: &Number| if is_number { number(v) } else { c_text(&number(v)) };
        let tests: Vec<String> = values.iter().map(|v| format!("{field} = {}", write(v))).collect();
        Ok(inline(&tests, "or"))
    }

    fn number(&self, field: &str, is_number: bool, op: CompareOp, value: Number) -> Term {
        if !is_number {
            return Err("text is not ordered by number in the target".to_owned());
        }
        let test = format!("{field} {} {}", operator(op), number(&value));
        Ok(inline(&[self.present(field, true), test], "and"))
    }

    fn regex(&self, field: &str, java: &str, ignore_case: bool, full: bool) -> Term {
        let found = portable(java, false, full)?;
        if found.backtracks {
            return Err("regular expressions have no look-around here".to_owned());
        }
        // Its dots say themselves what they match.
        Ok(regex(field, &format!("(?s){}", found.text), ignore_case))
    }

    fn network(&self, field: &str, address: IpAddr, bits: u8) -> Term {
        Ok(format!("net.ip_in_range_cidr({field}, \"{address}/{bits}\")"))
    }

    fn present(&self, field: &str, is_number: bool) -> String {
        if is_number { format!("{field} != 0") } else { format!("{field} != \"\"") }
    }

    fn missing(&self, field: &str, is_number: bool) -> String {
        if is_number { format!("{field} = 0") } else { format!("{field} = \"\"") }
    }

    fn fields(&self, left: &str, op: CompareOp, by: CompareBy, right: &str) -> Term {
        only_numbers_are_ordered(op, by)?;
        let op = bang_operator(op);
        let number = by == CompareBy::Number;
        let parts = [
            self.present(left, number),
            self.present(right, number),
            format!("{left} {op} {right}"),
        ];
        Ok(inline(&parts, "and"))
    }

    fn lower(&self, field: &str) -> Option<String> {
        Some(format!("strings.to_lower({field})"))
    }

    fn first_of(&self, _: &[String]) -> Option<String> {
        None
    }

    fn not(&self, inner: &str, _: bool, _: bool) -> String {
        format!("not ({inner})")
    }

    fn constant(&self, value: bool) -> &'static str {
        // Every event has a type.
        if value { "$e.metadata.event_type != \"\"" } else { "$e.metadata.event_type = \"\"" }
    }

    fn empty_is_missing(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::{duration, identifier, regex};

    #[test]
    fn spans_of_rules() {
        assert_eq!(duration(86_400_000).as_deref(), Some("24h"));
        assert_eq!(duration(90 * 60_000).as_deref(), Some("90m"));
        assert_eq!(duration(1_000), None);
        assert_eq!(duration(49 * 3_600_000), None);
    }

    #[test]
    fn names_and_quotes() {
        assert_eq!(identifier("4 eyes"), "rule_4_eyes");
        assert_eq!(regex("$e.a", "b`c", true), r"re.regex($e.a, `b\x60c`) nocase");
    }
}
