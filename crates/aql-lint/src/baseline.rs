//! Findings that were there before and are accepted: a file of fingerprints.
//!
//! A fingerprint is made of the file's name, the code and the text of the lines that the finding is
//! about, not of line numbers, so that it survives changes elsewhere in the file. Equal findings are
//! counted: one more than in the baseline is new.

use std::collections::BTreeMap;

use aql_diag::{Diagnostic, SourceText};
use serde::{Deserialize, Serialize};

/// The format's version.
const VERSION: u32 = 1;

/// Accepted findings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    version: u32,
    findings: Vec<Entry>,
}

/// One kind of finding in one file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Entry {
    file: String,
    code: String,
    /// The lines it is about, without blanks at their ends.
    text: String,
    count: usize,
}

type Key = (String, String, String);

impl Baseline {
    /// Reads a file's text.
    pub fn read(text: &str) -> Result<Baseline, String> {
        let baseline: Baseline = serde_json::from_str(text).map_err(|e| e.to_string())?;
        if baseline.version != VERSION {
            return Err(format!(
                "version {} of the format, where {VERSION} is expected",
                baseline.version
            ));
        }
        Ok(baseline)
    }

    /// A baseline that accepts exactly these findings.
    pub fn of<'a>(
        findings: impl IntoIterator<Item = (&'a SourceText, &'a Diagnostic)>,
    ) -> Baseline {
        let mut counts: BTreeMap<Key, usize> = BTreeMap::new();
        for (source, diagnostic) in findings {
            *counts.entry(key(source, diagnostic)).or_default() += 1;
        }
        let findings = counts
            .into_iter()
            .map(|((file, code, text), count)| Entry { file, code, text, count })
            .collect();
        Baseline { version: VERSION, findings }
    }

    /// The text of the file.
    pub fn write(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// A judge over the findings of a run.
    pub fn filter(&self) -> Filter {
        let left = self
            .findings
            .iter()
            .map(|e| ((e.file.clone(), e.code.clone(), e.text.clone()), e.count))
            .collect();
        Filter { left }
    }
}

/// What is still accepted.
#[derive(Clone, Debug)]
pub struct Filter {
    left: BTreeMap<Key, usize>,
}

impl Filter {
    /// Is the finding accepted? It is used up then.
    pub fn accepts(&mut self, source: &SourceText, diagnostic: &Diagnostic) -> bool {
        match self.left.get_mut(&key(source, diagnostic)) {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        }
    }
}

fn key(source: &SourceText, diagnostic: &Diagnostic) -> Key {
    let text = diagnostic.primary.as_ref().map(|label| {
        let whole = &source.text;
        let start = whole.get(..label.span.start as usize).unwrap_or(whole);
        let line_start = start.rfind('\n').map_or(0, |at| at + 1);
        let end = label.span.end.max(label.span.start) as usize;
        let rest = whole.get(end..).unwrap_or_default();
        let line_end = end + rest.find('\n').unwrap_or(rest.len());
        let lines = whole.get(line_start..line_end.min(whole.len())).unwrap_or_default();
        lines.lines().map(str::trim).collect::<Vec<_>>().join("\n")
    });
    let file = source.name.replace('\\', "/");
    (
        file.trim_start_matches("./").to_owned(),
        diagnostic.code.to_string(),
        text.unwrap_or_default(),
    )
}
