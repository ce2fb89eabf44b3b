//! Queries that a lint must report, and their twins that it must not: `tests/cases/CODE.aql`. What
//! all fixes make of each is a snapshot.

use std::fs;
use std::path::Path;

use aql_catalog::Catalog;
use aql_diag::codes::Code;
use aql_lint::{Config, Fixes, Level, check, fix};
use aql_semantic::BindOptions;

#[test]
fn found_and_silent() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("the cases").map(|e| e.expect("a file").path()).collect();
    files.sort();
    assert!(files.len() > 20);
    for file in files {
        let name = file.file_stem().and_then(|n| n.to_str()).expect("a name").to_owned();
        let code = Code::find(&name).expect("a code");
        let mut config = Config::default();
        // Some are off by default, and comments are the cases' own.
        config.levels.insert(code, Level::Warning);
        let mut shown = Vec::new();
        for case in fs::read_to_string(&file).expect("text").trim().split("\n\n") {
            let (mark, query) = case.split_once('\n').expect("a mark and a query");
            let options = BindOptions::default();
            let checked = check(query, &options, &config, Catalog::get());
            assert!(
                checked.diagnostics.iter().all(|d| d.code.as_str() != "AQL001"),
                "{name}: {query}"
            );
            let found = checked.diagnostics.iter().find(|d| d.code == code);
            match mark {
                "-- found" => assert!(found.is_some(), "{name} does not find: {query}"),
                "-- silent" => assert!(found.is_none(), "{name} finds: {query}\n{found:?}"),
                other => panic!("{name}: {other}"),
            }
            let Some(found) = found else { continue };
            let place = found.primary.as_ref().map(|p| p.span).unwrap_or_default();
            let fixed = fix(query, Fixes::Unsafe, &options, &config, Catalog::get());
            let ours = fixed.applied.iter().any(|(c, _)| *c == code);
            let after = if ours { fixed.text } else { "(no fix)".to_owned() };
            shown.push(format!(
                "{query}\n  {}: `{}`\n  {after}",
                found.message,
                place.slice(query)
            ));
        }
        insta::assert_snapshot!(name, shown.join("\n\n"));
    }
}
