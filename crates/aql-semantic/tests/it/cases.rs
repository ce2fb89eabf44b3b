//! Cases as data: `tests/cases/*.txt` hold queries between lines of `----`; the snapshot of a file
//! has, per query, the result columns and everything that is said.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use aql_catalog::Catalog;
use aql_diag::{SourceText, render};
use aql_semantic::{BindOptions, bind_text};

#[test]
fn cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<_> =
        fs::read_dir(&folder).expect("cases").map(|e| e.expect("an entry").path()).collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let text = fs::read_to_string(&file).expect("a case file");
        let mut out = String::new();
        for case in text.split("----\n") {
            let query: String =
                case.lines().filter(|l| !l.starts_with('#')).collect::<Vec<_>>().join("\n");
            let source = SourceText::new("query", query.clone());
            let bound = bind_text(&query, &BindOptions::default(), Catalog::get());
            let _ = writeln!(out, "> {query}");
            match &bound.query {
                Some(query) => {
                    for output in &query.output {
                        let _ = writeln!(out, "  {}: {}", output.name, output.expr.ty);
                    }
                }
                None => out.push_str("  (does not run)\n"),
            }
            for diagnostic in &bound.diagnostics {
                let _ = writeln!(out, "{}", render::text(diagnostic, Some(&source), false));
            }
            out.push('\n');
        }
        let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
        insta::assert_snapshot!(format!("cases_{name}"), out);
    }
}
