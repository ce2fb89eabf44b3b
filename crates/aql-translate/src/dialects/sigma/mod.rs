//! Sigma rules. Tests become detections, which are put together where their fields allow, and the
//! condition names them; a count over groups becomes a correlation.

mod detection;

use std::net::IpAddr;
use std::sync::Arc;

use aql_semantic::{CompareBy, CompareOp, ExprKind};

use super::{Checked, Dialect};
use crate::Options;
use crate::condition::{Language, Term, Writer};
use crate::correlation::{self, Correlation};
use crate::filter::outside;
use crate::loss::{Direction, Losses};
use crate::map::{SIGMA, Source};
use crate::pattern::{Pattern, Shape};
use crate::pred::{Lowered, Number, Pred, What};
use crate::regex::portable;
use crate::sigma_regex::common;
use crate::source::parts;
use crate::text::number;
use detection::Sigma;

pub(super) const DIALECT: Dialect = Dialect {
    name: "sigma",
    title: "Sigma",
    extension: "yml",
    checked: Checked::Engine("aql itself, and by pySigma with SQLite"),
    comment: "#",
    write,
};

/// Channels that log sources of Sigma stand for.
const SERVICES: &[(&str, &str)] = &[
    ("Microsoft-Windows-Sysmon/Operational", "sysmon"),
    ("Security", "security"),
    ("System", "system"),
    ("Microsoft-Windows-PowerShell/Operational", "powershell"),
    ("Windows PowerShell", "powershell-classic"),
    ("MSExchange Management", "msexchange-management"),
];

fn write(query: &Lowered, options: &Options, losses: &mut Losses) -> String {
    let span = query.output.first().map_or_else(Default::default, |o| o.expr.span);
    let Some(map) = losses.map(&SIGMA) else { return String::new() };
    outside(query, losses);
    let found = parts(query, map, losses);
    if found.len() > 1 {
        losses.impossible(span, "a rule has one log source: say which the query is about");
    }
    let Some(part) = found.first().filter(|_| !losses.is_impossible()) else {
        return String::new();
    };
    let correlation =
        query.group.as_ref().map(|_| correlation(query, part.source, options, losses));
    let (service, pred) = service(&part.pred);
    let sigma = Sigma::default();
    let mut writer = Writer {
        language: &sigma,
        source: part.source,
        nulls: query.nulls,
        losses,
        folds: false,
        aliases: Vec::new(),
    };
    let condition = writer.pred(&pred, 0);
    if writer.folds {
        losses.approximate(
            None,
            Direction::Either,
            "each backend folds letters beyond ASCII its way",
        );
    }
    if sigma.line_ends.get() {
        losses.approximate(
            None,
            Direction::Either,
            "each backend has its own line ends for `.` and `$` of regular expressions",
        );
    }
    let (detections, condition) = sigma.settle(condition);
    if detections.is_empty() {
        losses.impossible(span, "a rule needs something to detect besides its log source");
    }
    let mut text = format!("title: {}\n", quoted(&options.name));
    if correlation.is_some() {
        text.push_str(&format!("name: {}\n", identifier(&options.name)));
    }
    text.push_str("status: experimental\nlogsource:\n");
    text.push_str(&format!("    {}\n", part.source.table));
    if let Some(service) = service {
        text.push_str(&format!("    service: {service}\n"));
    } else if part.source.types == [397] {
        text.push_str("    service: audit\n");
    }
    text.push_str("detection:\n");
    for (name, detection) in &detections {
        text.push_str(&format!("    {name}:\n{}", detection.yaml()));
    }
    text.push_str(&format!("    condition: {condition}\n"));
    text + &correlation.flatten().unwrap_or_default()
}

/// The service that a channel stands for, if the whole condition asks for one; and what is left.
fn service(pred: &Pred) -> (Option<&'static str>, Pred) {
    let channel = |pred: &Pred| {
        let Pred::Test(test) = pred else { return None };
        let ExprKind::Column(column) = &test.of.kind else { return None };
        if &*column.name != "qideventcategory" {
            return None;
        }
        let name: &str = match &test.what {
            What::TextIn(list) if list.len() == 1 => list.first()?,
            What::Like { pattern, .. } => match pattern.shape() {
                Shape::Equals(text) => text,
                _ => return None,
            },
            _ => return None,
        };
        SERVICES.iter().find(|(c, _)| c.eq_ignore_ascii_case(name)).map(|(_, service)| *service)
    };
    match pred {
        Pred::And(list) => match list.iter().find_map(channel) {
            Some(service) => {
                let rest = list.iter().filter(|p| channel(p) != Some(service)).cloned();
                (Some(service), Pred::all(rest.collect()))
            }
            None => (None, pred.clone()),
        },
        _ => (None, pred.clone()),
    }
}

/// The correlation of a query with groups; nothing, and a refusal, if Sigma has none like it.
fn correlation(
    query: &Lowered,
    source: &Source,
    options: &Options,
    losses: &mut Losses,
) -> Option<String> {
    let found = match Correlation::read(query, source, losses) {
        Ok(found) => found,
        Err(why) => {
            let span = query.output.first().map_or_else(Default::default, |o| o.expr.span);
            losses.impossible(span, why);
            return None;
        }
    };
    losses.approximate(None, Direction::Either, correlation::SLIDES);
    let kind = if found.field.is_some() { "value_count" } else { "event_count" };
    let op = match found.op {
        CompareOp::Gt => "gt",
        CompareOp::GtEq => "gte",
        CompareOp::Lt => "lt",
        _ => "lte",
    };
    let mut text = format!(
        "---\ntitle: {}\nstatus: experimental\ncorrelation:\n    type: {kind}\n    rules:\n        - {}\n",
        quoted(&format!("{} (count)", options.name)),
        identifier(&options.name),
    );
    if !found.keys.is_empty() {
        text.push_str("    group-by:\n");
        found.keys.iter().for_each(|k| text.push_str(&format!("        - {k}\n")));
    }
    text.push_str(&format!(
        "    timespan: {}s\n    condition:\n        {op}: {}\n",
        found.span / 1000,
        number(&found.bound)
    ));
    if let Some(field) = found.field {
        text.push_str(&format!("        field: {field}\n"));
    }
    Some(text)
}

fn identifier(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

/// A value that is compared whole: what looks like a number is written as one, as rules do.
fn scalar(text: &str) -> String {
    match text.parse::<i64>() {
        Ok(number) if number.to_string() == text => text.to_owned(),
        _ => quoted(&escaped(text, false)),
    }
}

/// A YAML text.
fn quoted(text: &str) -> String {
    if text.chars().any(char::is_control) {
        let mut out = "\"".to_owned();
        for c in text.chars() {
            match c {
                '\\' => out.push_str("\\\\"),
                '"' => out.push_str("\\\""),
                c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
                c => out.push(c),
            }
        }
        return out + "\"";
    }
    format!("'{}'", text.replace('\'', "''"))
}

/// A literal in a value: wildcards are escaped, and backslashes where they would escape what follows.
fn escaped(text: &str, wildcard_follows: bool) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '*' | '?' => out.extend(['\\', c]),
            '\\' => {
                let next = chars.peek().copied();
                let escapes = match next {
                    Some(next) => matches!(next, '*' | '?' | '\\'),
                    None => wildcard_follows,
                };
                out.push_str(if escapes { "\\\\" } else { "\\" });
            }
            c => out.push(c),
        }
    }
    out
}

impl Language for Sigma {
    fn like(&self, field: &str, pattern: &Pattern, ignore_case: bool) -> Term {
        let cased = if ignore_case { "" } else { "|cased" };
        let (modifier, value) = match pattern.shape() {
            Shape::Prefix(text) => ("|startswith", escaped(text, true)),
            Shape::Suffix(text) => ("|endswith", escaped(text, false)),
            Shape::Contains(text) => ("|contains", escaped(text, true)),
            _ => ("", pattern.render(|t| escaped(t, true), "*", "?")),
        };
        Ok(self.add(format!("{field}{modifier}{cased}"), vec![quoted(&value)]))
    }

    fn equals(&self, field: &str, values: &[Arc<str>], ignore_case: bool) -> Term {
        let has_letters = values.iter().any(|v| v.chars().any(char::is_alphabetic));
        let cased = if ignore_case || !has_letters { "" } else { "|cased" };
        let values = values.iter().map(|v| scalar(v)).collect();
        Ok(self.add(format!("{field}{cased}"), values))
    }

    fn numbers(&self, field: &str, _: bool, values: &[Number]) -> Term {
        Ok(self.add(field.to_owned(), values.iter().map(number).collect()))
    }

    fn number(&self, field: &str, _: bool, op: CompareOp, value: Number) -> Term {
        let op = match op {
            CompareOp::Lt => "lt",
            CompareOp::LtEq => "lte",
            CompareOp::Gt => "gt",
            CompareOp::GtEq => "gte",
            CompareOp::Eq | CompareOp::NotEq => return Err("this comparison".to_owned()),
        };
        Ok(self.add(format!("{field}|{op}"), vec![number(&value)]))
    }

    fn regex(&self, field: &str, java: &str, ignore_case: bool, full: bool) -> Term {
        let regex = portable(java, false, full)?;
        if regex.backtracks {
            return Err("regular expressions have no look-around here".to_owned());
        }
        let regex = common(&regex.text).ok_or("rules have no such regular expression")?;
        self.line_ends.set(self.line_ends.get() || regex.line_ends);
        let i = if ignore_case { "|i" } else { "" };
        Ok(self.add(format!("{field}|re{i}"), vec![quoted(&regex.text)]))
    }

    fn network(&self, field: &str, address: IpAddr, bits: u8) -> Term {
        Ok(self.add(format!("{field}|cidr"), vec![quoted(&format!("{address}/{bits}"))]))
    }

    fn present(&self, field: &str, _: bool) -> String {
        self.add(format!("{field}|exists"), vec!["true".to_owned()])
    }

    fn fields(&self, left: &str, op: CompareOp, by: CompareBy, right: &str) -> Term {
        if op != CompareOp::Eq || by != CompareBy::Text {
            return Err("fields are compared for equality only".to_owned());
        }
        Ok(self.add(format!("{left}|fieldref"), vec![right.to_owned()]))
    }

    fn first_of(&self, fields: &[String]) -> Option<String> {
        fields.first().cloned()
    }

    fn not(&self, inner: &str, _: bool, _: bool) -> String {
        format!("not {inner}")
    }

    fn constant(&self, value: bool) -> &'static str {
        // Never reached with a source that is left: a rule needs a detection.
        if value { "selection_any" } else { "selection_none" }
    }

    fn empty_is_missing(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn backslashes_are_doubled_only_where_they_would_escape() {
        assert_eq!(escaped(r"\cmd.exe", false), r"\cmd.exe");
        assert_eq!(escaped(r"C:\a\", true), r"C:\a\\");
        assert_eq!(escaped(r"a*b?", false), r"a\*b\?");
        assert_eq!(escaped(r"\*", false), r"\\\*");
        assert_eq!(escaped(r"\\srv", false), r"\\\srv");
    }
}
