//! The end of a run: what was read, what could not be, what was found.

use std::time::Duration;

use aql_diag::{Diagnostic, Severity};
use aql_event::ScanReport;

use crate::args::ReadArgs;
use crate::messages;

/// Does the report hold anything that was not read whole?
pub(crate) fn is_incomplete(report: &ScanReport) -> bool {
    let worth = |d: &Diagnostic| d.severity >= Severity::Warning;
    report.diagnostics.iter().any(worth)
        || report.files.iter().any(|f| f.lost > 0 || f.diagnostics.iter().any(worth))
}

/// One line per file that did not read whole: the worst of what there is to say about it, and how
/// much more there is. With `verbose` everything.
pub(crate) fn files(report: &ScanReport, args: &ReadArgs) {
    let wanted = |d: &&Diagnostic| d.severity == Severity::Error || !args.quiet;
    for diagnostic in report.diagnostics.iter().filter(wanted) {
        messages::diagnostic(diagnostic, None);
    }
    for file in &report.files {
        let list: Vec<&Diagnostic> = file.diagnostics.iter().filter(wanted).collect();
        if args.verbose {
            list.into_iter().for_each(|d| one_line(d, ""));
            continue;
        }
        // The first of the worst.
        let Some(worst) = list.iter().rev().max_by_key(|d| d.severity) else { continue };
        let more = match list.len() - 1 {
            0 => String::new(),
            n => format!(" ({n} more; --verbose shows them)"),
        };
        one_line(worst, &more);
    }
}

/// Remarks, one line each.
pub(crate) fn remarks(list: &[Diagnostic], args: &ReadArgs) {
    let wanted = |d: &&Diagnostic| d.severity == Severity::Error || !args.quiet;
    list.iter().filter(wanted).for_each(|d| one_line(d, ""));
}

fn one_line(d: &Diagnostic, more: &str) {
    let place = d.input.as_ref().map(|p| format!("{p}: ")).unwrap_or_default();
    messages::line(&format!("{}[{}]: {place}{}{more}", d.severity, d.code, d.message));
}

/// `12 files, 23,400 records (19,000 ruled out unread, 12 unparsed, 3 lost), 38.1 MB, 0.21 s, 181 MB/s`
pub(crate) fn reading(report: &ScanReport, elapsed: Duration) -> String {
    let files = report.files.len();
    let sum = |f: fn(&aql_event::FileReport) -> u64| report.files.iter().map(f).sum::<u64>();
    let (records, bytes) = (sum(|f| f.records), sum(|f| f.bytes));
    let mut parts = Vec::new();
    for (count, what) in [
        (sum(|f| f.ruled_out), "ruled out unread"),
        (sum(|f| f.unparsed), "kept unparsed"),
        (sum(|f| f.lost), "lost"),
    ] {
        if count > 0 {
            parts.push(format!("{} {what}", thousands(count)));
        }
    }
    let detail = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) };
    let seconds = elapsed.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
    let megabytes = bytes as f64 / 1e6;
    let rate = if seconds > 0.0 { megabytes / seconds } else { 0.0 };
    format!(
        "{} file{}, {} record{}{detail}, {megabytes:.1} MB, {seconds:.2} s, {rate:.0} MB/s",
        thousands(files as u64),
        if files == 1 { "" } else { "s" },
        thousands(records),
        if records == 1 { "" } else { "s" },
    )
}

/// `23,400`
pub(crate) fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::thousands;

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1000), "1,000");
        assert_eq!(thousands(1_234_567), "1,234,567");
    }
}
