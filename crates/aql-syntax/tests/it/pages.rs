//! The pages of the syntax codes hold true: each example draws its code, each fix draws none.

use aql_diag::codes::REGISTRY;
use aql_syntax::parse;

/// The first fenced query behind a heading.
fn block<'a>(page: &'a str, heading: &str) -> &'a str {
    let from = page.find(heading).map_or("", |at| &page[at..]);
    let inner = from.split("```aql\n").nth(1).unwrap_or_default();
    inner.split("\n```").next().unwrap_or_default()
}

#[test]
fn examples_and_fixes() {
    let mut count = 0;
    for info in REGISTRY.iter().filter(|info| info.code.as_str().starts_with("AQL0")) {
        let example = parse(block(info.page, "## Example"));
        assert!(example.diagnostics.iter().any(|d| d.code == info.code), "{}", info.code);
        let fixed = block(info.page, "## Fix");
        assert!(!fixed.is_empty(), "{}", info.code);
        assert!(parse(fixed).diagnostics.is_empty(), "{}: {fixed}", info.code);
        assert!(info.page.contains("\nSource: "), "{}", info.code);
        count += 1;
    }
    assert_eq!(count, 39);
}
