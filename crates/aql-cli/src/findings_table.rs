//! Findings for people: one line of columns per finding, and below it what was seen, why it
//! counts and where it was read. Findings of one event stand together.

use std::io::{self, Write};

use aql_pack::{Finding, HuntRule, Level, iso_time};
use serde_json::Value;

use crate::output::{Sink, one_line};

/// Longest name of a detail; longer ones push their value to the right.
const LABEL: usize = 10;
/// Narrower terminals are treated as this wide.
const LEAST_WIDTH: usize = 60;

/// Writes the findings, in their order.
pub(crate) fn write(sink: &mut Sink, rules: &[HuntRule], findings: &[Finding]) -> io::Result<()> {
    let Some(columns) = Columns::of(rules, findings) else { return Ok(()) };
    let style = Style { colour: sink.colour };
    let width = sink.width.map(|w| w.max(LEAST_WIDTH));
    columns.header(&mut sink.out, &style)?;
    let mut rest = findings;
    while let Some(first) = rest.first() {
        let event = rest.iter().take_while(|f| f.is_same_event(first)).count().max(1);
        let (findings, behind) = rest.split_at(event);
        rest = behind;
        for finding in findings {
            columns.line(&mut sink.out, &style, finding, &rules[finding.rule])?;
        }
        details(&mut sink.out, &style, width, rules, findings)?;
    }
    Ok(())
}

/// Widths of the columns, in characters.
struct Columns {
    rule: usize,
    who: usize,
}

impl Columns {
    fn of(rules: &[HuntRule], findings: &[Finding]) -> Option<Columns> {
        let longest = |texts: &mut dyn Iterator<Item = usize>| texts.max();
        Some(Columns {
            rule: longest(&mut findings.iter().map(|f| rules[f.rule].name.chars().count()))?,
            who: longest(&mut findings.iter().map(|f| who(f).chars().count()))?.max(3),
        })
    }

    fn header(&self, out: &mut dyn Write, style: &Style) -> io::Result<()> {
        let line = format!(
            "{:19}  {:13}  {:rule$}  {:who$}  Where",
            "Time (UTC)",
            "Level",
            "Rule",
            "Who",
            rule = self.rule,
            who = self.who,
        );
        writeln!(out, "{}", style.bold(&line))
    }

    fn line(
        &self,
        out: &mut dyn Write,
        style: &Style,
        finding: &Finding,
        rule: &HuntRule,
    ) -> io::Result<()> {
        let time = finding.time.map_or_else(|| "(group of events)".to_string(), second);
        let level = format!("{:13}", rule.facts.level.name());
        let line = format!(
            "{time:19}  {level}  {name:rule$}  {who:width$}  {host}",
            level = style.level(rule.facts.level, &level),
            name = rule.name,
            rule = self.rule,
            who = who(finding),
            width = self.who,
            host = place(finding),
        );
        writeln!(out, "{}", line.trim_end())
    }
}

fn details(
    out: &mut dyn Write,
    style: &Style,
    width: Option<usize>,
    rules: &[HuntRule],
    findings: &[Finding],
) -> io::Result<()> {
    // The rule that matters most says what was seen; all of them say why.
    let Some(lead) = findings.iter().max_by_key(|f| rules[f.rule].facts.level) else {
        return Ok(());
    };
    let mut line = |label: &str, text: &str| -> io::Result<()> {
        let text = fit(&one_line(text), width.map(|w| w.saturating_sub(LABEL + 6)));
        let label = format!("{:LABEL$}", one_line(label));
        writeln!(out, "    {}  {text}", style.dim(&label))
    };
    let known = [&lead.user, &lead.host, &lead.source_ip];
    for (name, value) in &lead.fields {
        let text = match value {
            Value::Null => continue,
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let repeated = known.iter().any(|k| k.as_deref() == Some(&text));
        if text.is_empty() || repeated || name.eq_ignore_ascii_case("eventtime") {
            continue;
        }
        line(name, &text)?;
    }
    let mut reasons: Vec<&str> = Vec::new();
    for reason in findings.iter().flat_map(|f| &f.why) {
        if !reasons.contains(&reason.as_str()) {
            reasons.push(reason);
        }
    }
    if !reasons.is_empty() {
        line("why", &reasons.join("; "))?;
    }
    match (&lead.file, lead.record) {
        (Some(file), Some(record)) => line("read from", &format!("{file} #{record}"))?,
        (Some(file), None) => line("read from", file)?,
        _ => {}
    }
    writeln!(out)
}

fn who(finding: &Finding) -> String {
    one_line(finding.user.as_deref().unwrap_or("-"))
}

/// The host; without one the address; never the stand-in for an address that is not known.
fn place(finding: &Finding) -> String {
    let address = finding.source_ip.as_deref().filter(|ip| *ip != "127.0.0.1");
    let mut parts = Vec::new();
    parts.extend(finding.host.as_deref());
    parts.extend(address.filter(|a| finding.host.as_deref() != Some(a)));
    one_line(&parts.join(" "))
}

/// To the second; findings in other layouts have milliseconds.
fn second(ms: i64) -> String {
    let text = iso_time(ms).replace('T', " ");
    text.get(..19).map_or(text.clone(), str::to_string)
}

/// No longer than the terminal is wide.
fn fit(text: &str, width: Option<usize>) -> String {
    match width.and_then(|w| text.char_indices().nth(w)) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_string(),
    }
}

struct Style {
    colour: bool,
}

impl Style {
    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
    }

    fn bold(&self, text: &str) -> String {
        self.paint("1", text)
    }

    fn dim(&self, text: &str) -> String {
        self.paint("2", text)
    }

    fn level(&self, level: Level, text: &str) -> String {
        match level {
            Level::Critical | Level::High => self.paint("1;31", text),
            Level::Medium => self.paint("33", text),
            Level::Low => self.paint("36", text),
            Level::Informational => self.dim(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{fit, second};

    #[test]
    fn text_fits_the_line() {
        assert_eq!(fit("abcdef", Some(3)), "abc…");
        assert_eq!(fit("abc", Some(3)), "abc");
    }

    #[test]
    fn times_are_shown_to_the_second() {
        assert_eq!(second(1_700_000_000_123), "2023-11-14 22:13:20");
    }
}
