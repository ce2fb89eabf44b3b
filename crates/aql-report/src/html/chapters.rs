//! The chapters of the page other than the findings themselves.

use std::collections::BTreeSet;

use aql_diag::Severity;
use aql_pack::{HuntRule, count_by_level};

use super::writer::{Html, is_web};
use super::{anchor, level_badge, section, timeline};
use crate::Report;
use crate::report::{counted, host, second, thousands};

/// Files that are listed; those with defects always are.
const MAX_FILES: usize = 500;

pub(super) fn header(report: &Report<'_>, html: &mut Html) {
    html.raw("<header>\n<p class=\"kind\">Hunt report</p>\n<h1>");
    let titles: Vec<&str> = report.packs.iter().map(|p| p.facts.title.as_str()).collect();
    html.text(&titles.join(", ")).raw("</h1>\n<p class=\"soft\">");
    let packs: Vec<String> =
        report.packs.iter().map(|p| format!("{} {}", p.facts.name, p.facts.version)).collect();
    html.text(&format!("{}, Aquiline {}", packs.join(", "), report.version));
    if let Some((oldest, newest)) = report.scan.time_span {
        html.text(&format!(". Events from {} to {} (UTC)", second(oldest), second(newest)));
    }
    html.raw(".</p>\n<nav aria-label=\"Contents\"><ul>");
    html.raw("<li><a href=\"#summary\">Summary</a></li>");
    if !report.findings.is_empty() {
        html.raw("<li><a href=\"#rules\">Rules</a></li>");
        html.raw("<li><a href=\"#findings\">Findings</a></li>");
        html.raw("<li><a href=\"#triage\">Triage</a></li>");
    }
    if report.packs.iter().any(|pack| pack.playbook.is_some()) {
        html.raw("<li><a href=\"#playbook\">Playbook</a></li>");
    }
    html.raw("<li><a href=\"#coverage\">Coverage</a></li>");
    html.raw("<li><a href=\"#unobserved\">Not observed</a></li>");
    html.raw("<li><a href=\"#files\">Files</a></li></ul></nav>\n</header>\n");
}

pub(super) fn summary(report: &Report<'_>, html: &mut Html) {
    section(html, "summary", "Summary");
    let ran = report.rules.iter().filter(|rule| !rule.is_left_out()).count();
    let fired = report.count_by_rule().iter().filter(|n| **n > 0).count();
    let hosts: BTreeSet<_> = report.findings.iter().filter_map(host).collect();
    let users: BTreeSet<_> = report.findings.iter().filter_map(|f| f.user.as_deref()).collect();
    let records: u64 = report.scan.files.iter().map(|file| file.records).sum();
    html.raw("<p class=\"lead\">");
    if report.findings.is_empty() {
        html.text(&format!("Nothing was found by {}.", counted(ran, "rule")));
    } else {
        html.text(&format!(
            "{} by {fired} of {}, about {} and {}.",
            counted(report.findings.len(), "finding"),
            counted(ran, "rule"),
            counted(hosts.len(), "host"),
            counted(users.len(), "user"),
        ));
    }
    html.raw("</p>\n<ul class=\"levels\">");
    for (level, count) in count_by_level(report.rules, report.findings) {
        html.raw(if count == 0 { "<li class=\"none\">" } else { "<li>" });
        html.raw("<span class=\"count\">").text(&thousands(count as u64)).raw("</span>");
        level_badge(html, level);
        html.raw("</li>");
    }
    html.raw("</ul>\n");
    timeline::write(report, html);
    html.raw("<p>").text(&format!(
        "{} read from {}.",
        counted(usize::try_from(records).unwrap_or(usize::MAX), "record"),
        counted(report.scan.files.len(), "file"),
    ));
    let blind = report.rules.iter().filter(|r| report.is_observable(r) == Some(false)).count();
    if blind > 0 {
        html.text(&format!(" {} could see nothing in this evidence: ", counted(blind, "rule")));
        html.raw("<a href=\"#unobserved\">see what is missing</a>.");
    }
    let broken = report.scan.files.iter().filter(|file| has_defect(file)).count();
    if broken > 0 {
        html.text(&format!(" {} not read whole: ", counted(broken, "file")));
        html.raw("<a href=\"#files\">see why</a>.");
    }
    html.raw("</p>\n");
    if !report.suppressed.is_empty() {
        html.raw("<h3>Left out by the tuning</h3><ul>");
        report.suppressed.iter().for_each(|line| {
            html.element("li", line);
        });
        html.raw("</ul>\n");
    }
    html.raw("</section>\n");
}

pub(super) fn rules(report: &Report<'_>, html: &mut Html) {
    if report.findings.is_empty() {
        return;
    }
    section(html, "rules", "Rules that found something");
    table(html, "Rules that found something");
    html.raw("<thead><tr><th scope=\"col\">Level</th><th scope=\"col\">Rule</th>");
    html.raw("<th scope=\"col\" class=\"wide\">ATT&amp;CK</th><th scope=\"col\" class=\"n\">Findings</th>");
    html.raw("<th scope=\"col\" class=\"wide\">First</th><th scope=\"col\" class=\"wide\">Last</th></tr></thead><tbody>");
    for (at, rule, count) in fired(report) {
        let times = || report.findings.iter().filter(|f| f.rule == at).filter_map(|f| f.time);
        html.raw("<tr><td>");
        level_badge(html, rule.facts.level);
        html.raw("</td><td><a href=\"#").text(&anchor(report, rule)).raw("\">");
        html.text(&rule.facts.title).raw("</a></td><td class=\"wide\">");
        let ids: Vec<&str> = rule.facts.attack.iter().map(|a| a.id.as_str()).collect();
        html.text(&ids.join(", ")).raw("</td><td class=\"n\">").text(&thousands(count as u64));
        html.raw("</td><td class=\"time wide\">")
            .text(&times().min().map(second).unwrap_or_default());
        html.raw("</td><td class=\"time wide\">")
            .text(&times().max().map(second).unwrap_or_default());
        html.raw("</td></tr>");
    }
    html.raw("</tbody></table></div>\n</section>\n");
}

/// Rules with findings, the worst level and the most findings first.
fn fired<'a>(report: &Report<'a>) -> Vec<(usize, &'a HuntRule, usize)> {
    let counts = report.count_by_rule();
    let mut fired: Vec<_> = report
        .rules
        .iter()
        .zip(counts)
        .enumerate()
        .map(|(at, (rule, count))| (at, rule, count))
        .filter(|(_, _, count)| *count > 0)
        .collect();
    fired.sort_by_key(|(at, rule, count)| {
        (std::cmp::Reverse(rule.facts.level), std::cmp::Reverse(*count), *at)
    });
    fired
}

pub(super) fn triage(report: &Report<'_>, html: &mut Html) {
    if report.findings.is_empty() {
        return;
    }
    section(html, "triage", "Triage, rule by rule");
    for (_, rule, count) in fired(report) {
        let facts = &rule.facts;
        html.raw("<article id=\"").text(&anchor(report, rule)).raw("\"><h3>").text(&facts.title);
        html.raw("</h3><p class=\"soft\">");
        level_badge(html, facts.level);
        html.text(&format!(" {}, {}, ", rule.name, counted(count, "finding")));
        for (i, attack) in facts.attack.iter().enumerate() {
            html.raw(if i > 0 { ", " } else { "" });
            technique(html, &attack.id);
        }
        html.raw("</p>").element("p", &facts.description);
        if !facts.triage.is_empty() {
            html.raw("<h4>Steps</h4><ol>");
            facts.triage.iter().for_each(|step| {
                html.element("li", step);
            });
            html.raw("</ol>");
        }
        list(html, "What else looks like this", &facts.false_positives);
        list(html, "What the rule cannot see", &facts.blind_spots);
        html.raw("<details><summary>The rule</summary>").pre(rule.query.trim_end());
        html.raw("</details>");
        if !facts.references.is_empty() {
            html.raw("<details><summary>References</summary><ul>");
            for reference in &facts.references {
                html.raw("<li>");
                if is_web(&reference.url) {
                    html.raw("<a rel=\"noreferrer\" href=\"").text(&reference.url).raw("\">");
                    html.text(&reference.url).raw("</a>");
                } else {
                    html.text(&reference.url);
                }
                if reference.state != "current" {
                    html.raw(" <span class=\"soft\">(").text(&reference.state).raw(")</span>");
                }
                html.raw("</li>");
            }
            html.raw("</ul></details>");
        }
        html.raw("</article>\n");
    }
    html.raw("</section>\n");
}

fn list(html: &mut Html, title: &'static str, items: &[String]) {
    if items.is_empty() {
        return;
    }
    html.raw("<h4>").raw(title).raw("</h4><ul>");
    for item in items {
        html.element("li", item);
    }
    html.raw("</ul>");
}

pub(super) fn playbooks(report: &Report<'_>, html: &mut Html) {
    let with = || report.packs.iter().filter(|pack| pack.playbook.is_some());
    if with().next().is_none() {
        return;
    }
    section(html, "playbook", "Playbook");
    let several = with().count() > 1;
    for pack in with() {
        if several {
            html.element("h3", &pack.facts.title);
        }
        html.raw("<div class=\"prose\">");
        html.markdown(pack.playbook.as_deref().unwrap_or_default(), if several { 3 } else { 2 });
        html.raw("</div>\n");
    }
    html.raw("</section>\n");
}

pub(super) fn coverage(report: &Report<'_>, html: &mut Html) {
    section(html, "coverage", "ATT&amp;CK coverage");
    let counts = report.count_by_rule();
    table(html, "Techniques that the rules look for");
    html.raw("<thead><tr><th scope=\"col\">Technique</th><th scope=\"col\" class=\"n\">Rules</th>");
    html.raw("<th scope=\"col\" class=\"n\">Could see</th>");
    html.raw("<th scope=\"col\" class=\"n\">Findings</th></tr></thead><tbody>");
    for (id, rules) in report.techniques() {
        let found: usize = rules.iter().filter_map(|&at| counts.get(at)).sum();
        let seeing = rules
            .iter()
            .filter_map(|&at| report.rules.get(at))
            .filter(|rule| !rule.is_left_out() && report.is_observable(rule) != Some(false))
            .count();
        html.raw("<tr><td>");
        technique(html, id);
        html.raw("</td><td class=\"n\">").text(&thousands(rules.len() as u64));
        html.raw("</td><td class=\"n\">").text(&thousands(seeing as u64));
        html.raw("</td><td class=\"n\">").text(&thousands(found as u64)).raw("</td></tr>");
    }
    html.raw("</tbody></table></div>\n<p class=\"soft\">");
    let versions: BTreeSet<&str> = report
        .rules
        .iter()
        .flat_map(|rule| &rule.facts.attack)
        .map(|attack| attack.version.as_str())
        .collect();
    let versions: Vec<&str> = versions.into_iter().collect();
    html.text(&format!("Mapped with ATT&CK {}.", versions.join(", ")));
    html.raw(
        " “Could see” counts rules for which this evidence holds events of the right kind.</p>",
    );
    html.raw("\n</section>\n");
}

pub(super) fn unobserved(report: &Report<'_>, html: &mut Html) {
    section(html, "unobserved", "What could not be observed");
    let left_out: Vec<_> = report.rules.iter().filter(|rule| rule.is_left_out()).collect();
    let blind: Vec<_> =
        report.rules.iter().filter(|rule| report.is_observable(rule) == Some(false)).collect();
    for rule in &left_out {
        html.raw("<p><code>").text(&rule.name);
        html.raw("</code> was left out: its query has an error, and nothing was looked for.</p>");
    }
    if blind.is_empty() {
        html.raw(if report.observed.is_empty() {
            "<p>Nobody watched which rules could see anything.</p>"
        } else {
            "<p>Every rule that ran met events of the kind that it looks at.</p>"
        });
    } else {
        html.raw("<p>These rules met no event of the kind that they look at. That they found ");
        html.raw("nothing says nothing.</p>");
        table(html, "Rules that could see nothing");
        html.raw("<thead><tr><th scope=\"col\">Level</th><th scope=\"col\">Rule</th>");
        html.raw("<th scope=\"col\">What has to be collected</th></tr></thead><tbody>");
        for rule in blind {
            html.raw("<tr><td>");
            level_badge(html, rule.facts.level);
            html.raw("</td><td>").text(&rule.facts.title).raw("</td><td>");
            html.text(&rule.facts.log_sources.join("; ")).raw("</td></tr>");
        }
        html.raw("</tbody></table></div>\n");
    }
    html.raw("</section>\n");
}

fn has_defect(file: &aql_event::FileReport) -> bool {
    file.lost > 0 || file.diagnostics.iter().any(|d| d.severity >= Severity::Warning)
}

pub(super) fn files(report: &Report<'_>, html: &mut Html) {
    section(html, "files", "Files read");
    let files = &report.scan.files;
    for diagnostic in &report.scan.diagnostics {
        html.raw("<p>").text(&format!("{}: {}", diagnostic.code, diagnostic.message)).raw("</p>");
    }
    let mut shown: Vec<_> = files.iter().filter(|file| has_defect(file)).collect();
    let broken = shown.len();
    shown.extend(files.iter().filter(|file| !has_defect(file)).take(MAX_FILES));
    if broken > 0 {
        html.raw("<p>").text(&counted(broken, "file")).raw(" with defects, named first.</p>");
    }
    table(html, "Files read");
    html.raw("<thead><tr><th scope=\"col\">File</th><th scope=\"col\">Format</th>");
    html.raw("<th scope=\"col\" class=\"n\">Records</th><th scope=\"col\" class=\"n\">Lost</th>");
    html.raw("<th scope=\"col\">Defects</th></tr></thead><tbody>");
    for file in &shown {
        html.raw("<tr><td class=\"path\">").text(&file.path).raw("</td><td>");
        html.text(file.format.unwrap_or("not recognised")).raw("</td><td class=\"n\">");
        html.text(&thousands(file.records)).raw("</td><td class=\"n\">");
        html.text(&thousands(file.lost)).raw("</td><td>");
        for diagnostic in &file.diagnostics {
            html.raw("<p>").text(&format!("{}: {}", diagnostic.code, diagnostic.message));
            html.raw("</p>");
        }
        html.raw("</td></tr>");
    }
    html.raw("</tbody></table></div>\n");
    if shown.len() < files.len() {
        let more = counted(files.len() - shown.len(), "more file");
        html.raw("<p class=\"soft\">").text(&more).raw(" without defects.</p>\n");
    }
    html.raw("</section>\n");
}

/// Opens a table that scrolls where the page is too narrow for it.
fn table(html: &mut Html, label: &'static str) {
    html.raw("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"").raw(label);
    html.raw("\"><table>");
}

/// A technique, with a link to what it is.
fn technique(html: &mut Html, id: &str) {
    html.raw("<a rel=\"noreferrer\" href=\"https://attack.mitre.org/techniques/");
    html.text(&id.replace('.', "/")).raw("/\">").text(id).raw("</a>");
}
