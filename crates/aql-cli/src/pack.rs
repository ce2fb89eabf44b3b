//! `aql pack`: look at packs, check them, begin one.

use std::io::Write;
use std::path::Path;

use anyhow::{anyhow, bail};
use aql_diag::Severity;
use aql_pack::{Case, Pack, Proof, check_pack, pack_page, rule_page};

use crate::args::{PackCommand, PageFormat};
use crate::output::{self, Sink};
use crate::{Outcome, hunt, messages, pack_new, test};

pub(crate) fn run(command: &PackCommand) -> anyhow::Result<Outcome> {
    match command {
        PackCommand::New { folder, technique } => pack_new::run(folder, technique),
        PackCommand::Check { packs, quiet } => check(packs, *quiet),
        PackCommand::List => list(),
        PackCommand::Show { pack, rule, format } => show(pack, rule.as_deref(), *format),
    }
}

/// Says everything there is to say; exit code 1 if any of it is more than a note.
fn check(packs: &[String], quiet: bool) -> anyhow::Result<Outcome> {
    let mut out = std::io::stdout().lock();
    let mut clean = true;
    for folder in test::folders(packs)? {
        let proof = match Proof::load(&folder) {
            Ok(proof) => proof,
            Err(problems) => {
                for problem in &problems {
                    writeln!(out, "{}\n", messages::text(problem, None, false))?;
                }
                clean = false;
                continue;
            }
        };
        let remarks = check_pack(&proof);
        let least = if quiet { Severity::Error } else { Severity::Note };
        for remark in remarks.iter().filter(|r| r.diagnostic.severity >= least) {
            let text = messages::text(&remark.diagnostic, remark.source.as_ref(), false);
            writeln!(out, "{text}\n")?;
        }
        let count = |severity| remarks.iter().filter(|r| r.diagnostic.severity == severity).count();
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        clean &= errors + warnings == 0;
        writeln!(
            out,
            "{}: {}, {}, {}, {}",
            proof.pack.facts.name,
            many(proof.pack.rules.len(), "rule"),
            many(proof.cases.len(), "case"),
            many(errors, "error"),
            many(warnings, "warning"),
        )?;
    }
    Ok(if clean { Outcome::Done } else { Outcome::Found })
}

fn many(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// The packs in the binary and those below `packs`.
fn list() -> anyhow::Result<Outcome> {
    let mut sink = Sink::open(None)?;
    let mut rows = Vec::new();
    let bundled = Pack::bundled_names();
    for name in &bundled {
        let loaded = Pack::bundled(name).ok_or_else(|| anyhow!("pack `{name}` is gone"))?;
        rows.push(row(loaded, name, "in the binary"));
    }
    for folder in test::folders(&[]).unwrap_or_default() {
        let shown = folder.display().to_string();
        let known = folder.file_name().is_some_and(|name| bundled.iter().any(|b| name == *b));
        if !known {
            rows.push(row(Pack::load(&folder), &shown, &shown));
        }
    }
    let header = ["pack", "version", "rules", "ATT&CK", "title", "where"];
    writeln!(sink.out, "{}", output::list(&header, rows, sink.width))?;
    sink.finish()?;
    Ok(Outcome::Done)
}

fn row(loaded: Result<Pack, Vec<aql_diag::Diagnostic>>, name: &str, place: &str) -> Vec<String> {
    match loaded {
        Ok(pack) => {
            let attack: Vec<&str> = pack.facts.attack.iter().map(|a| a.id.as_str()).collect();
            vec![
                pack.facts.name.clone(),
                pack.facts.version.clone(),
                pack.rules.len().to_string(),
                attack.join(" "),
                pack.facts.title.clone(),
                place.to_owned(),
            ]
        }
        Err(problems) => {
            let why = problems.first().map(|d| d.message.clone()).unwrap_or_default();
            let cell = |text: &str| text.to_owned();
            vec![name.to_owned(), cell("-"), cell("-"), cell("-"), why, place.to_owned()]
        }
    }
}

fn show(name: &str, rule: Option<&str>, format: PageFormat) -> anyhow::Result<Outcome> {
    let mut packs = hunt::load_packs(std::slice::from_ref(&name.to_owned()))?;
    let pack = packs.pop().ok_or_else(|| anyhow!("there is no pack `{name}`"))?;
    // Cases lie beside a pack in a folder; in the binary there are none.
    let folder = [Path::new(name).to_path_buf(), Path::new("packs").join(name)];
    let folder = folder.iter().find(|folder| folder.join("cases").is_dir());
    let cases = folder.and_then(|folder| Case::load_all(folder, &pack).ok()).unwrap_or_default();
    let page = match rule {
        None => pack_page(&pack, &cases),
        Some(wanted) => match pack.rules.iter().find(|rule| rule.name == wanted) {
            Some(rule) => rule_page(rule, &cases),
            None => bail!("there is no rule `{wanted}` in pack `{name}`"),
        },
    };
    let mut sink = Sink::open(None)?;
    let text = match format {
        PageFormat::Markdown => page,
        PageFormat::Text => plain(&page, sink.width.unwrap_or(100).min(100)),
    };
    sink.out.write_all(text.as_bytes())?;
    sink.finish()?;
    Ok(Outcome::Done)
}

/// A page for a terminal: headings in capitals, no marks, lines as wide as the terminal.
fn plain(page: &str, width: usize) -> String {
    let mut out = String::new();
    let mut in_code = false;
    for line in page.lines() {
        if line.starts_with("```") {
            in_code = !in_code;
            continue;
        }
        if in_code {
            out.push_str("    ");
            out.push_str(&output::printable(line));
            out.push('\n');
            continue;
        }
        let heading = line.trim_start_matches('#');
        if heading.len() < line.len() {
            out.push_str(&output::printable(heading.trim()).to_uppercase());
            out.push('\n');
            continue;
        }
        let text = output::printable(line).replace('`', "");
        let hanging = text.find(". ").filter(|at| text[..*at].bytes().all(|b| b.is_ascii_digit()));
        let indent = match hanging {
            Some(at) if at > 0 => at + 2,
            _ if text.starts_with("- ") => 2,
            _ => 0,
        };
        wrap(&mut out, &text, width, indent);
    }
    out
}

/// Breaks a line between words; the lines behind the first are set in.
fn wrap(out: &mut String, text: &str, width: usize, indent: usize) {
    let mut column = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            column = indent;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_page_is_plain_and_as_wide_as_the_terminal() {
        let page = "# A `rule`\n\n- one two three four\n1. five six seven\n\n```sql\nSELECT  a, b, c, d, e, f\n```\n";
        assert_eq!(
            plain(page, 12),
            "A `RULE`\n\n- one two\n  three four\n1. five six\n   seven\n\n    SELECT  a, b, c, d, e, f\n"
        );
    }
}
