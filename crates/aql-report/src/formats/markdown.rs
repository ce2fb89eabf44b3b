//! Markdown (GitHub's dialect), for tickets and wikis. Whatever comes from evidence or rules is
//! shown as it is: nothing in it can become markup.

use std::io::{self, Write};

use aql_pack::{count_by_level, iso_time};

use crate::Report;
use crate::report::{counted, cut, host, place, second, thousands, value_text};

/// Findings that are shown; the others are counted.
const MAX_FINDINGS: usize = 500;
/// Characters of a value.
const MAX_VALUE: usize = 500;

pub(crate) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let titles: Vec<String> =
        report.packs.iter().map(|p| format!("{} {}", p.facts.title, p.facts.version)).collect();
    writeln!(out, "# Hunt: {}\n", text(&titles.join(", ")))?;
    summary(report, out)?;
    rules(report, out)?;
    findings(report, out)?;
    unobserved(report, out)?;
    files(report, out)
}

fn summary(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let records: u64 = report.scan.files.iter().map(|file| file.records).sum();
    write!(
        out,
        "{} by {} in {} records of {}, Aquiline {}.",
        counted(report.findings.len(), "finding"),
        counted(report.rules.iter().filter(|rule| !rule.is_left_out()).count(), "rule"),
        thousands(records),
        counted(report.scan.files.len(), "file"),
        text(report.version),
    )?;
    if let Some((oldest, newest)) = report.scan.time_span {
        write!(out, " The events are from {} to {} (UTC).", second(oldest), second(newest))?;
    }
    writeln!(out, "\n\n| Level | Findings |\n|---|---:|")?;
    for (level, count) in count_by_level(report.rules, report.findings) {
        writeln!(out, "| {level} | {} |", thousands(count as u64))?;
    }
    writeln!(out)?;
    if !report.suppressed.is_empty() {
        writeln!(out, "Left out by the tuning:\n")?;
        for line in report.suppressed {
            writeln!(out, "- {}", text(line))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn rules(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let counts = report.count_by_rule();
    let fired: Vec<_> = report.rules.iter().zip(counts).filter(|(_, count)| *count > 0).collect();
    if fired.is_empty() {
        return writeln!(out, "Nothing was found.\n");
    }
    writeln!(out, "## Rules that found something\n")?;
    writeln!(out, "| Level | Rule | Title | ATT&CK | Findings |\n|---|---|---|---|---:|")?;
    for (rule, count) in &fired {
        let attack: Vec<&str> = rule.facts.attack.iter().map(|a| a.id.as_str()).collect();
        writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            rule.facts.level,
            code(&rule.name, usize::MAX),
            text(&rule.facts.title),
            text(&attack.join(", ")),
            thousands(*count as u64),
        )?;
    }
    for (rule, _) in &fired {
        writeln!(out, "\n### {}\n\n{}\n", text(&rule.facts.title), text(&rule.facts.description))?;
        for (i, step) in rule.facts.triage.iter().enumerate() {
            writeln!(out, "{}. {}", i + 1, text(step))?;
        }
    }
    writeln!(out)
}

fn findings(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    if report.findings.is_empty() {
        return Ok(());
    }
    writeln!(out, "## Findings\n")?;
    for (finding, rule) in report.findings().take(MAX_FINDINGS) {
        let time = finding.time.map_or_else(|| "group of events".to_owned(), iso_time);
        writeln!(out, "### {time}, {}: {}\n", rule.facts.level, text(&rule.facts.title))?;
        writeln!(out, "| | |\n|---|---|")?;
        let mut row = |name: &str, value: &str| {
            writeln!(out, "| {} | {} |", text(name), code(value, MAX_VALUE))
        };
        row("rule", &rule.name)?;
        if let Some(host) = host(finding) {
            row("host", host)?;
        }
        if let Some(user) = &finding.user {
            row("user", user)?;
        }
        for (name, value) in &finding.fields {
            if let Some(value) = value_text(value).filter(|value| !value.is_empty()) {
                row(name, &value)?;
            }
        }
        for reason in &finding.why {
            row("why", reason)?;
        }
        if let Some(place) = place(finding) {
            row("read from", &place)?;
        }
        writeln!(out)?;
    }
    let more = report.findings.len().saturating_sub(MAX_FINDINGS);
    if more > 0 {
        writeln!(
            out,
            "{} more are not shown; the layout `jsonl` has all.\n",
            thousands(more as u64)
        )?;
    }
    Ok(())
}

fn unobserved(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let blind: Vec<_> =
        report.rules.iter().filter(|rule| report.is_observable(rule) == Some(false)).collect();
    let left_out: Vec<_> = report.rules.iter().filter(|rule| rule.is_left_out()).collect();
    if blind.is_empty() && left_out.is_empty() {
        return Ok(());
    }
    writeln!(out, "## What could not be observed\n")?;
    for rule in left_out {
        writeln!(out, "- {} was left out: its query has an error.", code(&rule.name, usize::MAX))?;
    }
    for rule in blind {
        writeln!(
            out,
            "- {} could see nothing in this evidence. It needs: {}",
            code(&rule.name, usize::MAX),
            text(&rule.facts.log_sources.join("; ")),
        )?;
    }
    writeln!(out)
}

fn files(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## Files read\n")?;
    writeln!(out, "| File | Format | Records | Lost | Defects |\n|---|---|---:|---:|---|")?;
    for file in &report.scan.files {
        let defects: Vec<String> =
            file.diagnostics.iter().map(|d| text(&format!("{}: {}", d.code, d.message))).collect();
        writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            code(&file.path, usize::MAX),
            file.format.unwrap_or("not recognised"),
            thousands(file.records),
            thousands(file.lost),
            defects.join("<br>"),
        )?;
    }
    Ok(())
}

/// Text that stays text: on one line, with every character that could be markup escaped. Addresses
/// do not become links, nor names of people.
fn text(text: &str) -> String {
    let line = one_line(text);
    let mut out = String::with_capacity(line.len() + 8);
    // What makes a list or an underline counts only where a line begins.
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let mark = match line.as_bytes().get(digits) {
        Some(b'.' | b')') if digits > 0 => Some(digits),
        Some(b'-' | b'+' | b'=') if digits == 0 => Some(0),
        _ => None,
    };
    for (at, c) in line.char_indices() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.push_str("&#64;"),
            ':' if line[at..].starts_with("://") => out.push_str("&#58;"),
            '.' if line[..at].to_ascii_lowercase().ends_with("www") => out.push_str("&#46;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' | '#' => out.extend(['\\', c]),
            c if mark == Some(at) => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

/// Text as code, cut, safe in a table.
fn code(text: &str, characters: usize) -> String {
    let line = one_line(text);
    let (shown, more) = cut(&line, characters);
    // A fence longer than any run of backticks inside (CommonMark, code spans).
    let longest = shown.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad =
        if shown.starts_with('`') || shown.ends_with('`') || shown.is_empty() { " " } else { "" };
    // Tables are cut at pipes before code is looked for (GitHub Flavored Markdown, tables).
    let shown = shown.replace('|', "\\|");
    let more = if more > 0 {
        format!(" … {} more characters", thousands(more as u64))
    } else {
        String::new()
    };
    format!("{fence}{pad}{shown}{pad}{fence}{more}")
}

fn one_line(text: &str) -> String {
    crate::escape::printable(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{code, text};

    #[test]
    fn markup_of_evidence_is_text() {
        assert_eq!(text("a|b <b>*x*</b>\n# y"), r"a\|b &lt;b&gt;\*x\*&lt;/b&gt; \# y");
        assert_eq!(text("[x](http://e)"), r"\[x\](http&#58;//e)");
        assert_eq!(text("see www.e.com: a-b"), "see www&#46;e.com: a-b");
        assert_eq!(text("- x"), r"\- x");
        assert_eq!(text("12. x 3."), r"12\. x 3.");
        assert_eq!(text("me@example.com"), "me&#64;example.com");
    }

    #[test]
    fn code_holds_whatever_it_is_given() {
        assert_eq!(code("a|b", 9), r"`a\|b`");
        assert_eq!(code("a`b", 9), "``a`b``");
        assert_eq!(code("`a", 9), "`` `a ``");
        assert_eq!(code("abcdef", 3), "`abc` … 3 more characters");
    }
}
