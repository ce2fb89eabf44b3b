//! The page of every lint holds true: its example draws the code, its fix does not.

use aql_catalog::Catalog;
use aql_lint::{Config, Level, check, rules::RULES};
use aql_semantic::BindOptions;

fn block<'a>(page: &'a str, heading: &str) -> &'a str {
    let from = page.find(heading).map_or("", |at| &page[at..]);
    from.split("```aql\n").nth(1).unwrap_or_default().split("\n```").next().unwrap_or_default()
}

#[test]
fn examples_and_fixes() {
    for rule in RULES {
        let page = rule.code.info().expect("a page").page;
        let mut config = Config::default();
        if rule.level == Level::Off {
            config.levels.insert(rule.code, Level::Note);
        }
        let found = |text: &str| {
            let checked = check(text, &BindOptions::default(), &config, Catalog::get());
            checked.diagnostics.iter().any(|d| d.code == rule.code)
        };
        assert!(found(block(page, "## Example")), "{}: the example", rule.code);
        let fixed = block(page, "## Fix");
        assert!(!found(fixed), "{}: {fixed}", rule.code);
    }
}
