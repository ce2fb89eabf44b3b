//! Findings grouped by host and user, with their evidence. However many there are, the page stays
//! of a size that can be opened: what stands in full, and what in a line, is bounded.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use aql_pack::{Finding, HuntRule, Level};

use super::writer::Html;
use super::{anchor, level_badge};
use crate::Report;
use crate::report::{counted, cut, host, place, second, thousands, value_text};

/// Events that are shown with their evidence.
const MAX_FULL: usize = 600;
/// Events that are shown in one line.
const MAX_LINES: usize = 10_000;
/// Characters of a value, and of a raw record.
const MAX_VALUE: usize = 2_000;
const MAX_PAYLOAD: usize = 6_000;
/// Findings of a correlation that are listed.
const MAX_PARTS: usize = 50;
/// Events in full beyond which those of one host and user have to wait for the others.
const FAIR: usize = 20;

/// The findings of one event; of a group of events the only one.
struct Event<'a> {
    findings: Vec<(&'a Finding, &'a HuntRule)>,
    level: Level,
}

/// Events of one host and user.
struct Group<'a> {
    host: Option<&'a str>,
    user: Option<&'a str>,
    events: Vec<Event<'a>>,
    findings: usize,
    level: Level,
}

/// Writes the section.
pub(super) fn write(report: &Report<'_>, html: &mut Html) {
    let groups = groups(report);
    let full = in_full(&groups);
    let mut lines = 0;
    html.raw(FILTER);
    for (at, group) in groups.iter().enumerate() {
        html.raw("<section class=\"group\"><h3>");
        match group.host {
            Some(host) => html.element("bdi", host),
            None => html.raw("<span class=\"soft\">no host</span>"),
        };
        html.raw(" <span class=\"sep\">/</span> ");
        match group.user {
            Some(user) => html.element("bdi", user),
            None => html.raw("<span class=\"soft\">no user</span>"),
        };
        html.raw("</h3><p class=\"soft\">").text(&counted(group.findings, "finding"));
        html.text(" in ").text(&counted(group.events.len(), "event"));
        let times = || group.events.iter().filter_map(|e| e.findings.first()?.0.time);
        if let (Some(first), Some(last)) = (times().min(), times().max()) {
            html.text(&format!(", {}", second(first)));
            if first != last {
                html.text(&format!(" to {}", second(last)));
            }
        }
        html.raw("</p>");
        let mut open = false;
        let mut left_out = 0;
        for (number, event) in group.events.iter().enumerate() {
            if full.contains_key(&(at, number)) {
                close_lines(html, &mut open);
                self::event(report, event, html);
            } else if lines < MAX_LINES {
                lines += 1;
                if !open {
                    open = true;
                    html.raw("<details class=\"lines\"><summary>More, one line each</summary><ul>");
                }
                line(event, html);
            } else {
                left_out += 1;
            }
        }
        close_lines(html, &mut open);
        if left_out > 0 {
            html.raw("<p class=\"soft\">").text(&counted(left_out, "more event"));
            html.raw(
                " not shown, to keep this page usable; <code>--format jsonl</code> has all.</p>",
            );
        }
        html.raw("</section>");
    }
}

fn close_lines(html: &mut Html, open: &mut bool) {
    if *open {
        html.raw("</ul></details>");
        *open = false;
    }
}

fn groups<'a>(report: &Report<'a>) -> Vec<Group<'a>> {
    let report = *report;
    let mut by_key: BTreeMap<(Option<&str>, Option<&str>), Group<'a>> = BTreeMap::new();
    let all = report.findings.iter().filter_map(|f| Some((f, report.rules.get(f.rule)?)));
    for (finding, rule) in all {
        let (host, user) = (host(finding), finding.user.as_deref());
        let level = rule.facts.level;
        let group = by_key.entry((host, user)).or_insert_with(|| Group {
            host,
            user,
            events: Vec::new(),
            findings: 0,
            level,
        });
        group.findings += 1;
        group.level = group.level.max(level);
        match group.events.last_mut() {
            Some(event) if event.findings.iter().any(|(f, _)| f.is_same_event(finding)) => {
                event.level = event.level.max(level);
                event.findings.push((finding, rule));
            }
            _ => group.events.push(Event { findings: vec![(finding, rule)], level }),
        }
    }
    let mut groups: Vec<Group<'a>> = by_key.into_values().collect();
    groups.sort_by_key(|group| (Reverse(group.level), Reverse(group.findings)));
    for group in &mut groups {
        for event in &mut group.events {
            // The rule that matters most says what was seen.
            event.findings.sort_by_key(|(_, rule)| Reverse(rule.facts.level));
        }
    }
    groups
}

/// The events that are shown in full: the worst, but some of every host and user first.
fn in_full(groups: &[Group<'_>]) -> BTreeMap<(usize, usize), ()> {
    let mut order = Vec::new();
    for (at, group) in groups.iter().enumerate() {
        let mut worst: Vec<usize> = (0..group.events.len()).collect();
        worst.sort_by_key(|&n| (group.events.get(n).map(|e| Reverse(e.level)), n));
        for (rank, number) in worst.into_iter().enumerate() {
            let level = group.events.get(number).map(|e| Reverse(e.level));
            order.push((rank >= FAIR, level, at, number));
        }
    }
    order.sort();
    order.into_iter().take(MAX_FULL).map(|(_, _, at, number)| ((at, number), ())).collect()
}

fn event(report: &Report<'_>, event: &Event<'_>, html: &mut Html) {
    let Some((lead, rule)) = event.findings.first() else { return };
    html.raw("<details class=\"event\" data-level=\"").text(event.level.name());
    html.raw("\"><summary>");
    level_badge(html, event.level);
    html.raw("<span class=\"time\">").text(&time(lead)).raw("</span><span class=\"what\">");
    html.text(&rule.facts.title);
    if event.findings.len() > 1 {
        html.raw(" <span class=\"soft\">and ");
        html.text(&counted(event.findings.len() - 1, "other rule")).raw("</span>");
    }
    html.raw("</span></summary><div class=\"body\">");
    html.raw("<dl>");
    for (name, value) in &lead.fields {
        let Some(value) = value_text(value).filter(|value| !value.is_empty()) else { continue };
        // What the heading and the line above say already.
        let known = [&lead.host, &lead.user, &lead.source_ip];
        if known.iter().any(|k| k.as_deref() == Some(&value))
            || name.eq_ignore_ascii_case("eventtime")
        {
            continue;
        }
        html.element("dt", name).raw("<dd>");
        long(html, &value, MAX_VALUE);
        html.raw("</dd>");
    }
    if let Some(place) = place(lead) {
        html.raw("<dt class=\"meta\">Read from</dt><dd class=\"meta\">").text(&place);
        if let Some(format) = &lead.format {
            html.text(&format!(" ({format})"));
        }
        html.raw("</dd>");
    }
    html.raw("</dl>");
    for (finding, rule) in &event.findings {
        html.raw("<p class=\"rule\">");
        level_badge(html, rule.facts.level);
        html.raw(" <a href=\"#").text(&anchor(report, rule)).raw("\">").text(&rule.facts.title);
        html.raw("</a></p>");
        if !finding.why.is_empty() {
            html.raw("<ul class=\"why\">");
            for reason in &finding.why {
                html.raw("<li><code>").text(cut(reason, MAX_VALUE).0).raw("</code></li>");
            }
            html.raw("</ul>");
        }
    }
    if !lead.made_of.is_empty() {
        html.raw("<p class=\"rule\">Made of</p><ul class=\"why\">");
        for part in lead.made_of.iter().take(MAX_PARTS) {
            html.raw("<li><span class=\"time\">").text(&time(&part.finding)).raw("</span> ");
            html.text(&part.rule);
            if let Some(place) = place(&part.finding) {
                html.raw(" <span class=\"soft\">").text(&place).raw("</span>");
            }
            html.raw("</li>");
        }
        html.raw("</ul>");
        let more = lead.made_of.len().saturating_sub(MAX_PARTS);
        if more > 0 {
            html.raw("<p class=\"soft\">").text(&counted(more, "more finding")).raw("</p>");
        }
    }
    if let Some(payload) = lead.payload.as_deref().filter(|payload| !payload.is_empty()) {
        html.raw("<details class=\"raw\"><summary>Raw record</summary>");
        let (shown, more) = cut(payload, MAX_PAYLOAD);
        html.pre(shown);
        beyond(html, more);
        html.raw("</details>");
    }
    html.raw("</div></details>");
}

fn line(event: &Event<'_>, html: &mut Html) {
    let Some((lead, rule)) = event.findings.first() else { return };
    html.raw("<li class=\"event\" data-level=\"").text(event.level.name()).raw("\">");
    level_badge(html, event.level);
    html.raw(" <span class=\"time\">").text(&time(lead)).raw("</span> ").text(&rule.facts.title);
    if let Some(place) = place(lead) {
        html.raw(" <span class=\"soft\">").text(&place).raw("</span>");
    }
    html.raw("</li>");
}

fn time(finding: &Finding) -> String {
    finding.time.map_or_else(|| "group of events".to_owned(), second)
}

fn long(html: &mut Html, text: &str, characters: usize) {
    let (shown, more) = cut(text, characters);
    html.text(shown);
    beyond(html, more);
}

fn beyond(html: &mut Html, more: usize) {
    if more > 0 {
        html.raw(" <span class=\"soft\">… ").text(&thousands(more as u64));
        html.raw(" more characters</span>");
    }
}

/// Shown by the script, which is what makes it work.
const FILTER: &str = r#"<form id="filter" class="filter" role="search" hidden>
<label>Filter <input type="search" name="text" autocomplete="off" placeholder="host, user, file, rule"></label>
<label>Level <select name="level"><option value="0">all</option><option value="1">low and above</option><option value="2">medium and above</option><option value="3">high and above</option><option value="4">critical</option></select></label>
<button type="button" name="open">Open all</button>
<output aria-live="polite"></output>
</form>
"#;
