//! One self-contained page: no network, no fonts of its own, readable without JavaScript, on
//! paper, on a telephone, in light and in dark.

mod chapters;
mod groups;
mod timeline;
mod writer;

use std::fmt::Write as _;

use aql_pack::{HuntRule, Level};
use sha2::{Digest, Sha256};

use self::writer::Html;
use crate::Report;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// The page.
pub(crate) fn page(report: &Report<'_>) -> String {
    let mut html = Html::default();
    head(report, &mut html);
    html.raw("<body>\n<a class=\"skip\" href=\"#main\">Skip to the findings</a>\n");
    chapters::header(report, &mut html);
    html.raw("<main id=\"main\">\n");
    chapters::summary(report, &mut html);
    chapters::rules(report, &mut html);
    if !report.findings.is_empty() {
        section(&mut html, "findings", "Findings by host and user");
        groups::write(report, &mut html);
        html.raw("</section>\n");
    }
    chapters::triage(report, &mut html);
    chapters::playbooks(report, &mut html);
    chapters::coverage(report, &mut html);
    chapters::unobserved(report, &mut html);
    chapters::files(report, &mut html);
    html.raw("</main>\n<footer><p>Written by Aquiline ").text(report.version);
    html.raw(
        ". The same evidence and rules give the same page. It loads nothing and sends nothing; it \
         does hold evidence, so share it as you would share that.</p></footer>\n<script>",
    );
    html.raw(SCRIPT).raw("</script>\n</body>\n</html>\n");
    html.finish()
}

fn head(report: &Report<'_>, html: &mut Html) {
    let titles: Vec<&str> = report.packs.iter().map(|pack| pack.facts.title.as_str()).collect();
    html.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    html.raw("<meta name=\"color-scheme\" content=\"light dark\">\n");
    html.raw("<meta name=\"referrer\" content=\"no-referrer\">\n");
    html.raw("<meta name=\"generator\" content=\"Aquiline ").text(report.version).raw("\">\n");
    // Nothing is loaded and no script but ours runs, even if a text should ever get out of its
    // place.
    html.raw(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; script-src 'sha256-",
    );
    html.text(&base64(&Sha256::digest(SCRIPT.as_bytes()))).raw("'\">\n<title>");
    html.text(&format!("Hunt: {}", titles.join(", "))).raw("</title>\n<style>\n");
    html.raw(STYLE).raw("</style>\n</head>\n");
}

/// Opens a section.
fn section(html: &mut Html, id: &'static str, title: &'static str) {
    html.raw("<section id=\"")
        .raw(id)
        .raw("\" aria-labelledby=\"h-")
        .raw(id)
        .raw("\">\n<h2 id=\"h-");
    html.raw(id).raw("\">").raw(title).raw("</h2>\n");
}

/// The level as a word, coloured.
fn level_badge(html: &mut Html, level: Level) {
    html.raw("<span class=\"level ").text(level.name()).raw("\">").text(level.name());
    html.raw("</span>");
}

/// The id of what is said about a rule.
fn anchor(report: &Report<'_>, rule: &HuntRule) -> String {
    let at = report.rules.iter().position(|r| std::ptr::eq(r, rule)).unwrap_or(0);
    let mut id = format!("rule-{at}");
    if rule.name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        let _ = write!(id, "-{}", rule.name);
    }
    id
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            let letter = ALPHABET.get((bits >> (18 - 6 * i) & 63) as usize).copied();
            out.push(if i > chunk.len() { '=' } else { char::from(letter.unwrap_or(b'=')) });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{STYLE, base64};

    /// The colours of the n-th set of variables: light, dark, paper.
    fn colours(set: usize) -> BTreeMap<&'static str, [f64; 3]> {
        let set = STYLE.split(":root {").nth(set + 1).and_then(|s| s.split('}').next());
        let mut colours = BTreeMap::new();
        for variable in set.unwrap_or_default().split(';') {
            let Some((name, value)) = variable.trim().split_once(": #") else { continue };
            let wide: String = match value.len() {
                3 => value.chars().flat_map(|c| [c, c]).collect(),
                _ => value.to_owned(),
            };
            let channel = |at: usize| {
                let value = u8::from_str_radix(&wide[at..at + 2], 16).expect("a colour");
                let value = f64::from(value) / 255.0;
                if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
            };
            colours.insert(name, [channel(0), channel(2), channel(4)]);
        }
        colours
    }

    /// Contrast as WCAG 2.2 defines it.
    fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
        let luminance = |[r, g, b]: [f64; 3]| 0.2126 * r + 0.7152 * g + 0.0722 * b;
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_colour_of_text_can_be_read_in_every_scheme() {
        for set in 0..3 {
            let colours = colours(set);
            let names =
                ["ink", "soft", "link", "critical", "high", "medium", "low", "informational"];
            for name in names.map(|name| format!("--{name}")) {
                for ground in ["--paper", "--wash"] {
                    let ratio = contrast(colours[name.as_str()], colours[ground]);
                    assert!(ratio >= 4.5, "set {set}: {name} on {ground} has {ratio:.2}");
                }
            }
        }
    }

    #[test]
    fn base64_of_the_rfc() {
        for (text, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(text.as_bytes()), encoded);
        }
    }
}
