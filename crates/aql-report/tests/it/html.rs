//! The page: its structure, what it must never hold, and how large it may become.

use std::collections::BTreeSet;

use aql_pack::{Finding, Pack};
use aql_report::Format;

use crate::support::Hunted;

/// Elements without an end.
const VOID: [&str; 6] = ["meta", "br", "input", "hr", "rect", "!DOCTYPE"];

/// Reads the tags of a page; fails on one that does not nest. Gives names with their attributes.
fn tags(page: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let end = rest.find('>').expect("a tag ends");
        let (tag, behind) = rest.split_at(end);
        rest = &behind[1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "at {}", &rest[..rest.len().min(80)]);
            continue;
        }
        let tag = tag.trim_end_matches('/');
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        found.push((name.to_owned(), attributes.to_owned()));
        if name == "style" || name == "script" {
            let close = format!("</{name}>");
            rest = &rest[rest.find(&close).expect("an end") + close.len()..];
        } else if !VOID.contains(&name) {
            open.push(name.to_owned());
        }
    }
    assert!(open.is_empty(), "{open:?}");
    found
}

fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = attributes.split_once(&format!("{name}=\""))?;
    rest.split('"').next()
}

#[test]
fn the_page_is_well_formed_and_accessible() {
    let page = Hunted::bundled().text(Format::Html);
    let tags = tags(&page);
    let of = |name: &str| tags.iter().filter(|(n, _)| n == name).collect::<Vec<_>>();
    assert_eq!(attribute(&of("html")[0].1, "lang"), Some("en"));
    for landmark in ["header", "nav", "main", "footer", "h1"] {
        assert_eq!(of(landmark).len(), 1, "{landmark}");
    }
    let ids: Vec<&str> = tags
        .iter()
        .filter_map(|(_, a)| {
            attribute(a, " id")
                .or_else(|| a.strip_prefix("id=\"").and_then(|a| a.split('"').next()))
        })
        .collect();
    let distinct: BTreeSet<&&str> = ids.iter().collect();
    assert_eq!(ids.len(), distinct.len(), "ids are unique");
    for (_, attributes) in of("a") {
        let href = attribute(attributes, "href").expect("an address");
        match href.strip_prefix('#') {
            Some(id) => assert!(ids.contains(&id), "no #{id}"),
            None => assert!(href.starts_with("https://") || href.starts_with("http://"), "{href}"),
        }
    }
    // No level of heading is skipped.
    let mut last = 0;
    for (name, _) in &tags {
        let level = name.strip_prefix('h').and_then(|n| n.parse::<usize>().ok());
        if let Some(level) = level {
            assert!(level <= last + 1, "h{level} after h{last}");
            last = level;
        }
    }
    for (_, attributes) in of("section") {
        let named =
            attributes.contains("aria-labelledby") || attributes.contains("class=\"group\"");
        assert!(named, "{attributes}");
    }
    // Those of a playbook have no attributes.
    assert!(of("th").iter().all(|(_, a)| a.is_empty() || a.contains("scope=\"col\"")));
    assert!(of("svg").iter().all(|(_, a)| a.contains("role=\"img\"") && a.contains("aria-label")));
}

#[test]
fn the_page_loads_nothing() {
    let page = Hunted::examples("").text(Format::Html);
    for (name, attributes) in tags(&page) {
        assert!(!["link", "img", "iframe", "object", "embed"].contains(&name.as_str()), "{name}");
        assert!(!attributes.contains("src="), "{name} {attributes}");
        assert!(!attributes.split(' ').any(|a| a.starts_with("on")), "{name} {attributes}");
    }
    assert!(page.contains("default-src 'none'"));
    assert!(!page.contains("@import") && !page.contains("url("));
}

#[test]
fn every_finding_is_on_the_page_with_its_evidence() {
    let hunted = Hunted::examples("");
    let page = hunted.text(Format::Html);
    for finding in &hunted.outcome.findings {
        let rule = &hunted.hunt.rules()[finding.rule];
        assert!(page.contains(&rule.facts.title.replace('\'', "&#39;")), "{}", rule.name);
        let place = format!(
            "{} #{}",
            finding.file.as_ref().expect("a file"),
            finding.record.expect("a record")
        );
        assert!(page.contains(&place), "{place}");
        assert!(finding.payload.is_some());
        for step in &rule.facts.triage {
            let mut shown = step.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            shown = shown.replace('"', "&quot;").replace('\'', "&#39;");
            assert!(page.contains(&shown), "{shown}");
        }
    }
    assert!(page.contains("<h3>Contain</h3>"), "the playbook is laid out");
    assert!(page.contains("&lt;b&gt;raw&lt;/b&gt;"), "and its HTML is text");
}

#[test]
fn a_correlation_shows_what_it_is_made_of() {
    let pack = Pack::bundled("t1114-email-collection").expect("is there").expect("loads");
    let case = "packs/t1114-email-collection/cases/stores-staged-packed-and-sent/evidence";
    let hunted = Hunted::with(pack, case);
    let made: Vec<&Finding> =
        hunted.outcome.findings.iter().filter(|f| !f.made_of.is_empty()).collect();
    assert!(!made.is_empty(), "the case is about a correlation");
    let page = hunted.text(Format::Html);
    for finding in made {
        let rule = &hunted.hunt.rules()[finding.rule];
        assert!(page.contains(&rule.facts.title), "{}", rule.name);
        let (_, list) = page.split_once("Made of</p>").expect("a list of parts");
        for part in &finding.made_of {
            let place = format!("#{}", part.finding.record.expect("a record"));
            assert!(list.contains(&part.rule) && list.contains(&place), "{} {place}", part.rule);
        }
    }
}

#[test]
fn a_rule_that_met_nothing_is_said_to_be_blind() {
    let page = Hunted::examples("test2-outlook-com").text(Format::Html);
    assert!(page.contains("These rules met no event of the kind"), "mail rules of the audit log");
    assert!(page.contains("Office 365 audit log"));
}

#[test]
fn hostile_evidence_stays_text() {
    let mut hunted = Hunted::examples("test4-forwarding-rule");
    let evil = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(1)>\u{202e}";
    for finding in &mut hunted.outcome.findings {
        finding.user = Some(evil.into());
        finding.host = Some(evil.into());
        finding.file = Some(evil.into());
        finding.format = Some(evil.into());
        finding.payload = Some(evil.into());
        finding.why = vec![evil.into()];
        finding.fields = vec![(evil.into(), evil.into())];
    }
    let plain = tags(&Hunted::examples("test4-forwarding-rule").text(Format::Html));
    let page = hunted.text(Format::Html);
    let scripts = |tags: &[(String, String)]| tags.iter().filter(|(n, _)| n == "script").count();
    assert_eq!(scripts(&tags(&page)), scripts(&plain));
    assert!(!page.contains("<img") && !page.contains('\u{202e}'));
}

#[test]
fn ten_thousand_findings_make_a_page_that_opens() {
    let page = Hunted::ten_thousand().text(Format::Html);
    // To be opened and looked at.
    if let Some(folder) = std::env::var_os("AQL_SHOTS") {
        let path = std::path::Path::new(&folder).join("ten-thousand.html");
        std::fs::write(path, &page).expect("written");
    }
    assert!(page.len() < 8 << 20, "{} bytes", page.len());
    let tags = tags(&page);
    let full = tags.iter().filter(|(n, a)| n == "details" && a.contains("class=\"event\"")).count();
    let lines = tags.iter().filter(|(n, a)| n == "li" && a.contains("class=\"event\"")).count();
    assert_eq!((full, full + lines), (600, 10_000), "none is lost");
    assert!(tags.len() < 90_000, "{} elements", tags.len());
    for host in 0..300 {
        assert!(page.contains(&format!("<bdi>HOST-{host:03}</bdi>")));
    }
}
