//! Comma-separated values (RFC 4180), safe to open in a spreadsheet.

use std::io::{self, Write};

use crate::Report;
use crate::report::value_text;

/// The columns, which are the keys of a finding as JSON.
const COLUMNS: [&str; 15] = [
    "time",
    "level",
    "rule",
    "rule_id",
    "title",
    "attack",
    "host",
    "user",
    "source_ip",
    "file",
    "record",
    "format",
    "fields",
    "why",
    "made_of",
];

pub(crate) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(COLUMNS)?;
    for (finding, rule) in report.findings() {
        let json = finding.json(rule);
        let attack: Vec<_> = rule.facts.attack.iter().map(|a| a.id.as_str()).collect();
        let cells = COLUMNS.map(|column| {
            let text = match column {
                "attack" => attack.join(" "),
                "made_of" if finding.made_of.is_empty() => String::new(),
                "why" => finding.why.join("; "),
                key => json.get(key).and_then(value_text).unwrap_or_default(),
            };
            harmless(text)
        });
        writer.write_record(cells)?;
    }
    writer.flush()
}

/// A cell that no spreadsheet takes for a formula: one that starts like one, also behind blanks,
/// gets an apostrophe before it (OWASP, CSV injection).
fn harmless(text: String) -> String {
    let formula = |c: char| {
        matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠')
    };
    let starts = text.starts_with(formula) || text.trim_start().starts_with(formula);
    if starts { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn formulas_become_text() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =cmd|' /C calc'!A0", "\r=1", "＝1"]
        {
            assert_eq!(harmless(text.to_owned()), format!("'{text}"));
        }
        for text in ["", "a=b", "10.0.0.1", "{\"a\":1}", "'x"] {
            assert_eq!(harmless(text.to_owned()), text);
        }
    }
}
