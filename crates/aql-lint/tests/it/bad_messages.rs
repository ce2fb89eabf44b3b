//! Messages that are ugly, kept here until they are mended: `tests/bad_messages/NAME.aql` says in its
//! first line what is wrong with them. A case that reads well moves to `tests/cases`.

use std::fs;
use std::path::Path;

use aql_catalog::Catalog;
use aql_diag::{SourceText, render};
use aql_lint::{Config, check};
use aql_semantic::BindOptions;

#[test]
fn bad_messages() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad_messages");
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("the cases").map(|e| e.expect("a file").path()).collect();
    files.sort();
    for file in files {
        let name = file.file_stem().and_then(|n| n.to_str()).expect("a name").to_owned();
        let text = fs::read_to_string(&file).expect("text");
        let (why, query) = text.split_once('\n').expect("a reason and a query");
        assert!(why.starts_with("-- ugly: "), "{name} does not say what is ugly");
        let source = SourceText::new("query", query);
        let found =
            check(query, &BindOptions::default(), &Config::default(), Catalog::get()).diagnostics;
        let shown: Vec<String> =
            found.iter().map(|d| render::text(d, Some(&source), false)).collect();
        insta::assert_snapshot!(format!("bad_{name}"), format!("{why}\n\n{}", shown.join("\n\n")));
    }
}
