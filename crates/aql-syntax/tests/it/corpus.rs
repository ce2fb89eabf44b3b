//! Every file of `tests/corpus`: what is said about it and what is read from it, as snapshots.
//!
//! The messages are the product: read a changed snapshot as a user would.

use std::fmt::Write as _;
use std::path::Path;

use aql_diag::SourceText;
use aql_syntax::{Parsed, format_with_comments, parse};

/// All findings as the user sees them, then the tree as the formatter writes it.
fn report(name: &str, text: &str, parsed: &Parsed) -> String {
    let source = SourceText::new(name, text);
    let mut out = String::new();
    for diagnostic in &parsed.diagnostics {
        writeln!(out, "{}\n", aql_diag::render::text(diagnostic, Some(&source), false))
            .expect("a string");
    }
    let Some(query) = &parsed.query else { return out + "-- no tree" };
    writeln!(out, "-- tree").expect("a string");
    out + &format_with_comments(query, text, &parsed.comments)
}

fn each(directory: &str, check: impl Fn(&str, &str, &Parsed)) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(directory);
    let mut files: Vec<_> = std::fs::read_dir(path)
        .expect("corpus directory")
        .map(|entry| entry.expect("entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "aql"))
        .collect();
    files.sort();
    for file in files {
        let name = file.file_stem().and_then(|n| n.to_str()).expect("a name").to_owned();
        let text = std::fs::read_to_string(&file).expect("query");
        let parsed = parse(&text);
        check(&name, &text, &parsed);
        insta::with_settings!({
            snapshot_path => Path::new("../corpus").join(directory),
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!(name.as_str(), report(&format!("{name}.aql"), &text, &parsed));
        });
    }
}

#[test]
fn ok() {
    each("ok", |name, text, parsed| {
        assert!(!parsed.has_errors(), "{name}: {:#?}", parsed.diagnostics);
        crate::layout::check(text);
    });
}

#[test]
fn err() {
    each("err", |name, text, parsed| {
        assert!(parsed.has_errors(), "{name}");
        for diagnostic in &parsed.diagnostics {
            let first = diagnostic.message.chars().next().unwrap_or('.');
            assert!(!diagnostic.message.ends_with('.'), "{name}: {}", diagnostic.message);
            assert!(diagnostic.primary.is_some(), "{name}: {}", diagnostic.message);
            assert!(
                !first.is_uppercase()
                    || diagnostic.message.split(' ').next().is_some_and(|w| w == w.to_uppercase()),
                "{name}: {}",
                diagnostic.message
            );
        }
        // Where a reading was found and every error has a fix, the fixes lead to that reading.
        let fixable =
            parsed.diagnostics.iter().filter(|d| d.is_error()).all(|d| !d.fixes.is_empty());
        if fixable && !parsed.has_fatal_errors() {
            let mut mended = text.to_owned();
            for _ in 0..6 {
                let found = parse(&mended).diagnostics;
                let fixes = found.iter().filter(|d| d.is_error()).filter_map(|d| d.fixes.first());
                mended = aql_diag::apply_edits(&mended, fixes.flat_map(|f| &f.edits)).0;
            }
            let again = parse(&mended);
            assert!(!again.has_errors(), "{name}: {mended}\n{:#?}", again.diagnostics);
            let (Some(a), Some(b)) = (&parsed.query, &again.query) else { return };
            assert!(
                aql_syntax::same_tree(a, b),
                "{name}: {mended}\n---\n{}",
                aql_syntax::format(a)
            );
        }
    });
}
