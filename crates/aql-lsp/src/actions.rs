//! Quick fixes: those of the findings in a range, and all safe ones together.

use std::collections::HashMap;

use aql_catalog::Catalog;
use aql_diag::{Applicability, Edit, Fix};
use aql_lint::{Fixes, fix};
use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, Range, TextEdit, Uri, WorkspaceEdit,
};

use crate::document::Document;
use crate::{Settings, diagnostics};

pub(crate) fn actions(
    document: &Document,
    uri: &Uri,
    range: Range,
    only: Option<&[CodeActionKind]>,
    settings: &Settings,
) -> Vec<CodeActionOrCommand> {
    let wanted = |kind: &CodeActionKind| {
        // `source` asks for `source.fixAll` as well.
        only.is_none_or(|list| {
            list.iter().any(|want| {
                kind.as_str() == want.as_str()
                    || kind.as_str().strip_prefix(want.as_str()).is_some_and(|r| r.starts_with('.'))
            })
        })
    };
    let (from, to) = (document.offset(range.start), document.offset(range.end));
    let mut actions = Vec::new();
    if wanted(&CodeActionKind::QUICKFIX) {
        for found in &document.found {
            let Some(primary) = &found.primary else { continue };
            if primary.span.end < from || to < primary.span.start {
                continue;
            }
            for fix in found.fixes.iter().filter(|f| f.applicability != Applicability::Display) {
                let safe = fix.applicability == Applicability::Safe;
                let note = if safe { "" } else { " (may change which events are found)" };
                actions.push(CodeActionOrCommand::CodeAction(CodeAction {
                    title: format!("{}: {}{note}", found.code, fix.title),
                    kind: Some(CodeActionKind::QUICKFIX),
                    diagnostics: Some(vec![diagnostics::one(document, uri, found)]),
                    edit: Some(edit(document, uri, fix)),
                    is_preferred: Some(safe),
                    ..CodeAction::default()
                }));
            }
        }
    }
    let any_safe = || {
        let mut fixes = document.found.iter().flat_map(|f| &f.fixes);
        fixes.any(|f| f.applicability == Applicability::Safe)
    };
    if wanted(&CodeActionKind::SOURCE_FIX_ALL) && any_safe() {
        let fixed =
            fix(&document.text, Fixes::Safe, &settings.options, &settings.config, Catalog::get());
        let whole = TextEdit { range: document.whole(), new_text: fixed.text };
        actions.push(CodeActionOrCommand::CodeAction(CodeAction {
            title: "apply every fix that keeps what the query means".to_owned(),
            kind: Some(CodeActionKind::SOURCE_FIX_ALL),
            edit: Some(changes(uri, vec![whole])),
            ..CodeAction::default()
        }));
    }
    actions
}

fn edit(document: &Document, uri: &Uri, fix: &Fix) -> WorkspaceEdit {
    let edit = |e: &Edit| TextEdit { range: document.range(e.span), new_text: e.text.clone() };
    changes(uri, fix.edits.iter().map(edit).collect())
}

fn changes(uri: &Uri, edits: Vec<TextEdit>) -> WorkspaceEdit {
    WorkspaceEdit {
        changes: Some(HashMap::from([(uri.clone(), edits)])),
        ..WorkspaceEdit::default()
    }
}
