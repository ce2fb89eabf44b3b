//! A readable page about a rule or a pack, as Markdown.

use std::fmt::Write as _;

use crate::correlate::{CorrelationKind, span};
use crate::facts::{Attack, Level};
use crate::load::{Pack, Rule};
use crate::proof::{Case, CaseKind};

/// The page of a pack: what it is, and its rules.
pub fn pack_page(pack: &Pack, cases: &[Case]) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write_pack(&mut out, pack, cases);
    out
}

/// The page of a rule: everything that an analyst should know of it, and its query.
pub fn rule_page(rule: &Rule, cases: &[Case]) -> String {
    let mut out = String::new();
    let _ = write_rule(&mut out, rule, cases);
    out
}

fn write_pack(out: &mut String, pack: &Pack, cases: &[Case]) -> std::fmt::Result {
    let facts = &pack.facts;
    writeln!(out, "# {}\n", facts.title)?;
    writeln!(out, "{}\n", flow(&facts.description))?;
    let what = [
        ("Name", facts.name.clone()),
        ("Version", facts.version.clone()),
        ("Author", facts.author.clone()),
        ("Licence", facts.license.clone()),
        ("ATT&CK", attack(&facts.attack)),
    ];
    for (name, text) in what {
        writeln!(out, "- {name}: {text}")?;
    }
    let of = |kind| cases.iter().filter(|case| case.facts.kind == kind).count();
    if !cases.is_empty() {
        let (positive, benign) = (of(CaseKind::Positive), of(CaseKind::Benign));
        writeln!(out, "- Cases: {positive} positive, {benign} benign")?;
    }
    writeln!(out, "\n## Rules\n")?;
    for level in Level::ALL {
        for rule in pack.rules.iter().filter(|rule| rule.facts.level == level) {
            writeln!(out, "- `{}` ({level}): {}", rule.name, flow(&rule.facts.title))?;
        }
    }
    if !pack.tunings.is_empty() {
        writeln!(out, "\n## Tunings\n")?;
        for tuning in &pack.tunings {
            writeln!(out, "- `{}`: {}", tuning.name, flow(&tuning.facts.title))?;
        }
    }
    Ok(())
}

fn write_rule(out: &mut String, rule: &Rule, cases: &[Case]) -> std::fmt::Result {
    let facts = &rule.facts;
    writeln!(out, "# {}\n", flow(&facts.title))?;
    writeln!(out, "{}\n", flow(&facts.description))?;
    let what = [
        ("Rule", format!("`{}`", rule.name)),
        ("Level", facts.level.to_string()),
        ("Status", facts.status.clone()),
        ("ATT&CK", attack(&facts.attack)),
        ("Tactics", facts.tactics.join(", ")),
        ("Data components", facts.data_components.join(", ")),
        ("Author", facts.author.clone()),
        ("Id", facts.id.clone()),
    ];
    for (name, text) in what.iter().filter(|(_, text)| !text.is_empty()) {
        writeln!(out, "- {name}: {text}")?;
    }
    list(out, "What has to be collected", &facts.log_sources)?;
    if let Some(correlation) = &facts.correlation {
        writeln!(out, "\n## What belongs together\n")?;
        let rules: Vec<String> = correlation.rules.iter().map(|name| format!("`{name}`")).collect();
        let within = span(correlation.within);
        let (word, count) = match correlation.kind {
            CorrelationKind::Sequence => (" then ", String::new()),
            CorrelationKind::Count => {
                let what = correlation
                    .distinct
                    .as_ref()
                    .map_or("findings".to_owned(), |name| format!("values of {name}"));
                (
                    " or ",
                    format!("at least {} {what} of ", correlation.at_least.unwrap_or_default()),
                )
            }
            CorrelationKind::Absence => (" and then no ", String::new()),
        };
        let by = match correlation.by.is_empty() {
            true => String::new(),
            false => format!(", with the same {}", correlation.by.join(" and ")),
        };
        writeln!(out, "{count}{} within {within}{by}", rules.join(word))?;
    }
    if !rule.query.is_empty() {
        writeln!(out, "\n## Query\n\n```sql\n{}\n```", rule.query.trim_end())?;
    }
    if !facts.parameters.is_empty() {
        writeln!(out, "\n## Parameters\n")?;
        for parameter in &facts.parameters {
            let default = match parameter.default.as_ref().map_or(0, |values| values.len()) {
                0 => "empty by default".to_owned(),
                1 => "1 value by default".to_owned(),
                n => format!("{n} values by default"),
            };
            writeln!(
                out,
                "- `{}`: {} `{}`, {default}. {}",
                parameter.name,
                parameter.kind.name(),
                parameter.reference,
                flow(&parameter.description)
            )?;
        }
    }
    list(out, "False positives", &facts.false_positives)?;
    list(out, "Blind spots", &facts.blind_spots)?;
    list(out, "Faults of the published query", &facts.published_faults)?;
    if !facts.triage.is_empty() {
        writeln!(out, "\n## What to do\n")?;
        for (at, step) in facts.triage.iter().enumerate() {
            writeln!(out, "{}. {}", at + 1, flow(step))?;
        }
    }
    let proving: Vec<String> = cases
        .iter()
        .filter(|case| case.facts.expect.iter().any(|expect| expect.rule == rule.name))
        .map(|case| format!("`{}` ({}): {}", case.name, case.facts.kind, flow(&case.facts.title)))
        .collect();
    list(out, "Cases that it finds something in", &proving)?;
    let references: Vec<String> =
        facts.references.iter().map(|r| format!("{} ({})", r.url, r.state)).collect();
    list(out, "References", &references)
}

fn list(out: &mut String, title: &str, items: &[String]) -> std::fmt::Result {
    if items.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## {title}\n")?;
    items.iter().try_for_each(|item| writeln!(out, "- {}", flow(item)))
}

fn attack(list: &[Attack]) -> String {
    let each = list.iter().map(|a| format!("{} (ATT&CK {})", a.id, a.version));
    each.collect::<Vec<_>>().join(", ")
}

/// Text without its line breaks.
fn flow(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
