//! The findings over time, as a chart of bars.

use aql_pack::Level;

use super::writer::Html;
use crate::Report;
use crate::report::{counted, second};

/// Most bars.
const MAX_BARS: i64 = 72;
const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// What a bar may stand for.
const STEPS: [(i64, &str); 16] = [
    (SECOND, "a second"),
    (10 * SECOND, "10 seconds"),
    (MINUTE, "a minute"),
    (5 * MINUTE, "5 minutes"),
    (15 * MINUTE, "15 minutes"),
    (HOUR, "an hour"),
    (3 * HOUR, "3 hours"),
    (6 * HOUR, "6 hours"),
    (12 * HOUR, "12 hours"),
    (DAY, "a day"),
    (2 * DAY, "2 days"),
    (7 * DAY, "7 days"),
    (28 * DAY, "4 weeks"),
    (91 * DAY, "13 weeks"),
    (364 * DAY, "a year"),
    (3640 * DAY, "10 years"),
];

/// Counts per level, worst first.
type Bar = [usize; 5];

/// Writes the chart, if there is a finding with a time.
pub(super) fn write(report: &Report<'_>, html: &mut Html) {
    let Some((first, last)) = report.span() else { return };
    let span = last.saturating_sub(first);
    let (step, name) = STEPS
        .into_iter()
        .find(|(step, _)| span / step < MAX_BARS)
        .unwrap_or((span / MAX_BARS + 1, "an equal part of the time"));
    let start = first.div_euclid(step).saturating_mul(step);
    let count = last.saturating_sub(start) / step + 1;
    let mut bars = vec![Bar::default(); usize::try_from(count).unwrap_or(1)];
    for (finding, rule) in report.findings() {
        let Some(time) = finding.time else { continue };
        let at = usize::try_from(time.saturating_sub(start) / step).unwrap_or(0);
        let level = Level::ALL.iter().position(|l| *l == rule.facts.level).unwrap_or(0);
        if let Some(cell) = bars.get_mut(at).and_then(|bar| bar.get_mut(level)) {
            *cell += 1;
        }
    }
    let highest = bars.iter().map(|bar| bar.iter().sum::<usize>()).max().unwrap_or(0).max(1);
    let caption = format!(
        "Each bar is {name}; the highest holds {}. Times are UTC.",
        counted(highest, "finding")
    );
    html.raw("<figure class=\"chart\"><svg role=\"img\" aria-label=\"Findings over time, from ");
    html.text(&second(first)).raw(" to ").text(&second(last)).raw("\" viewBox=\"0 0 ");
    // A few bars should not fill the page.
    let width = count.max(24).saturating_mul(10);
    html.number(width).raw(" 100\" preserveAspectRatio=\"none\">");
    for (at, bar) in (0i64..).zip(&bars) {
        if bar.iter().all(|n| *n == 0) {
            continue;
        }
        let from = second(start.saturating_add(at.saturating_mul(step)));
        let parts: Vec<String> = Level::ALL
            .iter()
            .zip(bar)
            .filter(|(_, n)| **n > 0)
            .map(|(level, n)| format!("{n} {level}"))
            .collect();
        html.raw("<g><title>").text(&format!("{from}: {}", parts.join(", "))).raw("</title>");
        let mut below = 0;
        for (level, n) in Level::ALL.iter().zip(bar).filter(|(_, n)| **n > 0) {
            // Heights in hundredths, so that the page needs no fractions of its own making.
            let height = |n: usize| i64::try_from(n * 9800 / highest).unwrap_or(9800).max(150);
            let (y, tall) = (9900 - height(below + n).max(height(below)), height(*n));
            html.raw("<rect class=\"").text(level.name()).raw("\" x=\"").number(at * 10 + 1);
            html.raw("\" y=\"").text(&hundredths(y.max(0))).raw("\" width=\"8\" height=\"");
            html.text(&hundredths(tall)).raw("\"/>");
            below += n;
        }
        html.raw("</g>");
    }
    html.raw("</svg><div class=\"axis\" aria-hidden=\"true\"><span>").text(&second(start));
    html.raw("</span>");
    if count >= 24 {
        html.raw("<span>").text(&second(start.saturating_add(count.saturating_mul(step))));
        html.raw("</span>");
    }
    html.raw("</div><figcaption>").text(&caption).raw("</figcaption></figure>");
}

fn hundredths(n: i64) -> String {
    format!("{}.{:02}", n / 100, n % 100)
}
