//! `docs/rules.md` is the registry as one page. `AQL_WRITE_RULES=1 cargo test -p aql-diag` writes it.

use std::fmt::Write as _;
use std::path::Path;

use aql_diag::codes::REGISTRY;

fn page() -> String {
    let mut out = String::from(
        "# Codes\n\nEverything that Aquiline reports, as `aql explain CODE` shows it. Made from the registry; do not edit.\n\n| code | title |\n|---|---|\n",
    );
    for info in REGISTRY {
        let anchor: String = format!("{}-{}", info.code, info.title)
            .to_lowercase()
            .chars()
            .filter_map(|c| match c {
                ' ' => Some('-'),
                '-' | '_' => Some(c),
                c if c.is_alphanumeric() => Some(c),
                _ => None,
            })
            .collect();
        let title = info.title.replace('|', "\\|");
        let _ = writeln!(out, "| [{}](#{anchor}) | {title} |", info.code);
    }
    for info in REGISTRY {
        let mut fenced = false;
        out.push('\n');
        for line in info.page.trim_end().lines() {
            fenced ^= line.starts_with("```");
            // One level below the heading of this page.
            let deeper = if line.starts_with('#') && !fenced { "#" } else { "" };
            let _ = writeln!(out, "{deeper}{line}");
        }
    }
    out
}

#[test]
fn rules_page_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rules.md");
    let wanted = page();
    if std::env::var_os("AQL_WRITE_RULES").is_some() {
        std::fs::write(&path, &wanted).expect("docs/rules.md");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "docs/rules.md is not what the registry says: run AQL_WRITE_RULES=1 cargo test -p aql-diag"
    );
}
