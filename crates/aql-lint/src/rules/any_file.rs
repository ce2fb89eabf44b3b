//! A file is asked for by an extension that ordinary files have, and by nothing else.

use std::sync::LazyLock;

use aql_diag::{Diagnostic, codes};
use aql_event::Column;
use aql_semantic::{Expr, ExprKind, names_directory};
use serde::Deserialize;

use crate::cx::Cx;
use crate::tests_of::{Kind, test};

#[derive(Deserialize)]
struct File {
    extensions: Vec<String>,
}

static COMMON: LazyLock<Vec<String>> = LazyLock::new(|| {
    let text = include_str!("../../data/common_extensions.toml");
    toml::from_str::<File>(text).map(|file| file.extensions).unwrap_or_else(|e| {
        panic!("embedded common_extensions.toml: {e}");
    })
});

pub(super) fn check(cx: &Cx<'_>, out: &mut Vec<Diagnostic>) {
    if cx.conjuncts().iter().any(says_where) {
        return;
    }
    let mut places = Vec::new();
    for term in cx.conjuncts() {
        term.walk(&mut |expr| {
            if matches!(term.kind, ExprKind::Not(_)) {
                return;
            }
            let Some(test) = test(expr).filter(|t| !t.negated && about_file(t.subject)) else {
                return;
            };
            let Kind::Like(pattern, _) = test.kind else { return };
            let Some(extension) = pattern.strip_prefix("%.") else { return };
            if COMMON.iter().any(|c| c.eq_ignore_ascii_case(extension)) {
                places.push((extension.to_owned(), expr.span));
            }
        });
    }
    let Some((extension, first)) = places.first() else { return };
    let mut found = Diagnostic::note_severity(
        codes::ANY_FILE,
        format!("`%.{extension}` is true for every file of that kind, wherever it lies"),
    )
    .at(*first, "ordinary work creates such files all day");
    for (_, span) in places.iter().skip(1).take(2) {
        found = found.label(*span, "and here");
    }
    out.push(found.help("add a condition on the folder, the volume or the process"));
}

fn about_file(subject: &Expr) -> bool {
    let ExprKind::Column(Column { name, .. }) = &subject.kind else { return false };
    matches!(&**name, "Filename" | "File Path" | "TargetFilename" | "File Extension")
}

/// Does every event that passes lie in a place that the condition names?
fn says_where(term: &Expr) -> bool {
    match &term.kind {
        ExprKind::Or(branches) => branches.iter().all(says_where),
        ExprKind::And(terms) => terms.iter().any(says_where),
        _ => match test(term) {
            Some(test) if !test.negated => match (&test.kind, &test.subject.kind) {
                (Kind::Like(pattern, _), _) if about_file(test.subject) => names_directory(pattern),
                (_, ExprKind::Column(column)) => &*column.name == "File Directory",
                _ => false,
            },
            _ => false,
        },
    }
}
